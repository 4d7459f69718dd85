#include "dissect/text.h"

#include <algorithm>
#include <limits>

#include "base/utf8.h"

namespace encap {
namespace {

bool is_ascii_without_nul(std::string_view text) noexcept {
  text.remove_prefix(plain_length(text));
  return std::all_of(text.begin(), text.end(), [](char c) { return c != 0 && static_cast<unsigned char>(c) < 0x80; });
}

int base64_digit(char c, bool url) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == (url ? '-' : '+')) return 62;
  if (c == (url ? '_' : '/')) return 63;
  return c == '=' ? 0 : -1;
}

}  // namespace

Line find_line(Bytes in, std::uint32_t offset) noexcept {
  // Looked through piece by piece for one end and then for the other: lines that all end in CR are not gone through
  // to the end of the octets for an LF each.
  constexpr std::size_t piece = 256;
  const std::string_view text = characters(in);
  const auto end = static_cast<std::uint32_t>(in.size());
  std::size_t at = std::min(offset, end);
  for (; at < end; at += piece) {
    const std::string_view here = text.substr(at, piece);
    const std::size_t lf = std::min(here.find('\n'), here.size());
    const std::size_t found = std::min(here.substr(0, lf).find('\r'), lf);
    if (found == here.size()) continue;
    at += found;
    break;
  }
  if (at >= end) return {end - offset, end, false};
  const auto line_end = static_cast<std::uint32_t>(at);
  if (text[at] == '\n') return {line_end - offset, line_end + 1, true};
  if (line_end + 1 == end) return {line_end - offset, end, false};
  return {line_end - offset, line_end + (text[at + 1] == '\n' ? 2u : 1u), true};
}

char* put_utf8(char* to, char32_t character) noexcept {
  if (character < 0x80) {
    *to++ = static_cast<char>(character);
    return to;
  }
  int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
  *to++ = static_cast<char>((0xf0u << (3 - more) & 0xff) | character >> (6 * more));
  while (more-- > 0) *to++ = static_cast<char>(0x80 | (character >> (6 * more) & 0x3f));
  return to;
}

std::optional<std::int64_t> leading_number(std::string_view text, unsigned base, std::size_t& length) noexcept {
  const auto digit = [base](char c) {
    const unsigned decimal = static_cast<unsigned char>(c) - unsigned{'0'};
    return decimal < 10 ? decimal : std::min(static_cast<unsigned>(hex_digit(c)), base);
  };
  std::size_t at = 0;
  while (at < text.size() && is_ascii_space(text[at])) ++at;
  bool negative = false;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) negative = text[at++] == '-';
  if (base == 16 && at + 2 < text.size() && text[at] == '0' && ascii_lower(text[at + 1]) == 'x' &&
      digit(text[at + 2]) < base) {
    at += 2;
  }
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t small = largest / 16 - 1;  // one more digit fits in any base
  std::int64_t value = 0;
  const std::size_t first = at;
  for (; at < text.size() && digit(text[at]) < base; ++at) {
    const auto next = static_cast<std::int64_t>(digit(text[at]));
    value = value > small && value > (largest - next) / base ? largest : value * base + next;
  }
  length = at;
  if (at == first) return std::nullopt;
  return negative ? -value : value;
}

std::string_view escaped(Packet& p, std::string_view text) {
  if (plain_length(text) == text.size()) return text;
  std::string& line = p.out.arena.cleared_line();
  append_escaped(line, text);
  return p.out.arena.copy(line);
}

std::string_view lower_case(Packet& p, std::string_view text) {
  char* const there = p.out.arena.allocate(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) there[i] = ascii_lower(text[i]);
  return {there, text.size()};
}

std::string_view ascii_value(Packet& p, std::string_view text) {
  if (is_ascii_without_nul(text)) return text;
  text = until_nul(text);
  char* const there = p.out.arena.allocate(text.size() * 3);
  char* to = there;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x80) {
      *to++ = c;
    } else {
      to += std::string_view{"\xef\xbf\xbd"}.copy(to, 3);
    }
  }
  return {there, static_cast<std::size_t>(to - there)};
}

std::string_view utf8_value(Packet& p, std::string_view text) {
  if (is_ascii_without_nul(text)) return text;
  text = until_nul(text);
  char* const there = p.out.arena.allocate(text.size() * 3);
  char* to = there;
  while (!text.empty()) {
    char32_t character = 0;
    const std::size_t length = utf8_length(text, character);
    to += character == 0xfffd ? std::string_view{"\xef\xbf\xbd"}.copy(to, 3) : text.copy(to, length);
    text.remove_prefix(length);
  }
  return {there, static_cast<std::size_t>(to - there)};
}

ItemId add_ascii(Packet& p, ItemId parent, const Field& field, const Octets& in, std::uint32_t offset,
                 std::uint32_t length) {
  if (parent == ItemId::none || !p.wants_items() || !p.need(in, offset, length)) return ItemId::none;
  const std::string_view text = characters(in.bytes(), offset, length);
  const ItemId item = p.add_string(parent, field, in, offset, length, ascii_value(p, text), true);
  if (const std::size_t nul = text.find('\0'); nul != text.npos && text.find_first_not_of('\0', nul) != text.npos) {
    p.note(item, stray_characters);
  }
  return item;
}

ItemId add_escaped(Packet& p, ItemId parent, const Octets& in, std::uint32_t offset, std::uint32_t length) {
  if (parent == ItemId::none || !p.wants_items() || !p.need(in, offset, length)) return ItemId::none;
  return p.add_text(parent, in, offset, length, escaped(p, characters(in.bytes(), offset, length)));
}

Bytes decode_base64(Packet& p, std::string_view text, bool url) {
  char* const there = p.out.arena.allocate(text.size() / 4 * 3 + 3);
  char* to = there;
  std::uint32_t value = 0;
  unsigned digits = 0;
  char last[2] = {};
  const auto take = [&](char c) {
    const int digit = base64_digit(c, url);
    if (digit < 0) return;
    last[1] = last[0];
    last[0] = c;
    value = value << 6 | static_cast<std::uint32_t>(digit);
    if (++digits % 4 != 0) return;
    *to++ = static_cast<char>(value >> 16 & 0xff);
    if (last[1] != '=') *to++ = static_cast<char>(value >> 8 & 0xff);
    if (last[0] != '=') *to++ = static_cast<char>(value & 0xff);
  };
  for (const char c : text) take(c);
  if (url) {  // the padding that §5 lets away
    for (unsigned i = digits % 4; i % 4 != 0; ++i) take('=');
  }
  return std::as_bytes(std::span{there, static_cast<std::size_t>(to - there)});
}

std::optional<std::string_view> find_parameter(Packet& p, std::string_view parameters, std::string_view name) {
  std::size_t at = 0;
  const auto skip_spaces = [&] {
    while (at < parameters.size() && is_ascii_space(parameters[at])) ++at;
  };
  while (at < parameters.size()) {
    while (at < parameters.size() && (parameters[at] == ';' || is_ascii_space(parameters[at]))) ++at;
    const std::size_t name_at = at;
    while (at < parameters.size() && parameters[at] != '=' && parameters[at] != ';' &&
           !is_ascii_space(parameters[at])) {
      ++at;
    }
    const bool wanted = equals_ignoring_case(parameters.substr(name_at, at - name_at), name);
    skip_spaces();
    if (at >= parameters.size() || parameters[at] != '=') continue;
    ++at;
    skip_spaces();
    if (at < parameters.size() && parameters[at] == '"') {
      char* const there = p.out.arena.allocate(parameters.size() - at);
      char* to = there;
      for (++at; at < parameters.size() && parameters[at] != '"'; ++at) {
        if (parameters[at] == '\\' && at + 1 < parameters.size()) ++at;
        *to++ = parameters[at];
      }
      if (at < parameters.size()) ++at;
      if (wanted) return std::string_view{there, static_cast<std::size_t>(to - there)};
    } else {
      const std::size_t value_at = at;
      while (at < parameters.size() && parameters[at] != ';' && !is_ascii_space(parameters[at])) ++at;
      if (wanted) return parameters.substr(value_at, at - value_at);
    }
  }
  return std::nullopt;
}

}  // namespace encap
