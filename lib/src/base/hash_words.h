#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace encap {

namespace detail {
inline constexpr std::uint64_t hash_factor = 0xff51afd7ed558ccdu;
}

/// A hash of a key that is made of words, such as addresses and ports, in a few instructions for each. What tells keys
/// apart is best in the lower half of the last word: its upper half does not reach the lowest bits of the hash.
template <std::size_t Count>
[[nodiscard]] constexpr std::uint64_t hash_words(const std::array<std::uint64_t, Count>& words) noexcept {
  std::uint64_t hash = 0x9e3779b97f4a7c15u;
  for (const std::uint64_t word : words) {
    hash = (hash ^ word) * detail::hash_factor;
    hash ^= hash >> 32;
  }
  return hash;
}

/// One of which every bit depends on every bit of every word.
template <std::size_t Count>
[[nodiscard]] constexpr std::uint32_t short_hash(const std::array<std::uint64_t, Count>& words) noexcept {
  return static_cast<std::uint32_t>(hash_words(words) * detail::hash_factor >> 32);
}

/// The same of a text: every bit depends on every octet.
[[nodiscard]] inline std::uint32_t short_hash(std::string_view text) noexcept {
  std::uint64_t hash = 0x9e3779b97f4a7c15u ^ text.size();
  const auto take = [&](std::size_t at, std::size_t count) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, count);
    hash = (hash ^ word) * detail::hash_factor;
    hash ^= hash >> 32;
  };
  std::size_t at = 0;
  for (; at + 8 < text.size(); at += 8) take(at, 8);
  // The last eight, some of which were taken before.
  if (text.size() >= 8) {
    take(text.size() - 8, 8);
  } else if (!text.empty()) {
    take(0, text.size());
  }
  return static_cast<std::uint32_t>(hash * detail::hash_factor >> 32);
}

}  // namespace encap
