#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "encap/base/decimal.h"
#include "encap/flow/message.h"
#include "encap/wire/ip_address.h"

namespace encap {

/// What stands where a port is meant: a port, a number that is none, or text.
struct PortText {
  std::uint16_t number = 0;  ///< 0: it is no port
  bool wrong = false;

  [[nodiscard]] std::optional<Port> port() const noexcept {
    return number != 0 ? std::optional{Port{number}} : std::nullopt;
  }
};

/// A decimal port; `80.0` too, which spreadsheets make of 80. Not a number at all: neither.
inline PortText read_port(std::string_view text) noexcept {
  const auto [value, digits] = read_digits(text, 19);
  if (digits == 0 || (digits != text.size() && text.substr(digits) != ".0")) return {};
  if (value == 0 || value > 65535) return {0, true};
  return {static_cast<std::uint16_t>(value), false};
}

/// `10.0.0.1`, `10.0.0.1:80`, `[::1]:80`, `localhost`.
inline bool read_address(std::string_view text, Party& party) noexcept {
  if (text == "localhost") {
    party.address = Ipv4Address{0x7f000001};
    return true;
  }
  if (const auto address = IpAddress::parse(text)) {
    party.address = *address;
    return true;
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return false;
  const auto address = IpAddress::parse(text.substr(0, colon));
  const PortText port = read_port(text.substr(colon + 1));
  if (!address || port.number == 0) return false;
  party.address = *address;
  if (!party.port) party.port = Port{port.number};
  return true;
}

}  // namespace encap
