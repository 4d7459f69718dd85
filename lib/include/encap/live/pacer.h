#pragma once

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
class Pacer final : public PacketSink {
 public:
  /// Lifetime: borrows `sink`. `is_cancelled` may be null; it is asked every 50 ms at least while waiting.
  Pacer(PacketSink& sink, Pace pace, bool (*is_cancelled)() = nullptr) noexcept;

  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;
  [[nodiscard]] Result<void, IoError> flush() override;

  /// Starts counting anew: the next packet is a first one, due right after the last.
  void restart() noexcept;

 private:
  PacketSink& sink_;
};

}  // namespace encap
