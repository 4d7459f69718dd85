#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace encap {

/// Copies an address of 4, 6 or 16 octets, or whatever is no longer, and zeros behind it, in one piece where the size
/// is known at compile time: what is copied further at once does not wait for pieces that were written one by one.
/// Usable in constant expressions. Precondition: `size` is 16 at most.
constexpr void copy_padded(std::array<std::uint8_t, 16>& to, const std::byte* from, std::size_t size) noexcept {
  if (std::is_constant_evaluated()) {
    to = {};
    for (std::size_t i = 0; i < size; ++i) to[i] = std::to_integer<std::uint8_t>(from[i]);
    return;
  }
#if defined(__GNUC__)
  if (std::endian::native == std::endian::little && (size == 4 || size == 6)) {
    std::uint32_t first = 0;
    std::uint16_t rest = 0;
    std::memcpy(&first, from, sizeof first);
    if (size == 6) std::memcpy(&rest, from + sizeof first, sizeof rest);
    using Words = std::uint64_t __attribute__((vector_size(16)));
    const Words words{first | std::uint64_t{rest} << 32, 0};
    std::memcpy(to.data(), &words, sizeof words);
    return;
  }
#endif
  to = {};
  if (size != 0) std::memcpy(to.data(), from, size);  // none may be nowhere
}

}  // namespace encap
