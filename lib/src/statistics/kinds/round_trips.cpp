#include <algorithm>
#include <fmt/format.h>
#include <tsl/robin_map.h>

#include "encap/dissect/field_table.h"
#include "statistics/ends.h"
#include "statistics/kind.h"

// Not one of tshark's: its tcp.analysis.ack_rtt and tcp.analysis.initial_rtt, put together by stream.

namespace encap {
namespace {

// How long segments of one direction waited for their acknowledgments, which came in the other one.
struct Waits {
  std::uint64_t count = 0;
  Duration total{};
  Duration least{};
  Duration most{};

  void add(Duration time) noexcept {
    least = count == 0 ? time : std::min(least, time);
    most = count == 0 ? time : std::max(most, time);
    total += time;
    ++count;
  }
  [[nodiscard]] double average() const noexcept {
    return static_cast<double>(total.count()) / static_cast<double>(count);
  }
};

struct Stream {
  LayerEnds ends;  // of its first packet
  std::uint64_t first_frame = 0;
  bool has_initial = false;
  Duration initial{};
  Waits there{};  // of segments from that one's source, told by what comes back
  Waits back{};
};

std::string milliseconds(double nanoseconds) { return fmt::format("{:.3f}", nanoseconds / 1e6); }
double seconds(Duration time) noexcept { return static_cast<double>(time.count()) / 1e9; }

class RoundTrips final : public Statistic {
 public:
  explicit RoundTrips(PacketFilter filter) : filter_{std::move(filter)}, tcp_{find_field("tcp")->field} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }
  [[nodiscard]] FactsRead reads() const noexcept override { return {.ends = true, .round_trips = true}; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    const Facts& facts = dissection.facts;
    for (const LayerEnds& ends : facts.ends) {
      if (ends.layer != tcp_) continue;
      const auto [entry, is_new] = index_.try_emplace(ends.stream, static_cast<std::uint32_t>(streams_.size()));
      if (is_new) streams_.push_back({ends, dissection.frame_number});
    }
    for (const RoundTrip& trip : facts.round_trips) {
      const LayerEnds& ends = facts.ends[trip.ends];
      Stream& stream = streams_[index_.at(ends.stream)];
      if (trip.has_initial && !stream.has_initial) {
        stream.has_initial = true;
        stream.initial = trip.initial;
      }
      const bool forward = ends.source == stream.ends.source && ends.source_port == stream.ends.source_port;
      (forward ? stream.back : stream.there).add(trip.time);
    }
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    const std::string line(80, '=');
    const std::string indent(67, ' ');
    const std::string head = fmt::format("| {:>7} {:>9} {:>9} {:>8} |", "ACKs", "Min", "Avg", "Max");
    out += fmt::format("{}\nTCP Round-Trip Times (milliseconds)\nFilter:{}\n{}|          | |{:^38}| |{:^38}|\n", line,
                       filter_.text.empty() ? "<No Filter>" : filter_.text, indent, "<-", "->");
    out += fmt::format("Stream{:61}|   iRTT   | {} {}\n", "", head, head);
    for (const Stream* stream : ordered()) {
      const LayerEnds& ends = stream->ends;
      out += fmt::format("{:>6} {:<26} <-> {:<26}   {:>11}  {} {}\n", ends.stream,
                         end_text(ends.source, ends.source_port, true),
                         end_text(ends.destination, ends.destination_port, true),
                         stream->has_initial ? milliseconds(static_cast<double>(stream->initial.count())) : "-",
                         text_of(stream->back), text_of(stream->there));
      if (row_added) row_added();
    }
    out += line + '\n';
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    return {"stream",
            "source",
            "source_port",
            "destination",
            "destination_port",
            "initial_rtt",
            "rtts_to_source",
            "rtt_minimum_to_source",
            "rtt_average_to_source",
            "rtt_maximum_to_source",
            "rtts_to_destination",
            "rtt_minimum_to_destination",
            "rtt_average_to_destination",
            "rtt_maximum_to_destination"};
  }
  void each_row(const RowVisitor& visit) const override {
    using Value = StatisticValue;
    for (const Stream* stream : ordered()) {
      const LayerEnds& ends = stream->ends;
      std::vector<Value> row{
          std::uint64_t{ends.stream},           address_text(ends.source),
          std::uint64_t{ends.source_port},      address_text(ends.destination),
          std::uint64_t{ends.destination_port}, stream->has_initial ? Value{seconds(stream->initial)} : Value{}};
      for (const Waits* waits : {&stream->back, &stream->there}) {
        row.emplace_back(waits->count);
        const bool any = waits->count != 0;
        row.push_back(any ? Value{seconds(waits->least)} : Value{});
        row.push_back(any ? Value{waits->average() / 1e9} : Value{});
        row.push_back(any ? Value{seconds(waits->most)} : Value{});
      }
      visit(row);
    }
  }

 private:
  static std::string text_of(const Waits& waits) {
    constexpr auto cells = "{:>9} {:>9} {:>9} {:>9} ";
    if (waits.count == 0) return fmt::format(cells, 0, "-", "-", "-");
    return fmt::format(cells, waits.count, milliseconds(static_cast<double>(waits.least.count())),
                       milliseconds(waits.average()), milliseconds(static_cast<double>(waits.most.count())));
  }

  [[nodiscard]] std::vector<const Stream*> ordered() const {
    std::vector<const Stream*> all;
    for (const Stream& stream : streams_) all.push_back(&stream);
    std::sort(all.begin(), all.end(), [](const Stream* a, const Stream* b) { return a->ends.stream < b->ends.stream; });
    return all;
  }

  PacketFilter filter_;
  const Field* tcp_;
  std::vector<Stream> streams_;
  tsl::robin_map<std::uint32_t, std::uint32_t> index_;
};

constexpr StatisticKind kinds[] = {{"rtt,tcp", "[,FILTER]",
                                    "how long TCP segments wait for their acknowledgments, by connection and direction",
                                    make_filtered<RoundTrips>}};

}  // namespace

extern const std::span<const StatisticKind> round_trips_statistics{kinds};

}  // namespace encap
