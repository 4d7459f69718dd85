#include "wire/checksum_kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>

// Vectors in the notation of GCC and clang, which any of their targets compiles: one body serves every width, and what
// differs is the instructions it may be made of.
#if defined(__GNUC__)
#define ENCAP_VECTOR_KERNELS 1
#if defined(__x86_64__)
#define ENCAP_X86_KERNELS 1
#if __has_include(<sys/platform/x86.h>)
#define _Bool bool  // NOLINT(bugprone-reserved-identifier): the header is written for C
#include <sys/platform/x86.h>
#undef _Bool
#endif
#endif
#endif

namespace encap {
namespace {

bool always() noexcept { return true; }

std::uint16_t sum_scalar(const std::uint8_t* in, std::size_t size) noexcept {
  return folded_in_network_order(sum_by_words(in, size));
}

#ifdef ENCAP_VECTOR_KERNELS

using Vector128 [[gnu::vector_size(16), gnu::may_alias]] = std::uint64_t;
using Vector256 [[gnu::vector_size(32), gnu::may_alias]] = std::uint64_t;
using Vector512 [[gnu::vector_size(64), gnu::may_alias]] = std::uint64_t;

// Octets of zero, then as many of ones: a window of it that slides keeps the last octets of a vector.
constexpr auto keep_last = [] {
  std::array<std::uint8_t, 2 * sum_kernel_threshold> octets{};
  std::fill(octets.begin() + sum_kernel_threshold, octets.end(), std::uint8_t{0xff});
  return octets;
}();

// In halves, which costs less than lane by lane.
[[gnu::always_inline]] inline std::uint64_t sum_of_lanes(const Vector128& in) noexcept { return in[0] + in[1]; }
[[gnu::always_inline]] inline std::uint64_t sum_of_lanes(const Vector256& in) noexcept {
  return sum_of_lanes(__builtin_shufflevector(in, in, 0, 1) + __builtin_shufflevector(in, in, 2, 3));
}

// Adds up whole lanes of 64 bits modulo 2^64, and their upper halves alone: the sum of the lower halves follows, and
// none of the three can overflow before 2^32 vectors. What fills no vector at the end is in the last vector that the
// input holds, less the octets that were added before.
template <class Vector>
[[gnu::always_inline]] inline std::uint16_t sum_vectors(const std::uint8_t* in, std::size_t size) noexcept {
  constexpr std::size_t width = sizeof(Vector);
  static_assert(width <= sum_kernel_threshold);
  Vector whole_0{}, whole_1{}, upper_0{}, upper_1{};
  Vector a, b;
  const std::uint8_t* at = in;
  std::size_t left = size;
  for (; left >= 4 * width; at += 4 * width, left -= 4 * width) {
    Vector c, d;
    std::memcpy(&a, at, width);
    std::memcpy(&b, at + width, width);
    std::memcpy(&c, at + 2 * width, width);
    std::memcpy(&d, at + 3 * width, width);
    whole_0 += a;
    whole_1 += b;
    upper_0 += a >> 32;
    upper_1 += b >> 32;
    whole_0 += c;
    whole_1 += d;
    upper_0 += c >> 32;
    upper_1 += d >> 32;
  }
  for (; left >= width; at += width, left -= width) {
    std::memcpy(&a, at, width);
    whole_0 += a;
    upper_0 += a >> 32;
  }
  const Vector upper = upper_0 + upper_1;
  const Vector lower = whole_0 + whole_1 - (upper << 32);
  Vector lane_sums = lower + upper;
  if (left != 0) {
    std::memcpy(&a, in + size - width, width);
    std::memcpy(&b, keep_last.data() + keep_last.size() / 2 - width + left, width);
    a &= b;
    const Vector rest = (a & 0xffffffffu) + (a >> 32);
    // Words of the rest that begin at an odd octet of the input are swapped in the last vector, and turning them by one
    // octet swaps them back (RFC 1071 §2 B). Their sums have 33 bits, so nothing is turned out of a lane.
    lane_sums += rest << ((size & 1) * 8);
  }
  std::uint64_t sum;
  if constexpr (width == sizeof(Vector512)) {
    sum = sum_of_lanes(__builtin_shufflevector(lane_sums, lane_sums, 0, 1, 2, 3) +
                       __builtin_shufflevector(lane_sums, lane_sums, 4, 5, 6, 7));
  } else {
    sum = sum_of_lanes(lane_sums);
  }
  return folded_in_network_order(sum);
}

std::uint16_t sum_vector(const std::uint8_t* in, std::size_t size) noexcept { return sum_vectors<Vector128>(in, size); }

#endif

#ifdef ENCAP_X86_KERNELS

[[gnu::target("avx2")]] std::uint16_t sum_avx2(const std::uint8_t* in, std::size_t size) noexcept {
  return sum_vectors<Vector256>(in, size);
}
[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq")]] std::uint16_t sum_avx512(const std::uint8_t* in,
                                                                               std::size_t size) noexcept {
  return sum_vectors<Vector512>(in, size);
}

// What the C library has found out for itself, where it tells: to ask the processor again takes long on a virtual
// machine, and the compiler's own way asks whenever a program starts.
#if __has_include(<sys/platform/x86.h>)
bool has_avx2() noexcept { return CPU_FEATURE_ACTIVE(AVX2); }
bool has_avx512() noexcept {
  return CPU_FEATURE_ACTIVE(AVX512F) && CPU_FEATURE_ACTIVE(AVX512BW) && CPU_FEATURE_ACTIVE(AVX512DQ) &&
         CPU_FEATURE_ACTIVE(AVX512VL);
}
#else
bool has_avx2() noexcept { return __builtin_cpu_supports("avx2") != 0; }
bool has_avx512() noexcept {
  return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
}
#endif

#endif

constexpr std::array kernels{
#ifdef ENCAP_X86_KERNELS
    NamedSumKernel{"avx512", sum_avx512, has_avx512}, NamedSumKernel{"avx2", sum_avx2, has_avx2},
#endif
#ifdef ENCAP_VECTOR_KERNELS
    NamedSumKernel{"vector", sum_vector, always},
#endif
    NamedSumKernel{"scalar", sum_scalar, always}};

}  // namespace

std::span<const NamedSumKernel> sum_kernels() noexcept { return kernels; }

const NamedSumKernel& choose_sum_kernel(const char* name) noexcept {
  const auto named = std::find_if(kernels.begin(), kernels.end(), [name](const NamedSumKernel& kernel) {
    return name != nullptr && std::string_view{name} == kernel.name;
  });
  // The last one runs everywhere, so the search ends at one.
  return *std::find_if(named == kernels.end() ? kernels.begin() : named, std::prev(kernels.end()),
                       [](const NamedSumKernel& kernel) { return kernel.runs_here(); });
}

}  // namespace encap
