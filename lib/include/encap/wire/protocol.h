#pragma once

#include <cstdint>

namespace encap {

/// What an IP packet carries: the IANA "Assigned Internet Protocol Numbers".
enum class Protocol : std::uint8_t {
  hop_by_hop = 0,
  icmp = 1,
  ipv4 = 4,
  tcp = 6,
  udp = 17,
  ipv6 = 41,
  routing = 43,
  fragment = 44,
  gre = 47,
  icmpv6 = 58,
  no_next_header = 59,
  destination_options = 60,
  mpls = 137
};

/// What an Ethernet frame carries: the IEEE EtherTypes.
enum class EtherType : std::uint16_t {
  ipv4 = 0x0800,
  arp = 0x0806,
  ethernet = 0x6558,  ///< "Transparent Ethernet Bridging", an Ethernet frame
  vlan = 0x8100,
  ipv6 = 0x86dd,
  mpls = 0x8847,
  pppoe_session = 0x8864,
  qinq = 0x88a8
};

}  // namespace encap
