#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace encap {

/// Appends `number` in decimal.
inline void append_decimal(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Appends `number` in decimal, with zeros in front up to `width` digits, 20 at most.
inline void append_padded(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  const auto size = static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  if (size < width) out.append(width - size, '0');
  out.append(digits, size);
}

/// Appends text for people: controls are escaped as in C, and U+FFFD stands for what is no UTF-8.
void append_shown(std::string& out, std::string_view text);

/// Appends text for programs: as it is, but for U+FFFD in place of what is no UTF-8.
void append_utf8(std::string& out, std::string_view text);

}  // namespace encap
