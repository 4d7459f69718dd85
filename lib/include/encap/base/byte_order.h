#pragma once

#include <cassert>
#include <cstdint>

#include "encap/base/bytes.h"

namespace encap {

/// Reads `Count` octets from `offset` as one number, most significant octet first: right at any alignment and on any
/// host, and usable in constant expressions. Precondition: `offset + Count <= in.size()`.
template <std::size_t Count>
requires(Count >= 1 && Count <= 8) [[nodiscard]] constexpr std::uint64_t
    load_be(Bytes in, std::size_t offset) noexcept {
  assert(offset + Count <= in.size());
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
  const std::uint32_t value = load_be32(in, offset);
  return (value >> 24) | ((value >> 8) & 0xff00u) | ((value << 8) & 0xff0000u) | (value << 24);
}
constexpr void store_le16(MutableBytes out, std::size_t offset, std::uint16_t value) noexcept {
  store_be16(out, offset, static_cast<std::uint16_t>((value >> 8) | (value << 8)));
}
constexpr void store_le32(MutableBytes out, std::size_t offset, std::uint32_t value) noexcept {
  store_be32(out, offset, (value >> 24) | ((value >> 8) & 0xff00u) | ((value << 8) & 0xff0000u) | (value << 24));
}

}  // namespace encap
