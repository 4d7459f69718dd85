#pragma once

#include <array>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "encap/base/bytes.h"

namespace encap::test {

/// The value of a hexadecimal digit. Anything else is an error, at compile time where the text is a constant.
constexpr unsigned hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return static_cast<unsigned>(digit - '0');
  if (digit >= 'a' && digit <= 'f') return static_cast<unsigned>(digit - 'a') + 10;
  if (digit >= 'A' && digit <= 'F') return static_cast<unsigned>(digit - 'A') + 10;
  throw std::invalid_argument{"not a hexadecimal digit"};
}

/// Calls `take` with each octet of a hexadecimal text; blanks may stand anywhere.
template <class Take>
constexpr void for_each_hex_octet(std::string_view text, Take take) {
  bool half = false;
  unsigned high = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n') continue;
    if (half) {
      take(static_cast<std::byte>(high << 4 | hex_digit(c)));
    } else {
      high = hex_digit(c);
    }
    half = !half;
  }
  if (half) throw std::invalid_argument{"half an octet at the end"};
}

/// Octets written down in hexadecimal, usable in constant expressions. `Capacity` is what the text could hold at most.
template <std::size_t Capacity>
class HexBytes {
 public:
  constexpr explicit HexBytes(std::string_view text) {
    for_each_hex_octet(text, [this](std::byte octet) { octets_[size_++] = octet; });
  }
  [[nodiscard]] constexpr Bytes bytes() const& noexcept { return Bytes{octets_}.first(size_); }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr Bytes first(std::size_t count) const& noexcept { return bytes().first(count); }
  [[nodiscard]] constexpr Bytes subspan(std::size_t from) const& noexcept { return bytes().subspan(from); }
  constexpr operator Bytes() const& noexcept { return bytes(); }  // NOLINT(google-explicit-constructor)

  // What is about to go away must not be borrowed from.
  Bytes bytes() const&& = delete;
  Bytes first(std::size_t) const&& = delete;
  Bytes subspan(std::size_t) const&& = delete;
  operator Bytes() const&& = delete;

 private:
  std::array<std::byte, Capacity == 0 ? 1 : Capacity> octets_{};
  std::size_t size_ = 0;
};

/// `constexpr auto ports = hex_bytes("c000 0035");`
template <std::size_t Length>
constexpr auto hex_bytes(const char (&text)[Length]) {
  return HexBytes<Length / 2>{std::string_view{text, Length - 1}};
}

/// As `hex_bytes`, for texts that are only known when the test runs, such as those of a table of cases.
inline std::vector<std::byte> hex_vector(std::string_view text) {
  std::vector<std::byte> octets;
  for_each_hex_octet(text, [&octets](std::byte octet) { octets.push_back(octet); });
  return octets;
}

/// A copy that can be changed.
inline std::vector<std::byte> copy_of(Bytes octets) { return {octets.begin(), octets.end()}; }

}  // namespace encap::test
