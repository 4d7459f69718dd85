#pragma once

#include <cstdint>
#include <vector>

#include "trace/check_findings.h"
#include "trace/planned_rows.h"
#include "trace/seen_traffic.h"

namespace encap::trace {

/// Rows that are looked for together, and where.
struct CheckLane {
  std::vector<std::uint32_t> rows;
  std::vector<SeenSide> sides;
  Transport transport = Transport::tcp;
};

/// Says where the rows of each planned side are looked for: between the planned ends; where these are missing, with the
/// planned server; where these are missing too, where octets of rows are, which becomes a finding. Sides that share
/// what was seen are one lane.
[[nodiscard]] std::vector<CheckLane> assign_lanes(const PlannedRows& plan, const SeenTraffic& traffic,
                                                  CheckFindings& findings);

}  // namespace encap::trace
