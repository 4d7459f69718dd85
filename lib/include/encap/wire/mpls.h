#pragma once

#include <array>
#include <cstdint>

#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// The fields of an MPLS label stack entry. Source: RFC 3032 §2.1; RFC 5462 renames EXP to Traffic Class.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +---------------------------------------+-----+-+---------------+
///     |                 Label                 | TC  |S|      TTL      |
///     +---------------------------------------+-----+-+---------------+
struct MplsField {
  static constexpr HeaderField label{"mpls.label", "MPLS Label", 0, 20};
  static constexpr HeaderField traffic_class{"mpls.exp", "MPLS Experimental Bits", 20, 3};
  static constexpr HeaderField bottom_of_stack{"mpls.bottom", "MPLS Bottom Of Label Stack", 23, 1, FieldFormat::flag};
  static constexpr HeaderField time_to_live{"mpls.ttl", "MPLS TTL", 24, 8};
  static constexpr std::array all{&label, &traffic_class, &bottom_of_stack, &time_to_live};
};

/// A label stack entry to write.
struct MplsHeader {
  static constexpr std::size_t length = 4;               // octets
  static constexpr std::uint32_t first_unreserved = 16;  ///< RFC 3032 §2.1
  static constexpr std::uint32_t last_label = (1u << 20) - 1;

  std::uint32_t label = first_unreserved;  ///< 0..1048575
  std::uint8_t traffic_class = 0;          ///< 0..7
  bool bottom_of_stack = true;             ///< no further entry follows
  std::uint8_t time_to_live = 64;
};

/// Puts a label stack entry in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const MplsHeader& header);

}  // namespace encap
