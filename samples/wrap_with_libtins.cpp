// Wraps a packet in headers made with libtins, here an Ethernet frame with a VLAN tag, and writes it to a capture.
//
//     wrap_with_libtins vlan.pcap
#include <iostream>
#include <tins/dot1q.h>
#include <tins/ethernetII.h>

#include <encap/capture/pcap_file_writer.h>
#include <encap/interop/tins.h>
#include <encap/wire/ipv4.h>
#include <encap/wire/udp.h>

using namespace encap;

int main(int argc, char** argv) {
  const Ipv4Address source{0x0a000001}, destination{0x0a000002};
  const Route route{{source, Port{5074}}, {destination, Port{12345}}};
  const auto fail = [](const auto& error) {
    std::cerr << to_string(error) << '\n';
    return 3;
  };

  PacketBuffer buffer;
  buffer.append(as_bytes("a message in three envelopes"));
  if (auto r = prepend(buffer, UdpHeader{route.source.port, route.destination.port}, route); !r) return fail(r.error());
  const Ipv4Header ip{.source = source, .destination = destination, .protocol = Protocol::udp};
  if (auto r = prepend(buffer, ip); !r) return fail(r.error());

  auto outer = Tins::EthernetII("02:00:0a:00:00:02", "02:00:0a:00:00:01") / Tins::Dot1Q(10);
  if (auto r = prepend(buffer, outer); !r) return fail(r.error());

  auto file = PcapFileWriter::open(argc > 1 ? argv[1] : "-", {.link_type = LinkType::ethernet});
  if (!file) return fail(file.error());
  if (auto r = file->write({year_2000, LinkType::ethernet, 0, buffer.bytes()}); !r) return fail(r.error());
  if (auto r = file->commit(); !r) return fail(r.error());
  std::cerr << file->packets() << " packet of " << buffer.size() << " octets\n";
}
