#pragma once

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "output.h"
#include "printer.h"

/// Dissects the packets of the session's lanes on several threads and adds their lines to the output in the packets'
/// order. Packets whose lane cannot be told beforehand, and those with comments, are dissected alone, between the
/// others. The lines are those that one thread would make.
///
/// Whoever adds packets is one of the threads: it dissects too where enough wait for the others, so that no processor
/// waits for another one's thread. Each lane is one thread's at a time, whoever has nothing else to do.
///
/// Bounded: a few stretches of packets are under way, each of 512 packets or 512 KiB of octets at most, an eighth of
/// that where whole trees are shown, or one packet, and as many of the reader's blocks as these lie in.
class SideBySide {
 public:
  /// Lifetime: borrows all; `session` is that of `dissector`, and nobody else uses it meanwhile. Starts threads.
  /// Precondition: `threads` is 2 at least.
  SideBySide(CommandOptions& options, const encap::Dissector& dissector, encap::SessionMemory& session, Output& output,
             std::uint64_t threads);
  SideBySide(const SideBySide&) = delete;
  SideBySide& operator=(const SideBySide&) = delete;
  ~SideBySide();

  /// Keeps octets where they are; let go by the thread that adds packets.
  using Hold = std::shared_ptr<const void>;
  /// Streams before a packet; nothing where nobody asks how they are numbered.
  using Streams = std::optional<encap::SessionMemory::Counts>;
  /// Adds the next packet, with what keeps its octets. False: the output takes no more.
  [[nodiscard]] bool add(const encap::PacketRecord& record, const encap::FramePlace& place, const Streams& streams,
                         const Hold& hold);
  /// Waits for all packets and adds their lines to the output. False: it takes no more.
  [[nodiscard]] bool finish();
  /// Adds what was counted in them to the options' statistics. Precondition: all is finished.
  void count_up();

 private:
  static constexpr unsigned lanes = encap::SessionMemory::lanes;
  static constexpr std::size_t under_way = 8;          // stretches
  static constexpr std::size_t least_of_large = 1024;  // octets of a packet's lines, on average
  static constexpr std::size_t apart = 64;  // octets; what threads write to at the same time shares no cache line
  struct Most {
    std::size_t packets = 512;
    std::size_t octets = std::size_t{1} << 19;
  };

  struct Waiting {
    encap::PacketRecord record;
    encap::FramePlace place;
    Streams streams;
    std::uint32_t flow;  // as SessionMemory::hash_of has it

    // Made where it is kept.
    Waiting(const encap::PacketRecord& its_record, const encap::FramePlace& its_place, const Streams& its_streams,
            std::uint32_t its_flow)
        : record{its_record}, place{its_place}, streams{its_streams}, flow{its_flow} {}
  };
  // The packets of one lane, which only the thread that has the lane touches, and their lines.
  struct alignas(apart) Share {
    std::vector<Waiting> packets;
    std::string lines;
    std::vector<std::size_t> line_ends;
  };
  struct alignas(apart) Stretch {
    std::vector<std::uint8_t> order;  // the lane of each packet
    std::array<Share, lanes> shares;
    std::vector<Hold> holds;
    std::size_t octets = 0;
  };

  [[nodiscard]] Stretch& stretch(std::size_t number) noexcept { return stretches_[number % under_way]; }
  [[nodiscard]] const encap::CaptureInterface* kept(const encap::CaptureInterface* told);
  void work(unsigned worker);
  [[nodiscard]] bool read_any_share(std::unique_lock<std::mutex>& lock, unsigned preferred);
  void read_share(unsigned lane, Share& share);
  [[nodiscard]] bool hand_over();
  [[nodiscard]] bool read_here(const encap::PacketRecord& record, const encap::FramePlace& place,
                               const Streams& streams);
  [[nodiscard]] bool give_out_until(std::size_t number);
  [[nodiscard]] bool give_out(Stretch& stretch);

  Most most_;  // of a stretch; half as many packets, and they are dissected sooner than handed over
  encap::SessionMemory& session_;
  Output& output_;
  encap::Statistics* statistics_;  // that those of the lanes are added to in the end; may be null
  // One for each lane. What is read while no lane works is read by the first one's.
  std::array<std::optional<encap::Statistics>, lanes> counts_;
  std::array<std::unique_ptr<Printer>, lanes> printers_;

  // Of the section that was read last, by their numbers: the reader forgets them with the section.
  std::deque<std::optional<encap::CaptureInterface>> interfaces_;
  std::uint32_t section_ = 0;

  std::array<Stretch, under_way> stretches_;
  std::vector<iovec> pieces_;
  std::size_t given_out_ = 0;  // stretches whose lines were handed out

  // Under the mutex.
  [[nodiscard]] std::size_t done() const noexcept { return *std::min_element(done_.begin(), done_.end()); }
  [[nodiscard]] std::optional<unsigned> lane_to_work_on(unsigned preferred) const noexcept;

  std::mutex mutex_;                        // of what follows
  std::condition_variable anything_to_do_;  // for the workers
  std::condition_variable anything_done_;   // for whoever hands over
  std::size_t handed_over_ = 0;             // stretches that may be worked on
  std::array<std::size_t, lanes> done_{};   // of each lane
  std::array<bool, lanes> is_taken_{};      // the lane is some thread's
  bool is_awaited_ = false;                 // somebody hands over and has nothing else to do
  bool over_ = false;

  std::vector<std::thread> workers_;
};
