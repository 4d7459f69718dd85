// Segments put in their order, each octet once, as tshark does.
#include "statistics/tcp_follower.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "support/property.h"

namespace encap::test {
namespace {

// What is delivered, a line for each chunk: `0 "text" 3` is of the first one's direction, in frame 3.
class Followed {
 public:
  TcpFollower::Taken take(bool back, std::uint32_t sequence, std::string_view text, std::uint32_t acknowledgment = 0,
                          std::uint32_t not_captured = 0) {
    FollowedSegment segment;
    segment.frame = ++frames_;
    segment.sequence_number = sequence;
    segment.acknowledgment_number = acknowledgment;
    segment.length = static_cast<std::uint32_t>(text.size()) + not_captured;
    segment.octets = as_bytes(text);
    return follower.take(back, segment);
  }
  void take_syn(std::uint32_t sequence) {
    FollowedSegment segment;
    segment.frame = ++frames_;
    segment.sequence_number = sequence;
    segment.syn = true;
    static_cast<void>(follower.take(false, segment));
  }

  std::vector<std::string> delivered;
  std::vector<std::uint64_t> hidden;
  TcpFollower follower{[this](bool back, const TcpFollower::Chunk& chunk) {
                         std::string text{as_text(chunk.octets)};
                         if (chunk.missing) text.pop_back();  // the NUL that is counted
                         delivered.push_back((back ? "1 " : "0 ") + text + ' ' + std::to_string(chunk.frame));
                       },
                       [this](std::uint64_t frame) { hidden.push_back(frame); }};

 private:
  std::uint64_t frames_ = 0;
};

using Lines = std::vector<std::string>;
using Fate = TcpFollower::Fate;

TEST(TcpFollower, delivers_what_is_in_order_at_once) {
  Followed f;
  EXPECT_EQ(f.take(false, 1, "one").fate, Fate::in_order);
  EXPECT_EQ(f.take(true, 500, "two").fate, Fate::in_order);
  EXPECT_EQ(f.take(false, 4, "three").fate, Fate::in_order);
  EXPECT_EQ(f.delivered, (Lines{"0 one 1", "1 two 2", "0 three 3"}));
}

TEST(TcpFollower, drops_what_was_there_and_keeps_the_end_that_is_new) {
  Followed f;
  f.take(false, 1, "abcd");
  EXPECT_EQ(f.take(false, 1, "XXXX").fate, Fate::repeated);
  const auto taken = f.take(false, 3, "XXef");
  EXPECT_EQ(taken.fate, Fate::partly);
  EXPECT_EQ(taken.repeated, 2u);
  EXPECT_EQ(f.delivered, (Lines{"0 abcd 1", "0 ef 3"}));
}

TEST(TcpFollower, holds_what_comes_early_until_the_gap_is_filled) {
  Followed f;
  f.take(false, 1, "ab");
  EXPECT_EQ(f.take(false, 5, "ef").fate, Fate::waits);
  EXPECT_EQ(f.take(false, 7, "gh").fate, Fate::waits);
  f.take(false, 3, "cd");
  EXPECT_EQ(f.delivered, (Lines{"0 ab 1", "0 cd 4", "0 ef 2", "0 gh 3"}));
}

TEST(TcpFollower, lets_the_first_of_those_that_lap_over_have_its_way) {
  Followed f;
  f.take(false, 1, "a");
  f.take(false, 5, "EFGH");
  f.take(false, 4, "defgh");
  f.take(false, 6, "fg");
  f.take(false, 2, "bcd");  // both of the others begin within what it reaches to
  EXPECT_EQ(f.delivered, (Lines{"0 a 1", "0 bcd 5", "0 EFGH 2"}));
  EXPECT_EQ(f.hidden, (std::vector<std::uint64_t>{3, 4}));
}

TEST(TcpFollower, passes_over_a_gap_that_was_acknowledged) {
  Followed f;
  f.take(true, 100, "", 1);
  f.take(false, 1, "ab");
  f.take(false, 13, "behind");
  f.take(true, 100, "", 13);  // up to the gap's end only
  EXPECT_EQ(f.delivered, Lines{"0 ab 2"});
  f.take(true, 100, "ok", 19);
  EXPECT_EQ(f.delivered, (Lines{"0 ab 2", "0 [10 bytes missing in capture file] 5", "0 behind 3", "1 ok 5"}));
}

TEST(TcpFollower, delivers_nothing_behind_a_gap_that_nobody_acknowledged) {
  Followed f;
  f.take(false, 1, "ab");
  f.take(false, 13, "behind");
  EXPECT_EQ(f.delivered, Lines{"0 ab 1"});
  std::vector<std::uint64_t> waiting;
  f.follower.for_each_waiting([&](std::uint64_t frame) { waiting.push_back(frame); });
  EXPECT_EQ(waiting, std::vector<std::uint64_t>{2});
}

TEST(TcpFollower, takes_keep_alives_for_what_they_are) {
  Followed f;
  f.take(false, 1, "abc");
  EXPECT_EQ(f.take(false, 3, "x").fate, Fate::repeated);
  EXPECT_EQ(f.delivered, Lines{"0 abc 1"});
}

TEST(TcpFollower, goes_on_where_sequence_numbers_wrap) {
  Followed f;
  f.take(false, 0xfffffffe, "abcd");
  f.take(false, 6, "gh");
  f.take(false, 2, "cdef");
  EXPECT_EQ(f.delivered, (Lines{"0 abcd 1", "0 cdef 3", "0 gh 2"}));
}

TEST(TcpFollower, begins_behind_the_syn) {
  Followed f;
  f.take_syn(41);
  f.take(false, 42, "a");
  f.take(false, 45, "behind");
  EXPECT_EQ(f.delivered, Lines{"0 a 2"});
}

TEST(TcpFollower, counts_octets_that_the_capture_did_not_keep) {
  Followed f;
  f.take(false, 1, "ab", 0, 4);
  f.take(false, 7, "gh");
  EXPECT_EQ(f.delivered, (Lines{"0 ab 1", "0 gh 2"}));
}

// A capture of one direction: nobody acknowledges, and nothing must be lost or held without end.
TEST(TcpFollower, passes_over_a_gap_when_too_much_waits) {
  Followed f;
  const std::string block(60'000, 'x');
  f.take(false, 1, "a");
  std::uint32_t sequence = 100;
  const std::size_t enough = TcpFollower::waiting_limit / block.size() + 2;
  for (std::size_t i = 0; i < enough; ++i, sequence += static_cast<std::uint32_t>(block.size())) {
    f.take(false, sequence, block);
  }
  ASSERT_GT(f.delivered.size(), enough);
  EXPECT_TRUE(f.delivered[1].starts_with("0 [98 bytes missing in capture file]")) << f.delivered[1].substr(0, 50);
}

TEST(TcpFollowerProperty, any_order_of_any_cuts_gives_the_stream) {
  std::string expected;
  for (int i = 0; i < 400; ++i) expected += static_cast<char>('!' + i % 90);
  check_property(50, [&](Random& random) {
    std::string got;
    TcpFollower follower{[&](bool, const TcpFollower::Chunk& chunk) {
      EXPECT_FALSE(chunk.missing);
      got += as_text(chunk.octets);
    }};
    const auto start = random.any<std::uint32_t>();
    const auto send = [&](std::size_t at, std::size_t size) {
      FollowedSegment segment;
      const std::string_view text = std::string_view{expected}.substr(at, size);
      segment.sequence_number = start + static_cast<std::uint32_t>(at);
      segment.length = static_cast<std::uint32_t>(text.size());
      segment.octets = as_bytes(text);
      static_cast<void>(follower.take(false, segment));
    };
    send(0, 1);
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < expected.size(); at += 5) places.push_back(at);
    for (std::size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[random.below(i)]);
    for (const std::size_t at : places) send(at, 5 + random.below(40));
    EXPECT_EQ(got, expected);
  });
}

}  // namespace
}  // namespace encap::test
