#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "encap/base/packet_record.h"
#include "encap/wire/protocol.h"

namespace encap::live {

/// The two ends of a conversation, the same for packets either way: addresses of IP and ports where a packet has them,
/// else those of the link. Of a tunnel, the outermost.
struct Ends {
  /// An address in wire order, in its first octets, and a port; 0 where there is none.
  struct End {
    std::array<std::byte, 16> address{};
    std::uint16_t port = 0;
    friend auto operator<=>(const End&, const End&) = default;
  };
  End low{};
  End high{};
  EtherType type = EtherType::ipv4;   ///< of what has these addresses
  Protocol protocol = Protocol::tcp;  ///< that IP carries
  bool are_of_fragments = false;      ///< that have no ports: those of all datagrams of the two hosts

  friend bool operator==(const Ends&, const Ends&) = default;
};

struct EndsHash {
  std::size_t operator()(const Ends& ends) const noexcept;
};

/// Between whom a packet goes.
struct PacketEnds {
  Ends ends{};  ///< of the packet that it quotes, where it is an ICMP or ICMPv6 error
  bool is_fragment = false;

  /// Those of the fragments that come without ports. Precondition: it is a fragment.
  [[nodiscard]] Ends of_later_fragments() const noexcept;
};

/// Reads a few octets of a packet, whatever they are. Nothing where it is too short to tell.
[[nodiscard]] std::optional<PacketEnds> ends_of(const PacketRecord& record) noexcept;

}  // namespace encap::live
