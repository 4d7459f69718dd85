#pragma once

#include <cstdint>

namespace encap {

/// What the first octets of a packet are. Values are those of the capture file formats (the LINKTYPE_ registry).
enum class LinkType : std::uint16_t {
  null = 0,         ///< BSD loopback: the address family as a 32-bit number in the byte order of the capturing host
  ethernet = 1,     ///< Ethernet II
  raw = 101,        ///< an IPv4 or IPv6 packet, told apart by its version field
  loop = 108,       ///< OpenBSD loopback: as null, in network byte order
  linux_sll = 113,  ///< Linux "cooked" capture, version 1
  ipv4 = 228,       ///< an IPv4 packet
  ipv6 = 229,       ///< an IPv6 packet
  linux_sll2 = 276  ///< Linux "cooked" capture, version 2
};

}  // namespace encap
