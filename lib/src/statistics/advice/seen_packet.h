#pragma once

#include "encap/dissect/dissection.h"
#include "encap/wire/checksum.h"
#include "encap/wire/protocol.h"
#include "encap/wire/tcp.h"

namespace encap::advice {

/// A packet as findings look at it: what the headers say in its octets, and what the dissector made of them.
/// Lifetime: until the next packet.
struct SeenPacket {
  const Dissection& dissection;
  std::uint64_t frame = 0;
  Timestamp time{};
  bool is_cut = false;      ///< the capture kept fewer octets than there were
  std::uint64_t copy_of{};  ///< the frame that holds the same packet; 0: none

  // The outermost IP header, where the dissector found the same one.
  std::uint8_t version = 0;  ///< 4 or 6; 0: there is none, and nothing of what follows means anything
  Address source{};
  Address destination{};
  Bytes link{};                 ///< what is in front of it
  Bytes header{};               ///< extension headers not among it
  std::uint8_t hops = 0;        ///< Time to Live or Hop Limit
  bool names_last_hop = false;  ///< the destination is not the last one: a source route
  bool is_fragment = false;
  bool more_fragments = false;
  std::uint32_t fragment_offset = 0;  ///< octets
  std::uint32_t identification = 0;   ///< 0 in IPv6 where there is no Fragment header
  Protocol protocol = Protocol::no_next_header;
  Bytes body{};                   ///< what IP carries, behind extension headers, as far as it was captured
  std::uint32_t body_length = 0;  ///< octets of it on the wire
  bool has_length = true;         ///< not where IPv4 leaves its own to the card, which will cut the segment
  bool body_is_whole = false;     ///< of a known length, and neither cut nor a fragment
  std::uint16_t body_sum = 0;     ///< one's-complement sum of it, where it is whole

  // Of TCP and UDP.
  bool has_tcp = false;
  bool has_udp = false;
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  Bytes payload{};                   ///< as far as it was captured
  std::uint32_t payload_length = 0;  ///< on the wire

  // Of TCP.
  std::uint32_t stream = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  TcpFlags flags{};
  std::uint16_t window = 0;
  std::uint32_t marks = 0;  ///< of TcpMark: what the analysis says
  bool has_http = false;    ///< the dissector found HTTP in it

  [[nodiscard]] bool has(TcpFlags all_of) const noexcept { return flags.has(all_of); }
  [[nodiscard]] bool marked(std::uint32_t any_of) const noexcept { return (marks & any_of) != 0; }
  /// What a transport checksum covers beside the segment.
  [[nodiscard]] PseudoHeader pseudo_header(std::uint32_t length) const noexcept;
};

/// Precondition: the dissection has facts.
[[nodiscard]] SeenPacket see_packet(const Dissection& dissection);

[[nodiscard]] IpAddress ip_address(const Address& address) noexcept;

}  // namespace encap::advice
