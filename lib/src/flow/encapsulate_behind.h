#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/batch_ring.h"
#include "encap/flow/encapsulator.h"

namespace encap {

/// Has an encapsulator work on a thread of its own, a few batches behind whoever sends the segments, so that one core
/// plays the conversations while another makes the headers and writes. The packets and their order are the same.
///
/// Memory: 4 batches of 512 segments and 128 KiB of payload, or of the longest payload where that is more.
class EncapsulateBehind {
 public:
  /// Lifetime: borrows both. Nobody else uses them, but between `drain` and the next `send`.
  EncapsulateBehind(Encapsulator& encapsulator, PacketSink& sink);
  EncapsulateBehind(const EncapsulateBehind&) = delete;
  EncapsulateBehind& operator=(const EncapsulateBehind&) = delete;
  /// What was not drained may never be sent.
  ~EncapsulateBehind();

  /// Takes a segment; its payload is copied. Precondition: it tells no origin. Errors: those of the sink for a segment
  /// before, behind which none is sent any more.
  [[nodiscard]] Result<void, IoError> send(const Segment& segment);
  /// Waits until all segments are sent. Errors: those of the sink.
  [[nodiscard]] Result<void, IoError> drain();

 private:
  /// Segments with the payload they point at.
  class Batch {
   public:
    static constexpr std::size_t payload_octets = 128u << 10;
    static constexpr std::size_t most_segments = 1024;

    [[nodiscard]] bool empty() const noexcept { return segments_.empty(); }
    [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
    void clear() noexcept;
    /// False when there is no room for it beside others.
    bool add(const Segment& segment);

   private:
    std::vector<Segment> segments_;
    std::unique_ptr<std::byte[]> payload_;
    std::size_t room_ = 0;
    std::size_t used_ = 0;
  };

  void work();
  void pass_on();

  Encapsulator& encapsulator_;
  PacketSink& sink_;
  BatchRing<Batch> batches_;
  Batch* filling_ = nullptr;
  std::atomic<bool> refused_ = false;
  std::optional<IoError> error_;  // of the working thread's, until it has set `refused_`
  std::thread thread_;            // last, so that all the rest is there when it starts
};

}  // namespace encap
