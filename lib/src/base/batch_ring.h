#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace encap {

/// Batches that go round between a thread that fills them and one that empties them, in the order they were filled.
/// Each thread has one batch at a time to itself.
template <class Batch, std::size_t Count = 4>
class BatchRing {
 public:
  /// For the thread that fills: waits for an empty batch; nullptr once `stop` was called.
  /// Lifetime: until `pass_on`.
  [[nodiscard]] Batch* to_fill() {
    std::unique_lock guard{lock_};
    changed_.wait(guard, [this] { return stopped_ || filled_ - emptied_ < Count; });
    return stopped_ ? nullptr : &batches_[filled_ % Count];
  }
  /// Hands on the batch of `to_fill`.
  void pass_on() { count(filled_); }

  /// For the thread that empties: waits for a filled batch; nullptr once `stop` was called.
  /// Lifetime: until `give_back`.
  [[nodiscard]] Batch* to_empty() {
    std::unique_lock guard{lock_};
    changed_.wait(guard, [this] { return stopped_ || filled_ > emptied_; });
    return stopped_ ? nullptr : &batches_[emptied_ % Count];
  }
  void give_back() { count(emptied_); }

  /// Waits until all that was passed on has been given back.
  void wait_for_all() {
    std::unique_lock guard{lock_};
    changed_.wait(guard, [this] { return stopped_ || filled_ == emptied_; });
  }
  /// Nobody waits any more.
  void stop() {
    {
      const std::lock_guard guard{lock_};
      stopped_ = true;
    }
    changed_.notify_all();
  }

 private:
  void count(std::uint64_t& batches) {
    {
      const std::lock_guard guard{lock_};
      ++batches;
    }
    changed_.notify_all();
  }

  std::array<Batch, Count> batches_;
  std::mutex lock_;
  std::condition_variable changed_;
  std::uint64_t filled_ = 0;  // batches so far
  std::uint64_t emptied_ = 0;
  bool stopped_ = false;
};

}  // namespace encap
