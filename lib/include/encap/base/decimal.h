#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "encap/base/byte_order.h"
#include "encap/base/bytes.h"

namespace encap {

namespace detail {

/// "00", "01" ... "99".
inline constexpr auto digit_pairs = [] {
  std::array<char, 200> made{};
  for (std::size_t i = 0; i < 100; ++i) {
    made[2 * i] = static_cast<char>('0' + i / 10);
    made[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return made;
}();
inline void put_pair(char* to, std::uint64_t below_hundred) noexcept {
  std::memcpy(to, digit_pairs.data() + 2 * below_hundred, 2);
}

/// Whether eight characters are digits: their upper halves are 3, and stay so where 6 is added.
[[nodiscard]] constexpr bool are_digits(std::uint64_t eight) noexcept {
  constexpr std::uint64_t every = 0x0101010101010101;
  const std::uint64_t upper = (eight & every * 0xf0) | ((eight + every * 6) & every * 0xf0) >> 4;
  return upper == every * 0x33;
}
/// Their number, the first the most significant octet: neighbours are joined to numbers of two, four and eight digits.
[[nodiscard]] constexpr std::uint64_t number_of_digits(std::uint64_t eight) noexcept {
  eight &= 0x0f0f0f0f0f0f0f0f;
  eight = (eight & 0x00ff00ff00ff00ff) + (eight >> 8 & 0x00ff00ff00ff00ff) * 10;
  eight = (eight & 0x0000ffff0000ffff) + (eight >> 16 & 0x0000ffff0000ffff) * 100;
  return (eight & 0xffffffff) + (eight >> 32) * 10'000;
}

}  // namespace detail

/// How many digits `number` has in decimal, 1..20.
[[nodiscard]] inline unsigned decimal_digits(std::uint64_t number) noexcept {
  static constexpr auto powers = [] {
    std::array<std::uint64_t, 20> made{0};  // the first one is never asked for: 0 has a digit too
    std::uint64_t power = 1;
    for (std::size_t i = 1; i < made.size(); ++i) made[i] = power *= 10;
    return made;
  }();
  const auto least = static_cast<unsigned>(std::bit_width(number | 1)) * 1233 >> 12;  // log2 times log10 of 2
  return least + (number >= powers[least] ? 1 : 0);
}

/// Writes the last `width` digits of `number`, zeros in front. Returns the place behind them.
inline char* write_digits(char* to, std::uint64_t number, unsigned width) noexcept {
  char* const end = to + width;
  char* at = end;
  for (; at - to >= 2; number /= 100) detail::put_pair(at -= 2, number % 100);
  if (at != to) *to = static_cast<char>('0' + number % 10);
  return end;
}

/// Writes `number` in decimal, two digits at a time. Returns the place behind it. Precondition: there is room for 20.
inline char* write_decimal(char* to, std::uint64_t number) noexcept {
  if (number < 10) {
    *to = static_cast<char>('0' + number);
    return to + 1;
  }
  return write_digits(to, number, decimal_digits(number));
}

/// Digits that a text starts with.
struct Digits {
  std::uint64_t number = 0;
  std::size_t count = 0;
};

/// Reads `most` of them at most, which is 19 or less: so many fit in 64 bits.
[[nodiscard]] inline Digits read_digits(std::string_view text, std::size_t most) noexcept {
  Digits read;
  const std::size_t end = text.size() < most ? text.size() : most;
  if (end >= 8) {
    const std::uint64_t eight = load_be<8>(as_bytes(text), 0);
    if (detail::are_digits(eight)) read = {detail::number_of_digits(eight), 8};
  }
  for (; read.count < end; ++read.count) {
    const unsigned digit = static_cast<unsigned char>(text[read.count]) - unsigned{'0'};
    if (digit > 9) break;
    read.number = read.number * 10 + digit;
  }
  return read;
}

}  // namespace encap
