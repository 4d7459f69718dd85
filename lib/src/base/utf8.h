#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/// How many of the octets from there on, `piece` of which are looked at together, are printable ASCII before the first
/// that is not.
#ifdef __SSE2__
inline constexpr std::size_t piece = 16;
inline std::size_t plain_of_piece(const char* there) noexcept {
  __m128i octets;
  std::memcpy(&octets, there, piece);
  // As signed numbers those above 0x7f are below all others.
  const __m128i low = _mm_cmplt_epi8(octets, _mm_set1_epi8(0x20));
  const __m128i del = _mm_cmpeq_epi8(octets, _mm_set1_epi8(0x7f));
  const int marks = _mm_movemask_epi8(_mm_or_si128(low, del));
  return static_cast<std::size_t>(std::countr_zero(static_cast<unsigned>(marks) | 1u << piece));
}
#else
inline constexpr std::size_t piece = 8;
inline std::size_t plain_of_piece(const char* there) noexcept {
  std::uint64_t octets = 0;  // the first is the lowest
  for (std::size_t i = 0; i < piece; ++i) octets |= std::uint64_t{static_cast<unsigned char>(there[i])} << 8 * i;
  // A high bit shows up in each that is below 0x20 or above 0x7e, and in some behind such a one.
  constexpr std::uint64_t every = 0x0101010101010101;
  const std::uint64_t marks = (octets | (octets - every * 0x20) | (octets + every)) & every * 0x80;
  return static_cast<std::size_t>(std::countr_zero(marks)) / 8;
}
#endif

}  // namespace detail

/// How many characters a text starts with that are printable ASCII, blanks among them. Calls `visit(at, count)` for
/// pieces of some size or of 1 that these lie in.
template <class Visit>
std::size_t plain_length(std::string_view text, Visit visit) noexcept {
  using detail::piece;
  std::size_t at = 0;
  if (text.size() < piece) {
    for (; at < text.size() && text[at] >= 0x20 && text[at] < 0x7f; ++at) visit(at, 1);
    return at;
  }
  // The last piece has some that were looked at before.
  for (const std::size_t last = text.size() - piece;; at = std::min(at + piece, last)) {
    visit(at, piece);
    const std::size_t plain = detail::plain_of_piece(text.data() + at);
    if (plain < piece || at == last) return at + plain;
  }
}
inline std::size_t plain_length(std::string_view text) noexcept {
  return plain_length(text, [](std::size_t, std::size_t) {});
}

/// The same, and copies them. Precondition: there is room for all of `text`.
inline std::size_t copy_plain(char* to, std::string_view text) noexcept {
  return plain_length(text, [&](std::size_t at, std::size_t count) { std::memcpy(to + at, text.data() + at, count); });
}

}  // namespace encap
