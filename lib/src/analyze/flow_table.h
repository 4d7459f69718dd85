#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "analyze/tcp_analyzer.h"
#include "analyze/tcp_pdu_store.h"
#include "base/hash_index.h"
#include "base/hash_words.h"
#include "encap/base/byte_order.h"
#include "encap/dissect/session.h"

namespace encap {

/// An address as words, most significant octet first, zero behind its octets.
using AddressWords = std::array<std::uint64_t, 2>;

/// A hash of the two ends of a conversation, the same whichever way the packet goes.
[[nodiscard]] inline std::uint32_t flow_hash(const AddressWords& source, std::uint16_t source_port,
                                             const AddressWords& destination, std::uint16_t destination_port,
                                             FlowKey::Transport transport) noexcept {
  const std::uint64_t ends = hash_words(std::array{source[0] ^ source_port, source[1]}) +
                             hash_words(std::array{destination[0] ^ destination_port, destination[1]});
  return short_hash(std::array{ends + static_cast<std::uint64_t>(transport)});
}

/// The two ends of a conversation in one order, whichever way the packet goes. Shape: both addresses, both ports, kinds
/// and transport, as words that are compared.
struct FlowEnds {
  std::array<std::uint64_t, 5> words;
  std::uint32_t hash;  ///< see `flow_hash`
  bool forward;        ///< whether the packet goes from the lower end to the higher one

  explicit FlowEnds(const FlowKey& key) noexcept {
    const auto words_of = [](const Address& address) {
      const Bytes octets = std::as_bytes(std::span{address.octets});
      return AddressWords{load_be<8>(octets, 0), load_be<8>(octets, 8)};
    };
    const AddressWords source = words_of(key.source);
    const AddressWords destination = words_of(key.destination);
    hash = flow_hash(source, key.source_port, destination, key.destination_port, key.transport);
    forward = source < destination || (source == destination && key.source_port <= key.destination_port);
    const Address& low = forward ? key.source : key.destination;
    const Address& high = forward ? key.destination : key.source;
    const std::uint64_t low_port = forward ? key.source_port : key.destination_port;
    const std::uint64_t high_port = forward ? key.destination_port : key.source_port;
    const AddressWords& first = forward ? source : destination;
    const AddressWords& second = forward ? destination : source;
    words = {first[0], first[1], second[0], second[1], 0};
    words[4] = low_port << 48 | high_port << 32 | static_cast<std::uint64_t>(low.kind) << 16 |
               static_cast<std::uint64_t>(high.kind) << 8 | static_cast<std::uint64_t>(key.transport);
  }

  /// As `==`, in a few instructions.
  [[nodiscard]] bool are(const std::array<std::uint64_t, 5>& known) const noexcept {
    std::uint64_t difference = 0;
    for (std::size_t i = 0; i < words.size(); ++i) difference |= words[i] ^ known[i];
    return difference == 0;
  }
};

/// How many conversations there were so far, by transport.
using FlowCounts = std::array<std::atomic<std::uint32_t>, 3>;

/// What is remembered of a conversation over TCP.
struct KnownTcp {
  TcpConnection connection;
  std::array<TcpPduList, 2> pdus;  ///< what is put together of each side's octets

  explicit KnownTcp(TcpPduStore& store) noexcept : pdus{TcpPduList{store}, TcpPduList{store}} {}
};

/// What is remembered of one conversation.
struct KnownFlow {
  Flow flow;
  std::unique_ptr<KnownTcp> tcp;        ///< of TCP; kept when the entry is used again
  std::array<std::uint64_t, 5> ends{};  ///< the words of FlowEnds
  std::uint32_t hash = 0;               ///< see `flow_hash`
  bool first_was_forward = true;        ///< whether the first packet went from the lower end to the higher one
  bool seen_lately = false;             ///< since half a round of the table's hand

  /// Which of TcpConnection's sides sent the packet at hand.
  [[nodiscard]] unsigned sending_side() const noexcept { return flow.forward == first_was_forward ? 0 : 1; }
};

/// Finds the conversation of a packet: one look-up in a hash map. Bounded: beyond `limit` conversations one that was
/// not seen for long makes room (a hand goes round the entries and takes the first that was not seen during its last
/// half round, or any where all were), and a later packet of it starts a new one. Entries are used again, so that a
/// full table allocates nothing more.
class FlowTable {
 public:
  static constexpr std::size_t limit = 65'536;

  /// Lifetime: borrows `counts`, which tables may share.
  explicit FlowTable(FlowCounts& counts) noexcept : counts_{&counts} {}
  /// From now on conversations are counted there. Lifetime: borrows.
  void count_in(FlowCounts& counts) noexcept { counts_ = &counts; }

  struct Found {
    KnownFlow& conversation;
    bool is_new;
  };
  /// Lifetime of what it gives: until the table is gone; it may become another conversation with the next call.
  [[nodiscard]] Found find(const FlowKey& key) { return find(FlowEnds{key}, key.transport); }
  [[nodiscard]] Found find(const FlowEnds& ends, FlowKey::Transport transport) {
    std::uint32_t place = index_.find(ends.hash, [&](std::uint32_t at) { return ends.are(entry(at).ends); });
    const bool is_new = place == HashIndex::none;
    if (is_new) {
      place = take();
      KnownFlow& fresh = entry(place);
      fresh.ends = ends.words;
      fresh.hash = ends.hash;
      fresh.first_was_forward = ends.forward;
      begin(fresh.flow, transport);
      index_.reserve(3 * index_.size() + 3);  // every packet is looked for: of four slots three are free
      index_.insert(ends.hash, place);
    }
    KnownFlow& conversation = entry(place);
    conversation.seen_lately = true;
    conversation.flow.forward = ends.forward == conversation.first_was_forward;
    if (is_new) make_room();
    return {conversation, is_new};
  }

  /// Starts to fetch what `likely` and `find` look at first.
  void fetch_early(std::uint32_t hash) const noexcept { index_.fetch_early(hash); }
  /// A conversation whose ends have that hash, most likely the one; null where none has. Lifetime: until the table is
  /// gone.
  [[nodiscard]] const KnownFlow* likely(std::uint32_t hash) noexcept {
    const std::uint32_t place = index_.find(hash, [](std::uint32_t) { return true; });
    return place == HashIndex::none ? nullptr : &entry(place);
  }

  /// The same ends start anew: another index, nothing remembered.
  void restart(KnownFlow& conversation, FlowKey::Transport transport) {
    if (!conversation.flow.forward) conversation.first_was_forward = !conversation.first_was_forward;
    conversation.flow.forward = true;
    begin(conversation.flow, transport);
  }

 private:
  static constexpr std::size_t block_size = 32;  // a short capture touches little memory
  static constexpr std::uint32_t half = limit / 2;

  // The flow's next packet is its first one.
  void begin(Flow& flow, FlowKey::Transport transport) noexcept {
    flow.application = nullptr;
    flow.memory.reset();
    flow.seen = false;
    flow.index = (*counts_)[static_cast<std::size_t>(transport)].fetch_add(1, std::memory_order_relaxed);
  }
  [[nodiscard]] KnownFlow& entry(std::uint32_t place) noexcept {
    return blocks_[(place - 1) / block_size][(place - 1) % block_size];
  }
  [[nodiscard]] std::uint32_t take() {
    if (free_ != 0) {
      const std::uint32_t place = free_;
      free_ = 0;
      return place;
    }
    if (used_ % block_size == 0) blocks_.push_back(std::make_unique<KnownFlow[]>(block_size));
    return ++used_;
  }
  // Half a table in front of the hand entries lose their mark, so that it finds those marked that were seen since. A
  // table that is nearly full prepares for its first round.
  void make_room() {
    if (index_.size() <= limit) {
      if (used_ > half) entry(used_ - half).seen_lately = false;
      return;
    }
    do {
      entry((hand_ - 1 + half) % used_ + 1).seen_lately = false;
      free_ = hand_;
      hand_ = hand_ % used_ + 1;
    } while (entry(free_).seen_lately);
    index_.erase(entry(free_).hash, free_);
  }

  HashIndex index_;
  std::vector<std::unique_ptr<KnownFlow[]>> blocks_;
  std::uint32_t used_ = 0;
  std::uint32_t free_ = 0;
  std::uint32_t hand_ = 1;
  FlowCounts* counts_;
};

}  // namespace encap
