#pragma once

#include <cstdint>

namespace encap {

/// A point in TCP sequence space, modulo 2^32. It has no order, only distances. Source: RFC 9293 §3.4.
struct SequenceNumber {
  std::uint32_t value = 0;

  friend constexpr bool operator==(SequenceNumber, SequenceNumber) = default;
  friend constexpr SequenceNumber operator+(SequenceNumber number, std::uint32_t octets) noexcept {
    return {number.value + octets};
  }
};

/// Signed distance in sequence space, modulo 2^32: positive when `to` is ahead. Source: RFC 9293 §3.4.
[[nodiscard]] constexpr std::int32_t distance(SequenceNumber from, SequenceNumber to) noexcept {
  return static_cast<std::int32_t>(to.value - from.value);
}

}  // namespace encap
