#include "trace/lane.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_set>

#include "encap/base/input_error.h"
#include "encap/wire/sequence_number.h"

namespace encap::trace {
namespace {

constexpr std::size_t none = SIZE_MAX;
constexpr std::size_t anchor_length = 24;        // octets that tell where a longer row may begin
constexpr std::size_t most_tries = 64;           // of rows that begin alike
constexpr std::size_t most_copies_tried = 4096;  // of packets that are alike
constexpr std::size_t search_window = std::size_t{64} * 1024;
constexpr std::size_t rows_looked_ahead = 4;
constexpr std::size_t rows_compared = 16;
constexpr std::size_t excerpt_length = 16;

std::uint64_t hash_of(Bytes octets, std::uint32_t lane) noexcept {
  return std::hash<std::string_view>{}(as_text(octets)) ^ lane * std::uint64_t{0x9e3779b97f4a7c15u};
}

bool equal(Bytes a, Bytes b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

std::size_t common_prefix(Bytes a, Bytes b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first - a.begin());
}

std::size_t common_suffix(Bytes a, Bytes b) noexcept {
  const std::size_t most = std::min(a.size(), b.size());
  std::size_t n = 0;
  while (n < most && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
  return n;
}

bool is_word(std::byte octet) noexcept {
  const auto c = std::to_integer<unsigned char>(octet);
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c >= 0x80;
}

/// Where something with this hash is: numbers, ascending for each hash.
class HashIndex {
 public:
  void add(std::uint64_t hash, std::size_t number) { entries_.emplace_back(hash, number); }
  void sort() { std::sort(entries_.begin(), entries_.end()); }

  using Entries = std::span<const std::pair<std::uint64_t, std::size_t>>;
  [[nodiscard]] Entries from(std::uint64_t hash, std::size_t least) const {
    const auto first = std::lower_bound(entries_.begin(), entries_.end(), std::pair{hash, least});
    const auto last = std::upper_bound(first, entries_.end(), std::pair{hash, SIZE_MAX});
    return {first, last};
  }

 private:
  std::vector<std::pair<std::uint64_t, std::size_t>> entries_;
};

/// Octets of a segment that lie in the stream.
struct Chunk {
  std::size_t begin = 0;  // in the text
  std::size_t length = 0;
  const SeenSegment* segment = nullptr;
  std::uint32_t segment_offset = 0;
  std::uint64_t gap = 0;  // octets that are missing in front of it
  bool apart = false;     // nothing goes on from the one before to this one
  bool datagram = false;  // what is in it is all of it
  std::uint32_t lane = 0;
};

/// Octets that came again.
struct Copy {
  std::size_t begin = 0;  // in the text
  std::size_t length = 0;
  const SeenSegment* segment = nullptr;
  bool differs = false;
};

/// What was sent, one octet behind the other, gaps left out.
struct Text {
  std::vector<std::byte> octets{};
  std::vector<Chunk> chunks{};
  std::vector<std::size_t> run_ends{};  // for each chunk, how far the text goes on without a gap
  std::vector<Copy> copies{};
  bool conflicts = false;

  void add(Chunk chunk) {
    const Bytes part = chunk.segment->payload.subspan(chunk.segment_offset, chunk.length);
    chunk.begin = octets.size();
    chunks.push_back(chunk);
    octets.insert(octets.end(), part.begin(), part.end());
  }
  void finish() {
    run_ends.resize(chunks.size());
    for (std::size_t i = chunks.size(); i-- > 0;) {
      const bool ends = i + 1 == chunks.size() || chunks[i + 1].apart || chunks[i + 1].gap != 0;
      run_ends[i] = ends ? chunks[i].begin + chunks[i].length : run_ends[i + 1];
    }
  }
  /// Precondition: the text is not empty and holds `at`, or ends there.
  [[nodiscard]] std::size_t chunk_at(std::size_t at) const noexcept {
    const auto behind = std::upper_bound(chunks.begin(), chunks.end(), at,
                                         [](std::size_t place, const Chunk& chunk) { return place < chunk.begin; });
    return static_cast<std::size_t>(behind - chunks.begin()) - 1;
  }
  [[nodiscard]] Bytes part(std::size_t at, std::size_t length) const noexcept {
    return Bytes{octets}.subspan(at, length);
  }
};

using Segments = std::vector<const SeenSegment*>;

/// One connection's direction, by sequence number. Of octets that came twice the first ones count, as in tshark.
void add_connection(Text& text, const Segments& segments) {
  struct Range {
    std::int64_t end;
    const SeenSegment* segment;
    std::uint32_t offset;
  };
  std::map<std::int64_t, Range> ranges;  // by place in the stream, the first segment's 0
  struct Again {
    std::int64_t begin;
    std::int64_t end;
    const SeenSegment* segment;
    bool differs;
  };
  std::vector<Again> again;
  std::int64_t last = 0;
  std::uint32_t last_number = segments.empty() ? 0 : segments.front()->sequence_number;
  for (const SeenSegment* const segment : segments) {
    last += distance(SequenceNumber{last_number}, SequenceNumber{segment->sequence_number});
    last_number = segment->sequence_number;
    const std::int64_t begin = last + (segment->syn ? 1 : 0);
    const std::int64_t end = begin + static_cast<std::int64_t>(segment->payload.size());
    auto next = ranges.upper_bound(begin);
    if (next != ranges.begin() && std::prev(next)->second.end > begin) --next;
    for (std::int64_t at = begin; at < end;) {
      if (next == ranges.end() || next->first > at) {
        const std::int64_t to = next == ranges.end() ? end : std::min(end, next->first);
        ranges.emplace_hint(next, at, Range{to, segment, static_cast<std::uint32_t>(at - begin)});
        at = to;
        continue;
      }
      const std::int64_t to = std::min(end, next->second.end);
      const auto length = static_cast<std::size_t>(to - at);
      const Range& there = next->second;
      const bool differs =
          !equal(segment->payload.subspan(static_cast<std::size_t>(at - begin), length),
                 there.segment->payload.subspan(there.offset + static_cast<std::size_t>(at - next->first), length));
      // A keep-alive repeats the last octet, or has anything in its place. Source: RFC 9293 §3.8.4.
      const bool keep_alive = differs && segment->length == 1;
      if (!keep_alive) again.push_back({at, to, segment, differs});
      text.conflicts = text.conflicts || (differs && !keep_alive);
      at = to;
      ++next;
    }
  }
  const bool starts_with_syn = !segments.empty() && segments.front()->syn;
  std::int64_t end = starts_with_syn ? 1 : 0;
  std::map<std::int64_t, std::size_t> places;  // of the ranges, in the text
  const std::size_t first_chunk = text.chunks.size();
  for (const auto& [begin, range] : ranges) {
    const bool first = text.chunks.size() == first_chunk;
    if (!again.empty()) places.emplace_hint(places.end(), begin, text.octets.size());
    Chunk chunk{.length = static_cast<std::size_t>(range.end - begin),
                .segment = range.segment,
                .segment_offset = range.offset,
                .apart = first};
    // What is missing at the start is known where the SYN was seen.
    if (!first || starts_with_syn) chunk.gap = static_cast<std::uint64_t>(begin - end);
    text.add(chunk);
    end = range.end;
  }
  for (const Again& copy : again) {
    const auto place = std::prev(places.upper_bound(copy.begin));
    text.copies.push_back({place->second + static_cast<std::size_t>(copy.begin - place->first),
                           static_cast<std::size_t>(copy.end - copy.begin), copy.segment, copy.differs});
  }
}

/// TCP, in the order of sequence numbers; another SYN begins another connection.
Text by_number(std::span<const std::vector<SeenSegment>* const> sides) {
  std::vector<Segments> connections;
  for (const std::vector<SeenSegment>* const side : sides) {
    std::optional<std::uint32_t> syn;
    connections.emplace_back();
    for (const SeenSegment& segment : *side) {
      if (segment.syn) {
        if (syn && *syn != segment.sequence_number) connections.emplace_back();
        syn = segment.sequence_number;
      }
      if (!segment.payload.empty() || segment.syn) connections.back().push_back(&segment);
    }
  }
  std::erase_if(connections, [](const Segments& segments) {
    return std::all_of(segments.begin(), segments.end(), [](const SeenSegment* s) { return s->payload.empty(); });
  });
  std::stable_sort(connections.begin(), connections.end(),
                   [](const Segments& a, const Segments& b) { return a.front()->frame < b.front()->frame; });
  Text text;
  for (const Segments& connection : connections) add_connection(text, connection);
  text.finish();
  return text;
}

/// What several lanes sent, in the order of frames.
Text by_frame(std::span<const LaneSides> lanes) {
  struct Sent {
    const SeenSegment* segment;
    std::uint32_t lane;
  };
  std::vector<Sent> sent;
  for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
    for (const std::vector<SeenSegment>* const side : lanes[lane].sides) {
      for (const SeenSegment& segment : *side) {
        if (!segment.payload.empty()) sent.push_back({&segment, lane});
      }
    }
  }
  std::stable_sort(sent.begin(), sent.end(),
                   [](const Sent& a, const Sent& b) { return a.segment->frame < b.segment->frame; });
  Text text;
  for (const Sent& one : sent) {
    const bool datagram = lanes[one.lane].transport == Transport::udp;
    const bool apart = datagram || (!text.chunks.empty() && text.chunks.back().lane != one.lane);
    text.add({.length = one.segment->payload.size(),
              .segment = one.segment,
              .apart = apart,
              .datagram = datagram,
              .lane = one.lane});
  }
  text.finish();
  return text;
}

/// Puts rows in their places in a text.
class Search {
 public:
  Search(std::span<const WantedRow> rows, const Text& text) : rows_{rows}, text_{text}, places_(rows.size()) {
    result_.rows.resize(rows.size());
    index();
  }

  LaneResult run() {
    walk();
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (!places_[i].found && !rows_[i].sent.empty()) find_elsewhere(i);
    }
    examine_holes();
    tell_copies();
    tell_what_is_left();
    for (const PlacedRow& row : result_.rows) result_.rows_there += row.state == PlacedRow::State::whole ? 1 : 0;
    return std::move(result_);
  }

 private:
  struct Place {
    bool found = false;  // whole, at `begin`
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Match {
    std::size_t length = 0;  // 0: none
    bool as_in_table = false;
  };
  struct Claim {
    std::size_t end;
    std::size_t row;
    std::uint64_t row_offset;
  };

  void index() {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      for (const Bytes form : {rows_[i].sent, rows_[i].table}) {
        if (form.empty()) continue;
        rows_by_octets_.add(hash_of(form, rows_[i].lane), i);
        if (form.size() < anchor_length) {
          short_lengths_ |= 1u << form.size();
        } else {
          rows_by_anchor_.add(hash_of(form.first(anchor_length), rows_[i].lane), i);
        }
      }
    }
    rows_by_octets_.sort();
    rows_by_anchor_.sort();
    for (std::size_t i = 0; i < text_.chunks.size(); ++i) {
      const Bytes octets = octets_of(i);
      const std::uint32_t lane = text_.chunks[i].lane;
      chunks_by_octets_.add(hash_of(octets, lane), i);
      if (octets.size() >= anchor_length) chunks_by_anchor_.add(hash_of(octets.first(anchor_length), lane), i);
    }
    chunks_by_octets_.sort();
    chunks_by_anchor_.sort();
    chunk_taken_.assign(text_.chunks.size(), false);
  }

  [[nodiscard]] Bytes octets_of(std::size_t chunk) const noexcept {
    return text_.part(text_.chunks[chunk].begin, text_.chunks[chunk].length);
  }
  [[nodiscard]] std::size_t chunk_end(std::size_t chunk) const noexcept {
    return text_.chunks[chunk].begin + text_.chunks[chunk].length;
  }

  /// Whether row `i` lies at `at`. What the table has must end there as a text does: `GET /a` is not at `GET /about`.
  [[nodiscard]] Match match(std::size_t i, std::size_t at) const {
    if (at >= text_.octets.size()) return {};
    const WantedRow& row = rows_[i];
    const std::size_t chunk = text_.chunk_at(at);
    if (row.lane != text_.chunks[chunk].lane) return {};
    const std::size_t left = text_.run_ends[chunk] - at;
    if (row.sent.size() <= left && equal(row.sent, text_.part(at, row.sent.size()))) {
      const std::size_t end = at + row.sent.size();
      // A short row may be how another one begins that fills the packet.
      const bool is_start = text_.chunks[chunk].begin == at && end < chunk_end(chunk) &&
                            (text_.chunks[chunk].datagram ? !is_blank(text_.octets[end]) : other_row_fills(chunk, i));
      if (!is_start) return {row.sent.size(), false};
    }
    if (!row.table.empty() && row.table.size() <= left && equal(row.table, text_.part(at, row.table.size()))) {
      const std::size_t end = at + row.table.size();
      if (end == text_.run_ends[chunk] || end == chunk_end(chunk) || is_blank(text_.octets[end]))
        return {row.table.size(), true};
    }
    return {};
  }
  static bool is_blank(std::byte octet) noexcept {
    const auto c = std::to_integer<unsigned char>(octet);
    return c <= ' ' || c == ';';
  }
  [[nodiscard]] bool other_row_fills(std::size_t chunk, std::size_t i) const {
    const Bytes octets = octets_of(chunk);
    std::size_t tries = 0;
    for (const auto& [hash, row] : rows_by_octets_.from(hash_of(octets, rows_[i].lane), i + 1)) {
      if (equal(rows_[row].sent, octets) || equal(rows_[row].table, octets)) return true;
      if (++tries == most_tries) break;
    }
    return false;
  }

  /// The nearest row behind `i` that lies at `at`.
  [[nodiscard]] std::size_t row_at(std::size_t at, std::size_t i) const {
    if (at >= text_.octets.size()) return none;
    const std::size_t chunk = text_.chunk_at(at);
    const std::uint32_t lane = text_.chunks[chunk].lane;
    std::size_t nearest = none;
    const auto try_all = [&](const HashIndex& rows, std::uint64_t hash) {
      std::size_t tries = 0;
      for (const auto& [key, row] : rows.from(hash, i + 1)) {
        if (row >= nearest || ++tries > most_tries) break;
        if (match(row, at).length != 0) nearest = row;
      }
    };
    try_all(rows_by_octets_, hash_of(text_.part(at, chunk_end(chunk) - at), lane));
    const std::size_t left = text_.run_ends[chunk] - at;
    for (std::size_t length = 1; length < anchor_length && length <= left; ++length) {
      if ((short_lengths_ >> length & 1u) != 0) try_all(rows_by_octets_, hash_of(text_.part(at, length), lane));
    }
    if (left >= anchor_length) try_all(rows_by_anchor_, hash_of(text_.part(at, anchor_length), lane));
    return nearest;
  }

  /// The first chunk from `least` on that row `i` begins with, of those nobody has; with `back` the last one before.
  [[nodiscard]] std::size_t chunk_with(std::size_t i, std::size_t least, std::size_t most) const {
    std::size_t nearest = most;
    for (const Bytes form : {rows_[i].sent, rows_[i].table}) {
      if (form.empty()) continue;
      const auto try_all = [&](const HashIndex& chunks, std::uint64_t hash, std::size_t limit) {
        std::size_t tries = 0;
        for (const auto& [key, chunk] : chunks.from(hash, least)) {
          if (chunk >= nearest || ++tries > limit) break;
          if (chunk_taken_[chunk]) continue;
          const Match found = match(i, text_.chunks[chunk].begin);
          if (found.length != 0 && is_free(text_.chunks[chunk].begin, found.length)) nearest = chunk;
        }
      };
      try_all(chunks_by_octets_, hash_of(form, rows_[i].lane), most_copies_tried);
      if (form.size() >= anchor_length)
        try_all(chunks_by_anchor_, hash_of(form.first(anchor_length), rows_[i].lane), most_tries);
    }
    return nearest == most ? none : nearest;
  }

  [[nodiscard]] bool is_free(std::size_t begin, std::size_t length) const {
    const auto next = claims_.lower_bound(begin);
    if (next != claims_.end() && next->first < begin + length) return false;
    return next == claims_.begin() || std::prev(next)->second.end <= begin;
  }

  /// Row `i` within the octets from `begin` to `end`, as words of their own.
  [[nodiscard]] std::optional<std::pair<std::size_t, Match>> inside(std::size_t i, std::size_t begin,
                                                                    std::size_t end) const {
    end = std::min(end, begin + search_window);
    for (const bool as_in_table : {false, true}) {
      const Bytes form = as_in_table ? rows_[i].table : rows_[i].sent;
      if (form.empty()) continue;
      for (std::size_t at = begin; at < end && form.size() <= end - at;) {
        const void* const found = memmem(text_.octets.data() + at, end - at, form.data(), form.size());
        if (found == nullptr) break;
        const auto place = static_cast<std::size_t>(static_cast<const std::byte*>(found) - text_.octets.data());
        const std::size_t behind = place + form.size();
        const std::size_t chunk = text_.chunk_at(place);
        const bool starts =
            place == text_.chunks[chunk].begin || !is_word(text_.octets[place - 1]) || !is_word(form.front());
        const bool stops = behind == text_.octets.size() || behind == chunk_end(chunk) ||
                           !is_word(text_.octets[behind]) || !is_word(form.back());
        if (starts && stops && text_.chunks[chunk].lane == rows_[i].lane && behind <= text_.run_ends[chunk] &&
            is_free(place, form.size()))
          return std::pair{place, Match{form.size(), as_in_table}};
        at = place + 1;
      }
    }
    return std::nullopt;
  }

  void claim(std::size_t begin, std::size_t length, std::size_t i, std::uint64_t row_offset) {
    if (length == 0) return;
    claims_.emplace(begin, Claim{begin + length, i, row_offset});
    std::vector<RowPiece>& pieces = result_.rows[i].pieces;
    const std::size_t end = begin + length;
    for (std::size_t chunk = text_.chunk_at(begin); chunk < text_.chunks.size() && text_.chunks[chunk].begin < end;
         ++chunk) {
      const Chunk& there = text_.chunks[chunk];
      if (there.begin >= begin) chunk_taken_[chunk] = true;
      const std::size_t from = std::max(begin, there.begin);
      const std::size_t to = std::min(end, there.begin + there.length);
      const auto in_payload = there.segment_offset + static_cast<std::uint32_t>(from - there.begin);
      add_pieces(pieces, *there.segment, in_payload, row_offset + (from - begin), to - from);
    }
  }
  /// A datagram that was put together has a piece for each fragment.
  static void add_pieces(std::vector<RowPiece>& pieces, const SeenSegment& segment, std::uint32_t in_payload,
                         std::uint64_t row_offset, std::size_t length) {
    std::uint64_t at = in_payload;
    const std::uint64_t end = in_payload + std::uint64_t{length};
    for (const FragmentPiece& fragment : segment.fragments) {
      const std::uint64_t fragment_end = std::uint64_t{fragment.offset} + fragment.length;
      if (fragment.offset > at || fragment_end <= at || at >= end) continue;
      const std::uint64_t to = std::min(end, fragment_end);
      pieces.push_back({row_offset + (at - in_payload), to - at, fragment.frame,
                        static_cast<std::uint32_t>(at - fragment.offset), &segment});
      at = to;
    }
    if (at < end)
      pieces.push_back(
          {row_offset + (at - in_payload), end - at, segment.frame, static_cast<std::uint32_t>(at), &segment});
  }

  void place(std::size_t i, std::size_t at, const Match& match) {
    places_[i] = {true, at, at + match.length};
    result_.rows[i].state = PlacedRow::State::whole;
    result_.rows[i].as_in_table = match.as_in_table;
    claim(at, match.length, i, 0);
  }

  /// How many rows from `i` on lie one behind the other from `at` on, as far as it matters.
  [[nodiscard]] std::size_t rows_in_turn(std::size_t i, std::size_t at) const {
    std::size_t n = 0;
    for (; n < rows_compared && i < rows_.size(); ++i) {
      if (rows_[i].sent.empty()) continue;
      const Match found = match(i, at);
      if (found.length == 0) break;
      at += found.length;
      ++n;
    }
    return n;
  }

  /// The rows from `i` on that a gap in front of `at` has swallowed, where they fill it exactly: the row behind them.
  [[nodiscard]] std::size_t behind_gap(std::size_t i, std::size_t at) const {
    const Chunk& chunk = text_.chunks[text_.chunk_at(at)];
    if (chunk.begin != at || chunk.gap == 0) return i;
    for (const bool as_in_table : {false, true}) {
      std::uint64_t lost = 0;
      for (std::size_t j = i; j < rows_.size() && lost < chunk.gap; ++j) {
        lost += form(j, as_in_table).size();
        if (lost == chunk.gap) return j + 1;
      }
    }
    return i;
  }

  /// Whether row `i` was changed where it lies: the packet is as long as the row, and the next row follows.
  [[nodiscard]] bool is_changed(std::size_t i, std::size_t at, std::size_t chunk) const {
    const std::size_t length = chunk_end(chunk) - at;
    if (text_.chunks[chunk].lane != rows_[i].lane) return false;
    if (length != rows_[i].sent.size() && (rows_[i].table.empty() || length != rows_[i].table.size())) return false;
    return i + 1 == rows_.size() ? chunk + 1 == text_.chunks.size() : match(i + 1, chunk_end(chunk)).length != 0;
  }

  /// Rows in their order where they are expected. What does not fit is passed over, on the side where that costs less.
  void walk() {
    std::size_t at = 0;
    std::size_t gap_passed = none;  // in front of which octet
    for (std::size_t i = 0; i < rows_.size() && at < text_.octets.size();) {
      if (rows_[i].sent.empty()) {
        ++i;
        continue;
      }
      if (gap_passed != at) {
        gap_passed = at;
        i = behind_gap(i, at);
        continue;
      }
      if (const Match found = match(i, at); found.length != 0) {
        place(i++, at, found);
        at += found.length;
        continue;
      }
      const std::size_t chunk = text_.chunk_at(at);
      const std::size_t here = row_at(at, i);
      if (here == none && is_changed(i, at, chunk)) {
        at = chunk_end(chunk);
        ++i;
        continue;
      }
      const std::size_t ahead = chunk_with(i, chunk + 1, none);
      if (here != none && (ahead == none || pays_to_skip_rows(i, here, at, chunk, ahead))) {
        i = here;
        continue;
      }
      if (ahead == chunk + 1) {
        at = text_.chunks[ahead].begin;
        continue;
      }
      bool placed = false;
      for (std::size_t j = i; j < rows_.size() && j < i + rows_looked_ahead && !placed; ++j) {
        if (const auto found = inside(j, at, chunk_end(chunk))) {
          place(j, found->first, found->second);
          at = found->first + found->second.length;
          i = j + 1;
          placed = true;
        }
      }
      if (placed) continue;
      at = chunk + 1 < text_.chunks.size() ? text_.chunks[chunk + 1].begin : text_.octets.size();
    }
  }

  /// Row `here` lies at `at`, and row `i` begins the chunk `ahead`: which of the two is out of its turn.
  [[nodiscard]] bool pays_to_skip_rows(std::size_t i, std::size_t here, std::size_t at, std::size_t chunk,
                                       std::size_t ahead) const {
    const std::size_t in_turn_here = rows_in_turn(here, at);
    const std::size_t in_turn_ahead = rows_in_turn(i, text_.chunks[ahead].begin);
    if (here - i <= rows_compared && ahead - chunk <= rows_compared && in_turn_here != in_turn_ahead)
      return in_turn_here > in_turn_ahead;
    return here - i <= ahead - chunk;
  }

  /// Where the row before ends, and where the next octets that somebody has begin.
  [[nodiscard]] std::pair<std::size_t, std::size_t> hole_behind(std::size_t i) const {
    std::size_t begin = 0;
    for (std::size_t j = i; j-- > 0;) {
      if (places_[j].found) {
        begin = places_[j].end;
        break;
      }
    }
    const auto next = claims_.lower_bound(begin);
    return {begin, next == claims_.end() ? text_.octets.size() : next->first};
  }

  void find_elsewhere(std::size_t i) {
    if (text_.chunks.empty()) return;
    // Rows that come one behind the other and are missing have the same hole.
    if (i == 0 || places_[i - 1].found || hole_.first == none) hole_ = hole_behind(i);
    const std::uint64_t octets = hash_of(rows_[i].sent, rows_[i].lane);
    std::size_t found = none;
    if (!nowhere_.contains(octets)) {
      const std::size_t here = hole_.first < text_.octets.size() ? text_.chunk_at(hole_.first) : text_.chunks.size();
      found = chunk_with(i, here, none);
      if (found == none) found = chunk_with(i, 0, here);
      if (found == none) nowhere_.insert(octets);
    }
    if (found != none) {
      const std::size_t at = text_.chunks[found].begin;
      const Match how = match(i, at);
      if (how.length != 0) {
        place(i, at, how);
        hole_.first = none;
        return;
      }
    }
    if (hole_.first >= hole_.second) return;
    if (const auto there = inside(i, hole_.first, hole_.second)) {
      place(i, there->first, there->second);
      hole_.first = none;
    }
  }

  /// What rows that were not found left in the places where they should be.
  void examine_holes() {
    for (std::size_t i = 0; i < rows_.size();) {
      if (places_[i].found || rows_[i].sent.empty()) {
        ++i;
        continue;
      }
      std::size_t end = i;
      while (end < rows_.size() && !places_[end].found) ++end;
      if (!text_.chunks.empty()) examine(i, end);
      i = end;
    }
  }

  void examine(std::size_t first, std::size_t last) {
    const auto [begin, end] = hole_behind(first);
    std::uint64_t virtual_length = end - begin;  // with the gaps
    // A gap in front of the chunk where the hole ends belongs to it, and so does one where it begins.
    std::vector<std::pair<std::size_t, std::uint64_t>> gaps;
    if (begin < text_.octets.size() || end < text_.octets.size() || begin == end) {
      std::size_t chunk = begin < text_.octets.size() ? text_.chunk_at(begin) : text_.chunks.size();
      for (; chunk < text_.chunks.size() && text_.chunks[chunk].begin <= end; ++chunk) {
        if (text_.chunks[chunk].begin < begin || text_.chunks[chunk].gap == 0) continue;
        gaps.emplace_back(text_.chunks[chunk].begin, text_.chunks[chunk].gap);
        virtual_length += text_.chunks[chunk].gap;
      }
    }
    for (const bool as_in_table : {false, true}) {
      std::uint64_t whole = 0;
      for (std::size_t i = first; i < last; ++i) whole += form(i, as_in_table).size();
      if (whole == virtual_length && whole != 0 && is_of_one_lane(first, last, begin, end)) {
        lay_out(first, last, as_in_table, begin, end, gaps);
        return;
      }
    }
    guess(first, last, begin, end);
  }

  [[nodiscard]] bool is_of_one_lane(std::size_t first, std::size_t last, std::size_t begin, std::size_t end) const {
    const std::uint32_t lane = rows_[first].lane;
    for (std::size_t i = first; i < last; ++i) {
      if (rows_[i].lane != lane) return false;
    }
    for (std::size_t at = begin; at < end;) {
      const std::size_t chunk = text_.chunk_at(at);
      if (text_.chunks[chunk].lane != lane) return false;
      at = chunk_end(chunk);
    }
    return true;
  }

  [[nodiscard]] Bytes form(std::size_t i, bool as_in_table) const noexcept {
    return as_in_table && !rows_[i].table.empty() ? rows_[i].table : rows_[i].sent;
  }

  /// The rows fill the hole exactly, what is missing counted in: each has its place.
  void lay_out(std::size_t first, std::size_t last, bool as_in_table, std::size_t begin, std::size_t end,
               std::span<const std::pair<std::size_t, std::uint64_t>> gaps) {
    std::size_t at = begin;
    std::uint64_t gap_left = 0;
    const auto enter_gap = [&] {
      if (gaps.empty() || gaps.front().first != at) return;
      gap_left = gaps.front().second;
      gaps = gaps.subspan(1);
    };
    enter_gap();
    for (std::size_t i = first; i < last; ++i) {
      const Bytes wanted = form(i, as_in_table);
      PlacedRow& row = result_.rows[i];
      row.as_in_table = as_in_table;
      for (std::uint64_t done = 0; done < wanted.size();) {
        if (gap_left != 0) {
          const std::uint64_t lost = std::min<std::uint64_t>(gap_left, wanted.size() - done);
          row.missing.push_back({done, done + lost});
          done += lost;
          gap_left -= lost;
          continue;
        }
        const std::size_t stop = gaps.empty() ? end : gaps.front().first;
        const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(stop - at, wanted.size() - done));
        if (length == 0) break;  // cannot be: the lengths add up
        compare(i, wanted.subspan(static_cast<std::size_t>(done), length), at, done);
        claim(at, length, i, done);
        at += length;
        done += length;
        enter_gap();
      }
      if (row.state == PlacedRow::State::differs) continue;
      row.state = row.pieces.empty()    ? PlacedRow::State::missing
                  : row.missing.empty() ? PlacedRow::State::whole
                                        : PlacedRow::State::cut;
    }
  }

  /// Says where octets that should be `wanted` differ.
  void compare(std::size_t i, Bytes wanted, std::size_t at, std::uint64_t row_offset) {
    PlacedRow& row = result_.rows[i];
    if (row.state == PlacedRow::State::differs) return;
    const Bytes there = text_.part(at, std::min(wanted.size(), text_.octets.size() - at));
    const std::size_t same = common_prefix(wanted, there);
    if (same == wanted.size()) return;
    row.state = PlacedRow::State::differs;
    row.differs_at = row_offset + same;
    row.expected = excerpt(wanted.subspan(same));
    row.found = excerpt(there.subspan(same));
    if (same < there.size()) row.differs_in = frame_of(at + same);
  }
  [[nodiscard]] std::uint64_t frame_of(std::size_t at) const {
    const Chunk& chunk = text_.chunks[text_.chunk_at(at)];
    const std::uint64_t in_payload = chunk.segment_offset + (at - chunk.begin);
    for (const FragmentPiece& fragment : chunk.segment->fragments) {
      if (in_payload >= fragment.offset && in_payload < std::uint64_t{fragment.offset} + fragment.length)
        return fragment.frame;
    }
    return chunk.segment->frame;
  }

  /// The rows do not fill the hole: what is there is theirs where lengths, beginnings or ends are alike.
  void guess(std::size_t first, std::size_t last, std::size_t begin, std::size_t end) {
    std::size_t at = begin;
    const bool one_lane = is_of_one_lane(first, last, begin, end);
    for (std::size_t i = first; i < last; ++i) {
      if (rows_[i].sent.empty()) continue;
      if (!one_lane) at = next_of_lane(rows_[i].lane, begin, end);
      if (at >= end) continue;
      PlacedRow& row = result_.rows[i];
      const std::size_t chunk = text_.chunk_at(at);
      const Bytes left = text_.part(at, (one_lane ? end : std::min(end, chunk_end(chunk))) - at);
      const std::size_t chunk_left = std::min(chunk_end(chunk), end) - at;
      const std::size_t from_start = std::max(common_prefix(rows_[i].sent, left), common_prefix(rows_[i].table, left));
      const bool as_in_table = !rows_[i].table.empty() && common_prefix(rows_[i].table, left) == from_start &&
                               (common_prefix(rows_[i].sent, left) < from_start || chunk_left == rows_[i].table.size());
      const Bytes wanted = form(i, as_in_table);
      row.as_in_table = as_in_table;
      const std::size_t left_end = at + left.size();
      const bool same_length = chunk_left == wanted.size();
      if (same_length && (from_start != 0 || i + 1 == last || !one_lane)) {
        compare(i, wanted, at, 0);
        claim(at, wanted.size(), i, 0);
        at += wanted.size();
        continue;
      }
      // The end of the last row stands right in front of the next one.
      const std::size_t from_end =
          i + 1 == last ? std::min(common_suffix(wanted, left), wanted.size() - from_start) : std::size_t{0};
      const std::size_t known = from_start + from_end;
      if (known * 4 < wanted.size() || known == 0) continue;
      if (known >= left.size() || (from_end == 0 && at + from_start == text_.run_ends[chunk])) {
        const std::size_t tail = std::min(from_end, left.size() - std::min(left.size(), from_start));
        row.state = PlacedRow::State::cut;
        row.missing.push_back({from_start, wanted.size() - tail});
        claim(at, from_start, i, 0);
        claim(left_end - tail, tail, i, wanted.size() - tail);
        at = tail == 0 ? at + from_start : left_end;
        continue;
      }
      const std::size_t length = std::min(wanted.size(), left.size());
      compare(i, wanted, at, 0);
      if (row.state != PlacedRow::State::differs) continue;
      claim(at, length, i, 0);
      at += length;
    }
  }

  /// The first octets of a chunk of that lane that nobody has.
  [[nodiscard]] std::size_t next_of_lane(std::uint32_t lane, std::size_t begin, std::size_t end) const {
    for (std::size_t at = begin; at < end;) {
      const std::size_t chunk = text_.chunk_at(at);
      if (text_.chunks[chunk].lane == lane && is_free(at, 1)) return at;
      at = chunk_end(chunk);
    }
    return end;
  }

  void tell_copies() {
    std::vector<std::uint64_t> again(rows_.size(), 0);
    for (const Copy& copy : text_.copies) {
      const std::size_t end = copy.begin + copy.length;
      auto claim = claims_.upper_bound(copy.begin);
      if (claim != claims_.begin()) --claim;
      for (; claim != claims_.end() && claim->first < end; ++claim) {
        const std::size_t from = std::max(copy.begin, claim->first);
        const std::size_t to = std::min(end, claim->second.end);
        if (from >= to) continue;
        const std::size_t i = claim->second.row;
        const std::uint64_t octet = claim->second.row_offset + (from - claim->first);
        if (copy.segment->length == 1 && rows_[i].sent.size() > 1) continue;  // a keep-alive
        add_copy(i, {{octet, octet + (to - from)}, frame_of(from), copy.segment->frame, copy.differs, copy.segment},
                 again);
      }
    }
    // Fragments that came twice and were put together all the same.
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const SeenSegment* seen = nullptr;
      for (std::size_t p = 0; p < result_.rows[i].pieces.size(); ++p) {
        const SeenSegment* const segment = result_.rows[i].pieces[p].segment;
        if (segment == seen || segment->fragments.empty()) continue;
        seen = segment;
        tell_fragments(i, *segment, again);
      }
    }
  }
  void tell_fragments(std::size_t i, const SeenSegment& segment, std::vector<std::uint64_t>& again) {
    std::uint64_t covered = 0;
    std::uint64_t last_frame = 0;
    for (const FragmentPiece& piece : segment.fragments) {
      const std::uint64_t end = std::uint64_t{piece.offset} + piece.length;
      if (end <= covered && piece.length != 0) {
        add_copy(i, {{piece.offset, end}, last_frame, piece.frame, false, &segment}, again);
        continue;
      }
      covered = std::max(covered, end);
      last_frame = piece.frame;
    }
  }
  void add_copy(std::size_t i, const RowCopy& copy, std::vector<std::uint64_t>& again) {
    const std::uint64_t planned = std::max<std::uint64_t>(rows_[i].planned_octets, rows_[i].sent.size());
    again[i] += copy.octets.end - copy.octets.first;
    if (again[i] + rows_[i].sent.size() > planned || copy.differs) result_.rows[i].copies.push_back(copy);
  }

  /// Packets in which no row was found: copies of rows that are there, or octets of somebody else.
  void tell_what_is_left() {
    std::vector<std::uint64_t> again(rows_.size(), 0);
    auto claim = claims_.begin();
    for (std::size_t c = 0; c < text_.chunks.size(); ++c) {
      const Chunk& chunk = text_.chunks[c];
      const std::size_t end = chunk.begin + chunk.length;
      while (claim != claims_.end() && claim->second.end <= chunk.begin) ++claim;
      if (claim != claims_.end() && claim->first < end) continue;  // a row is in it
      const Bytes octets = octets_of(c);
      std::size_t owner = none;
      std::size_t tries = 0;
      for (const auto& [hash, row] : rows_by_octets_.from(hash_of(octets, chunk.lane), 0)) {
        if (++tries > most_tries) break;
        if (!equal(rows_[row].sent, octets) && !equal(rows_[row].table, octets)) continue;
        // Of rows that are alike the one that was sent last before it.
        if (result_.rows[row].pieces.empty()) continue;
        if (owner != none && result_.rows[row].pieces.front().frame > chunk.segment->frame) break;
        owner = row;
      }
      if (owner != none) {
        const std::uint64_t first = result_.rows[owner].pieces.front().frame;
        add_copy(owner, {{0, octets.size()}, first, chunk.segment->frame, false, chunk.segment}, again);
        continue;
      }
      if (result_.extra.size() <= chunk.lane) result_.extra.resize(chunk.lane + std::size_t{1});
      ExtraData& extra = result_.extra[chunk.lane];
      if (extra.packets++ == 0) extra.first_frame = chunk.segment->frame;
      extra.octets += octets.size();
    }
  }

  std::span<const WantedRow> rows_;
  const Text& text_;
  std::vector<Place> places_;
  LaneResult result_;
  HashIndex rows_by_octets_;
  HashIndex rows_by_anchor_;
  HashIndex chunks_by_octets_;
  HashIndex chunks_by_anchor_;
  std::uint32_t short_lengths_ = 0;  // a bit for each
  std::vector<bool> chunk_taken_;    // a row begins with it, or goes on through it
  std::map<std::size_t, Claim> claims_;
  std::unordered_set<std::uint64_t> nowhere_;  // what was searched for in all packets
  std::pair<std::size_t, std::size_t> hole_{none, none};
};

/// Datagrams without octets, in their order.
void place_empty_rows(std::span<const WantedRow> rows, std::span<const std::vector<SeenSegment>* const> sides,
                      std::uint32_t lane, LaneResult& result) {
  Segments empty;
  for (const std::vector<SeenSegment>* const side : sides) {
    for (const SeenSegment& segment : *side) {
      if (segment.length == 0) empty.push_back(&segment);
    }
  }
  std::stable_sort(empty.begin(), empty.end(),
                   [](const SeenSegment* a, const SeenSegment* b) { return a->frame < b->frame; });
  auto next = empty.begin();
  std::size_t last = none;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].sent.empty() || rows[i].lane != lane || next == empty.end()) continue;
    result.rows[i].state = PlacedRow::State::whole;
    result.rows[i].pieces.push_back({0, 0, (*next)->frame, 0, *next});
    ++result.rows_there;
    ++next;
    last = i;
  }
  for (; next != empty.end() && last != none; ++next) {
    PlacedRow& row = result.rows[last];
    row.copies.push_back({{0, 0}, row.pieces.front().frame, (*next)->frame, false, *next});
  }
}

/// The sequence number that most rows start at, and how many do.
std::pair<std::uint32_t, std::size_t> commonest_start(const LaneResult& result) {
  std::map<std::uint32_t, std::size_t> starts;
  for (const PlacedRow& row : result.rows) {
    if (!row.pieces.empty()) ++starts[row.pieces.front().segment->sequence_number];
  }
  std::pair<std::uint32_t, std::size_t> most{0, 0};
  for (const auto& start : starts) {
    if (start.second > most.second) most = start;
  }
  return most;
}

}  // namespace

std::string excerpt(Bytes octets) { return printable(as_text(octets), excerpt_length); }

LaneResult find_rows(std::span<const WantedRow> rows, const LaneSides& lane) {
  if (lane.transport == Transport::udp) {
    LaneResult result = find_rows_by_frame(rows, {&lane, 1});
    result.by_frame = true;
    return result;
  }
  LaneResult in_stream;
  bool conflicts = false;
  bool copies = false;
  {
    const Text text = by_number(lane.sides);
    conflicts = text.conflicts;
    copies = !text.copies.empty();
    in_stream = Search{rows, text}.run();
  }
  if (in_stream.rows_there == rows.size() || (!conflicts && !copies)) return in_stream;
  LaneResult in_packets = find_rows_by_frame(rows, {&lane, 1});
  if (in_packets.rows_there < in_stream.rows_there || (!conflicts && in_packets.rows_there == in_stream.rows_there))
    return in_stream;
  const auto [number, count] = commonest_start(in_packets);
  // Messages that are alike leave no conflict behind: then half of them at one place tell.
  if (!conflicts && count * 2 < rows.size()) return in_stream;
  in_packets.by_frame = in_packets.overlaps = true;
  in_packets.common_sequence_number = number;
  return in_packets;
}

LaneResult find_rows_by_frame(std::span<const WantedRow> rows, std::span<const LaneSides> lanes) {
  const Text text = by_frame(lanes);
  LaneResult result = Search{rows, text}.run();
  for (std::uint32_t lane = 0; lane < lanes.size(); ++lane) {
    if (lanes[lane].transport == Transport::udp) place_empty_rows(rows, lanes[lane].sides, lane, result);
  }
  return result;
}

}  // namespace encap::trace
