#include "statistics/tcp_follower.h"

#include <algorithm>
#include <fmt/format.h>

namespace encap {

TcpFollower::Taken TcpFollower::take(bool back, const FollowedSegment& segment) {
  // What the sender of this segment has received was sent, whether or not it was captured.
  if (Direction& other = directions_[back ? 0 : 1]; !other.ahead.empty()) {
    const auto acknowledged = [&] {
      const std::int64_t gap = other.ahead.begin()->first.first - other.position;
      return distance(other.next + static_cast<std::uint32_t>(gap), SequenceNumber{segment.acknowledgment_number}) > 0;
    };
    while (!other.ahead.empty() && acknowledged()) pass_gap(!back, segment.frame, segment.time);
  }

  Direction& direction = directions_[back ? 1 : 0];
  const SequenceNumber first = SequenceNumber{segment.sequence_number} + (segment.syn ? 1 : 0);
  if (!direction.started) {
    direction.started = true;
    direction.next = first;
  }
  const std::int32_t ahead = distance(direction.next, first);
  if (ahead > 0) {
    if (segment.octets.empty()) return {};
    const std::int64_t position = direction.position + ahead;
    direction.ahead.emplace(
        std::pair{position, arrivals_++},
        Waiting{position, segment.frame, segment.time, {segment.octets.begin(), segment.octets.end()}});
    direction.held += segment.octets.size() + waiting_cost;
    while (direction.held > waiting_limit && !direction.ahead.empty()) pass_gap(back, segment.frame, segment.time);
    return {Fate::waits};
  }
  // Of what was not captured tshark does not take the sequence numbers either.
  if (segment.octets.empty()) return {};
  const std::uint32_t seen = static_cast<std::uint32_t>(-static_cast<std::int64_t>(ahead));
  const auto repeated = static_cast<std::uint32_t>(std::min<std::size_t>(seen, segment.octets.size()));
  if (repeated == segment.octets.size()) return {Fate::repeated, repeated};
  advance(direction, segment.length - seen);
  deliver_(back, {segment.frame, segment.time, segment.octets.subspan(seen), false});
  deliver_reached(back);
  return {seen == 0 ? Fate::in_order : Fate::partly, repeated};
}

void TcpFollower::advance(Direction& direction, std::uint32_t length) noexcept {
  direction.next = direction.next + length;
  direction.position += length;
}

// Of several that have new octets the one that came first has its way.
void TcpFollower::deliver_reached(bool back) {
  Direction& direction = directions_[back ? 1 : 0];
  for (;;) {
    while (!direction.ahead.empty() && direction.ahead.begin()->first.first <= direction.position) {
      auto node = direction.ahead.extract(direction.ahead.begin());
      direction.reached.emplace(node.key().second, std::move(node.mapped()));
    }
    if (direction.reached.empty()) return;
    const Waiting segment = std::move(direction.reached.extract(direction.reached.begin()).mapped());
    direction.held -= segment.octets.size() + waiting_cost;
    const auto seen = static_cast<std::uint64_t>(direction.position - segment.position);
    if (seen >= segment.octets.size()) {
      if (hidden_) hidden_(segment.frame);
      continue;
    }
    const Bytes octets = Bytes{segment.octets}.subspan(static_cast<std::size_t>(seen));
    advance(direction, static_cast<std::uint32_t>(octets.size()));
    deliver_(back, {segment.frame, segment.time, octets, false});
  }
}

// Goes on with the first octets behind the gap.
void TcpFollower::pass_gap(bool back, std::uint64_t frame, Timestamp time) {
  Direction& direction = directions_[back ? 1 : 0];
  const std::int64_t gap = direction.ahead.begin()->first.first - direction.position;
  std::string text = fmt::format("[{} bytes missing in capture file]", gap);
  text += '\0';  // which tshark counts
  advance(direction, static_cast<std::uint32_t>(gap));
  deliver_(back, {frame, time, as_bytes(text), true});
  deliver_reached(back);
}

}  // namespace encap
