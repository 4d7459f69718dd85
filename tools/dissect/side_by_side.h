#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "output.h"

/// Dissects packets on one thread for each lane of the session and adds their lines to the output in the packets'
/// order. Packets whose lane cannot be told beforehand are dissected alone, between the others. The lines are those
/// that one thread would make.
///
/// Bounded: a few stretches of packets are under way, each of 1024 packets or 1 MiB of octets at most, or one packet.
class SideBySide {
 public:
  /// Adds the packet's line to `out`. Called by several threads at the same time, with different arguments.
  using Render = std::function<void(std::string& out, const encap::Dissection& dissection)>;

  /// Lifetime: borrows `dissector`, whose session is a SessionMemory that nobody else uses meanwhile, and `output`.
  /// Starts threads.
  SideBySide(const encap::Dissector& dissector, Render render, Output& output);
  SideBySide(const SideBySide&) = delete;
  SideBySide& operator=(const SideBySide&) = delete;
  ~SideBySide();

  /// Adds the next packet, whose octets are copied. False: the output takes no more.
  [[nodiscard]] bool add(const encap::PacketRecord& record, const encap::FramePlace& place);
  /// Waits for all packets and adds their lines to the output. False: it takes no more.
  [[nodiscard]] bool finish();

 private:
  static constexpr unsigned lanes = encap::SessionMemory::lanes;
  static constexpr std::size_t under_way = 4;        // stretches
  static constexpr std::size_t most_packets = 1024;  // of a stretch
  static constexpr std::size_t most_octets = std::size_t{1} << 20;
  static constexpr std::size_t worth_handing_over = 512;  // packets; fewer are dissected sooner than handed over

  struct Waiting {
    encap::PacketRecord record;
    encap::FramePlace place;
  };
  // The packets of one lane, which only its thread touches while it works, and their lines.
  struct Share {
    std::vector<std::byte> octets;
    std::vector<Waiting> packets;
    std::string lines;
    std::vector<std::size_t> line_ends;
  };
  struct Stretch {
    std::vector<std::uint8_t> order;  // the lane of each packet
    std::array<Share, lanes> shares;
    std::size_t octets = 0;
  };

  [[nodiscard]] Stretch& stretch(std::size_t number) noexcept { return stretches_[number % under_way]; }
  void work(unsigned lane);
  void dissect_share(Share& share, encap::Dissection& dissection);
  [[nodiscard]] bool hand_over();
  [[nodiscard]] bool dissect_here(const encap::PacketRecord& record, const encap::FramePlace& place);
  [[nodiscard]] bool give_out_until(std::size_t number);
  [[nodiscard]] bool give_out(Stretch& stretch);

  const encap::Dissector& dissector_;
  Render render_;
  Output& output_;
  encap::Dissection dissection_{encap::Detail::columns};

  std::array<Stretch, under_way> stretches_;
  std::size_t given_out_ = 0;  // stretches whose lines were handed out

  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::size_t handed_over_ = 0;            // stretches that the lanes may work on
  std::array<std::size_t, lanes> done_{};  // stretches that a lane is done with
  bool over_ = false;

  std::array<std::thread, lanes> threads_;
};
