#include "encap/trace/capture_check.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <map>
#include <tsl/robin_map.h>
#include <tsl/robin_set.h>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "encap/analyze/session_memory.h"
#include "encap/base/input_error.h"
#include "encap/dissect/dissector.h"
#include "encap/flow/packet_origin.h"
#include "trace/lane.h"
#include "trace/longest_run.h"
#include "trace/octet_store.h"
#include "trace/transport_packet.h"

namespace encap {
namespace {

using trace::ChecksumState;
using trace::LaneResult;
using trace::PlacedRow;
using trace::RowCopy;
using trace::RowPiece;
using trace::SeenSegment;
using trace::TransportPacket;
using trace::WantedRow;
using Kind = CheckFinding::Kind;

constexpr std::uint32_t no_index = UINT32_MAX;
constexpr std::size_t most_others = 65'536;  // conversations that are told apart
constexpr std::size_t most_waiting_fragments = 65'536;
constexpr std::size_t most_frames_named = 16;  // in a finding
constexpr std::size_t anchor_length = 24;      // octets by which a row's beginning is known
constexpr std::size_t shortest_anchor = 8;     // a shorter row is known where it fills a packet
constexpr std::size_t most_sides_alike = 64;   // that begin with the same octets and are looked at
constexpr std::size_t longest_id = 40;

/// Two ends over one transport, whichever way packets go.
struct Ends {
  Endpoint low;
  Endpoint high;
  Transport transport = Transport::tcp;

  Ends(const Route& route, Transport over) noexcept
      : low{std::min(route.source, route.destination)},
        high{std::max(route.source, route.destination)},
        transport{over} {}
  friend bool operator==(const Ends&, const Ends&) = default;
};

std::size_t mix(std::size_t seed, const Endpoint& endpoint) noexcept {
  const std::size_t address = std::hash<std::string_view>{}(as_text(endpoint.address.octets()));
  return (seed ^ address) * 0x9e3779b97f4a7c15u + endpoint.port.value;
}
struct EndsHash {
  std::size_t operator()(const Ends& ends) const noexcept {
    const std::size_t hash = mix(mix(static_cast<std::size_t>(ends.transport), ends.low), ends.high);
    return hash ^ (hash >> 32);
  }
};
struct ServerHash {
  std::size_t operator()(const std::pair<Transport, Endpoint>& server) const noexcept {
    const std::size_t hash = mix(static_cast<std::size_t>(server.first), server.second);
    return hash ^ (hash >> 32);
  }
};

/// Which octets a packet may begin with where it begins with a row: hashes of the first `anchor_length`, or of all.
class Anchors {
 public:
  [[nodiscard]] static std::uint64_t of(Bytes form) noexcept {
    return std::hash<std::string_view>{}(as_text(form.first(std::min(form.size(), anchor_length))));
  }
  void learn(Bytes form) noexcept { lengths_ |= 1u << std::min(form.size(), anchor_length); }

  /// Calls `visit(hash)` for each that `payload` may begin with.
  template <class Visit>
  void for_each_in(Bytes payload, Visit visit) const {
    const std::size_t most = std::min(payload.size(), anchor_length);
    for (std::size_t length = 1; length <= most; ++length) {
      if ((lengths_ >> length & 1u) == 0 || (length < shortest_anchor && length != payload.size())) continue;
      visit(of(payload.first(length)));
    }
  }

 private:
  std::uint32_t lengths_ = 0;  // a bit for each
};

struct PlannedRow {
  std::uint64_t number = 0;
  std::uint64_t line = 0;
  std::string id;
  Timestamp at{};  // of its first packet
  std::uint32_t side = 0;
  WantedRow wanted{};
};

/// One direction of a planned conversation.
struct PlannedSide {
  Route route{};
  std::vector<std::uint32_t> rows;
};

struct PlannedConversation {
  Transport transport = Transport::tcp;
  Route route{};  // from the client
};

struct SeenConversation {
  Ends ends;
  std::array<std::vector<SeenSegment>, 2> segments{};  // from the low end, from the high end
  std::array<bool, 2> has_data{};
  std::uint64_t packets = 0;
  std::uint64_t with_data = 0;
  std::uint64_t resets = 0;
  std::uint64_t icmp = 0;
  std::uint32_t planned = no_index;
  bool held = false;
  std::vector<std::uint64_t> bad_frames{};  // without data whose checksum is wrong

  [[nodiscard]] Route route(bool from_high) const noexcept {
    return from_high ? Route{ends.high, ends.low} : Route{ends.low, ends.high};
  }
};

std::string arrow(const Route& route) { return to_string(route.source) + " -> " + to_string(route.destination); }

std::string counted(std::uint64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string range_text(std::uint64_t first, std::uint64_t end) {
  return end - first == 1 ? fmt::format("octet {}", first) : fmt::format("octets {}-{}", first, end - 1);
}
std::string_view verb(std::uint64_t count) { return count == 1 ? "is" : "are"; }

}  // namespace

class CaptureCheck::Impl {
 public:
  explicit Impl(CheckOptions options) : options_{options}, store_{options.most_octets} {}

  void see(const Message& message);
  Result<void, IoError> expect(const PacketRecord& record);
  void end_plan_early();
  Result<CheckReport, IoError> compare(PacketSource& capture, const std::function<std::uint64_t()>& passed_over);

 private:
  // A direction that was seen: the number of its conversation and which way.
  using SeenSide = std::uint32_t;
  struct Lane {
    std::vector<std::uint32_t> rows;
    std::vector<SeenSide> sides;
    Transport transport = Transport::tcp;
  };
  struct WaitingFragment {
    std::string label;
    std::uint64_t after = 0;  // the frame that made a datagram with the same identification whole before
    std::uint64_t frame = 0;
  };
  using DatagramKey = std::tuple<IpAddress, IpAddress, std::uint64_t>;

  [[nodiscard]] IoError too_much(std::string_view what) const {
    return {"check", std::string{what}, 0,
            fmt::format("more than {} octets of messages, which is what a check holds at most", store_.most())};
  }
  Result<std::uint32_t, IoError> row_of(const RowPart& part, const PacketOrigin& origin, Timestamp at);
  void learn_anchors();
  Result<void, IoError> take(const Dissection& dissection);
  [[nodiscard]] const TransportPacket* choose(std::span<const TransportPacket> transports) const;
  [[nodiscard]] bool may_be_ours(const TransportPacket& packet) const;
  SeenConversation* conversation_of(const TransportPacket& packet);
  Result<void, IoError> hold(SeenConversation& conversation, const TransportPacket& packet,
                             const Dissection& dissection);
  void take_fragments(SeenConversation& conversation, const TransportPacket& packet, std::uint64_t frame);
  void take_other(const Dissection& dissection);

  [[nodiscard]] const std::vector<SeenSegment>& segments_of(SeenSide side) const {
    return seen_[side / 2].segments[side % 2];
  }
  [[nodiscard]] std::vector<std::vector<SeenSide>> assign();
  void assign_by_octets(std::vector<std::vector<SeenSide>>& found, const std::vector<bool>& taken);
  [[nodiscard]] std::vector<Lane> lanes_of(const std::vector<std::vector<SeenSide>>& found) const;
  void check_lanes(const std::vector<Lane>& lanes);
  void settle_twins(std::span<const std::pair<std::uint32_t, WantedRow>> rows);
  using FramePlace = std::pair<std::uint64_t, std::uint32_t>;  // a frame, and octets into it
  [[nodiscard]] static FramePlace place_of(const PlacedRow& row) noexcept {
    return {row.pieces.front().frame, row.pieces.front().offset_in_frame};
  }
  [[nodiscard]] FramePlace place_of(std::uint32_t row) const noexcept { return place_of(placed_[row]); }
  void tell_overlap(const Lane& lane, const LaneResult& result);
  void report_row(std::uint32_t row);
  void report_copies(std::uint32_t row, const PlacedRow& placed);
  void report_checksums(std::uint32_t row, const PlacedRow& placed);
  void check_order();
  void check_sides();
  void check_times();
  void check_fragments();
  void tell_conversations();

  void find(Kind kind, std::uint32_t row, std::vector<std::uint64_t> frames, std::string text) {
    if (frames.size() > most_frames_named) frames.resize(most_frames_named);
    found_.push_back({row, {kind, row == no_index ? 0 : rows_[row].number, std::move(frames), std::move(text)}});
  }
  [[nodiscard]] std::string name(std::uint32_t row) const {
    const PlannedRow& planned = rows_[row];
    std::string text = fmt::format("row {}", planned.number);
    if (!planned.id.empty() && planned.id != std::to_string(planned.number))
      text += fmt::format(" (\"{}\")", printable(planned.id, longest_id));
    return text;
  }

  CheckOptions options_;
  trace::OctetStore store_;

  // The plan.
  std::unordered_map<std::uint64_t, Bytes> as_in_table_;  // by row, until it is planned
  bool table_is_too_large_ = false;
  std::unordered_map<std::uint64_t, std::uint32_t> row_numbers_;
  std::vector<PlannedRow> rows_;  // in the order of their first packets
  std::vector<PlannedConversation> planned_;
  std::vector<PlannedSide> sides_;  // two for each conversation, from the client and from the server
  tsl::robin_map<Ends, std::uint32_t, EndsHash> planned_by_ends_;
  tsl::robin_set<std::pair<Transport, Endpoint>, ServerHash> servers_;
  Anchors anchors_;
  tsl::robin_set<std::uint64_t> row_starts_;

  // The capture.
  trace::PacketReading reading_;
  std::vector<SeenConversation> seen_;
  tsl::robin_map<Ends, std::uint32_t, EndsHash> seen_by_ends_;
  std::unordered_map<std::string, std::uint64_t> others_;
  std::map<std::uint64_t, std::pair<DatagramKey, WaitingFragment>> waiting_;  // by frame
  std::unordered_set<std::uint64_t> bad_headers_;                             // frames of waiting fragments
  std::map<DatagramKey, std::uint64_t> whole_;                                // by which frame

  // The outcome.
  struct Found {
    std::uint32_t row;
    CheckFinding finding;
  };
  std::vector<Found> found_;
  std::vector<PlacedRow> placed_;
  std::vector<bool> is_ours_;                   // of the conversations seen
  std::map<SeenSide, trace::ExtraData> extra_;  // by the first side of a lane
  std::unordered_set<std::uint64_t> offloaded_;
  CheckReport report_;
};

// --- the plan --------------------------------------------------------------------------------------------------------

void CaptureCheck::Impl::see(const Message& message) {
  const auto kept = store_.keep(message.payload);
  if (!kept) {
    table_is_too_large_ = true;
    return;
  }
  as_in_table_[message.row] = *kept;
}

Result<std::uint32_t, IoError> CaptureCheck::Impl::row_of(const RowPart& part, const PacketOrigin& origin,
                                                          Timestamp at) {
  const TableRow& row = *part.row;
  const auto [known, is_new] = row_numbers_.try_emplace(row.number, static_cast<std::uint32_t>(rows_.size()));
  if (!is_new) return known->second;

  const ConversationOrigin& talk = *origin.conversation;
  const auto [conversation, opens] =
      planned_by_ends_.try_emplace(Ends{talk.route, talk.transport}, static_cast<std::uint32_t>(planned_.size()));
  if (opens) {
    planned_.push_back({talk.transport, talk.route});
    sides_.push_back({talk.route, {}});
    sides_.push_back({talk.route.reversed(), {}});
    servers_.insert({talk.transport, talk.route.destination});
  }
  PlannedRow planned{.number = row.number, .line = row.line, .id = std::string{row.id}, .at = at};
  const Route route = origin.from_client ? talk.route : talk.route.reversed();
  planned.side = conversation->second * 2 + (sides_[conversation->second * 2].route == route ? 0u : 1u);
  const auto text = as_in_table_.find(row.number);
  const Bytes in_table = text == as_in_table_.end() ? Bytes{} : text->second;
  if (std::ranges::equal(in_table, row.message)) {
    planned.wanted.sent = in_table;
  } else {
    const auto kept = store_.keep(row.message);
    if (!kept) return unexpected(too_much("the table"));
    planned.wanted.sent = *kept;
    planned.wanted.table = in_table;
  }
  if (text != as_in_table_.end()) as_in_table_.erase(text);
  sides_[planned.side].rows.push_back(static_cast<std::uint32_t>(rows_.size()));
  rows_.push_back(std::move(planned));
  return static_cast<std::uint32_t>(rows_.size() - 1);
}

Result<void, IoError> CaptureCheck::Impl::expect(const PacketRecord& record) {
  if (table_is_too_large_) return unexpected(too_much("the table"));
  if (record.origin == nullptr || record.origin->conversation == nullptr) return {};
  for (const RowPart& part : record.origin->parts) {
    const auto row = row_of(part, *record.origin, record.timestamp);
    if (!row) return unexpected(row.error());
    rows_[*row].wanted.planned_octets += part.length;
  }
  return {};
}

void CaptureCheck::Impl::end_plan_early() {
  for (PlannedRow& row : rows_) {
    const std::uint64_t planned = row.wanted.planned_octets;
    if (planned >= row.wanted.sent.size()) continue;
    row.wanted.sent = row.wanted.sent.first(static_cast<std::size_t>(planned));
    row.wanted.table = {};
  }
}

void CaptureCheck::Impl::learn_anchors() {
  for (const PlannedRow& row : rows_) {
    for (const Bytes form : {row.wanted.sent, row.wanted.table}) {
      if (form.empty()) continue;
      anchors_.learn(form);
      row_starts_.insert(Anchors::of(form));
    }
  }
}

// --- the capture -----------------------------------------------------------------------------------------------------

bool CaptureCheck::Impl::may_be_ours(const TransportPacket& packet) const {
  return servers_.contains({packet.transport, packet.route.source}) ||
         servers_.contains({packet.transport, packet.route.destination});
}

/// Of a tunnel's packets the one that the table knows; else the innermost.
const TransportPacket* CaptureCheck::Impl::choose(std::span<const TransportPacket> transports) const {
  for (const TransportPacket& packet : transports) {
    if (planned_by_ends_.contains(Ends{packet.route, packet.transport})) return &packet;
  }
  for (const TransportPacket& packet : transports) {
    if (may_be_ours(packet)) return &packet;
  }
  return transports.empty() ? nullptr : &transports.back();
}

/// Null where there is no room for another one.
SeenConversation* CaptureCheck::Impl::conversation_of(const TransportPacket& packet) {
  const Ends ends{packet.route, packet.transport};
  if (const auto known = seen_by_ends_.find(ends); known != seen_by_ends_.end()) return &seen_[known->second];
  const auto planned = planned_by_ends_.find(ends);
  const bool is_planned = planned != planned_by_ends_.end();
  if (!is_planned && seen_.size() >= most_others + 4 * planned_.size()) return nullptr;
  seen_by_ends_.emplace(ends, static_cast<std::uint32_t>(seen_.size()));
  SeenConversation& conversation = seen_.emplace_back(SeenConversation{.ends = ends});
  if (is_planned) conversation.planned = planned->second;
  conversation.held = is_planned || may_be_ours(packet);
  return &conversation;
}

void CaptureCheck::Impl::take_fragments(SeenConversation& conversation, const TransportPacket& packet,
                                        std::uint64_t frame) {
  for (const trace::FragmentPiece& piece : packet.fragments) {
    const auto waited = waiting_.find(piece.frame);
    if (piece.frame == frame || waited == waiting_.end()) continue;
    if (const auto other = others_.find(waited->second.second.label); other != others_.end() && other->second != 0)
      --other->second;
    ++conversation.packets;
    waiting_.erase(waited);
  }
}

Result<void, IoError> CaptureCheck::Impl::hold(SeenConversation& conversation, const TransportPacket& packet,
                                               const Dissection& dissection) {
  const bool tcp = packet.transport == Transport::tcp;
  const bool syn = tcp && packet.flags.has(TcpFlags::syn);
  const bool from_high = packet.route.source == conversation.ends.high && packet.route.source != conversation.ends.low;
  ChecksumState checksum = packet.checksum;
  bool header_checksum = packet.header_checksum;
  for (const trace::FragmentPiece& piece : packet.fragments) {
    if (!bad_headers_.contains(piece.frame)) continue;
    checksum = ChecksumState::bad;
    header_checksum = true;
  }
  // What a reset carries is a word to whoever reads the capture. Source: RFC 9293 §3.5.2.
  const bool reset = tcp && packet.flags.has(TcpFlags::rst);
  const bool has_data = !reset && (!packet.payload.empty() || (!tcp && packet.payload_length == 0));
  if (!has_data && !syn) {
    if (checksum == ChecksumState::bad && conversation.bad_frames.size() < most_frames_named)
      conversation.bad_frames.push_back(dissection.frame_number);
    return {};
  }
  const auto kept = store_.keep(reset ? Bytes{} : packet.payload);
  if (!kept) return unexpected(too_much("the capture"));
  SeenSegment segment{.frame = dissection.frame_number,
                      .time = dissection.record->timestamp,
                      .has_time = dissection.record->has_timestamp,
                      .syn = syn,
                      .header_checksum = header_checksum,
                      .conversation = static_cast<std::uint32_t>(&conversation - seen_.data()),
                      .checksum = checksum,
                      .sequence_number = packet.sequence_number,
                      .length = packet.payload_length,
                      .payload = *kept,
                      .identification = packet.identification};
  for (const trace::FragmentPiece& piece : packet.fragments) {
    const std::uint32_t header = std::min(piece.offset == 0 ? packet.header_length : 0u, piece.length);
    const std::uint32_t before = std::min(packet.header_length, piece.offset);
    segment.fragments.push_back({piece.frame, piece.offset - before, piece.length - header});
  }
  conversation.segments[from_high ? 1 : 0].push_back(std::move(segment));
  conversation.has_data[from_high ? 1 : 0] = conversation.has_data[from_high ? 1 : 0] || has_data;
  return {};
}

void CaptureCheck::Impl::take_other(const Dissection& dissection) {
  std::string label = reading_.label();
  const auto known = others_.find(label);
  if (known == others_.end() && others_.size() >= most_others) {
    ++report_.others_uncounted;
    return;
  }
  ++others_[label];
  if (!reading_.is_waiting_fragment() || waiting_.size() >= most_waiting_fragments) return;
  const std::uint64_t frame = dissection.frame_number;
  if (reading_.header_checksum_is_bad()) bad_headers_.insert(frame);
  const DatagramKey key{reading_.source(), reading_.destination(), reading_.identification()};
  const auto whole = whole_.find(key);
  waiting_.emplace(frame,
                   std::pair{key, WaitingFragment{std::move(label), whole == whole_.end() ? 0 : whole->second, frame}});
}

Result<void, IoError> CaptureCheck::Impl::take(const Dissection& dissection) {
  ++report_.packets;
  reading_.read(dissection);
  const TransportPacket* const packet = choose(reading_.transports());
  if (packet == nullptr) {
    for (const trace::QuotedPacket& quoted : reading_.quoted()) {
      const auto known = seen_by_ends_.find(Ends{quoted.route, quoted.transport});
      if (known == seen_by_ends_.end()) continue;
      ++seen_[known->second].icmp;
      return {};
    }
    take_other(dissection);
    return {};
  }
  SeenConversation* const conversation = conversation_of(*packet);
  if (conversation == nullptr) {
    ++report_.others_uncounted;
    return {};
  }
  ++conversation->packets;
  if (!packet->fragments.empty()) take_fragments(*conversation, *packet, dissection.frame_number);
  const bool tcp = packet->transport == Transport::tcp;
  if (tcp && packet->flags.has(TcpFlags::rst)) ++conversation->resets;
  if (!tcp || packet->payload_length != 0) ++conversation->with_data;
  if (!conversation->held) {
    anchors_.for_each_in(packet->payload, [&](std::uint64_t hash) {
      conversation->held = conversation->held || row_starts_.contains(hash);
    });
  }
  if (!conversation->held) return {};
  if (!packet->fragments.empty()) {
    const DatagramKey key{packet->route.source.address, packet->route.destination.address, packet->identification};
    if (whole_.size() < most_waiting_fragments || whole_.contains(key)) whole_[key] = dissection.frame_number;
  }
  return hold(*conversation, *packet, dissection);
}

// --- which conversation is which ------------------------------------------------------------------------------------

/// For each planned side the sides seen where its rows are looked for.
std::vector<std::vector<CaptureCheck::Impl::SeenSide>> CaptureCheck::Impl::assign() {
  std::vector<std::vector<SeenSide>> found(sides_.size());
  std::vector<bool> taken(seen_.size() * 2, false);
  bool all = true;
  for (std::uint32_t s = 0; s < seen_.size(); ++s) {
    const SeenConversation& seen = seen_[s];
    if (seen.planned == no_index) continue;
    for (std::uint32_t way = 0; way < 2; ++way) {
      const std::uint32_t side = seen.planned * 2 + (sides_[seen.planned * 2].route == seen.route(way != 0) ? 0u : 1u);
      // Two ends that are one have one direction.
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

void CaptureCheck::Impl::assign_by_octets(std::vector<std::vector<SeenSide>>& found, const std::vector<bool>& taken) {
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
    for (const SeenSegment& segment : segments_of(seen))
      anchors_.for_each_in(segment.payload, [&](std::uint64_t hash) { ++counts[hash]; });
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
      const std::uint32_t owner =
          conversation.planned * 2 +
          (sides_[conversation.planned * 2].route == conversation.route(seen % 2 != 0) ? 0u : 1u);
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
      const Route seen_route = conversation.route(seen % 2 != 0);
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
                                   arrow(sides_[side].route), arrow(seen_[first / 2].route(first % 2 != 0)));
    if (found[side].size() > 1)
      text += fmt::format(" and {}, which hold octets of them", counted(found[side].size() - 1, "more direction"));
    else
      text += ", which holds octets of them";
    find(Kind::other_endpoints, no_index, {}, std::move(text));
  }
}

/// Sides that share what was seen are looked at together.
std::vector<CaptureCheck::Impl::Lane> CaptureCheck::Impl::lanes_of(
    const std::vector<std::vector<SeenSide>>& found) const {
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
  std::vector<Lane> lanes;
  std::vector<bool> added(seen_.size() * 2, false);
  for (std::size_t side = 0; side < sides_.size(); ++side) {
    if (found[side].empty()) continue;
    const auto [at, is_new] = numbers.try_emplace(top(found[side].front()), lanes.size());
    if (is_new) lanes.push_back({{}, {}, planned_[side / 2].transport});
    Lane& lane = lanes[at->second];
    lane.rows.insert(lane.rows.end(), sides_[side].rows.begin(), sides_[side].rows.end());
    for (const SeenSide seen : found[side]) {
      if (!added[seen]) lane.sides.push_back(seen);
      added[seen] = true;
    }
  }
  for (Lane& lane : lanes) {
    std::sort(lane.rows.begin(), lane.rows.end());
    std::sort(lane.sides.begin(), lane.sides.end());
  }
  return lanes;
}

// --- the comparison --------------------------------------------------------------------------------------------------

void CaptureCheck::Impl::check_lanes(const std::vector<Lane>& lanes) {
  const auto wanted_of = [this](const Lane& lane, std::uint32_t number) {
    std::vector<WantedRow> wanted;
    wanted.reserve(lane.rows.size());
    for (const std::uint32_t row : lane.rows) {
      wanted.push_back(rows_[row].wanted);
      wanted.back().lane = number;
    }
    return wanted;
  };
  std::vector<const Lane*> by_frame;
  std::vector<trace::LaneSides> sides_by_frame;
  std::vector<std::pair<std::uint32_t, WantedRow>> rows_by_frame;  // with their numbers
  std::uint64_t there = 0;
  for (const Lane& lane : lanes) {
    trace::LaneSides sides{lane.transport, {}};
    for (const SeenSide side : lane.sides) {
      sides.sides.push_back(&segments_of(side));
      is_ours_[side / 2] = true;
    }
    LaneResult result = trace::find_rows(wanted_of(lane, 0), sides);
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
    LaneResult result = trace::find_rows_by_frame(wanted, sides_by_frame);
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
    find(Kind::other_data, no_index, {extra.first_frame},
         fmt::format("{} from {} {} {} of no row, the first is frame {}", counted(extra.packets, "packet"),
                     arrow(seen_[side / 2].route(side % 2 != 0)), extra.packets == 1 ? "holds" : "hold",
                     counted(extra.octets, "octet"), extra.first_frame));
  }
}

/// Of rows that are alike, and that no sequence number tells apart, each gets the packet that lies between those of its
/// neighbours, as far as there is one.
void CaptureCheck::Impl::settle_twins(std::span<const std::pair<std::uint32_t, WantedRow>> rows) {
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
  const std::vector<bool> in_run = trace::longest_run<FramePlace>(places);
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
    const std::vector<bool> run = trace::longest_run<FramePlace>(all);
    return std::count(run.begin(), run.end(), true);
  };
  std::vector<std::uint32_t> as_it_was(rows_.size());
  for (std::uint32_t row = 0; row < rows_.size(); ++row) as_it_was[row] = row;
  if (rows_in_order(source) <= rows_in_order(as_it_was)) return;
  std::vector<PlacedRow> settled(rows_.size());
  for (std::uint32_t row = 0; row < rows_.size(); ++row) settled[row] = std::move(placed_[source[row]]);
  placed_ = std::move(settled);
}

void CaptureCheck::Impl::tell_overlap(const Lane& lane, const LaneResult& result) {
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
  find(Kind::overlap, no_index, std::move(frames),
       fmt::format("the segments of {} overlap in the stream ({} of {} rows start at sequence number {}): {}, but a "
                   "reader of the stream sees only the first",
                   arrow(seen_[side / 2].route(side % 2 != 0)), there, lane.rows.size(), result.common_sequence_number,
                   which));
}

void CaptureCheck::Impl::report_copies(std::uint32_t row, const PlacedRow& placed) {
  const WantedRow& wanted = rows_[row].wanted;
  const std::uint64_t size = placed.as_in_table ? wanted.table.size() : wanted.sent.size();
  for (const RowCopy& copy : placed.copies) {
    const bool whole = copy.octets.first == 0 && copy.octets.end == size;
    const std::string what =
        whole ? name(row) : fmt::format("{} of {}", range_text(copy.octets.first, copy.octets.end), name(row));
    const std::string_view are = verb(whole ? 1 : copy.octets.end - copy.octets.first);
    find(Kind::twice, row, {copy.frame, copy.again},
         copy.differs ? fmt::format("{} {} there twice, with other octets the second time: frames {} and {}", what, are,
                                    copy.frame, copy.again)
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
    const bool tcp = planned_[rows_[row].side / 2].transport == Transport::tcp;
    find(Kind::bad_checksum, row, {segment->frame},
         fmt::format("{}: the {} checksum of frame {} is wrong", name(row),
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
                     .route = sides_[planned.side].route};
  for (const RowPiece& piece : placed.pieces) {
    if (checked.frames.empty() || checked.frames.back() != piece.frame) checked.frames.push_back(piece.frame);
  }
  std::vector<std::uint64_t> frames = checked.frames;
  switch (placed.state) {
    case PlacedRow::State::missing:
      checked.state = CheckedRow::State::missing;
      find(Kind::missing, row, {}, fmt::format("{} is missing: {}", name(row), trace::excerpt(planned.wanted.sent)));
      break;
    case PlacedRow::State::cut: {
      checked.state = CheckedRow::State::cut;
      std::string ranges;
      std::uint64_t octets = 0;
      for (const trace::OctetRange& range : placed.missing) {
        ranges += (ranges.empty() ? "" : ", ") + range_text(range.first, range.end);
        octets += range.end - range.first;
      }
      find(Kind::cut, row, std::move(frames),
           fmt::format("{} of {} {} missing, of {}", ranges, name(row), verb(octets),
                       placed.as_in_table ? planned.wanted.table.size() : planned.wanted.sent.size()));
      break;
    }
    case PlacedRow::State::differs:
      checked.state = CheckedRow::State::differs;
      find(Kind::differs, row, placed.differs_in == 0 ? std::move(frames) : std::vector{placed.differs_in},
           fmt::format("{} differs from octet {} on: expected \"{}\", found \"{}\"{}", name(row), placed.differs_at,
                       placed.expected, placed.found,
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

/// Rows whose first packets changed places, across conversations too: the table has one order.
void CaptureCheck::Impl::check_order() {
  std::vector<std::uint32_t> order;
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    if (!placed_[row].pieces.empty()) order.push_back(row);
  }
  const auto run_of = [&] {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> places;
    places.reserve(order.size());
    for (const std::uint32_t row : order)
      places.emplace_back(placed_[row].pieces.front().frame, placed_[row].pieces.front().offset_in_frame);
    return trace::longest_run<std::pair<std::uint64_t, std::uint32_t>>(places);
  };
  std::vector<bool> in_run = run_of();
  if (std::find(in_run.begin(), in_run.end(), false) == in_run.end()) return;
  // Whoever sent the rows may have gone by the lines of the file and not by their times.
  const std::vector<std::uint32_t> by_time = order;
  std::sort(order.begin(), order.end(),
            [this](std::uint32_t a, std::uint32_t b) { return rows_[a].number < rows_[b].number; });
  std::vector<bool> in_file_run = run_of();
  if (std::count(in_file_run.begin(), in_file_run.end(), true) > std::count(in_run.begin(), in_run.end(), true)) {
    in_run = std::move(in_file_run);
  } else {
    order = by_time;
  }
  const auto place = [this](std::uint32_t row) {
    return std::pair{placed_[row].pieces.front().frame, placed_[row].pieces.front().offset_in_frame};
  };
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
    find(Kind::out_of_order, row, {place(row).first, place(other).first},
         fmt::format("{} comes {} {} (frames {} and {})", name(row), after ? "after" : "before", name(other),
                     place(row).first, place(other).first));
  }
}

/// Packets of one direction that changed places, where sequence numbers would mend it too.
void CaptureCheck::Impl::check_sides() {
  std::vector<bool> told(rows_.size(), false);
  for (const Found& found : found_) {
    if (found.finding.kind == Kind::out_of_order) told[found.row] = true;
  }
  struct Piece {
    std::uint32_t row;
    const RowPiece* piece;
  };
  for (const PlannedSide& side : sides_) {
    std::vector<Piece> pieces;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> places;
    for (const std::uint32_t row : side.rows) {
      if (told[row]) continue;
      for (const RowPiece& piece : placed_[row].pieces) {
        pieces.push_back({row, &piece});
        places.emplace_back(piece.frame, piece.offset_in_frame);
      }
    }
    // The order of whole rows is told already, and may be that of the file.
    std::vector<std::size_t> order(pieces.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    const auto first_place = [this](std::uint32_t row) {
      return std::pair{placed_[row].pieces.front().frame, placed_[row].pieces.front().offset_in_frame};
    };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return pieces[a].row != pieces[b].row && first_place(pieces[a].row) < first_place(pieces[b].row);
    });
    std::vector<std::pair<std::uint64_t, std::uint32_t>> in_order;
    in_order.reserve(order.size());
    for (const std::size_t i : order) in_order.push_back(places[i]);
    const std::vector<bool> in_run = trace::longest_run<std::pair<std::uint64_t, std::uint32_t>>(in_order);
    for (std::size_t i = 0; i < order.size(); ++i) {
      const Piece& piece = pieces[order[i]];
      if (in_run[i] || told[piece.row]) continue;
      told[piece.row] = true;
      const Piece& other = pieces[order[i + 1 < order.size() ? i + 1 : i - 1]];
      find(Kind::out_of_order, piece.row, {piece.piece->frame, other.piece->frame},
           fmt::format("{} of {} changed places with {}: frames {} and {}",
                       range_text(piece.piece->offset, piece.piece->offset + piece.piece->length), name(piece.row),
                       other.row == piece.row
                           ? range_text(other.piece->offset, other.piece->offset + other.piece->length)
                           : name(other.row),
                       piece.piece->frame, other.piece->frame));
    }
  }
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
    find(late ? Kind::late : Kind::early, row, {pieces.front().frame},
         fmt::format("{} is {:.6f} s too {}, frame {}", name(row), static_cast<double>(distance.count()) / 1e9,
                     late ? "late" : "early", pieces.front().frame));
  }
}

void CaptureCheck::Impl::check_fragments() {
  if (waiting_.empty()) return;
  std::unordered_map<std::uint64_t, std::uint32_t> rows;  // by the frame that made their datagrams whole
  for (std::uint32_t row = 0; row < rows_.size(); ++row) {
    for (const RowPiece& piece : placed_[row].pieces) {
      if (!piece.segment->fragments.empty()) rows.emplace(piece.segment->frame, row);
    }
  }
  std::vector<std::uint64_t> frames;
  std::uint64_t count = 0;
  for (const auto& [frame, waiting] : waiting_) {
    const auto row = rows.find(waiting.second.after);
    if (row != rows.end() && waiting.second.after != 0) {
      find(Kind::twice, row->second, {waiting.second.after, frame},
           fmt::format("a fragment of {} is there twice: frame {}, after the datagram was whole in frame {}",
                       name(row->second), frame, waiting.second.after));
      continue;
    }
    if (++count <= most_frames_named) frames.push_back(frame);
  }
  if (count == 0) return;
  const std::uint64_t first = frames.front();
  find(Kind::unfinished_fragments, no_index, std::move(frames),
       fmt::format("{} {} of datagrams that never became whole, the first is frame {}", counted(count, "fragment"),
                   verb(count), first));
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
        report_.others.push_back({fmt::format("{} {} - {}", seen.ends.transport == Transport::tcp ? "tcp" : "udp",
                                              to_string(seen.ends.low), to_string(seen.ends.high)),
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
      ours.route = planned_[seen.planned].route;
    } else if (servers_.contains({ours.transport, ours.route.source})) {
      ours.route = ours.route.reversed();
    }
    report_.conversations.push_back(ours);
    for (const std::uint64_t frame : seen.bad_frames) {
      find(Kind::bad_checksum, no_index, {frame},
           fmt::format("a checksum of frame {} is wrong, which is one of {} - {} without data", frame,
                       to_string(seen.ends.low), to_string(seen.ends.high)));
    }
  }
  for (const auto& [label, packets] : others_) {
    if (packets != 0) report_.others.push_back({label, packets});
  }
  std::sort(report_.others.begin(), report_.others.end(), [](const OtherPackets& a, const OtherPackets& b) {
    return std::tuple{b.packets, std::string_view{a.between}} < std::tuple{a.packets, std::string_view{b.between}};
  });
}

Result<CheckReport, IoError> CaptureCheck::Impl::compare(PacketSource& capture,
                                                         const std::function<std::uint64_t()>& passed_over) {
  learn_anchors();
  report_.rounds = options_.rounds;
  if (options_.rounds != 1) {
    for (PlannedRow& row : rows_) row.wanted.planned_octets = std::numeric_limits<std::uint64_t>::max();
  }
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields};
  for (std::uint64_t skipped = 0;;) {
    const auto record = capture.next();
    if (!record) {
      report_.damage = record.error();
      break;
    }
    if (*record == nullptr) break;
    const std::uint64_t so_far = passed_over ? passed_over() : 0;
    dissector.skip_frames(so_far - skipped);
    skipped = so_far;
    dissector.dissect(**record, dissection);
    if (const auto taken = take(dissection); !taken) return unexpected(taken.error());
  }
  is_ours_.assign(seen_.size(), false);
  placed_.resize(rows_.size());
  check_lanes(lanes_of(assign()));
  report_.rows.reserve(rows_.size());
  for (std::uint32_t row = 0; row < rows_.size(); ++row) report_row(row);
  check_order();
  check_sides();
  check_times();
  check_fragments();
  tell_conversations();
  if (!offloaded_.empty()) {
    std::vector<std::uint64_t> frames(offloaded_.begin(), offloaded_.end());
    std::sort(frames.begin(), frames.end());
    const std::string text =
        fmt::format("the checksums of {} with rows are left to the network card, the first is frame {}",
                    counted(frames.size(), "packet"), frames.front());
    find(Kind::offloaded_checksums, no_index, std::move(frames), text);
  }
  // Errors in the order of the rows, then what is only worth knowing.
  std::stable_sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
    const auto rank = [](const Found& found) { return std::pair{!found.finding.is_error(), found.row}; };
    return rank(a) < rank(b);
  });
  report_.findings.reserve(found_.size());
  for (Found& found : found_) report_.findings.push_back(std::move(found.finding));
  return std::move(report_);
}

CaptureCheck::CaptureCheck(CheckOptions options) : impl_{std::make_unique<Impl>(options)} {}
CaptureCheck::~CaptureCheck() = default;

void CaptureCheck::see(const Message& message) { impl_->see(message); }
Result<void, IoError> CaptureCheck::write(const PacketRecord& record) { return impl_->expect(record); }
void CaptureCheck::end_plan_early() { impl_->end_plan_early(); }
Result<CheckReport, IoError> CaptureCheck::compare(CaptureFileReader& capture) {
  return impl_->compare(capture, [&capture] { return capture.frames_without_packet(); });
}
Result<CheckReport, IoError> CaptureCheck::compare(PacketSource& capture) { return impl_->compare(capture, {}); }

}  // namespace encap
