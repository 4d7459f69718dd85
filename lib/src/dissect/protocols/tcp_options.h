#pragma once

#include "dissect/packet.h"
#include "encap/wire/tcp.h"

namespace encap {

/// What the options of a segment are read with.
struct TcpOptionsAround {
  std::uint16_t flags = 0;
  std::uint32_t acknowledgment = 0;       ///< as in the header
  std::uint32_t acknowledgment_base = 0;  ///< what relative acknowledgment numbers count from
};

/// Octets that the header of most segments has at most: timestamps and no other option.
inline constexpr std::uint32_t longest_plain_tcp_header = TcpView::minimum_header_length + 12;

/// Octets of the header of a segment, where it is whole and one of those that most segments have: no option, or
/// timestamps as RFC 7323 appendix A lays them out. 0 of any other.
[[nodiscard]] inline std::uint32_t plain_tcp_header_length(Bytes segment) noexcept {
  constexpr std::uint32_t bare = TcpView::minimum_header_length;
  if (segment.size() < bare) return 0;
  const std::uint32_t length = load_field<TcpField::data_offset>(segment) * 4u;
  if (length == bare) return length;
  const bool has_timestamps =
      length == longest_plain_tcp_header && segment.size() >= length && load_be32(segment, bare) == 0x0101080a;
  return has_timestamps ? length : 0;
}

/// Notes in `facts` what the analysis needs to know of the options. Reads what is there and adds nothing.
void scan_tcp_options(Bytes options, TcpSegmentFacts& facts) noexcept;

/// Adds the line of all options, `length` octets of them, from the first octet of `in` on.
[[nodiscard]] ItemId add_tcp_options(Packet& p, ItemId tcp, const Octets& in, std::uint32_t length);

/// Adds the options under that line, and to Info. Source: RFC 9293 §3.2 and IANA's TCP parameters.
void dissect_tcp_options(Packet& p, ItemId list, const Octets& in, std::uint32_t length,
                         const TcpOptionsAround& around);

}  // namespace encap
