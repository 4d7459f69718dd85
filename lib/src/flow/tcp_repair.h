#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "encap/flow/fault.h"
#include "encap/flow/tcp_script.h"
#include "encap/wire/tcp_options.h"
#include "flow/message_window.h"

namespace encap {

/// One TCP connection while segments of it are lost, repeated or out of order. It takes over from a TcpScript with the
/// first message that has a fault, and gives the connection back when all that was sent has arrived.
///
/// The model: a host sends, the tap halfway sees it unless it was lost before, and what is not lost arrives at the
/// other host. Times are the tap's, so a host reacts to what passed half a round trip later.
/// - A receiver acknowledges what it has in order: two segments at once or after the delayed-acknowledgement time; at
///   once, with SACK blocks, what is out of order, fills a gap or was there already (RFC 5681 §4.2, RFC 2018 §4).
/// - A sender keeps what is not acknowledged. It sends the first of it again at the third duplicate acknowledgement
///   (RFC 5681 §3.2), at each acknowledgement of a part of what was in flight then (RFC 6582 §3.2, leaving out what
///   SACK blocks name), and when the timer runs out (RFC 6298 §5; the round trip is known from the handshake).
/// - What is sent again always arrives, so every message does.
///
/// A retransmission by timer, and whatever copies are asked for, leave a round trip after the last new segment of their
/// side at the earliest; new ones wait for it. Readers of captures tell the repeated from the reordered by this.
///
/// Memory: up to 1024 segments on their way for each side, without their octets.
class TcpRepair {
 public:
  /// The least retransmission timeout is Linux's; RFC 6298 §2.4 says a second.
  static constexpr Duration least_timeout = std::chrono::milliseconds{200};
  static constexpr Duration longest_timeout = std::chrono::seconds{60};  // RFC 6298 §2.5
  /// How long a segment is held at most to pass behind the next one: less than the least timeout.
  static constexpr Duration longest_hold = std::chrono::milliseconds{150};
  /// Between two packets that pass together.
  static constexpr Duration copy_gap = std::chrono::microseconds{2};
  static constexpr std::size_t most_unacknowledged = 1024;  // segments

  /// A segment, and the message that its payload is of.
  struct Passing {
    Segment segment;
    std::uint32_t message = no_index;
  };

  /// A message to send.
  struct Order {
    bool from_client = true;
    Timestamp at{};
    Bytes payload{};
    Faults faults{};
    std::uint32_t message = no_index;  ///< what the caller calls it
    bool followed = false;             ///< another message of the same side comes within `longest_hold`
  };

  TcpRepair(const TcpScript& script, const Impairment& impairment, std::uint64_t seed) noexcept;

  /// Sends a message. Lifetime: borrows its payload until `take_done` names it. Precondition: not busy, nor is
  /// `script`.
  void send(TcpScript& script, const Order& order);
  /// Whether a message is still being sent. What was sent may still have to be sent again.
  [[nodiscard]] bool busy() const noexcept { return busy_; }
  /// Whether all that was sent has arrived and nothing stands out, so that `give_back` may be called.
  [[nodiscard]] bool quiet(const TcpScript& script) const noexcept;
  /// Lets `script` go on. All messages are done then. Precondition: quiet.
  void give_back(TcpScript& script) noexcept;

  /// When something happens next; `TcpScript::never` while there is nothing to wait for.
  [[nodiscard]] Timestamp next_event(const TcpScript& script) const noexcept;
  /// Does what is due, one thing; the segment that passes by it, if one does. Precondition: `now >= next_event()`. The
  /// script is finished once the connection was reset.
  [[nodiscard]] std::optional<Passing> step(TcpScript& script, Timestamp now);

  /// A message whose octets are not needed any more; none when there is none. After a reset: each of them in turn.
  [[nodiscard]] std::optional<std::uint32_t> take_done() noexcept;
  /// Messages that were to be reordered and had nothing behind them.
  [[nodiscard]] std::uint64_t take_not_reordered() noexcept { return std::exchange(not_reordered_, 0); }

 private:
  using SideName = TcpScript::SideName;

  /// A segment that waits for its acknowledgement.
  struct Sent {
    SequenceNumber number;
    Bytes payload;
    std::uint64_t stream_offset = 0;
    std::uint32_t message = no_index;
    Timestamp at;  // when it left last
    bool again = false;
    bool pushed = false;
    bool sacked = false;
    bool joins_next = false;  // leaves in one with the next one when it is sent again

    [[nodiscard]] SequenceNumber end() const noexcept { return number + static_cast<std::uint32_t>(payload.size()); }
  };
  struct Copy {
    Sent sent;
    Timestamp due;
  };
  /// What reaches a host.
  struct Arrival {
    Timestamp at;
    SideName to;
    SequenceNumber number;
    std::uint32_t length = 0;
    SequenceNumber acknowledges;
    std::uint32_t clock = 0;  // TSval
    bool pushed = false;
    bool window_closed = false;
    bool probe = false;
    std::uint8_t blocks = 0;
    std::array<SackBlock, 3> sacked{};
  };
  /// A packet that was sent and passes later.
  struct Held {
    Timestamp at;
    bool waits = false;  // for the next one of its side; `at` is when it stops waiting
    bool arrives = true;
    Passing passing;
    Arrival arrival;
  };
  /// One host. Names of sequence variables are those of RFC 9293 §3.3.1; what is missing here is in the script.
  struct Host {
    // What it sent.
    SequenceNumber snd_una;
    SequenceNumber recover;  // the end of what was in flight when it found a loss (RFC 6582 §3.2)
    std::deque<Sent> unacknowledged;
    std::deque<Copy> copies;
    Timestamp last_new{INT64_MIN};
    Timestamp timeout_at = TcpScript::never;
    Timestamp resend_at = TcpScript::never;
    Timestamp probe_at = TcpScript::never;
    Duration timeout{};
    Duration probe_wait{};
    std::uint32_t duplicates = 0;  // acknowledgements of the same octet
    bool recovering = false;
    bool owed = false;  // the acknowledgement of what was sent before is still to come
    bool shut_out = false;
    bool stopped = false;  // expects that the window closes

    // What it received.
    SequenceNumber rcv_nxt;
    SequenceNumber last_ack_sent;    // RFC 7323 §4.3
    std::vector<SackBlock> islands;  // received out of order, the latest first (RFC 2018 §4)
    std::optional<SequenceNumber> closes_behind;
    std::optional<SequenceNumber> resets_behind;
    Timestamp reset_at = TcpScript::never;
    Timestamp opens_at = TcpScript::never;
    Timestamp acknowledged_at{INT64_MIN / 2};  // without data
    bool closed = false;                       // its window
  };
  struct Open {
    std::uint32_t message;
    SideName side;
    SequenceNumber end;
  };
  enum class Action : std::uint8_t {
    none,
    arrive,
    pass,
    reset,
    resend,
    time_out,
    copy,
    data,
    acknowledge,
    open,
    probe
  };
  struct Due {
    Timestamp at = TcpScript::never;
    Action action = Action::none;
    SideName side = TcpScript::client;
    std::size_t index = 0;
  };

  [[nodiscard]] Duration round_trip(const TcpScript& script) const noexcept { return 2 * script.half_trip_; }
  [[nodiscard]] Timestamp take_over_time(const TcpScript& script) const noexcept;
  void take_over(TcpScript& script) noexcept;
  [[nodiscard]] Due next_due(const TcpScript& script) const noexcept;
  [[nodiscard]] Timestamp clear_time(const TcpScript& script, const Host& host) const noexcept;
  [[nodiscard]] Timestamp copy_time(const TcpScript& script, const Host& host) const noexcept;
  [[nodiscard]] Timestamp data_time(const TcpScript& script) const noexcept;
  [[nodiscard]] bool may_begin(const TcpScript& script) const noexcept;

  Segment make(TcpScript& script, SideName from, TcpFlags flags, Timestamp now);
  Segment make_data(TcpScript& script, SideName from, const Sent& sent, Timestamp now);
  [[nodiscard]] static Arrival arrival_of(const TcpScript& script, SideName from, const Segment& segment,
                                          Timestamp now) noexcept;
  void deliver(const TcpScript& script, Arrival arrival, Timestamp passed);

  std::optional<Passing> send_data(TcpScript& script, Timestamp now);
  std::optional<Passing> pass(const TcpScript& script, std::size_t index, Timestamp now);
  std::optional<Passing> resend(TcpScript& script, SideName side, Timestamp now, bool timed_out);
  std::optional<Passing> send_copy(TcpScript& script, SideName side, Timestamp now);
  std::optional<Passing> send_acknowledgment(TcpScript& script, SideName side, Timestamp now);
  std::optional<Passing> send_probe(TcpScript& script, SideName side, Timestamp now);
  std::optional<Passing> send_reset(TcpScript& script, SideName side, Timestamp now);

  void arrive(TcpScript& script, const Arrival& arrival, Timestamp now);
  void hear_acknowledgment(const TcpScript& script, const Arrival& arrival, Timestamp now);
  void take_in(TcpScript& script, const Arrival& arrival, Timestamp now);

  std::array<Host, 2> hosts_{};
  std::deque<Arrival> arrivals_;  // by time
  std::vector<Held> held_;
  std::deque<Open> open_;  // in the order they were sent
  Impairment impairment_;
  std::uint64_t seed_;
  Duration first_timeout_;
  std::uint64_t not_reordered_ = 0;

  // The message under way.
  Order order_{};
  Bytes rest_{};
  Timestamp message_time_{};
  bool busy_ = false;
  bool begun_ = false;
  bool halved_ = false;  // the second half of an overlap is next

  Timestamp now_{INT64_MIN};  // of the last thing that happened
  bool taken_over_ = false;
  bool given_back_ = false;
};

}  // namespace encap
