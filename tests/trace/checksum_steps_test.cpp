#include "encap/trace/checksum_steps.h"

#include <gtest/gtest.h>

#include "support/hex.h"

namespace encap::test {
namespace {

const PseudoHeader loopback{Ipv4Address{0x7f000001}, Ipv4Address{0x7f000001}, Protocol::tcp, 38};

// The header of the golden packet, and its segment.
constexpr auto golden_ip = hex_bytes("4500 003a 0001 0000 4006 7cbb 7f00 0001 7f00 0001");
constexpr auto golden_tcp =
    hex_bytes("13d2 3039 0000 0000 0000 0000 5018 2000 b54e 0000   474554202f626c6f6720485454502f312e31");

TEST(ChecksumSteps, of_the_golden_header_end_in_its_checksum) {
  const NamedOctets names[] = {{0, 1, "Version"}, {0, 1, "Header Length"}, {1, 1, "Services"}, {12, 4, "Source"}};
  const ChecksumSteps steps = work_out_checksum(nullptr, golden_ip, {.field = 10, .header = 20}, names);
  ASSERT_EQ(steps.words.size(), 10u);
  EXPECT_EQ(steps.words[0].what, "Version; Header Length; Services");
  EXPECT_EQ(steps.words[5].value, 0) << "the checksum counts as zero";
  EXPECT_EQ(steps.words[6].what, "Source, word 1 of 2");
  EXPECT_EQ(steps.words[7].what, "Source, word 2 of 2");
  EXPECT_EQ(steps.words[9].sum, 0x18343u);
  ASSERT_EQ(steps.folds.size(), 1u);
  EXPECT_EQ(steps.folds[0].after, 0x8344u);
  EXPECT_EQ(steps.result, 0x7cbb);
  EXPECT_EQ(steps.in_packet, 0x7cbb);
}

TEST(ChecksumSteps, of_a_segment_begin_with_the_pseudo_header) {
  const ChecksumSteps steps = work_out_checksum(&loopback, golden_tcp, {.field = 16, .header = 20}, {});
  ASSERT_EQ(steps.words.size(), 6u + 19u);
  EXPECT_EQ(steps.words[5].part, ChecksumWord::Part::pseudo_header);
  EXPECT_EQ(steps.words[5].value, 38);
  EXPECT_EQ(steps.words[5].sum, loopback.sum());
  EXPECT_EQ(steps.words[16].part, ChecksumWord::Part::payload);
  EXPECT_EQ(steps.words[16].what, "\"GE\"");
  EXPECT_EQ(steps.result, 0xb54e);
}

TEST(ChecksumSteps, fill_an_odd_last_octet) {
  constexpr auto datagram = hex_bytes("c000 0035 0009 0000 70");
  const PseudoHeader pseudo{Ipv4Address{0x7f000001}, Ipv4Address{0x7f000001}, Protocol::udp, 9};
  const ChecksumSteps steps = work_out_checksum(&pseudo, datagram, {.field = 6, .header = 8}, {});
  EXPECT_EQ(steps.words.back().value, 0x7000);
  EXPECT_NE(steps.words.back().what.find("zero octet"), std::string::npos);
  EXPECT_TRUE(steps.is_absent) << "a UDP checksum of zero is none";
  EXPECT_EQ(steps.result, Checksum{}.add(pseudo).add(datagram).finish());
}

TEST(ChecksumSteps, send_a_zero_as_ones_over_udp) {
  // Words that add up to 0xffff: 0x0011 + 0x000a of the pseudo-header, and these.
  constexpr auto datagram = hex_bytes("0000 0000 000a 0000 ffda");
  const PseudoHeader pseudo{Ipv4Address{0}, Ipv4Address{0}, Protocol::udp, 10};
  const ChecksumSteps steps = work_out_checksum(&pseudo, datagram, {.field = 6, .header = 8}, {});
  EXPECT_EQ(steps.sum, 0xffff);
  EXPECT_EQ(steps.complement, 0);
  EXPECT_EQ(steps.result, 0xffff);
}

TEST(ChecksumSteps, cover_both_addresses_of_ipv6) {
  const PseudoHeader pseudo{*IpAddress::parse("2001:db8::1"), *IpAddress::parse("2001:db8::2"), Protocol::tcp, 38};
  const ChecksumSteps steps = work_out_checksum(&pseudo, golden_tcp, {.field = 16, .header = 20}, {});
  ASSERT_EQ(steps.words.size(), 20u + 19u);
  EXPECT_EQ(steps.words[19].sum, pseudo.sum());
}

TEST(ChecksumSteps, of_a_long_payload_are_shown_at_its_ends) {
  std::vector<std::byte> segment(20 + 1448, std::byte{0x61});
  const ChecksumSteps steps = work_out_checksum(&loopback, segment, {.field = 16, .header = 20}, {});
  const std::vector<WordRun> runs = shown_words(steps);
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].count + runs[1].count + runs[2].count, steps.words.size());
  EXPECT_FALSE(runs[1].in_full);
  EXPECT_EQ(steps.words[runs[1].first - 1].sum + runs[1].sum, steps.words[runs[2].first - 1].sum);
}

}  // namespace
}  // namespace encap::test
