#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "statistics/advice/family.h"
#include "statistics/advice/http_text.h"

namespace encap::advice {

/// What one side of a connection did. Packets that the capture holds twice count once.
struct ConnectionSide {
  Address address{};
  std::uint16_t port = 0;
  std::uint64_t packets = 0;
  std::uint64_t resets = 0;
  std::uint64_t data_segments = 0;
  std::uint64_t pushed_segments = 0;  ///< of these
  Frames syns;                        ///< SYN without ACK
  Timestamp first_syn{};
  Timestamp last_syn{};
  std::uint32_t syn_sequence = 0;
  bool sent_syn_ack = false;
  bool sent_fin = false;
  bool has_ack = false;
  std::uint32_t first_ack = 0;
  bool ack_moved = false;  ///< acknowledgment numbers grew: the other side sent something
  // Of the last segment that is no RST.
  bool has_last = false;
  std::uint64_t last_frame = 0;
  std::uint32_t last_sequence = 0;
  std::uint32_t last_acknowledgment = 0;
  std::uint32_t last_length = 0;  ///< in sequence numbers
  TcpFlags last_flags{};
  bool has_next = false;
  std::uint32_t next_sequence = 0;  ///< behind the furthest octet

  /// The segment that others are compared with: the latest one that began at another sequence number.
  struct Anchor {
    bool any = false;
    std::uint64_t frame = 0;
    std::uint32_t sequence = 0;
    std::uint32_t length = 0;
    std::uint8_t kept = 0;
    std::array<std::byte, 48> octets{};  ///< its first ones
    Frames same;                         ///< later segments that begin at the same number
    bool differs = false;                ///< and one of them says something else
  } anchor;
  /// Segments that begin where another one with other octets began.
  struct Hidden {
    Frames frames;
    std::uint64_t behind_frame = 0;  ///< the first of those that hide them
    std::uint32_t sequence = 0;      ///< of that one
    void add(const Anchor& hiding) noexcept;
  };
  [[nodiscard]] Hidden all_hidden() const noexcept;
  Hidden hidden;       ///< those of anchors before
  Frames conflicting;  ///< segments that begin inside the one before, whose octets there were others
  std::uint64_t conflict_frame = 0;
  std::uint32_t conflict_sequence = 0;
  std::uint32_t conflict_other_sequence = 0;

  /// Octets that were not seen when the segment behind them was.
  struct Gap {
    std::uint32_t begin = 0;
    std::uint32_t length = 0;
  };
  std::array<Gap, 4> gaps{};
  std::uint8_t next_gap = 0;
  Frames resent_seen;    ///< octets sent again that the capture had seen
  Frames resent_unseen;  ///< octets that fill a gap
  Frames missed;         ///< its octets that were acknowledged and are not in the capture

  Frames zero_windows;  ///< where its window closed
  bool is_closed = false;
  Timestamp closed_at{};
  std::uint64_t closed_frame = 0;
  Duration longest_closed{};
  Duration closed_in_all{};
  std::uint64_t longest_from = 0;
  std::uint64_t longest_to = 0;

  HttpText http;
};

/// What was seen of a connection. The first side is the one that sent the first packet.
struct Connection {
  std::uint32_t stream = 0;
  std::uint64_t first_frame = 0;
  std::uint64_t last_frame = 0;
  Timestamp last_time{};
  std::uint64_t packets = 0;
  bool may_be_older = false;  ///< packets of it may have been forgotten
  std::array<ConnectionSide, 2> sides;
  Frames refused;                      ///< RSTs that answer a SYN
  Frames strange;                      ///< RSTs that answer segments of a connection nobody opened
  Frames own_kernel;                   ///< RSTs that answer the SYN-ACK to one's own SYN
  Frames aborted;                      ///< other RSTs
  std::uint64_t strange_answered = 0;  ///< the first segment that was answered so
  unsigned answering = 0;              ///< the side that sent the RSTs above

  [[nodiscard]] bool opened() const noexcept {
    return !sides[0].syns.empty() || !sides[1].syns.empty() || sides[0].sent_syn_ack || sides[1].sent_syn_ack;
  }
  /// `10.0.0.1:50000 to 10.0.0.2:80`
  [[nodiscard]] std::string text(unsigned from = 0) const;

  /// The next packet of it.
  void take(const SeenPacket& packet);

 private:
  void take_reset(const SeenPacket& packet, unsigned from);
  void take_data(const SeenPacket& packet, ConnectionSide& side, const ConnectionSide& other);
  void take_window(const SeenPacket& packet, ConnectionSide& side);
};

/// Tells what holds for a connection that has been seen to its end, or to the end of the capture.
void report_connection(const Connection& connection, const Capture& capture, Report& report);

}  // namespace encap::advice
