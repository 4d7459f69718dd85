#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

}  // namespace encap
