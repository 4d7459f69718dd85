#include "visible_text.h"

#include <cstdint>
#include <cstdio>

namespace chat {
namespace {

struct Character {
  std::uint32_t code = 0;
  std::size_t length = 0;  // octets; 0: no UTF-8 begins here
};

/// The character at the start of a text that is not empty. Source: RFC 3629 §4.
Character first_character(std::string_view text) noexcept {
  const auto octet = [text](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[at]));
  };
  const std::uint32_t lead = octet(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length == 0 || length > text.size()) return {};
  std::uint32_t code = lead & (0x7fu >> length);
  for (std::size_t at = 1; at < length; ++at) {
    if ((octet(at) & 0xc0) != 0x80) return {};
    code = code << 6 | (octet(at) & 0x3f);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};  // shorter forms are there for smaller numbers
  if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {};
  return {code, length};
}

void append_escape(std::string& out, const char* format, std::uint32_t number) {
  char text[16];
  const int length = std::snprintf(text, sizeof text, format, static_cast<unsigned>(number));
  out.append(text, static_cast<std::size_t>(length));
}

constexpr bool turns_direction(std::uint32_t code) noexcept {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

std::string visible_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [code, length] = first_character(text);
    if (length == 0) {
      append_escape(out, "\\x%02x", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (code < 0x20 || code == 0x7f) {
      out += {'^', static_cast<char>(code ^ 0x40)};
    } else if ((code >= 0x80 && code < 0xa0) || code == 0x2028 || code == 0x2029 || turns_direction(code)) {
      append_escape(out, "\\u%04x", code);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace chat
