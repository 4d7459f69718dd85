#include "encap/base/copy_padded.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <vector>

namespace encap::test {
namespace {

// The octets lie in memory of their own, so that a sanitizer sees one read behind them.
TEST(CopyPadded, copies_as_many_octets_as_there_are_and_zeros_behind_them) {
  for (std::size_t size = 0; size <= 16; ++size) {
    std::vector<std::byte> from;
    for (std::size_t i = 0; i < size; ++i) from.push_back(static_cast<std::byte>(0xf0 + i));
    from.shrink_to_fit();
    std::array<std::uint8_t, 16> to{};
    to.fill(0xaa);
    copy_padded(to, from.data(), size);
    std::array<std::uint8_t, 16> expected{};
    for (std::size_t i = 0; i < size; ++i) expected[i] = static_cast<std::uint8_t>(0xf0 + i);
    EXPECT_EQ(to, expected) << size;
  }
}

}  // namespace
}  // namespace encap::test
