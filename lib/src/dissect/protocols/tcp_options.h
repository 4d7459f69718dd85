#pragma once

#include "dissect/packet.h"

namespace encap {

/// What the options of a segment are read with.
struct TcpOptionsAround {
  std::uint16_t flags = 0;
  std::uint32_t acknowledgment = 0;       ///< as in the header
  std::uint32_t acknowledgment_base = 0;  ///< what relative acknowledgment numbers count from
};

/// Notes in `facts` what the analysis needs to know of the options. Reads what is there and adds nothing.
void scan_tcp_options(Bytes options, TcpSegmentFacts& facts) noexcept;

/// Adds the line of all options, `length` octets of them, from the first octet of `in` on.
[[nodiscard]] ItemId add_tcp_options(Packet& p, ItemId tcp, const Octets& in, std::uint32_t length);

/// Adds the options under that line, and to Info. Source: RFC 9293 §3.2 and IANA's TCP parameters.
void dissect_tcp_options(Packet& p, ItemId list, const Octets& in, std::uint32_t length,
                         const TcpOptionsAround& around);

}  // namespace encap
