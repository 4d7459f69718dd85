#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text_writer.h"

namespace encap {

/// Appends `number` in decimal.
inline void append_decimal(std::string& out, std::uint64_t number) {
  char digits[20];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Appends `number` in decimal, with zeros or what `fill` is in front up to `width` characters.
inline void append_padded(std::string& out, std::uint64_t number, std::size_t width, char fill = '0') {
  char digits[20];
  const auto size = static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  if (size < width) out.append(width - size, fill);
  out.append(digits, size);
}

/// Appends ASCII, with blanks behind it up to `width` characters.
inline void append_left(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  if (text.size() < width) out.append(width - text.size(), ' ');
}

/// Appends text for people: controls are escaped as in C, and U+FFFD stands for what is no UTF-8.
void append_shown(std::string& out, std::string_view text);
void add_shown(TextWriter& to, std::string_view text);

/// Appends text for programs: as it is, but for U+FFFD in place of what is no UTF-8.
void append_utf8(std::string& out, std::string_view text);

}  // namespace encap
