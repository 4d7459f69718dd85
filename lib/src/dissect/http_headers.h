#pragma once

#include "dissect/http_message.h"
#include "dissect/packet.h"

namespace encap::http {

/// What a field has to do with where the message ends and what follows it.
enum class Framing : std::uint8_t {
  none,
  length,  ///< Content-Length
  other    ///< Transfer-Encoding, Upgrade and the like
};
[[nodiscard]] Framing framing_of(std::string_view name) noexcept;

/// Reads one field line into `message` and adds it to `tree`: `length` octets from `offset` on, `whole` with its end;
/// its name ends at `colon`.
void dissect_header(Packet& p, Message& message, ItemId tree, const Octets& in, std::uint32_t offset,
                    std::uint32_t length, std::uint32_t whole, std::uint32_t colon);

}  // namespace encap::http
