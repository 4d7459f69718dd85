#include "flow/origin_tracker.h"

#include <algorithm>
#include <cassert>

namespace encap {
namespace {

std::string_view first_line(std::string_view text) noexcept { return text.substr(0, text.find_first_of("\r\n")); }

}  // namespace

void OriginTracker::start(std::vector<TrackedRow>& rows, const Message& message, Timestamp at) {
  rows.push_back({message.row, message.line, std::string{message.id}, at});
}

void OriginTracker::join(std::vector<TrackedRow>& rows, std::vector<TrackedRow>& part, std::size_t begin,
                         std::size_t end) {
  for (TrackedRow& row : part) {
    row.begin = begin;
    row.end = end;
    rows.push_back(std::move(row));
  }
  part.clear();
}

void OriginTracker::move(std::vector<TrackedRow>& rows, std::string_view from, std::string_view to) noexcept {
  std::size_t at = 0;  // where the row before ends at the earliest
  for (TrackedRow& row : rows) {
    // The start line may have changed, but is where it was.
    const std::string_view line =
        &row == rows.data() ? std::string_view{} : first_line(from.substr(row.begin, row.end - row.begin));
    const std::size_t found = to.find(line, at);
    row.begin = found == std::string_view::npos ? at : found;
    at = std::min(row.begin + line.size(), to.size());
  }
}

void OriginTracker::open(std::uint32_t at, const Route& route, Transport transport, const Message& message,
                         bool reversed) {
  if (conversations_.size() <= at) conversations_.resize(at + std::size_t{1});
  Known& known = conversations_[at];
  known.client = reversed ? message.destination.name : message.source.name;
  known.server = reversed ? message.source.name : message.destination.name;
  known.origin = {opened_++, transport, route, known.client, known.server};
}

const PacketOrigin& OriginTracker::origin_of(const Segment& segment, std::uint32_t conversation,
                                             const PendingMessage* message) {
  assert(conversation < conversations_.size());
  const ConversationOrigin& talk = conversations_[conversation].origin;
  origin_ = {.conversation = &talk,
             .from_client = segment.route.source == talk.route.source,
             .stream_offset = segment.stream_offset};
  rows_.clear();
  parts_.clear();
  if (message == nullptr || (segment.transport == Transport::tcp && segment.payload.empty())) return origin_;

  const std::string_view payload = message->payload;
  const std::size_t first =
      segment.payload.empty() ? 0 : static_cast<std::size_t>(segment.payload.data() - as_bytes(payload).data());
  const std::size_t last = first + segment.payload.size();
  rows_.reserve(message->rows.size());  // the parts point at them
  for (std::size_t i = 0; i < message->rows.size(); ++i) {
    const TrackedRow& row = message->rows[i];
    const std::size_t begin = i == 0 ? 0 : row.begin;
    const std::size_t end = i + 1 == message->rows.size() ? payload.size() : message->rows[i + 1].begin;
    const std::size_t from = std::max(begin, first);
    const std::size_t to = std::min(end, last);
    if (from >= to && !payload.empty()) continue;
    rows_.push_back(
        {row.number, row.line, row.id, row.timestamp + shift_, as_bytes(payload.substr(begin, end - begin))});
    parts_.push_back(
        {&rows_.back(), static_cast<std::uint32_t>(from - first), static_cast<std::uint32_t>(to - from), from - begin});
  }
  origin_.parts = parts_;
  return origin_;
}

}  // namespace encap
