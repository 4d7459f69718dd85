#pragma once

#include <cstdint>
#include <cstdlib>
#include <gtest/gtest.h>
#include <iostream>
#include <string>
#include <vector>

#include "encap/base/bytes.h"
#include "support/sanitizers.h"

namespace encap::test {

/// Random numbers that are the same on every machine for the same seed (splitmix64).
class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_{seed} {}

  constexpr std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// A number in 0..`bound` - 1. Precondition: `bound` is not 0.
  constexpr std::uint64_t below(std::uint64_t bound) noexcept { return next() % bound; }
  template <class Integer>
  constexpr Integer any() noexcept {
    return static_cast<Integer>(next());
  }
  constexpr bool one_in(std::uint64_t count) noexcept { return below(count) == 0; }
  std::vector<std::byte> octets(std::size_t count) {
    std::vector<std::byte> result(count);
    for (std::byte& octet : result) octet = any<std::byte>();
    return result;
  }

 private:
  std::uint64_t state_;
};

/// Where random cases begin: ENCAP_TEST_SEED when it is set, else a fixed number, so that a plain run is repeatable.
inline std::uint64_t property_seed() {
  const char* const text = std::getenv("ENCAP_TEST_SEED");
  return text == nullptr ? 20000101 : std::strtoull(text, nullptr, 0);
}

/// Runs `body(random)` for `cases` seeds, a quarter of them under sanitizers, up to the first failure, and prints the
/// seed: with it in ENCAP_TEST_SEED the failing case is the first one of the next run.
template <class Body>
void check_property(std::uint64_t cases, Body body) {
  const std::uint64_t first = property_seed();
  if (under_sanitizers) cases = (cases + 3) / 4;
  std::cout << "ENCAP_TEST_SEED=" << first << ", " << cases << " cases\n";
  for (std::uint64_t seed = first; seed != first + cases; ++seed) {
    SCOPED_TRACE("rerun this case first with ENCAP_TEST_SEED=" + std::to_string(seed));
    Random random{seed};
    body(random);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace encap::test
