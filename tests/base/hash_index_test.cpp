#include "base/hash_index.h"

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <unordered_map>

#include "support/sanitizers.h"

namespace encap::test {
namespace {

constexpr auto any = [](std::uint32_t) { return true; };

TEST(HashIndex, finds_only_what_is_there) {
  HashIndex index;
  EXPECT_EQ(index.find(7, any), HashIndex::none);
  index.insert(7, 0);
  EXPECT_EQ(index.find(7, any), 0u);
  EXPECT_EQ(index.find(8, any), HashIndex::none);
  EXPECT_EQ(index.size(), 1u);
}

TEST(HashIndex, asks_which_of_those_with_the_same_hash_it_is) {
  HashIndex index;
  for (std::uint32_t place = 0; place < 100; ++place) index.insert(0xffffffff, place);
  for (std::uint32_t place = 0; place < 100; ++place) {
    EXPECT_EQ(index.find(0xffffffff, [place](std::uint32_t at) { return at == place; }), place);
  }
  EXPECT_EQ(index.find(0xffffffff, [](std::uint32_t) { return false; }), HashIndex::none);
}

TEST(HashIndex, tells_of_all_in_the_order_of_their_hashes_where_none_are_near) {
  HashIndex index;
  for (const std::uint32_t place : {5u, 1u, 3u, 0u, 6u}) index.insert(place << 28 | 1, place);
  std::string told;
  index.each([&told](std::uint32_t hash, std::uint32_t place) {
    EXPECT_EQ(hash, place << 28 | 1);
    told += std::to_string(place) + ' ';
  });
  EXPECT_EQ(told, "0 1 3 5 6 ");
}

TEST(HashIndex, has_room_for_what_was_asked_for) {
  HashIndex index;
  index.insert(1, 1);
  index.reserve(1000);
  for (std::uint32_t n = 2; n <= 1000; ++n) index.insert(n << 20, n);
  EXPECT_EQ(index.size(), 1000u);
  EXPECT_EQ(index.find(1, any), 1u);
}

// Hashes of few values, so that runs of slots are long and go round the end of the table.
TEST(HashIndexProperty, is_what_a_map_is_whatever_is_inserted_and_erased) {
  constexpr unsigned seed = 20'000;
  std::mt19937 random{seed};
  HashIndex index;
  std::unordered_map<std::uint32_t, std::uint32_t> hashes;  // of places
  for (std::uint32_t place = 0; place < (under_sanitizers ? 3'000 : 8'000); ++place) {
    const auto hash = static_cast<std::uint32_t>(0xf0000000u | (random() % 50) << 22);
    index.insert(hash, place);
    hashes[place] = hash;
    const auto gone = static_cast<std::uint32_t>(random() % (place + 1));
    if (const auto known = hashes.find(gone); known != hashes.end() && (hashes.size() > 60 || random() % 2 == 0)) {
      index.erase(known->second, gone);
      hashes.erase(known);
    }
    ASSERT_EQ(index.size(), hashes.size()) << seed;
    if (place % 100 != 0) continue;
    for (const auto& [known, its] : hashes) {
      ASSERT_EQ(index.find(its, [wanted = known](std::uint32_t at) { return at == wanted; }), known) << seed;
    }
  }
}

}  // namespace
}  // namespace encap::test
