#include "encap/flow/tcp_script.h"

#include <algorithm>
#include <cassert>

#include "flow/mix.h"

namespace encap {
namespace {

// What current Linux sends: the window of a SYN is never scaled (RFC 7323 §2.2), all others are.
constexpr std::uint16_t syn_window = 64240;
constexpr std::uint16_t syn_ack_window = 65160;
constexpr std::uint8_t window_shift = 7;
constexpr std::uint16_t window = 502;                   // times 2^7: 64256 octets
constexpr std::uint32_t most_in_flight = 64000;         // octets, below the smallest window offered
constexpr std::uint16_t timestamps_option_octets = 12;  // with the two no-operations that align it

}  // namespace

TcpScript::TcpScript(const Route& client_to_server, const TcpProfile& profile) noexcept
    : route_{client_to_server}, sides_{}, half_trip_{profile.round_trip / 2}, close_{profile.close} {
  assert(profile.mtu >= least_mtu);
  const std::uint32_t network = route_.source.address.is_ipv4() ? 20 : 40;
  maximum_segment_size_ = static_cast<std::uint16_t>(std::min<std::uint32_t>(profile.mtu - network - 20, 65495));
  segment_size_ = static_cast<std::uint16_t>(
      std::min<std::uint32_t>(maximum_segment_size_ - timestamps_option_octets, most_in_flight / 2));

  // With a long round trip a receiver answers more segments at once, as hosts that merge segments do, and the sender
  // spreads them over half a round trip. Up to three times as many leave before the answer to the first is back: never
  // more in flight than the window, never an answer ahead of its cause.
  const auto most = std::max<std::int64_t>(1, most_in_flight / (3 * segment_size_));
  const std::int64_t wanted = (half_trip_ + segment_gap - Duration{1}) / segment_gap;
  ack_every_ = static_cast<std::uint8_t>(
      std::clamp<std::int64_t>(wanted, std::min<std::int64_t>(2, most), std::min<std::int64_t>(most, 64)));
  pace_ = std::max<Duration>(segment_gap, (half_trip_ + Duration{ack_every_ - 1}) / ack_every_);

  Mixer random{profile.seed};
  random.add(route_.source.address.octets()).add(route_.source.port.value);
  random.add(route_.destination.address.octets()).add(route_.destination.port.value);
  for (Side& side : sides_) {
    side.snd_nxt = {static_cast<std::uint32_t>(random.next())};
    side.clock_offset = static_cast<std::uint32_t>(random.next());
    side.identification =
        profile.fixed_identification ? profile.identification : static_cast<std::uint16_t>(random.next());
  }
}

void TcpScript::send(bool from_client, Timestamp at, Bytes payload) noexcept {
  assert(!busy_ && !closing_ && !payload.empty());
  busy_ = true;
  sender_ = from_client ? client : server;
  rest_ = payload;
  message_time_ = at;
  if (phase_ == Phase::unopened) {
    phase_ = Phase::syn;
    phase_time_ = at;
  }
}

void TcpScript::close(Timestamp at) noexcept {
  assert(!busy_);
  closing_ = true;
  if (phase_ == Phase::unopened) {
    phase_ = Phase::closed;
    return;
  }
  phase_time_ = std::max({at, sides_[client].ready, sides_[server].ready}) + 2 * half_trip_ + segment_gap;
  if (close_ == Close::none && sides_[client].ack_due == never && sides_[server].ack_due == never) {
    phase_ = Phase::closed;
  }
}

Timestamp TcpScript::data_time() const noexcept { return std::max(message_time_, sides_[sender_].ready); }

Timestamp TcpScript::next_event() const noexcept {
  switch (phase_) {
    case Phase::unopened:
    case Phase::closed:
      return never;
    case Phase::open:
      break;
    default:
      return phase_time_;
  }
  Timestamp next = std::min(sides_[client].ack_due, sides_[server].ack_due);
  if (busy_) next = std::min(next, data_time());
  if (closing_ && close_ != Close::none) next = std::min(next, phase_time_);
  return next;
}

Segment TcpScript::step(Timestamp now) noexcept {
  assert(now >= next_event() && next_event() != never);
  switch (phase_) {
    case Phase::syn: {
      Segment segment = make(client, TcpFlags::syn, now);
      segment.acknowledgment_number = {0};
      sides_[client].snd_nxt = sides_[client].snd_nxt + 1;
      phase_ = Phase::syn_ack;
      phase_time_ = now + half_trip_;
      return segment;
    }
    case Phase::syn_ack: {
      const Segment segment = make(server, TcpFlags::syn | TcpFlags::ack, now);
      sides_[server].snd_nxt = sides_[server].snd_nxt + 1;
      phase_ = Phase::handshake_ack;
      phase_time_ = now + half_trip_;
      return segment;
    }
    case Phase::handshake_ack: {
      phase_ = Phase::open;
      sides_[client].ready = now + segment_gap;
      sides_[server].ready = now + std::max(half_trip_, segment_gap);
      return make(client, TcpFlags::ack, now);
    }
    case Phase::fin_answer: {
      const Segment segment = make(server, TcpFlags::fin | TcpFlags::ack, now);
      sides_[server].snd_nxt = sides_[server].snd_nxt + 1;
      phase_ = Phase::last_ack;
      phase_time_ = now + half_trip_;
      return segment;
    }
    case Phase::last_ack:
      phase_ = Phase::closed;
      return make(client, TcpFlags::ack, now);
    default:
      break;
  }

  // Open. Data goes before an acknowledgement that is due at the same time, because it carries it.
  const Timestamp next = next_event();
  if (busy_ && data_time() == next) return make_data(now);
  if (sides_[client].ack_due == next) return make_ack(client, now);
  if (sides_[server].ack_due == next) return make_ack(server, now);
  if (close_ == Close::rst) {
    phase_ = Phase::closed;
    return make(client, TcpFlags::rst | TcpFlags::ack, now);
  }
  const Segment segment = make(client, TcpFlags::fin | TcpFlags::ack, now);
  sides_[client].snd_nxt = sides_[client].snd_nxt + 1;
  sides_[server].ack_due = never;  // its own FIN carries it
  phase_ = Phase::fin_answer;
  phase_time_ = now + half_trip_;
  return segment;
}

Segment TcpScript::make(SideName from, TcpFlags flags, Timestamp now) noexcept {
  Side& side = sides_[from];
  Side& peer = sides_[other(from)];
  hear(side, now);
  const auto clock =
      static_cast<std::uint32_t>(side.clock_offset + static_cast<std::uint64_t>(now.nanoseconds / 1'000'000));
  Segment segment{.timestamp = now,
                  .route = from == client ? route_ : route_.reversed(),
                  .sequence_number = side.snd_nxt,
                  .acknowledgment_number = peer.snd_nxt,
                  .flags = flags,
                  .window = window,
                  .identification = side.identification,
                  .dont_fragment = true};
  ++side.identification;
  if (flags.has(TcpFlags::syn)) {
    segment.window = flags.has(TcpFlags::ack) ? syn_ack_window : syn_window;
    segment.options.maximum_segment_size(maximum_segment_size_)
        .sack_permitted()
        .timestamps(clock, side.heard_clock)
        .no_operation()
        .window_scale(window_shift);
  } else if (!flags.has(TcpFlags::rst)) {
    segment.options.no_operation().no_operation().timestamps(clock, side.heard_clock);
  }
  // An acknowledgement echoes the first segment it covers (RFC 7323 §4.3), so the one on its way longest counts.
  hear(peer, now);
  if (peer.coming_at == never) {
    peer.coming_clock = clock;
    peer.coming_at = now + half_trip_;
  }
  // Whatever leaves from here says what was received.
  side.ack_due = never;
  side.covered = 0;
  side.held = 0;
  return segment;
}

/// Takes in the timestamp that has arrived by now.
void TcpScript::hear(Side& side, Timestamp now) noexcept {
  if (side.coming_at > now) return;
  side.heard_clock = side.coming_clock;
  side.coming_at = never;
}

Segment TcpScript::make_data(Timestamp now) noexcept {
  Side& side = sides_[sender_];
  const Bytes part = rest_.first(std::min<std::size_t>(rest_.size(), segment_size_));
  rest_ = rest_.subspan(part.size());
  const bool last = rest_.empty();
  Segment segment = make(sender_, last ? TcpFlags::psh | TcpFlags::ack : TcpFlags::ack, now);
  segment.payload = part;
  segment.stream_offset = side.sent;
  side.sent += part.size();
  side.snd_nxt = side.snd_nxt + static_cast<std::uint32_t>(part.size());
  side.ready = now + pace_;
  Side& receiver = sides_[other(sender_)];
  receiver.ready = std::max(receiver.ready, now + std::max(half_trip_, segment_gap));
  receive(other(sender_), now, last);
  busy_ = !last;
  return segment;
}

Segment TcpScript::make_ack(SideName from, Timestamp now) noexcept {
  Side& side = sides_[from];
  const SequenceNumber number = side.ack_number;
  const std::uint8_t held = side.held;
  Segment segment = make(from, TcpFlags::ack, now);
  segment.acknowledgment_number = number;
  if (held != 0) {
    // Segments that passed after this acknowledgement was settled are answered by the next one.
    side.covered = held;
    side.ack_number = sides_[other(from)].snd_nxt;
    side.ack_due = now + (held >= ack_every_ ? half_trip_ : alone_after());
  }
  if (closing_ && close_ == Close::none && next_event() == never) phase_ = Phase::closed;
  return segment;
}

void TcpScript::receive(SideName receiver, Timestamp now, bool pushed) noexcept {
  Side& side = sides_[receiver];
  const bool settled = side.ack_due != never && (side.covered >= ack_every_ || side.ack_due < now + half_trip_);
  if (settled) {
    if (side.held < 255) ++side.held;
    return;
  }
  if (side.ack_due == never) side.ack_due = now + alone_after();
  ++side.covered;
  side.ack_number = sides_[other(receiver)].snd_nxt;
  // RFC 5681 §4.2: every second full-sized segment at the latest; and no host leaves the end of a burst waiting.
  if (side.covered >= ack_every_ || (side.covered >= 2 && pushed)) side.ack_due = now + half_trip_;
}

}  // namespace encap
