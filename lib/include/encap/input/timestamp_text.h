#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "encap/base/timestamp.h"

namespace encap {

/// A time as a table writes it.
struct TimestampText {
  enum class Kind : std::uint8_t {
    offset,      ///< seconds from the start, `0.125`
    epoch,       ///< seconds since 1970, from 1973 on; 13 digits are milliseconds, 16 microseconds
    iso_8601,    ///< `2025-10-27 10:00:01.123`, `2025-10-27T10:00:01Z`, `2025-10-27`
    day_first,   ///< `20/01/2026 21:10`, seconds and their fraction where given, or the date alone
    time_of_day  ///< `10:00:01.5`: an offset from midnight
  };
  Kind kind;
  std::int64_t nanoseconds;  ///< since 1970, or from the start for offset and time_of_day
};

/// Reads a time, exactly to the nanosecond (digits beyond are dropped). Without a zone it is UTC.
[[nodiscard]] std::optional<TimestampText> parse_timestamp(std::string_view text) noexcept;

/// How a person should write a time of this kind, with an example.
[[nodiscard]] std::string_view example_of(TimestampText::Kind kind) noexcept;

}  // namespace encap
