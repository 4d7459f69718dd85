#include <charconv>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <limits>
#include <optional>

#include "dissect/text.h"
#include "filter/literal.h"

namespace encap::filter {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

/// Reads a text from left to right.
class Scan {
 public:
  explicit Scan(std::string_view text) noexcept : rest_{text} {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }
  [[nodiscard]] char peek() const noexcept { return rest_.empty() ? '\0' : rest_[0]; }
  std::size_t skip_blanks() noexcept {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_ascii_space(rest_[0])) rest_.remove_prefix(1);
    return before - rest_.size();
  }
  bool skip(std::string_view text) noexcept {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  /// A number of `fewest` to `most` digits that is in low..high; nothing is read where there is none.
  std::optional<int> number(std::size_t fewest, std::size_t most, int low, int high) noexcept {
    std::size_t count = 0;
    int value = 0;
    while (count < most && count < rest_.size() && is_digit(rest_[count])) value = value * 10 + (rest_[count++] - '0');
    if (count < fewest || value < low || value > high) return std::nullopt;
    rest_.remove_prefix(count);
    return value;
  }
  /// A month's name, as its number from 0.
  std::optional<int> month() noexcept {
    static constexpr std::string_view months[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
    for (int i = 0; i < 12; ++i) {
      if (!starts_ignoring_case(rest_, months[i])) continue;
      rest_.remove_prefix(3);
      return i;
    }
    return std::nullopt;
  }
  /// Digits of a second's fraction, as nanoseconds. More than nine digits are not scaled down but, as tshark has it,
  /// taken as a number of 32 bits, which counts where it can be one of nanoseconds.
  std::int32_t fraction() noexcept {
    std::uint32_t value = 0;
    std::size_t count = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); rest_.remove_prefix(1), ++count)
      value = value * 10 + static_cast<std::uint32_t>(rest_[0] - '0');
    for (; count < 9; ++count) value *= 10;
    return value < 1'000'000'000 ? static_cast<std::int32_t>(value) : 0;
  }

 private:
  std::string_view rest_;
};

struct Moment {
  std::tm fields{};
  std::int32_t nanoseconds = 0;
  std::optional<int> zone;  ///< seconds east of UTC; local time where there is none
};

// Behind the time of day: a blank and UTC, or nothing.
bool reads_to_end(Scan& scan, Moment& moment) {
  if (scan.skip_blanks() != 0 && !moment.zone && scan.skip("UTC")) moment.zone = 0;
  scan.skip_blanks();
  return scan.at_end();
}

void read_fraction(Scan& scan, Moment& moment) {
  if (scan.skip(".") || scan.skip(",")) moment.nanoseconds = scan.fraction();
}

void read_zone(Scan& scan, Moment& moment) {
  if (scan.skip("Z")) {
    moment.zone = 0;
    return;
  }
  const int sign = scan.peek() == '-' ? -1 : 1;
  Scan ahead = scan;
  if (!ahead.skip("+") && !ahead.skip("-")) return;
  const auto hours = ahead.number(2, 2, 0, 23);
  if (!hours) return;
  scan = ahead;
  ahead.skip(":");
  int minutes = 0;
  if (const auto read = ahead.number(2, 2, 0, 59)) {
    minutes = *read;
    scan = ahead;
  }
  moment.zone = sign * (*hours * 3600 + minutes * 60);
}

// 2011-07-04[ 12[:34[:56[.789]]]][Z]. What cannot be read of the time of day is left over.
bool read_iso(Scan& scan, Moment& moment) {
  const auto year = scan.number(4, 4, 0, 9999);
  if (!year || !scan.skip("-")) return false;
  const auto month = scan.number(1, 2, 1, 12);
  if (!month || !scan.skip("-")) return false;
  const auto day = scan.number(1, 2, 1, 31);
  if (!day) return false;
  moment.fields.tm_year = *year - 1900;
  moment.fields.tm_mon = *month - 1;
  moment.fields.tm_mday = *day;
  Scan ahead = scan;
  if (!ahead.skip("T") && ahead.skip_blanks() == 0) {
    read_zone(scan, moment);
    return true;
  }
  const auto hour = ahead.number(1, 2, 0, 23);
  if (!hour) return true;
  moment.fields.tm_hour = *hour;
  scan = ahead;
  if (ahead.skip(":")) {
    const auto minute = ahead.number(1, 2, 0, 59);
    if (!minute) return true;
    moment.fields.tm_min = *minute;
    scan = ahead;
    if (ahead.skip(":")) {
      const auto second = ahead.number(1, 2, 0, 61);
      if (!second) return true;
      moment.fields.tm_sec = *second;
      scan = ahead;
      read_fraction(scan, moment);
    }
  }
  read_zone(scan, moment);
  return true;
}

// Nov 12, 1999 08:55:44[.123]
bool read_named(Scan& scan, Moment& moment) {
  const auto month = scan.month();
  if (!month) return false;
  scan.skip_blanks();
  const auto day = scan.number(1, 2, 1, 31);
  scan.skip_blanks();
  if (!day || !scan.skip(",")) return false;
  scan.skip_blanks();
  const auto year = scan.number(1, 4, 0, 9999);
  if (!year) return false;
  scan.skip_blanks();
  const auto hour = scan.number(1, 2, 0, 23);
  if (!hour || !scan.skip(":")) return false;
  const auto minute = scan.number(1, 2, 0, 59);
  if (!minute || !scan.skip(":")) return false;
  const auto second = scan.number(1, 2, 0, 61);
  if (!second) return false;
  moment.fields.tm_year = *year - 1900;
  moment.fields.tm_mon = *month;
  moment.fields.tm_mday = *day;
  moment.fields.tm_hour = *hour;
  moment.fields.tm_min = *minute;
  moment.fields.tm_sec = *second;
  read_fraction(scan, moment);
  return true;
}

std::int64_t seconds_of(Moment& moment) {
  if (!moment.zone) {
    moment.fields.tm_isdst = -1;
    return std::mktime(&moment.fields);
  }
  const std::tm& at = moment.fields;
  // The day is added behind, so that the 30th of February is the 1st or 2nd of March.
  const std::chrono::sys_days month{std::chrono::year{at.tm_year + 1900} /
                                    std::chrono::month{static_cast<unsigned>(at.tm_mon + 1)} / 1};
  const std::int64_t days = month.time_since_epoch().count() + at.tm_mday - 1;
  const std::int64_t minutes = at.tm_hour * std::int64_t{60} + at.tm_min;
  return days * 86'400 + minutes * 60 + at.tm_sec - *moment.zone;
}

}  // namespace

TimeFault read_absolute_time(std::string_view text, Value& value) {
  if (text.empty()) return TimeFault::none;
  Moment moment;
  Scan scan{text};
  scan.skip_blanks();
  Scan named = scan;
  if (!read_iso(scan, moment)) {
    moment = {};
    if (!read_named(named, moment)) return TimeFault::no_time;
    scan = named;
  }
  if (!reads_to_end(scan, moment)) return TimeFault::data_behind;
  value.number = static_cast<std::uint64_t>(seconds_of(moment));
  value.nanoseconds = moment.nanoseconds;
  return TimeFault::none;
}

bool read_relative_time(std::string_view text, Value& value) {
  std::int64_t seconds = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), text_end, seconds);
  if (error == std::errc::invalid_argument) return false;
  if (error != std::errc{}) seconds = std::numeric_limits<std::int64_t>::max();
  value.number = static_cast<std::uint64_t>(seconds);
  if (end == text_end) return true;
  if (*end != '.') return false;
  std::int32_t scale = 100'000'000;
  for (const char* at = end + 1; at != text_end && is_digit(*at); ++at) {
    if (scale == 0 && *at != '0') return false;
    value.nanoseconds += (*at - '0') * scale;
    scale /= 10;
  }
  return true;
}

}  // namespace encap::filter
