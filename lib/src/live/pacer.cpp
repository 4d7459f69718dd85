#include "encap/live/pacer.h"

#include <algorithm>
#include <thread>
#ifdef __linux__
#include <ctime>
#endif

namespace encap {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr microseconds together{20};     // due sooner than a system call is worth
constexpr microseconds clock_watch{70};  // more than a sleep is late on an idle machine: Linux adds 50 of its own
constexpr milliseconds longest_sleep{50};
constexpr Duration longest_wait = std::chrono::hours{24 * 365 * 100};  // what a clock can be told without overflow

/// Sleeps until `moment`, or until a signal comes.
void sleep_until(Clock::time_point moment) noexcept {
#ifdef __linux__
  // Clock is CLOCK_MONOTONIC, for libstdc++ as for libc++. std::this_thread::sleep_until would go on behind a signal.
  const auto since_boot = duration_cast<std::chrono::nanoseconds>(moment.time_since_epoch()).count();
  const timespec until{.tv_sec = since_boot / 1'000'000'000, .tv_nsec = since_boot % 1'000'000'000};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
#else
  std::this_thread::sleep_until(moment);
#endif
}

/// In nanoseconds. Times may be as far apart as their numbers reach; a double is exact for a hundred days.
double distance(Timestamp from, Timestamp to) noexcept {
  const auto start = static_cast<std::uint64_t>(from.nanoseconds);
  const auto end = static_cast<std::uint64_t>(to.nanoseconds);
  return to < from ? -static_cast<double>(start - end) : static_cast<double>(end - start);
}

/// `time` times `factor`, as far as a wait may last.
Clock::duration scaled(double time, double factor) noexcept {
  const auto most = static_cast<double>(longest_wait.count());
  return duration_cast<Clock::duration>(Duration{static_cast<std::int64_t>(std::clamp(time * factor, -most, most))});
}

}  // namespace

Pacer::Pacer(PacketSink& sink, Pace pace, bool (*is_cancelled)()) noexcept
    : sink_{sink}, pace_{pace}, is_cancelled_{is_cancelled} {}

Pacer::Clock::time_point Pacer::deadline_of(const PacketRecord& record) noexcept {
  const bool by_rate = pace_.kind == Pace::Kind::rate;
  if (!started_ || restarted_) {
    const Clock::duration step = by_rate && started_ ? scaled(1e9, 1 / pace_.value) : Clock::duration{};
    const Clock::time_point now = Clock::now();
    first_ = last_ = started_ ? std::min(last_ + step, now + longest_wait) : now;
    first_time_ = record.timestamp;
    since_first_ = 0;
    started_ = true;
    restarted_ = false;
    return first_;
  }
  const double nanoseconds =
      by_rate ? static_cast<double>(++since_first_) * 1e9 : distance(first_time_, record.timestamp);
  const Clock::time_point due = first_ + scaled(nanoseconds, 1 / pace_.value);
  last_ = std::max(last_, due);  // a packet out of order is late, and none is counted from it
  return due;
}

void Pacer::wait_until(Clock::time_point deadline) const noexcept {
  for (;;) {
    if (is_cancelled_ != nullptr && is_cancelled_()) return;
    const Clock::time_point now = Clock::now();
    const Clock::duration left = deadline - now;
    if (left <= clock_watch) break;
    sleep_until(now + std::min<Clock::duration>(left - clock_watch, longest_sleep));
  }
  while (Clock::now() < deadline) {
  }
}

Result<void, IoError> Pacer::write(const PacketRecord& record) {
  if (pace_.kind == Pace::Kind::fastest) return sink_.write(record);
  const Clock::time_point due = deadline_of(record);
  if (due - Clock::now() <= together) return sink_.write(record);
  if (auto flushed = sink_.flush(); !flushed) return flushed;
  wait_until(due);
  if (auto written = sink_.write(record); !written) return written;
  return sink_.flush();  // the next one may be long in coming
}

Result<void, IoError> Pacer::flush() { return sink_.flush(); }

void Pacer::restart() noexcept { restarted_ = true; }

}  // namespace encap
