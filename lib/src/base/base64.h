#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "encap/base/bytes.h"

namespace encap {

/// Appends the octets in base64, padded. Source: RFC 4648 §4.
inline void append_base64(std::string& out, Bytes octets) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < octets.size(); i += 3) {
    const auto octet = [&](std::size_t n) { return n < octets.size() ? std::to_integer<std::uint32_t>(octets[n]) : 0; };
    const std::uint32_t three = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
    out += digits[three >> 18 & 63];
    out += digits[three >> 12 & 63];
    out += i + 1 < octets.size() ? digits[three >> 6 & 63] : '=';
    out += i + 2 < octets.size() ? digits[three & 63] : '=';
  }
}

/// Appends the octets that a text in base64 stands for; false when it is none. The padding may be missing, and line
/// breaks may stand anywhere (RFC 2045 §6.8). Source: RFC 4648 §4.
inline bool decode_base64(std::string_view text, std::string& out) {
  const auto digit = [](char c) noexcept -> int {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
  };
  out.reserve(out.size() + text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int held = 0;  // bits that are not out yet
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\r' || c == '\n') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = digit(c);
    if (value < 0 || padding != 0) return false;
    ++digits;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out += static_cast<char>(bits >> held & 0xff);
  }
  return digits % 4 != 1 && (padding == 0 || (digits + padding) % 4 == 0) && padding < 3;
}

}  // namespace encap
