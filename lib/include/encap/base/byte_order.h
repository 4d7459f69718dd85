#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "encap/base/bytes.h"

namespace encap {

namespace detail {

/// The integer that `Count` octets are in one piece; void where there is none, or the host's order is not known.
template <std::size_t Count>
using Word =
    std::conditional_t<std::endian::native != std::endian::little, void,
                       std::conditional_t<Count == 2, std::uint16_t,
                                          std::conditional_t<Count == 4, std::uint32_t,
                                                             std::conditional_t<Count == 8, std::uint64_t, void>>>>;

/// One instruction where the compiler knows the idiom.
[[nodiscard]] constexpr std::uint16_t swapped(std::uint16_t value) noexcept {
  return static_cast<std::uint16_t>((value >> 8) | (value << 8));
}
[[nodiscard]] constexpr std::uint32_t swapped(std::uint32_t value) noexcept {
  return (value >> 24) | ((value >> 8) & 0xff00u) | ((value << 8) & 0xff0000u) | (value << 24);
}
[[nodiscard]] constexpr std::uint64_t swapped(std::uint64_t value) noexcept {
  return std::uint64_t{swapped(static_cast<std::uint32_t>(value))} << 32 |
         swapped(static_cast<std::uint32_t>(value >> 32));
}

}  // namespace detail

/// Reads `Count` octets from `offset` as one number, most significant octet first: right at any alignment and on any
/// host, and usable in constant expressions. Precondition: `offset + Count <= in.size()`.
template <std::size_t Count>
requires(Count >= 1 && Count <= 8) [[nodiscard]] constexpr std::uint64_t
    load_be(Bytes in, std::size_t offset) noexcept {
  assert(offset + Count <= in.size());
  // Compilers put together what is read octet by octet, but not everywhere.
  if constexpr (!std::is_void_v<detail::Word<Count>>) {
    if (!std::is_constant_evaluated()) {
      detail::Word<Count> word;
      std::memcpy(&word, in.data() + offset, Count);
      return detail::swapped(word);
    }
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < Count; ++i) {
    value = (value << 8) | std::to_integer<std::uint64_t>(in[offset + i]);
  }
  return value;
}

/// Writes the low `Count` octets of `value` at `offset`, most significant octet first.
/// Precondition: `offset + Count <= out.size()`.
template <std::size_t Count>
requires(Count >= 1 && Count <= 8) constexpr void store_be(MutableBytes out, std::size_t offset,
                                                           std::uint64_t value) noexcept {
  assert(offset + Count <= out.size());
  if constexpr (!std::is_void_v<detail::Word<Count>>) {
    if (!std::is_constant_evaluated()) {
      const auto word = detail::swapped(static_cast<detail::Word<Count>>(value));
      std::memcpy(out.data() + offset, &word, Count);
      return;
    }
  }
  for (std::size_t i = 0; i < Count; ++i) {
    out[offset + i] = static_cast<std::byte>((value >> (8 * (Count - 1 - i))) & 0xff);
  }
}

[[nodiscard]] constexpr std::uint8_t load_u8(Bytes in, std::size_t offset) noexcept {
  return static_cast<std::uint8_t>(load_be<1>(in, offset));
}
[[nodiscard]] constexpr std::uint16_t load_be16(Bytes in, std::size_t offset) noexcept {
  return static_cast<std::uint16_t>(load_be<2>(in, offset));
}
[[nodiscard]] constexpr std::uint32_t load_be32(Bytes in, std::size_t offset) noexcept {
  return static_cast<std::uint32_t>(load_be<4>(in, offset));
}
constexpr void store_u8(MutableBytes out, std::size_t offset, std::uint8_t value) noexcept {
  store_be<1>(out, offset, value);
}
constexpr void store_be16(MutableBytes out, std::size_t offset, std::uint16_t value) noexcept {
  store_be<2>(out, offset, value);
}
constexpr void store_be32(MutableBytes out, std::size_t offset, std::uint32_t value) noexcept {
  store_be<4>(out, offset, value);
}

/// Little-endian forms, for the few formats that fix that order (a pcap file we write, a BSD loopback header).
[[nodiscard]] constexpr std::uint32_t load_le32(Bytes in, std::size_t offset) noexcept {
  return detail::swapped(load_be32(in, offset));
}
constexpr void store_le16(MutableBytes out, std::size_t offset, std::uint16_t value) noexcept {
  store_be16(out, offset, detail::swapped(value));
}
constexpr void store_le32(MutableBytes out, std::size_t offset, std::uint32_t value) noexcept {
  store_be32(out, offset, detail::swapped(value));
}

}  // namespace encap
