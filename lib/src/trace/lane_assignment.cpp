#include "trace/lane_assignment.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>
#include <unordered_map>

#include "trace/report_words.h"

namespace encap::trace {
namespace {

constexpr std::size_t most_sides_alike = 64;  // that begin with the same octets and are looked at

class LaneAssignment {
 public:
  LaneAssignment(const PlannedRows& plan, const SeenTraffic& traffic, CheckFindings& findings)
      : plan_{plan}, traffic_{traffic}, findings_{findings} {}

  [[nodiscard]] std::vector<std::vector<SeenSide>> assign();
  [[nodiscard]] std::vector<CheckLane> lanes_of(const std::vector<std::vector<SeenSide>>& found) const;

 private:
  void assign_by_octets(std::vector<std::vector<SeenSide>>& found, const std::vector<bool>& taken);

  const PlannedRows& plan_;
  const SeenTraffic& traffic_;
  CheckFindings& findings_;
  const std::vector<PlannedRow>& rows_ = plan_.rows();
  const std::vector<PlannedConversation>& planned_ = plan_.conversations();
  const std::vector<PlannedSide>& sides_ = plan_.sides();
  const std::vector<SeenConversation>& seen_ = traffic_.conversations();
};

/// For each planned side the sides seen where its rows are looked for.
std::vector<std::vector<SeenSide>> LaneAssignment::assign() {
  std::vector<std::vector<SeenSide>> found(sides_.size());
  std::vector<bool> taken(seen_.size() * 2, false);
  bool all = true;
  for (std::uint32_t s = 0; s < seen_.size(); ++s) {
    const SeenConversation& seen = seen_[s];
    if (seen.planned == no_index) continue;
    for (std::uint32_t way = 0; way < 2; ++way) {
      const std::uint32_t side = plan_.side_of(seen.planned, seen.route(way != 0));
      if (!seen.has_data[way] || sides_[side].rows.empty()) continue;
      found[side].push_back(s * 2 + way);
      taken[s * 2 + way] = true;
    }
  }
  for (std::size_t side = 0; side < sides_.size(); ++side)
    all = all && (sides_[side].rows.empty() || !found[side].empty());
  if (!all) assign_by_octets(found, taken);
  return found;
}

void LaneAssignment::assign_by_octets(std::vector<std::vector<SeenSide>>& found, const std::vector<bool>& taken) {
  using Counts = std::unordered_map<std::uint64_t, std::uint64_t>;
  // How often the rows of each side that is looked for begin with which octets.
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> sides_with;
  std::map<std::uint32_t, Counts> wanted;
  const auto starts_of = [this](std::uint32_t side) {
    Counts counts;
    for (const std::uint32_t row : sides_[side].rows) {
      const WantedRow& w = rows_[row].wanted;
      const std::uint64_t sent = w.sent.empty() ? 0 : Anchors::of(w.sent);
      if (!w.sent.empty()) ++counts[sent];
      if (!w.table.empty() && Anchors::of(w.table) != sent) ++counts[Anchors::of(w.table)];
    }
    return counts;
  };
  for (std::uint32_t side = 0; side < sides_.size(); ++side) {
    if (sides_[side].rows.empty() || !found[side].empty()) continue;
    Counts& counts = wanted[side] = starts_of(side);
    for (const auto& [hash, count] : counts) {
      std::vector<std::uint32_t>& with = sides_with[hash];
      if (with.size() < most_sides_alike) with.push_back(side);
    }
  }
  const auto counts_of = [&](SeenSide seen) {
    Counts counts;
    for (const SeenSegment& segment : traffic_.segments_of(seen))
      plan_.anchors().for_each_in(segment.payload, [&](std::uint64_t hash) { ++counts[hash]; });
    return counts;
  };

  std::vector<bool> is_there(planned_.size(), false);
  for (const SeenConversation& seen : seen_) {
    if (seen.planned != no_index)
      is_there[seen.planned] = is_there[seen.planned] || seen.has_data[0] || seen.has_data[1];
  }

  struct Pair {
    int rank;  // 0: to or from the server that is expected, the right way; 1: elsewhere; 2: taken by its own ends
    std::uint64_t score;
    std::uint32_t side;
    SeenSide seen;
  };
  std::vector<Pair> pairs;
  for (SeenSide seen = 0; seen < seen_.size() * 2; ++seen) {
    const SeenConversation& conversation = seen_[seen / 2];
    if (!conversation.held || !conversation.has_data[seen % 2]) continue;
    std::map<std::uint32_t, std::uint64_t> scores;
    Counts counts = counts_of(seen);
    if (taken[seen]) {  // what its own rows leave
      const std::uint32_t owner = plan_.side_of(conversation.planned, traffic_.route_of(seen));
      for (const auto& [hash, count] : starts_of(owner)) {
        if (const auto there = counts.find(hash); there != counts.end())
          there->second -= std::min(there->second, count);
      }
    }
    for (const auto& [hash, count] : counts) {
      const auto with = sides_with.find(hash);
      if (with == sides_with.end()) continue;
      for (const std::uint32_t side : with->second) scores[side] += std::min(count, wanted[side][hash]);
    }
    for (const auto& [side, score] : scores) {
      if (score == 0 || planned_[side / 2].transport != conversation.ends.transport) continue;
      // Where the planned conversation is there, its rows are in it or missing; all may have been sent one way.
      if ((is_there[side / 2] || taken[seen]) && conversation.planned != side / 2) continue;
      const Route seen_route = traffic_.route_of(seen);
      const Endpoint& server = planned_[side / 2].route.destination;
      const bool right_way = side % 2 == 0 ? seen_route.destination == server : seen_route.source == server;
      pairs.push_back({taken[seen] ? 2 : right_way ? 0 : 1, score, side, seen});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tuple{a.rank, b.score, a.side, a.seen} < std::tuple{b.rank, a.score, b.side, b.seen};
  });

  // Each has its own, as far as there are enough; those that are left share.
  std::vector<bool> used = taken;
  for (const bool sharing : {false, true}) {
    for (const Pair& pair : pairs) {
      if (!found[pair.side].empty() || (!sharing && used[pair.seen])) continue;
      found[pair.side].push_back(pair.seen);
      used[pair.seen] = true;
    }
  }
  // Of very many that begin alike only some were looked at: the others go where their octets are.
  std::unordered_map<std::uint64_t, SeenSide> seen_with;
  for (SeenSide seen = 0; seen < seen_.size() * 2; ++seen) {
    if (taken[seen] || !used[seen]) continue;
    for (const auto& [hash, count] : counts_of(seen)) seen_with.try_emplace(hash, seen);
  }
  for (const auto& [side, counts] : wanted) {
    if (!found[side].empty() || is_there[side / 2]) continue;
    for (const auto& [hash, count] : counts) {
      const auto seen = seen_with.find(hash);
      if (seen == seen_with.end() || seen_[seen->second / 2].ends.transport != planned_[side / 2].transport) continue;
      found[side].push_back(seen->second);
      break;
    }
  }
  // What one conversation was meant to carry may lie in several.
  for (auto& [side, counts] : wanted) {
    for (const SeenSide seen : found[side]) {
      for (const auto& [hash, count] : counts_of(seen)) {
        if (const auto left = counts.find(hash); left != counts.end()) left->second -= std::min(left->second, count);
      }
    }
  }
  for (SeenSide seen = 0; seen < seen_.size() * 2; ++seen) {
    const SeenConversation& conversation = seen_[seen / 2];
    if (used[seen] || !conversation.held || !conversation.has_data[seen % 2]) continue;
    const Counts counts = counts_of(seen);
    std::map<std::uint32_t, std::uint64_t> scores;
    for (const auto& [hash, count] : counts) {
      const auto with = sides_with.find(hash);
      if (with == sides_with.end()) continue;
      for (const std::uint32_t side : with->second) {
        if (planned_[side / 2].transport == conversation.ends.transport && !is_there[side / 2])
          scores[side] += std::min(count, wanted[side][hash]);
      }
    }
    const auto best = std::max_element(scores.begin(), scores.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == scores.end() || best->second == 0) continue;
    found[best->first].push_back(seen);
    used[seen] = true;
    for (const auto& [hash, count] : counts) {
      Counts& left = wanted[best->first];
      if (const auto there = left.find(hash); there != left.end()) there->second -= std::min(there->second, count);
    }
  }

  for (std::uint32_t side = 0; side < sides_.size(); ++side) {
    if (!wanted.contains(side) || found[side].empty()) continue;
    const SeenSide first = found[side].front();
    std::string text = fmt::format("{} is not in the capture: its rows were looked for in {}",
                                   way_text(sides_[side].route), way_text(traffic_.route_of(first)));
    if (found[side].size() > 1)
      text += fmt::format(" and {}, which hold octets of them", counted(found[side].size() - 1, "more direction"));
    else
      text += ", which holds octets of them";
    findings_.find(CheckFinding::Kind::other_endpoints, no_index, {}, std::move(text));
  }
}

/// Sides that share what was seen are looked at together.
std::vector<CheckLane> LaneAssignment::lanes_of(const std::vector<std::vector<SeenSide>>& found) const {
  std::vector<std::uint32_t> leader(seen_.size() * 2);
  for (std::uint32_t i = 0; i < leader.size(); ++i) leader[i] = i;
  const auto top = [&leader](std::uint32_t at) {
    while (leader[at] != at) at = leader[at] = leader[leader[at]];
    return at;
  };
  for (const std::vector<SeenSide>& together : found) {
    for (const SeenSide seen : together) leader[top(seen)] = top(together.front());
  }
  std::map<std::uint32_t, std::size_t> numbers;
  std::vector<CheckLane> lanes;
  std::vector<bool> added(seen_.size() * 2, false);
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    if (found[side].empty()) continue;
    const auto [at, is_new] = numbers.try_emplace(top(found[side].front()), lanes.size());
    if (is_new) lanes.push_back({{}, {}, planned_[side / 2].transport});
    CheckLane& lane = lanes[at->second];
    lane.rows.insert(lane.rows.end(), sides_[side].rows.begin(), sides_[side].rows.end());
    for (const SeenSide seen : found[side]) {
      if (!added[seen]) lane.sides.push_back(seen);
      added[seen] = true;
    }
  }
  for (CheckLane& lane : lanes) {
    std::sort(lane.rows.begin(), lane.rows.end());
    std::sort(lane.sides.begin(), lane.sides.end());
  }
  return lanes;
}

}  // namespace

std::vector<CheckLane> assign_lanes(const PlannedRows& plan, const SeenTraffic& traffic, CheckFindings& findings) {
  LaneAssignment assignment{plan, traffic, findings};
  return assignment.lanes_of(assignment.assign());
}

}  // namespace encap::trace
