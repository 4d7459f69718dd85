#include "analyze/tcp_analyzer.h"

#include <algorithm>

#include "encap/wire/sequence_number.h"

namespace encap {
namespace {

constexpr std::uint16_t fin = 0x01;
constexpr std::uint16_t syn = 0x02;
constexpr std::uint16_t rst = 0x04;
constexpr std::uint16_t psh = 0x08;
constexpr std::uint16_t ack = 0x10;

// Order in sequence space: RFC 9293 §3.4.
bool after(std::uint32_t a, std::uint32_t b) noexcept { return static_cast<std::int32_t>(b - a) < 0; }
bool before(std::uint32_t a, std::uint32_t b) noexcept { return after(b, a); }

constexpr std::int64_t fast_retransmission_time = 20'000'000;  // after the last ACK of the other side
constexpr std::int64_t reordering_time = 3'000'000;            // while the round trip time is not known

}  // namespace

// One segment's way through the analysis.
class TcpAnalyzer::Step {
 public:
  Step(TcpAnalyzer& analyzer, TcpConnection& connection, unsigned from, const TcpSegmentFacts& segment,
       TcpAnalysis& out) noexcept
      : analyzer_{analyzer},
        connection_{connection},
        fwd_{connection.sides[from]},
        rev_{connection.sides[1 - from]},
        s_{segment},
        seq_{segment.sequence_number},
        ack_{segment.acknowledgment_number},
        now_{segment.time.nanoseconds},
        control_{has(syn | fin | rst)},
        out_{out} {}

  void run() {
    if (!probes_and_acks()) {
      if (s_.length == 0 && repeats_last_ack() && s_.window != 0 && s_.window == fwd_.window && !control_) {
        ++fwd_.duplicate_acks;
        mark(TcpMark::duplicate_ack);
        out_.duplicate_ack_number = fwd_.duplicate_acks;
        out_.duplicate_ack_frame = fwd_.last_new_ack_frame;
      }
    }
    if (ack_ != fwd_.last_ack) {
      fwd_.last_new_ack_frame = frame();
      fwd_.duplicate_acks = 0;
    }
    ack_of_lost_segment();
    if (s_.length > 0 || has(syn | fin)) sent_again();
    advance();
    acknowledge();
    if (has(ack)) rev_.in_flight_known = true;
    if (s_.length > 0) in_flight();
  }

 private:
  [[nodiscard]] bool has(std::uint16_t any_of) const noexcept { return (s_.flags & any_of) != 0; }
  [[nodiscard]] bool marked(std::uint32_t any_of) const noexcept { return (out_.marks & any_of) != 0; }
  void mark(std::uint32_t what) noexcept { out_.marks |= what; }
  [[nodiscard]] std::uint32_t frame() const noexcept { return static_cast<std::uint32_t>(s_.frame_number); }
  [[nodiscard]] bool repeats_last_ack() const noexcept { return seq_ == fwd_.next_sequence && ack_ == fwd_.last_ack; }

  // What a segment is by itself. Whether it can be nothing more.
  bool probes_and_acks() {
    if (s_.length == 1 && seq_ == fwd_.next_sequence && rev_.window == 0) {
      mark(TcpMark::zero_window_probe);
      return true;
    }
    if (s_.window == 0 && !control_) mark(TcpMark::zero_window);
    if (fwd_.next_sequence != 0 && after(seq_, fwd_.next_sequence) && !has(rst)) {
      mark(TcpMark::lost_segment);
      fwd_.in_flight_known = false;
    }
    if (s_.length <= 1 && seq_ == fwd_.next_sequence - 1 && !control_) mark(TcpMark::keep_alive);
    if (s_.length == 0 && s_.window != 0 && s_.window != fwd_.window && repeats_last_ack() && !control_) {
      mark(TcpMark::window_update);
    }
    if (s_.length > 0 && rev_.window_scale != -1 && !control_) {
      const int shift = rev_.window_from_syn || rev_.window_scale < 0 ? 0 : rev_.window_scale;
      if (seq_ + s_.length == rev_.last_ack + (rev_.window << shift)) mark(TcpMark::window_full);
    }
    if (s_.length == 0 && s_.window != 0 && s_.window == fwd_.window && repeats_last_ack() && !control_ &&
        (rev_.last_marks & TcpMark::keep_alive) != 0) {
      mark(TcpMark::keep_alive_ack);
      return true;
    }
    if (s_.length == 0 && s_.window == 0 && fwd_.window == 0 && repeats_last_ack() && !control_ &&
        (rev_.last_marks & TcpMark::zero_window_probe) != 0) {
      mark(TcpMark::zero_window_probe_ack);
      return true;
    }
    return false;
  }

  void ack_of_lost_segment() {
    if (rev_.highest_unbroken == 0 || !after(ack_, rev_.highest_unbroken) || !has(ack)) return;
    // What was captured behind the gap is not lost; the sender's next octets go on where either of them ends.
    rev_.highest_unbroken = after(rev_.next_sequence, ack_) ? rev_.next_sequence : ack_;
    mark(TcpMark::ack_lost_segment);
  }

  // Octets that are not new: sent again, or late.
  void sent_again() {
    if (marked(TcpMark::keep_alive)) return;
    bool old = fwd_.next_sequence != 0 && before(seq_, fwd_.next_sequence);
    // More than the octet of a zero window probe begins with that octet.
    if (s_.length > 1 && fwd_.next_sequence - 1 == seq_) old = false;
    if (s_.length > 0 && rev_.last_ack != 0 && !after(seq_ + s_.length, rev_.last_ack)) {
      mark(TcpMark::spurious_retransmission);
      return;
    }
    if (!old) return;
    if (rev_.duplicate_acks >= 2 && rev_.last_ack == seq_ && now_ - rev_.last_ack_time < fast_retransmission_time) {
      mark(TcpMark::fast_retransmission);
      return;
    }
    const std::int64_t late = connection_.initial_rtt != 0 ? connection_.initial_rtt : reordering_time;
    if (now_ - fwd_.next_time < late && fwd_.next_sequence != seq_ + s_.length + (has(syn | fin) ? 1 : 0)) {
      mark(TcpMark::out_of_order);
      return;
    }
    mark(TcpMark::retransmission);
    out_.rto = Duration{now_ - fwd_.next_time};
    out_.rto_frame = fwd_.next_frame;
    // The eldest that waits, whichever it repeats.
    for (std::uint32_t i = fwd_.unacked; i != 0; i = analyzer_.at(i).next) {
      out_.rto = Duration{now_ - analyzer_.at(i).time};
      out_.rto_frame = analyzer_.at(i).frame;
    }
  }

  void advance() {
    std::uint32_t next = seq_ + s_.length;
    if (s_.length != 0 || has(syn | fin)) {
      if (has(syn | fin)) ++next;
      analyzer_.wait_for_ack(fwd_, s_, next);
    }
    if (!marked(TcpMark::zero_window_probe)) {
      const bool lost = marked(TcpMark::lost_segment);
      const bool goes_on =
          seq_ == fwd_.next_sequence && !after(seq_, fwd_.highest_unbroken) && after(next, fwd_.highest_unbroken);
      const bool unbroken = fwd_.highest_unbroken == 0 || goes_on || (seq_ == fwd_.highest_unbroken && !lost);
      if (lost && after(fwd_.highest_unbroken, fwd_.next_sequence)) fwd_.highest_unbroken = fwd_.next_sequence;
      if (after(next, fwd_.next_sequence) || fwd_.next_sequence == 0) {
        fwd_.next_sequence = next;
        fwd_.next_frame = frame();
        fwd_.next_time = now_;
      }
      if (unbroken) fwd_.highest_unbroken = fwd_.next_sequence;
    }
    fwd_.window = s_.window;
    fwd_.window_from_syn = has(syn);
    fwd_.last_ack = ack_;
    fwd_.last_ack_time = now_;
    fwd_.last_marks = out_.marks;
  }

  void acknowledge() {
    if (acknowledges_nothing()) return;
    std::uint32_t previous = 0;
    for (std::uint32_t i = rev_.unacked; i != 0;) {
      Unacked& sent = analyzer_.at(i);
      if (ack_ == sent.next_sequence) {
        out_.acked_frame = sent.frame;
        out_.ack_rtt = Duration{now_ - sent.time};
      } else if (after(ack_, sent.sequence) && !after(ack_, sent.next_sequence)) {
        sent.sequence = ack_;
        rev_.unacked_range_known = false;
        previous = i;
        i = sent.next;
        continue;
      } else if (after(sent.next_sequence, ack_)) {
        previous = i;
        i = sent.next;
        continue;
      }
      i = analyzer_.drop(rev_, previous, i);
    }
  }

  // Whether all that waits for an ACK begins at or behind the number of this one. In captures of one direction a walk
  // of the list would find that for each segment.
  bool acknowledges_nothing() {
    if (rev_.unacked == 0) return true;
    analyzer_.find_unacked_range(rev_);
    const std::uint32_t first = rev_.initial_sequence + rev_.unacked_first - ack_;
    const std::uint32_t behind = rev_.initial_sequence + rev_.unacked_behind - ack_;
    return first <= behind && behind < 0x80000000;
  }

  void in_flight() {
    if (fwd_.unacked == 0 || !fwd_.in_flight_known) return;
    if (fwd_.last_was_pushed) fwd_.pushed = 0;
    fwd_.pushed += s_.length;
    fwd_.last_was_pushed = has(psh);
    analyzer_.find_unacked_range(fwd_);
    std::uint32_t octets = fwd_.unacked_behind - fwd_.unacked_first;
    for (std::uint8_t i = 0; i < rev_.sack_count; ++i) octets -= rev_.sack[i].right - rev_.sack[i].left;
    if (has(syn | fin)) --octets;
    if (octets > 0 && octets < 2'000'000'000) {
      out_.bytes_in_flight = octets;
      out_.push_bytes_sent = fwd_.pushed;
    }
  }

  TcpAnalyzer& analyzer_;
  TcpConnection& connection_;
  TcpSide& fwd_;
  TcpSide& rev_;
  const TcpSegmentFacts& s_;
  const std::uint32_t seq_;
  const std::uint32_t ack_;
  const std::int64_t now_;
  const bool control_;
  TcpAnalysis& out_;
};

void TcpAnalyzer::wait_for_ack(TcpSide& side, const TcpSegmentFacts& segment, std::uint32_t next_sequence) {
  if (!waits_for_acks_ || side.unacked_count >= unacked_limit_per_side) return;
  if (free_ == 0) {
    if (unacked_.size() >= unacked_limit) return;
    unacked_.emplace_back();
    free_ = static_cast<std::uint32_t>(unacked_.size());
    at(free_).next = 0;
  }
  const std::uint32_t place = free_;
  free_ = at(place).next;
  at(place) = {segment.sequence_number, next_sequence, segment.time.nanoseconds,
               static_cast<std::uint32_t>(segment.frame_number), side.unacked};
  const std::uint32_t first = segment.sequence_number - side.initial_sequence;
  const std::uint32_t behind = next_sequence - side.initial_sequence;
  if (side.unacked == 0) {
    side.unacked_first = first;
    side.unacked_behind = behind;
    side.unacked_range_known = true;
  } else {
    side.unacked_first = std::min(side.unacked_first, first);
    side.unacked_behind = std::max(side.unacked_behind, behind);
  }
  side.unacked = place;
  ++side.unacked_count;
}

// Takes one out of the list and gives the next.
std::uint32_t TcpAnalyzer::drop(TcpSide& side, std::uint32_t previous, std::uint32_t place) noexcept {
  const std::uint32_t next = at(place).next;
  (previous == 0 ? side.unacked : at(previous).next) = next;
  at(place).next = free_;
  free_ = place;
  --side.unacked_count;
  side.unacked_range_known = false;
  return next;
}

void TcpAnalyzer::find_unacked_range(TcpSide& side) noexcept {
  if (side.unacked_range_known || side.unacked == 0) return;
  side.unacked_first = 0xffffffff;
  side.unacked_behind = 0;
  for (std::uint32_t i = side.unacked; i != 0; i = at(i).next) {
    side.unacked_first = std::min(side.unacked_first, at(i).sequence - side.initial_sequence);
    side.unacked_behind = std::max(side.unacked_behind, at(i).next_sequence - side.initial_sequence);
  }
  side.unacked_range_known = true;
}

bool TcpAnalyzer::starts_anew(const TcpConnection& connection, unsigned from, const TcpSegmentFacts& segment) noexcept {
  const TcpSide& side = connection.sides[from];
  return (segment.flags & (syn | ack)) == syn && side.has_initial_sequence &&
         segment.sequence_number != side.initial_sequence;
}

bool TcpAnalyzer::learn_initial_sequences(TcpConnection& connection, unsigned from,
                                          const TcpSegmentFacts& segment) noexcept {
  if (!segment.has_length) return false;
  TcpSide& fwd = connection.sides[from];
  TcpSide& rev = connection.sides[1 - from];
  // Of a connection whose SYN was not captured, most likely.
  const bool changes = (segment.flags & (syn | ack)) == (syn | ack) && fwd.has_initial_sequence &&
                       fwd.initial_sequence != segment.sequence_number;
  if (changes) {
    fwd.unacked_range_known = false;
    fwd.initial_sequence = segment.sequence_number;
  }
  if (!fwd.has_initial_sequence) {
    fwd.has_initial_sequence = true;
    fwd.initial_sequence = segment.sequence_number - ((segment.flags & syn) != 0 ? 0 : 1);
  }
  if (!rev.has_initial_sequence && (segment.flags & ack) != 0) {
    rev.has_initial_sequence = true;
    rev.initial_sequence = segment.acknowledgment_number - 1;
  }
  return changes;
}

void TcpAnalyzer::clear(TcpConnection& connection) noexcept {
  for (TcpSide& side : connection.sides) {
    while (side.unacked != 0) drop(side, 0, side.unacked);
  }
  connection = {};
}

namespace {

// AE, CWR and ECE. In a handshake they say whether both sides count congestion marks: draft-ietf-tcpm-accurate-ecn,
// section 3.1.
unsigned ecn_bits(const TcpSegmentFacts& segment) noexcept { return segment.flags >> 6 & 7u; }

// What the segment shows of the course of the connection.
void see(TcpConnection& connection, TcpSide& fwd, const TcpSegmentFacts& segment, std::uint16_t source_port,
         std::uint16_t destination_port, TcpAnalysis& out) {
  const std::uint16_t kind = segment.flags & (syn | ack);
  if (kind == syn) {
    connection.seen |= TcpSeen::syn;
    connection.server_port = destination_port;
    connection.syn_time = segment.time.nanoseconds;
    connection.has_syn_time = true;
    connection.accurate_ecn_asked = ecn_bits(segment) == 7;
    connection.fast_open_data = segment.fast_open && segment.length > 0;
  } else if (kind == (syn | ack)) {
    connection.seen |= TcpSeen::syn_ack;
    const unsigned bits = ecn_bits(segment);
    connection.accurate_ecn = connection.accurate_ecn_asked && (bits == 2 || bits == 3 || bits == 4 || bits == 6);
    connection.server_port = source_port;
  }
  const bool first =
      kind != syn && !connection.sides[0].has_initial_sequence && !connection.sides[1].has_initial_sequence;
  if (!first && segment.length > 0) {
    connection.seen |= TcpSeen::data;
  } else if (!first && kind == ack) {
    connection.seen |= TcpSeen::ack;
  }
  if ((segment.flags & fin) != 0) {
    out.fin_active =
        (connection.seen & TcpSeen::fin) == 0 || connection.closing_first == &fwd - connection.sides.data();
    if (out.fin_active) connection.closing_first = static_cast<std::int8_t>(&fwd - connection.sides.data());
    out.fin_passive = !out.fin_active && fwd.fin_frame == 0;
    if (fwd.fin_frame == 0) fwd.fin_frame = static_cast<std::uint32_t>(segment.frame_number);
    connection.seen |= TcpSeen::fin;
  }
  if ((segment.flags & rst) != 0) connection.seen |= TcpSeen::rst;
}

}  // namespace

void TcpAnalyzer::take(TcpConnection& connection, unsigned from, const TcpSegmentFacts& segment,
                       std::uint16_t source_port, std::uint16_t destination_port, TcpAnalysis& out) {
  TcpSide& fwd = connection.sides[from];
  TcpSide& rev = connection.sides[1 - from];
  const std::uint16_t kind = segment.flags & (syn | ack);
  const std::int64_t now = segment.time.nanoseconds;
  if (!connection.has_first_time) {
    connection.first_time = connection.previous_time = now;
    connection.has_first_time = true;
  }
  out.since_first = Duration{now - connection.first_time};
  out.since_previous = Duration{now - connection.previous_time};
  connection.previous_time = now;

  out.seen = connection.seen;
  if (segment.has_header) see(connection, fwd, segment, source_port, destination_port, out);
  out.server_port = connection.server_port;
  out.fast_open_data = connection.fast_open_data;
  out.accurate_ecn = connection.accurate_ecn && (segment.flags & syn) == 0;

  if (learn_initial_sequences(connection, from, segment)) out.marks |= TcpMark::reused_ports;
  // Numbers of a segment whose length is not known stay as they are.
  out.relative_sequence = segment.sequence_number - (segment.has_length ? fwd.initial_sequence : 0);
  out.relative_acknowledgment = segment.acknowledgment_number;
  if (segment.has_length && (segment.flags & ack) != 0) out.relative_acknowledgment -= rev.initial_sequence;

  if (segment.has_length) out.window_scale = fwd.window_scale;
  if (segment.has_header && segment.has_length) Step{*this, connection, from, segment, out}.run();

  if (kind == ack && connection.initial_rtt == 0 && connection.has_syn_time) {
    connection.initial_rtt = now - connection.syn_time;
  }
  out.has_initial_rtt = connection.initial_rtt != 0;
  out.initial_rtt = Duration{connection.initial_rtt};

  // Options count from the next segment on.
  if ((segment.flags & syn) != 0) {
    // Scaling is used where both offer it: RFC 7323 §2.2.
    if (segment.window_scale != TcpSegmentFacts::no_window_scale) {
      fwd.window_scale = rev.window_scale == -2 ? std::int16_t{-2} : std::int16_t{segment.window_scale};
    } else if (fwd.window_scale == -1) {
      fwd.window_scale = rev.window_scale = -2;
    }
  }
  fwd.sack_count = segment.sack_count;
  fwd.sack = segment.sack;
}

}  // namespace encap
