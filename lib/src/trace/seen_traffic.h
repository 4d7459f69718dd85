#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <tsl/robin_map.h>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/dissect/dissection.h"
#include "flow/conversation_key.h"
#include "trace/lane.h"
#include "trace/octet_store.h"
#include "trace/planned_rows.h"
#include "trace/transport_packet.h"

namespace encap::trace {

inline constexpr std::size_t most_frames_named = 16;  ///< in a finding

struct SeenConversation {
  ConversationKey ends;
  std::array<std::vector<SeenSegment>, 2> segments{};  ///< from the low end, from the high end
  std::array<bool, 2> has_data{};
  std::uint64_t packets = 0;
  std::uint64_t with_data = 0;
  std::uint64_t resets = 0;
  std::uint64_t icmp = 0;
  std::uint32_t planned = no_index;
  bool held = false;
  std::vector<std::uint64_t> bad_frames{};  ///< without data whose checksum is wrong

  [[nodiscard]] Route route(bool from_high) const noexcept {
    return from_high ? Route{ends.high, ends.low} : Route{ends.low, ends.high};
  }
};

/// A direction that was seen: the number of its conversation and which way.
using SeenSide = std::uint32_t;

/// A fragment whose datagram was not whole when the capture ended.
struct WaitingFragment {
  std::tuple<IpAddress, IpAddress, std::uint64_t> datagram{};  ///< its hosts and its identification
  std::string label;
  std::uint64_t after = 0;  ///< the frame that made a datagram with the same identification whole before; 0: none did
};

/// What a capture holds: the segments and datagrams of conversations that may be those of a plan; of others how many.
/// Bounded: 65,536 conversations of others are told apart, as many fragments wait for their datagrams, and payload is
/// kept as far as the store has room.
class SeenTraffic {
 public:
  /// Lifetime: borrows both. The plan is complete, its anchors are learned.
  SeenTraffic(const PlannedRows& plan, OctetStore& store) : plan_{plan}, store_{store} {}

  /// A packet, dissected with Detail::fields or more. Errors: the capture is too large.
  [[nodiscard]] Result<void, IoError> take(const Dissection& dissection);

  [[nodiscard]] const std::vector<SeenConversation>& conversations() const noexcept { return seen_; }
  [[nodiscard]] const std::vector<SeenSegment>& segments_of(SeenSide side) const {
    return seen_[side / 2].segments[side % 2];
  }
  [[nodiscard]] Route route_of(SeenSide side) const noexcept { return seen_[side / 2].route(side % 2 != 0); }
  /// Packets without a transport, by what they are.
  [[nodiscard]] const std::unordered_map<std::string, std::uint64_t>& others() const noexcept { return others_; }
  /// By frame.
  [[nodiscard]] const std::map<std::uint64_t, WaitingFragment>& waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  /// Packets beyond the conversations that are told apart.
  [[nodiscard]] std::uint64_t others_uncounted() const noexcept { return others_uncounted_; }

 private:
  using DatagramKey = decltype(WaitingFragment::datagram);

  [[nodiscard]] const TransportPacket* choose(std::span<const TransportPacket> transports) const;
  [[nodiscard]] bool may_be_ours(const TransportPacket& packet) const;
  SeenConversation* conversation_of(const TransportPacket& packet);
  [[nodiscard]] Result<void, IoError> hold(SeenConversation& conversation, const TransportPacket& packet,
                                           const Dissection& dissection);
  void take_fragments(SeenConversation& conversation, const TransportPacket& packet, std::uint64_t frame);
  void take_other(const Dissection& dissection);

  const PlannedRows& plan_;
  OctetStore& store_;
  PacketReading reading_;
  std::vector<SeenConversation> seen_;
  tsl::robin_map<ConversationKey, std::uint32_t, FlowKeyHash> seen_by_ends_;
  std::unordered_map<std::string, std::uint64_t> others_;
  std::map<std::uint64_t, WaitingFragment> waiting_;
  std::unordered_set<std::uint64_t> bad_headers_;  // frames of waiting fragments
  std::map<DatagramKey, std::uint64_t> whole_;     // by which frame
  std::uint64_t packets_ = 0;
  std::uint64_t others_uncounted_ = 0;
};

}  // namespace encap::trace
