#pragma once

#include "dissect/packet.h"

namespace encap {

/// What an IPv6 header and its extension headers tell each other. An extension header's function says which header
/// follows and where: behind it, or in octets put together from fragments.
struct Ipv6Chain {
  std::uint16_t payload_length = 0;  ///< as in the header
  bool jumbo = false;                ///< whether an option gives the length instead
  bool at_start = true;              ///< no extension header was read yet
  Address source{};                  ///< of the header
  Address destination{};
  std::uint8_t next = 0;      ///< the Next Header field of what was read last
  Octets rest{};              ///< what it leads to
  bool ended = false;         ///< nothing more to dissect: a fragment that is shown as data
  bool info_is_said = false;  ///< about fragments that contradict each other
};

/// The bit that the last fragment does not have.
inline constexpr std::uint16_t ipv6_more_fragments = 1;

}  // namespace encap
