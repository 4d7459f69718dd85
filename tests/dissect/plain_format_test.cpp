#include "dissect/plain_format.h"

#include <gtest/gtest.h>
#include <limits>
#include <string>
#include <vector>

namespace encap::test {
namespace {

template <class... Args>
std::string plain(const TextFormat<Args...>& format, Args&&... args) {
  if (!format.plain().is_plain() || !(Filling::takes<std::remove_cvref_t<Args>> && ...)) return "left to fmt";
  std::vector<Filling> fillings;
  [[maybe_unused]] const auto fill = [&fillings](const auto& value) {
    if constexpr (Filling::takes<std::remove_cvref_t<decltype(value)>>) fillings.emplace_back(value);
  };
  (fill(args), ...);
  std::string made(format.plain().room(fillings.data()), '?');
  made.resize(static_cast<std::size_t>(format.plain().write(made.data(), fillings.data()) - made.data()));
  EXPECT_EQ(made, fmt::vformat(format.whole(), fmt::make_format_args(args...)));
  return made;
}

TEST(PlainFormat, fills_in_texts_and_whole_numbers) {
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(plain("no field"), "no field");
  EXPECT_EQ(plain("{} is {}, {}{}", "one", std::string{"two"}, std::string_view{"three"}, ""), "one is two, three");
  EXPECT_EQ(plain("{} {} {}", 0, 42u, std::uint8_t{255}), "0 42 255");
  EXPECT_EQ(plain("{} {}.", -7, Limits::min()), "-7 -9223372036854775808.");
  EXPECT_EQ(plain("{}", ~std::uint64_t{0}), "18446744073709551615");
  EXPECT_EQ(plain("{:09} {:03} {:01}", 12345u, 12345, 0), "000012345 12345 0");
  EXPECT_EQ(plain("0x{:x}, 0x{:04x}, 0x{:02x}", 0, 0xbeu, 0xdeadbeefcafeu), "0x0, 0x00be, 0xdeadbeefcafe");
  EXPECT_EQ(plain("{:b} {:04b} {:08b}", 0u, 5u, 0x1ffu), "0 0101 111111111");
  EXPECT_EQ(plain("{:b}", ~std::uint64_t{0}), std::string(64, '1'));
  EXPECT_EQ(plain("{:04x} {:03} {:x}", -1, std::int8_t{-128}, -255), "-001 -128 -ff");
  EXPECT_EQ(plain("{}{}{}{}{}{}{}{}{}", 1, 2, 3, 4, 5, 6, 7, 8, 9), "123456789");
}

TEST(PlainFormat, leaves_the_rest_to_fmt) {
  EXPECT_EQ(plain("{:.2f}", 1.5), "left to fmt");
  EXPECT_EQ(plain("{}", 1.5), "left to fmt");
  EXPECT_EQ(plain("{}", true), "left to fmt");
  EXPECT_EQ(plain("{}", '!'), "left to fmt");
  EXPECT_EQ(plain("{{}} {}", 1), "left to fmt");
  EXPECT_EQ(plain("}} {}", 1), "left to fmt");
  EXPECT_EQ(plain("{:>5}", 1), "left to fmt");
  EXPECT_EQ(plain("{:5}", "a"), "left to fmt");
  EXPECT_EQ(plain("{:X}", 10), "left to fmt");
  EXPECT_EQ(plain("{:010}", 1), "left to fmt");
  EXPECT_EQ(plain("{1} {0}", 1, 2), "left to fmt");
  EXPECT_EQ(plain("{}{}{}{}{}{}{}{}{}{}{}", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), "left to fmt");
}

}  // namespace
}  // namespace encap::test
