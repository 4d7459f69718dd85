#pragma once

#include <chrono>
#include <compare>
#include <cstdint>

namespace encap {

using Duration = std::chrono::nanoseconds;

/// A moment in nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Range: the years 1677 to 2262.
struct Timestamp {
  std::int64_t nanoseconds = 0;

  /// Whole seconds since the epoch, rounded towards the past.
  [[nodiscard]] constexpr std::int64_t seconds() const noexcept {
    return nanoseconds / 1'000'000'000 - (nanoseconds % 1'000'000'000 < 0 ? 1 : 0);
  }
  /// Nanoseconds within the second, 0..999,999,999.
  [[nodiscard]] constexpr std::uint32_t subsecond() const noexcept {
    return static_cast<std::uint32_t>(nanoseconds - seconds() * 1'000'000'000);
  }

  friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
  friend constexpr Timestamp operator+(Timestamp at, Duration later) noexcept {
    return {at.nanoseconds + later.count()};
  }
  friend constexpr Timestamp operator-(Timestamp at, Duration earlier) noexcept {
    return {at.nanoseconds - earlier.count()};
  }
  friend constexpr Duration operator-(Timestamp to, Timestamp from) noexcept {
    return Duration{to.nanoseconds - from.nanoseconds};
  }
};

/// Days from 1970-01-01 to a date of the Gregorian calendar. Precondition: the date exists.
[[nodiscard]] constexpr std::int64_t days_from_civil(int year, unsigned month, unsigned day) noexcept {
  return std::chrono::sys_days{std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day}}
      .time_since_epoch()
      .count();
}

/// 2000-01-01T00:00:00Z, where a table that only has offsets begins.
inline constexpr Timestamp year_2000{days_from_civil(2000, 1, 1) * 86'400 * 1'000'000'000};

}  // namespace encap
