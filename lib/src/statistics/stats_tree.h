#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <tsl/robin_map.h>
#include <utility>
#include <vector>

#include "encap/statistics/statistic.h"

namespace encap {

/// Counts of topics, each with topics below it, and when they came. Source: tshark's -z ...,tree.
class StatsTree {
 public:
  using Id = std::uint32_t;
  static constexpr Id none = 0;  ///< above the uppermost topics

  /// What a topic has beside its count.
  enum class Values : std::uint8_t { none, integers, reals };
  /// How the topics below one stand.
  enum class Order : std::uint8_t { by_count, as_added };

  /// A topic that is there from the start. `dashes`: of values that never came.
  Id add(Id parent, std::string_view name, Values values = Values::none, Order order = Order::by_count,
         bool dashes = false);
  /// The topic of that name, made where there is none yet.
  Id find(Id parent, std::string_view name);

  /// A packet begins; says when. Every packet that is counted, and no other, is said to begin.
  void begin(Duration since_first) noexcept;
  /// One more, at the packet's time.
  void count(Id id);
  /// One more, of that value.
  void count(Id id, std::int64_t value);
  void count(Id id, double value);
  /// A value alone, for the average.
  [[nodiscard]] std::uint64_t count_of(Id id) const noexcept { return nodes_[id].count; }

  void append_text(std::string& out, std::string_view title) const;
  [[nodiscard]] static std::vector<std::string> columns();
  void each_row(const Statistic::RowVisitor& visit) const;

  StatsTree();

 private:
  // The packets of five milliseconds.
  struct Bucket {
    std::int64_t number;
    std::uint64_t count;
    Duration start;  // of the earliest one
  };
  struct Node {
    std::string name;
    Values values = Values::none;
    Order order = Order::by_count;
    bool dashes = false;
    Id parent = none;
    std::uint64_t count = 0;
    std::int64_t total = 0;
    std::int64_t least = 0;
    std::int64_t most = 0;
    double real_total = 0;
    double real_least = 0;
    double real_most = 0;
    std::vector<Bucket> buckets;  // the last ones, in order
    std::uint64_t in_buckets = 0;
    std::uint64_t burst = 0;  // most packets in as many buckets
    Duration burst_start{};
    std::vector<Id> children;
  };
  struct Name {
    Id parent;
    std::string_view name;
    friend bool operator==(const Name&, const Name&) = default;
  };
  struct NameHash {
    [[nodiscard]] std::size_t operator()(const Name& name) const noexcept {
      return std::hash<std::string_view>{}(name.name) + name.parent * std::size_t{0x9e3779b9u};
    }
  };

  void count_burst(Node& node);
  [[nodiscard]] std::vector<Id> ordered(Id parent) const;
  template <class Visit>
  void walk(Visit visit) const;
  [[nodiscard]] double elapsed_milliseconds() const noexcept;

  std::deque<Node> nodes_;  // stay where they are: names are found in them
  tsl::robin_map<Name, Id, NameHash> index_;
  Duration first_{};
  Duration last_{};
  Duration now_{};
  bool any_ = false;
};

/// A statistic that is such a tree, of the packets that pass its filter.
class TreeStatistic : public Statistic {
 public:
  [[nodiscard]] Detail detail() const noexcept override { return Detail::fields; }
  void append_text(std::string& out, const RowAdded&) const final { tree_.append_text(out, title_); }
  [[nodiscard]] std::vector<std::string> columns() const final { return StatsTree::columns(); }
  void each_row(const RowVisitor& visit) const final { tree_.each_row(visit); }

 protected:
  /// Lifetime: borrows the title.
  TreeStatistic(std::string_view title, PacketFilter filter) : title_{title}, filter_{std::move(filter)} {}

  [[nodiscard]] bool passes(const Dissection& dissection) const { return filter_(dissection); }
  [[nodiscard]] bool has_filter() const noexcept { return static_cast<bool>(filter_.matches); }
  [[nodiscard]] StatsTree& tree() noexcept { return tree_; }

 private:
  std::string_view title_;
  PacketFilter filter_;
  StatsTree tree_;
};

}  // namespace encap
