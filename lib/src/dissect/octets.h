#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "encap/base/byte_order.h"
#include "encap/base/bytes.h"

namespace encap {

/// Octets of one layer: those that were captured, and how many there were on the wire. `Packet` reads them and notes
/// the first octet that is missing. Lifetime: borrowed, as Bytes.
struct Octets {
  const std::byte* data = nullptr;
  std::uint32_t captured = 0;   ///< octets in hand
  std::uint32_t contained = 0;  ///< octets that the layers outside leave room for, captured or not
  std::uint32_t reported = 0;   ///< octets the layer outside says there are
  std::uint32_t offset = 0;     ///< of the first one in its source
  std::uint8_t source = 0;      ///< index into Dissection::sources
  bool fragment = false;        ///< a first fragment alone: what is missing is elsewhere, not malformed

  [[nodiscard]] Bytes bytes() const noexcept { return {data, captured}; }
  /// Those from `first` on; none when there are not so many.
  [[nodiscard]] Octets from(std::uint32_t first) const noexcept {
    const std::uint32_t skipped = std::min(first, captured);
    // One by one: a copy of all would wait for what was just written.
    return {.data = data + skipped,
            .captured = captured - skipped,
            .contained = contained - std::min(first, contained),
            .reported = reported - std::min(first, reported),
            .offset = offset + skipped,
            .source = source,
            .fragment = fragment};
  }
  /// `length` octets from `first` on. Where fewer are there, `reported` still says `length`.
  [[nodiscard]] Octets part(std::uint32_t first, std::uint32_t length) const noexcept {
    Octets some = from(first);
    some.captured = std::min(some.captured, length);
    some.contained = std::min(some.contained, length);
    some.reported = length;
    return some;
  }
  /// The first `length` octets; all of them when there are fewer. For a length field that may cut padding off.
  [[nodiscard]] Octets cut(std::uint32_t length) const noexcept { return length < reported ? part(0, length) : *this; }
};

}  // namespace encap
