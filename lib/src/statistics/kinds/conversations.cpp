#include <algorithm>
#include <fmt/format.h>
#include <numeric>
#include <tsl/robin_map.h>

#include "encap/dissect/field_table.h"
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
  Duration first{};
  Duration last{};

  [[nodiscard]] Counted total() const noexcept { return there + back; }
};

// Both ends, the lower one first, and the stream.
struct Key {
  std::array<std::uint64_t, 7> words{};

  Key(const LayerEnds& ends, bool& forward) noexcept {
    const EndKey from{ends.source, ends.source_port};
    const EndKey to{ends.destination, ends.destination_port};
    forward = from <= to;
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

// As tshark shortens them: 9999 bytes, 10 kB, 9999 kB, 10 MB.
std::string octets_text(std::uint64_t octets) {
  static constexpr std::string_view units[] = {"bytes", "kB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  for (; octets >= 10'000 && unit + 1 < std::size(units); ++unit) octets /= 1000;
  return fmt::format("{} {}", octets, units[unit]);
}

// Whole seconds and the rest added as doubles: the last digits are those that tshark has.
double seconds(Duration time) noexcept {
  return static_cast<double>(time.count() / 1'000'000'000) + static_cast<double>(time.count() % 1'000'000'000) / 1e9;
}

class Conversations final : public Statistic {
 public:
  Conversations(PacketFilter filter, const EndsLayer* layer)
      : filter_{std::move(filter)}, layer_{*layer}, field_{find_field(layer->name)->field} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }
  [[nodiscard]] bool reads_layers() const noexcept override { return false; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    for (const LayerEnds& ends : dissection.facts.ends) {
      if (ends.layer == field_) add(ends, length_of(dissection), dissection.since_first);
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
      out += fmt::format("{:<{}} <-> {:<{}}  {:6} {:<9}  {:6} {:<9}  {:6} {:<9}  {:14.9f}   {:12.4f}\n",
                         end_text(row->ends.source, row->ends.source_port, layer_.has_ports), width,
                         end_text(row->ends.destination, row->ends.destination_port, layer_.has_ports), width,
                         row->back.frames, octets_text(row->back.octets), row->there.frames,
                         octets_text(row->there.octets), total.frames, octets_text(total.octets), seconds(row->first),
                         seconds(row->last) - seconds(row->first));
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
  void add(const LayerEnds& ends, std::uint64_t octets, Duration at) {
    bool forward = false;
    const Key key{ends, forward};
    const auto [entry, is_new] = index_.try_emplace(key, static_cast<std::uint32_t>(rows_.size()), forward);
    if (is_new) rows_.push_back({ends, {}, {}, at, at});
    Conversation& row = rows_[entry->second.first];
    Counted& way = forward == entry->second.second ? row.there : row.back;
    ++way.frames;
    way.octets += octets;
    row.first = std::min(row.first, at);
    row.last = std::max(row.last, at);
  }

  // Most frames first; of those that have as many the one that began first.
  [[nodiscard]] std::vector<const Conversation*> ordered() const {
    std::vector<const Conversation*> rows;
    for (const Conversation& row : rows_) rows.push_back(&row);
    std::stable_sort(rows.begin(), rows.end(), [](const Conversation* a, const Conversation* b) {
      return a->total().frames > b->total().frames;
    });
    return rows;
  }

  PacketFilter filter_;
  const EndsLayer& layer_;
  const Field* field_;
  std::vector<Conversation> rows_;
  // The place of a row, and whether its first packet went from the lower end to the higher one.
  tsl::robin_map<Key, std::pair<std::uint32_t, bool>, KeyHash> index_;
};

constexpr StatisticKind kinds[] = {
    {"conv,eth", "[,FILTER]", "conversations between Ethernet addresses",
     make_filtered<Conversations, &ends_layers[0]>},
    {"conv,ip", "[,FILTER]", "conversations between IPv4 addresses", make_filtered<Conversations, &ends_layers[1]>},
    {"conv,ipv6", "[,FILTER]", "conversations between IPv6 addresses", make_filtered<Conversations, &ends_layers[2]>},
    {"conv,tcp", "[,FILTER]", "TCP connections", make_filtered<Conversations, &ends_layers[3]>},
    {"conv,udp", "[,FILTER]", "conversations between UDP ports", make_filtered<Conversations, &ends_layers[4]>}};

}  // namespace

extern const std::span<const StatisticKind> conversations_statistics{kinds};

}  // namespace encap
