#pragma once

#include <memory>

#include "encap/dissect/session.h"

namespace encap {

/// Remembers flows, their TCP state and fragments, in bounded memory. What it remembers lies in lanes that share
/// nothing, each flow in one of them.
///
/// Threads: `flow` and `tcp` may be called at the same time for flows of different lanes, as long as nobody calls
/// anything else. New flows of different lanes are then counted in the order in which they happen to come, so
/// `Flow::index` says what it says elsewhere only where one thread sees the packets in their order.
class SessionMemory final : public Session {
 public:
  static constexpr unsigned lanes = 2;
  /// Which lane a flow is in, 0..lanes - 1; both directions are in one.
  [[nodiscard]] static unsigned lane_of(const FlowKey& key) noexcept;

  SessionMemory();
  ~SessionMemory() override;

  [[nodiscard]] Flow& flow(const FlowKey& key) override;
  [[nodiscard]] const TcpAnalysis& tcp(const FlowKey& key, const TcpSegmentFacts& segment) override;
  [[nodiscard]] Reassembly fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                                    Bytes bytes) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace encap
