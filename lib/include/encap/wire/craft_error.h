#pragma once

#include <cstdint>
#include <string>

#include "encap/wire/dissect_error.h"

namespace encap {

/// Values that no packet can carry.
struct CraftError {
  enum class Code : std::uint8_t {
    payload_too_long,   ///< more octets than the length field of the layer, or of the one below, can count
    options_too_long,   ///< more octets of options than the header length field can count
    options_unaligned,  ///< options that do not fill whole 32-bit words
    mixed_families,     ///< source and destination are not of one address family
    mtu_too_small       ///< no fragment fits
  };
  Layer layer;
  Code code;
  std::uint64_t value = 0;    ///< what was asked for, in octets where it is a length
  std::uint64_t maximum = 0;  ///< what the layer carries

  friend bool operator==(const CraftError&, const CraftError&) = default;
};

/// As in `udp: 70000 octets of payload, an IPv4 datagram carries 65507`.
[[nodiscard]] std::string to_string(const CraftError& error);

}  // namespace encap
