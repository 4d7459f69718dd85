#include "base/large_list.h"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace encap::test {
namespace {

using Wide = std::array<std::uint64_t, 4096>;  // of which few fill a piece

LargeList<Wide> list_of(std::uint64_t first, std::uint64_t count) {
  LargeList<Wide> list;
  for (std::uint64_t i = 0; i < count; ++i) list.push_back({first + i});
  return list;
}
std::vector<std::uint64_t> in(const LargeList<Wide>& list, std::uint32_t first = 0) {
  std::vector<std::uint64_t> found;
  for (std::uint32_t at = list.next(first); at != list.end(); at = list.next(at + 1)) found.push_back(list[at][0]);
  return found;
}
std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(first + i);
  return all;
}

TEST(LargeList, keeps_each_thing_in_its_place) {
  LargeList<int> list;
  EXPECT_EQ(list.size(), 0u);
  constexpr int count = 2'000'000;  // some pieces
  for (int i = 0; i < count; ++i) ASSERT_EQ(list.push_back(i), static_cast<std::uint32_t>(i));
  EXPECT_EQ(list.size(), static_cast<std::size_t>(count));
  const int* const early = &list[600'000];
  list.push_back(count);
  EXPECT_EQ(early, &list[600'000]);
  for (int i = 0; i <= count; i += 997) ASSERT_EQ(list[static_cast<std::uint32_t>(i)], i);
}

TEST(LargeList, is_gone_through_from_any_place_on) {
  const LargeList<Wide> list = list_of(100, 200);
  EXPECT_EQ(in(list), numbers(100, 200));
  EXPECT_EQ(in(list, 64), numbers(164, 136));
  EXPECT_EQ(in(list, 71), numbers(171, 129));
  EXPECT_EQ(in(list, 200), numbers(0, 0));
  EXPECT_EQ(in(LargeList<Wide>{}), numbers(0, 0));
}

TEST(LargeList, takes_over_another_one_and_grows_behind_it) {
  LargeList<Wide> list = list_of(0, 70);
  LargeList<Wide> other = list_of(70, 130);
  const Wide* const there = &other[5];
  const std::uint32_t above = list.take_over(other);
  EXPECT_EQ(other.size(), 0u);
  EXPECT_EQ(list.size(), 200u);
  EXPECT_EQ(&list[above + 5], there) << "nothing is copied";
  EXPECT_EQ(in(list), numbers(0, 200));
  EXPECT_EQ(in(list, above), numbers(70, 130));
  EXPECT_EQ(in(list, 70), numbers(70, 130)) << "a place that no thing has";
  EXPECT_EQ(list[list.push_back({200})][0], 200u);
  EXPECT_EQ(in(list), numbers(0, 201));

  LargeList<Wide> none;
  EXPECT_EQ(none.take_over(list), 0u);
  EXPECT_EQ(in(none), numbers(0, 201));
}

}  // namespace
}  // namespace encap::test
