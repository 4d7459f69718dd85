#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "encap/base/byte_order.h"

namespace encap {

/// How a field's value is meant to be shown.
enum class FieldFormat : std::uint8_t { decimal, hexadecimal, flag, port, ipv4, ipv6, mac, octets };

/// One fixed field of a header, declared once beside its protocol and used to write, read, print and highlight it.
struct HeaderField {
  const char* name;          ///< the name of Wireshark's field reference, such as "tcp.srcport"
  const char* label;         ///< what a person calls it, such as "Source Port"
  std::uint16_t bit_offset;  ///< from the first bit of the header, most significant bit first, as RFC drawings count
  std::uint16_t bit_width;
  FieldFormat format = FieldFormat::decimal;

  [[nodiscard]] constexpr std::size_t first_octet() const noexcept { return bit_offset / 8; }
  [[nodiscard]] constexpr std::size_t octet_count() const noexcept { return (bit_offset % 8 + bit_width + 7) / 8; }
};

namespace detail {
template <const HeaderField& Field>
struct FieldBits {
  static_assert(Field.octet_count() <= 8, "wider fields are octets: use field_octets");
  static constexpr std::size_t octets = Field.octet_count();
  static constexpr unsigned shift = static_cast<unsigned>(octets * 8 - Field.bit_offset % 8 - Field.bit_width);
  static constexpr std::uint64_t mask =
      Field.bit_width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << Field.bit_width) - 1;
  using Value =
      std::conditional_t<(Field.bit_width > 32), std::uint64_t,
                         std::conditional_t<(Field.bit_width > 16), std::uint32_t,
                                            std::conditional_t<(Field.bit_width > 8), std::uint16_t, std::uint8_t>>>;
};

/// Whether fields stand side by side, in that order, and fill whole octets together.
template <std::size_t Count>
constexpr bool fill_octets(const std::array<HeaderField, Count>& fields) noexcept {
  std::size_t next = fields.front().bit_offset;
  for (const HeaderField& field : fields) {
    if (field.bit_offset != next) return false;
    next += field.bit_width;
  }
  return fields.front().bit_offset % 8 == 0 && next % 8 == 0;
}
}  // namespace detail

/// The value of a field, in host order and shifted down. Precondition: `header` holds the field.
template <const HeaderField& Field>
[[nodiscard]] constexpr auto load_field(Bytes header) noexcept {
  using Bits = detail::FieldBits<Field>;
  const std::uint64_t word = load_be<Bits::octets>(header, Field.first_octet());
  return static_cast<typename Bits::Value>((word >> Bits::shift) & Bits::mask);
}

/// Writes a field and leaves the bits around it alone. Precondition: `header` holds the field. Bits of `value` above
/// the field's width are dropped.
template <const HeaderField& Field>
constexpr void store_field(MutableBytes header, std::uint64_t value) noexcept {
  using Bits = detail::FieldBits<Field>;
  std::uint64_t word = value & Bits::mask;
  if constexpr (Field.bit_width != Bits::octets * 8) {
    const std::uint64_t kept = load_be<Bits::octets>(header, Field.first_octet()) & ~(Bits::mask << Bits::shift);
    word = kept | (word << Bits::shift);
  }
  store_be<Bits::octets>(header, Field.first_octet(), word);
}

/// Writes fields that stand side by side and fill whole octets together, in one piece: one after the other each would
/// wait for what the one before wrote. Precondition: `header` holds them. Bits above a field's width are dropped.
template <const HeaderField&... Fields, class... Values>
requires(sizeof...(Fields) >= 2 && sizeof...(Fields) == sizeof...(Values))  //
    constexpr void store_fields(MutableBytes header, Values... values) noexcept {
  constexpr std::array fields{Fields...};
  static_assert(detail::fill_octets(fields));
  std::uint64_t word = 0;
  ((word = word << Fields.bit_width | (static_cast<std::uint64_t>(values) & detail::FieldBits<Fields>::mask)), ...);
  store_be<(Fields.bit_width + ...) / 8>(header, fields.front().first_octet(), word);
}

/// The octets of a field that is made of whole ones, such as an address. Lifetime: borrows `header`.
template <const HeaderField& Field, class Octets>
[[nodiscard]] constexpr auto field_octets(Octets header) noexcept {
  static_assert(Field.bit_offset % 8 == 0 && Field.bit_width % 8 == 0);
  return header.subspan(Field.bit_offset / 8, Field.bit_width / 8);
}

}  // namespace encap
