#include "statistics/advice/copies.h"

#include <algorithm>
#include <fmt/format.h>

#include "encap/base/byte_order.h"
#include "encap/dissect/session.h"
#include "encap/wire/ipv4.h"

namespace encap::advice {
namespace {

constexpr Finding captured_twice{
    "duplicate.capture", Severity::warning, "packets are in the capture twice",
    "The same packet, with the same IP identification and the same octets, comes again within a moment. Nobody sent it "
    "twice: it was captured twice, on two interfaces at once, on \"any\" (where a packet passes a bridge, a tunnel or "
    "a "
    "container's interface on its way), or on a mirror port that copies both directions of two ports. Wireshark takes "
    "the copies of TCP segments for retransmissions, duplicate ACKs and out-of-order segments.",
    "Capture on one interface (-i eth0, not -i any). To mend this file: editcap -d in.pcap out.pcap drops copies that "
    "are equal from the link header on; editcap -I 26 -d does so where 26 octets at the start may differ."};

constexpr Finding routed_twice{
    "duplicate.routed", Severity::note, "packets are in the capture before and behind a router",
    "The same packet comes again within a moment with a lower Time to Live (Hop Limit): the capture sees it when it "
    "enters a router and again when it leaves. Wireshark takes the copies of TCP segments for retransmissions, "
    "duplicate ACKs and out-of-order segments.",
    "Look at one side of the router alone, with a filter on the Ethernet addresses (eth.src == ...) or on ip.ttl, or "
    "capture on one interface."};

constexpr Duration same_number_within = std::chrono::milliseconds{100};
constexpr Duration no_number_within = std::chrono::milliseconds{1};

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  hash = (hash ^ word) * 0xff51afd7ed558ccdu;
  return hash ^ hash >> 32;
}

// Octets from `from` on, eight at a time.
std::uint64_t mix(std::uint64_t hash, Bytes octets) noexcept {
  std::size_t at = 0;
  for (; at + 8 <= octets.size(); at += 8) hash = mix(hash, load_be<8>(octets, at));
  for (; at < octets.size(); ++at) hash = mix(hash, load_u8(octets, at));
  return hash;
}

// Source and destination, in that order.
std::uint64_t hash_of_ends(const SeenPacket& p) noexcept {
  std::uint64_t hash = mix(p.version, static_cast<std::uint64_t>(p.protocol));
  hash = mix(hash, std::as_bytes(std::span{p.source.octets}));
  return mix(hash, std::as_bytes(std::span{p.destination.octets}));
}

// The body but for its checksum: its first octets and the sum of all of it.
std::uint64_t hash_of_body(const SeenPacket& p) noexcept {
  std::uint64_t hash = mix(p.body_length, p.body.size());
  std::uint16_t sum = p.body_is_whole ? p.body_sum : sum_words(p.body);
  const std::size_t checksum_at = p.has_tcp ? 16 : p.has_udp ? 6 : p.body.size();
  if (checksum_at + 2 <= p.body.size()) {
    const std::uint16_t checksum = load_be16(p.body, checksum_at);
    sum = fold_carries(std::uint64_t{sum} + static_cast<std::uint16_t>(~checksum));
    hash = mix(hash, p.body.first(checksum_at));
    const Bytes rest = p.body.subspan(checksum_at + 2);
    hash = mix(hash, rest.first(std::min<std::size_t>(rest.size(), 48)));
  } else {
    hash = mix(hash, p.body.first(std::min<std::size_t>(p.body.size(), 64)));
  }
  return mix(hash, sum == 0xffff ? 0 : sum);
}

// The whole packet, but for what changes on its way.
std::uint64_t hash_of_packet(const SeenPacket& p, std::uint64_t body) noexcept {
  std::uint64_t hash = mix(hash_of_ends(p), body);
  hash = mix(hash, p.identification);
  hash = mix(hash, p.fragment_offset | (p.more_fragments ? 1u : 0u));
  if (p.version == 4) {
    hash = mix(hash, p.header.first(Ipv4Field::time_to_live.first_octet()));
    hash = mix(hash, p.header.subspan(Ipv4View::minimum_header_length));
  } else {
    hash = mix(hash, p.header.first(7));
  }
  return hash;
}

constexpr TcpFlags carries_something_flags{TcpFlags::syn.value | TcpFlags::fin.value};

bool carries_something(const SeenPacket& p) noexcept {
  if (!p.has_tcp) return true;
  return p.payload_length > 1 || (p.flags.value & carries_something_flags.value) != 0;
}

}  // namespace

// Whether the identification says which of its sender's packets this is: not where another one had the same lately.
bool Copies::tells_apart(const SeenPacket& p, std::uint64_t body) {
  if (p.version != 4 || p.identification == 0) return false;
  if (p.is_fragment) return true;
  const std::uint64_t sender =
      mix(std::as_bytes(std::span{p.source.octets}).size(), std::as_bytes(std::span{p.source.octets}));
  const std::uint64_t number = mix(hash_of_ends(p), p.identification);
  const auto [known, is_new] = identifications_.try_emplace(number, body);
  if (is_new) {
    const std::uint64_t oldest = std::exchange(number_ring_[number_hand_], number);
    number_hand_ = (number_hand_ + 1) % remembered;
    if (identifications_.size() > remembered) identifications_.erase(oldest);
  } else if (known->second != body) {
    if (repeaters_.size() < remembered) repeaters_.insert(sender);
  }
  return repeaters_.size() < remembered && !repeaters_.contains(sender);
}

std::uint64_t Copies::find(const SeenPacket& p) {
  last_was_routed_ = false;
  if (p.version == 0 || p.body.empty()) return 0;
  const std::uint64_t body = hash_of_body(p);
  const bool has_number = tells_apart(p, body);
  const std::uint64_t key = hash_of_packet(p, body);
  const auto found = recent_.find(key);
  const Recent fresh{p.frame,
                     p.time,
                     p.hops,
                     p.dissection.record->interface != nullptr ? p.dissection.record->interface->id : 0,
                     mix(p.link.size(), p.link),
                     false};
  if (found == recent_.end()) {
    const std::uint64_t oldest = std::exchange(ring_[hand_], key);
    hand_ = (hand_ + 1) % remembered;
    recent_.emplace(key, fresh);
    if (recent_.size() > remembered) recent_.erase(oldest);
    return 0;
  }
  Recent& original = found.value();
  const Duration apart = p.time > original.time ? p.time - original.time : original.time - p.time;
  if (apart > (has_number ? same_number_within : no_number_within) || (!has_number && !carries_something(p))) {
    original = fresh;
    return 0;
  }
  add(p, original);
  return original.frame;
}

void Copies::add(const SeenPacket& p, Recent& original) {
  last_was_routed_ = p.hops != original.hops;
  Kind& kind = last_was_routed_ ? routed_ : captured_;
  if (kind.copies.empty()) kind.first_original = original.frame;
  kind.copies.add(p.frame);
  if (!original.has_copy) ++kind.originals;
  original.has_copy = true;
  kind.longest = std::max(kind.longest, p.time > original.time ? p.time - original.time : original.time - p.time);
  const std::uint32_t interface =
      p.dissection.record->interface != nullptr ? p.dissection.record->interface->id : original.interface;
  if (interface != original.interface) ++kind.other_interface;
  if (mix(p.link.size(), p.link) != original.link) ++kind.other_link;
  if (last_was_routed_) {
    const int lost = int{original.hops} - int{p.hops};
    kind.hops_lost = std::max(kind.hops_lost, static_cast<unsigned>(lost < 0 ? -lost : lost));
  }
}

void Copies::take(const SeenPacket& p) {
  constexpr std::uint32_t of_copies = TcpMark::retransmission | TcpMark::fast_retransmission |
                                      TcpMark::spurious_retransmission | TcpMark::out_of_order | TcpMark::duplicate_ack;
  if (p.copy_of != 0 && p.marked(of_copies)) ++(last_was_routed_ ? routed_ : captured_).marked;
}

void Copies::report(const Capture& capture, Report& report) const {
  const auto tell = [&](const Finding& finding, const Kind& kind, std::string_view how) {
    if (kind.originals < 3 || kind.copies.count() * 50 < capture.packets) return;
    std::string proof = fmt::format("{} come again, {}at most {} later; the first one is frame {}, its copy frame {}",
                                    count_text(kind.originals, "packet"), how, duration_text(kind.longest),
                                    kind.first_original, kind.copies.front());
    if (kind.other_interface != 0) proof += fmt::format("; {} on another interface", kind.other_interface);
    if (kind.other_link != 0) proof += fmt::format("; {} with another link header", kind.other_link);
    if (kind.marked != 0) {
      proof += fmt::format(
          "; {} of the copies are marked as retransmission, duplicate ACK or out-of-order, and are nothing of the kind",
          kind.marked);
    }
    proof += fmt::format(". Copies: {}.", kind.copies.text());
    report.add({&finding, "", {}, kind.copies, std::move(proof), ""});
  };
  tell(captured_twice, captured_, "");
  tell(routed_twice, routed_, fmt::format("with a Time to Live that is up to {} lower, ", routed_.hops_lost));
}

}  // namespace encap::advice
