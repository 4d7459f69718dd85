#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "encap/flow/message.h"
#include "encap/wire/endpoint.h"

namespace encap::trace {

// What the reports on captures say in the same words.

/// `1 packet`, `2 packets`.
inline std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

/// `tcp`, `udp`.
inline std::string_view name_of(Transport transport) noexcept { return transport == Transport::tcp ? "tcp" : "udp"; }

/// `127.0.0.1:49152 - 127.0.0.1:80`: both directions.
inline std::string ends_text(const Route& route) {
  return to_string(route.source) + " - " + to_string(route.destination);
}
/// `127.0.0.1:49152 -> 127.0.0.1:80`: one of them.
inline std::string way_text(const Route& route) {
  return to_string(route.source) + " -> " + to_string(route.destination);
}

}  // namespace encap::trace
