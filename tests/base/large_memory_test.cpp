#include "base/large_memory.h"

#include <gtest/gtest.h>
#include <vector>

namespace encap::test {
namespace {

TEST(LargeMemory, keeps_what_is_in_it_however_it_grows) {
  std::vector<int, LargeAllocator<int>> numbers;
  constexpr int count = 3'000'000;  // 12 MB: small pieces first, then large ones
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  const auto copy = numbers;
  numbers.assign(10, 7);
  numbers.shrink_to_fit();
  EXPECT_EQ(numbers, (std::vector<int, LargeAllocator<int>>(10, 7)));
  for (int i = 0; i < count; i += 997) ASSERT_EQ(copy[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(copy.back(), count - 1);
}

TEST(LargeMemory, of_one_type_is_let_go_by_another) {
  LargeAllocator<int> of_numbers;
  const LargeAllocator<char> of_characters{of_numbers};
  EXPECT_TRUE(of_numbers == LargeAllocator<int>{of_characters});
  constexpr std::size_t large = std::size_t{8} << 20;
  int* const there = of_numbers.allocate(large);
  there[large - 1] = 1;
  LargeAllocator<int>{of_characters}.deallocate(there, large);
}

}  // namespace
}  // namespace encap::test
