#include "statistics/advice/connection.h"

#include <algorithm>
#include <cstring>

#include "encap/dissect/session.h"
#include "encap/wire/sequence_number.h"

namespace encap::advice {
namespace {

constexpr std::uint32_t resent =
    TcpMark::retransmission | TcpMark::fast_retransmission | TcpMark::spurious_retransmission | TcpMark::out_of_order;
constexpr std::uint32_t probes = TcpMark::keep_alive | TcpMark::zero_window_probe;

std::int32_t distance(std::uint32_t from, std::uint32_t to) noexcept {
  return encap::distance(SequenceNumber{from}, SequenceNumber{to});
}

// Whether `octets` from `offset` of the anchor on say something else than those of the anchor that were kept.
bool conflicts(const ConnectionSide::Anchor& anchor, std::uint32_t offset, Bytes octets) noexcept {
  if (offset >= anchor.kept) return false;
  const std::size_t common = std::min<std::size_t>(anchor.kept - offset, octets.size());
  return std::memcmp(anchor.octets.data() + offset, octets.data(), common) != 0;
}

void end_run(ConnectionSide& side) {
  ConnectionSide::Anchor& anchor = side.anchor;
  side.hidden.add(anchor);
  anchor.same.clear();
  anchor.differs = false;
}

}  // namespace

void ConnectionSide::Hidden::add(const Anchor& hiding) noexcept {
  if (!hiding.differs) return;
  if (frames.empty()) {
    behind_frame = hiding.frame;
    sequence = hiding.sequence;
  }
  frames.add(hiding.same);
}

ConnectionSide::Hidden ConnectionSide::all_hidden() const noexcept {
  Hidden all = hidden;
  all.add(anchor);
  return all;
}

std::string Connection::text(unsigned from) const {
  const ConnectionSide& source = sides[from];
  const ConnectionSide& destination = sides[1 - from];
  return end_text(source.address, source.port) + " to " + end_text(destination.address, destination.port);
}

void Connection::take(const SeenPacket& p) {
  ++packets;
  last_frame = p.frame;
  last_time = p.time;
  const unsigned from = p.source == sides[0].address && p.source_port == sides[0].port ? 0 : 1;
  ConnectionSide& side = sides[from];
  if (p.copy_of != 0) return;
  ++side.packets;
  if (p.has(TcpFlags::rst)) return take_reset(p, from);
  if (p.has(TcpFlags::syn)) {
    if (p.has(TcpFlags::ack)) {
      side.sent_syn_ack = true;
    } else {
      if (side.syns.empty()) side.first_syn = p.time;
      side.last_syn = p.time;
      side.syn_sequence = p.sequence;
      side.syns.add(p.frame);
    }
  }
  if (p.has(TcpFlags::ack)) {
    if (!side.has_ack) {
      side.first_ack = p.acknowledgment;
      side.has_ack = true;
    } else if (distance(side.first_ack, p.acknowledgment) > 0) {
      side.ack_moved = true;
    }
    ConnectionSide& other = sides[1 - from];
    // At the start of a capture it is common that what was acknowledged came earlier.
    if (p.marked(TcpMark::ack_lost_segment) && other.data_segments != 0 && packets > 10) other.missed.add(p.frame);
  }
  take_window(p, side);
  if (p.marked(TcpMark::lost_segment)) {
    if (side.has_next && distance(side.next_sequence, p.sequence) > 0) {
      side.gaps[side.next_gap] = {side.next_sequence, p.sequence - side.next_sequence};
      side.next_gap = static_cast<std::uint8_t>((side.next_gap + 1) % side.gaps.size());
    }
    side.http.forget();
  }
  if (p.payload_length != 0 && !p.marked(probes)) take_data(p, side, sides[1 - from]);

  if (p.has(TcpFlags::fin)) {
    side.sent_fin = true;
    if (side.has_next && p.sequence == side.next_sequence) side.http.end();  // nothing is missing before it
  }
  const std::uint32_t taken = p.payload_length + ((p.flags.value & 0x03) != 0 ? 1 : 0);
  side.has_last = true;
  side.last_frame = p.frame;
  side.last_sequence = p.sequence;
  side.last_acknowledgment = p.acknowledgment;
  side.last_length = taken;
  side.last_flags = p.flags;
  if (!side.has_next || distance(side.next_sequence, p.sequence + taken) > 0) side.next_sequence = p.sequence + taken;
  side.has_next = true;
}

// Which of the answers of RFC 9293 §3.10.7 this is.
void Connection::take_reset(const SeenPacket& p, unsigned from) {
  ConnectionSide& side = sides[from];
  const ConnectionSide& other = sides[1 - from];
  const bool said_nothing_else = side.packets == side.resets + 1;
  ++side.resets;
  const bool answers_ack = !p.has(TcpFlags::ack) && other.has_last && other.last_flags.has(TcpFlags::ack) &&
                           p.sequence == other.last_acknowledgment;
  const bool answers_no_ack = p.has(TcpFlags::ack) && other.has_last && p.sequence == 0 &&
                              p.acknowledgment == other.last_sequence + other.last_length;
  if (said_nothing_else && p.has(TcpFlags::ack) && !other.syns.empty() && other.packets == other.syns.count() &&
      p.acknowledgment == other.syn_sequence + other.last_length) {
    refused.add(p.frame);
    answering = from;
  } else if (said_nothing_else && !opened() &&
             (answers_ack || (answers_no_ack && !other.last_flags.has(TcpFlags::ack)))) {
    if (strange.empty()) strange_answered = other.last_frame;
    strange.add(p.frame);
    answering = from;
  } else if (!side.syns.empty() && side.packets == side.syns.count() + 1 && other.sent_syn_ack && answers_ack) {
    own_kernel.add(p.frame);
    answering = from;
  } else if (!side.sent_fin && (opened() || other.packets > other.resets)) {
    aborted.add(p.frame);
    if (aborted.count() == 1) answering = from;
  }
}

void Connection::take_window(const SeenPacket& p, ConnectionSide& side) {
  if (p.window == 0 && p.marked(TcpMark::zero_window)) {
    if (!side.is_closed) {
      side.is_closed = true;
      side.closed_at = p.time;
      side.closed_frame = p.frame;
      side.zero_windows.add(p.frame);
    }
  } else if (p.window != 0 && side.is_closed) {
    side.is_closed = false;
    const Duration closed = p.time - side.closed_at;
    side.closed_in_all += closed;
    if (closed >= side.longest_closed) {
      side.longest_closed = closed;
      side.longest_from = side.closed_frame;
      side.longest_to = p.frame;
    }
  }
}

void Connection::take_data(const SeenPacket& p, ConnectionSide& side, const ConnectionSide& other) {
  ++side.data_segments;
  if (p.has(TcpFlags::psh)) ++side.pushed_segments;
  const std::uint32_t first = p.sequence + (p.has(TcpFlags::syn) ? 1 : 0);
  ConnectionSide::Anchor& anchor = side.anchor;
  const std::int32_t ahead = anchor.any ? distance(anchor.sequence, first) : 0;
  bool says_other = false;
  if (anchor.any && ahead == 0) {
    anchor.same.add(p.frame);
    anchor.differs = anchor.differs || conflicts(anchor, 0, p.payload);
    says_other = anchor.differs;  // who says something else at that number once does so on purpose
  } else {
    if (anchor.any && ahead > 0 && static_cast<std::uint32_t>(ahead) < anchor.length &&
        conflicts(anchor, static_cast<std::uint32_t>(ahead), p.payload)) {
      if (side.conflicting.empty()) {
        side.conflict_frame = anchor.frame;
        side.conflict_other_sequence = anchor.sequence;
        side.conflict_sequence = first;
      }
      side.conflicting.add(p.frame);
      says_other = true;
    }
    end_run(side);
    anchor.any = true;
    anchor.frame = p.frame;
    anchor.sequence = first;
    anchor.length = p.payload_length;
    anchor.kept = static_cast<std::uint8_t>(std::min(anchor.octets.size(), p.payload.size()));
    std::memcpy(anchor.octets.data(), p.payload.data(), anchor.kept);
  }

  if (!says_other && p.marked(resent)) {
    const bool fills_gap = std::any_of(side.gaps.begin(), side.gaps.end(),
                                       [&](const ConnectionSide::Gap& gap) { return first - gap.begin < gap.length; });
    // Out of order alone is no loss: it may have been overtaken.
    if (!p.marked(TcpMark::out_of_order)) (fills_gap ? side.resent_unseen : side.resent_seen).add(p.frame);
    return;
  }
  side.http.take(p, !side.has_next || first == side.next_sequence || says_other, other.http.asked_with_head());
}

}  // namespace encap::advice
