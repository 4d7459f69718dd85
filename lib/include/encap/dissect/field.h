#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "encap/wire/header_field.h"

namespace encap {

/// What a field's value is. The sizes say how wide a number is shown in hexadecimal.
enum class FieldType : std::uint8_t {
  none,      ///< only its place and its label say something
  protocol,  ///< a whole layer
  boolean,
  uint8,
  uint16,
  uint24,
  uint32,
  uint64,
  int32,
  int64,
  frame_number,   ///< of another packet of this capture
  absolute_time,  ///< nanoseconds since 1970-01-01T00:00:00Z
  relative_time,  ///< nanoseconds
  real,           ///< the bits of a double
  string,         ///< UTF-8, or what came in its place
  bytes,
  ether,
  ipv4,
  ipv6,
  eui64
};

/// How a number is written.
enum class Show : std::uint8_t { none, dec, hex, dec_hex, hex_dec, oct };

/// The word for a value or for a range of them.
struct ValueName {
  std::uint64_t first;
  std::uint64_t last;
  std::string_view name;
};
/// Sorted by value, without overlap. For a boolean: what 0 and 1 are called.
using ValueNames = std::span<const ValueName>;

/// The word for `value`, or nothing.
[[nodiscard]] std::string_view find_name(ValueNames names, std::uint64_t value) noexcept;

inline constexpr ValueName set_or_not[] = {{0, 0, "Not set"}, {1, 1, "Set"}};

/// How a field is shown, for those that have more than a name and a label.
struct FieldLook {
  Show show = Show::none;
  ValueNames names{};
  std::string_view unit{};        ///< follows the value, such as " bytes"
  std::uint8_t drawn_bits = 0;    ///< of a bit field: bits of the word it is drawn in; 0: its octets, all of them
  std::uint8_t drawn_before = 0;  ///< where drawn_bits is given: bits of that word before the field
  bool names_only = false;        ///< the value itself is not shown beside its name
};

/// One field of Wireshark's reference: declared once beside its protocol, read by the list, the tree, the hex view,
/// `-e`, JSON and filters.
struct Field {
  std::string_view name;   ///< such as "tcp.srcport"
  std::string_view label;  ///< such as "Source Port"
  FieldType type = FieldType::none;
  FieldLook look{};
  std::uint16_t bit_offset = 0;  ///< from the start of its header, where that is fixed
  std::uint16_t bit_width = 0;   ///< 0: where and how wide it is, only the walk through the packet tells

  constexpr Field(std::string_view field_name, std::string_view field_label, FieldType field_type,
                  FieldLook field_look = {}) noexcept
      : name{field_name}, label{field_label}, type{field_type}, look{field_look} {}
  /// A field that is also written: place, name and label are those of its header.
  constexpr Field(const HeaderField& header, FieldType field_type, FieldLook field_look = {}) noexcept
      : name{header.name},
        label{header.label},
        type{field_type},
        look{field_look},
        bit_offset{header.bit_offset},
        bit_width{header.bit_width} {}

  [[nodiscard]] constexpr std::size_t first_octet() const noexcept { return bit_offset / 8; }
  [[nodiscard]] constexpr std::size_t octet_count() const noexcept { return (bit_offset % 8 + bit_width + 7) / 8; }
  /// Whether it is drawn as bits of a larger word, such as `.... 0101 = Header Length: 5`.
  [[nodiscard]] constexpr bool is_bit_field() const noexcept {
    return bit_width != 0 && (bit_offset % 8 != 0 || bit_width % 8 != 0);
  }
};

}  // namespace encap
