#pragma once

#include <vector>

#include "dissect/packet.h"

namespace encap {

// What ICMP for IPv4 and for IPv6 share.

/// Echo requests between two hosts that wait for their replies.
struct EchoMemory final : FlowMemory {
  static constexpr std::size_t most_requests = 1024;  ///< of two hosts; the oldest make room
  struct Request {
    std::uint32_t identifier_and_sequence;
    std::uint16_t reply_checksum;  ///< the checksum of the reply, which has the request's data
    bool answered;
    std::uint64_t frame;
    Timestamp time;
  };
  std::vector<Request> requests;
  std::size_t next = 0;  ///< to be overwritten, once there are that many
};

/// Notes a request. `reply_checksum` is what its reply will carry: the data is the same, only the type differs.
void note_echo_request(Packet& packet, std::uint16_t reply_checksum, std::uint32_t identifier_and_sequence);
/// The request that a reply answers; null when none is known. Lifetime: until the next packet.
[[nodiscard]] const EchoMemory::Request* match_echo_reply(Packet& packet, std::uint16_t checksum,
                                                          std::uint32_t identifier_and_sequence);

/// Sum of two words with end-around carry.
[[nodiscard]] constexpr std::uint16_t ones_complement_sum(std::uint16_t a, std::uint16_t b) noexcept {
  const std::uint32_t sum = std::uint32_t{a} + b;
  return static_cast<std::uint16_t>((sum & 0xffff) + (sum >> 16));
}

/// The fields of a checksum that is looked at.
struct ChecksumFields {
  const Field& checksum;
  const Field& status;
  const Note& bad;
};
/// The checksum at `offset` of `in`, all of whose octets it covers beside `initial_sum`, with its verdict. It is not
/// verified where octets are missing or `quoted` by an error.
void add_internet_checksum(Packet& packet, ItemId parent, const ChecksumFields& fields, const Octets& in,
                           std::uint32_t offset, std::uint64_t initial_sum = 0);

/// Reads the packet that an error quotes, under the error's item `layer`: it tells nothing to the columns, and that it
/// is cut short is no fault. `ethertype` says which IP it is. Returns how many octets were read.
std::uint32_t call_quoted(Packet& packet, ItemId layer, std::uint16_t ethertype, const Octets& in);

/// Multi-part extensions. Source: RFC 4884 §7, RFC 4950, RFC 5837, RFC 8335.
void dissect_icmp_extensions(Packet& packet, ItemId layer, const Octets& in);
/// Their fields, for `-e`.
[[nodiscard]] std::span<const Field* const> icmp_extension_fields() noexcept;

/// A time in words, as `4 hours, 39 minutes, 37.344 seconds`.
[[nodiscard]] std::string_view duration_text(Packet& packet, std::uint64_t milliseconds);

}  // namespace encap
