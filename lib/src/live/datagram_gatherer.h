#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/wire/ip_address.h"
#include "encap/wire/protocol.h"

namespace encap::live {

/// Puts the fragments of datagrams together that come in order and without gaps, as they do from who makes them.
/// Fragments that do not are left out, and so is the rest of their datagram. Bounded: so many datagrams are waited for,
/// each of no more octets than an IP packet has; one more takes the place of the oldest.
class DatagramGatherer {
 public:
  static constexpr std::size_t most_datagrams = 64;
  static constexpr std::size_t most_octets = 65535;

  /// What the fragments of one datagram have in common. Source: RFC 791 §3.2, RFC 8200 §4.5.
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t identification = 0;
    Protocol protocol = Protocol::udp;

    friend bool operator==(const Key&, const Key&) = default;
  };

  /// Whether the fragment went into a datagram, and that datagram's octets when it is whole now. Lifetime: `whole`
  /// lives until the next call.
  struct Added {
    bool taken = false;
    std::optional<Bytes> whole{};
  };
  [[nodiscard]] Added add(const Key& key, std::size_t offset, bool more, Bytes octets);

 private:
  struct Datagram {
    Key key;
    std::vector<std::byte> octets;
  };
  std::vector<Datagram> waiting_;  // the oldest first
  std::vector<std::byte> whole_;
};

}  // namespace encap::live
