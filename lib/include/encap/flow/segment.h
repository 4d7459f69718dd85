#pragma once

#include <cstdint>

#include "encap/base/timestamp.h"
#include "encap/flow/message.h"
#include "encap/flow/packet_origin.h"
#include "encap/wire/endpoint.h"
#include "encap/wire/tcp.h"

namespace encap {

/// One TCP segment or UDP datagram that is to leave, before any header is made.
/// Lifetime: `payload` borrows from the message it is a part of.
struct Segment {
  Timestamp timestamp;
  Route route;
  Transport transport = Transport::tcp;
  Bytes payload{};

  // TCP only.
  SequenceNumber sequence_number{};
  SequenceNumber acknowledgment_number{};
  TcpFlags flags{};
  std::uint16_t window = 0;  ///< as sent, not scaled
  TcpOptions options{};

  // For the network header.
  std::uint16_t identification = 0;
  bool dont_fragment = false;

  std::uint64_t stream_offset = 0;       ///< octets of payload this side sent before over TCP
  const PacketOrigin* origin = nullptr;  ///< for the packets' records; null where nobody asked
};

}  // namespace encap
