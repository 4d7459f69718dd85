#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "encap/dissect/dissection.h"
#include "encap/flow/message.h"
#include "encap/wire/endpoint.h"
#include "encap/wire/tcp.h"

namespace encap::trace {

/// What a checksum is worth.
enum class ChecksumState : std::uint8_t {
  unknown,    ///< the octets it covers are not all there
  good,       ///< or none was sent, where that is allowed
  offloaded,  ///< left to the network card: zero, or the sum of the pseudo-header
  bad
};

/// Octets of a datagram that one fragment brought.
struct FragmentPiece {
  std::uint64_t frame = 0;
  std::uint32_t offset = 0;  ///< from the start of what IP carries
  std::uint32_t length = 0;
};

/// A TCP segment or UDP datagram, whole or as far as it was captured. Lifetime: that of the dissection.
struct TransportPacket {
  Transport transport = Transport::tcp;
  Route route{};
  ChecksumState checksum = ChecksumState::unknown;  ///< the worse one of IPv4's header and of the transport
  bool header_checksum = false;                     ///< whether that is IPv4's
  std::uint32_t sequence_number = 0;                ///< as it lies in the header
  TcpFlags flags{};
  Bytes payload{};                         ///< what was captured of it
  std::uint32_t payload_length = 0;        ///< octets on the wire
  std::uint32_t header_length = 0;         ///< of TCP or UDP
  std::uint64_t identification = 0;        ///< of a fragmented one, among those of its two hosts
  std::vector<FragmentPiece> fragments{};  ///< that it was put together of, by offset; none: it came whole
};

/// Two ends whose packet an ICMP error quotes.
struct QuotedPacket {
  Transport transport = Transport::tcp;
  Route route{};
};

/// What a packet is, for those who look for messages in a capture. Refilled with each packet.
class PacketReading {
 public:
  /// Precondition: dissected with Detail::fields or more. Lifetime: borrows from `dissection`.
  void read(const Dissection& dissection);

  /// Outermost first: a tunnel holds more than one.
  [[nodiscard]] std::span<const TransportPacket> transports() const noexcept { return transports_; }
  [[nodiscard]] std::span<const QuotedPacket> quoted() const noexcept { return quoted_; }

  /// A fragment whose datagram is not whole yet, or never will be.
  [[nodiscard]] bool is_waiting_fragment() const noexcept { return waiting_fragment_; }
  /// Its datagram, among those of its two hosts.
  [[nodiscard]] std::uint64_t identification() const noexcept { return identification_; }
  [[nodiscard]] const IpAddress& source() const noexcept { return source_; }
  [[nodiscard]] const IpAddress& destination() const noexcept { return destination_; }
  [[nodiscard]] bool header_checksum_is_bad() const noexcept { return header_is_bad_; }

  /// Protocol and ends in words, for packets without a transport: `ARP 02:00:00:00:00:01 - 02:00:00:00:00:02`. The
  /// same one for both directions.
  [[nodiscard]] std::string label() const;

 private:
  void read_ip(const Dissection& dissection, const Item& layer, bool version_6);
  void read_transport(const Dissection& dissection, const Item& layer, Transport transport);
  void read_quoted(const Dissection& dissection, ItemId icmp);

  std::vector<TransportPacket> transports_;
  std::vector<QuotedPacket> quoted_;
  std::vector<FragmentPiece> pieces_;
  const Dissection* dissection_ = nullptr;
  const Field* innermost_ = nullptr;
  IpAddress source_;
  IpAddress destination_;
  ChecksumState header_ = ChecksumState::unknown;
  bool header_is_bad_ = false;
  bool pseudo_header_is_known_ = false;
  bool waiting_fragment_ = false;
  bool is_fragment_ = false;
  std::uint64_t identification_ = 0;
};

}  // namespace encap::trace
