#include "dissect/dns.h"
#include "dissect/dns_fields.h"

namespace encap {
namespace {

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::udp_port, 5353}};

}  // namespace

extern const ProtocolInfo mdns_protocol{
    {"mdns", "Multicast Domain Name System", FieldType::protocol}, "mDNS", dissect, bindings, dns::fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  return dns::dissect_message(p, in, mdns_protocol, dns::Variant::mdns);
}

}  // namespace
}  // namespace encap
