#pragma once

#include <cstdint>
#include <gtest/gtest.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/packet_record.h"
#include "encap/wire/endpoint.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"

namespace encap::test {

using Octets = std::vector<std::byte>;

inline Octets octets_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

inline PacketRecord record_of(const Octets& packet, LinkType link_type) {
  PacketRecord record;
  record.link_type = link_type;
  record.original_length = static_cast<std::uint32_t>(packet.size());
  record.bytes = packet;
  return record;
}

/// From one port to another of the same address, such as 127.0.0.1.
inline Route route_on(std::string_view address, std::uint16_t source_port, std::uint16_t destination_port) {
  const IpAddress ip = IpAddress::parse(address).value();
  return {{ip, Port{source_port}}, {ip, Port{destination_port}}};
}

/// Puts the IP header of the route's family in front of what is in `buffer`.
inline void prepend_ip(PacketBuffer& buffer, const Route& route, Protocol protocol, std::uint16_t identification = 1) {
  if (route.source.address.family() == IpAddress::Family::ipv4) {
    Ipv4Header header;
    header.source = route.source.address.ipv4();
    header.destination = route.destination.address.ipv4();
    header.protocol = protocol;
    header.identification = identification;
    ASSERT_TRUE(prepend(buffer, header));
  } else {
    Ipv6Header header;
    header.source = route.source.address.ipv6();
    header.destination = route.destination.address.ipv6();
    header.next_header = protocol;
    ASSERT_TRUE(prepend(buffer, header));
  }
}

inline Octets udp_packet(const Route& route, Bytes payload, std::uint16_t identification = 1) {
  PacketBuffer buffer;
  buffer.append(payload);
  EXPECT_TRUE(prepend(buffer, UdpHeader{route.source.port, route.destination.port, {}}, route));
  prepend_ip(buffer, route, Protocol::udp, identification);
  return octets_of(buffer.bytes());
}

inline Octets syn_packet(const Route& route) {
  PacketBuffer buffer;
  TcpHeader header;
  header.source_port = route.source.port;
  header.destination_port = route.destination.port;
  header.sequence_number = SequenceNumber{1000};
  header.flags = TcpFlags::syn;
  EXPECT_TRUE(prepend(buffer, header, route));
  prepend_ip(buffer, route, Protocol::tcp);
  return octets_of(buffer.bytes());
}

/// The packet in an Ethernet frame between made-up hosts.
inline Octets frame_of(const Octets& packet, const Route& route) {
  PacketBuffer buffer;
  buffer.append(packet);
  const bool is_ipv4 = route.source.address.family() == IpAddress::Family::ipv4;
  prepend(buffer,
          EthernetHeader{MacAddress::made_for(route.source.address), MacAddress::made_for(route.destination.address),
                         is_ipv4 ? EtherType::ipv4 : EtherType::ipv6});
  return octets_of(buffer.bytes());
}

/// `count` octets that differ from one another and from those of another seed.
inline Octets pattern(std::size_t count, unsigned seed) {
  Octets octets(count);
  for (std::size_t i = 0; i < count; ++i) octets[i] = static_cast<std::byte>((i * 31 + seed * 17 + (i >> 8)) & 0xff);
  return octets;
}

}  // namespace encap::test
