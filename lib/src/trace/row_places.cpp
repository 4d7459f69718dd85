#include "trace/row_places.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string_view>
#include <tuple>

#include "trace/longest_run.h"
#include "trace/report_words.h"

namespace encap::trace {
namespace {

class RowPlaces {
 public:
  RowPlaces(const PlannedRows& plan, const SeenTraffic& traffic, CheckFindings& findings)
      : rows_{plan.rows()}, traffic_{traffic}, findings_{findings}, placed_(rows_.size()) {}

  void check_lanes(std::span<const CheckLane> lanes);
  [[nodiscard]] std::vector<PlacedRow> take() { return std::move(placed_); }

 private:
  void settle_twins(std::span<const std::pair<std::uint32_t, WantedRow>> rows);
  void tell_overlap(const CheckLane& lane, const LaneResult& result);
  [[nodiscard]] FramePlace place_of(std::uint32_t row) const noexcept { return trace::place_of(placed_[row]); }

  const std::vector<PlannedRow>& rows_;
  const SeenTraffic& traffic_;
  CheckFindings& findings_;
  std::vector<PlacedRow> placed_;
  std::map<SeenSide, ExtraData> extra_;  // by the first side of a lane
};

void RowPlaces::check_lanes(std::span<const CheckLane> lanes) {
  const auto wanted_of = [this](const CheckLane& lane, std::uint32_t number) {
    std::vector<WantedRow> wanted;
    wanted.reserve(lane.rows.size());
    for (const std::uint32_t row : lane.rows) {
      wanted.push_back(rows_[row].wanted);
      wanted.back().lane = number;
    }
    return wanted;
  };
  std::vector<const CheckLane*> by_frame;
  std::vector<LaneSides> sides_by_frame;
  std::vector<std::pair<std::uint32_t, WantedRow>> rows_by_frame;  // with their numbers
  std::uint64_t there = 0;
  for (const CheckLane& lane : lanes) {
    LaneSides sides{lane.transport, {}};
    for (const SeenSide side : lane.sides) sides.sides.push_back(&traffic_.segments_of(side));
    LaneResult result = find_rows(wanted_of(lane, 0), sides);
    if (result.overlaps) tell_overlap(lane, result);
    if (result.by_frame) {
      const auto number = static_cast<std::uint32_t>(by_frame.size());
      const std::vector<WantedRow> wanted = wanted_of(lane, number);
      for (std::size_t i = 0; i < wanted.size(); ++i) rows_by_frame.emplace_back(lane.rows[i], wanted[i]);
      by_frame.push_back(&lane);
      sides_by_frame.push_back(std::move(sides));
      there += result.rows_there;
    }
    if (!result.extra.empty()) extra_[lane.sides.front()] = result.extra.front();
    for (std::size_t i = 0; i < lane.rows.size(); ++i) placed_[lane.rows[i]] = std::move(result.rows[i]);
  }
  if (by_frame.size() > 1) {
    std::sort(rows_by_frame.begin(), rows_by_frame.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<WantedRow> wanted;
    wanted.reserve(rows_by_frame.size());
    for (const auto& [number, row] : rows_by_frame) wanted.push_back(row);
    LaneResult result = find_rows_by_frame(wanted, sides_by_frame);
    // Rows that lie in several packets are found only where nothing comes in between.
    if (result.rows_there >= there) {
      for (std::size_t i = 0; i < wanted.size(); ++i) placed_[rows_by_frame[i].first] = std::move(result.rows[i]);
      result.extra.resize(by_frame.size());
      for (std::size_t i = 0; i < by_frame.size(); ++i) extra_[by_frame[i]->sides.front()] = result.extra[i];
    }
  }
  settle_twins(rows_by_frame);
  for (const auto& [side, extra] : extra_) {
    if (extra.packets == 0) continue;
    findings_.find(CheckFinding::Kind::other_data, no_index, {extra.first_frame},
                   fmt::format("{} from {} {} {} of no row, the first is frame {}", counted(extra.packets, "packet"),
                               way_text(traffic_.route_of(side)), extra.packets == 1 ? "holds" : "hold",
                               counted(extra.octets, "octet"), extra.first_frame));
  }
}

/// Of rows that are alike, and that no sequence number tells apart, each gets the packet that lies between those of its
/// neighbours, as far as there is one.
void RowPlaces::settle_twins(std::span<const std::pair<std::uint32_t, WantedRow>> rows) {
  std::map<std::tuple<std::uint32_t, std::string_view, std::string_view>, std::vector<std::uint32_t>> groups;
  for (const auto& [row, wanted] : rows) {
    const PlacedRow::State state = placed_[row].state;
    if (state == PlacedRow::State::whole || state == PlacedRow::State::missing)
      groups[{wanted.lane, as_text(wanted.sent), as_text(wanted.table)}].push_back(row);
  }
  std::vector<bool> is_twin(rows_.size(), false);
  for (const auto& [content, group] : groups) {
    for (const std::uint32_t row : group) is_twin[row] = group.size() > 1;
  }
  // The others, as far as they are in order.
  std::vector<std::uint32_t> anchors;
  std::vector<FramePlace> places;
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    if (is_twin[row] || placed_[row].pieces.empty()) continue;
    anchors.push_back(row);
    places.push_back(place_of(row));
  }
  const std::vector<bool> in_run = longest_run<FramePlace>(places);
  std::vector<std::pair<std::uint32_t, FramePlace>> fixed;
  for (std::size_t i = 0; i < anchors.size(); ++i) {
    if (in_run[i]) fixed.emplace_back(anchors[i], places[i]);
  }
  std::vector<std::uint32_t> source(rows_.size());  // whose place each row gets
  for (std::uint32_t row = 0; row < rows_.size(); ++row) source[row] = row;
  for (const auto& [content, group] : groups) {
    if (group.size() < 2) continue;
    std::vector<std::uint32_t> there;
    std::vector<std::uint32_t> nowhere;
    for (const std::uint32_t row : group) (placed_[row].pieces.empty() ? nowhere : there).push_back(row);
    std::sort(there.begin(), there.end(),
              [this](std::uint32_t a, std::uint32_t b) { return place_of(a) < place_of(b); });
    std::vector<bool> given(there.size(), false);
    std::vector<std::uint32_t> left;
    std::size_t next = 0;
    for (const std::uint32_t row : group) {
      const auto behind = std::partition_point(fixed.begin(), fixed.end(),
                                               [row = row](const auto& anchor) { return anchor.first < row; });
      while (next < there.size() && behind != fixed.begin() && place_of(there[next]) < std::prev(behind)->second)
        ++next;
      if (next < there.size() && (behind == fixed.end() || place_of(there[next]) < behind->second)) {
        given[next] = true;
        source[row] = there[next++];
      } else {
        left.push_back(row);
      }
    }
    std::size_t at = 0;
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (!given[i]) source[left[at++]] = there[i];
    }
    for (const std::uint32_t row : nowhere) source[left[at++]] = row;
  }
  // Among many that are alike the walk may have done better.
  const auto rows_in_order = [this](const std::vector<std::uint32_t>& from) {
    std::vector<FramePlace> all;
    for (const std::uint32_t row : from) {
      if (!placed_[row].pieces.empty()) all.push_back(place_of(row));
    }
    const std::vector<bool> run = longest_run<FramePlace>(all);
    return std::count(run.begin(), run.end(), true);
  };
  std::vector<std::uint32_t> as_it_was(rows_.size());
  for (std::uint32_t row = 0; row < rows_.size(); ++row) as_it_was[row] = row;
  if (rows_in_order(source) <= rows_in_order(as_it_was)) return;
  std::vector<PlacedRow> settled(rows_.size());
  for (std::uint32_t row = 0; row < rows_.size(); ++row) settled[row] = std::move(placed_[source[row]]);
  placed_ = std::move(settled);
}

void RowPlaces::tell_overlap(const CheckLane& lane, const LaneResult& result) {
  std::size_t there = 0;
  std::vector<std::uint64_t> frames;
  for (const PlacedRow& row : result.rows) {
    if (row.pieces.empty() || row.pieces.front().segment->sequence_number != result.common_sequence_number) continue;
    ++there;
    if (frames.size() < most_frames_named) frames.push_back(row.pieces.front().frame);
  }
  const std::string which = result.rows_there == lane.rows.size()
                                ? std::string{"every row is in the capture"}
                                : fmt::format("{} of {} rows are in the capture", result.rows_there, lane.rows.size());
  const SeenSide side = lane.sides.front();
  findings_.find(
      CheckFinding::Kind::overlap, no_index, std::move(frames),
      fmt::format("the segments of {} overlap in the stream ({} of {} rows start at sequence number {}): {}, but a "
                  "reader of the stream sees only the first",
                  way_text(traffic_.route_of(side)), there, lane.rows.size(), result.common_sequence_number, which));
}

}  // namespace

std::vector<PlacedRow> place_rows(const PlannedRows& plan, const SeenTraffic& traffic, std::span<const CheckLane> lanes,
                                  CheckFindings& findings) {
  RowPlaces places{plan, traffic, findings};
  places.check_lanes(lanes);
  return places.take();
}

}  // namespace encap::trace
