#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/base/byte_order.h"
#include "encap/base/copy_padded.h"

namespace encap {

/// An IPv4 address. Shape: one 32-bit number in host order, 127.0.0.1 is 0x7f000001.
struct Ipv4Address {
  std::uint32_t value = 0;

  [[nodiscard]] constexpr bool is_loopback() const noexcept { return (value >> 24) == 127; }   ///< RFC 1122 §3.2.1.3
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return (value >> 28) == 0xe; }  ///< RFC 1112 §4
  [[nodiscard]] constexpr bool is_broadcast() const noexcept { return value == 0xffffffffu; }  ///< RFC 919 §7

  /// Reads four decimal numbers with dots between them, nothing else: no leading zeros, no short forms.
  [[nodiscard]] static std::optional<Ipv4Address> parse(std::string_view text) noexcept;

  friend constexpr auto operator<=>(Ipv4Address, Ipv4Address) = default;
};

/// An IPv6 address. Shape: 16 octets in wire order.
struct Ipv6Address {
  std::array<std::uint8_t, 16> octets{};

  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    return *this == Ipv6Address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  }
  [[nodiscard]] constexpr bool is_multicast() const noexcept { return octets[0] == 0xff; }  ///< RFC 4291 §2.7

  /// Reads the text forms of RFC 4291 §2.2 (`::`, groups, a dotted tail); no zone, no prefix length.
  [[nodiscard]] static std::optional<Ipv6Address> parse(std::string_view text) noexcept;

  friend constexpr auto operator<=>(const Ipv6Address&, const Ipv6Address&) = default;
};

/// Dotted decimal.
[[nodiscard]] std::string to_string(Ipv4Address address);
/// The canonical form of RFC 5952.
[[nodiscard]] std::string to_string(const Ipv6Address& address);

/// An address of either family. An IPv4 address lies in the first four octets, the rest is zero.
class IpAddress {
 public:
  enum class Family : std::uint8_t { ipv4, ipv6 };

  constexpr IpAddress() noexcept = default;
  constexpr IpAddress(Ipv4Address address) noexcept {  // NOLINT(google-explicit-constructor): a widening
    std::array<std::byte, 4> octets{};
    store_be<4>(octets, 0, address.value);
    copy_padded(octets_, octets.data(), octets.size());
  }
  constexpr IpAddress(const Ipv6Address& address) noexcept  // NOLINT(google-explicit-constructor): a widening
      : octets_{address.octets}, family_{Family::ipv6} {}

  [[nodiscard]] constexpr Family family() const noexcept { return family_; }
  [[nodiscard]] constexpr bool is_ipv4() const noexcept { return family_ == Family::ipv4; }
  /// Precondition: `is_ipv4()`.
  [[nodiscard]] constexpr Ipv4Address ipv4() const noexcept {
    return {std::uint32_t{octets_[0]} << 24 | std::uint32_t{octets_[1]} << 16 | std::uint32_t{octets_[2]} << 8 |
            octets_[3]};
  }
  /// Precondition: not `is_ipv4()`.
  [[nodiscard]] constexpr Ipv6Address ipv6() const noexcept { return {octets_}; }
  [[nodiscard]] constexpr bool is_loopback() const noexcept {
    return is_ipv4() ? ipv4().is_loopback() : ipv6().is_loopback();
  }
  [[nodiscard]] constexpr bool is_multicast() const noexcept {
    return is_ipv4() ? ipv4().is_multicast() : ipv6().is_multicast();
  }
  /// The octets in wire order: 4 or 16 of them. Lifetime: borrows this object.
  [[nodiscard]] Bytes octets() const noexcept { return std::as_bytes(std::span{octets_}).first(is_ipv4() ? 4 : 16); }

  /// Reads either family, and an IPv6 address in brackets.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text) noexcept;

  friend constexpr bool operator==(const IpAddress& a, const IpAddress& b) noexcept {
    using Halves = std::array<std::uint64_t, 2>;
    const auto of_a = std::bit_cast<Halves>(a.octets_);
    const auto of_b = std::bit_cast<Halves>(b.octets_);
    const auto family = static_cast<std::uint64_t>(a.family_) ^ static_cast<std::uint64_t>(b.family_);
    return ((of_a[0] ^ of_b[0]) | (of_a[1] ^ of_b[1]) | family) == 0;
  }
  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  std::array<std::uint8_t, 16> octets_{};
  Family family_ = Family::ipv4;
};

[[nodiscard]] std::string to_string(const IpAddress& address);

}  // namespace encap
