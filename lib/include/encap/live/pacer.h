#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/base/timestamp.h"

namespace encap {

/// How fast packets leave.
struct Pace {
  enum class Kind : std::uint8_t { table, rate, fastest };
  Kind kind = Kind::table;
  double value = 1;  ///< of `table`: how many times as fast; of `rate`: packets per second

  /// `csv`, `csv*10`, `5000/s`, `max`. Nothing for other texts, and for numbers that are not above 0.
  [[nodiscard]] static std::optional<Pace> parse(std::string_view text) noexcept;
};

/// Hands packets on when they are due: by their own times from the first one on, or at a steady rate. Deadlines are
/// counted from the first packet on a monotonic clock, so that no delay adds up; a packet that is late leaves at once.
/// What waits in the sink behind is flushed before this waits. A wait ends early when `is_cancelled` says so: the
/// packet is still handed on.
///
/// It sleeps until shortly before a deadline and looks at the clock for the rest, so that a packet leaves within
/// microseconds of it where the machine is idle. Packets due within 20 microseconds of each other leave together.
class Pacer final : public PacketSink {
 public:
  /// Lifetime: borrows `sink`. `is_cancelled` may be null; it is asked every 50 ms at least while waiting.
  Pacer(PacketSink& sink, Pace pace, bool (*is_cancelled)() = nullptr) noexcept;

  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;
  [[nodiscard]] Result<void, IoError> flush() override;

  /// Starts counting anew: the next packet is a first one, due right after the last.
  void restart() noexcept;

 private:
  using Clock = std::chrono::steady_clock;

  /// When `record` is to leave. Precondition: the pace is not `fastest`.
  [[nodiscard]] Clock::time_point deadline_of(const PacketRecord& record) noexcept;
  void wait_until(Clock::time_point deadline) const noexcept;

  PacketSink& sink_;
  Pace pace_;
  bool (*is_cancelled_)();
  bool started_ = false;
  bool restarted_ = false;
  Timestamp first_time_{};         // of the packet that all are counted from
  Clock::time_point first_{};      // when that one was due
  Clock::time_point last_{};       // when the last one was due
  std::uint64_t since_first_ = 0;  // packets, of a rate
};

}  // namespace encap
