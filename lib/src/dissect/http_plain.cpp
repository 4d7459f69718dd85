#include "dissect/http_plain.h"

#include <array>
#include <bit>
#include <cstring>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/utf8.h"
#include "dissect/http_headers.h"

namespace encap::http {
namespace {

// The line at the start of `text`, which it is taken off, its end with it. False: it is not plain.
bool take_line(std::string_view& text, std::string_view& line) noexcept {
  const std::size_t end = plain_length(text);
  if (text.size() - end < 2 || text[end] != '\r' || text[end + 1] != '\n') return false;
  line = text.substr(0, end);
  text.remove_prefix(end + 2);
  return true;
}

constexpr auto name_characters = [] {
  std::array<bool, 256> made{};
  for (unsigned c = '0'; c <= '9'; ++c) made[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) made[c] = made[c - 32] = true;
  made['-'] = true;
  return made;
}();

// How many of such characters a text starts with.
std::size_t name_length(std::string_view text) noexcept {
  std::size_t length = 0;
#ifdef __SSE2__
  // Most names and what is behind them fit in one piece.
  if (__m128i octets; text.size() >= sizeof octets) {
    std::memcpy(&octets, text.data(), sizeof octets);
    const auto are_from = [](__m128i all, char first, char count) {
      constexpr char least = -128;
      return _mm_cmplt_epi8(_mm_add_epi8(all, _mm_set1_epi8(static_cast<char>(least - first))),
                            _mm_set1_epi8(static_cast<char>(least + count)));
    };
    const __m128i letters = are_from(_mm_or_si128(octets, _mm_set1_epi8(0x20)), 'a', 26);
    const __m128i digits = are_from(octets, '0', 10);
    const __m128i hyphens = _mm_cmpeq_epi8(octets, _mm_set1_epi8('-'));
    const int marks = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(letters, digits), hyphens));
    length = static_cast<std::size_t>(std::countr_one(static_cast<unsigned>(marks)));
    if (length < sizeof octets) return length;
  }
#endif
  while (length < text.size() && name_characters[static_cast<unsigned char>(text[length])]) ++length;
  return length;
}

// The name of a field line; empty where it is not plain, or the line may be the first one of another message.
std::string_view field_name(std::string_view line) noexcept {
  const std::size_t end = name_length(line);
  if (end == line.size() || line[end] != ':' || line.starts_with("ICY") || line.starts_with("M-")) return {};
  return line.substr(0, end);
}

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The code of `HTTP/1.1 200 OK`; 0 of what is not written so.
std::uint32_t plain_status(std::string_view line) noexcept {
  constexpr std::size_t code_at = 9;
  constexpr std::size_t code_end = code_at + 3;
  if (line.size() < code_end || !line.starts_with("HTTP/1.") || !is_digit(line[7]) || line[8] != ' ') return 0;
  std::uint32_t code = 0;
  for (const char c : line.substr(code_at, 3)) {
    if (!is_digit(c)) return 0;
    code = code * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return line.size() == code_end || line[code_end] == ' ' ? code : 0;
}

// Whether the value of a Content-Length is a plain 0.
bool is_zero(std::string_view value) noexcept {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return value == "0";
}

}  // namespace

bool read_plain_message(std::string_view text, PlainMessage& message) noexcept {
  std::string_view rest = text;
  if (!take_line(rest, message.first_line) || !starts_message(message.first_line, message.kind, message.method)) {
    return false;
  }
  bool may_have_body = false;
  if (message.kind == Kind::answers) {
    message.code = plain_status(message.first_line);
    if (message.code < 200) return false;
    may_have_body = message.code != 204 && message.code != 304;  // RFC 9112 §6.3
  } else if (message.kind != Kind::asks || message.method == "CONNECT" || message.first_line.front() == 'M') {
    return false;
  }
  bool has_length = false;
  constexpr std::string_view empty_line = "\r\n";
  while (!rest.starts_with(empty_line)) {
    std::string_view line;
    if (!take_line(rest, line)) return false;
    const std::string_view name = field_name(line);
    if (name.empty()) return false;
    switch (framing_of(name)) {
      case Framing::none:
        break;
      case Framing::length:
        if (has_length || !is_zero(line.substr(name.size() + 1))) return false;
        has_length = true;
        may_have_body = false;
        break;
      case Framing::other:
        return false;
    }
  }
  message.size = static_cast<std::uint32_t>(text.size() - rest.size() + empty_line.size());
  return !may_have_body;
}

}  // namespace encap::http
