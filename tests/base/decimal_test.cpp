#include "encap/base/decimal.h"

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

}  // namespace
}  // namespace encap::test
