#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>

#include "encap/base/byte_order.h"

namespace encap {

/// Reads the numbers of a file in the byte order of the host that wrote it.
class FileNumbers {
 public:
  FileNumbers() noexcept = default;
  explicit FileNumbers(std::endian order) noexcept : swapped_{order != std::endian::native} {}

  [[nodiscard]] std::uint16_t u16(Bytes in, std::size_t offset) const noexcept {
    const auto value = load<std::uint16_t>(in, offset);
    return swapped_ ? static_cast<std::uint16_t>(value << 8 | value >> 8) : value;
  }
  [[nodiscard]] std::uint32_t u32(Bytes in, std::size_t offset) const noexcept {
    const auto value = load<std::uint32_t>(in, offset);
    return swapped_ ? value >> 24 | (value >> 8 & 0xff00u) | (value << 8 & 0xff0000u) | value << 24 : value;
  }
  [[nodiscard]] std::uint64_t u64(Bytes in, std::size_t offset) const noexcept {
    const bool big = swapped_ == (std::endian::native == std::endian::little);
    return std::uint64_t{u32(in, offset + (big ? 0 : 4))} << 32 | u32(in, offset + (big ? 4 : 0));
  }

 private:
  template <class Number>
  [[nodiscard]] static Number load(Bytes in, std::size_t offset) noexcept {
    assert(offset + sizeof(Number) <= in.size());
    Number value;
    std::memcpy(&value, in.data() + offset, sizeof value);
    return value;
  }

  bool swapped_ = false;
};

}  // namespace encap
