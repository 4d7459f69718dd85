#include "encap/trace/capture_comparison.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <tuple>
#include <utility>

#include "trace/compared_packets.h"
#include "trace/dissect_all.h"
#include "trace/packet_alignment.h"

namespace encap {
namespace {

using trace::compared_fields;
using trace::ComparedField;
using trace::Kept;
using trace::KeptCapture;
using trace::KeptConversation;
using trace::KeptPacket;
using trace::Nature;
using PairedBy = ComparedConversation::PairedBy;

constexpr std::size_t most_segments_walked = 64;
constexpr std::size_t octets_shown = 8;

enum class Likeness : std::uint8_t { nothing_to_compare, alike, by_nature, different };

Duration since(Timestamp first, Timestamp time) noexcept {
  // Unsigned: times may be as far apart as the numbers reach.
  return Duration{static_cast<std::int64_t>(static_cast<std::uint64_t>(time.nanoseconds) -
                                            static_cast<std::uint64_t>(first.nanoseconds))};
}

/// The data packet of a sender that has the octet at `place` of the stream; null: none.
const KeptPacket* packet_with(const KeptCapture& capture, const std::vector<std::uint32_t>& data, std::uint64_t place) {
  const auto behind = std::upper_bound(data.begin(), data.end(), place, [&](std::uint64_t at, std::uint32_t index) {
    return at < capture.packets()[index].sequence_number;
  });
  if (behind == data.begin()) return nullptr;
  const KeptPacket& packet = capture.packets()[*std::prev(behind)];
  return place < std::uint64_t{packet.sequence_number} + packet.length ? &packet : nullptr;
}

}  // namespace

std::string_view name_of(PacketKind kind) noexcept {
  static constexpr std::array<std::string_view, 7> names{"SYN", "SYN, ACK", "data", "ACK", "FIN", "RST", "datagram"};
  return names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(PairedBy paired_by) noexcept {
  static constexpr std::array<std::string_view, 3> names{"endpoints", "server", "server port"};
  return names[static_cast<std::size_t>(paired_by)];
}

class CaptureComparison::Impl {
 public:
  explicit Impl(ComparisonOptions options)
      : options_{std::move(options)},
        captures_{KeptCapture{places_, texts_, options_}, KeptCapture{places_, texts_, options_}} {}

  void read(std::size_t side, std::string name, PacketSource& capture,
            const std::function<std::uint64_t()>& passed_over);
  void compare();

  [[nodiscard]] const KeptCapture& capture(std::size_t side) const noexcept { return captures_[side]; }
  [[nodiscard]] const KeptConversation& conversation_of(std::size_t side, const KeptPacket& packet) const noexcept {
    return captures_[side].conversations()[packet.conversation];
  }
  void differences(const AlignedPackets& pair, std::vector<FieldDifference>& out) const;

  std::vector<FieldAgreement> fields;
  std::vector<ComparedConversation> conversations;
  std::vector<BothSides<std::uint32_t>> partners;  // of each of these: the number in either capture
  BothSides<std::vector<LoneConversation>> only_in;
  std::uint64_t aligned = 0;

 private:
  using Pairing = std::vector<std::pair<std::uint32_t, PairedBy>>;  // of each left conversation: the right one
  static constexpr std::uint32_t no_partner = UINT32_MAX;

  template <class Key>
  void pair_by(PairedBy how, Pairing& found, std::vector<bool>& taken, Key key);
  void pair_conversations();
  void align(std::uint32_t left, std::uint32_t right, PairedBy how);
  [[nodiscard]] Likeness likeness(std::size_t place, const KeptPacket& left, const KeptPacket& right) const;
  /// Where in either payload octets begin to differ; nothing: all that can be compared are alike.
  [[nodiscard]] std::optional<BothSides<std::size_t>> first_different_octets(const KeptPacket& left,
                                                                             const KeptPacket& right) const;
  [[nodiscard]] BothSides<std::string> texts(std::size_t place, const KeptPacket& left, const KeptPacket& right) const;
  void count(const AlignedPackets& pair, ComparedConversation& conversation);

  ComparisonOptions options_;
  trace::FieldPlaces places_;
  trace::TextPool texts_;
  BothSides<KeptCapture> captures_;
  std::array<FieldAgreement, compared_fields.size()> counts_;
  std::array<bool, compared_fields.size()> shows_difference_{};
};

void CaptureComparison::Impl::read(std::size_t side, std::string name, PacketSource& capture,
                                   const std::function<std::uint64_t()>& passed_over) {
  KeptCapture& kept = captures_[side];
  kept.summary().name = std::move(name);
  kept.summary().damage = trace::dissect_all(capture, passed_over, [&](const Dissection& dissection) {
    if (!options_.wants || options_.wants(dissection)) kept.take(dissection);
    return true;
  });
}

/// Pairs those that have no partner yet and the same key, in their order.
template <class Key>
void CaptureComparison::Impl::pair_by(PairedBy how, Pairing& found, std::vector<bool>& taken, Key key) {
  const std::vector<KeptConversation>& left = captures_[0].conversations();
  const std::vector<KeptConversation>& right = captures_[1].conversations();
  std::map<decltype(key(left[0])), std::pair<std::vector<std::uint32_t>, std::size_t>> waiting;
  for (std::uint32_t r = 0; r < right.size(); ++r) {
    if (!taken[r]) waiting[key(right[r])].first.push_back(r);
  }
  for (std::size_t l = 0; l < left.size() && !waiting.empty(); ++l) {
    if (found[l].first != no_partner) continue;
    const auto same = waiting.find(key(left[l]));
    if (same == waiting.end()) continue;
    auto& [queue, next] = same->second;
    if (next == queue.size()) continue;
    found[l] = {queue[next++], how};
    taken[found[l].first] = true;
  }
}

void CaptureComparison::Impl::pair_conversations() {
  const std::vector<KeptConversation>& left = captures_[0].conversations();
  std::vector<KeptConversation>& right = captures_[1].conversations();
  Pairing found(left.size(), {no_partner, PairedBy::endpoints});
  std::vector<bool> taken(right.size(), false);
  pair_by(PairedBy::endpoints, found, taken, [](const KeptConversation& talk) {
    const auto ends = std::minmax(talk.route.source, talk.route.destination);
    return std::tuple{talk.transport, ends.first, ends.second};
  });
  pair_by(PairedBy::server, found, taken, [](const KeptConversation& talk) {
    return std::tuple{talk.transport, talk.route.destination};
  });
  pair_by(PairedBy::server_port, found, taken, [](const KeptConversation& talk) {
    return std::tuple{talk.transport, talk.route.destination.port};
  });

  for (std::size_t l = 0; l < left.size(); ++l) {
    const auto [r, how] = found[l];
    if (r == no_partner) {
      only_in[0].push_back({left[l].transport, left[l].route, left[l].packets.size()});
      continue;
    }
    // Who opened it, a capture that began later cannot tell.
    if (how == PairedBy::endpoints && left[l].route.source != right[r].route.source) captures_[1].turn(right[r]);
    align(static_cast<std::uint32_t>(l), r, how);
  }
  for (std::size_t r = 0; r < right.size(); ++r) {
    if (!taken[r]) only_in[1].push_back({right[r].transport, right[r].route, right[r].packets.size()});
  }
}

void CaptureComparison::Impl::align(std::uint32_t left, std::uint32_t right, PairedBy how) {
  const KeptConversation& a = captures_[0].conversations()[left];
  const KeptConversation& b = captures_[1].conversations()[right];
  ComparedConversation talk;
  talk.transport = a.transport;
  talk.paired_by = how;
  talk.routes = {a.route, b.route};
  talk.packets = {a.packets.size(), b.packets.size()};
  talk.pairs = trace::align(captures_[0], a, captures_[1], b);
  for (const AlignedPackets& pair : talk.pairs) {
    if (pair.is_pair()) count(pair, talk);
  }
  aligned += talk.aligned;
  partners.push_back({left, right});
  conversations.push_back(std::move(talk));
}

std::optional<BothSides<std::size_t>> CaptureComparison::Impl::first_different_octets(const KeptPacket& left,
                                                                                      const KeptPacket& right) const {
  const auto in_both = [](const BothSides<Bytes>& octets) { return std::min(octets[0].size(), octets[1].size()); };
  const auto alike_in = [&](const BothSides<Bytes>& octets) {
    const auto first = octets[0].begin();
    const auto end = first + static_cast<std::ptrdiff_t>(in_both(octets));
    return static_cast<std::size_t>(std::mismatch(first, end, octets[1].begin()).first - first);
  };
  BothSides<Bytes> rest{left.payload, right.payload};
  const std::size_t as_they_are = alike_in(rest);
  if (as_they_are == rest[0].size() && as_they_are == rest[1].size()) return std::nullopt;
  // Else they may be parts of one stream that is cut at other places.
  const BothSides<const KeptPacket*> packets{&left, &right};
  const std::uint64_t place = std::max(left.sequence_number, right.sequence_number);
  BothSides<std::size_t> skipped{};
  bool overlap = left.kind == PacketKind::data;
  for (std::size_t side = 0; side < 2; ++side) {
    skipped[side] = static_cast<std::size_t>(place - packets[side]->sequence_number);
    overlap = overlap && skipped[side] < rest[side].size();
  }
  if (!overlap) return BothSides<std::size_t>{as_they_are, as_they_are};
  for (std::size_t side = 0; side < 2; ++side) rest[side] = rest[side].subspan(skipped[side]);
  const std::size_t end = std::max(rest[0].size(), rest[1].size());
  std::size_t alike = 0;
  for (std::size_t walked = 0; walked < most_segments_walked; ++walked) {
    const std::size_t length = in_both(rest);
    const std::size_t here = alike_in(rest);
    alike += here;
    if (here != length) return BothSides<std::size_t>{skipped[0] + alike, skipped[1] + alike};
    if (alike >= end) break;
    for (std::size_t side = 0; side < 2; ++side) {
      rest[side] = rest[side].subspan(length);
      if (!rest[side].empty()) continue;
      const auto& data = conversation_of(side, *packets[side]).data[packets[side]->from_client ? 0 : 1];
      const KeptPacket* const next = packet_with(captures_[side], data, place + alike);
      const std::uint64_t offset = next == nullptr ? 0 : place + alike - next->sequence_number;
      if (next == nullptr || offset >= next->payload.size()) return std::nullopt;  // nothing is known of what follows
      rest[side] = next->payload.subspan(static_cast<std::size_t>(offset));
    }
  }
  return std::nullopt;
}

Likeness CaptureComparison::Impl::likeness(std::size_t place, const KeptPacket& left, const KeptPacket& right) const {
  const ComparedField& field = compared_fields[place];
  const bool in_left = KeptCapture::has(left, place);
  const bool in_right = KeptCapture::has(right, place);
  if (field.nature == Nature::key || (!in_left && !in_right)) return Likeness::nothing_to_compare;
  if (in_left != in_right) return field.kept == Kept::step ? Likeness::nothing_to_compare : Likeness::different;
  if (field.kept == Kept::octets) {
    if (!left.payload_is_kept || !right.payload_is_kept) return Likeness::nothing_to_compare;
    return first_different_octets(left, right) ? Likeness::different : Likeness::alike;
  }
  const std::uint64_t a = captures_[0].value(left, place);
  const std::uint64_t b = captures_[1].value(right, place);
  if (a == b) return Likeness::alike;
  switch (field.nature) {
    case Nature::time:
      return Likeness::by_nature;
    case Nature::random:
      return a != 0 && b != 0 ? Likeness::by_nature : Likeness::different;
    case Nature::source_port:
      return left.from_client ? Likeness::by_nature : Likeness::different;
    case Nature::destination_port:
      return left.from_client ? Likeness::different : Likeness::by_nature;
    default:
      return Likeness::different;
  }
}

BothSides<std::string> CaptureComparison::Impl::texts(std::size_t place, const KeptPacket& left,
                                                      const KeptPacket& right) const {
  if (compared_fields[place].kept != Kept::octets)
    return {captures_[0].text(left, place), captures_[1].text(right, place)};
  BothSides<std::size_t> from{};
  if (left.payload_is_kept && right.payload_is_kept) from = first_different_octets(left, right).value_or(from);
  const auto text_of = [&](const KeptPacket& packet, std::size_t first) -> std::string {
    if (!KeptCapture::has(packet, place)) return {};
    const Bytes all = packet.payload.subspan(std::min(first, packet.payload.size()));
    std::string text = first == 0 ? std::string{} : fmt::format("{}: ", first);
    for (const std::byte octet : all.first(std::min(all.size(), octets_shown)))
      text += fmt::format("{:02x}", std::to_integer<unsigned>(octet));
    return all.size() > octets_shown ? text + "..." : text;
  };
  return {text_of(left, from[0]), text_of(right, from[1])};
}

void CaptureComparison::Impl::count(const AlignedPackets& pair, ComparedConversation& conversation) {
  ++conversation.aligned;
  const KeptPacket& left = captures_[0].packets()[pair.packets[0]];
  const KeptPacket& right = captures_[1].packets()[pair.packets[1]];
  for (std::size_t place = 0; place < compared_fields.size(); ++place) {
    const Likeness how = likeness(place, left, right);
    if (how == Likeness::nothing_to_compare) continue;
    FieldAgreement& counted = counts_[place];
    const bool was_alike = counted.agree == counted.packets;
    ++counted.packets;
    if (how == Likeness::alike) ++counted.agree;
    if (how == Likeness::by_nature) {
      ++counted.by_nature;
      ++conversation.by_nature;
    }
    if (how == Likeness::different) ++conversation.differences;
    const bool is_better = counted.packets == 1 || (how == Likeness::by_nature && was_alike) ||
                           (how == Likeness::different && !shows_difference_[place]);
    if (!is_better) continue;
    shows_difference_[place] = how == Likeness::different;
    counted.frames = {left.frame, right.frame};
    counted.values = texts(place, left, right);
  }
}

void CaptureComparison::Impl::compare() {
  for (KeptCapture& capture : captures_) capture.sort_data();
  pair_conversations();
  for (std::size_t place = 0; place < compared_fields.size(); ++place) {
    FieldAgreement& counted = counts_[place];
    if (counted.packets == 0) continue;
    counted.field = compared_fields[place].name;
    counted.is_step = compared_fields[place].kept == Kept::step;
    fields.push_back(std::move(counted));
  }
}

void CaptureComparison::Impl::differences(const AlignedPackets& pair, std::vector<FieldDifference>& out) const {
  out.clear();
  if (!pair.is_pair()) return;
  const KeptPacket& left = captures_[0].packets()[pair.packets[0]];
  const KeptPacket& right = captures_[1].packets()[pair.packets[1]];
  for (std::size_t place = 0; place < compared_fields.size(); ++place) {
    const Likeness how = likeness(place, left, right);
    if (how != Likeness::by_nature && how != Likeness::different) continue;
    out.push_back({.field = compared_fields[place].name,
                   .is_step = compared_fields[place].kept == Kept::step,
                   .by_nature = how == Likeness::by_nature,
                   .values = texts(place, left, right)});
  }
}

CaptureComparison::CaptureComparison(ComparisonOptions options) : impl_{std::make_unique<Impl>(std::move(options))} {}
CaptureComparison::~CaptureComparison() = default;

void CaptureComparison::read(std::size_t side, std::string name, PacketSource& capture,
                             const std::function<std::uint64_t()>& frames_without_packet) {
  impl_->read(side, std::move(name), capture, frames_without_packet);
}
void CaptureComparison::compare() { impl_->compare(); }

const ComparedCapture& CaptureComparison::capture(std::size_t side) const noexcept {
  return impl_->capture(side).summary();
}
std::uint64_t CaptureComparison::aligned() const noexcept { return impl_->aligned; }
const std::vector<FieldAgreement>& CaptureComparison::fields() const noexcept { return impl_->fields; }
const std::vector<ComparedConversation>& CaptureComparison::conversations() const noexcept {
  return impl_->conversations;
}
const std::vector<LoneConversation>& CaptureComparison::only_in(std::size_t side) const noexcept {
  return impl_->only_in[side];
}

ComparedPacket CaptureComparison::packet(std::size_t side, std::uint32_t index) const noexcept {
  const KeptCapture& capture = impl_->capture(side);
  const KeptPacket& packet = capture.packets()[index];
  const KeptPacket& first = capture.packets()[impl_->conversation_of(side, packet).packets.front()];
  return {.frame = packet.frame,
          .time = since(first.time, packet.time),
          .from_client = packet.from_client,
          .kind = packet.kind,
          .sequence_number = packet.sequence_number,
          .acknowledgment_number = packet.acknowledgment_number,
          .length = packet.length};
}

std::uint64_t CaptureComparison::frame_with_octets_of(std::size_t conversation, std::size_t side,
                                                      std::uint32_t index) const noexcept {
  const KeptPacket& packet = impl_->capture(side).packets()[index];
  if (packet.kind != PacketKind::data) return 0;
  const KeptCapture& other = impl_->capture(1 - side);
  const KeptConversation& talk = other.conversations()[impl_->partners[conversation][1 - side]];
  const KeptPacket* const found = packet_with(other, talk.data[packet.from_client ? 0 : 1], packet.sequence_number);
  return found == nullptr ? 0 : found->frame;
}

void CaptureComparison::differences(const AlignedPackets& pair, std::vector<FieldDifference>& out) const {
  impl_->differences(pair, out);
}

}  // namespace encap
