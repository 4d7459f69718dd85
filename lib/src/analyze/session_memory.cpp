#include "encap/analyze/session_memory.h"

#include <array>
#include <cstddef>
#include <cstring>
#include <hwy/cache_control.h>

#include "analyze/flow_table.h"
#include "analyze/tcp_analyzer.h"
#include "analyze/tcp_pdu_store.h"
#include "encap/analyze/fragment_table.h"

namespace encap {
namespace {

// Starts to fetch an object that is about to be read all over. Of thousands of conversations the one at hand is rarely
// in the cache, and its parts are better waited for together than one after the other.
void fetch_early(const void* object, std::size_t size) noexcept {
  constexpr std::size_t cache_line = 64;
  for (std::size_t at = 0; at < size; at += cache_line) hwy::Prefetch(static_cast<const std::byte*>(object) + at);
}

}  // namespace

struct SessionMemory::State {
  struct Lane {
    TcpPduStore store;  // outlives the conversations, whose PDUs use it
    TcpAnalyzer analyzer;
    FlowTable conversations;
    TcpAnalysis analysis;

    explicit Lane(FlowCounts& counts) noexcept : conversations{counts} {}
  };

  FlowCounts counts{};
  std::array<Lane, lanes> lane{Lane{counts}, Lane{counts}};
  FragmentTable fragments;

  [[nodiscard]] Lane& of(const FlowKey& key) noexcept { return lane[lane_of(key)]; }
};

SessionMemory::SessionMemory() : state_{std::make_unique<State>()} {}
SessionMemory::~SessionMemory() = default;

unsigned SessionMemory::lane_of(const FlowKey& key) noexcept {
  static_assert(lanes == 2, "the last step takes one bit");
  // Sums, as they are the same for both directions.
  const auto word = [](const Address& address, std::size_t at) {
    std::uint64_t value = 0;
    std::memcpy(&value, address.octets.data() + at, sizeof value);
    return value;
  };
  std::uint64_t sum = word(key.source, 0) + word(key.destination, 0);
  sum = sum * 0x9e3779b97f4a7c15u + word(key.source, 8) + word(key.destination, 8);
  sum = sum * 0x9e3779b97f4a7c15u + key.source_port + key.destination_port;
  sum *= 0x9e3779b97f4a7c15u;
  return static_cast<unsigned>(sum >> 63);
}

Flow& SessionMemory::flow(const FlowKey& key) {
  State::Lane& lane = state_->of(key);
  const auto [conversation, is_new] = lane.conversations.find(key);
  // What a TCP connection that was forgotten held would be held for as long as this flow is known.
  if (is_new && conversation.tcp != nullptr) lane.analyzer.clear(*conversation.tcp);
  return conversation.flow;
}

const TcpAnalysis& SessionMemory::tcp(const FlowKey& key, const TcpSegmentFacts& segment) {
  State::Lane& lane = state_->of(key);
  lane.store.next_packet();
  const auto [conversation, is_new] = lane.conversations.find(key);
  if (conversation.tcp == nullptr) conversation.tcp = std::make_unique<TcpConnection>();
  TcpConnection& connection = *conversation.tcp;
  fetch_early(&connection, sizeof connection);
  TcpAnalysis& analysis = lane.analysis;
  analysis = {};
  if (is_new) {
    lane.analyzer.clear(connection);
  } else if (TcpAnalyzer::starts_anew(connection, conversation.sending_side(), segment)) {
    lane.analyzer.clear(connection);
    lane.conversations.restart(conversation, key.transport);
    connection.seen = TcpSeen::syn;  // tshark counts it at once where ports are used again
    analysis.marks |= TcpMark::reused_ports;
  }
  const unsigned from = conversation.sending_side();
  lane.analyzer.take(connection, from, segment, key.source_port, key.destination_port, analysis);
  TcpSide& side = connection.sides[from];
  if (side.pdus == nullptr) side.pdus = std::make_unique<TcpPduList>(lane.store);
  analysis.flow = &conversation.flow;
  analysis.pdus = side.pdus.get();
  return analysis;
}

Reassembly SessionMemory::fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                                   Bytes bytes) {
  return state_->fragments.add(key, frame_number, offset, more, bytes);
}

}  // namespace encap
