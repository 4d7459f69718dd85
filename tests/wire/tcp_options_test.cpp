#include "encap/wire/tcp_options.h"

#include <gtest/gtest.h>
#include <string>

#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

/// Every option on a line of its own: its kind and its value.
std::string listed(const TcpOptionsView& options) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const TcpOption option : options) {
    text += std::to_string(static_cast<int>(option.kind)) + ":";
    for (const std::byte octet : option.value) {
      text += digits[std::to_integer<unsigned>(octet) >> 4];
      text += digits[std::to_integer<unsigned>(octet) & 15];
    }
    text += '\n';
  }
  return text;
}

// MSS 1460, SACK permitted, timestamps, no-operation, window scale 7
constexpr auto of_a_syn = hex_bytes("020405b4 0402 080a1122334455667788 01 030307");

constexpr int count_without_padding(Bytes octets) {
  const auto options = TcpOptionsView::parse(octets);
  int count = 0;
  for (const TcpOption option : *options) count += option.kind != TcpOptionKind::no_operation;
  return count;
}
static_assert(count_without_padding(of_a_syn) == 4);

TEST(TcpOptionsView, walks_the_golden_options) {
  const auto options = TcpOptionsView::parse(of_a_syn);
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(listed(*options), "2:05b4\n4:\n8:1122334455667788\n1:\n3:07\n");
}

struct ListCase {
  const char* name;
  const char* octets;
  const char* expected;
};

class TcpOptionsList : public ::testing::TestWithParam<ListCase> {};

TEST_P(TcpOptionsList, is_walked) {
  const auto octets = hex_vector(GetParam().octets);
  const auto options = TcpOptionsView::parse(octets);
  ASSERT_TRUE(options.has_value());
  EXPECT_EQ(listed(*options), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(TcpOptions, TcpOptionsList,
                         ::testing::Values(ListCase{"empty", "", ""}, ListCase{"only_the_end", "00000000", ""},
                                           ListCase{"ends_at_end_of_list_whatever_follows", "01 00 02ff", "1:\n"},
                                           ListCase{"one_sack_block", "050a 00000001 00000002", "5:0000000100000002\n"},
                                           ListCase{"two_sack_blocks", "0512 00000001 00000002 00000003 00000004",
                                                    "5:00000001000000020000000300000004\n"},
                                           ListCase{"unknown_kind_with_value", "fd04 abcd 01", "253:abcd\n1:\n"},
                                           ListCase{"unknown_kind_without_value", "fd02", "253:\n"}),
                         CaseName{});

struct BadCase {
  const char* name;
  const char* octets;
  std::uint32_t offset;
  std::uint32_t needed;
  std::uint32_t available;
};

class TcpOptionsMalformed : public ::testing::TestWithParam<BadCase> {};

TEST_P(TcpOptionsMalformed, is_refused_at_its_offset) {
  const auto octets = hex_vector(GetParam().octets);
  EXPECT_TRUE(refused(TcpOptionsView::parse(octets), DissectError{Layer::tcp_options, DissectError::Code::bad_option,
                                                                  DissectError::Limit::option_length, GetParam().offset,
                                                                  GetParam().needed, GetParam().available}));
}

INSTANTIATE_TEST_SUITE_P(
    TcpOptions, TcpOptionsMalformed,
    ::testing::Values(BadCase{"kind_without_length", "0101 02", 2, 2, 1}, BadCase{"length_of_zero", "0200", 0, 2, 0},
                      BadCase{"length_of_one", "01 fd01", 1, 2, 1}, BadCase{"runs_over_the_end", "020405", 0, 4, 3},
                      BadCase{"second_runs_over_the_end", "020405b4 080a11", 4, 10, 3},
                      BadCase{"maximum_segment_size_too_short", "020305", 0, 4, 3},
                      BadCase{"maximum_segment_size_too_long", "020505b400", 0, 4, 5},
                      BadCase{"window_scale_too_long", "03040700", 0, 3, 4},
                      BadCase{"sack_permitted_with_a_value", "040300", 0, 2, 3},
                      BadCase{"timestamps_too_short", "0806 11223344", 0, 10, 6},
                      BadCase{"sack_without_a_block", "0502", 0, 10, 2},
                      BadCase{"sack_with_half_a_block", "050e 000000010000000200000003", 0, 10, 14}),
    CaseName{});

class TcpOptionsTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(TcpOptionsTruncation, is_whole_between_options_and_refused_within_one) {
  const std::size_t size = GetParam();
  const auto options = TcpOptionsView::parse(of_a_syn.first(size));
  const bool between = size == 0 || size == 4 || size == 6 || size == 16 || size == 17;
  ASSERT_EQ(options.has_value(), between);
  if (between) return;
  EXPECT_EQ(options.error().code, DissectError::Code::bad_option);
  EXPECT_EQ(options.error().available, size - options.error().offset);
  EXPECT_GT(options.error().needed, options.error().available);
}

INSTANTIATE_TEST_SUITE_P(TcpOptions, TcpOptionsTruncation, ::testing::Range<std::size_t>(0, of_a_syn.size()),
                         CaseName{});

TEST(TcpOptions, emits_the_golden_options) {
  const TcpOptions options = TcpOptions{}
                                 .maximum_segment_size(1460)
                                 .sack_permitted()
                                 .timestamps(0x11223344, 0x55667788)
                                 .no_operation()
                                 .window_scale(7);
  EXPECT_TRUE(same_octets(options.bytes(), of_a_syn));
}

TEST(TcpOptions, fills_up_to_whole_words_with_end_of_list) {
  EXPECT_TRUE(TcpOptions{}.bytes().empty());
  EXPECT_TRUE(same_octets(TcpOptions{}.window_scale(7).bytes(), hex_vector("03030700")));
  EXPECT_TRUE(same_octets(TcpOptions{}.no_operation().bytes(), hex_vector("01000000")));
}

TEST(TcpOptions, carries_four_sack_blocks) {
  constexpr std::array blocks{SackBlock{{1}, {2}}, SackBlock{{3}, {4}}, SackBlock{{5}, {6}}, SackBlock{{7}, {8}}};
  const TcpOptions options = TcpOptions{}.no_operation().no_operation().sack(blocks);
  EXPECT_TRUE(same_octets(options.bytes(), hex_vector("0101 0522 0000000100000002 0000000300000004"
                                                      "0000000500000006 0000000700000008")));
}

TEST(TcpOptionsProperty, any_octets_are_walked_to_their_end_or_refused_within_them) {
  check_property(2000, [](Random& random) {
    auto octets = random.octets(random.below(41));
    // Small numbers make lengths that fit and kinds that are known.
    for (std::byte& octet : octets) octet &= random.one_in(2) ? std::byte{0x0f} : std::byte{0xff};
    const auto options = TcpOptionsView::parse(octets);
    if (!options) {
      EXPECT_LT(options.error().offset, octets.size());
      return;
    }
    std::size_t covered = 0;
    for (const TcpOption option : *options) {
      covered += option.kind == TcpOptionKind::no_operation ? 1 : 2 + option.value.size();
    }
    EXPECT_TRUE(covered == octets.size() || octets[covered] == std::byte{0}) << "stopped at " << covered;
  });
}

}  // namespace
}  // namespace encap::test
