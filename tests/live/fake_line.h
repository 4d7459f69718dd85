#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "encap/base/packet_sink.h"
#include "encap/capture/packet_source.h"

namespace encap::test {

inline PacketRecord raw(const std::vector<std::byte>& bytes) {
  return {.link_type = LinkType::raw, .original_length = static_cast<std::uint32_t>(bytes.size()), .bytes = bytes};
}

/// Gives what it is told to, when it is told to.
class FakeSource final : public PacketSource {
 public:
  Result<const PacketRecord*, IoError> next() override {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return stopped_ || failed_ || !waiting_.empty(); });
    if (stopped_) return nullptr;
    if (!waiting_.empty()) {
      current_ = std::move(waiting_.front());
      waiting_.pop_front();
      record_ = raw(current_);
      return &record_;
    }
    return unexpected(IoError{"read", "lo", 0, "it is gone"});
  }
  void give(std::vector<std::byte> packet) {
    ++given;
    {
      const std::lock_guard lock{mutex_};
      waiting_.push_back(std::move(packet));
    }
    changed_.notify_all();
  }
  void stop() {
    {
      const std::lock_guard lock{mutex_};
      stopped_ = true;
    }
    changed_.notify_all();
  }
  void fail() {
    {
      const std::lock_guard lock{mutex_};
      failed_ = true;
    }
    changed_.notify_all();
  }

  std::atomic<std::uint64_t> given = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::vector<std::byte>> waiting_;
  std::vector<std::byte> current_;
  PacketRecord record_;
  bool stopped_ = false;
  bool failed_ = false;
};

class KeepingSink final : public PacketSink {
 public:
  Result<void, IoError> write(const PacketRecord& record) override {
    if (kept.size() == room) return unexpected(IoError{"write", "seen.pcap", 0, "no space left"});
    kept.emplace_back(record.bytes.begin(), record.bytes.end());
    return {};
  }
  Result<void, IoError> flush() override {
    flushed = true;
    return {};
  }
  std::vector<std::vector<std::byte>> kept;
  std::size_t room = SIZE_MAX;
  bool flushed = false;
};

/// Waits ten seconds at most. Returns whether the condition came to hold.
bool until(auto condition) {
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
       std::chrono::steady_clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

}  // namespace encap::test
