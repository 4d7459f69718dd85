#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace encap {

/// Octets of the UTF-8 character a text starts with, 1..4; 0 when it starts with none. Source: RFC 3629 §4.
/// Precondition: the text is not empty.
constexpr std::size_t utf8_length(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
  if (length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    // The first octet behind the lead has a narrower range where longer forms or surrogates would start.
    const unsigned low = i != 1 ? 0x80 : lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = i != 1 ? 0xbf : lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (next < low || next > high) return 0;
  }
  return length;
}

/// How many characters a text starts with that are printable ASCII, blanks among them.
inline std::size_t plain_length(std::string_view text) noexcept {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  std::size_t at = 0;
  // Eight at a time: a high bit shows up in each octet that is below 0x20, above 0x7e, or behind such a one.
  const auto are_plain = [text](std::size_t from) {
    constexpr std::uint64_t every = 0x0101010101010101;
    std::uint64_t octets;
    std::memcpy(&octets, text.data() + from, 8);
    return ((octets | (octets - every * 0x20) | (octets + every)) & every * 0x80) == 0;
  };
  while (at + 8 <= text.size() && are_plain(at)) at += 8;
  // The last eight, some of which were looked at before.
  if (at != 0 && text.size() - at < 8 && are_plain(text.size() - 8)) return text.size();
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

}  // namespace encap
