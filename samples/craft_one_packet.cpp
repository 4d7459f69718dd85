// Crafts one TCP segment in an IPv4 packet and prints its octets, 16 to a line.
#include <cstdio>

#include <encap/wire/ipv4.h>
#include <encap/wire/tcp.h>

using namespace encap;

int main() {
  const Route route{.source = {Ipv4Address{0x7f000001}, Port{5074}},
                    .destination = {Ipv4Address{0x7f000001}, Port{12345}}};

  // The payload first, then each header in front of it.
  PacketBuffer buffer{headroom::ipv4_tcp};
  buffer.append(as_bytes("GET /blog HTTP/1.1"));
  const TcpHeader tcp{.source_port = route.source.port,
                      .destination_port = route.destination.port,
                      .flags = TcpFlags::psh | TcpFlags::ack,
                      .window = 8192};
  const Ipv4Header ipv4{.source = Ipv4Address{0x7f000001},
                        .destination = Ipv4Address{0x7f000001},
                        .time_to_live = 64,
                        .protocol = Protocol::tcp,
                        .identification = 1};
  // Lengths and checksums are computed here; what cannot be written is an error that says why.
  auto stamped = prepend(buffer, tcp, route);
  if (stamped) stamped = prepend(buffer, ipv4);
  if (!stamped) return std::fprintf(stderr, "%s\n", to_string(stamped.error()).c_str()), 1;

  std::size_t count = 0;
  for (const std::byte octet : buffer.bytes()) {
    std::printf("%02x%c", std::to_integer<unsigned>(octet), ++count % 16 == 0 ? '\n' : ' ');
  }
  std::putchar('\n');
}
