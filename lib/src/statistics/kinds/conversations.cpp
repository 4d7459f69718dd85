#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <numeric>
#include <tsl/robin_map.h>
#include <utility>

#include "base/large_list.h"
#include "base/prefetch.h"
#include "encap/dissect/field_table.h"
#include "render/text.h"
#include "statistics/ends.h"
#include "statistics/kind.h"

// Source: tshark's -z conv.

namespace encap {
namespace {

struct Counted {
  std::uint64_t frames = 0;
  std::uint64_t octets = 0;

  friend Counted operator+(const Counted& a, const Counted& b) noexcept {
    return {a.frames + b.frames, a.octets + b.octets};
  }
};

struct Conversation {
  LayerEnds ends;  // of its first packet
  Counted there;   // from that one's source
  Counted back;
  std::uint64_t first_seen_at = 0;
  Duration first{};
  Duration last{};

  [[nodiscard]] Counted total() const noexcept { return there + back; }
};

// Both ends, the lower one first, and the stream.
struct Key {
  std::array<std::uint64_t, 7> words{};

  explicit Key(const LayerEnds& ends) noexcept {
    const EndKey from{ends.source, ends.source_port};
    const EndKey to{ends.destination, ends.destination_port};
    const bool forward = from <= to;
    const EndKey& low = forward ? from : to;
    const EndKey& high = forward ? to : from;
    for (std::size_t i = 0; i < 3; ++i) {
      words[i] = low.words[i];
      words[3 + i] = high.words[i];
    }
    words[6] = ends.stream;
  }
  friend bool operator==(const Key&, const Key&) = default;
};
struct KeyHash {
  [[nodiscard]] std::size_t operator()(const Key& key) const noexcept { return hash_words(key.words); }
};

bool are_same(const LayerEnds& a, const LayerEnds& b) noexcept {
  const bool there = a.source_port == b.source_port && a.destination_port == b.destination_port &&
                     are_same(a.source, b.source) && are_same(a.destination, b.destination);
  return there || (a.source_port == b.destination_port && a.destination_port == b.source_port &&
                   are_same(a.source, b.destination) && are_same(a.destination, b.source));
}

// As tshark shortens them: 9999 bytes, 10 kB, 9999 kB, 10 MB.
std::string octets_text(std::uint64_t octets) {
  static constexpr std::string_view units[] = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; octets >= 10'000 && unit + 1 < std::size(units); ++unit) octets /= 1000;
  return fmt::format("{} {}", octets, units[unit]);
}

// Whole seconds and the rest added as doubles: the last digits are those that tshark has.
double seconds(Duration time) noexcept {
  const std::int64_t whole = time.count() / 1'000'000'000;
  return static_cast<double>(whole) + static_cast<double>(time.count() % 1'000'000'000) / 1e9;
}

// A number of 10^-9 seconds with fewer decimals, and blanks in front up to a width.
void append_decimals(std::string& out, std::uint64_t nanoseconds, std::size_t width, std::size_t decimals) {
  append_padded(out, nanoseconds / 1'000'000'000, width - decimals - 1, ' ');
  out += '.';
  std::uint64_t fraction = nanoseconds % 1'000'000'000;
  for (std::size_t dropped = decimals; dropped < 9; ++dropped) fraction /= 10;
  append_padded(out, fraction, decimals);
}

// When a conversation began and how long it was, as printf shows the doubles of these times, which takes it longer than
// all else of the row. The digits are those of the whole numbers for times below 2^20 s, of which a double is less than
// 10^-9 s away, unless it is between two of those with four decimals.
void append_times(std::string& out, Duration first, Duration last) {
  constexpr std::int64_t longest = (std::int64_t{1} << 20) * 1'000'000'000;
  constexpr std::int64_t unit = 100'000;  // of the decimals shown of how long
  const std::int64_t length = last.count() - first.count();
  if (first.count() < 0 || last.count() >= longest || length < 0 || length % unit == unit / 2) {
    fmt::format_to(std::back_inserter(out), "  {:14.9f}   {:12.4f}\n", seconds(first), seconds(last) - seconds(first));
    return;
  }
  out += "  ";
  append_decimals(out, static_cast<std::uint64_t>(first.count()), 14, 9);
  out += "   ";
  append_decimals(out, static_cast<std::uint64_t>(length + unit / 2), 12, 4);
  out += '\n';
}

class Conversations final : public Statistic {
 public:
  Conversations(PacketFilter filter, EndsOf ends)
      : filter_{std::move(filter)},
        layer_{ends_layer(ends)},
        field_{find_field(layer_.name)->field},
        has_streams_{ends == EndsOf::tcp} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }
  [[nodiscard]] FactsRead reads() const noexcept override { return {.ends = true}; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    settle();
    std::size_t place = 0;
    for (const LayerEnds& ends : dissection.facts.ends) {
      if (ends.layer != field_) continue;
      waiting_.emplace_back(ends, first_seen(dissection, place++), dissection);
      if (const Conversation* const row = known_row(ends); row != nullptr) {
        prefetch(row);
        prefetch(&row->last);
      }
    }
  }
  void settle() override {
    for (const Waiting& packet : waiting_) add(packet);
    waiting_.clear();
  }

  [[nodiscard]] bool may_share() const noexcept override { return !filter_.matches; }
  void absorb(Statistic& other) override {
    const auto& all = static_cast<const Conversations&>(other).rows_;
    for (std::uint32_t at = 0; at < all.size(); ++at) {
      const Conversation& theirs = all[at];
      Conversation& ours = row_of(theirs.ends, theirs.first_seen_at, theirs.first);
      const bool same_way = goes_there(ours, theirs.ends);
      ours.there = ours.there + (same_way ? theirs.there : theirs.back);
      ours.back = ours.back + (same_way ? theirs.back : theirs.there);
      ours.first = std::min(ours.first, theirs.first);
      ours.last = std::max(ours.last, theirs.last);
      if (theirs.first_seen_at >= ours.first_seen_at) continue;
      ours.first_seen_at = theirs.first_seen_at;
      ours.ends = theirs.ends;
      if (!same_way) std::swap(ours.there, ours.back);
    }
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    const std::string line(80, '=');
    const std::string indent(layer_.has_ports ? 59 : 47, ' ');
    out += fmt::format("{}\n{} Conversations\nFilter:{}\n", line, layer_.title,
                       filter_.text.empty() ? "<No Filter>" : filter_.text);
    out += indent + "|       <-      | |       ->      | |     Total     |    Relative    |   Duration   |\n" + indent +
           "| Frames  Bytes | | Frames  Bytes | | Frames  Bytes |      Start     |              |\n";
    const std::size_t width = layer_.has_ports ? 26 : 20;
    for (const Conversation* row : ordered()) {
      const Counted total = row->total();
      append_left(out, end_text(row->ends.source, row->ends.source_port, layer_.has_ports), width);
      out += " <-> ";
      append_left(out, end_text(row->ends.destination, row->ends.destination_port, layer_.has_ports), width);
      for (const Counted& counted : {row->back, row->there, total}) {
        out += "  ";
        append_padded(out, counted.frames, 6, ' ');
        out += ' ';
        append_left(out, octets_text(counted.octets), 9);
      }
      append_times(out, row->first, row->last);
      if (row_added) row_added();
    }
    out += line + '\n';
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    return {"source",
            "source_port",
            "destination",
            "destination_port",
            "stream",
            "frames_to_source",
            "bytes_to_source",
            "frames_to_destination",
            "bytes_to_destination",
            "frames",
            "bytes",
            "start",
            "duration"};
  }
  void each_row(const RowVisitor& visit) const override {
    using Value = StatisticValue;
    const auto port = [this](std::uint16_t number) {
      return layer_.has_ports ? Value{std::uint64_t{number}} : Value{};
    };
    for (const Conversation* row : ordered()) {
      const Counted total = row->total();
      const LayerEnds& ends = row->ends;
      const Value values[] = {address_text(ends.source),
                              port(ends.source_port),
                              address_text(ends.destination),
                              port(ends.destination_port),
                              layer_.name == "tcp" ? Value{std::uint64_t{ends.stream}} : Value{},
                              row->back.frames,
                              row->back.octets,
                              row->there.frames,
                              row->there.octets,
                              total.frames,
                              total.octets,
                              seconds(row->first),
                              seconds(row->last) - seconds(row->first)};
      visit(values);
    }
  }

 private:
  // What a packet adds to a row. Of thousands of conversations that of the packet at hand is rarely near: so what is
  // taken waits until the next packet was read, and the row is fetched meanwhile.
  struct Waiting {
    LayerEnds ends;
    std::uint64_t seen_at;
    Duration at;
    std::uint64_t octets;

    // Made where it is kept.
    Waiting(const LayerEnds& its_ends, std::uint64_t first_seen_at, const Dissection& dissection)
        : ends{its_ends}, seen_at{first_seen_at}, at{dissection.since_first}, octets{length_of(dissection)} {}
  };
  // Of the stream; null where it has none yet, or there are none.
  [[nodiscard]] const Conversation* known_row(const LayerEnds& ends) const noexcept {
    if (!has_streams_ || ends.stream >= streams_.size() || streams_[ends.stream] == none) return nullptr;
    return &rows_[streams_[ends.stream]];
  }
  void add(const Waiting& packet) {
    Conversation& row = row_of(packet.ends, packet.seen_at, packet.at);
    Counted& way = goes_there(row, packet.ends) ? row.there : row.back;
    ++way.frames;
    way.octets += packet.octets;
    row.first = std::min(row.first, packet.at);
    row.last = std::max(row.last, packet.at);
  }

  // Ends that are the same say nothing of the direction: all go the first packet's way.
  [[nodiscard]] static bool goes_there(const Conversation& row, const LayerEnds& ends) noexcept {
    return ends.source_port == row.ends.source_port && are_same(ends.source, row.ends.source);
  }

  [[nodiscard]] Conversation& row_of(const LayerEnds& ends, std::uint64_t seen_at, Duration at) {
    if (has_streams_) {  // numbered from 0 on; without a session all are 0
      if (ends.stream >= streams_.size()) streams_.resize(ends.stream + 1, none);
      std::uint32_t& place = streams_[ends.stream];
      if (place == none) place = rows_.push_back({ends, {}, {}, seen_at, at, at});
      if (are_same(rows_[place].ends, ends)) return rows_[place];
    }
    const auto [entry, is_new] = index_.try_emplace(Key{ends}, none);
    if (is_new) entry.value() = rows_.push_back({ends, {}, {}, seen_at, at, at});
    return rows_[entry->second];
  }

  // Most frames first; of those that have as many the one that began first.
  [[nodiscard]] std::vector<const Conversation*> ordered() const {
    std::vector<const Conversation*> rows;
    rows.reserve(rows_.size());
    for (std::uint32_t at = 0; at < rows_.size(); ++at) rows.push_back(&rows_[at]);
    std::stable_sort(rows.begin(), rows.end(), [](const Conversation* a, const Conversation* b) {
      return std::pair{b->total().frames, a->first_seen_at} < std::pair{a->total().frames, b->first_seen_at};
    });
    return rows;
  }

  PacketFilter filter_;
  const EndsLayer& layer_;
  const Field* field_;
  bool has_streams_;
  LargeList<Conversation> rows_;
  std::vector<Waiting> waiting_;
  static constexpr std::uint32_t none = 0xffffffff;
  tsl::robin_map<Key, std::uint32_t, KeyHash> index_;  // places of rows
  std::vector<std::uint32_t> streams_;                 // the same by `tcp.stream`
};

constexpr StatisticKind kinds[] = {
    {"conv,eth", "[,FILTER]", "conversations between Ethernet addresses", make_filtered<Conversations, EndsOf::eth>},
    {"conv,ip", "[,FILTER]", "conversations between IPv4 addresses", make_filtered<Conversations, EndsOf::ip>},
    {"conv,ipv6", "[,FILTER]", "conversations between IPv6 addresses", make_filtered<Conversations, EndsOf::ipv6>},
    {"conv,tcp", "[,FILTER]", "TCP connections", make_filtered<Conversations, EndsOf::tcp>},
    {"conv,udp", "[,FILTER]", "conversations between UDP ports", make_filtered<Conversations, EndsOf::udp>}};

}  // namespace

extern const std::span<const StatisticKind> conversations_statistics{kinds};

}  // namespace encap
