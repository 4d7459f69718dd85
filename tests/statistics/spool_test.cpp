#include "statistics/spool.h"

#include <gtest/gtest.h>
#include <vector>

namespace encap::test {
namespace {

// Blocks whose octets tell where they are.
std::vector<std::byte> block(std::size_t number, std::size_t size) {
  std::vector<std::byte> octets(size);
  for (std::size_t i = 0; i < size; ++i) octets[i] = static_cast<std::byte>(number * 31 + i * 7);
  return octets;
}

void expect_blocks(const Spool& spool, std::size_t count, std::size_t size) {
  Spool::Reader reader{spool};
  std::vector<std::byte> read(size);
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_FALSE(reader.at_end());
    ASSERT_TRUE(reader.read(read).has_value());
    ASSERT_EQ(read, block(i, size)) << "block " << i;
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(Spool, gives_back_what_it_took_as_often_as_asked) {
  Spool spool;
  for (std::size_t i = 0; i < 10; ++i) ASSERT_TRUE(spool.append(block(i, 100)).has_value());
  EXPECT_EQ(spool.size(), 1000u);
  expect_blocks(spool, 10, 100);
  expect_blocks(spool, 10, 100);
}

TEST(Spool, goes_on_in_a_file_where_memory_is_full) {
  Spool spool;
  constexpr std::size_t size = 1'000'003;  // so that one block lies in both
  std::size_t count = 0;
  for (; count * size < 2 * Spool::held; ++count) ASSERT_TRUE(spool.append(block(count, size)).has_value());
  expect_blocks(spool, count, size);
  ASSERT_TRUE(spool.append(block(count, size)).has_value());  // after it was read
  expect_blocks(spool, count + 1, size);
}

TEST(Spool, is_at_its_end_when_nothing_came) {
  const Spool spool;
  EXPECT_TRUE(Spool::Reader{spool}.at_end());
}

}  // namespace
}  // namespace encap::test
