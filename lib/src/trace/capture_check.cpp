#include "encap/trace/capture_check.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "trace/check_findings.h"
#include "trace/dissect_all.h"
#include "trace/lane.h"
#include "trace/lane_assignment.h"
#include "trace/octet_store.h"
#include "trace/planned_rows.h"
#include "trace/report_words.h"
#include "trace/row_order.h"
#include "trace/row_places.h"
#include "trace/seen_traffic.h"

namespace encap {
namespace {

using trace::ChecksumState;
using trace::counted;
using trace::no_index;
using trace::PlacedRow;
using trace::PlannedRow;
using trace::range_text;
using trace::RowCopy;
using trace::RowPiece;
using trace::SeenConversation;
using trace::SeenSegment;
using trace::WantedRow;
using Kind = CheckFinding::Kind;

std::string_view verb(std::uint64_t count) { return count == 1 ? "is" : "are"; }

}  // namespace

class CaptureCheck::Impl {
 public:
  explicit Impl(CheckOptions options) : options_{options}, store_{options.most_octets} {}

  [[nodiscard]] trace::PlannedRows& plan() noexcept { return plan_; }
  [[nodiscard]] Result<CheckReport, IoError> compare(PacketSource& capture,
                                                     const std::function<std::uint64_t()>& passed_over);

 private:
  void report_row(std::uint32_t row);
  void report_copies(std::uint32_t row, const PlacedRow& placed);
  void report_checksums(std::uint32_t row, const PlacedRow& placed);
  void check_times();
  void check_fragments();
  void tell_conversations();
  void tell_others();
  void tell_offloaded();

  CheckOptions options_;
  trace::OctetStore store_;
  trace::PlannedRows plan_{store_};
  const std::vector<PlannedRow>& rows_ = plan_.rows();
  trace::SeenTraffic traffic_{plan_, store_};
  const std::vector<SeenConversation>& seen_ = traffic_.conversations();
  trace::CheckFindings findings_{rows_};
  std::vector<PlacedRow> placed_;
  std::vector<bool> is_ours_;  // of the conversations seen
  std::unordered_set<std::uint64_t> offloaded_;
  CheckReport report_;
};

void CaptureCheck::Impl::report_copies(std::uint32_t row, const PlacedRow& placed) {
  const WantedRow& wanted = rows_[row].wanted;
  const std::uint64_t size = placed.as_in_table ? wanted.table.size() : wanted.sent.size();
  for (const RowCopy& copy : placed.copies) {
    const bool whole = copy.octets.first == 0 && copy.octets.end == size;
    const std::string what =
        whole ? findings_.name(row)
              : fmt::format("{} of {}", range_text(copy.octets.first, copy.octets.end), findings_.name(row));
    const std::string_view are = verb(whole ? 1 : copy.octets.end - copy.octets.first);
    findings_.find(Kind::twice, row, {copy.frame, copy.again},
                   copy.differs
                       ? fmt::format("{} {} there twice, with other octets the second time: frames {} and {}", what,
                                     are, copy.frame, copy.again)
                       : fmt::format("{} {} there twice: frames {} and {}", what, are, copy.frame, copy.again));
  }
}

void CaptureCheck::Impl::report_checksums(std::uint32_t row, const PlacedRow& placed) {
  const SeenSegment* before = nullptr;
  const auto look_at = [&](const SeenSegment* segment) {
    if (segment == nullptr || segment == before) return;
    before = segment;
    if (segment->checksum == ChecksumState::offloaded) offloaded_.insert(segment->frame);
    if (segment->checksum != ChecksumState::bad) return;
    const bool tcp = plan_.conversations()[rows_[row].side / 2].transport == Transport::tcp;
    findings_.find(Kind::bad_checksum, row, {segment->frame},
                   fmt::format("{}: the {} checksum of frame {} is wrong", findings_.name(row),
                               segment->header_checksum ? "IPv4 header"
                               : tcp                    ? "TCP"
                                                        : "UDP",
                               segment->frame));
  };
  for (const RowPiece& piece : placed.pieces) look_at(piece.segment);
  for (const RowCopy& copy : placed.copies) look_at(copy.segment);
}

void CaptureCheck::Impl::report_row(std::uint32_t row) {
  PlacedRow& placed = placed_[row];
  std::sort(placed.pieces.begin(), placed.pieces.end(),
            [](const RowPiece& a, const RowPiece& b) { return a.offset < b.offset; });
  const PlannedRow& planned = rows_[row];
  CheckedRow checked{.number = planned.number,
                     .line = planned.line,
                     .id = planned.id,
                     .as_in_table = placed.as_in_table,
                     .octets = planned.wanted.sent.size(),
                     .route = plan_.sides()[planned.side].route};
  for (const RowPiece& piece : placed.pieces) {
    if (checked.frames.empty() || checked.frames.back() != piece.frame) checked.frames.push_back(piece.frame);
  }
  std::vector<std::uint64_t> frames = checked.frames;
  switch (placed.state) {
    case PlacedRow::State::missing:
      checked.state = CheckedRow::State::missing;
      findings_.find(Kind::missing, row, {},
                     fmt::format("{} is missing: {}", findings_.name(row), trace::excerpt(planned.wanted.sent)));
      break;
    case PlacedRow::State::cut: {
      checked.state = CheckedRow::State::cut;
      std::string ranges;
      std::uint64_t octets = 0;
      for (const trace::OctetRange& range : placed.missing) {
        ranges += (ranges.empty() ? "" : ", ") + range_text(range.first, range.end);
        octets += range.end - range.first;
      }
      findings_.find(Kind::cut, row, std::move(frames),
                     fmt::format("{} of {} {} missing, of {}", ranges, findings_.name(row), verb(octets),
                                 placed.as_in_table ? planned.wanted.table.size() : planned.wanted.sent.size()));
      break;
    }
    case PlacedRow::State::differs:
      checked.state = CheckedRow::State::differs;
      findings_.find(Kind::differs, row, placed.differs_in == 0 ? std::move(frames) : std::vector{placed.differs_in},
                     fmt::format("{} differs from octet {} on: expected \"{}\", found \"{}\"{}", findings_.name(row),
                                 placed.differs_at, placed.expected, placed.found,
                                 placed.differs_in == 0 ? "" : fmt::format(", frame {}", placed.differs_in)));
      break;
    case PlacedRow::State::whole:
      checked.state = CheckedRow::State::found;
      ++report_.found;
      break;
  }
  report_copies(row, placed);
  report_checksums(row, placed);
  report_.rows.push_back(std::move(checked));
}

void CaptureCheck::Impl::check_times() {
  std::optional<Duration> first;  // by how much the first row is off
  Duration largest{-1};
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    const std::vector<RowPiece>& pieces = placed_[row].pieces;
    if (pieces.empty() || !pieces.front().segment->has_time) continue;
    // Unsigned: times may be as far apart as the numbers reach.
    const auto off = static_cast<std::int64_t>(static_cast<std::uint64_t>(pieces.front().segment->time.nanoseconds) -
                                               static_cast<std::uint64_t>(rows_[row].at.nanoseconds));
    if (!first) first = Duration{off};
    const auto relative =
        static_cast<std::int64_t>(static_cast<std::uint64_t>(off) - static_cast<std::uint64_t>(first->count()));
    const Duration deviation{std::max(relative, -std::numeric_limits<std::int64_t>::max())};
    report_.rows[row].deviation = deviation;
    const Duration distance = deviation < Duration{0} ? -deviation : deviation;
    if (distance > largest) {
      largest = distance;
      report_.largest_deviation = deviation;
      report_.largest_deviation_row = rows_[row].number;
    }
    if (!options_.tolerance || distance <= *options_.tolerance) continue;
    const bool late = deviation > Duration{0};
    findings_.find(
        late ? Kind::late : Kind::early, row, {pieces.front().frame},
        fmt::format("{} is {:.6f} s too {}, frame {}", findings_.name(row), static_cast<double>(distance.count()) / 1e9,
                    late ? "late" : "early", pieces.front().frame));
  }
}

void CaptureCheck::Impl::check_fragments() {
  if (traffic_.waiting().empty()) return;
  std::unordered_map<std::uint64_t, std::uint32_t> rows;  // by the frame that made their datagrams whole
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    for (const RowPiece& piece : placed_[row].pieces) {
      if (!piece.segment->fragments.empty()) rows.emplace(piece.segment->frame, row);
    }
  }
  std::vector<std::uint64_t> frames;
  std::uint64_t count = 0;
  for (const auto& [frame, waiting] : traffic_.waiting()) {
    const auto row = rows.find(waiting.after);
    if (row != rows.end() && waiting.after != 0) {
      findings_.find(Kind::twice, row->second, {waiting.after, frame},
                     fmt::format("a fragment of {} is there twice: frame {}, after the datagram was whole in frame {}",
                                 findings_.name(row->second), frame, waiting.after));
      continue;
    }
    if (++count <= trace::most_frames_named) frames.push_back(frame);
  }
  if (count == 0) return;
  const std::uint64_t first = frames.front();
  findings_.find(Kind::unfinished_fragments, no_index, std::move(frames),
                 fmt::format("{} {} of datagrams that never became whole, the first is frame {}",
                             counted(count, "fragment"), verb(count), first));
}

void CaptureCheck::Impl::tell_conversations() {
  std::vector<std::uint64_t> rows(seen_.size(), 0);
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    if (placed_[row].state == PlacedRow::State::whole) ++rows[placed_[row].pieces.front().segment->conversation];
  }
  for (std::size_t s = 0; s < seen_.size(); ++s) {
    const SeenConversation& seen = seen_[s];
    if (!is_ours_[s] && seen.planned == no_index) {
      if (seen.packets + seen.icmp != 0) {
        report_.others.push_back(
            {fmt::format("{} {}", trace::name_of(seen.ends.transport), trace::ends_text(seen.route(false))),
             seen.packets + seen.icmp});
      }
      continue;
    }
    CheckedConversation ours{.transport = seen.ends.transport,
                             .route = seen.route(false),
                             .is_planned = seen.planned != no_index,
                             .rows = rows[s],
                             .packets = seen.packets,
                             .with_data = seen.with_data,
                             .resets = seen.resets,
                             .icmp = seen.icmp};
    if (ours.is_planned) {
      ours.route = plan_.conversations()[seen.planned].route;
    } else if (plan_.has_server(ours.transport, ours.route.source)) {
      ours.route = ours.route.reversed();
    }
    report_.conversations.push_back(ours);
    for (const std::uint64_t frame : seen.bad_frames) {
      findings_.find(Kind::bad_checksum, no_index, {frame},
                     fmt::format("a checksum of frame {} is wrong, which is one of {} without data", frame,
                                 trace::ends_text(seen.route(false))));
    }
  }
}

void CaptureCheck::Impl::tell_others() {
  for (const auto& [label, packets] : traffic_.others()) {
    if (packets != 0) report_.others.push_back({label, packets});
  }
  std::sort(report_.others.begin(), report_.others.end(), [](const OtherPackets& a, const OtherPackets& b) {
    return std::tuple{b.packets, std::string_view{a.between}} < std::tuple{a.packets, std::string_view{b.between}};
  });
}

void CaptureCheck::Impl::tell_offloaded() {
  if (offloaded_.empty()) return;
  std::vector<std::uint64_t> frames(offloaded_.begin(), offloaded_.end());
  std::sort(frames.begin(), frames.end());
  const std::string text =
      fmt::format("the checksums of {} with rows are left to the network card, the first is frame {}",
                  counted(frames.size(), "packet"), frames.front());
  findings_.find(Kind::offloaded_checksums, no_index, std::move(frames), text);
}

Result<CheckReport, IoError> CaptureCheck::Impl::compare(PacketSource& capture,
                                                         const std::function<std::uint64_t()>& passed_over) {
  plan_.learn_anchors();
  report_.rounds = options_.rounds;
  if (options_.rounds != 1) plan_.repeat();
  Result<void, IoError> taken;
  report_.damage = trace::dissect_all(capture, passed_over, [&](const Dissection& dissection) {
    taken = traffic_.take(dissection);
    return taken.has_value();
  });
  if (!taken) return unexpected(taken.error());
  report_.packets = traffic_.packets();
  report_.others_uncounted = traffic_.others_uncounted();
  const std::vector<trace::CheckLane> lanes = trace::assign_lanes(plan_, traffic_, findings_);
  is_ours_.assign(seen_.size(), false);
  for (const trace::CheckLane& lane : lanes) {
    for (const trace::SeenSide side : lane.sides) is_ours_[side / 2] = true;
  }
  placed_ = trace::place_rows(plan_, traffic_, lanes, findings_);
  report_.rows.reserve(rows_.size());
  for (std::uint32_t row = 0; row < rows_.size(); ++row) report_row(row);
  trace::check_row_order(plan_, placed_, findings_);
  check_times();
  check_fragments();
  tell_conversations();
  tell_others();
  tell_offloaded();
  report_.findings = findings_.take();
  return std::move(report_);
}

CaptureCheck::CaptureCheck(CheckOptions options) : impl_{std::make_unique<Impl>(options)} {}
CaptureCheck::~CaptureCheck() = default;

void CaptureCheck::see(const Message& message) { impl_->plan().see(message); }
Result<void, IoError> CaptureCheck::write(const PacketRecord& record) { return impl_->plan().expect(record); }
void CaptureCheck::end_plan_early() { impl_->plan().end_early(); }
Result<CheckReport, IoError> CaptureCheck::compare(CaptureFileReader& capture) {
  return impl_->compare(capture, [&capture] { return capture.frames_without_packet(); });
}
Result<CheckReport, IoError> CaptureCheck::compare(PacketSource& capture) { return impl_->compare(capture, {}); }

}  // namespace encap
