#pragma once

#include <cstdint>

#include "encap/base/bytes.h"

namespace encap {

/// Numbers that look random and are the same on every machine: SplitMix64 over what was added. Not for secrets.
class Mixer {
 public:
  explicit constexpr Mixer(std::uint64_t seed) noexcept : state_{seed} {}

  constexpr Mixer& add(std::uint64_t value) noexcept {
    state_ = scramble(state_ ^ scramble(value));
    return *this;
  }
  constexpr Mixer& add(Bytes octets) noexcept {
    for (const std::byte octet : octets) add(std::to_integer<std::uint64_t>(octet));
    return *this;
  }
  [[nodiscard]] constexpr std::uint64_t next() noexcept {
    state_ += 0x9e3779b97f4a7c15u;
    return scramble(state_);
  }

 private:
  static constexpr std::uint64_t scramble(std::uint64_t x) noexcept {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
  }
  std::uint64_t state_;
};

}  // namespace encap
