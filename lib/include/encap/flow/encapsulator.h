#pragma once

#include <cstdint>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/packet_record.h"
#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/flow/segment.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// Puts headers in front of segments: transport, network, link, in one buffer that is used again for every packet.
class Encapsulator {
 public:
  struct Options {
    LinkType link_type = LinkType::raw;  ///< any but linux_sll2, which is only read
    std::uint32_t mtu = 1500;            ///< octets of the largest network packet; what is longer leaves in fragments
    std::uint8_t time_to_live = 64;
  };

  explicit Encapsulator(const Options& options) : options_{options} {}

  /// Wraps a segment and hands the packet, or its fragments (RFC 791 §3.2, RFC 8200 §4.5), to `sink`.
  /// A segment that may not be fragmented goes out whole. Precondition: `most_payload` holds.
  /// Errors: those of the sink.
  [[nodiscard]] Result<void, IoError> send(const Segment& segment, PacketSink& sink);

  /// For a run whose link type shows only with its first rows. Precondition: nothing was sent.
  void set_link_type(LinkType link_type) noexcept { options_.link_type = link_type; }
  [[nodiscard]] LinkType link_type() const noexcept { return options_.link_type; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  /// Of all packets, link headers included.
  [[nodiscard]] std::uint64_t octets() const noexcept { return octets_; }

  /// Octets of payload that one segment or datagram carries at most, without TCP options.
  [[nodiscard]] static constexpr std::size_t most_payload(Transport transport, IpAddress::Family family) noexcept {
    const std::size_t network = family == IpAddress::Family::ipv4 ? 20 : 0;
    return 65535 - network - (transport == Transport::tcp ? 20 : 8);
  }

 private:
  Result<void, IoError> send_fragments(const Segment& segment, PacketSink& sink);
  Result<void, IoError> send_packet(const Segment& segment, PacketSink& sink);
  /// Hands over the packet in the buffer, which ends with `payload_length` octets of the segment's payload, those from
  /// `payload_start` on.
  Result<void, IoError> hand_over(const Segment& segment, std::size_t payload_start, std::size_t payload_length,
                                  PacketSink& sink);

  Options options_;
  std::uint64_t packets_ = 0;
  std::uint64_t octets_ = 0;
  PacketBuffer buffer_;
  PacketBuffer whole_;          // the transport header and payload that fragments are cut from
  std::vector<RowPart> parts_;  // of a fragment; kept for its memory
};

}  // namespace encap
