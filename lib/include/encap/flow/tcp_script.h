#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "encap/base/bytes.h"
#include "encap/base/timestamp.h"
#include "encap/flow/segment.h"
#include "encap/wire/endpoint.h"

namespace encap {

/// How a connection ends.
enum class Close : std::uint8_t {
  fin,  ///< FIN from the client, FIN from the server, and the last acknowledgement
  rst,  ///< a reset from the client
  none  ///< not at all: the capture ends before the connection does
};

/// What every connection of a run has in common.
struct TcpProfile {
  std::uint32_t mtu = 1500;
  Duration round_trip = std::chrono::microseconds{200};
  Close close = Close::fin;
  std::uint64_t seed = 0;
  bool fixed_identification = false;  ///< start the IP identification of both sides at `identification`
  std::uint16_t identification = 0;
};

/// One TCP connection as a tap halfway between the two hosts sees it: what passes, in which order, and when. A host
/// reacts to what passed the tap half a round trip later. The script is a small state machine: `next_event` says when
/// the next segment passes, `step` makes it. Source: RFC 9293 §3.5 (handshake), §3.6 (closing); RFC 5681 §4.2 (when
/// to acknowledge); RFC 7323 (window scale, timestamps).
class TcpScript {
 public:
  /// Time in which an answer may carry the acknowledgement, before one is sent alone (RFC 9293 §3.8.6.3 allows 500 ms;
  /// Linux takes 40 ms).
  static constexpr Duration delayed_ack = std::chrono::milliseconds{40};
  /// The gap between two segments that leave one after another.
  static constexpr Duration segment_gap = std::chrono::microseconds{50};
  /// The least MTU a connection fits into: headers, options and eight octets of payload.
  static constexpr std::uint32_t least_mtu = 128;

  static constexpr Timestamp never{INT64_MAX};

  /// `client_to_server` is the route of the side that opens the connection.
  TcpScript(const Route& client_to_server, const TcpProfile& profile) noexcept;

  [[nodiscard]] const Route& route() const noexcept { return route_; }
  /// Whether anything was sent or is to be.
  [[nodiscard]] bool opened() const noexcept { return phase_ != Phase::unopened; }
  /// Whether a message is still being sent. Only one is under way at a time, so answers follow what they answer.
  [[nodiscard]] bool busy() const noexcept { return busy_; }
  /// Whether `close` was called.
  [[nodiscard]] bool closing() const noexcept { return closing_; }
  /// Whether nothing more will ever pass.
  [[nodiscard]] bool finished() const noexcept { return phase_ == Phase::closed; }

  /// Sends a message, not before `at`; the first one opens the connection.
  /// Lifetime: borrows `payload` until `busy` is false again. Precondition: not busy, not closing, payload not empty.
  void send(bool from_client, Timestamp at, Bytes payload) noexcept;

  /// Ends the connection as the profile says, not before `at`. Precondition: not busy.
  void close(Timestamp at) noexcept;

  /// When the next segment passes; `never` while there is nothing to do.
  [[nodiscard]] Timestamp next_event() const noexcept;

  /// Makes the segment that is due, stamped `now`. Precondition: `now >= next_event()`, and that is not `never`.
  [[nodiscard]] Segment step(Timestamp now) noexcept;

 private:
  friend class TcpRepair;  // plays the connection while segments of it are lost or repeated
  enum class Phase : std::uint8_t { unopened, syn, syn_ack, handshake_ack, open, fin, fin_answer, last_ack, closed };
  enum SideName : std::uint8_t { client = 0, server = 1 };

  /// One host. Names of sequence variables are those of RFC 9293 §3.3.1.
  struct Side {
    Timestamp ready;              // from when on it may send data
    Timestamp ack_due = never;    // when it acknowledges without data
    Timestamp coming_at = never;  // when `coming_clock` arrives
    std::uint64_t sent = 0;       // octets of payload
    SequenceNumber snd_nxt;
    SequenceNumber ack_number;      // what that acknowledgement says
    std::uint32_t clock_offset;     // of its timestamps option
    std::uint32_t heard_clock = 0;  // of the other side's timestamps option, as far as it has arrived
    std::uint32_t coming_clock = 0;
    std::uint16_t identification;
    std::uint8_t covered = 0;  // segments the coming acknowledgement answers
    std::uint8_t held = 0;     // segments that came after it was settled
  };

  static constexpr SideName other(SideName side) noexcept { return side == client ? server : client; }
  /// When an acknowledgement that nothing carries passes: no earlier than what it answers can have arrived.
  [[nodiscard]] Duration alone_after() const noexcept { return std::max(delayed_ack, half_trip_); }
  [[nodiscard]] Timestamp data_time() const noexcept;

  Segment make(SideName from, TcpFlags flags, Timestamp now) noexcept;
  static void hear(Side& side, Timestamp now) noexcept;
  Segment make_data(Timestamp now) noexcept;
  Segment make_ack(SideName from, Timestamp now) noexcept;
  void receive(SideName receiver, Timestamp now, bool pushed) noexcept;

  Route route_;
  std::array<Side, 2> sides_;
  Duration half_trip_;
  Duration pace_;           // between two segments of one side
  Timestamp phase_time_;    // of the next handshake or closing segment
  Timestamp message_time_;  // the message under way starts no earlier
  Bytes rest_{};            // of the message under way
  std::uint16_t maximum_segment_size_;
  std::uint16_t segment_size_;  // octets of payload a segment carries
  std::uint8_t ack_every_;      // segments an acknowledgement answers at most
  Phase phase_ = Phase::unopened;
  Close close_;
  SideName sender_ = client;
  bool busy_ = false;
  bool closing_ = false;
};

}  // namespace encap
