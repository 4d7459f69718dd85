#pragma once

#include <cstddef>
#include <optional>

#include "encap/base/byte_order.h"
#include "encap/wire/protocol.h"

namespace encap {

/// A header of IPv6 that another one stands behind.
struct Ipv6Extension {
  Protocol next{};         ///< of what follows
  std::size_t length = 0;  ///< octets, at least 8; there may be fewer
};

/// The extension header at the start of `octets`, of the kind the one before it says: Hop-by-Hop Options, Routing,
/// Fragment or Destination Options. Nothing for any other kind, and where its first 8 octets are not there.
/// Source: RFC 8200 §4.
[[nodiscard]] constexpr std::optional<Ipv6Extension> ipv6_extension(Protocol kind, Bytes octets) noexcept {
  constexpr std::size_t unit = 8;
  const bool has_length =
      kind == Protocol::hop_by_hop || kind == Protocol::routing || kind == Protocol::destination_options;
  if ((!has_length && kind != Protocol::fragment) || octets.size() < unit) return std::nullopt;
  // Its length is in units of 8 octets, without the first; a fragment header has none.
  const std::size_t more = has_length ? load_u8(octets, 1) : 0;
  return Ipv6Extension{Protocol{load_u8(octets, 0)}, (1 + more) * unit};
}

}  // namespace encap
