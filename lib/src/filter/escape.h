#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace encap::filter {

/// What a backslash and what follows it stand for.
struct Escape {
  enum class Kind : std::uint8_t { octet, code_point, unknown, too_large, no_character };
  Kind kind = Kind::unknown;
  std::size_t length = 2;  ///< octets, the backslash among them
  std::uint32_t value = 0;
};

/// Precondition: `text` starts with a backslash and has another octet behind it. Source: the escapes of C.
[[nodiscard]] Escape read_escape(std::string_view text) noexcept;

/// Appends a character in UTF-8.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace encap::filter
