#pragma once

#include <atomic>
#include <cassert>
#include <cstring>
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
/// Memory: 4 batches of 1024 segments and 128 KiB of payload, or of the longest payload where that is more.
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
  [[nodiscard]] Result<void, IoError> send(const Segment& segment) {
    assert(segment.origin == nullptr);
    if (filling_ != nullptr && filling_->add(segment)) return {};
    return send_in_next(segment);
  }
  /// Waits until all segments are sent. Errors: those of the sink.
  [[nodiscard]] Result<void, IoError> drain();

 private:
  /// Segments with the payload they point at.
  class Batch {
   public:
    static constexpr std::size_t least_room = 128u << 10;
    static constexpr std::size_t most_segments = 1024;

    [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
    void clear() noexcept;
    /// False when there is no room for it.
    bool add(const Segment& segment) {
      const Bytes payload = segment.payload;
      if (segments_.size() == segments_.capacity() || payload.size() > room_ - used_) return false;
      Segment& kept = segments_.emplace_back(segment);
      if (payload.empty()) return true;
      std::byte* const at = payload_.get() + used_;
      std::memcpy(at, payload.data(), payload.size());
      kept.payload = {at, payload.size()};
      used_ += payload.size();
      return true;
    }
    /// Precondition: it is empty.
    void make_room(std::size_t payload_octets);

   private:
    std::vector<Segment> segments_;
    std::unique_ptr<std::byte[]> payload_;
    std::size_t room_ = 0;
    std::size_t used_ = 0;
  };

  [[nodiscard]] Result<void, IoError> send_in_next(const Segment& segment);
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
