#pragma once

#include <cstdint>
#include <string_view>

#include "encap/dissect/field.h"
#include "filter/syntax.h"

namespace encap::filter {

/// What errors call a type: `Unsigned integer (2 bytes)`.
[[nodiscard]] std::string_view long_name(FieldType type) noexcept;
/// The same for arithmetic: `FT_UINT16`.
[[nodiscard]] std::string_view short_name(FieldType type) noexcept;

[[nodiscard]] bool is_integer(FieldType type) noexcept;
[[nodiscard]] bool is_signed(FieldType type) noexcept;
/// Of an integer type: bits of the numbers it is reckoned in, 32 or 64.
[[nodiscard]] int width(FieldType type) noexcept;
/// Of an integer type: the largest value it takes.
[[nodiscard]] std::uint64_t maximum(FieldType type) noexcept;

[[nodiscard]] constexpr bool is_time(FieldType type) noexcept {
  return type == FieldType::absolute_time || type == FieldType::relative_time;
}
/// Whether its values are compared as octets, the longer one being greater.
[[nodiscard]] constexpr bool is_octets(FieldType type) noexcept {
  return type == FieldType::bytes || type == FieldType::ether || type == FieldType::protocol;
}
/// Whether parts can be cut out of its values.
[[nodiscard]] bool can_be_sliced(FieldType type) noexcept;
/// Whether its values can be searched, with `contains` and `matches`.
[[nodiscard]] constexpr bool can_be_searched(FieldType type) noexcept {
  return is_octets(type) || type == FieldType::string;
}
[[nodiscard]] bool can_compute(FieldType type, Arithmetic sign) noexcept;
[[nodiscard]] bool can_be_negated(FieldType type) noexcept;
/// Whether values of `right` may stand at the right side of one of `left`.
[[nodiscard]] bool can_be_compared(FieldType left, FieldType right) noexcept;

[[nodiscard]] std::string_view sign_text(Arithmetic sign) noexcept;

}  // namespace encap::filter
