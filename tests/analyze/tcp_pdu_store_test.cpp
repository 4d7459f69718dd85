#include "analyze/tcp_pdu_store.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/allocation_counter.h"
#include "support/property.h"

namespace encap::test {
namespace {

using State = Reassembly::State;
using Pdu = TcpPdus::Pdu;

constexpr std::uint32_t open_end = 0x40000000;  // a PDU whose length is not known

Bytes octets(std::string_view text) { return std::as_bytes(std::span{text}); }
std::string text(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// One side of a connection; each piece comes in a frame of its own.
struct Side {
  TcpPduStore store;
  TcpPduList pdus{store};
  std::uint64_t frame = 0;

  Pdu& begin(std::uint32_t sequence, std::uint32_t next = open_end) {
    Pdu* const pdu = pdus.begin(sequence, next, frame);
    EXPECT_NE(pdu, nullptr);
    return *pdu;
  }
  Reassembly add(Pdu& pdu, std::uint32_t offset, std::string_view piece, bool more = true) {
    return pdus.add(pdu, ++frame, offset, octets(piece), more);
  }
};

TEST(TcpPdus, are_whole_when_their_last_octet_is_there) {
  Side side;
  Pdu& pdu = side.begin(1, 7);
  EXPECT_EQ(side.add(pdu, 0, "abc").state, State::pending);
  const Reassembly whole = side.add(pdu, 3, "def", false);
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ(text(whole.bytes), "abcdef");
  EXPECT_EQ(whole.complete_in, 2u);
  ASSERT_EQ(whole.pieces.size(), 2u);
  EXPECT_EQ(whole.pieces[0].frame, 1u);
  EXPECT_EQ(whole.pieces[1].offset, 3u);
  EXPECT_FALSE(whole.pieces[1].overlap);
}

TEST(TcpPdus, wait_at_a_gap) {
  Side side;
  Pdu& pdu = side.begin(1, 10);
  EXPECT_EQ(side.add(pdu, 0, "abc").state, State::pending);
  EXPECT_EQ(side.add(pdu, 6, "ghi", false).state, State::pending);
  for (int i = 0; i < 1000; ++i) side.store.next_packet();
  const Reassembly whole = side.add(pdu, 3, "def");
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ(text(whole.bytes), "abcdefghi");
  EXPECT_EQ(whole.complete_in, 3u);
}

TEST(TcpPdus, wait_for_the_first_octets) {
  Side side;
  Pdu& pdu = side.begin(1, 7);
  EXPECT_EQ(side.add(pdu, 3, "def", false).state, State::pending);
  EXPECT_EQ(text(side.add(pdu, 0, "abc").bytes), "abcdef");
}

struct Piece {
  std::uint32_t offset;
  std::string_view octets;
  bool more = true;
};
struct Overlap {
  const char* name;
  std::vector<Piece> pieces;
  std::string_view whole;
  std::vector<std::string_view> marks;  // of the pieces in order of offset: o overlaps, c with other octets
};

// Of segments that overlap, the octets of the one that starts first count; of two that start alike, those that came
// first.
const Overlap overlaps[] = {
    {"the_second_repeats_the_end_of_the_first", {{0, "abcd"}, {2, "cdef", false}}, "abcdef", {"", "o"}},
    {"the_second_says_something_else", {{0, "abcd"}, {2, "CDef", false}}, "abcdef", {"", "oc"}},
    {"the_one_that_starts_first_comes_second", {{2, "CDef", false}, {0, "abcd"}}, "abcdef", {"", "oc"}},
    {"both_start_alike", {{0, "abcd"}, {0, "ABCDef", false}}, "abcdef", {"", "oc"}},
    {"both_start_alike_and_the_longer_came_first",
     {{0, "abcdef"}, {0, "ABC"}, {6, "", false}},
     "abcdef",
     {"", "oc", ""}},
    {"one_lies_within_another", {{0, "abcde"}, {1, "BCD"}, {5, "f", false}}, "abcdef", {"", "oc", ""}},
    {"one_around_another_comes_second", {{1, "BCD"}, {0, "abcde"}, {5, "f", false}}, "abcdef", {"", "oc", ""}},
    {"one_fills_a_gap_and_covers_both_sides", {{0, "ab"}, {4, "ef", false}, {1, "BcdE"}}, "abcdEf", {"", "oc", "oc"}},
    {"three_times_the_same", {{0, "ab"}, {0, "ab"}, {0, "ab"}, {2, "c", false}}, "abc", {"", "o", "o", ""}},
    {"empty_pieces", {{0, ""}, {0, "ab"}, {2, "", false}}, "ab", {"", "", ""}},
};

TEST(TcpPdus, take_overlapping_octets_from_the_piece_that_starts_first) {
  for (const Overlap& each : overlaps) {
    SCOPED_TRACE(each.name);
    Side side;
    Pdu& pdu = side.begin(1);
    Reassembly whole;
    for (const Piece& piece : each.pieces) {
      ASSERT_EQ(whole.state, State::pending);
      whole = side.add(pdu, piece.offset, piece.octets, piece.more);
    }
    ASSERT_EQ(whole.state, State::complete);
    EXPECT_EQ(text(whole.bytes), each.whole);
    ASSERT_EQ(whole.pieces.size(), each.marks.size());
    for (std::size_t i = 0; i < each.marks.size(); ++i) {
      std::string marks;
      if (whole.pieces[i].overlap) marks += 'o';
      if (whole.pieces[i].conflict) marks += 'c';
      EXPECT_EQ(marks, each.marks[i]) << "piece " << i;
    }
  }
}

// The rule, told octet by octet: the piece with the lowest start, of those the first.
class Model {
 public:
  void add(std::uint32_t start, Bytes piece, bool more) {
    const std::size_t end = start + piece.size();
    if (cells_.size() < end) cells_.resize(end);
    for (std::size_t i = 0; i < piece.size(); ++i) {
      Cell& cell = cells_[start + i];
      if (start < cell.start) cell = {start, piece[i]};
    }
    if (!more && !length_) length_ = end;
  }
  [[nodiscard]] std::optional<std::vector<std::byte>> whole() const {
    if (!length_) return std::nullopt;
    std::vector<std::byte> octets;
    for (std::size_t i = 0; i < *length_; ++i) {
      if (cells_[i].start == Cell{}.start) return std::nullopt;
      octets.push_back(cells_[i].octet);
    }
    return octets;
  }

 private:
  struct Cell {
    std::uint32_t start = std::numeric_limits<std::uint32_t>::max();  // no piece has it
    std::byte octet{};
  };
  std::vector<Cell> cells_;
  std::optional<std::size_t> length_;
};

TEST(TcpPdusProperty, any_pieces_in_any_order_follow_the_rule) {
  check_property(3000, [](Random& random) {
    Side side;
    Pdu& pdu = side.begin(1);
    Model model;
    for (int i = 0; i < 200; ++i) {
      const auto offset = static_cast<std::uint32_t>(random.below(40));
      const auto piece = random.octets(random.below(12));
      const bool more = !random.one_in(20);
      model.add(offset, piece, more);
      const Reassembly result = side.pdus.add(pdu, ++side.frame, offset, piece, more);
      const auto expected = model.whole();
      ASSERT_EQ(result.state, expected ? State::complete : State::pending);
      if (!expected) continue;
      EXPECT_EQ((std::vector<std::byte>{result.bytes.begin(), result.bytes.end()}), *expected);
      EXPECT_TRUE(std::is_sorted(result.pieces.begin(), result.pieces.end(),
                                 [](const auto& a, const auto& b) { return a.offset < b.offset; }));
      EXPECT_EQ(result.pieces.size(), side.frame);
      return;
    }
  });
}

TEST(TcpPdus, that_are_whole_take_nothing_any_more) {
  Side side;
  Pdu& pdu = side.begin(1, 4);
  ASSERT_EQ(side.add(pdu, 0, "abc", false).state, State::complete);
  const Reassembly late = side.add(pdu, 0, "ABCDEF");
  EXPECT_EQ(late.state, State::complete);
  EXPECT_EQ(late.complete_in, 1u) << "the frame that had the last piece, not this one";
  EXPECT_TRUE(late.bytes.empty());
}

TEST(TcpPdus, end_where_the_first_end_was) {
  Side side;
  Pdu& pdu = side.begin(1);
  EXPECT_EQ(side.add(pdu, 3, "def", false).state, State::pending);
  EXPECT_EQ(side.add(pdu, 6, "ghi", false).state, State::pending);
  EXPECT_EQ(text(side.add(pdu, 0, "abc").bytes), "abcdef");
}

TEST(TcpPdus, octets_of_a_whole_one_are_there_until_the_next_packet) {
  Side side;
  Pdu& pdu = side.begin(1, 4);
  const Reassembly whole = side.add(pdu, 0, "abc", false);
  EXPECT_EQ(text(whole.bytes), "abc");
  side.store.next_packet();
  EXPECT_EQ(side.pdus.find(1), &pdu) << "it stays known";
  EXPECT_EQ(side.add(pdu, 0, "abc").complete_in, 1u);
}

TEST(TcpPdus, reopened_ones_take_more) {
  Side side;
  Pdu& pdu = side.begin(1);
  ASSERT_EQ(side.add(pdu, 0, "abc", false).state, State::complete);
  side.pdus.reopen(pdu);
  side.store.next_packet();  // does not take the octets away
  EXPECT_EQ(side.add(pdu, 3, "def").state, State::pending);
  const Reassembly whole = side.add(pdu, 6, "", false);
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ(text(whole.bytes), "abcdef");
  EXPECT_EQ(whole.complete_in, 3u);
}

TEST(TcpPdus, are_not_reopened_once_their_octets_have_gone) {
  Side side;
  Pdu& pdu = side.begin(1);
  ASSERT_EQ(side.add(pdu, 0, "abc", false).state, State::complete);
  side.store.next_packet();
  side.pdus.reopen(pdu);
  EXPECT_EQ(side.add(pdu, 3, "def").complete_in, 1u);
}

TEST(TcpPdus, stay_readable_until_the_next_packet_whatever_follows_in_this_one) {
  Side side;
  Pdu& pdu = side.begin(1);
  const std::string first(100, 'a');
  const Bytes whole = side.add(pdu, 0, first, false).bytes;
  side.pdus.reopen(pdu);
  const Bytes longer = side.add(pdu, 100, std::string(1000, 'b'), false).bytes;
  EXPECT_EQ(text(whole), first);
  // It is known no more: its place is taken by the last of these.
  for (std::uint32_t other = 0; other < 8; ++other) side.add(side.begin(10'000 + other), 0, "other");
  EXPECT_EQ(side.pdus.find(1), nullptr);
  EXPECT_EQ(text(whole), first);
  EXPECT_EQ(text(longer), first + std::string(1000, 'b'));
  side.store.next_packet();
}

TEST(TcpPdus, are_found_by_where_they_start) {
  Side side;
  EXPECT_EQ(side.pdus.find(0), nullptr);
  EXPECT_EQ(side.pdus.find_before(1000), nullptr);
  Pdu& far = side.begin(500);
  Pdu& near = side.begin(100);
  EXPECT_EQ(side.pdus.find(100), &near);
  EXPECT_EQ(side.pdus.find(500), &far);
  EXPECT_EQ(side.pdus.find(101), nullptr);
  EXPECT_EQ(side.pdus.find_before(100), nullptr);
  EXPECT_EQ(side.pdus.find_before(101), &near);
  EXPECT_EQ(side.pdus.find_before(500), &near);
  EXPECT_EQ(side.pdus.find_before(501), &far);
}

TEST(TcpPdus, the_last_eight_are_known) {
  Side side;
  for (std::uint32_t n = 1; n <= 9; ++n) side.begin(n * 100);
  EXPECT_EQ(side.pdus.find(100), nullptr);
  for (std::uint32_t n = 2; n <= 9; ++n) EXPECT_NE(side.pdus.find(n * 100), nullptr) << n;
}

TEST(TcpPdus, one_that_starts_alike_takes_the_place_of_the_earlier) {
  Side side;
  Pdu& first = side.begin(100);
  static_cast<void>(side.add(first, 0, "abc"));
  Pdu& again = side.begin(100, 103);
  EXPECT_EQ(text(side.add(again, 0, "xyz", false).bytes), "xyz");
  for (std::uint32_t n = 2; n <= 8; ++n) side.begin(n * 100);
  EXPECT_NE(side.pdus.find(100), nullptr) << "no place is lost";
}

TEST(TcpPdus, begin_says_which_frame_and_where) {
  Side side;
  const Pdu& pdu = *side.pdus.begin(100, 200, 7);
  EXPECT_EQ(pdu.sequence, 100u);
  EXPECT_EQ(pdu.next, 200u);
  EXPECT_EQ(pdu.first_frame, 7u);
  EXPECT_EQ(pdu.last_frame, 7u);
  EXPECT_FALSE(pdu.whole_segment);
}

TEST(TcpPdus, clear_forgets_all_of_them) {
  Side side;
  static_cast<void>(side.add(side.begin(1), 0, "abc"));
  side.pdus.until_fin = true;
  side.pdus.fin_frame = 3;
  side.pdus.clear();
  EXPECT_EQ(side.pdus.find(1), nullptr);
  EXPECT_FALSE(side.pdus.until_fin);
  EXPECT_EQ(side.pdus.fin_frame, 0u);
  EXPECT_EQ(text(side.add(side.begin(1), 0, "xyz", false).bytes), "xyz");
}

TEST(TcpPdus, that_were_whole_do_not_outlive_their_list_in_the_store) {
  TcpPduStore store;
  {
    TcpPduList pdus{store};
    Pdu* const pdu = pdus.begin(1, 4, 1);
    ASSERT_EQ(pdus.add(*pdu, 1, 0, octets("abc"), false).state, State::complete);
  }
  store.next_packet();  // a sanitizer sees it when an entry that is gone is touched
}

// --- limits

constexpr std::size_t mebibyte = std::size_t{1} << 20;

// Whether a PDU of `size` octets, in pieces of one mebibyte, finds room.
bool finds_room(TcpPduList& pdus, std::uint32_t sequence, std::size_t size) {
  static const std::vector<std::byte> piece(mebibyte);
  Pdu* const pdu = pdus.begin(sequence, open_end, 1);
  if (pdu == nullptr) return false;
  for (std::size_t at = 0; at < size; at += piece.size()) {
    if (pdus.add(*pdu, 1, static_cast<std::uint32_t>(at), piece, true).state != State::pending) return false;
  }
  return true;
}

TEST(TcpPduLimits, one_that_grows_too_large_is_given_up_and_stays_so) {
  Side side;
  EXPECT_TRUE(finds_room(side.pdus, 1, TcpPduStore::limit_per_pdu - mebibyte));
  EXPECT_FALSE(finds_room(side.pdus, 2, TcpPduStore::limit_per_pdu));
  Pdu& large = *side.pdus.find(2);
  EXPECT_EQ(side.add(large, 0, "a", false).state, State::too_large);
  side.pdus.reopen(large);
  EXPECT_EQ(side.add(large, 0, "a", false).state, State::too_large);
  EXPECT_EQ(side.add(side.begin(2), 0, "a", false).state, State::complete) << "another one may begin there";
}

TEST(TcpPduLimits, an_offset_far_away_takes_no_memory) {
  Side side;
  Pdu& pdu = side.begin(1);
  EXPECT_EQ(side.add(pdu, 0xffffffff, "abc").state, State::too_large);
  EXPECT_TRUE(finds_room(side.pdus, 2, 30 * mebibyte));
}

TEST(TcpPduLimits, all_of_a_store_share_its_room_and_give_it_back) {
  TcpPduStore store;
  TcpPduList one{store};
  TcpPduList other{store};
  EXPECT_TRUE(finds_room(one, 1, 30 * mebibyte));
  EXPECT_FALSE(finds_room(other, 1, 20 * mebibyte));
  EXPECT_TRUE(finds_room(other, 2, 10 * mebibyte));
  one.clear();
  EXPECT_TRUE(finds_room(other, 3, 30 * mebibyte));
}

TEST(TcpPduLimits, room_is_given_back_by_those_that_are_whole_replaced_or_given_up) {
  Side side;
  for (std::uint32_t n = 0; n < 20; ++n) {
    EXPECT_TRUE(finds_room(side.pdus, 1, 30 * mebibyte)) << n;  // takes the place of the one before
  }
  for (std::uint32_t n = 0; n < 20; ++n) {
    EXPECT_TRUE(finds_room(side.pdus, 1, 20 * mebibyte)) << n;
    EXPECT_EQ(side.add(*side.pdus.find(1), 20 * mebibyte, "", false).state, State::complete);
    side.store.next_packet();
  }
  for (std::uint32_t n = 0; n < 20; ++n) EXPECT_FALSE(finds_room(side.pdus, n, 40 * mebibyte)) << n;
  EXPECT_TRUE(finds_room(side.pdus, 1, 30 * mebibyte));
}

TEST(TcpPduLimits, one_of_too_many_pieces_is_given_up) {
  Side side;
  Pdu& pdu = side.begin(1);
  // Each behind a gap, where it has to be told from all the others.
  for (std::uint32_t n = 1; n <= TcpPduStore::maximum_pieces; ++n) {
    ASSERT_EQ(side.add(pdu, 2 * n, "a").state, State::pending) << n;
  }
  EXPECT_EQ(side.add(pdu, 0, "a").state, State::too_large);
}

// A store that is full of other things refuses lists, as those of many connections are memory too.
TEST(TcpPduLimits, lists_cost_room) {
  TcpPduStore store;
  std::vector<std::unique_ptr<TcpPduList>> lists;
  for (;;) {
    lists.push_back(std::make_unique<TcpPduList>(store));
    if (lists.back()->begin(1, 2, 1) == nullptr) break;
    ASSERT_LT(lists.size(), TcpPduStore::limit);
  }
  EXPECT_GT(lists.size(), 10'000u);
  lists.front()->clear();
  EXPECT_NE(lists.back()->begin(1, 2, 1), nullptr);
}

TEST(TcpPduLimits, buffers_are_used_again) {
  Side side;
  const auto one_pdu = [&] {
    side.store.next_packet();
    Pdu& pdu = side.begin(1, 7);
    static_cast<void>(side.add(pdu, 0, "abc"));
    EXPECT_EQ(side.add(pdu, 3, "def", false).state, State::complete);
  };
  for (int i = 0; i < 10; ++i) one_pdu();
  const AllocationCounter allocations;
  for (int i = 0; i < 1000; ++i) one_pdu();
  EXPECT_EQ(allocations.count(), 0u);
}

}  // namespace
}  // namespace encap::test
