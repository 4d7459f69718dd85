#include "dissect/dns.h"

#include <algorithm>

#include "dissect/dns_fields.h"

namespace encap {
namespace {

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr std::uint16_t port = 53;
constexpr std::uint8_t ip_protocol_tcp = 6;
constexpr Binding bindings[] = {
    {Table::udp_port, port}, {Table::tcp_port, port}, {Table::tcp_port, 5353}, {Table::udp_heuristic}};

}  // namespace

extern const ProtocolInfo dns_protocol{
    {"dns", "Domain Name System", FieldType::protocol}, "DNS", dissect, bindings, dns::fields};

namespace {

// Whether a datagram of any port is to be taken for a message: a standard query or its answer, with one
// question, and counts that are not absurd.
bool looks_like_dns(const Octets& in) {
  constexpr std::uint32_t most_answers = 100;
  constexpr std::uint32_t most_others = 10;
  if (in.captured <= 12) return false;
  const Bytes header = in.bytes();
  const std::uint16_t flags = load_be16(header, 2);
  const auto count = [&](std::size_t section) { return load_be16(header, 4 + 2 * section); };
  const bool response = (flags & 0x8000) != 0;
  const bool asks = count(0) == 1 || (response && count(0) == 0 && count(1) != 0);
  if ((flags & 0x7800) != 0 || !asks || count(3) > most_others) return false;
  return response ? count(1) <= most_answers && count(2) <= most_others : count(1) == 0 && count(2) == 0;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  if (p.ip_protocol == ip_protocol_tcp) return dns::dissect_stream(p, in, dns_protocol);
  if (p.source_port != port && p.destination_port != port && !looks_like_dns(in)) return 0;
  return dns::dissect_message(p, in, dns_protocol, dns::Variant::dns);
}

}  // namespace
}  // namespace encap
