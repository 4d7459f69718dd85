#include "encap/live/live_recorder.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>
#include <tsl/robin_set.h>
#include <utility>
#include <vector>

#include "live/packet_ends.h"

namespace encap {
namespace {

using Clock = std::chrono::steady_clock;
using live::Ends;
using std::chrono::milliseconds;

/// Ends that are known. Packets of one conversation often come in a row.
class KnownEnds {
 public:
  /// Whether they were new.
  bool add(const Ends& ends) { return known_.insert(ends).second; }
  [[nodiscard]] bool contains(const Ends& ends) {
    if (ends == last_) return true;
    if (!known_.contains(ends)) return false;
    last_ = ends;
    return true;
  }
  [[nodiscard]] std::size_t size() const noexcept { return known_.size(); }

 private:
  tsl::robin_set<Ends, live::EndsHash> known_;
  std::optional<Ends> last_;
};

}  // namespace

class LiveRecorder::Impl {
 public:
  Impl(PacketSource& source, std::function<void()> stop, PacketSink& sink, LiveRecorderOptions options)
      : source_{source}, stop_{std::move(stop)}, sink_{sink}, options_{options}, thread_{[this] { record(); }} {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { end(); }

  Result<void, IoError> expect(const PacketRecord& record) {
    if (ended_.load(std::memory_order_acquire) && failure_) return unexpected(*failure_);
    if (const auto packet = live::ends_of(record)) {
      tell(packet->ends);
      if (packet->is_fragment) tell(packet->of_later_fragments());
    }
    began_.store(true, std::memory_order_release);
    return {};
  }

  Result<void, IoError> finish(std::uint64_t sent, bool (*is_cancelled)()) {
    wait_for_answers(sent, is_cancelled);
    end();
    if (failure_) return unexpected(*failure_);
    return sink_.flush();
  }

  [[nodiscard]] LiveRecorderCounts counts() const noexcept { return {heard_.load(), others_.load()}; }

 private:
  /// The sender's side: what is new waits for the recorder's thread to fetch it.
  void tell(const Ends& ends) {
    if (told_.contains(ends)) return;
    if (told_.size() >= most_conversations) {
      too_many_.store(true, std::memory_order_release);
      return;
    }
    told_.add(ends);
    const std::lock_guard lock{mutex_};
    news_.push_back(ends);
    has_news_.store(true, std::memory_order_release);
  }

  void fetch_news() {
    std::vector<Ends> news;
    {
      const std::lock_guard lock{mutex_};
      news.swap(news_);
      has_news_.store(false, std::memory_order_release);
    }
    for (const Ends& ends : news) known_.add(ends);
  }

  [[nodiscard]] bool is_of_table(const PacketRecord& record) {
    const auto packet = live::ends_of(record);
    if (!packet) return false;
    bool known = known_.contains(packet->ends);
    if (!known && has_news_.load(std::memory_order_acquire)) {
      fetch_news();
      known = known_.contains(packet->ends);
    }
    // The kernel may fragment what was told whole.
    if (known && packet->is_fragment && known_.size() < 2 * most_conversations)
      known_.add(packet->of_later_fragments());
    return known;
  }

  /// The thread.
  void record() {
    for (;;) {
      const auto record = source_.next();
      if (!record) {
        failure_ = record.error();
        break;
      }
      if (*record == nullptr) break;
      const bool ours = is_of_table(**record);
      (ours ? heard_ : others_).fetch_add(1, std::memory_order_relaxed);
      const bool all = options_.everything || too_many_.load(std::memory_order_relaxed);
      if (!ours && !(all && began_.load(std::memory_order_acquire))) continue;
      if (auto written = sink_.write(**record); !written) {
        failure_ = std::move(written.error());
        break;
      }
    }
    ended_.store(true, std::memory_order_release);
  }

  void wait_for_answers(std::uint64_t sent, bool (*is_cancelled)()) const {
    constexpr milliseconds look_around{5};
    constexpr milliseconds grace{60};       // of a run that was called off
    constexpr milliseconds in_between{25};  // of packets that come in blocks
    const Clock::time_point start = Clock::now();
    Clock::time_point last = start;
    for (std::uint64_t before = heard_.load(); !ended_.load(std::memory_order_acquire);) {
      const std::uint64_t heard = heard_.load();
      const Clock::time_point now = Clock::now();
      if (std::exchange(before, heard) != heard) last = now;
      const bool complete = heard >= sent;
      const bool cancelled = is_cancelled != nullptr && is_cancelled();
      if (cancelled && ((complete && now - last >= in_between) || now - start >= grace)) return;
      if (now - last >= (complete ? options_.quiet : 4 * options_.quiet) || now - start >= options_.longest) return;
      std::this_thread::sleep_for(look_around);
    }
  }

  void end() {
    if (!thread_.joinable()) return;
    stop_();
    thread_.join();
  }

  PacketSource& source_;
  std::function<void()> stop_;
  PacketSink& sink_;
  LiveRecorderOptions options_;

  KnownEnds told_;   // the sender's
  KnownEnds known_;  // the thread's
  std::mutex mutex_;
  std::vector<Ends> news_;  // under the mutex
  std::atomic<bool> has_news_{false};
  std::atomic<bool> began_{false};
  std::atomic<bool> too_many_{false};
  std::atomic<std::uint64_t> heard_{0};
  std::atomic<std::uint64_t> others_{0};
  std::optional<IoError> failure_;  // the thread's until it ended
  std::atomic<bool> ended_{false};
  std::thread thread_;  // the last: it uses all the others
};

LiveRecorder::LiveRecorder(PacketSource& source, std::function<void()> stop, PacketSink& sink,
                           LiveRecorderOptions options)
    : impl_{std::make_unique<Impl>(source, std::move(stop), sink, options)} {}
LiveRecorder::~LiveRecorder() = default;

Result<void, IoError> LiveRecorder::expect(const PacketRecord& record) { return impl_->expect(record); }
Result<void, IoError> LiveRecorder::finish(std::uint64_t sent, bool (*is_cancelled)()) {
  return impl_->finish(sent, is_cancelled);
}
LiveRecorderCounts LiveRecorder::counts() const noexcept { return impl_->counts(); }

}  // namespace encap
