#include "encap/base/decimal.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace encap::test {
namespace {

std::string decimal(std::uint64_t number) {
  char digits[24];
  return {digits, write_decimal(digits, number)};
}
std::string last_digits(std::uint64_t number, unsigned width) {
  char digits[24];
  return {digits, write_digits(digits, number, width)};
}

TEST(Decimal, has_all_digits_at_every_border) {
  std::uint64_t power = 1;
  for (unsigned digits = 1; digits <= 20; ++digits) {
    for (const std::uint64_t number : {power - 1, power, power + 1, power * 9}) {
      EXPECT_EQ(decimal(number), std::to_string(number));
      EXPECT_EQ(decimal_digits(number), std::to_string(number).size()) << number;
    }
    power *= 10;  // beyond the largest one it is some number or other
  }
  EXPECT_EQ(decimal(0), "0");
  EXPECT_EQ(decimal(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(Decimal, has_zeros_in_front_up_to_a_width_and_no_more_digits) {
  EXPECT_EQ(last_digits(7, 1), "7");
  EXPECT_EQ(last_digits(7, 2), "07");
  EXPECT_EQ(last_digits(123456, 9), "000123456");
  EXPECT_EQ(last_digits(123456, 3), "456");
  EXPECT_EQ(last_digits(0, 6), "000000");
}

// One after the other, as it is defined.
Digits digits_one_by_one(std::string_view text, std::size_t most) {
  Digits read;
  for (; read.count < std::min(text.size(), most) && text[read.count] >= '0' && text[read.count] <= '9'; ++read.count) {
    read.number = read.number * 10 + static_cast<std::uint64_t>(text[read.count] - '0');
  }
  return read;
}

TEST(ReadDigits, end_before_the_first_octet_that_is_none_wherever_it_stands) {
  const std::string digits = "9081726354453627180";
  for (std::size_t at = 0; at < digits.size(); ++at) {
    for (unsigned octet = 0; octet < 256; ++octet) {
      std::string text = digits;
      text[at] = static_cast<char>(octet);
      for (const std::size_t most : std::array<std::size_t, 7>{0, 1, 7, 8, 9, 16, 19}) {
        const Digits expected = digits_one_by_one(text, most);
        const Digits read = read_digits(text, most);
        ASSERT_EQ(read.count, expected.count) << text << ", " << most;
        ASSERT_EQ(read.number, expected.number) << text << ", " << most;
      }
    }
  }
}

TEST(ReadDigits, are_read_of_texts_of_every_length) {
  const std::string digits = "0123456789876543210";
  for (std::size_t size = 0; size <= digits.size(); ++size) {
    const Digits read = read_digits(digits.substr(0, size), 19);
    EXPECT_EQ(read.count, size);
    EXPECT_EQ(read.number, size == 0 ? 0 : std::stoull(digits.substr(0, size)));
  }
  EXPECT_EQ(read_digits(std::string(19, '9'), 19).number, 9'999'999'999'999'999'999U);
}

}  // namespace
}  // namespace encap::test
