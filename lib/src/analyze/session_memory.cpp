#include "encap/analyze/session_memory.h"

#include <array>
#include <cstddef>
#include <cstdint>

#include "analyze/flow_table.h"
#include "analyze/tcp_analyzer.h"
#include "analyze/tcp_pdu_store.h"
#include "base/prefetch.h"
#include "encap/analyze/fragment_table.h"

namespace encap {
namespace {

void assign(FlowCounts& to, const SessionMemory::Counts& counts) noexcept {
  for (std::size_t i = 0; i < to.size(); ++i) to[i].store(counts[i], std::memory_order_relaxed);
}

// Starts to fetch an object that is about to be read all over. Of thousands of conversations the one at hand is rarely
// in the cache, and its parts are better waited for together than one after the other.
void fetch_early(const void* object, std::size_t size) noexcept {
  constexpr std::size_t cache_line = 64;
  const auto* const first = static_cast<const std::byte*>(object);
  for (std::size_t at = 0; at < size; at += cache_line) prefetch(first + at);
  prefetch(first + size - 1);
}

// The conversations of the packets that come next. What is known of one is found step by step, each of which waits for
// what the one before fetched: so each is made while packets are read.
class Expected {
 public:
  /// `whole`: all that is remembered of a connection will be read, not only what tells one from the next.
  Expected(FlowTable& conversations, bool whole) noexcept : conversations_{conversations}, whole_{whole} {}

  void push(std::uint32_t hash) noexcept {
    conversations_.fetch_early(hash);
    step(0) = {hash};
    Step& found = step(2);
    found.flow = conversations_.likely(found.hash);
    if (found.flow != nullptr) fetch_early(found.flow, sizeof *found.flow);
    if (const KnownFlow* const flow = step(4).flow; flow != nullptr) {
      if (whole_) {
        fetch_early(flow->tcp.get(), sizeof(KnownTcp));
        fetch_early(flow->flow.memory.get(), application_size);
      } else if (flow->tcp != nullptr) {
        for (const TcpSide& side : flow->tcp->connection.sides) prefetch(&side.initial_sequence);
      }
    }
    ++pushed_;
  }

 private:
  static constexpr std::size_t application_size = 256;  // octets; what an application remembers has at least some

  struct Step {
    std::uint32_t hash = 0;
    const KnownFlow* flow = nullptr;
  };
  // What was pushed so many ago.
  [[nodiscard]] Step& step(std::size_t ago) noexcept { return steps_[(pushed_ - ago) % steps_.size()]; }

  FlowTable& conversations_;
  bool whole_;
  std::array<Step, SessionMemory::expected_ahead> steps_{};
  std::size_t pushed_ = 0;
};

}  // namespace

struct SessionMemory::State {
  struct Lane {
    TcpPduStore store;  // outlives the conversations, whose PDUs use it
    TcpAnalyzer analyzer;
    FlowTable conversations;
    Expected expected;
    TcpAnalysis analysis;
    FlowCounts counts{};  // apart from those of other lanes

    Lane(FlowCounts& shared, Depth depth) noexcept
        : analyzer{depth == Depth::analysis}, conversations{shared}, expected{conversations, depth != Depth::streams} {}

    void forget(KnownTcp& tcp) noexcept {
      analyzer.clear(tcp.connection);
      for (TcpPduList& pdus : tcp.pdus) pdus.clear();
    }
  };

  explicit State(Depth depth) : lane{Lane{counts, depth}, Lane{counts, depth}} {}

  FlowCounts counts{};
  std::array<Lane, lanes> lane;
  FragmentTable fragments;

  struct Conversation {
    Lane& lane;
    KnownFlow& flow;
    bool is_new;
  };
  [[nodiscard]] Conversation conversation(const FlowKey& key) {
    const FlowEnds ends{key};
    Lane& its = lane[lane_of(ends.hash)];
    const auto [flow, is_new] = its.conversations.find(ends, key.transport);
    return {its, flow, is_new};
  }
};

SessionMemory::SessionMemory(Depth depth) : state_{std::make_unique<State>(depth)}, depth_{depth} {}
SessionMemory::~SessionMemory() = default;

std::uint32_t SessionMemory::hash_of(const FlowKey& key) noexcept { return FlowEnds{key}.hash; }

// The high bits say where in its lane a conversation is found.
unsigned SessionMemory::lane_of(std::uint32_t hash) noexcept { return hash % lanes; }

void SessionMemory::expect(std::uint32_t hash) noexcept { state_->lane[lane_of(hash)].expected.push(hash); }

SessionMemory::Counts SessionMemory::counts() const noexcept {
  Counts counts{};
  for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = state_->counts[i].load(std::memory_order_relaxed);
  return counts;
}

void SessionMemory::count_from(const Counts& counts) noexcept {
  assign(state_->counts, counts);
  for (State::Lane& each : state_->lane) each.conversations.count_in(state_->counts);
}

void SessionMemory::count_from(unsigned lane, const Counts& counts) noexcept {
  State::Lane& its = state_->lane[lane];
  assign(its.counts, counts);
  its.conversations.count_in(its.counts);
}

Flow& SessionMemory::flow(const FlowKey& key) {
  const auto [lane, conversation, is_new] = state_->conversation(key);
  // What a TCP connection that was forgotten held would be held for as long as this flow is known.
  if (is_new && conversation.tcp != nullptr) lane.forget(*conversation.tcp);
  return conversation.flow;
}

const TcpAnalysis& SessionMemory::tcp(const FlowKey& key, const TcpSegmentFacts& segment) {
  const auto [lane, conversation, is_new] = state_->conversation(key);
  if (conversation.tcp == nullptr) conversation.tcp = std::make_unique<KnownTcp>(lane.store);
  KnownTcp& known = *conversation.tcp;
  TcpConnection& connection = known.connection;
  TcpAnalysis& analysis = lane.analysis;
  const bool streams_only = depth_ == Depth::streams;
  if (!streams_only) {
    fetch_early(&known, sizeof known);
    lane.store.next_packet();
    analysis = {};
  }
  if (is_new) {
    lane.forget(known);
  } else if (TcpAnalyzer::starts_anew(connection, conversation.sending_side(), segment)) {
    lane.forget(known);
    lane.conversations.restart(conversation, key.transport);
    connection.seen = TcpSeen::syn;  // tshark counts it at once where ports are used again
    analysis.marks |= TcpMark::reused_ports;
  }
  const unsigned from = conversation.sending_side();
  analysis.flow = &conversation.flow;
  if (streams_only) {
    TcpAnalyzer::learn_initial_sequences(connection, from, segment);
    return analysis;
  }
  lane.analyzer.take(connection, from, segment, key.source_port, key.destination_port, analysis);
  analysis.pdus = &known.pdus[from];
  return analysis;
}

Reassembly SessionMemory::fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                                   Bytes bytes) {
  return state_->fragments.add(key, frame_number, offset, more, bytes);
}

}  // namespace encap
