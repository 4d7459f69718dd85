#include "encap/input/timestamp_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "encap/base/decimal.h"

namespace encap {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr double earliest_epoch = 1e8;  // 1973-03-03: no exercise runs for three years

constexpr bool is_digit(char c) noexcept { return static_cast<unsigned char>(c - '0') <= 9; }

/// Reads a text from the left; every `take` either advances or leaves it where it is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_{text} {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  bool take(char c) noexcept {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_any(std::string_view of) noexcept {
    if (rest_.empty() || of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_blanks() noexcept {
    while (take(' ')) {
    }
  }
  /// A number of `fewest` to `most` digits.
  std::optional<int> number(std::size_t fewest, std::size_t most) noexcept {
    int value = 0;
    std::size_t digits = 0;
    while (digits < most && digits < rest_.size() && is_digit(rest_[digits]))
      value = value * 10 + (rest_[digits++] - '0');
    if (digits < fewest) return std::nullopt;
    rest_.remove_prefix(digits);
    return value;
  }
  /// Nanoseconds behind a decimal point, if there is one; nullopt when no digit follows it.
  std::optional<std::int64_t> fraction() noexcept {
    if (!take('.')) return 0;
    static constexpr std::array<std::int64_t, 10> units{1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                                        10'000,        1'000,       100,        10,        1};
    const Digits kept = read_digits(rest_, 9);
    std::size_t digits = kept.count;
    while (digits < rest_.size() && is_digit(rest_[digits])) ++digits;
    if (digits == 0) return std::nullopt;
    rest_.remove_prefix(digits);
    return static_cast<std::int64_t>(kept.number) * units[kept.count];
  }

 private:
  std::string_view rest_;
};

std::optional<std::int64_t> date(int year, int month, int day) noexcept {
  const std::chrono::year_month_day civil{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                          std::chrono::day{static_cast<unsigned>(day)}};
  // What 64 bits of nanoseconds hold; which years are of use is for the reader to say.
  if (!civil.ok() || year < 1678 || year > 2261) return std::nullopt;
  return std::chrono::sys_days{civil}.time_since_epoch().count() * 86'400 * second;
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.fff`
std::optional<std::int64_t> clock(Scanner& text) noexcept {
  const auto hour = text.number(1, 2);
  if (!hour || !text.take(':')) return std::nullopt;
  const auto minute = text.number(2, 2);
  if (!minute) return std::nullopt;
  std::optional<int> seconds = 0;
  std::optional<std::int64_t> fraction = 0;
  if (text.take(':')) {
    seconds = text.number(2, 2);
    if (!seconds) return std::nullopt;
    fraction = text.fraction();
    if (!fraction) return std::nullopt;
  }
  if (*hour > 23 || *minute > 59 || *seconds > 60) return std::nullopt;
  return (*hour * 3600LL + *minute * 60LL + *seconds) * second + *fraction;
}

/// `Z`, `+02`, `+02:00`, `-0530`: what to add to get to UTC.
std::optional<std::int64_t> zone(Scanner& text) noexcept {
  text.skip_blanks();
  if (text.done() || text.take_any("Zz")) return 0;
  const bool east = text.take('+');
  if (!east && !text.take('-')) return std::nullopt;
  const auto hours = text.number(2, 2);
  if (!hours) return std::nullopt;
  text.take(':');
  const int minutes = text.number(2, 2).value_or(0);
  if (*hours > 14 || minutes > 59) return std::nullopt;
  const std::int64_t ahead = (*hours * 3600LL + minutes * 60LL) * second;
  return east ? -ahead : ahead;
}

using Kind = TimestampText::Kind;

std::optional<TimestampText> iso_8601(std::string_view text) noexcept {
  Scanner scanner{text};
  const auto year = scanner.number(4, 4);
  if (!year) return std::nullopt;
  char mark = '-';
  if (!scanner.take(mark)) {
    mark = '/';
    if (!scanner.take(mark)) return std::nullopt;
  }
  const auto month = scanner.number(1, 2);
  if (!month || !scanner.take(mark)) return std::nullopt;
  const auto day = scanner.number(1, 2);
  if (!day) return std::nullopt;
  const auto midnight = date(*year, *month, *day);
  if (!midnight) return std::nullopt;
  std::int64_t time = 0;
  if (scanner.take_any("Tt ")) {
    scanner.skip_blanks();
    if (!scanner.done()) {
      const auto within = clock(scanner);
      if (!within) return std::nullopt;
      const auto to_utc = zone(scanner);
      if (!to_utc) return std::nullopt;
      time = *within + *to_utc;
    }
  }
  if (!scanner.done()) return std::nullopt;
  return TimestampText{Kind::iso_8601, *midnight + time};
}

std::optional<TimestampText> day_first(std::string_view text) noexcept {
  Scanner scanner{text};
  const auto day = scanner.number(1, 2);
  if (!day) return std::nullopt;
  char mark = '/';
  for (const char c : {'/', '.', '-'}) {
    if (scanner.take(c)) {
      mark = c;
      break;
    }
    if (c == '-') return std::nullopt;
  }
  const auto month = scanner.number(1, 2);
  if (!month || !scanner.take(mark)) return std::nullopt;
  const auto year = scanner.number(4, 4);
  if (!year) return std::nullopt;
  const auto midnight = date(*year, *month, *day);
  if (!midnight) return std::nullopt;
  std::int64_t time = 0;
  if (scanner.take_any(" T,")) {
    scanner.skip_blanks();
    if (!scanner.done()) {
      const auto within = clock(scanner);
      if (!within) return std::nullopt;
      time = *within;
    }
  }
  scanner.skip_blanks();
  if (!scanner.done()) return std::nullopt;
  return TimestampText{Kind::day_first, *midnight + time};
}

std::optional<TimestampText> time_of_day(std::string_view text) noexcept {
  Scanner scanner{text};
  const auto within = clock(scanner);
  if (!within || !scanner.done()) return std::nullopt;
  return TimestampText{Kind::time_of_day, *within};
}

/// Seconds, with a fraction and an exponent of ten where given.
std::optional<TimestampText> seconds(std::string_view text) noexcept {
  // Integers are exact; floating point would lose nanoseconds.
  const auto [number, digits] = read_digits(text, 16);
  const auto whole = static_cast<std::int64_t>(number);
  // A count of milliseconds or microseconds since 1970 is a thousand or a million times as large as any year we hold.
  if (digits == text.size() && (digits == 13 || digits == 16)) {
    const std::int64_t unit = digits == 13 ? 1'000'000 : 1'000;
    if (whole > INT64_MAX / unit) return std::nullopt;
    return TimestampText{Kind::epoch, whole * unit};
  }
  Scanner rest{text.substr(digits)};
  const auto part = rest.fraction();
  if ((digits != 0 || text.starts_with('.')) && part && rest.done()) {
    if (whole > INT64_MAX / second - 1) return std::nullopt;
    return TimestampText{whole >= static_cast<std::int64_t>(earliest_epoch) ? Kind::epoch : Kind::offset,
                         whole * second + *part};
  }
  double value = 0;  // 1.5E-02, as spreadsheets write small numbers
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0) || value > 4e9) return std::nullopt;
  return TimestampText{value >= earliest_epoch ? Kind::epoch : Kind::offset,
                       std::llround(value * static_cast<double>(second))};
}

}  // namespace

std::optional<TimestampText> parse_timestamp(std::string_view text) noexcept {
  auto time = seconds(text);
  if (!time) time = iso_8601(text);
  if (!time) time = day_first(text);
  if (!time) time = time_of_day(text);
  return time;
}

std::string_view example_of(Kind kind) noexcept {
  switch (kind) {
    case Kind::offset:
      return "seconds, as in 0.125";
    case Kind::epoch:
      return "seconds since 1970, as in 1700000000.125";
    case Kind::iso_8601:
      return "an ISO 8601 time, as in 2025-10-27 10:00:01.125";
    case Kind::day_first:
      return "DD/MM/YYYY HH:MM:SS, as in 27/10/2025 10:00:01";
    case Kind::time_of_day:
      return "a time of day, as in 10:00:01.125";
  }
  return "";
}

}  // namespace encap
