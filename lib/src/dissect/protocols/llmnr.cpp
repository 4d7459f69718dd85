#include "dissect/dns.h"
#include "dissect/dns_fields.h"

namespace encap {
namespace {

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::udp_port, 5355}};

}  // namespace

extern const ProtocolInfo llmnr_protocol{
    {"llmnr", "Link-local Multicast Name Resolution", FieldType::protocol}, "LLMNR", dissect, bindings, dns::fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  return dns::dissect_message(p, in, llmnr_protocol, dns::Variant::llmnr);
}

}  // namespace
}  // namespace encap
