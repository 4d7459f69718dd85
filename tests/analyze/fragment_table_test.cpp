#include "encap/analyze/fragment_table.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>

namespace encap::test {
namespace {

using State = Reassembly::State;

Bytes octets(std::string_view text) { return std::as_bytes(std::span{text}); }
std::string text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

FragmentKey datagram(std::uint32_t identification) {
  FragmentKey key;
  key.identification = identification;
  return key;
}

TEST(FragmentTable, puts_fragments_together_in_any_order) {
  FragmentTable table;
  EXPECT_EQ(table.add(datagram(1), 1, 8, false, octets("world")).state, State::pending);
  EXPECT_EQ(table.add(datagram(2), 2, 0, true, octets("another.")).state, State::pending);
  const Reassembly whole = table.add(datagram(1), 3, 0, true, octets("hello,  "));
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ(text(whole.bytes), "hello,  world");
  ASSERT_EQ(whole.pieces.size(), 2u);
  EXPECT_EQ(whole.pieces[0].frame, 3u);
  EXPECT_EQ(whole.pieces[1].frame, 1u);
  EXPECT_EQ(table.waiting(), 1u);
}

TEST(FragmentTable, takes_overlapping_octets_from_the_fragment_that_starts_first) {
  FragmentTable table;
  (void)table.add(datagram(1), 1, 0, true, octets("aaaaaaaaaaaaaaaa"));
  (void)table.add(datagram(1), 2, 8, true, octets("bbbbbbbbbbbbbbbb"));
  const Reassembly whole = table.add(datagram(1), 3, 24, false, octets("c"));
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ(text(whole.bytes), "aaaaaaaaaaaaaaaabbbbbbbbc");
  EXPECT_TRUE(whole.pieces[1].overlap);
  EXPECT_TRUE(whole.pieces[1].conflict);
  EXPECT_FALSE(whole.pieces[2].overlap);
}

TEST(FragmentTable, marks_a_second_end_and_what_lies_behind_the_first) {
  FragmentTable table;
  (void)table.add(datagram(1), 1, 8, false, octets("bbbbbbbb"));
  (void)table.add(datagram(1), 2, 16, false, octets("cccc"));
  const Reassembly whole = table.add(datagram(1), 3, 0, true, octets("aaaaaaaa"));
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ(text(whole.bytes), "aaaaaaaabbbbbbbb");
  EXPECT_TRUE(whole.pieces[2].multiple_tails);
  EXPECT_TRUE(whole.pieces[2].too_long);
}

TEST(FragmentTable, gives_up_the_datagram_that_waited_longest) {
  FragmentTable table;
  for (std::uint32_t id = 0; id <= FragmentTable::maximum_datagrams; ++id) {
    EXPECT_EQ(table.add(datagram(id), id + 1, 0, true, octets("12345678")).state, State::pending);
  }
  EXPECT_EQ(table.waiting(), FragmentTable::maximum_datagrams);
  EXPECT_EQ(table.add(datagram(1), 1, 8, false, octets("9")).state, State::complete);
  EXPECT_EQ(table.add(datagram(0), 1, 8, false, octets("9")).state, State::pending);
}

TEST(FragmentTable, gives_up_a_datagram_of_too_many_pieces) {
  FragmentTable table;
  for (std::size_t i = 0; i < FragmentTable::maximum_pieces; ++i) {
    ASSERT_EQ(table.add(datagram(1), i, 0, true, octets("12345678")).state, State::pending);
  }
  EXPECT_EQ(table.add(datagram(1), 1, 0, true, octets("12345678")).state, State::too_large);
  EXPECT_EQ(table.waiting(), 0u);
}

}  // namespace
}  // namespace encap::test
