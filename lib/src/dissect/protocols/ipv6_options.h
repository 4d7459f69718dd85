#pragma once

#include "dissect/packet.h"

namespace encap {

/// Which header options are in; some may be in one of them only.
enum class Ipv6OptionsHeader : std::uint8_t { hop_by_hop, destination };

/// The two headers' own fields.
struct Ipv6OptionsFields {
  const ProtocolInfo& protocol;
  const Field& next_header;
  const Field& length;         ///< as it is: units of eight octets, the first not counted
  const Field& length_octets;  ///< in octets
  const Note* not_first;       ///< said where the header does not come first; null: it may be anywhere
  std::string_view info;       ///< such as "IPv6 hop-by-hop options"
};

/// A header of options, as part of `p.ipv6`. Source: RFC 8200 §4.2, §4.3, §4.6. Returns its length in octets.
std::uint32_t dissect_ipv6_options(Packet& p, const Octets& in, Ipv6OptionsHeader header,
                                   const Ipv6OptionsFields& fields);

}  // namespace encap
