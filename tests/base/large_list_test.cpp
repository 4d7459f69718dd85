#include "base/large_list.h"

#include <gtest/gtest.h>

namespace encap::test {
namespace {

TEST(LargeList, keeps_each_thing_in_its_place) {
  LargeList<int> list;
  EXPECT_EQ(list.size(), 0u);
  constexpr int count = 2'000'000;  // some pieces
  for (int i = 0; i < count; ++i) ASSERT_EQ(list.push_back(i), static_cast<std::uint32_t>(i));
  EXPECT_EQ(list.size(), static_cast<std::uint32_t>(count));
  const int* const early = &list[600'000];
  list.push_back(count);
  EXPECT_EQ(early, &list[600'000]);
  for (int i = 0; i <= count; i += 997) ASSERT_EQ(list[static_cast<std::uint32_t>(i)], i);
}

}  // namespace
}  // namespace encap::test
