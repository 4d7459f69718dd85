#pragma once

#include <cstdint>
#include <string_view>

namespace encap::http {

/// What a first line begins.
enum class Kind : std::uint8_t { others, asks, answers, notifies };
/// What a Transfer-Encoding says besides "chunked".
enum class Coding : std::uint8_t { none, unknown, identity, compressed };

/// What the head of one message says. Lifetime: borrows its octets.
struct Message {
  Kind kind = Kind::others;
  std::string_view method{};
  std::string_view uri{};
  std::string_view host{};
  bool has_uri = false;
  bool has_host = false;
  bool has_type = false;
  bool has_encoding = false;
  bool has_length = false;
  bool chunked = false;
  Coding coding = Coding::none;
  std::uint32_t code = 0;
  std::int64_t length = 0;
  std::string_view type{};
  std::string_view parameters{};
  std::string_view encoding{};
  std::string_view upgrade{};
};

/// Whether `line` starts a message, and what kind of message. `method` becomes that of a request.
bool starts_message(std::string_view line, Kind& kind, std::string_view& method) noexcept;
/// Cuts the first token off `line`, which is without its end, and the blanks behind it.
std::string_view take_token(std::string_view& line) noexcept;
/// The status code of a response's first line; 0 when there is none of three digits.
[[nodiscard]] std::uint32_t status_code(std::string_view line) noexcept;
/// Whether `name` may stand before the colon of a field line: a token (RFC 9110 §5.6.2), and what tshark lets pass.
[[nodiscard]] bool is_valid_header_name(std::string_view name) noexcept;
/// Reads the value of a Transfer-Encoding. False when it has a coding that is not known.
bool read_transfer_coding(std::string_view value, Message& message) noexcept;

}  // namespace encap::http
