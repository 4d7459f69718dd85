#pragma once

#include <memory>

#include "encap/dissect/session.h"

namespace encap {

/// Remembers flows, their TCP state and fragments, in bounded memory.
class SessionMemory final : public Session {
 public:
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
