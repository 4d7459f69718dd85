#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <optional>

#include "dissect/protocols/tcp_flag_words.h"
#include "encap/dissect/field_table.h"
#include "statistics/ends.h"
#include "statistics/kind.h"
#include "statistics/spool.h"
#include "statistics/tcp_items.h"

// Source: tshark's -z flow,tcp.

namespace encap {
namespace {

// Hosts that have a column; those that come later share a place two columns behind the last one.
constexpr std::size_t most_nodes = 40;
constexpr std::size_t node_behind = most_nodes + 1;

// One segment as it lies in the spool.
struct Arrow {
  std::uint64_t frame = 0;
  std::int64_t since_first = 0;  // nanoseconds
  LayerEnds ends;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint32_t length = 0;
  std::uint16_t flags = 0;
  bool accurate_ecn = false;
  std::uint8_t decimals = 0;

  [[nodiscard]] bool acknowledges() const noexcept { return (flags & 0x010) != 0; }
};

// Columns of characters: one node's, those before its arrow's first, and what stands around them.
constexpr std::size_t column = 20;
constexpr std::size_t label_at = 9;

// Writes `text` over the line from `at` on; where it would reach the line's end it is put between instead.
void overlay(std::string& line, std::size_t at, std::string_view text) {
  at = std::min(at, line.size());
  line.replace(at, at + text.size() < line.size() ? text.size() : 0, text);
}

std::string time_text(const Arrow& arrow) {
  const bool negative = arrow.since_first < 0;
  const auto magnitude =
      negative ? ~static_cast<std::uint64_t>(arrow.since_first) + 1 : static_cast<std::uint64_t>(arrow.since_first);
  std::string text =
      fmt::format("{}{}.{:09}", negative ? "-" : "", magnitude / 1'000'000'000, magnitude % 1'000'000'000);
  text.resize(text.size() - (9 - std::min<std::size_t>(arrow.decimals, 9)));
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string flags_text(const Arrow& arrow) {
  Column<128> room;
  return std::string{flag_words(arrow.flags, arrow.accurate_ecn, room)};
}

/// Memory: that of the spool.
class TcpFlow final : public Statistic {
 public:
  explicit TcpFlow(PacketFilter filter) : filter_{std::move(filter)}, tcp_{find_field("tcp")->field} {}

  [[nodiscard]] Detail detail() const noexcept override { return Detail::fields; }

  void take(const Dissection& dissection) override {
    const auto& all = dissection.facts.ends;
    const auto ends = std::find_if(all.begin(), all.end(), [this](const LayerEnds& e) { return e.layer == tcp_; });
    if (ends == all.end() || !filter_(dissection)) return;
    const std::optional<TcpItems> tcp = tcp_items(dissection);
    if (!tcp) return;
    several_streams_ = several_streams_ || (spool_.size() != 0 && ends->stream != stream_);
    stream_ = ends->stream;
    static_cast<void>(node(ends->source));
    static_cast<void>(node(ends->destination));
    const Arrow arrow{.frame = dissection.frame_number,
                      .since_first = dissection.since_first.count(),
                      .ends = *ends,
                      .sequence = tcp->sequence_number,
                      .acknowledgment = tcp->acknowledgment_number,
                      .length = tcp->has_length ? tcp->length : 0,
                      .flags = tcp->flags,
                      .accurate_ecn = tcp->accurate_ecn,
                      .decimals = dissection.record->decimals};
    std::array<std::byte, sizeof arrow> words;
    std::memcpy(words.data(), &arrow, sizeof arrow);
    if (auto kept = spool_.append(words); !kept) error_ = std::move(kept.error());
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    if (spool_.size() == 0) return;
    append_heads(out);
    std::optional<std::uint32_t> stream;
    for_each_arrow([&](const Arrow& arrow) {
      if (several_streams_ && stream && *stream != arrow.ends.stream) {
        out.append(start().size() + column * nodes_.size() + 1, '-');
        out += '\n';
      }
      stream = arrow.ends.stream;
      append_arrow(out, arrow);
      if (row_added) row_added();
    });
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    return {"frame", "time",  "stream",   "source",        "source_port", "destination", "destination_port",
            "flags", "bytes", "sequence", "acknowledgment"};
  }
  void each_row(const RowVisitor& visit) const override {
    for_each_arrow([&](const Arrow& arrow) {
      using Value = StatisticValue;
      const Value row[] = {arrow.frame,
                           time_text(arrow),
                           std::uint64_t{arrow.ends.stream},
                           address_text(arrow.ends.source),
                           std::uint64_t{arrow.ends.source_port},
                           address_text(arrow.ends.destination),
                           std::uint64_t{arrow.ends.destination_port},
                           flags_text(arrow),
                           std::uint64_t{arrow.length},
                           std::uint64_t{arrow.sequence},
                           arrow.acknowledges() ? Value{std::uint64_t{arrow.acknowledgment}} : Value{}};
      visit(row);
    });
  }
  [[nodiscard]] std::optional<IoError> failure() const override { return error_; }

 private:
  [[nodiscard]] std::size_t node(const Address& address) {
    const std::size_t known = find_node(address);
    if (known != node_behind || nodes_.size() == most_nodes) return known;
    nodes_.push_back(address);
    return nodes_.size() - 1;
  }
  [[nodiscard]] std::size_t find_node(const Address& address) const {
    const auto found = std::find(nodes_.begin(), nodes_.end(), address);
    return found != nodes_.end() ? static_cast<std::size_t>(found - nodes_.begin()) : node_behind;
  }

  template <class Visit>
  void for_each_arrow(Visit visit) const {
    Spool::Reader reader{spool_};
    while (!reader.at_end()) {
      Arrow arrow;
      std::array<std::byte, sizeof arrow> words;
      if (auto read = reader.read(words); !read) {
        error_ = std::move(read.error());
        return;
      }
      std::memcpy(static_cast<void*>(&arrow), words.data(), sizeof arrow);
      visit(arrow);
    }
  }

  // What stands before the columns of a line.
  [[nodiscard]] std::string_view start() const noexcept {
    return several_streams_ ? "     |         |" : "|         |";
  }

  void append_heads(std::string& out) const {
    out += several_streams_ ? "Conv.| Time    |" : "|Time     |";
    for (std::size_t i = 0; i < nodes_.size(); i += 2) out += fmt::format(" {:<38}|", address_text(nodes_[i]));
    out += fmt::format("\n{}{:19}", start(), "");
    for (std::size_t i = 1; i < nodes_.size(); i += 2) {
      const std::string text = address_text(nodes_[i]);
      out += text.size() < 18 ? fmt::format("| {:<18}|{:19}", text, "") : fmt::format("| {:<38}", text);
    }
    out += '\n';
  }

  void append_arrow(std::string& out, const Arrow& arrow) const {
    const std::size_t from = find_node(arrow.ends.source);
    const std::size_t to = find_node(arrow.ends.destination);
    const auto [left, other] = std::minmax(from, to);
    const std::size_t right = left == other ? left + 1 : other;
    const bool backwards = to < from;
    std::string empty{start()};
    for (std::size_t i = 0; i < nodes_.size(); ++i) empty += "                   |";
    const std::size_t at = start().size() + left * column;
    const std::size_t width = (right - left) * column;

    std::string line = empty;
    if (several_streams_) line.replace(0, 5, fmt::format("{:<5}", arrow.ends.stream));
    const std::size_t time_at = several_streams_ ? 6 : 1;
    std::string label = flags_text(arrow);
    if (arrow.length != 0) label += fmt::format(" - Len: {}", arrow.length);
    label.resize(std::min(label.size(), width));
    overlay(line, at + label_at, label);
    line.replace(time_at, 9, fmt::format("{:<9}", time_text(arrow)));
    out += fmt::format("{}Seq = {}", line, arrow.sequence);
    if (arrow.acknowledges()) out += fmt::format(" Ack = {}", arrow.acknowledgment);
    out += '\n';

    line = std::move(empty);
    const std::string shaft(width - 2, '-');
    overlay(line, at + label_at, backwards ? '<' + shaft : shaft + '>');
    const auto [left_port, right_port] = backwards ? std::pair{arrow.ends.destination_port, arrow.ends.source_port}
                                                   : std::pair{arrow.ends.source_port, arrow.ends.destination_port};
    overlay(line, at, fmt::format("({})", left_port));
    overlay(line, at + label_at + width + 1, fmt::format("({})", right_port));
    out += line + '\n';
  }

  PacketFilter filter_;
  const Field* tcp_;
  std::vector<Address> nodes_;  // in order of appearance, `most_nodes` at most
  Spool spool_;
  mutable std::optional<IoError> error_;  // of the spool
  std::uint32_t stream_ = 0;              // of the latest segment
  bool several_streams_ = false;
};

MadeStatistic make(const StatisticArguments& arguments) {
  std::string_view text = arguments.text;
  const std::string_view form = text.substr(0, text.find(','));
  text.remove_prefix(std::min(text.size(), form.size() + 1));
  if (form != "standard" && form != "network" && !form.empty()) {
    return unexpected(fmt::format("{}: write standard or network, which look the same", form));
  }
  auto filter = arguments.filter(text);
  if (!filter) return unexpected(std::move(filter.error()));
  return std::make_unique<TcpFlow>(std::move(*filter));
}

constexpr StatisticKind kinds[] = {
    {"flow,tcp", "[,standard|network[,FILTER]]", "TCP segments as arrows between their hosts", make}};

}  // namespace

extern const std::span<const StatisticKind> tcp_flow_statistics{kinds};

}  // namespace encap
