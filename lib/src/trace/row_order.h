#pragma once

#include <span>

#include "trace/check_findings.h"
#include "trace/lane.h"
#include "trace/planned_rows.h"

namespace encap::trace {

/// Finds rows whose first packets changed places, and then packets of one direction that did. `placed`: each planned
/// row, its pieces by offset.
void check_row_order(const PlannedRows& plan, std::span<const PlacedRow> placed, CheckFindings& findings);

}  // namespace encap::trace
