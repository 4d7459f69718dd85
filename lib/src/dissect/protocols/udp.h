#pragma once

#include "dissect/packet.h"

namespace encap {

extern const ProtocolInfo udp_protocol;
extern const ProtocolInfo udplite_protocol;

/// Those of both.
extern const Field* const udp_fields[16];

/// How the two of them differ: where UDP has a length, UDP-Lite says how many octets the checksum covers.
enum class UdpVariant : std::uint8_t { udp, lite };

/// Source: RFC 768; RFC 3828 for UDP-Lite.
std::uint32_t dissect_udp(Packet& p, const Octets& in, UdpVariant variant);

}  // namespace encap
