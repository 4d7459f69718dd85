#include "encap/wire/checksum.h"

#include <bit>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "wire/checksum.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace encap {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// Adds up whole vectors as 32-bit halves in 64-bit lanes: 2^32 additions fit before a lane can overflow, and the end
/// is folded to 16 bits anyway, since 2^16 is 1 in one's-complement arithmetic. Returns the sum in host byte order and
/// leaves what does not fill a vector to the caller.
std::uint64_t sum_vectors(const std::uint8_t* in, std::size_t size, std::size_t* done) {
#if HWY_TARGET == HWY_SCALAR
  // No vectors here: all of it is the caller's rest.
  static_cast<void>(in);
  static_cast<void>(size);
  *done = 0;
  return 0;
#else
  const hn::ScalableTag<std::uint64_t> lanes;
  const hn::Repartition<std::uint8_t, decltype(lanes)> octets;
  const std::size_t width = hn::Lanes(octets);
  const auto low_half = hn::Set(lanes, 0xffffffffu);
  auto sum_0 = hn::Zero(lanes);
  auto sum_1 = hn::Zero(lanes);
  auto sum_2 = hn::Zero(lanes);
  auto sum_3 = hn::Zero(lanes);
  std::size_t at = 0;
  for (; at + 2 * width <= size; at += 2 * width) {
    const auto a = hn::BitCast(lanes, hn::LoadU(octets, in + at));
    const auto b = hn::BitCast(lanes, hn::LoadU(octets, in + at + width));
    sum_0 = hn::Add(sum_0, hn::And(a, low_half));
    sum_1 = hn::Add(sum_1, hn::ShiftRight<32>(a));
    sum_2 = hn::Add(sum_2, hn::And(b, low_half));
    sum_3 = hn::Add(sum_3, hn::ShiftRight<32>(b));
  }
  *done = at;
  return hn::GetLane(hn::SumOfLanes(lanes, hn::Add(hn::Add(sum_0, sum_1), hn::Add(sum_2, sum_3))));
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace encap
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace encap {
namespace {

HWY_EXPORT(sum_vectors);

// Below this many octets the dispatch costs more than the vectors save.
constexpr std::size_t vector_threshold = 256;

}  // namespace

std::uint16_t sum_words(Bytes in) noexcept {
  const auto* at = reinterpret_cast<const std::uint8_t*>(in.data());
  std::size_t left = in.size();
  std::uint64_t sum = 0;
  if (left >= vector_threshold) {
    std::size_t done = 0;
    sum = HWY_DYNAMIC_DISPATCH(sum_vectors)(at, left, &done);
    sum = (sum >> 32) + (sum & 0xffffffffu);
    at += done;
    left -= done;
  }
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    sum += (word >> 32) + (word & 0xffffffffu);
  }
  // The rest in words of 4, 2 and 1 octets, each of a fixed size: copying a size known only at run time costs a call,
  // and most packets' headers are no multiple of eight. A last odd octet is padded behind (RFC 1071 §4.1), on hosts of
  // either byte order.
  if ((left & 4) != 0) {
    std::uint32_t word;
    std::memcpy(&word, at, 4);
    sum += word;
    at += 4;
  }
  if ((left & 2) != 0) {
    std::uint16_t word;
    std::memcpy(&word, at, 2);
    sum += word;
    at += 2;
  }
  if ((left & 1) != 0) {
    std::uint16_t word = 0;
    std::memcpy(&word, at, 1);
    sum += word;
  }
  const std::uint16_t folded = fold_carries(sum);
  // The sum does not depend on the byte order it was made in, except for the order of its own two octets (RFC 1071 §2
  // B).
  if constexpr (std::endian::native == std::endian::little) {
    return static_cast<std::uint16_t>(folded << 8 | folded >> 8);
  } else {
    return folded;
  }
}

std::uint64_t PseudoHeader::sum() const noexcept {
  std::uint64_t total = std::uint64_t{length >> 16} + (length & 0xffffu) + static_cast<std::uint8_t>(protocol);
  if (source.is_ipv4()) {
    for (const std::uint32_t address : {source.ipv4().value, destination.ipv4().value}) {
      total += (address >> 16) + (address & 0xffffu);
    }
    return total;
  }
  return total + sum_words_reference(source.octets()) + sum_words_reference(destination.octets());
}

}  // namespace encap
#endif  // HWY_ONCE
