#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "encap/wire/checksum.h"

namespace encap {

/// One way to add up the 16-bit words of at least `sum_kernel_threshold` octets, folded, as `sum_words` does. Never
/// reads beyond `size`.
using SumKernel = std::uint16_t (*)(const std::uint8_t* in, std::size_t size) noexcept;

/// Octets below which plain words are as fast as vectors and the way to them.
inline constexpr std::size_t sum_kernel_threshold = 64;

struct NamedSumKernel {
  const char* name;
  SumKernel sum;
  bool (*runs_here)() noexcept;  ///< whether this processor can
};

/// What this program was compiled with, the widest vectors first: `avx512` and `avx2` on x86-64, `vector` for what
/// every processor of the architecture has, and `scalar`. Which of them sums says the environment variable
/// ENCAP_CHECKSUM at the first checksum of a program; an unknown name counts as none, and where the processor lacks the
/// one that is named, or none is, the next one it has is taken.
[[nodiscard]] std::span<const NamedSumKernel> sum_kernels() noexcept;

/// The kernel that ENCAP_CHECKSUM being `name` leads to; null stands for its not being set.
[[nodiscard]] const NamedSumKernel& choose_sum_kernel(const char* name) noexcept;

/// A sum that comes to the same as that of the 16-bit words of `in`, as they lie in memory, in one's-complement
/// arithmetic. Any size.
inline std::uint64_t sum_by_words(const std::uint8_t* in, std::size_t size) noexcept {
  constexpr bool little = std::endian::native == std::endian::little;
  if (size < 8) {
    // In words of 4, 2 and 1 octets, each of a fixed size: copying a size known only at run time costs a call. A last
    // odd octet is padded behind (RFC 1071 §4.1), on hosts of either byte order.
    std::uint64_t sum = 0;
    if ((size & 4) != 0) {
      std::uint32_t word;
      std::memcpy(&word, in, 4);
      sum += word;
      in += 4;
    }
    if ((size & 2) != 0) {
      std::uint16_t word;
      std::memcpy(&word, in, 2);
      sum += word;
      in += 2;
    }
    if ((size & 1) != 0) {
      sum += little ? *in : std::uint64_t{*in} << 8;
    }
    return sum;
  }
  // The last eight octets, less those that fill words of eight from the start.
  std::uint64_t last;
  std::memcpy(&last, in + size - 8, 8);
  const auto spare = static_cast<unsigned>(63 - (size & 7) * 8);
  last = little ? last >> 1 >> spare : last << 1 << spare;
  std::uint64_t sum_0 = (last >> 32) + (last & 0xffffffffu);
  std::uint64_t sum_1 = 0;
  const std::uint8_t* const end = in + (size & ~std::size_t{7});
  if ((size & 8) != 0) {
    std::uint64_t word;
    std::memcpy(&word, in, 8);
    sum_1 = (word >> 32) + (word & 0xffffffffu);
    in += 8;
  }
  for (; in != end; in += 16) {
    std::uint64_t a, b;
    std::memcpy(&a, in, 8);
    std::memcpy(&b, in + 8, 8);
    sum_0 += (a >> 32) + (a & 0xffffffffu);
    sum_1 += (b >> 32) + (b & 0xffffffffu);
  }
  return sum_0 + sum_1;
}

/// Folds a sum of words as they lie in memory. It does not depend on the byte order it was made in, except for the
/// order of its own two octets (RFC 1071 §2 B).
inline std::uint16_t folded_in_network_order(std::uint64_t sum) noexcept {
  const std::uint16_t folded = fold_carries(sum);
  if constexpr (std::endian::native == std::endian::big) return folded;
  return std::rotl(folded, 8);
}

}  // namespace encap
