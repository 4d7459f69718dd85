#include "encap/analyze/session_memory.h"

#include <cstddef>
#include <hwy/cache_control.h>

#include "analyze/conversation_table.h"
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
  TcpPduStore store;  // outlives the conversations, whose PDUs use it
  TcpAnalyzer analyzer;
  ConversationTable conversations;
  TcpAnalysis analysis;
  FragmentTable fragments;
};

SessionMemory::SessionMemory() : state_{std::make_unique<State>()} {}
SessionMemory::~SessionMemory() = default;

Flow& SessionMemory::flow(const FlowKey& key) { return state_->conversations.find(key).conversation.flow; }

const TcpAnalysis& SessionMemory::tcp(const FlowKey& key, const TcpSegmentFacts& segment) {
  State& state = *state_;
  state.store.next_packet();
  const auto [conversation, is_new] = state.conversations.find(key);
  if (conversation.tcp == nullptr) conversation.tcp = std::make_unique<TcpConnection>();
  TcpConnection& connection = *conversation.tcp;
  fetch_early(&connection, sizeof connection);
  TcpAnalysis& analysis = state.analysis;
  analysis = {};
  if (is_new) {
    state.analyzer.clear(connection);
  } else if (TcpAnalyzer::starts_anew(connection, conversation.sending_side(), segment)) {
    state.analyzer.clear(connection);
    state.conversations.restart(conversation, key.transport);
    connection.seen = TcpSeen::syn;  // tshark counts it at once where ports are used again
    analysis.marks |= TcpMark::reused_ports;
  }
  const unsigned from = conversation.sending_side();
  state.analyzer.take(connection, from, segment, key.source_port, key.destination_port, analysis);
  TcpSide& side = connection.sides[from];
  if (side.pdus == nullptr) side.pdus = std::make_unique<TcpPduList>(state.store);
  analysis.flow = &conversation.flow;
  analysis.pdus = side.pdus.get();
  return analysis;
}

Reassembly SessionMemory::fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                                   Bytes bytes) {
  return state_->fragments.add(key, frame_number, offset, more, bytes);
}

}  // namespace encap
