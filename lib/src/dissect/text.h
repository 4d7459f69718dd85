#pragma once

#include <optional>
#include <string_view>

#include "dissect/packet.h"

namespace encap {

/// A line of text among octets. It ends with CR, LF, or CR LF.
struct Line {
  std::uint32_t length = 0;  ///< without its end
  std::uint32_t next = 0;    ///< where the next line starts
  bool complete = false;     ///< its end was found; not when a CR is the last octet, which an LF may follow
};
/// The line from `offset` on; it runs to the last octet where no end is found.
[[nodiscard]] Line find_line(Bytes in, std::uint32_t offset) noexcept;

/// Where more follows the NUL that ends a string.
inline constexpr Note stray_characters{
    {"_ws.string.trailing_stray_characters", "Trailing stray characters", FieldType::none},
    Severity::warning,
    "Undecoded",
    true};

/// Items after which no more lines of a body are added: a body of a million short lines fills gigabytes otherwise.
inline constexpr std::size_t most_items = 1'000'000;

/// Octets as the characters they are. Lifetime: borrowed.
[[nodiscard]] inline std::string_view characters(Bytes in) noexcept {
  return {reinterpret_cast<const char*>(in.data()), in.size()};
}
[[nodiscard]] inline std::string_view characters(Bytes in, std::uint32_t offset, std::uint32_t length) noexcept {
  return characters(in.subspan(offset, length));
}

[[nodiscard]] constexpr char ascii_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
[[nodiscard]] constexpr bool is_ascii_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}
[[nodiscard]] constexpr bool starts_ignoring_case(std::string_view text, std::string_view start) noexcept {
  return text.size() >= start.size() && equals_ignoring_case(text.substr(0, start.size()), start);
}
[[nodiscard]] constexpr std::string_view without_spaces_around(std::string_view text) noexcept {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}
[[nodiscard]] constexpr std::string_view until_nul(std::string_view text) noexcept {
  return text.substr(0, text.find('\0'));
}

/// What a hexadecimal digit is worth; -1 for any other character.
[[nodiscard]] constexpr int hex_digit(char c) noexcept {
  const char low = ascii_lower(c);
  return c >= '0' && c <= '9' ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

inline constexpr char32_t replacement_character = 0xfffd;
[[nodiscard]] constexpr bool is_high_surrogate(char32_t unit) noexcept { return unit >= 0xd800 && unit < 0xdc00; }
[[nodiscard]] constexpr bool is_low_surrogate(char32_t unit) noexcept { return unit >= 0xdc00 && unit < 0xe000; }
/// The character that a pair of UTF-16 units stands for (RFC 2781 §2.2).
[[nodiscard]] constexpr char32_t from_surrogates(char32_t high, char32_t low) noexcept {
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}
/// Writes `character` as UTF-8, one to four octets (RFC 3629 §3). Returns the place behind them.
char* put_utf8(char* to, char32_t character) noexcept;

/// What strtol makes of `text`: blanks, a sign, in base 16 perhaps `0x`, digits; too large ones are the largest.
/// Nothing when there is no digit. `length` becomes the characters used.
[[nodiscard]] std::optional<std::int64_t> leading_number(std::string_view text, unsigned base,
                                                         std::size_t& length) noexcept;

/// `text` as it is shown in a line. Lifetime: that of `text` or the dissection.
[[nodiscard]] std::string_view escaped(Packet& p, std::string_view text);
[[nodiscard]] std::string_view lower_case(Packet& p, std::string_view text);
/// The value of a string of ASCII: what is not ASCII becomes U+FFFD; a NUL ends it. Lifetime: that of `text` or the
/// dissection.
[[nodiscard]] std::string_view ascii_value(Packet& p, std::string_view text);
/// The same of UTF-8.
[[nodiscard]] std::string_view utf8_value(Packet& p, std::string_view text);

/// A string field read as ASCII, with a note where more follows a NUL.
ItemId add_ascii(Packet& p, ItemId parent, const Field& field, const Octets& in, std::uint32_t offset,
                 std::uint32_t length);
/// A line that shows the octets themselves.
ItemId add_escaped(Packet& p, ItemId parent, const Octets& in, std::uint32_t offset, std::uint32_t length);

/// The octets that `text` stands for in Base64 (RFC 4648 §4, or §5 where `url`); what is no digit of it is skipped.
/// Lifetime: the dissection.
[[nodiscard]] Bytes decode_base64(Packet& p, std::string_view text, bool url = false);

/// The value of `name` among parameters such as `charset=utf-8; boundary="x"`, without its quotes (RFC 2045 §5.1).
[[nodiscard]] std::optional<std::string_view> find_parameter(Packet& p, std::string_view parameters,
                                                             std::string_view name);

}  // namespace encap
