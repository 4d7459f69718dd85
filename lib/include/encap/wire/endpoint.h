#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/wire/ip_address.h"

namespace encap {

/// A TCP or UDP port, 0..65535. 0 is valid on the wire and means "none" in most programs.
struct Port {
  std::uint16_t value = 0;

  constexpr Port() noexcept = default;
  constexpr explicit Port(std::uint16_t number) noexcept : value{number} {}

  friend constexpr auto operator<=>(Port, Port) = default;
};

/// One end of a conversation.
struct Endpoint {
  IpAddress address;
  Port port;

  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// `10.0.0.1:80`, `[2001:db8::1]:80`.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

/// Where a packet comes from and goes to. What transport checksums cover beside the segment itself.
struct Route {
  Endpoint source;
  Endpoint destination;

  [[nodiscard]] constexpr Route reversed() const noexcept { return {destination, source}; }
  friend constexpr auto operator<=>(const Route&, const Route&) = default;
};

}  // namespace encap
