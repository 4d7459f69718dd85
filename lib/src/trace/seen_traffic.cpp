#include "trace/seen_traffic.h"

#include <algorithm>

namespace encap::trace {
namespace {

constexpr std::size_t most_others = 65'536;  // conversations that are told apart
constexpr std::size_t most_waiting_fragments = 65'536;

}  // namespace

bool SeenTraffic::may_be_ours(const TransportPacket& packet) const {
  return plan_.has_server(packet.transport, packet.route.source) ||
         plan_.has_server(packet.transport, packet.route.destination);
}

/// Of a tunnel's packets the one that the table knows; else the innermost.
const TransportPacket* SeenTraffic::choose(std::span<const TransportPacket> transports) const {
  for (const TransportPacket& packet : transports) {
    if (plan_.find({packet.route, packet.transport}) != no_index) return &packet;
  }
  for (const TransportPacket& packet : transports) {
    if (may_be_ours(packet)) return &packet;
  }
  return transports.empty() ? nullptr : &transports.back();
}

/// Null where there is no room for another one.
SeenConversation* SeenTraffic::conversation_of(const TransportPacket& packet) {
  const ConversationKey ends{packet.route, packet.transport};
  if (const auto known = seen_by_ends_.find(ends); known != seen_by_ends_.end()) return &seen_[known->second];
  const std::uint32_t planned = plan_.find(ends);
  const bool is_planned = planned != no_index;
  if (!is_planned && seen_.size() >= most_others + 4 * plan_.conversations().size()) return nullptr;
  seen_by_ends_.emplace(ends, static_cast<std::uint32_t>(seen_.size()));
  SeenConversation& conversation = seen_.emplace_back(SeenConversation{.ends = ends});
  conversation.planned = planned;
  conversation.held = is_planned || may_be_ours(packet);
  return &conversation;
}

void SeenTraffic::take_fragments(SeenConversation& conversation, const TransportPacket& packet, std::uint64_t frame) {
  for (const FragmentPiece& piece : packet.fragments) {
    const auto waited = waiting_.find(piece.frame);
    if (piece.frame == frame || waited == waiting_.end()) continue;
    if (const auto other = others_.find(waited->second.label); other != others_.end() && other->second != 0)
      --other->second;
    ++conversation.packets;
    waiting_.erase(waited);
  }
}

Result<void, IoError> SeenTraffic::hold(SeenConversation& conversation, const TransportPacket& packet,
                                        const Dissection& dissection) {
  const bool tcp = packet.transport == Transport::tcp;
  const bool syn = tcp && packet.flags.has(TcpFlags::syn);
  const bool from_high = packet.route.source == conversation.ends.high && packet.route.source != conversation.ends.low;
  ChecksumState checksum = packet.checksum;
  bool header_checksum = packet.header_checksum;
  for (const FragmentPiece& piece : packet.fragments) {
    if (!bad_headers_.contains(piece.frame)) continue;
    checksum = ChecksumState::bad;
    header_checksum = true;
  }
  // What a reset carries is a word to whoever reads the capture. Source: RFC 9293 §3.5.2.
  const bool reset = tcp && packet.flags.has(TcpFlags::rst);
  const bool has_data = !reset && (!packet.payload.empty() || (!tcp && packet.payload_length == 0));
  if (!has_data && !syn) {
    if (checksum == ChecksumState::bad && conversation.bad_frames.size() < most_frames_named)
      conversation.bad_frames.push_back(dissection.frame_number);
    return {};
  }
  const auto kept = store_.keep(reset ? Bytes{} : packet.payload);
  if (!kept) return unexpected(too_much_to_check("the capture", store_));
  SeenSegment segment{.frame = dissection.frame_number,
                      .time = dissection.record->timestamp,
                      .has_time = dissection.record->has_timestamp,
                      .syn = syn,
                      .header_checksum = header_checksum,
                      .conversation = static_cast<std::uint32_t>(&conversation - seen_.data()),
                      .checksum = checksum,
                      .sequence_number = packet.sequence_number,
                      .length = packet.payload_length,
                      .payload = *kept,
                      .identification = packet.identification};
  for (const FragmentPiece& piece : packet.fragments) {
    const std::uint32_t header = std::min(piece.offset == 0 ? packet.header_length : 0u, piece.length);
    const std::uint32_t before = std::min(packet.header_length, piece.offset);
    segment.fragments.push_back({piece.frame, piece.offset - before, piece.length - header});
  }
  conversation.segments[from_high ? 1 : 0].push_back(std::move(segment));
  conversation.has_data[from_high ? 1 : 0] = conversation.has_data[from_high ? 1 : 0] || has_data;
  return {};
}

void SeenTraffic::take_other(const Dissection& dissection) {
  std::string label = reading_.label();
  const auto known = others_.find(label);
  if (known == others_.end() && others_.size() >= most_others) {
    ++others_uncounted_;
    return;
  }
  ++others_[label];
  if (!reading_.is_waiting_fragment() || waiting_.size() >= most_waiting_fragments) return;
  const std::uint64_t frame = dissection.frame_number;
  if (reading_.header_checksum_is_bad()) bad_headers_.insert(frame);
  DatagramKey key{reading_.source(), reading_.destination(), reading_.identification()};
  const auto whole = whole_.find(key);
  const std::uint64_t after = whole == whole_.end() ? 0 : whole->second;
  waiting_.emplace(frame, WaitingFragment{std::move(key), std::move(label), after});
}

Result<void, IoError> SeenTraffic::take(const Dissection& dissection) {
  ++packets_;
  reading_.read(dissection);
  const TransportPacket* const packet = choose(reading_.transports());
  if (packet == nullptr) {
    for (const QuotedPacket& quoted : reading_.quoted()) {
      const auto known = seen_by_ends_.find(ConversationKey{quoted.route, quoted.transport});
      if (known == seen_by_ends_.end()) continue;
      ++seen_[known->second].icmp;
      return {};
    }
    take_other(dissection);
    return {};
  }
  SeenConversation* const conversation = conversation_of(*packet);
  if (conversation == nullptr) {
    ++others_uncounted_;
    return {};
  }
  ++conversation->packets;
  if (!packet->fragments.empty()) take_fragments(*conversation, *packet, dissection.frame_number);
  const bool tcp = packet->transport == Transport::tcp;
  if (tcp && packet->flags.has(TcpFlags::rst)) ++conversation->resets;
  if (!tcp || packet->payload_length != 0) ++conversation->with_data;
  if (!conversation->held) conversation->held = plan_.may_begin_with(packet->payload);
  if (!conversation->held) return {};
  if (!packet->fragments.empty()) {
    const DatagramKey key{packet->route.source.address, packet->route.destination.address, packet->identification};
    if (whole_.size() < most_waiting_fragments || whole_.contains(key)) whole_[key] = dissection.frame_number;
  }
  return hold(*conversation, *packet, dissection);
}

}  // namespace encap::trace
