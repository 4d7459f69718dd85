#include "flow/tcp_repair.h"

#include <algorithm>
#include <cassert>
#include <span>

#include "flow/mix.h"

namespace encap {
namespace {

constexpr std::uint32_t most_in_flight = 64000;  // octets, below the window that hosts offer
constexpr Timestamp never = TcpScript::never;

/// A window stays closed for so many timeouts, in halves: two probes fit in, the second after twice the time.
constexpr int half_timeouts_closed = 7;

}  // namespace

TcpRepair::TcpRepair(const TcpScript& script, const Impairment& impairment, std::uint64_t seed) noexcept
    : impairment_{impairment},
      seed_{seed},
      // RFC 6298 §2.2 and §2.3: SRTT + 4 * RTTVAR, where RTTVAR is half of the only round trip that was measured.
      first_timeout_{round_trip(script) + std::max<Duration>(least_timeout, 2 * round_trip(script))} {}

void TcpRepair::send(TcpScript& script, const Order& order) {
  assert(!busy_ && !script.busy() && !order.payload.empty());
  busy_ = true;
  begun_ = false;
  halved_ = false;
  order_ = order;
  rest_ = order.payload;
  message_time_ = order.at + order.faults.delay();
  if (script.phase_ == TcpScript::Phase::unopened) {
    script.phase_ = TcpScript::Phase::syn;
    script.phase_time_ = order.at;
  }
}

bool TcpRepair::quiet(const TcpScript& script) const noexcept {
  if (busy_ || !held_.empty()) return false;
  if (!taken_over_) return true;
  for (const SideName side : {TcpScript::client, TcpScript::server}) {
    const Host& host = hosts_[side];
    if (host.rcv_nxt != script.sides_[TcpScript::other(side)].snd_nxt || !host.copies.empty() || host.shut_out ||
        host.closed || host.closes_behind || host.resend_at != never)
      return false;
  }
  return std::none_of(arrivals_.begin(), arrivals_.end(), [](const Arrival& arrival) { return arrival.length != 0; });
}

void TcpRepair::give_back(TcpScript& script) noexcept {
  assert(quiet(script));
  given_back_ = true;
  if (!taken_over_) return;
  for (const SideName name : {TcpScript::client, TcpScript::server}) {
    TcpScript::Side& side = script.sides_[name];
    side.ack_number = hosts_[name].rcv_nxt;
    side.held = 0;
    side.covered = side.ack_due == never ? std::uint8_t{0} : std::max<std::uint8_t>(side.covered, 1);
  }
  // Acknowledgements on their way tell their time once they are there.
  for (const Arrival& arrival : arrivals_) {
    TcpScript::Side& side = script.sides_[arrival.to];
    if (side.coming_at != never) continue;
    side.coming_clock = arrival.clock;
    side.coming_at = arrival.at;
  }
}

std::optional<std::uint32_t> TcpRepair::take_done() noexcept {
  if (open_.empty()) return std::nullopt;
  const Open& first = open_.front();
  if (!given_back_) {
    const Host& host = hosts_[first.side];
    if (distance(first.end, host.snd_una) < 0 || (busy_ && order_.message == first.message)) return std::nullopt;
    if (std::any_of(held_.begin(), held_.end(), [&](const Held& h) { return h.passing.message == first.message; }) ||
        std::any_of(host.copies.begin(), host.copies.end(),
                    [&](const Copy& copy) { return copy.sent.message == first.message; }))
      return std::nullopt;
  }
  const std::uint32_t message = first.message;
  open_.pop_front();
  return message;
}

/// When nothing of what the script sent is on its way any more.
Timestamp TcpRepair::take_over_time(const TcpScript& script) const noexcept {
  const TcpScript::Side& client = script.sides_[TcpScript::client];
  const TcpScript::Side& server = script.sides_[TcpScript::server];
  if (client.sent + server.sent == 0) return std::max(message_time_, order_.from_client ? client.ready : server.ready);
  return std::max({message_time_, client.ready, server.ready});
}

void TcpRepair::take_over(TcpScript& script) noexcept {
  taken_over_ = true;
  for (const SideName name : {TcpScript::client, TcpScript::server}) {
    Host& host = hosts_[name];
    TcpScript::Side& side = script.sides_[name];
    const TcpScript::Side& peer = script.sides_[TcpScript::other(name)];
    const bool owes = side.ack_due != never;
    host.snd_una = side.snd_nxt;
    host.owed = peer.ack_due != never;
    host.timeout = first_timeout_;
    host.rcv_nxt = peer.snd_nxt;
    host.last_ack_sent = owes ? SequenceNumber{peer.snd_nxt.value - 1} : peer.snd_nxt;
    side.covered = static_cast<std::uint8_t>(std::min(side.covered + side.held, 255));
    side.held = 0;
  }
}

Timestamp TcpRepair::next_event(const TcpScript& script) const noexcept {
  // What becomes possible by what arrived does so then, not when it was wanted first.
  if (taken_over_) return std::max(next_due(script).at, now_);
  const Timestamp next = script.next_event();
  if (script.phase_ != TcpScript::Phase::open || !busy_) return next;
  return std::min(next, take_over_time(script));
}

std::optional<TcpRepair::Passing> TcpRepair::step(TcpScript& script, Timestamp now) {
  now_ = std::max(now_, now);
  if (!taken_over_) {
    if (script.phase_ != TcpScript::Phase::open || script.next_event() < take_over_time(script))
      return Passing{script.step(now), no_index};
    take_over(script);
  }
  const Due due = next_due(script);
  assert(due.at <= now);
  switch (due.action) {
    case Action::none:
      return std::nullopt;
    case Action::arrive: {
      const Arrival arrival = arrivals_.front();
      arrivals_.pop_front();
      arrive(script, arrival, now);
      return std::nullopt;
    }
    case Action::pass:
      return pass(script, due.index, now);
    case Action::reset:
      return send_reset(script, due.side, now);
    case Action::resend:
      return resend(script, due.side, now, false);
    case Action::time_out:
      return resend(script, due.side, now, true);
    case Action::copy:
      return send_copy(script, due.side, now);
    case Action::data:
      return send_data(script, now);
    case Action::acknowledge:
      return send_acknowledgment(script, due.side, now);
    case Action::open:
      hosts_[due.side].closed = false;
      hosts_[due.side].opens_at = never;
      return send_acknowledgment(script, due.side, now);
    case Action::probe:
      return send_probe(script, due.side, now);
  }
  return std::nullopt;
}

/// Of what is due at the same time, what stands first here.
TcpRepair::Due TcpRepair::next_due(const TcpScript& script) const noexcept {
  Due due;
  const auto consider = [&due](Timestamp at, Action action, SideName side, std::size_t index = 0) {
    if (at < due.at) due = {at, action, side, index};
  };
  if (!arrivals_.empty()) consider(arrivals_.front().at, Action::arrive, arrivals_.front().to);
  for (std::size_t i = 0; i < held_.size(); ++i) consider(held_[i].at, Action::pass, TcpScript::client, i);
  for (const SideName side : {TcpScript::client, TcpScript::server}) {
    const Host& host = hosts_[side];
    consider(host.reset_at, Action::reset, side);
    consider(host.resend_at, Action::resend, side);
    if (host.timeout_at != never) consider(std::max(host.timeout_at, clear_time(script, host)), Action::time_out, side);
    consider(copy_time(script, host), Action::copy, side);
  }
  if (busy_) consider(data_time(script), Action::data, order_.from_client ? TcpScript::client : TcpScript::server);
  for (const SideName side : {TcpScript::client, TcpScript::server}) {
    const Host& host = hosts_[side];
    consider(script.sides_[side].ack_due, Action::acknowledge, side);
    consider(host.opens_at, Action::open, side);
    const bool has_more =
        busy_ && !rest_.empty() && order_.from_client == (side == TcpScript::client) && may_begin(script);
    if (host.probe_at != never && has_more) consider(std::max(host.probe_at, message_time_), Action::probe, side);
  }
  return due;
}

/// From when on what a side sends is told apart from segments that passed in another order.
Timestamp TcpRepair::clear_time(const TcpScript& script, const Host& host) const noexcept {
  if (host.last_new.nanoseconds == INT64_MIN) return host.last_new;
  return host.last_new + round_trip(script) + TcpScript::segment_gap;
}

/// When what has arrived is sent again all the same: once its acknowledgement is back.
Timestamp TcpRepair::copy_time(const TcpScript& script, const Host& host) const noexcept {
  if (host.copies.empty()) return never;
  const Copy& copy = host.copies.front();
  if (distance(copy.sent.end(), host.snd_una) < 0) return never;
  return std::max(copy.due, clear_time(script, host));
}

/// An answer waits for all of what it answers.
bool TcpRepair::may_begin(const TcpScript& script) const noexcept {
  const SideName sender = order_.from_client ? TcpScript::client : TcpScript::server;
  return begun_ || hosts_[sender].rcv_nxt == script.sides_[TcpScript::other(sender)].snd_nxt;
}

/// When the next new segment leaves; never while it waits for something to arrive.
Timestamp TcpRepair::data_time(const TcpScript& script) const noexcept {
  const SideName sender = order_.from_client ? TcpScript::client : TcpScript::server;
  const Host& host = hosts_[sender];
  const TcpScript::Side& side = script.sides_[sender];
  if (rest_.empty() || host.shut_out || host.stopped || !may_begin(script)) return never;
  const std::int64_t in_flight = distance(host.snd_una, side.snd_nxt);
  const auto next = static_cast<std::int64_t>(std::min<std::size_t>(rest_.size(), script.segment_size_));
  if (in_flight > 0 && in_flight + next > most_in_flight) return never;
  if (host.unacknowledged.size() >= most_unacknowledged || host.copies.size() >= most_unacknowledged) return never;
  const Timestamp at = std::max(message_time_, side.ready);
  if (host.timeout_at <= at) return never;
  if (copy_time(script, host) != never && host.copies.front().due <= at) return never;
  return at;
}

/// A segment as the script makes it, but that says what this side has received, and nothing of it is heard yet.
Segment TcpRepair::make(TcpScript& script, SideName from, TcpFlags flags, Timestamp now) {
  TcpScript::Side& peer = script.sides_[TcpScript::other(from)];
  const std::uint32_t coming_clock = peer.coming_clock;
  const Timestamp coming_at = peer.coming_at;
  Segment segment = script.make(from, flags, now);
  peer.coming_clock = coming_clock;
  peer.coming_at = coming_at > now ? coming_at : never;
  Host& host = hosts_[from];
  segment.acknowledgment_number = host.rcv_nxt;
  host.last_ack_sent = host.rcv_nxt;
  if (host.closed) segment.window = 0;
  return segment;
}

Segment TcpRepair::make_data(TcpScript& script, SideName from, const Sent& sent, Timestamp now) {
  Segment segment = make(script, from, sent.pushed ? TcpFlags::psh | TcpFlags::ack : TcpFlags::ack, now);
  segment.sequence_number = sent.number;
  segment.payload = sent.payload;
  segment.stream_offset = sent.stream_offset;
  TcpScript::Side& receiver = script.sides_[TcpScript::other(from)];
  receiver.ready = std::max(receiver.ready, now + std::max(script.half_trip_, TcpScript::segment_gap));
  return segment;
}

TcpRepair::Arrival TcpRepair::arrival_of(const TcpScript& script, SideName from, const Segment& segment,
                                         Timestamp now) noexcept {
  const std::uint64_t milliseconds = static_cast<std::uint64_t>(now.nanoseconds / 1'000'000);
  return {.at = never,
          .to = TcpScript::other(from),
          .number = segment.sequence_number,
          .length = static_cast<std::uint32_t>(segment.payload.size()),
          .acknowledges = segment.acknowledgment_number,
          .clock = static_cast<std::uint32_t>(script.sides_[from].clock_offset + milliseconds),
          .pushed = segment.flags.has(TcpFlags::psh),
          .window_closed = segment.window == 0};
}

void TcpRepair::deliver(const TcpScript& script, Arrival arrival, Timestamp passed) {
  arrival.at = passed + script.half_trip_;
  arrivals_.push_back(arrival);
}

std::optional<TcpRepair::Passing> TcpRepair::send_data(TcpScript& script, Timestamp now) {
  const SideName from = order_.from_client ? TcpScript::client : TcpScript::server;
  Host& host = hosts_[from];
  TcpScript::Side& side = script.sides_[from];
  Faults faults = order_.faults;
  const bool reorder_asked = faults.has(Fault::reorder) && !begun_;
  if (impairment_.any())
    faults.add(impairment_.draw(Mixer{seed_}.add(side.snd_nxt.value).add(std::uint64_t{from}).next()));

  if (!begun_) open_.push_back({order_.message, from, side.snd_nxt + static_cast<std::uint32_t>(rest_.size())});
  std::size_t size = std::min<std::size_t>(rest_.size(), script.segment_size_);
  const bool overlaps = faults.has(Fault::overlap) && size == rest_.size() && (halved_ || size >= 2);
  const bool first_half = overlaps && !halved_;
  if (first_half) size = (size + 1) / 2;
  const bool last = size == rest_.size();
  const Sent sent{.number = side.snd_nxt,
                  .payload = rest_.first(size),
                  .stream_offset = side.sent,
                  .message = order_.message,
                  .at = now,
                  .pushed = last,
                  .joins_next = first_half};
  Passing passing{make_data(script, from, sent, now), order_.message};
  Segment& segment = passing.segment;
  segment.bad_checksum = faults.has(Fault::bad_checksum);
  segment.bad_ip_checksum = faults.has(Fault::bad_ip_checksum);
  segment.fragment_size = faults.fragment;
  segment.dont_fragment = faults.fragment == 0;

  rest_ = rest_.subspan(size);
  begun_ = true;
  halved_ = first_half;
  side.sent += size;
  side.snd_nxt = sent.end();
  side.ready = now + script.pace_;
  host.unacknowledged.push_back(sent);
  if (host.timeout_at == never) host.timeout_at = now + host.timeout;
  host.last_new = now;
  if (faults.has(Fault::retransmit)) host.copies.push_back({sent, now + first_timeout_});
  if (last) {
    Host& receiver = hosts_[TcpScript::other(from)];
    if (faults.has(Fault::rst)) {
      receiver.resets_behind = side.snd_nxt;
    } else if (faults.has(Fault::zero_window)) {
      receiver.closes_behind = side.snd_nxt;
      host.stopped = true;
    }
    busy_ = faults.has(Fault::rst);  // nothing is sent behind it
  }

  // Whatever waits to pass behind this one.
  bool one_waits = false;
  for (Held& held : held_) {
    if (!held.waits || held.arrival.to == from) continue;
    held.waits = false;
    held.at = now + copy_gap;
    one_waits = true;
  }
  if (faults.has(Fault::lost_before)) return std::nullopt;
  const bool arrives = !(faults.has(Fault::lost) || overlaps || segment.bad_checksum || segment.bad_ip_checksum);
  const Arrival arrival = arrival_of(script, from, segment, now);
  const bool drawn = !order_.faults.has(Fault::reorder) && faults.has(Fault::reorder);
  const bool followed = !rest_.empty() || order_.followed;
  const bool reorder = (reorder_asked || drawn) && followed && !one_waits;
  if (reorder_asked && !followed) ++not_reordered_;
  Held held{now + copy_gap, false, arrives, passing, arrival};
  if (faults.has(Fault::duplicate)) {
    held_.push_back(held);
    if (reorder) held_.back().at = now + longest_hold + copy_gap;
    held_.back().waits = reorder;
  }
  if (reorder) {
    held.at = now + longest_hold;
    held.waits = true;
    held_.insert(held_.end() - (faults.has(Fault::duplicate) ? 1 : 0), held);
    return std::nullopt;
  }
  if (arrives) deliver(script, arrival, now);
  return passing;
}

std::optional<TcpRepair::Passing> TcpRepair::pass(const TcpScript& script, std::size_t index, Timestamp now) {
  const Held held = held_[index];
  held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
  Passing passing = held.passing;
  passing.segment.timestamp = now;
  if (held.arrives) deliver(script, held.arrival, now);
  return passing;
}

std::optional<TcpRepair::Passing> TcpRepair::resend(TcpScript& script, SideName side, Timestamp now, bool timed_out) {
  Host& host = hosts_[side];
  host.resend_at = never;
  auto& waiting = host.unacknowledged;
  auto found = waiting.begin();
  if (timed_out) {
    host.recovering = true;
    host.recover = script.sides_[side].snd_nxt;
    host.duplicates = 0;
    host.timeout = std::min(2 * host.timeout, longest_timeout);
  } else {
    // What was sent again less than a round trip ago is still on its way.
    found = std::find_if(waiting.begin(), waiting.end(), [&](const Sent& sent) { return !sent.sacked; });
    if (found != waiting.end() && found->again && found->at + round_trip(script) > now) found = waiting.end();
  }
  if (found == waiting.end()) {
    if (waiting.empty()) host.timeout_at = never;
    return std::nullopt;
  }
  if (found->joins_next && found + 1 != waiting.end()) {
    const Sent& next = *(found + 1);
    found->payload = {found->payload.data(), found->payload.size() + next.payload.size()};
    found->pushed = next.pushed;
    found->joins_next = false;
    const auto at = found - waiting.begin();
    waiting.erase(found + 1);
    found = waiting.begin() + at;
  }
  found->at = now;
  found->again = true;
  host.timeout_at = now + host.timeout;
  const Passing passing{make_data(script, side, *found, now), found->message};
  TcpScript::Side& sender = script.sides_[side];
  sender.ready = std::max(sender.ready, now + TcpScript::segment_gap);
  deliver(script, arrival_of(script, side, passing.segment, now), now);
  return passing;
}

std::optional<TcpRepair::Passing> TcpRepair::send_copy(TcpScript& script, SideName side, Timestamp now) {
  Host& host = hosts_[side];
  const Sent sent = host.copies.front().sent;
  host.copies.pop_front();
  const Passing passing{make_data(script, side, sent, now), sent.message};
  TcpScript::Side& sender = script.sides_[side];
  sender.ready = std::max(sender.ready, now + TcpScript::segment_gap);
  deliver(script, arrival_of(script, side, passing.segment, now), now);
  return passing;
}

std::optional<TcpRepair::Passing> TcpRepair::send_acknowledgment(TcpScript& script, SideName side, Timestamp now) {
  Segment segment = make(script, side, TcpFlags::ack, now);
  hosts_[side].acknowledged_at = now;
  Arrival arrival = arrival_of(script, side, segment, now);
  const auto& islands = hosts_[side].islands;
  arrival.blocks = static_cast<std::uint8_t>(std::min<std::size_t>(islands.size(), arrival.sacked.size()));
  std::copy_n(islands.begin(), arrival.blocks, arrival.sacked.begin());
  if (arrival.blocks != 0)
    segment.options.no_operation().no_operation().sack(std::span{arrival.sacked}.first(arrival.blocks));
  deliver(script, arrival, now);
  return Passing{segment, no_index};
}

/// One octet of what is to come, which the receiver has no room for (RFC 9293 §3.8.6.1).
std::optional<TcpRepair::Passing> TcpRepair::send_probe(TcpScript& script, SideName side, Timestamp now) {
  Host& host = hosts_[side];
  host.probe_wait = std::min(2 * host.probe_wait, longest_timeout);
  host.probe_at = now + host.probe_wait;
  const Sent octet{.number = script.sides_[side].snd_nxt,
                   .payload = rest_.first(1),
                   .stream_offset = script.sides_[side].sent,
                   .message = order_.message,
                   .at = now};
  const Passing passing{make_data(script, side, octet, now), order_.message};
  Arrival arrival = arrival_of(script, side, passing.segment, now);
  arrival.probe = true;
  deliver(script, arrival, now);
  return passing;
}

std::optional<TcpRepair::Passing> TcpRepair::send_reset(TcpScript& script, SideName side, Timestamp now) {
  const Passing passing{make(script, side, TcpFlags::rst | TcpFlags::ack, now), no_index};
  script.phase_ = TcpScript::Phase::closed;
  busy_ = false;
  given_back_ = true;
  return passing;
}

void TcpRepair::arrive(TcpScript& script, const Arrival& arrival, Timestamp now) {
  hear_acknowledgment(script, arrival, now);
  // RFC 7323 §4.3: what is echoed is of the segment that the last acknowledgement asked for.
  if (distance(arrival.number, hosts_[arrival.to].last_ack_sent) >= 0)
    script.sides_[arrival.to].heard_clock = arrival.clock;
  if (arrival.length != 0) take_in(script, arrival, now);
}

void TcpRepair::hear_acknowledgment(const TcpScript& script, const Arrival& arrival, Timestamp now) {
  Host& host = hosts_[arrival.to];
  auto& waiting = host.unacknowledged;
  for (std::uint8_t i = 0; i < arrival.blocks; ++i) {
    const SackBlock& block = arrival.sacked[i];
    for (Sent& sent : waiting) {
      if (distance(block.left, sent.number) >= 0 && distance(sent.end(), block.right) >= 0) sent.sacked = true;
    }
  }
  const bool window_changed = arrival.window_closed != host.shut_out;
  if (distance(host.snd_una, arrival.acknowledges) > 0) {
    host.snd_una = arrival.acknowledges;
    host.duplicates = 0;
    host.owed = false;
    while (!waiting.empty() && distance(waiting.front().end(), host.snd_una) >= 0) waiting.pop_front();
    host.timeout = first_timeout_;
    host.timeout_at = waiting.empty() ? never : now + host.timeout;
    if (host.recovering && distance(host.recover, host.snd_una) >= 0) host.recovering = false;
    if (host.recovering) host.resend_at = now;
  } else if (arrival.length == 0 && arrival.acknowledges == host.snd_una && !waiting.empty() && !window_changed) {
    if (host.owed) {
      host.owed = false;
    } else if (++host.duplicates == 3 && !host.recovering) {
      host.recovering = true;
      host.recover = script.sides_[arrival.to].snd_nxt;
      host.resend_at = now;
    }
  }
  if (!window_changed) return;
  host.shut_out = arrival.window_closed;
  host.probe_wait = host.timeout;
  host.probe_at = host.shut_out ? now + host.probe_wait : never;
  host.stopped = false;
}

/// Data at a receiver.
void TcpRepair::take_in(TcpScript& script, const Arrival& arrival, Timestamp now) {
  Host& host = hosts_[arrival.to];
  TcpScript::Side& side = script.sides_[arrival.to];
  SackBlock block{arrival.number, arrival.number + arrival.length};
  if (arrival.probe || distance(block.right, host.rcv_nxt) >= 0) {
    side.ack_due = now;  // nothing of it is new, or there is no room (RFC 9293 §3.10.7.4)
    return;
  }
  const bool gap = !host.islands.empty();
  if (distance(host.rcv_nxt, block.left) > 0) {
    std::erase_if(host.islands, [&block](const SackBlock& island) {
      if (distance(island.left, block.right) < 0 || distance(block.left, island.right) < 0) return false;
      if (distance(block.left, island.left) < 0) block.left = island.left;
      if (distance(block.right, island.right) > 0) block.right = island.right;
      return true;
    });
    host.islands.insert(host.islands.begin(), block);
    side.ack_due = now;
    return;
  }
  host.rcv_nxt = block.right;
  const auto joins = [&host](const SackBlock& island) {
    if (distance(island.left, host.rcv_nxt) < 0) return false;
    if (distance(host.rcv_nxt, island.right) > 0) host.rcv_nxt = island.right;
    return true;
  };
  while (std::erase_if(host.islands, joins) != 0) {
  }
  if (side.covered < 255) ++side.covered;
  if (gap || side.covered >= script.ack_every_ || (side.covered >= 2 && arrival.pushed)) {
    side.ack_due = now;
  } else if (side.ack_due == never) {
    // Of the segments that passed before the last one did, the next acknowledgement waits its time, too.
    const Timestamp passed = std::max(arrival.at - script.half_trip_, host.acknowledged_at);
    side.ack_due = std::max(now, passed + script.alone_after());
  }
  if (host.closes_behind && distance(*host.closes_behind, host.rcv_nxt) >= 0) {
    host.closes_behind.reset();
    host.closed = true;
    host.opens_at = now + half_timeouts_closed * first_timeout_ / 2;
    side.ack_due = now;
  }
  if (host.resets_behind && distance(*host.resets_behind, host.rcv_nxt) >= 0) host.reset_at = now;
}

}  // namespace encap
