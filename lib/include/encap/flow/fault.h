#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "encap/base/result.h"
#include "encap/base/timestamp.h"

namespace encap {

/// What can go wrong with a message on its way, as the `fault` column names it.
enum class Fault : std::uint16_t {
  lost = 1 << 0,             ///< passes the tap and does not arrive; a datagram does not pass either
  lost_before = 1 << 1,      ///< does not pass the tap
  duplicate = 1 << 2,        ///< the same packet passes twice
  reorder = 1 << 3,          ///< passes behind what its side sends next
  retransmit = 1 << 4,       ///< sent again although it arrived
  overlap = 1 << 5,          ///< sent in two segments, both lost, and again in one
  bad_checksum = 1 << 6,     ///< the transport checksum is wrong, so what arrives is thrown away
  bad_ip_checksum = 1 << 7,  ///< the header checksum of IPv4 is wrong, likewise
  rst = 1 << 8,              ///< the receiver resets the connection behind it
  zero_window = 1 << 9       ///< the receiver has no room behind it for a while
};

/// What is wrong with a text of faults, and what would be right.
struct WrongFault {
  std::string_view word;  ///< the part of the text that is meant. Lifetime: that of the text
  std::string reason;     ///< as in InputError
};

/// The faults of one message. Empty for almost all messages.
struct Faults {
  std::uint16_t kinds = 0;               ///< of Fault
  std::uint16_t fragment = 0;            ///< octets of IP payload in each fragment, a multiple of 8; 0: not cut
  std::uint32_t delay_milliseconds = 0;  ///< before it leaves

  static constexpr std::uint32_t longest_delay = 600'000;  // milliseconds
  static constexpr std::uint32_t largest_fragment = 65'528;

  [[nodiscard]] constexpr bool any() const noexcept { return kinds != 0 || fragment != 0 || delay_milliseconds != 0; }
  [[nodiscard]] constexpr bool has(Fault fault) const noexcept {
    return (kinds & static_cast<std::uint16_t>(fault)) != 0;
  }
  constexpr void add(Fault fault) noexcept {
    kinds = static_cast<std::uint16_t>(kinds | static_cast<std::uint16_t>(fault));
  }
  /// Adds the faults of a message that becomes a part of this one.
  void add(const Faults& part) noexcept;
  [[nodiscard]] constexpr Duration delay() const noexcept { return std::chrono::milliseconds{delay_milliseconds}; }

  friend constexpr bool operator==(const Faults&, const Faults&) = default;

  /// Reads words joined by `+`, in any case and order, blanks around them: `lost`, `fragment:64+duplicate`.
  /// Errors: the first word that is none of them, or whose number is out of bounds.
  [[nodiscard]] static Result<Faults, WrongFault> parse(std::string_view text);
};

/// The name of a fault in the table, as in `bad-checksum`.
[[nodiscard]] std::string_view name(Fault fault) noexcept;

/// How often segments with data meet a fault, at random.
struct Impairment {
  /// Of 2^32 segments; 2^32 is every one.
  std::uint64_t loss = 0;
  std::uint64_t reorder = 0;
  std::uint64_t duplicate = 0;

  [[nodiscard]] constexpr bool any() const noexcept { return (loss | reorder | duplicate) != 0; }

  /// What befalls the segment that the number stands for. The same number, the same faults.
  [[nodiscard]] Faults draw(std::uint64_t number) const noexcept;

  /// Reads shares of a hundred, as in `loss=1%,reorder=0.5%,duplicate=0.1%`. Errors: the first part that is none.
  [[nodiscard]] static Result<Impairment, WrongFault> parse(std::string_view text);
};

}  // namespace encap
