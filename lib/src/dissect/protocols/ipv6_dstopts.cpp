#include "dissect/ip.h"
#include "dissect/protocols/ipv6_options.h"

namespace encap {
namespace {

constexpr Field next_header{"ipv6.dstopts.nxt", "Next Header", FieldType::uint8, {.names = ip_protocol_names}};
constexpr Field length{"ipv6.dstopts.len", "Length", FieldType::uint8};
constexpr Field length_octets{"ipv6.dstopts.len_oct", "Length", FieldType::uint16, {.unit = " bytes"}};
constexpr const Field* fields[] = {&next_header, &length, &length_octets};
constexpr Binding bindings[] = {{Table::ipv6_extension, 60}};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

extern const ProtocolInfo ipv6_dstopts_protocol{{"ipv6.dstopts", "Destination Options for IPv6", FieldType::protocol},
                                                "IPv6 Destination",
                                                dissect,
                                                bindings,
                                                fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  return dissect_ipv6_options(
      p, in, Ipv6OptionsHeader::destination,
      {ipv6_dstopts_protocol, next_header, length, length_octets, nullptr, "IPv6 destination options"});
}

}  // namespace
}  // namespace encap
