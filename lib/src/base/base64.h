#pragma once

#include <cstdint>
#include <string>

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

}  // namespace encap
