#include "encap/base/bytes.h"

#include <gtest/gtest.h>
#include <string>

#include "support/hex.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

TEST(Bytes, looks_at_the_octets_of_a_text_in_place) {
  const std::string text = "ping";
  EXPECT_TRUE(same_octets(as_bytes(text), hex_vector("70696e67")));
  EXPECT_EQ(static_cast<const void*>(as_bytes(text).data()), text.data());
}

TEST(Bytes, looks_at_octets_as_text_and_keeps_zeros) {
  constexpr auto octets = hex_bytes("61 00 ff 62");
  EXPECT_EQ(as_text(octets), std::string_view("a\0\xff"
                                              "b",
                                              4));
}

TEST(Bytes, of_an_empty_text_are_empty) {
  EXPECT_TRUE(as_bytes("").empty());
  EXPECT_EQ(as_text(Bytes{}), "");
}

TEST(HexBytes, ignores_blanks_and_takes_either_case) {
  constexpr auto octets = hex_bytes(" c0 DE\n00");
  static_assert(octets.size() == 3);
  EXPECT_TRUE(same_octets(octets, hex_vector("c0de00")));
  EXPECT_EQ(std::to_integer<int>(octets.bytes()[1]), 0xde);
}

TEST(HexBytes, refuses_half_an_octet_and_strange_digits) {
  EXPECT_THROW(static_cast<void>(hex_vector("c0d")), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(hex_vector("g0")), std::invalid_argument);
}

TEST(SameOctets, marks_what_differs_and_says_the_sizes) {
  const auto result = same_octets(hex_vector("00112233"), hex_vector("001122ff44"));
  ASSERT_FALSE(result);
  EXPECT_STREQ(result.message(),
               "4 octets, 5 expected\n"
               "offset  actual                            expected\n"
               "     0   00  11  22 [33]                   00  11  22 [ff][44]\n");
}

TEST(SameOctets, names_the_field_that_holds_the_bit_that_differs) {
  static constexpr HeaderField high{"high", "High", 0, 4};
  static constexpr HeaderField low{"low", "Low", 4, 4};
  static constexpr std::array fields{&high, &low};
  const auto result = same_octets(hex_vector("ffff 41"), hex_vector("ffff 42"), {{fields, 2}});
  ASSERT_FALSE(result);
  EXPECT_NE(std::string{result.message()}.find("differs in: low\n"), std::string::npos) << result.message();
}

}  // namespace
}  // namespace encap::test
