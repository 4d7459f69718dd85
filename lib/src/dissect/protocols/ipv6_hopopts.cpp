#include "dissect/ip.h"
#include "dissect/protocols/ipv6_options.h"

namespace encap {
namespace {

constexpr Field next_header{"ipv6.hopopts.nxt", "Next Header", FieldType::uint8, {.names = ip_protocol_names}};
constexpr Field length{"ipv6.hopopts.len", "Length", FieldType::uint8};
constexpr Field length_octets{"ipv6.hopopts.len_oct", "Length", FieldType::uint16, {.unit = " bytes"}};
constexpr Note not_first{
    {"ipv6.hopopts.not_first", "IPv6 Hop-by-Hop extension header must appear immediately after IPv6 header",
     FieldType::none},
    Severity::error,
    "Protocol"};
constexpr const Field* fields[] = {&next_header, &length, &length_octets, &not_first.field};
constexpr Binding bindings[] = {{Table::ipv6_extension, 0}};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

extern const ProtocolInfo ipv6_hopopts_protocol{
    {"ipv6.hopopts", "IPv6 Hop-by-Hop Option", FieldType::protocol}, "IPv6 Hop-by-Hop", dissect, bindings, fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  return dissect_ipv6_options(
      p, in, Ipv6OptionsHeader::hop_by_hop,
      {ipv6_hopopts_protocol, next_header, length, length_octets, &not_first, "IPv6 hop-by-hop options"});
}

}  // namespace
}  // namespace encap
