#pragma once

#include <array>
#include <cstdint>
#include <tsl/robin_map.h>
#include <tsl/robin_set.h>

#include "statistics/advice/family.h"

namespace encap::advice {

/// Finds packets that the capture holds twice: the same octets from the IP header on within a short time. Time to Live,
/// and the checksums that change with it or are left to a card, may differ.
///
/// The same octets alone are no proof: duplicate acknowledgments are alike, and so is what a program says twice. So a
/// copy must come within 100 ms and have an IP identification that tells its sender's packets apart; without one, as in
/// IPv6, within 1 ms, and carry something. Nothing is told of less than three packets, or of less than 2 % of all.
/// Bounded: the last 1024 packets, 1024 senders.
class Copies final : public Family {
 public:
  /// The frame that holds the same packet; 0: none of the last ones does.
  [[nodiscard]] std::uint64_t find(const SeenPacket& packet);

  void take(const SeenPacket& packet) override;
  void report(const Capture& capture, Report& report) const override;

 private:
  static constexpr std::size_t remembered = 1024;
  struct Recent {
    std::uint64_t frame = 0;
    Timestamp time{};
    std::uint8_t hops = 0;
    std::uint32_t interface = 0;
    std::uint64_t link = 0;  // hash of the link header
    bool has_copy = false;
  };
  // Copies of one kind: made by the capture, or by a router on the way.
  struct Kind {
    Frames copies;
    std::uint64_t originals = 0;
    std::uint64_t first_original = 0;
    Duration longest{};
    std::uint64_t marked = 0;  // that the TCP analysis calls retransmissions, duplicate ACKs or out of order
    std::uint64_t other_interface = 0;
    std::uint64_t other_link = 0;
    unsigned hops_lost = 0;
  };

  [[nodiscard]] bool tells_apart(const SeenPacket& packet, std::uint64_t body);
  void add(const SeenPacket& packet, Recent& original);

  tsl::robin_map<std::uint64_t, Recent> recent_;
  tsl::robin_map<std::uint64_t, std::uint64_t> identifications_;  // who sent which number, and with what
  std::array<std::uint64_t, remembered> ring_{};                  // keys of recent_, the oldest at the hand
  std::array<std::uint64_t, remembered> number_ring_{};
  std::size_t hand_ = 0;
  std::size_t number_hand_ = 0;
  tsl::robin_set<std::uint64_t> repeaters_;  // senders whose identifications say nothing
  Kind captured_;
  Kind routed_;
  bool last_was_routed_ = false;
};

}  // namespace encap::advice
