#include "dissect/plain_format.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>

namespace encap::test {
namespace {

template <class... Args>
std::string plain(fmt::format_string<Args...> format, Args&&... args) {
  fmt::memory_buffer out;
  const fmt::string_view text = format;
  return append_plain(out, {text.data(), text.size()}, fmt::make_format_args(args...)) ? fmt::to_string(out)
                                                                                       : "left to fmt";
}

TEST(PlainFormat, fills_in_texts_and_whole_numbers) {
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(plain("no field"), "no field");
  EXPECT_EQ(plain("{} is {}, {}{}.", "one", std::string{"two"}, std::string_view{"three"}, '!'), "one is two, three!.");
  EXPECT_EQ(plain("{} {} {}", 0, 42u, std::uint8_t{255}), fmt::format("{} {} {}", 0, 42u, 255));
  EXPECT_EQ(plain("{} {}", -7, Limits::min()), fmt::format("{} {}", -7, Limits::min()));
  EXPECT_EQ(plain("{}", ~std::uint64_t{0}), fmt::format("{}", ~std::uint64_t{0}));
  EXPECT_EQ(plain("{:09} {:03} {:01}", 12345u, 12345, 0), fmt::format("{:09} {:03} {:01}", 12345u, 12345, 0));
  EXPECT_EQ(plain("0x{:x}, 0x{:04x}, 0x{:02x}", 0, 0xbeu, 0xdeadbeefcafeu), "0x0, 0x00be, 0xdeadbeefcafe");
  EXPECT_EQ(plain("{:b} {:04b} {:08b} {:b}", 0u, 5u, 0x1ffu, ~std::uint64_t{0}),
            fmt::format("{:b} {:04b} {:08b} {:b}", 0u, 5u, 0x1ffu, ~std::uint64_t{0}));
}

TEST(PlainFormat, leaves_the_rest_to_fmt) {
  EXPECT_EQ(plain("{:.2f}", 1.5), "left to fmt");
  EXPECT_EQ(plain("{}", 1.5), "left to fmt");
  EXPECT_EQ(plain("{}", true), "left to fmt");
  EXPECT_EQ(plain("{{}} {}", 1), "left to fmt");
  EXPECT_EQ(plain("}} {}", 1), "left to fmt");
  EXPECT_EQ(plain("{:>5}", 1), "left to fmt");
  EXPECT_EQ(plain("{:5}", "a"), "left to fmt");
  EXPECT_EQ(plain("{:X}", 10), "left to fmt");
  EXPECT_EQ(plain("{:010}", 1), "left to fmt");
  EXPECT_EQ(plain("{:04x}", -1), "left to fmt");
  EXPECT_EQ(plain("{1} {0}", 1, 2), "left to fmt");
  EXPECT_EQ(plain("{:x}", 'a'), "left to fmt");
}

}  // namespace
}  // namespace encap::test
