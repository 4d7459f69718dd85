#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/base/timestamp.h"
#include "trace/transport_packet.h"

namespace encap::trace {

/// A TCP segment or UDP datagram of one direction, as it was captured.
struct SeenSegment {
  std::uint64_t frame = 0;
  Timestamp time{};
  bool has_time = true;
  bool syn = false;
  bool header_checksum = false;    ///< whether the one that is not good is IPv4's
  std::uint32_t conversation = 0;  ///< for the caller
  ChecksumState checksum = ChecksumState::unknown;
  std::uint32_t sequence_number = 0;
  std::uint32_t length = 0;  ///< octets of payload on the wire
  Bytes payload{};           ///< those that were captured
  std::uint64_t identification = 0;
  std::vector<FragmentPiece> fragments{};  ///< of its payload, where it was put together
};

/// A row that is looked for.
struct WantedRow {
  Bytes sent{};                      ///< as the table's packets have it
  Bytes table{};                     ///< as the table has it, where that is something else; else empty
  std::uint32_t lane = 0;            ///< which of several may hold it
  std::uint64_t planned_octets = 0;  ///< of it that are to be sent, copies counted in
};

/// Octets of a row in a packet.
struct RowPiece {
  std::uint64_t offset = 0;  ///< into the row
  std::uint64_t length = 0;
  std::uint64_t frame = 0;
  std::uint32_t offset_in_frame = 0;  ///< into the packet's payload: rows of one packet have an order too
  const SeenSegment* segment = nullptr;
};

/// Octets of a row, first to behind last.
struct OctetRange {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};

/// Octets of a row that came again.
struct RowCopy {
  OctetRange octets{};
  std::uint64_t frame = 0;  ///< where they came first; 0: in none that is known
  std::uint64_t again = 0;
  bool differs = false;
  const SeenSegment* segment = nullptr;  ///< that brought them again
};

/// What became of a row.
struct PlacedRow {
  enum class State : std::uint8_t { missing, cut, differs, whole };
  State state = State::missing;
  bool as_in_table = false;  ///< found as the table has it, not as it would have been sent
  std::vector<RowPiece> pieces{};
  std::vector<OctetRange> missing{};  ///< of one that is cut
  std::uint64_t differs_at = 0;       ///< octet
  std::uint64_t differs_in = 0;       ///< frame
  std::string expected{};             ///< a few octets from there on
  std::string found{};
  std::vector<RowCopy> copies{};
};

/// Packets with octets of no row.
struct ExtraData {
  std::uint64_t packets = 0;
  std::uint64_t octets = 0;
  std::uint64_t first_frame = 0;
};

/// What one or more senders sent in which rows are looked for together.
struct LaneSides {
  Transport transport = Transport::tcp;
  std::vector<const std::vector<SeenSegment>*> sides{};
};

/// What was found in one or more lanes.
struct LaneResult {
  std::vector<PlacedRow> rows{};
  bool by_frame = false;  ///< packet by packet
  bool overlaps = false;  ///< segments of the same place in the stream hold different rows: taken packet by packet
  std::uint32_t common_sequence_number = 0;  ///< where most of the rows start then
  std::uint64_t rows_there = 0;
  std::vector<ExtraData> extra{};  ///< by lane; a lane without any may be missing at the end
};

/// Looks for rows, in their order, in what one or more senders sent.
///
/// Over TCP the octets lie in the order of sequence numbers, each once; where segments of the same place hold different
/// octets, and no fewer rows are found that way, packet by packet in the order of frames. A row that is not where the
/// one before it ends is searched for by a hash of its octets, at the starts of packets, then within 64 KiB of its
/// place. Cost: O(n log n) in rows and packets but for that window. Memory: a copy of the payload, and a few words for
/// each row and packet. Lifetime: the result borrows the sides.
[[nodiscard]] LaneResult find_rows(std::span<const WantedRow> rows, const LaneSides& lane);

/// The same packet by packet, of several lanes at once: what the others sent in between tells rows apart that are
/// alike.
[[nodiscard]] LaneResult find_rows_by_frame(std::span<const WantedRow> rows, std::span<const LaneSides> lanes);

/// A few octets as text for people.
[[nodiscard]] std::string excerpt(Bytes octets);

}  // namespace encap::trace
