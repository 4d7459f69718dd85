#pragma once

#include <cstddef>
#include <ranges>
#include <span>
#include <string_view>

namespace encap {

/// Octets somebody else owns, in wire order. Lifetime: borrowed, as long as the owner keeps them in place.
using Bytes = std::span<const std::byte>;

/// Octets somebody else owns and lets us write.
using MutableBytes = std::span<std::byte>;

/// A container of octets that is about to die: what views refuse to borrow from.
template <class T>
concept TemporaryOctets = std::ranges::contiguous_range<T> && !std::ranges::borrowed_range<T>;

/// The octets of a text, without a copy. Lifetime: borrows `text`.
[[nodiscard]] inline Bytes as_bytes(std::string_view text) noexcept { return std::as_bytes(std::span{text}); }

/// Octets looked at as text, without a copy or a check of their encoding. Lifetime: borrows `bytes`.
[[nodiscard]] inline std::string_view as_text(Bytes bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace encap
