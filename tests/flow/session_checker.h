#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "encap/base/packet_sink.h"
#include "encap/flow/tcp_script.h"
#include "encap/wire/endpoint.h"

namespace encap::test {

/// A packet with octets of its own.
struct CollectedPacket {
  Timestamp timestamp;
  LinkType link_type;
  std::uint32_t original_length;
  std::vector<std::byte> bytes;

  friend bool operator==(const CollectedPacket&, const CollectedPacket&) = default;
};

/// Keeps every packet it is given.
class PacketCollector final : public PacketSink {
 public:
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    packets.push_back({record.timestamp, record.link_type, record.original_length,
                       std::vector<std::byte>{record.bytes.begin(), record.bytes.end()}});
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

  std::vector<CollectedPacket> packets;
};

/// The network packet in a frame: what is behind the link header.
[[nodiscard]] Bytes network_packet(const CollectedPacket& packet);

/// A message that was to be sent over TCP.
struct SentMessage {
  Route route;
  Timestamp at;
  std::string payload;
};

/// What the run was told.
struct SessionRules {
  std::uint32_t mtu = 1500;
  Duration round_trip = std::chrono::microseconds{200};
  Close close = Close::fin;
};

/// Everything in which the TCP packets are not what two hosts with a tap halfway between them would show who sent
/// these messages, those of one conversation in the order given: one sentence each, up to twenty; none when all is
/// right. Other packets only have their time checked. Source: RFC 9293, RFC 5681 §4.2, RFC 7323.
[[nodiscard]] std::vector<std::string> check_sessions(const std::vector<CollectedPacket>& packets,
                                                      const std::vector<SentMessage>& messages,
                                                      const SessionRules& rules);

}  // namespace encap::test
