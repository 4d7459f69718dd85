#include <array>
#include <bit>

#include "statistics/ends.h"
#include "statistics/kind.h"
#include "statistics/stats_tree.h"

// Source: tshark's -z plen,tree.

namespace encap {
namespace {

class PacketLengths final : public TreeStatistic {
 public:
  explicit PacketLengths(PacketFilter filter) : TreeStatistic{"Packet Lengths", std::move(filter)} {
    using enum StatsTree::Values;
    root_ = tree().add(StatsTree::none, "Packet Lengths", integers, StatsTree::Order::as_added);
    static constexpr std::string_view names[] = {"0-19",    "20-39",    "40-79",     "80-159",    "160-319",
                                                 "320-639", "640-1279", "1280-2559", "2560-5119", "5120 and greater"};
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      ranges_[i] = tree().add(root_, names[i], integers, StatsTree::Order::as_added, true);
    }
  }

  [[nodiscard]] Detail detail() const noexcept override { return has_filter() ? Detail::fields : Detail::facts; }
  [[nodiscard]] FactsRead reads() const noexcept override { return {}; }

  void take(const Dissection& dissection) override {
    if (!passes(dissection) || dissection.facts.quote_is_cut) return;
    const std::uint64_t length = length_of(dissection);
    tree().begin(dissection.since_first);
    tree().count(root_, static_cast<std::int64_t>(length));
    // Each range but the last is twice as long as those before it: 20, 40, 80 ...
    const auto range = static_cast<std::size_t>(std::bit_width(length / 20));
    tree().count(ranges_[std::min(range, ranges_.size() - 1)], static_cast<std::int64_t>(length));
  }

 private:
  StatsTree::Id root_;
  std::array<StatsTree::Id, 10> ranges_;
};

constexpr StatisticKind kinds[] = {
    {"plen,tree", "[,FILTER]", "how long the packets are", make_filtered<PacketLengths>}};

}  // namespace

extern const std::span<const StatisticKind> packet_lengths_statistics{kinds};

}  // namespace encap
