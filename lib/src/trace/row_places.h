#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "trace/check_findings.h"
#include "trace/lane.h"
#include "trace/lane_assignment.h"
#include "trace/planned_rows.h"
#include "trace/seen_traffic.h"

namespace encap::trace {

/// A frame, and octets into its payload.
using FramePlace = std::pair<std::uint64_t, std::uint32_t>;
/// Precondition: something of the row was found.
[[nodiscard]] inline FramePlace place_of(const PlacedRow& row) noexcept {
  return {row.pieces.front().frame, row.pieces.front().offset_in_frame};
}

/// Looks for every planned row in its lane. Segments that hide rows from readers of the stream, and octets of no row,
/// become findings. Lifetime: the result borrows the traffic.
[[nodiscard]] std::vector<PlacedRow> place_rows(const PlannedRows& plan, const SeenTraffic& traffic,
                                                std::span<const CheckLane> lanes, CheckFindings& findings);

}  // namespace encap::trace
