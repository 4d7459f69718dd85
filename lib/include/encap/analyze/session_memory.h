#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "encap/dissect/session.h"

namespace encap {

/// Remembers flows, their TCP state and fragments, in bounded memory. What it remembers lies in lanes that share
/// nothing, each flow in one of them.
///
/// Threads: `flow` and `tcp` may be called at the same time for flows of different lanes, as long as nobody calls
/// anything else. New flows of different lanes are then counted in the order in which they happen to come, so
/// `Flow::index` says what it says elsewhere only where `count_from` is called before each packet.
class SessionMemory final : public Session {
 public:
  static constexpr unsigned lanes = 2;
  /// A number that stands for a flow: the same for both directions. Another flow may have it as well.
  [[nodiscard]] static std::uint32_t hash_of(const FlowKey& key) noexcept;
  /// Which lane the flows of that number are in, 0..lanes - 1.
  [[nodiscard]] static unsigned lane_of(std::uint32_t hash) noexcept;
  [[nodiscard]] static unsigned lane_of(const FlowKey& key) noexcept { return lane_of(hash_of(key)); }

  /// What is made of TCP.
  enum class Depth : std::uint8_t {
    analysis,  ///< all of TcpAnalysis
    marks,     ///< the same but for what comes of waiting for acknowledgments: round trips, octets in flight, an RTO
    streams    ///< its flow alone: for those who tell conversations apart and look at nothing inside
  };
  explicit SessionMemory(Depth depth = Depth::analysis);
  ~SessionMemory() override;

  /// Says that a packet of a flow of that number follows, behind `expected_ahead` others of its lane for which that was
  /// said as well: what is remembered of it is fetched while those are read. Of thousands of flows the one at hand is
  /// rarely near. Changes nothing else. Threads: as `flow`.
  void expect(std::uint32_t hash) noexcept;
  static constexpr std::size_t expected_ahead = 8;

  /// How many flows there were, by FlowKey::Transport: the number that the next new one has.
  using Counts = std::array<std::uint32_t, 3>;
  [[nodiscard]] Counts counts() const noexcept;
  /// New flows are numbered from there on.
  void count_from(const Counts& counts) noexcept;
  /// New flows of one lane are, apart from those of others, until the next call for all. Threads: as `flow`.
  void count_from(unsigned lane, const Counts& counts) noexcept;

  [[nodiscard]] Flow& flow(const FlowKey& key) override;
  [[nodiscard]] const TcpAnalysis& tcp(const FlowKey& key, const TcpSegmentFacts& segment) override;
  [[nodiscard]] Reassembly fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                                    Bytes bytes) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
  Depth depth_;
};

}  // namespace encap
