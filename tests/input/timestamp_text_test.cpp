#include "encap/input/timestamp_text.h"

#include <gtest/gtest.h>
#include <string>

#include "support/case_name.h"
#include "support/property.h"

namespace encap::test {
namespace {

using Kind = TimestampText::Kind;

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;

constexpr std::int64_t day(int year, unsigned month, unsigned of_month) {
  return days_from_civil(year, month, of_month) * 24 * hour;
}

struct TimeCase {
  const char* name;
  const char* text;
  Kind kind;
  std::int64_t nanoseconds;
};

class TimestampTextRead : public ::testing::TestWithParam<TimeCase> {};

TEST_P(TimestampTextRead, is_exact) {
  const auto time = parse_timestamp(GetParam().text);
  ASSERT_TRUE(time.has_value());
  EXPECT_EQ(time->kind, GetParam().kind);
  EXPECT_EQ(time->nanoseconds, GetParam().nanoseconds);
}

INSTANTIATE_TEST_SUITE_P(
    Timestamp, TimestampTextRead,
    ::testing::Values(
        TimeCase{"zero", "0", Kind::offset, 0}, TimeCase{"tenth", "0.1", Kind::offset, 100'000'000},
        TimeCase{"eighth", "0.125", Kind::offset, 125'000'000}, TimeCase{"nanosecond", "0.000000001", Kind::offset, 1},
        TimeCase{"digits_beyond_nanoseconds_are_dropped", "1.1234567899", Kind::offset, 1'123'456'789},
        TimeCase{"thirty_digits", "0.100000000999999999999999999999", Kind::offset, 100'000'000},
        TimeCase{"no_digit_before_the_point", ".5", Kind::offset, 500'000'000},
        TimeCase{"leading_zeros", "007.5", Kind::offset, 7'500'000'000},
        TimeCase{"small_exponent", "1.5E-02", Kind::offset, 15'000'000},
        TimeCase{"exponent", "1e3", Kind::offset, 1000 * second},
        TimeCase{"epoch_exponent", "1.7e9", Kind::epoch, 1'700'000'000 * second},
        TimeCase{"longest_offset", "99999999.999999999", Kind::offset, 99'999'999'999'999'999},
        TimeCase{"first_epoch", "100000000", Kind::epoch, 100'000'000 * second},
        TimeCase{"epoch", "1700000000", Kind::epoch, 1'700'000'000 * second},
        TimeCase{"epoch_to_the_nanosecond", "1700000000.123456789", Kind::epoch, 1'700'000'000'123'456'789},
        TimeCase{"milliseconds_since_1970", "1700000000123", Kind::epoch, 1'700'000'000'123'000'000},
        TimeCase{"microseconds_since_1970", "1700000000123456", Kind::epoch, 1'700'000'000'123'456'000},
        TimeCase{"iso_with_blank", "2025-10-27 10:00:01.123", Kind::iso_8601,
                 day(2025, 10, 27) + 10 * hour + second + 123'000'000},
        TimeCase{"iso_utc", "2025-10-27T10:00:01Z", Kind::iso_8601, day(2025, 10, 27) + 10 * hour + second},
        TimeCase{"iso_without_seconds", "2025-10-27T10:00", Kind::iso_8601, day(2025, 10, 27) + 10 * hour},
        TimeCase{"iso_nanoseconds", "2025-10-27T00:00:00.000000001", Kind::iso_8601, day(2025, 10, 27) + 1},
        TimeCase{"iso_east", "2025-10-27T10:00:01+02:00", Kind::iso_8601, day(2025, 10, 27) + 8 * hour + second},
        TimeCase{"iso_west_without_colon", "2025-10-27T10:00:01-0530", Kind::iso_8601,
                 day(2025, 10, 27) + 15 * hour + 30 * minute + second},
        TimeCase{"iso_zone_of_hours", "2025-10-27T23:00:00-02", Kind::iso_8601, day(2025, 10, 28) + hour},
        TimeCase{"iso_date_alone", "2025-10-27", Kind::iso_8601, day(2025, 10, 27)},
        TimeCase{"iso_slashes", "2025/10/27 10:00", Kind::iso_8601, day(2025, 10, 27) + 10 * hour},
        TimeCase{"leap_day", "2024-02-29", Kind::iso_8601, day(2024, 2, 29)},
        TimeCase{"leap_day_of_2000", "2000-02-29", Kind::iso_8601, day(2000, 2, 29)},
        TimeCase{"leap_second", "2016-12-31T23:59:60Z", Kind::iso_8601, day(2017, 1, 1)},
        TimeCase{"before_1970", "1969-12-31T23:59:59Z", Kind::iso_8601, -second},
        TimeCase{"after_2106", "2107-01-01", Kind::iso_8601, day(2107, 1, 1)},
        TimeCase{"day_first", "20/01/2026 21:10", Kind::day_first, day(2026, 1, 20) + 21 * hour + 10 * minute},
        TimeCase{"day_first_seconds", "20/01/2026 21:10:07", Kind::day_first,
                 day(2026, 1, 20) + 21 * hour + 10 * minute + 7 * second},
        TimeCase{"day_first_fraction", "20/01/2026 21:10:07.25", Kind::day_first,
                 day(2026, 1, 20) + 21 * hour + 10 * minute + 7 * second + 250'000'000},
        TimeCase{"day_first_short", "1/2/2026 9:05", Kind::day_first, day(2026, 2, 1) + 9 * hour + 5 * minute},
        TimeCase{"day_first_points", "20.01.2026", Kind::day_first, day(2026, 1, 20)},
        TimeCase{"time_of_day", "10:00:01.5", Kind::time_of_day, 10 * hour + second + 500'000'000},
        TimeCase{"time_of_day_without_seconds", "23:59", Kind::time_of_day, 23 * hour + 59 * minute}),
    CaseName{});

struct NoTimeCase {
  const char* name;
  const char* text;
};

class TimestampTextRefused : public ::testing::TestWithParam<NoTimeCase> {};

TEST_P(TimestampTextRefused, is_no_time) { EXPECT_FALSE(parse_timestamp(GetParam().text).has_value()); }

INSTANTIATE_TEST_SUITE_P(
    Timestamp, TimestampTextRefused,
    ::testing::Values(
        NoTimeCase{"empty", ""}, NoTimeCase{"point", "."}, NoTimeCase{"unit", "0.1s"}, NoTimeCase{"negative", "-0.5"},
        NoTimeCase{"plus", "+1"}, NoTimeCase{"word", "soon"}, NoTimeCase{"infinity", "inf"}, NoTimeCase{"nan", "nan"},
        NoTimeCase{"hexadecimal", "0x10"}, NoTimeCase{"comma", "0,5"}, NoTimeCase{"two_points", "1.2.3"},
        NoTimeCase{"milliseconds_beyond_64_bits_of_nanoseconds", "9999999999999"},
        NoTimeCase{"microseconds_beyond_64_bits_of_nanoseconds", "9999999999999999"},
        NoTimeCase{"eleven_digits", "17000000001"}, NoTimeCase{"milliseconds_with_a_fraction", "1700000000123.5"},
        NoTimeCase{"twenty_digits", "99999999999999999999"}, NoTimeCase{"huge_exponent", "1e400"},
        NoTimeCase{"no_leap_day", "2025-02-29"}, NoTimeCase{"no_leap_day_of_2100", "2100-02-29"},
        NoTimeCase{"thirteenth_month", "2025-13-01"}, NoTimeCase{"month_zero", "2025-00-10"},
        NoTimeCase{"day_zero", "2025-01-00"}, NoTimeCase{"month_first", "10/27/2025 10:00"},
        NoTimeCase{"hour_24", "2025-10-27T24:00:00"}, NoTimeCase{"minute_60", "10:60"},
        NoTimeCase{"second_61", "10:00:61"}, NoTimeCase{"one_digit_minute", "10:5"},
        NoTimeCase{"no_fraction_behind_the_point", "10:00:01."}, NoTimeCase{"text_behind", "2025-10-27 10:00 noon"},
        NoTimeCase{"zone_of_15_hours", "2025-10-27T10:00+15:00"}, NoTimeCase{"two_marks", "2025-10/27"},
        NoTimeCase{"half_day_clock", "20/01/2026 9:10 PM"}, NoTimeCase{"year_of_two_digits", "20/01/26"},
        NoTimeCase{"year_beyond_64_bits", "9999-01-01"}, NoTimeCase{"year_zero", "0000-01-01"}),
    CaseName{});

TEST(TimestampText, has_an_example_of_each_kind_that_is_of_that_kind) {
  for (const Kind kind : {Kind::offset, Kind::epoch, Kind::iso_8601, Kind::day_first, Kind::time_of_day}) {
    const std::string_view example = example_of(kind);
    const auto at = example.find("as in ");
    ASSERT_NE(at, std::string_view::npos) << example;
    const auto time = parse_timestamp(example.substr(at + 6));
    ASSERT_TRUE(time.has_value()) << example;
    EXPECT_EQ(time->kind, kind) << example;
  }
}

TEST(TimestampTextProperty, seconds_are_read_as_written_to_the_nanosecond) {
  check_property(2000, [](Random& random) {
    const auto whole = static_cast<std::int64_t>(random.below(4'294'967'296));
    const auto part = static_cast<std::int64_t>(random.below(1'000'000'000));
    std::string digits = std::to_string(part);
    digits.insert(0, 9 - digits.size(), '0');
    const auto time = parse_timestamp(std::to_string(whole) + "." + digits);
    ASSERT_TRUE(time.has_value());
    EXPECT_EQ(time->nanoseconds, whole * second + part);
  });
}

TEST(TimestampTextProperty, any_octets_are_read_or_refused) {
  check_property(20000, [](Random& random) {
    static constexpr std::string_view alphabet = "0123456789.:-/+TZe E";
    std::string text;
    for (std::uint64_t left = random.below(24); left != 0; --left) text += alphabet[random.below(alphabet.size())];
    const auto time = parse_timestamp(text);
    if (!time) return;
    if (time->kind == Kind::iso_8601 || time->kind == Kind::day_first) return;
    EXPECT_GE(time->nanoseconds, 0) << text;
    if (time->kind == Kind::offset) {
      EXPECT_LT(time->nanoseconds, 100'000'000 * second) << text;
    }
  });
}

}  // namespace
}  // namespace encap::test
