#include "filter/escape.h"

#include "dissect/text.h"

namespace encap::filter {
namespace {

// Digits of `base` that `text` starts with, `most` of them.
std::size_t read_digits(std::string_view text, std::size_t most, int base, std::uint32_t& value) noexcept {
  std::size_t count = 0;
  for (; count < most && count < text.size(); ++count) {
    const int digit = hex_digit(text[count]);
    if (digit < 0 || digit >= base) break;
    value = value * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
  }
  return count;
}

// Characters that C lets one write so: no surrogates, and below U+00A0 only those that are not in its own set.
bool may_be_named(std::uint32_t code_point) noexcept {
  if (code_point < 0xa0) return code_point == '$' || code_point == '@' || code_point == '`';
  return (code_point < 0xd800 || code_point > 0xdfff) && code_point <= 0x10ffff;
}

}  // namespace

Escape read_escape(std::string_view text) noexcept {
  static constexpr std::string_view letters = "abfnrtv\\'\"";
  static constexpr std::string_view meanings = "\a\b\f\n\r\t\v\\'\"";
  const char letter = text[1];
  Escape escape;
  if (const std::size_t known = letters.find(letter); known != std::string_view::npos) {
    escape.kind = Escape::Kind::octet;
    escape.value = static_cast<unsigned char>(meanings[known]);
    return escape;
  }
  const std::string_view behind = text.substr(2);
  if (letter >= '0' && letter <= '7') {
    escape.length = 1 + read_digits(text.substr(1), 3, 8, escape.value);
    escape.kind = escape.value > 255 ? Escape::Kind::too_large : Escape::Kind::octet;
  } else if (letter == 'x') {
    const std::size_t digits = read_digits(behind, 2, 16, escape.value);
    escape.length += digits;
    if (digits != 0) escape.kind = Escape::Kind::octet;
  } else if (letter == 'u' || letter == 'U') {
    const std::size_t wanted = letter == 'u' ? 4 : 8;
    const std::size_t digits = read_digits(behind, wanted, 16, escape.value);
    escape.length += digits;
    escape.kind =
        digits == wanted && may_be_named(escape.value) ? Escape::Kind::code_point : Escape::Kind::no_character;
  }
  return escape;
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  const auto add = [&out](std::uint32_t octet) { out += static_cast<char>(octet); };
  if (code_point < 0x80) {
    add(code_point);
  } else if (code_point < 0x800) {
    add(0xc0 | code_point >> 6);
    add(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    add(0xe0 | code_point >> 12);
    add(0x80 | (code_point >> 6 & 0x3f));
    add(0x80 | (code_point & 0x3f));
  } else {
    add(0xf0 | code_point >> 18);
    add(0x80 | (code_point >> 12 & 0x3f));
    add(0x80 | (code_point >> 6 & 0x3f));
    add(0x80 | (code_point & 0x3f));
  }
}

}  // namespace encap::filter
