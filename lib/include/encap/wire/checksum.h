#pragma once

#include <bit>
#include <cstdint>

#include "encap/base/byte_order.h"
#include "encap/wire/endpoint.h"
#include "encap/wire/protocol.h"

namespace encap {

/// Folds the carries of a one's-complement sum back in until 16 bits are left. Source: RFC 1071 §4.1.
[[nodiscard]] constexpr std::uint16_t fold_carries(std::uint64_t sum) noexcept {
  // Added to itself turned by half, a sum has its folded halves, carry included, in the upper one.
  sum += std::rotl(sum, 32);
  auto half = static_cast<std::uint32_t>(sum >> 32);
  half += std::rotl(half, 16);
  return static_cast<std::uint16_t>(half >> 16);
}

/// The plain reference: one 16-bit word at a time in network order, an odd octet padded with zero behind it.
/// Usable in constant expressions. Source: RFC 1071 §1. Range of `in`: up to 2^32 octets.
[[nodiscard]] constexpr std::uint64_t sum_words_reference(Bytes in) noexcept {
  std::uint64_t sum = 0;
  std::size_t i = 0;
  for (; i + 2 <= in.size(); i += 2) sum += load_be16(in, i);
  if (i < in.size()) sum += std::uint64_t{load_u8(in, i)} << 8;
  return sum;
}

/// The same sum, folded, by the widest vectors the processor has. Any length, any alignment. The environment variable
/// ENCAP_CHECKSUM, read at the first call, takes others: `avx512`, `avx2`, `vector` or `scalar`; where the processor
/// lacks those, the next it has.
[[nodiscard]] std::uint16_t sum_words(Bytes in) noexcept;

/// The addresses, protocol and length that a transport checksum covers beside the segment.
/// Source: RFC 9293 §3.1 (IPv4), RFC 8200 §8.1 (IPv6).
struct PseudoHeader {
  IpAddress source;
  IpAddress destination;
  Protocol protocol = Protocol::tcp;
  std::uint32_t length = 0;  ///< octets of the transport header and its payload

  /// The words of the pseudo-header added up, carries not yet folded.
  [[nodiscard]] std::uint64_t sum() const noexcept;
};

/// The Internet checksum: the complement of the one's-complement sum of 16-bit words. Parts may be added one after
/// another, of odd lengths too: an octet left over is paired with the first of the next part. Source: RFC 1071.
///
///     const std::uint16_t sum = Checksum{}.add(pseudo_header).add(segment).finish();
class Checksum {
 public:
  constexpr Checksum() noexcept = default;

  /// Adds octets as they lie on the wire.
  constexpr Checksum& add(Bytes part) noexcept {
    std::uint64_t sum = std::is_constant_evaluated() ? fold_carries(sum_words_reference(part)) : sum_words(part);
    // Words that start at an odd octet are byte-swapped, and so is their sum (RFC 1071 §2 B).
    if (odd_) sum = ((sum & 0xff) << 8) | (sum >> 8);
    sum_ += sum;
    odd_ ^= (part.size() % 2) != 0;
    return *this;
  }
  /// Adds one word, given in host order. Precondition: an even number of octets was added before.
  constexpr Checksum& add_word(std::uint16_t word) noexcept {
    sum_ += word;
    return *this;
  }
  Checksum& add(const PseudoHeader& pseudo_header) noexcept {
    sum_ += pseudo_header.sum();
    return *this;
  }

  /// The one's-complement sum so far. A checksum field that was summed with its message makes it 0xffff.
  [[nodiscard]] constexpr std::uint16_t sum() const noexcept { return fold_carries(sum_); }
  /// What goes into the checksum field: the complement of the sum.
  [[nodiscard]] constexpr std::uint16_t finish() const noexcept { return static_cast<std::uint16_t>(~sum()); }

 private:
  std::uint64_t sum_ = 0;
  bool odd_ = false;
};

/// The checksum after one 16-bit word it covers has changed, without summing the rest again.
/// Source: RFC 1624 §3, equation 3.
[[nodiscard]] constexpr std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word,
                                                      std::uint16_t new_word) noexcept {
  const std::uint64_t sum =
      std::uint64_t{static_cast<std::uint16_t>(~checksum)} + static_cast<std::uint16_t>(~old_word) + new_word;
  return static_cast<std::uint16_t>(~fold_carries(sum));
}

}  // namespace encap
