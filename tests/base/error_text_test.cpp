#include <cerrno>
#include <gtest/gtest.h>

#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/base/source_location.h"
#include "support/case_name.h"
namespace encap::test {
namespace {

TEST(IoError, says_what_was_tried_on_what_and_why_it_failed) {
  EXPECT_EQ(to_string(IoError{.operation = "open", .path = "lo", .code = EPERM, .reason = {}}),
            "open lo: Operation not permitted");
  EXPECT_EQ(to_string(IoError{.operation = "open", .path = "a.pcap", .code = ENOENT, .reason = {}}),
            "open a.pcap: No such file or directory");
}

TEST(IoError, prefers_its_own_reason_to_that_of_the_code) {
  EXPECT_EQ(to_string(IoError{.operation = "read", .path = "a.pcap", .code = EIO, .reason = "not a capture file"}),
            "read a.pcap: not a capture file");
}

struct LocationCase {
  const char* name;
  SourceLocation location;
  const char* text;
};

class SourceLocationText : public ::testing::TestWithParam<LocationCase> {};

TEST_P(SourceLocationText, leaves_out_what_is_not_known) { EXPECT_EQ(to_string(GetParam().location), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(SourceLocation, SourceLocationText,
                         ::testing::Values(LocationCase{"all", {"bad.csv", 7, 31}, "bad.csv:7:31"},
                                           LocationCase{"no_column", {"bad.csv", 7, 0}, "bad.csv:7"},
                                           LocationCase{"file_only", {"bad.csv", 0, 0}, "bad.csv"},
                                           LocationCase{"column_without_line", {"bad.csv", 0, 31}, "bad.csv"}),
                         CaseName{});

TEST(Result, holds_a_value_or_a_reason) {
  const auto half = [](int number) -> Result<int, SourceLocation> {
    if (number % 2 != 0) return unexpected(SourceLocation{"odd", 1, 1});
    return number / 2;
  };
  EXPECT_EQ(half(8).value(), 4);
  ASSERT_FALSE(half(7).has_value());
  EXPECT_EQ(half(7).error().file, "odd");
}

TEST(Result, takes_an_error_that_has_a_name) {
  const SourceLocation where{"named", 2, 0};
  const auto fail = [&]() -> Result<void, SourceLocation> { return unexpected(where); };
  EXPECT_EQ(fail().error(), where);
}

}  // namespace
}  // namespace encap::test
