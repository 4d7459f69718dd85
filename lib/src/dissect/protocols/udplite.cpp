#include "dissect/protocols/udp.h"

namespace encap {
namespace {

constexpr Binding bindings[] = {{Table::ip_protocol, 136}};

std::uint32_t dissect(Packet& p, const Octets& in) { return dissect_udp(p, in, UdpVariant::lite); }

}  // namespace

extern const ProtocolInfo udplite_protocol{
    {"udplite", "Lightweight User Datagram Protocol", FieldType::protocol}, "UDP-Lite", dissect, bindings, udp_fields};

}  // namespace encap
