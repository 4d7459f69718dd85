#!/usr/bin/python3
"""craft.py scapy|dpkt TABLE PCAP: the packets of libtins_craft with Python's libraries, octet for octet."""
import csv
import socket
import sys
from decimal import Decimal


def rows(table):
    with open(table, newline="") as text:
        for row in csv.DictReader(text):
            seconds, _, fraction = row["timestamp"].partition(".")
            time = int(seconds) * 1000000 + int(fraction.ljust(6, "0"))
            yield int(row["src_port"]), int(row["dst_port"]), row["message"].encode(), time


def by_scapy(table, capture):
    from scapy.layers.inet import IP, TCP
    from scapy.packet import Raw
    from scapy.utils import PcapWriter

    with PcapWriter(capture, linktype=101) as writer:
        for source, destination, message, time in rows(table):
            packet = IP(src="127.0.0.1", dst="127.0.0.1", id=1, ttl=64) / TCP(
                sport=source, dport=destination, seq=0, ack=0, flags="PA", window=8192) / Raw(message)
            packet.time = Decimal(time) / 1000000
            writer.write(packet)


def by_dpkt(table, capture):
    import dpkt

    loopback = socket.inet_aton("127.0.0.1")
    with open(capture, "wb") as out:
        writer = dpkt.pcap.Writer(out, linktype=101)
        for source, destination, message, time in rows(table):
            segment = dpkt.tcp.TCP(sport=source, dport=destination, seq=0, ack=0, win=8192, data=message,
                                   flags=dpkt.tcp.TH_PUSH | dpkt.tcp.TH_ACK)
            packet = dpkt.ip.IP(src=loopback, dst=loopback, id=1, ttl=64, p=dpkt.ip.IP_PROTO_TCP, data=segment)
            packet.len = len(packet)
            writer.writepkt(bytes(packet), ts=Decimal(time) / 1000000)


{"scapy": by_scapy, "dpkt": by_dpkt}[sys.argv[1]](*sys.argv[2:])
