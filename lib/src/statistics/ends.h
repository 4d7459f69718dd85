#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/hash_words.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// A layer whose packets are counted by their ends.
struct EndsLayer {
  std::string_view name;   ///< filter name, such as "tcp"
  std::string_view title;  ///< such as "TCP"
  bool has_ports;
};

/// Which of them.
enum class EndsOf : std::uint8_t { eth, ip, ipv6, tcp, udp };

inline constexpr EndsLayer ends_layers[] = {{"eth", "Ethernet", false},
                                            {"ip", "IPv4", false},
                                            {"ipv6", "IPv6", false},
                                            {"tcp", "TCP", true},
                                            {"udp", "UDP", true}};

[[nodiscard]] constexpr const EndsLayer& ends_layer(EndsOf ends) noexcept {
  return ends_layers[static_cast<std::size_t>(ends)];
}

/// An address and a port, as words that are hashed and compared.
struct EndKey {
  std::array<std::uint64_t, 3> words{};

  EndKey(const Address& address, std::uint16_t port) noexcept {
    std::memcpy(words.data(), address.octets.data(), address.octets.size());
    words[2] = std::uint64_t{address.size} << 16 | port;
  }
  friend bool operator==(const EndKey&, const EndKey&) = default;
  friend auto operator<=>(const EndKey&, const EndKey&) = default;
};

/// As `==`, in a few instructions.
[[nodiscard]] inline bool are_same(const Address& a, const Address& b) noexcept {
  std::array<std::uint64_t, 2> left;
  std::array<std::uint64_t, 2> right;
  std::memcpy(left.data(), a.octets.data(), a.octets.size());
  std::memcpy(right.data(), b.octets.data(), b.octets.size());
  return ((left[0] ^ right[0]) | (left[1] ^ right[1])) == 0 && a.size == b.size && a.kind == b.kind;
}

/// `192.0.2.1`, and `:80` behind it where there are ports.
[[nodiscard]] std::string end_text(const Address& address, std::uint16_t port, bool has_ports);
[[nodiscard]] std::string address_text(const Address& address);

/// When something was first seen: orders frames, and within each what comes one after the other in it.
[[nodiscard]] inline std::uint64_t first_seen(const Dissection& dissection, std::size_t place) noexcept {
  constexpr std::size_t most_places = 0xff;  // beyond these it does not matter
  return dissection.frame_number << 8 | (place < most_places ? place : most_places);
}

/// Octets of the packet on the wire.
[[nodiscard]] inline std::uint64_t length_of(const Dissection& dissection) noexcept {
  return dissection.record->original_length;
}

}  // namespace encap
