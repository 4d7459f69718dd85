#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "encap/dissect/session.h"

namespace encap {

/// What is remembered of one side of a connection. Names of RFC 9293 where it has one; times in nanoseconds since the
/// epoch; frames fit 32 bits.
struct TcpSide {
  static constexpr std::uint32_t no_window = 0xffffffff;

  std::uint32_t initial_sequence = 0;  ///< ISN, or the one before the first number seen
  bool has_initial_sequence = false;
  std::uint32_t next_sequence = 0;  ///< behind the highest number sent; 0: nothing seen
  std::uint32_t next_frame = 0;     ///< that sent it
  std::int64_t next_time = 0;
  std::uint32_t highest_unbroken = 0;  ///< behind the numbers sent without a gap; 0: nothing seen
  std::uint32_t last_ack = 0;
  std::int64_t last_ack_time = 0;
  std::uint32_t last_new_ack_frame = 0;
  std::uint32_t duplicate_acks = 0;
  std::uint32_t last_marks = 0;      ///< of its last segment
  std::uint32_t window = no_window;  ///< as in the header of its last segment
  std::int16_t window_scale = -1;
  bool window_from_syn = true;  ///< `window` came in a SYN, so it is not scaled
  bool in_flight_known = true;  ///< no gap makes the count of octets in flight wrong
  bool last_was_pushed = false;
  std::uint32_t pushed = 0;   ///< octets since the last PSH
  std::uint32_t unacked = 0;  ///< list of segments that wait for an ACK, latest first; index + 1
  std::uint32_t unacked_count = 0;
  std::uint32_t unacked_first = 0;   ///< lowest number of that list, from the ISN
  std::uint32_t unacked_behind = 0;  ///< behind the highest one, from the ISN
  bool unacked_range_known = true;   ///< else the two above are to be found by a walk
  std::uint32_t fin_frame = 0;
  std::uint8_t sack_count = 0;
  std::array<TcpSegmentFacts::Block, 4> sack{};
};

/// What is remembered of one TCP connection.
struct TcpConnection {
  std::array<TcpSide, 2> sides;  ///< [0]: the lower end's
  std::int64_t first_time = 0;
  bool has_first_time = false;
  std::int64_t previous_time = 0;
  std::int64_t syn_time = 0;     ///< of the last SYN
  std::int64_t initial_rtt = 0;  ///< 0: not known
  std::uint16_t server_port = 0;
  std::uint8_t seen = 0;           ///< of TcpSeen
  std::int8_t closing_first = -1;  ///< side that sent the first FIN
  bool has_syn_time = false;
  bool accurate_ecn_asked = false;
  bool accurate_ecn = false;
  bool fast_open_data = false;  ///< a SYN with a cookie carried octets
};

/// Looks at the segments of a connection one after the other, as `tcp.analysis` of Wireshark's field reference has it.
/// Source of its rules: RFC 9293, RFC 5681, RFC 7323 and what tshark 4.0 prints.
///
/// Bounded: a side waits for the ACKs of 10,000 segments at most, all sides of a lane together for 524,288; further
/// ones are not waited for.
class TcpAnalyzer {
 public:
  static constexpr std::uint32_t unacked_limit_per_side = 10'000;
  static constexpr std::uint32_t unacked_limit = 1u << 19;

  /// `waits_for_acks`: segments are kept until they are acknowledged, for what is told of that and of octets in flight.
  explicit TcpAnalyzer(bool waits_for_acks) noexcept : waits_for_acks_{waits_for_acks} {}

  /// Whether a segment cannot belong to `connection`, so that its ends start another one.
  [[nodiscard]] static bool starts_anew(const TcpConnection& connection, unsigned from,
                                        const TcpSegmentFacts& segment) noexcept;
  /// Forgets all of `connection`.
  void clear(TcpConnection& connection) noexcept;
  /// Learns from a segment, as `take` does, what sequence numbers are counted from. Whether a SYN+ACK changed that.
  static bool learn_initial_sequences(TcpConnection& connection, unsigned from,
                                      const TcpSegmentFacts& segment) noexcept;
  /// Takes `segment`, sent by side `from` (0, 1), into account. Fills `out` but for its flow and PDUs.
  void take(TcpConnection& connection, unsigned from, const TcpSegmentFacts& segment, std::uint16_t source_port,
            std::uint16_t destination_port, TcpAnalysis& out);

 private:
  struct Unacked {
    std::uint32_t sequence;
    std::uint32_t next_sequence;
    std::int64_t time;
    std::uint32_t frame;
    std::uint32_t next;  // index + 1
  };
  class Step;

  [[nodiscard]] Unacked& at(std::uint32_t place) noexcept { return unacked_[place - 1]; }
  void wait_for_ack(TcpSide& side, const TcpSegmentFacts& segment, std::uint32_t next_sequence);
  std::uint32_t drop(TcpSide& side, std::uint32_t previous, std::uint32_t place) noexcept;
  void find_unacked_range(TcpSide& side) noexcept;

  bool waits_for_acks_;
  std::vector<Unacked> unacked_;
  std::uint32_t free_ = 0;
};

}  // namespace encap
