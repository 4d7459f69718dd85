#pragma once

#include "dissect/http_message.h"

namespace encap::http {

/// A message as most are that carry no body: lines of printable ASCII that end in CR LF, field names of letters, digits
/// and hyphens, and nothing in them that changes how the message or what follows it is read.
struct PlainMessage {
  Kind kind = Kind::others;       ///< asks or answers
  std::string_view first_line{};  ///< without its end
  std::string_view method{};      ///< of a request; never CONNECT
  std::uint32_t code = 0;         ///< of a response; never 1xx
  std::uint32_t size = 0;         ///< octets of the message, which is its head
};
/// Reads the one at the start of `text`. What it says is what the reader of all messages would find, without a note but
/// the one on the first line. False: there is another message or half of one, and `message` says nothing.
/// Lifetime: `message`, which is as it was made, borrows `text`.
[[nodiscard]] bool read_plain_message(std::string_view text, PlainMessage& message) noexcept;

}  // namespace encap::http
