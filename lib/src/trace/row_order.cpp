#include "trace/row_order.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <vector>

#include "trace/longest_run.h"
#include "trace/row_places.h"

namespace encap::trace {
namespace {

/// Rows whose first packets changed places, across conversations too: the table has one order.
void check_order(std::span<const PlannedRow> rows, std::span<const PlacedRow> placed, CheckFindings& findings) {
  std::vector<std::uint32_t> order;
  for (std::uint32_t row = 0; row < rows.size(); ++row) {
    if (!placed[row].pieces.empty()) order.push_back(row);
  }
  const auto run_of = [&] {
    std::vector<FramePlace> places;
    places.reserve(order.size());
    for (const std::uint32_t row : order) places.push_back(place_of(placed[row]));
    return longest_run<FramePlace>(places);
  };
  std::vector<bool> in_run = run_of();
  if (std::find(in_run.begin(), in_run.end(), false) == in_run.end()) return;
  // Whoever sent the rows may have gone by the lines of the file and not by their times.
  const std::vector<std::uint32_t> by_time = order;
  std::sort(order.begin(), order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return rows[a].number < rows[b].number; });
  std::vector<bool> in_file_run = run_of();
  if (std::count(in_file_run.begin(), in_file_run.end(), true) > std::count(in_run.begin(), in_run.end(), true)) {
    in_run = std::move(in_file_run);
  } else {
    order = by_time;
  }
  const auto place = [&](std::uint32_t row) { return place_of(placed[row]); };
  std::vector<std::size_t> kept;  // places in the order, which rise with the frames
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (in_run[i]) kept.push_back(i);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (in_run[i]) continue;
    const std::uint32_t row = order[i];
    const auto later =
        std::partition_point(kept.begin(), kept.end(), [&](std::size_t k) { return place(order[k]) < place(row); });
    const bool after = later != kept.begin() && *std::prev(later) > i;
    if (!after && (later == kept.end() || *later > i)) continue;  // cannot be: the run would be longer
    const std::uint32_t other = order[after ? *std::prev(later) : *later];
    findings.find(CheckFinding::Kind::out_of_order, row, {place(row).first, place(other).first},
                  fmt::format("{} comes {} {} (frames {} and {})", findings.name(row), after ? "after" : "before",
                              findings.name(other), place(row).first, place(other).first));
  }
}

/// Packets of one direction that changed places, where sequence numbers would mend it too.
void check_sides(const PlannedRows& plan, std::span<const PlacedRow> placed, CheckFindings& findings) {
  std::vector<bool> told = findings.rows_with(CheckFinding::Kind::out_of_order);
  struct Piece {
    std::uint32_t row;
    const RowPiece* piece;
  };
  for (const PlannedSide& side : plan.sides()) {
    std::vector<Piece> pieces;
    std::vector<FramePlace> places;
    for (const std::uint32_t row : side.rows) {
      if (told[row]) continue;
      for (const RowPiece& piece : placed[row].pieces) {
        pieces.push_back({row, &piece});
        places.emplace_back(piece.frame, piece.offset_in_frame);
      }
    }
    // The order of whole rows is told already, and may be that of the file.
    std::vector<std::size_t> order(pieces.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto first_place = [&](std::uint32_t row) { return place_of(placed[row]); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return pieces[a].row != pieces[b].row && first_place(pieces[a].row) < first_place(pieces[b].row);
    });
    std::vector<FramePlace> in_order;
    in_order.reserve(order.size());
    for (const std::size_t i : order) in_order.push_back(places[i]);
    const std::vector<bool> in_run = longest_run<FramePlace>(in_order);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Piece& piece = pieces[order[i]];
      if (in_run[i] || told[piece.row]) continue;
      told[piece.row] = true;
      const Piece& other = pieces[order[i + 1 < order.size() ? i + 1 : i - 1]];
      findings.find(CheckFinding::Kind::out_of_order, piece.row, {piece.piece->frame, other.piece->frame},
                    fmt::format("{} of {} changed places with {}: frames {} and {}",
                                range_text(piece.piece->offset, piece.piece->offset + piece.piece->length),
                                findings.name(piece.row),
                                other.row == piece.row
                                    ? range_text(other.piece->offset, other.piece->offset + other.piece->length)
                                    : findings.name(other.row),
                                piece.piece->frame, other.piece->frame));
    }
  }
}

}  // namespace

void check_row_order(const PlannedRows& plan, std::span<const PlacedRow> placed, CheckFindings& findings) {
  check_order(plan.rows(), placed, findings);
  check_sides(plan, placed, findings);
}

}  // namespace encap::trace
