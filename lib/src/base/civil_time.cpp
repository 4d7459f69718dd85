#include "base/civil_time.h"

#include <chrono>
#include <ctime>

namespace encap {
namespace {

constexpr std::int64_t day_length = 86'400;  // seconds

CivilTime civil(std::int64_t seconds, const char* zone) noexcept {
  const std::int64_t of_day = (seconds % day_length + day_length) % day_length;
  const std::chrono::sys_days day{std::chrono::days{(seconds - of_day) / day_length}};
  const std::chrono::year_month_day date{day};
  const std::chrono::sys_days new_year{date.year() / std::chrono::January / 1};
  const auto of_day_unsigned = static_cast<unsigned>(of_day);
  return {.year = static_cast<int>(date.year()),
          .month = static_cast<unsigned>(date.month()),
          .day = static_cast<unsigned>(date.day()),
          .day_of_year = static_cast<unsigned>((day - new_year).count()) + 1,
          .hour = of_day_unsigned / 3600,
          .minute = of_day_unsigned / 60 % 60,
          .second = of_day_unsigned % 60,
          .zone = zone};
}

/// What a zone adds to UTC during a span of time.
struct ZoneOffset {
  std::int64_t span;  // which one, counted from 1970
  std::int64_t seconds;
  char name[32];
};

// Clocks are only ever changed at full quarters of an hour.
constexpr std::int64_t span_length = 900;

ZoneOffset zone_offset(std::int64_t span) noexcept {
  ZoneOffset found{span, 0, "UTC"};
  const auto start = static_cast<std::time_t>(span * span_length);
  std::tm fields{};
#ifdef _WIN32
  if (localtime_s(&fields, &start) != 0) return found;
#else
  if (localtime_r(&start, &fields) == nullptr) return found;
#endif
  const std::int64_t local = days_from_civil(fields.tm_year + 1900, static_cast<unsigned>(fields.tm_mon + 1),
                                             static_cast<unsigned>(fields.tm_mday)) *
                                 day_length +
                             fields.tm_hour * 3600L + fields.tm_min * 60L + fields.tm_sec;
  found.seconds = local - span * span_length;
  if (std::strftime(found.name, sizeof found.name, "%Z", &fields) == 0) found.name[0] = '\0';
  return found;
}

}  // namespace

CivilTime utc_time(Timestamp at) noexcept { return civil(at.seconds(), "UTC"); }

CivilTime local_time(Timestamp at) noexcept {
  thread_local ZoneOffset offset = zone_offset(0);
  const std::int64_t seconds = at.seconds();
  const std::int64_t span = seconds / span_length - (seconds % span_length < 0 ? 1 : 0);
  if (span != offset.span) offset = zone_offset(span);
  return civil(seconds + offset.seconds, offset.name);
}

}  // namespace encap
