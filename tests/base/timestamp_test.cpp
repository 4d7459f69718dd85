#include "encap/base/timestamp.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>

#include "encap/base/link_type.h"
#include "encap/base/packet_record.h"
#include "support/case_name.h"
namespace encap::test {
namespace {

struct SplitCase {
  const char* name;
  std::int64_t nanoseconds;
  std::int64_t seconds;
  std::uint32_t subsecond;
};

class TimestampSplit : public ::testing::TestWithParam<SplitCase> {};

TEST_P(TimestampSplit, into_seconds_and_what_is_left) {
  const Timestamp at{GetParam().nanoseconds};
  EXPECT_EQ(at.seconds(), GetParam().seconds);
  EXPECT_EQ(at.subsecond(), GetParam().subsecond);
}

INSTANTIATE_TEST_SUITE_P(
    Timestamp, TimestampSplit,
    ::testing::Values(SplitCase{"epoch", 0, 0, 0}, SplitCase{"one_and_a_half", 1'500'000'000, 1, 500'000'000},
                      SplitCase{"last_nanosecond_of_a_second", 999'999'999, 0, 999'999'999},
                      SplitCase{"one_nanosecond_before_the_epoch", -1, -1, 999'999'999},
                      SplitCase{"whole_second_before_the_epoch", -1'000'000'000, -1, 0},
                      SplitCase{"one_and_a_quarter_before_the_epoch", -1'250'000'000, -2, 750'000'000},
                      SplitCase{"latest", std::numeric_limits<std::int64_t>::max(), 9'223'372'036, 854'775'807}),
    CaseName{});

TEST(Timestamp, moves_by_durations_and_tells_the_time_between) {
  using namespace std::chrono_literals;
  constexpr Timestamp start{1'000'000'000};
  static_assert(start + 250ms == Timestamp{1'250'000'000});
  static_assert(start - 2s == Timestamp{-1'000'000'000});
  static_assert((start + 10ms) - start == Duration{10'000'000});
  static_assert(start - (start + 1ns) == Duration{-1});
  static_assert(start < start + 1ns);
  SUCCEED();
}

TEST(Timestamp, counts_days_of_the_gregorian_calendar) {
  static_assert(days_from_civil(1970, 1, 1) == 0);
  static_assert(days_from_civil(1969, 12, 31) == -1);
  static_assert(days_from_civil(2000, 2, 29) == 11016);
  static_assert(days_from_civil(2000, 3, 1) == 11017);
  static_assert(days_from_civil(1900, 3, 1) - days_from_civil(1900, 2, 28) == 1);  // 1900 was no leap year
  static_assert(days_from_civil(2038, 1, 19) == 24855);
  EXPECT_EQ(year_2000.seconds(), 946'684'800);
  EXPECT_EQ(year_2000.subsecond(), 0u);
}

TEST(LinkType, has_the_values_of_capture_files) {
  EXPECT_EQ(static_cast<int>(LinkType::null), 0);
  EXPECT_EQ(static_cast<int>(LinkType::ethernet), 1);
  EXPECT_EQ(static_cast<int>(LinkType::raw), 101);
  EXPECT_EQ(static_cast<int>(LinkType::loop), 108);
  EXPECT_EQ(static_cast<int>(LinkType::linux_sll), 113);
}

TEST(PacketRecord, is_empty_at_the_epoch_until_told_otherwise) {
  constexpr PacketRecord record;
  static_assert(record.timestamp == Timestamp{0});
  static_assert(record.original_length == 0);
  EXPECT_TRUE(record.bytes.empty());
}

}  // namespace
}  // namespace encap::test
