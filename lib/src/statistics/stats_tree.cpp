#include "statistics/stats_tree.h"

#include <algorithm>
#include <fmt/format.h>

#include "render/text.h"

namespace encap {
namespace {

constexpr Duration bucket_length = std::chrono::milliseconds{5};
constexpr std::int64_t burst_buckets = 20;

std::int64_t bucket_of(Duration time) noexcept {
  const std::int64_t number = time / bucket_length;
  return number - (time % bucket_length < Duration::zero() ? 1 : 0);
}

}  // namespace

StatsTree::StatsTree() {
  nodes_.emplace_back();
  nodes_[none].order = Order::as_added;
}

StatsTree::Id StatsTree::add(Id parent, std::string_view name, Values values, Order order, bool dashes) {
  const Id id = static_cast<Id>(nodes_.size());
  Node& node = nodes_.emplace_back();
  node.name = name;
  node.values = values;
  node.order = order;
  node.dashes = dashes;
  node.parent = parent;
  node.buckets.push_back({0, 0, Duration::zero()});
  nodes_[parent].children.push_back(id);
  index_.emplace(Name{parent, node.name}, id);
  return id;
}

StatsTree::Id StatsTree::find(Id parent, std::string_view name) {
  const auto found = index_.find(Name{parent, name});
  return found != index_.end() ? found->second : add(parent, name);
}

void StatsTree::begin(Duration since_first) noexcept {
  now_ = since_first;
  last_ = since_first;
  if (!any_) first_ = since_first;
  any_ = true;
}

void StatsTree::count(Id id) {
  Node& node = nodes_[id];
  ++node.count;
  count_burst(node);
}

void StatsTree::count(Id id, std::int64_t value) {
  Node& node = nodes_[id];
  node.least = node.count == 0 ? value : std::min(node.least, value);
  node.most = node.count == 0 ? value : std::max(node.most, value);
  node.total += value;
  count(id);
}

void StatsTree::count(Id id, double value) {
  Node& node = nodes_[id];
  node.real_least = node.count == 0 ? value : std::min(node.real_least, value);
  node.real_most = node.count == 0 ? value : std::max(node.real_most, value);
  node.real_total += value;
  count(id);
}

// A packet counts in the bucket of its time; those that are too old by then are left out.
void StatsTree::count_burst(Node& node) {
  const std::int64_t number = bucket_of(now_);
  auto& buckets = node.buckets;
  if (number > buckets.back().number) {
    const auto kept = std::find_if(buckets.begin(), buckets.end(),
                                   [number](const Bucket& bucket) { return bucket.number > number - burst_buckets; });
    for (auto old = buckets.begin(); old != kept; ++old) node.in_buckets -= old->count;
    buckets.erase(buckets.begin(), kept);
    buckets.push_back({number, 1, now_});
  } else {
    if (number <= buckets.back().number - burst_buckets) return;
    const auto place = std::find_if(buckets.begin(), buckets.end(),
                                    [number](const Bucket& bucket) { return bucket.number >= number; });
    if (place != buckets.end() && place->number == number) {
      ++place->count;
      place->start = std::min(place->start, now_);
    } else {
      buckets.insert(place, {number, 1, now_});
    }
  }
  ++node.in_buckets;
  if (node.in_buckets > node.burst) {
    node.burst = node.in_buckets;
    node.burst_start = buckets.front().start;
  }
}

std::vector<StatsTree::Id> StatsTree::ordered(Id parent) const {
  std::vector<Id> ids = nodes_[parent].children;
  if (nodes_[parent].order == Order::as_added) return ids;
  std::sort(ids.begin(), ids.end(), [this](Id a, Id b) {
    const Node& left = nodes_[a];
    const Node& right = nodes_[b];
    return left.count != right.count ? left.count > right.count : left.name > right.name;
  });
  return ids;
}

template <class Visit>
void StatsTree::walk(Visit visit) const {
  struct Level {
    std::vector<Id> ids;
    std::size_t next = 0;
  };
  std::vector<Level> levels{{ordered(none)}};
  while (!levels.empty()) {
    Level& level = levels.back();
    if (level.next == level.ids.size()) {
      levels.pop_back();
      continue;
    }
    const Id id = level.ids[level.next++];
    visit(nodes_[id], levels.size() - 1);
    if (!nodes_[id].children.empty()) levels.push_back({ordered(id)});
  }
}

double StatsTree::elapsed_milliseconds() const noexcept { return static_cast<double>((last_ - first_).count()) / 1e6; }

void StatsTree::append_text(std::string& out, std::string_view title) const {
  static constexpr std::string_view topic = "Topic / Item";
  struct Line {
    std::string name;
    std::string cells;
  };
  std::vector<Line> lines;
  std::size_t width = topic.size();
  const double elapsed = elapsed_milliseconds();
  walk([&](const Node& node, std::size_t depth) {
    Line line{std::string(depth, ' '), {}};
    append_shown(line.name, node.name);
    width = std::max(width, line.name.size());
    std::string average;
    std::string least;
    std::string most;
    const auto count = static_cast<float>(node.count);
    if (node.values != Values::none && node.count != 0) {
      if (node.values == Values::integers) {
        average = fmt::format("{:.2f}", static_cast<float>(node.total) / count);
        least = std::to_string(node.least);
        most = std::to_string(node.most);
      } else {
        average = fmt::format("{:.2f}", static_cast<float>(node.real_total) / count);
        least = fmt::format("{:f}", node.real_least);
        most = fmt::format("{:f}", node.real_most);
      }
    } else if (node.dashes) {
      average = least = most = "-";
    }
    const std::uint64_t above = nodes_[node.parent].count;
    const std::string percent =
        node.parent == none ? "100%"
        : above == 0        ? ""
                     : fmt::format("{:.2f}%", static_cast<double>(node.count) * 100 / static_cast<double>(above));
    line.cells =
        fmt::format("{:<14}{:<14}{:<14}{:<14}{:<14}{:<14}", node.count, average, least, most,
                    elapsed != 0 ? fmt::format("{:.4f}", static_cast<double>(node.count) / elapsed) : "", percent);
    if (node.burst != 0) {
      line.cells += fmt::format("{:<14}{:<13}", fmt::format("{:.4f}", static_cast<double>(node.burst) / 100),
                                fmt::format("{:.3f}", static_cast<double>(node.burst_start.count()) / 1e9));
    } else {
      line.cells += fmt::format("{:<14}{:<13}", "-", "-");
    }
    lines.push_back(std::move(line));
  });
  width += 2;
  const std::size_t whole = width + 7 * 14 + 13;
  out += fmt::format("\n{:=<{}}\n{}:\n{:<{}}{:<14}{:<14}{:<14}{:<14}{:<14}{:<14}{:<14}{:<13}\n{:-<{}}\n", "", whole,
                     title, topic, width, "Count", "Average", "Min Val", "Max Val", "Rate (ms)", "Percent",
                     "Burst Rate", "Burst Start", "", whole);
  for (const Line& line : lines) {
    out += line.name;
    out.append(width - line.name.size(), ' ');
    out += line.cells + '\n';
  }
  out += fmt::format("\n{:-<{}}\n", "", whole);
}

std::vector<std::string> StatsTree::columns() {
  return {"path", "topic", "depth", "count", "average", "minimum", "maximum", "rate", "burst_rate", "burst_start"};
}

void StatsTree::each_row(const Statistic::RowVisitor& visit) const {
  using Value = StatisticValue;
  const double elapsed = elapsed_milliseconds();
  std::vector<std::string> paths;
  walk([&](const Node& node, std::size_t depth) {
    paths.resize(depth);
    paths.push_back(depth == 0 ? node.name : paths.back() + " > " + node.name);
    Value average;
    Value least;
    Value most;
    if (node.values != Values::none && node.count != 0) {
      const bool reals = node.values == Values::reals;
      average = (reals ? node.real_total : static_cast<double>(node.total)) / static_cast<double>(node.count);
      least = reals ? Value{node.real_least} : Value{node.least};
      most = reals ? Value{node.real_most} : Value{node.most};
    }
    const Value rate = elapsed != 0 ? Value{static_cast<double>(node.count) / elapsed} : Value{};
    const bool bursts = node.burst != 0;
    const Value row[] = {paths.back(),
                         node.name,
                         std::uint64_t{depth},
                         node.count,
                         average,
                         least,
                         most,
                         rate,
                         bursts ? Value{static_cast<double>(node.burst) / 100} : Value{},
                         bursts ? Value{static_cast<double>(node.burst_start.count()) / 1e9} : Value{}};
    visit(row);
  });
}

}  // namespace encap
