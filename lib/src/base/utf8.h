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

namespace detail {

/// Whether eight octets are printable ASCII: a high bit shows up in each that is below 0x20, above 0x7e, or behind such
/// a one.
inline bool are_plain(std::uint64_t octets) noexcept {
  constexpr std::uint64_t every = 0x0101010101010101;
  return ((octets | (octets - every * 0x20) | (octets + every)) & every * 0x80) == 0;
}

}  // namespace detail

/// How many characters a text starts with that are printable ASCII, blanks among them.
inline std::size_t plain_length(std::string_view text) noexcept {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7f; };
  std::size_t at = 0;
  const auto are_plain = [text](std::size_t from) {
    std::uint64_t octets;
    std::memcpy(&octets, text.data() + from, 8);
    return detail::are_plain(octets);
  };
  while (at + 8 <= text.size() && are_plain(at)) at += 8;
  // The last eight, some of which were looked at before.
  if (at != 0 && text.size() - at < 8 && are_plain(text.size() - 8)) return text.size();
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

/// The same, and copies them. Precondition: there is room for all of `text`.
inline std::size_t copy_plain(char* to, std::string_view text) noexcept {
  const auto copy_eight = [to, text](std::size_t from) {
    std::uint64_t octets;
    std::memcpy(&octets, text.data() + from, 8);
    std::memcpy(to + from, &octets, 8);
    return detail::are_plain(octets);
  };
  std::size_t at = 0;
  while (at + 8 <= text.size() && copy_eight(at)) at += 8;
  if (at != 0 && text.size() - at < 8 && copy_eight(text.size() - 8)) return text.size();
  for (; at < text.size() && text[at] >= 0x20 && text[at] < 0x7f; ++at) to[at] = text[at];
  return at;
}

}  // namespace encap
