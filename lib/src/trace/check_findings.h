#pragma once

#include <algorithm>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/base/input_error.h"
#include "encap/trace/capture_check.h"
#include "trace/planned_rows.h"
#include "trace/seen_traffic.h"

namespace encap::trace {

/// `octet 7`, `octets 7-9`: from the first to the one before `end`.
inline std::string range_text(std::uint64_t first, std::uint64_t end) {
  return end - first == 1 ? fmt::format("octet {}", first) : fmt::format("octets {}-{}", first, end - 1);
}

/// What is found out while a capture is compared with a plan.
class CheckFindings {
 public:
  /// Lifetime: borrows the rows.
  explicit CheckFindings(const std::vector<PlannedRow>& rows) : rows_{rows} {}

  /// `row`: which of the planned rows; no_index: none. Of many frames the first are named.
  void find(CheckFinding::Kind kind, std::uint32_t row, std::vector<std::uint64_t> frames, std::string text) {
    if (frames.size() > most_frames_named) frames.resize(most_frames_named);
    found_.push_back({row, {kind, row == no_index ? 0 : rows_[row].number, std::move(frames), std::move(text)}});
  }
  /// A row for people: `row 7 ("greeting")`.
  [[nodiscard]] std::string name(std::uint32_t row) const {
    constexpr std::size_t longest_id = 40;
    const PlannedRow& planned = rows_[row];
    std::string text = fmt::format("row {}", planned.number);
    if (!planned.id.empty() && planned.id != std::to_string(planned.number))
      text += fmt::format(" (\"{}\")", printable(planned.id, longest_id));
    return text;
  }
  /// Of each planned row: whether something of that kind was found.
  [[nodiscard]] std::vector<bool> rows_with(CheckFinding::Kind kind) const {
    std::vector<bool> with(rows_.size(), false);
    for (const Found& found : found_) {
      if (found.row != no_index && found.finding.kind == kind) with[found.row] = true;
    }
    return with;
  }
  /// Errors in the order of the rows, then what is only worth knowing. Once.
  [[nodiscard]] std::vector<CheckFinding> take() {
    std::stable_sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
      const auto rank = [](const Found& found) { return std::pair{!found.finding.is_error(), found.row}; };
      return rank(a) < rank(b);
    });
    std::vector<CheckFinding> findings;
    findings.reserve(found_.size());
    for (Found& found : found_) findings.push_back(std::move(found.finding));
    return findings;
  }

 private:
  struct Found {
    std::uint32_t row;
    CheckFinding finding;
  };
  const std::vector<PlannedRow>& rows_;
  std::vector<Found> found_;
};

}  // namespace encap::trace
