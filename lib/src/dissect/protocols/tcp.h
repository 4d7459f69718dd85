#pragma once

#include "dissect/packet.h"

namespace encap {

/// Reads what a segment carries as TCP's own function does, for whoever has read its header, of `header_octets`:
/// `in` is all of it, `analysis` what the session says of it. Takes no items.
void dissect_tcp_payload(Packet& p, const Octets& in, std::uint32_t header_octets, const TcpSegmentFacts& facts,
                         const TcpAnalysis& analysis);

}  // namespace encap
