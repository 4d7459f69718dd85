#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace encap {

/// Words of one or several, in small letters with one blank between them, and what they mean in a text.
template <class Meaning>
struct Phrase {
  std::string_view words;
  Meaning meaning;
  std::uint16_t value = 0;
};

namespace phrasing {

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_letter(char c) noexcept { return lower(c) >= 'a' && lower(c) <= 'z'; }
constexpr bool is_alphanumeric(char c) noexcept { return is_letter(c) || is_digit(c); }

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

/// Octets at the start of `text` that are `words`, in any case, with blanks, a hyphen or an underscore between them; 0
/// when it starts with something else, or with a longer word.
constexpr std::size_t phrase_length(std::string_view text, std::string_view words) noexcept {
  std::size_t at = 0;
  for (const char c : words) {
    if (c == ' ') {
      const std::size_t before = at;
      while (at < text.size() && (is_blank(text[at]) || text[at] == '-' || text[at] == '_')) ++at;
      if (at == before) return 0;
    } else if (at < text.size() && lower(text[at]) == c) {
      ++at;
    } else {
      return 0;
    }
  }
  return at < text.size() && is_alphanumeric(text[at]) ? 0 : at;
}

/// The longest phrase of `phrases` that `text` starts with, and its octets there; nullptr when there is none.
template <class Meaning>
struct Found {
  const Phrase<Meaning>* phrase = nullptr;
  std::size_t length = 0;
};
template <class Meaning>
constexpr Found<Meaning> find_phrase(std::span<const Phrase<Meaning>> phrases, std::string_view text) noexcept {
  Found<Meaning> found;
  for (const Phrase<Meaning>& phrase : phrases) {
    if (const std::size_t length = phrase_length(text, phrase.words); length > found.length) found = {&phrase, length};
  }
  return found;
}

}  // namespace phrasing
}  // namespace encap
