#include "base/hash_words.h"

#include <array>
#include <gtest/gtest.h>
#include <string>

namespace encap::test {
namespace {

TEST(ShortHashOfText, depends_on_every_octet_and_on_how_many_there_are) {
  for (std::size_t size = 0; size <= 40; ++size) {
    const std::string text(size, '\0');
    EXPECT_NE(short_hash(text + '\0'), short_hash(text)) << size;
    for (std::size_t at = 0; at < size; ++at) {
      std::string other = text;
      for (other[at] = 1; other[at] != 0; other[at] = static_cast<char>(other[at] << 1)) {
        EXPECT_NE(short_hash(other), short_hash(text)) << size << ' ' << at;
      }
    }
  }
}

// What a table makes of it: the high bits choose the slot.
TEST(ShortHashOfText, spreads_texts_that_are_much_alike) {
  constexpr std::size_t slots = 1024;
  std::array<int, slots> in_slot{};
  for (int i = 0; i < 16 * static_cast<int>(slots); ++i) {
    ++in_slot[short_hash("GET /items/" + std::to_string(i) + " HTTP/1.1\\r\\n") >> 22];
  }
  for (const int count : in_slot) {
    EXPECT_GT(count, 0);
    EXPECT_LT(count, 16 * 3);
  }
}

}  // namespace
}  // namespace encap::test
