#include "encap/filter/filter.h"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "encap/dissect/dissector.h"
#include "support/allocation_counter.h"
#include "support/hex.h"

namespace encap::test {
namespace {

/// 10.0.0.1:1000 -> 10.0.0.2:80, SYN.
constexpr std::string_view syn =
    "020000000002 020000000001 0800"
    "4500002800010000400666cd 0a000001 0a000002"
    "03e8 0050 00000064 00000000 5002 2000 0000 0000";

class FilterTest : public testing::Test {
 protected:
  explicit FilterTest(Detail detail = Detail::fields) : dissection_{detail} {
    record_.link_type = LinkType::ethernet;
    record_.bytes = octets_;
    record_.original_length = static_cast<std::uint32_t>(octets_.size());
    dissector_.dissect(record_, dissection_);
  }
  bool matches(std::string_view text) {
    auto filter = Filter::compile(text);
    EXPECT_TRUE(filter.has_value()) << text;
    return filter && filter->matches(dissection_);
  }
  static std::string refused(std::string_view text) {
    auto filter = Filter::compile(text);
    return filter ? "" : to_string(filter.error(), text);
  }

  std::vector<std::byte> octets_ = hex_vector(syn);
  PacketRecord record_;
  Dissector dissector_;
  Dissection dissection_;
};

using Filtering = FilterTest;

TEST_F(Filtering, an_empty_filter_matches_everything) {
  EXPECT_TRUE(matches(""));
  EXPECT_TRUE(matches(" \t\n"));
}

TEST_F(Filtering, xor_binds_tighter_than_or_and_looser_than_and) {
  EXPECT_TRUE(matches("tcp xor udp"));
  EXPECT_FALSE(matches("tcp xor ip"));
  EXPECT_FALSE(matches("tcp ^^ ip"));
  EXPECT_TRUE(matches("tcp xor ip xor eth"));
  EXPECT_TRUE(matches("tcp or ip xor tcp"));   // tcp or (ip xor tcp)
  EXPECT_TRUE(matches("tcp xor ip and udp"));  // tcp xor (ip and udp)
  EXPECT_FALSE(matches("not tcp xor ip xor tcp"));
}

TEST_F(Filtering, a_field_that_nothing_fills_is_never_there) {
  auto filter = Filter::compile("tcp.of_the_future == 5 or ip.nowhere or len(tcp.of_the_future) > 0");
  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ(filter->unfilled(), (std::vector<std::string>{"tcp.of_the_future", "ip.nowhere"}));
  EXPECT_FALSE(filter->matches(dissection_));
  EXPECT_TRUE(matches("not tcp.of_the_future == 5"));
  EXPECT_FALSE(matches("tcp.of_the_future != 5"));
  EXPECT_FALSE(matches("tcp.port == tcp.of_the_future"));
  EXPECT_FALSE(matches("tcp.of_the_future[0:2] contains \"a\" or tcp.of_the_future in {1, 2}"));
}

TEST_F(Filtering, a_word_that_can_be_a_literal_is_one_though_it_looks_like_a_field) {
  auto filter = Filter::compile("http.host == http.example");
  ASSERT_TRUE(filter.has_value());
  EXPECT_TRUE(filter->unfilled().empty());
}

TEST_F(Filtering, the_marks_are_under_what_is_meant) {
  EXPECT_EQ(refused("tcp.port == foo"), "\"foo\" is not a valid number.\n    tcp.port == foo\n                ^~~");
  EXPECT_EQ(refused("tcp and"), "Unexpected end of filter expression.");
}

TEST_F(Filtering, what_lies_too_deep_is_refused_where_tshark_refuses_it) {
  const auto nested = [](std::string_view open, std::size_t count, std::string_view inner, std::string_view close) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += open;
    text += inner;
    for (std::size_t i = 0; i < count; ++i) text += close;
    return text;
  };
  EXPECT_EQ(refused(nested("(", 97, "tcp", ")")), "");
  EXPECT_NE(refused(nested("(", 98, "tcp", ")")), "");
  EXPECT_EQ(refused(nested("(", 96, "tcp.port == 80", ")")), "");
  EXPECT_NE(refused(nested("(", 97, "tcp.port == 80", ")")), "");
  EXPECT_EQ(refused("tcp.port == " + nested("{", 95, "80", "}")), "");
  EXPECT_NE(refused("tcp.port == " + nested("{", 96, "80", "}")), "");
  EXPECT_EQ(refused(nested("tcp and (", 32, "tcp", ")")), "");
  EXPECT_NE(refused(nested("tcp and (", 33, "tcp", ")")), "");
  EXPECT_EQ(refused(nested("not (", 48, "tcp", ")")), "");
  EXPECT_NE(refused(nested("not (", 49, "tcp", ")")), "");
  EXPECT_EQ(refused(nested("max(", 48, "tcp.port", ")") + " == 80"), "");
  EXPECT_NE(refused(nested("max(", 49, "tcp.port", ")") + " == 80"), "");
  EXPECT_NE(refused(std::string(100'000, '(')), "");
}

TEST_F(Filtering, long_filters_are_no_deep_ones) {
  std::string all = "tcp.port == 1";
  std::string sum = "tcp.port == 80";
  for (int i = 0; i < 5000; ++i) {
    all += " or tcp.port == " + std::to_string(i);
    sum += " + 0";
  }
  EXPECT_TRUE(matches(all));
  EXPECT_TRUE(matches(sum));
  EXPECT_TRUE(matches(std::string(60'000, '!') + "tcp"));
}

TEST_F(Filtering, allocates_nothing_once_it_has_seen_such_a_packet) {
  auto filter = Filter::compile(
      "not (tcp.port == 81 or ip.addr == 11.0.0.0/8 or tcp contains \"GET\" or eth.src[0:3] == 01:02:03) and "
      "tcp.flags & 0x12 == 2 and max(tcp.srcport, tcp.dstport) - tcp.dstport == 920 and frame[0,2-3] != 00 and "
      "string(ip.ttl) matches \"^6\" and tcp.port in {1..79, 80} and ip.src#1 and upper(frame.protocols) contains TCP");
  ASSERT_TRUE(filter.has_value());
  EXPECT_TRUE(filter->matches(dissection_));
  const AllocationCounter allocations;
  EXPECT_TRUE(filter->matches(dissection_));
  EXPECT_EQ(allocations.count(), 0u);
}

TEST_F(Filtering, sums_of_many_values_have_an_end) {
  std::string sum = "tcp.port";
  for (int i = 0; i < 200; ++i) sum += " + tcp.port * ip.addr#0";
  EXPECT_NE(refused(sum), "");
  sum = "tcp.port";
  for (int i = 0; i < 60; ++i) sum += " + tcp.port";
  EXPECT_TRUE(matches(sum));
}

}  // namespace
}  // namespace encap::test
