#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/base/timestamp.h"
#include "encap/wire/sequence_number.h"

namespace encap {

/// A segment of a connection, as it was captured.
struct FollowedSegment {
  std::uint64_t frame = 0;
  Timestamp time{};
  std::uint32_t sequence_number = 0;        ///< relative, as is the other; a later SYN may have set new bases
  std::uint32_t acknowledgment_number = 0;  ///< also where ACK is not set, as tshark takes it
  bool syn = false;
  std::uint32_t length = 0;  ///< octets of payload on the wire
  Bytes octets{};            ///< those that were captured
};

/// Puts the octets of one connection in their order, each once, as tshark's -z follow shows them.
///
/// What comes ahead of its turn waits until the gap before it is filled, or until the other end has acknowledged what
/// is behind the gap: then the gap was sent and not captured. Memory: `waiting_limit` for each direction, what keeping
/// a segment costs counted in. Where that is full the gap is passed over at once, so nothing that was captured is lost.
/// Source: RFC 9293 §3.4; tshark.
class TcpFollower {
 public:
  static constexpr std::size_t waiting_limit = std::size_t{64} << 20;

  /// Octets whose turn it is.
  struct Chunk {
    std::uint64_t frame;  ///< that brought them
    Timestamp time;
    Bytes octets;
    bool missing;  ///< a text that tells of a gap instead
  };
  using Deliver = std::function<void(bool back, const Chunk& chunk)>;

  /// What became of a segment's payload at once.
  enum class Fate : std::uint8_t {
    in_order,  ///< all of it is new
    partly,    ///< only the end of it is new
    repeated,  ///< nothing of it is new
    waits      ///< it is ahead of the stream
  };
  struct Taken {
    Fate fate = Fate::in_order;
    std::uint32_t repeated = 0;  ///< octets at its start, of those that were captured, that were there before
  };

  /// `hidden`, where there is one, is told of frames that waited and turned out to have nothing new.
  explicit TcpFollower(Deliver deliver, std::function<void(std::uint64_t frame)> hidden = {})
      : deliver_{std::move(deliver)}, hidden_{std::move(hidden)} {}

  /// The next segment; `back`: it goes to the end that sent the first one.
  Taken take(bool back, const FollowedSegment& segment);

  /// Calls `visit(frame)` for every segment whose turn never came.
  template <class Visit>
  void for_each_waiting(Visit visit) const {
    for (const Direction& direction : directions_) {
      for (const auto& [place, segment] : direction.ahead) visit(segment.frame);
      for (const auto& [arrival, segment] : direction.reached) visit(segment.frame);
    }
  }

 private:
  struct Waiting {
    std::int64_t position;
    std::uint64_t frame;
    Timestamp time;
    std::vector<std::byte> octets;
  };
  struct Direction {
    bool started = false;
    SequenceNumber next{};      // sequence number of the octet whose turn it is
    std::int64_t position = 0;  // the same, counted without end
    // By position, then in order of arrival; and those that the stream has reached, in order of arrival.
    std::map<std::pair<std::int64_t, std::uint64_t>, Waiting> ahead;
    std::map<std::uint64_t, Waiting> reached;
    std::size_t held = 0;
  };
  static constexpr std::size_t waiting_cost = 128;  // of a segment besides its octets

  void advance(Direction& direction, std::uint32_t length) noexcept;
  void deliver_reached(bool back);
  void pass_gap(bool back, std::uint64_t frame, Timestamp time);

  Deliver deliver_;
  std::function<void(std::uint64_t frame)> hidden_;
  Direction directions_[2];
  std::uint64_t arrivals_ = 0;
};

}  // namespace encap
