#pragma once

#include <cstdint>

#include "encap/base/link_type.h"

namespace encap {

/// The link type a file names. Some BSDs wrote their own numbers of raw packets, 12 and 14, into files.
[[nodiscard]] constexpr LinkType link_type_in_file(std::uint16_t number) noexcept {
  return number == 12 || number == 14 ? LinkType::raw : static_cast<LinkType>(number);
}

/// Octets a packet of this link type may have in a file. More is taken for damage, at the lengths Wireshark 4.0 does.
[[nodiscard]] constexpr std::uint32_t maximum_captured_length(LinkType link_type) noexcept {
  constexpr std::uint32_t mebibyte = 1u << 20;
  switch (static_cast<std::uint16_t>(link_type)) {
    case 186:  // USB of FreeBSD
    case 189:  // USB of Linux
    case 220:  // USB of Linux, with padding
    case 231:  // D-Bus
    case 249:  // USBPcap
    case 266:  // USB of Darwin
      return 128 * mebibyte;
    case 279:  // Elektrobit high-speed capture and replay
      return 32 * mebibyte;
    default:
      return 262'144;
  }
}

}  // namespace encap
