#include "encap/wire/ipv4.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

using Code = DissectError::Code;
using Limit = DissectError::Limit;

// 10.0.0.1 -> 10.0.0.2, UDP, DSCP 46, CE, more fragments at 2328, router alert option; four octets of payload
//                            version dscp total identi- fragment ttl protocol checksum source   destination option
constexpr auto packet = hex_bytes(
    "46 bb   001c  beef    2123     40  11       f0fc     0a000001 0a000002    94040000"
    "70696e67");

constexpr Ipv4Address host_1{0x0a000001};
constexpr Ipv4Address host_2{0x0a000002};
constexpr auto router_alert = hex_bytes("94040000");

Ipv4Header header_of_packet() {
  return {.source = host_1,
          .destination = host_2,
          .time_to_live = 64,
          .protocol = Protocol::udp,
          .dscp = 46,
          .ecn = 3,
          .identification = 0xbeef,
          .more_fragments = true,
          .fragment_offset = 291,
          .options = router_alert};
}

static_assert(Ipv4View::parse(packet).value().source() == host_1);
static_assert(Ipv4View::parse(packet).value().options().size() == 4);

TEST(Ipv4View, reads_each_field_of_the_golden_packet) {
  const auto ipv4 = Ipv4View::parse(packet);
  ASSERT_TRUE(ipv4.has_value());
  EXPECT_EQ(ipv4->header_length(), 24u);
  EXPECT_EQ(ipv4->dscp(), 46);
  EXPECT_EQ(ipv4->ecn(), 3);
  EXPECT_EQ(ipv4->total_length(), 28);
  EXPECT_EQ(ipv4->identification(), 0xbeef);
  EXPECT_FALSE(ipv4->dont_fragment());
  EXPECT_TRUE(ipv4->more_fragments());
  EXPECT_EQ(ipv4->fragment_offset(), 291u * 8);
  EXPECT_EQ(ipv4->time_to_live(), 64);
  EXPECT_EQ(ipv4->protocol(), Protocol::udp);
  EXPECT_EQ(ipv4->checksum(), 0xf0fc);
  EXPECT_EQ(ipv4->source(), host_1);
  EXPECT_EQ(ipv4->destination(), host_2);
  EXPECT_TRUE(same_octets(ipv4->options(), router_alert));
  EXPECT_TRUE(same_octets(ipv4->header(), packet.first(24)));
  EXPECT_EQ(as_text(ipv4->payload()), "ping");
  EXPECT_TRUE(same_octets(ipv4->bytes(), packet));
  EXPECT_EQ(ipv4->completeness(), Completeness::whole);
}

TEST(Ipv4View, leaves_the_padding_of_a_short_frame_behind) {
  auto padded = copy_of(packet);
  padded.resize(46);
  for (const auto& parsed : {Ipv4View::parse(padded), Ipv4View::parse_captured(padded)}) {
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(same_octets(parsed->bytes(), packet));
    EXPECT_EQ(as_text(parsed->payload()), "ping");
    EXPECT_EQ(parsed->completeness(), Completeness::whole);
  }
}

class Ipv4Truncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Ipv4Truncation, reports_needed_and_available) {
  const auto available = static_cast<std::uint32_t>(GetParam());
  EXPECT_TRUE(refused(Ipv4View::parse(packet.first(GetParam())),
                      available < 20 ? DissectError{Layer::ipv4, Code::truncated, Limit::captured, 0, 20, available}
                                     : DissectError{Layer::ipv4, Code::truncated, Limit::captured, 2, 28, available}));
}

TEST_P(Ipv4Truncation, keeps_what_was_captured_behind_a_whole_header) {
  const auto available = static_cast<std::uint32_t>(GetParam());
  const auto ipv4 = Ipv4View::parse_captured(packet.first(GetParam()));
  if (available < 20) {
    EXPECT_TRUE(refused(ipv4, DissectError{Layer::ipv4, Code::truncated, Limit::captured, 0, 20, available}));
    return;
  }
  if (available < 24) {
    EXPECT_TRUE(refused(ipv4, DissectError{Layer::ipv4, Code::truncated, Limit::header_length, 0, 24, available}));
    return;
  }
  ASSERT_TRUE(ipv4.has_value());
  EXPECT_EQ(ipv4->completeness(), Completeness::captured_part);
  EXPECT_EQ(ipv4->total_length(), 28);
  EXPECT_TRUE(same_octets(ipv4->options(), router_alert));
  EXPECT_EQ(as_text(ipv4->payload()), std::string_view{"ping"}.substr(0, available - 24));
}

INSTANTIATE_TEST_SUITE_P(Ipv4, Ipv4Truncation, ::testing::Range<std::size_t>(0, packet.size()), CaseName{});

struct RefusedCase {
  const char* name;
  const char* start;  // replaces the first octets of the golden packet
  DissectError expected;
};

class Ipv4Contradiction : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(Ipv4Contradiction, is_refused) {
  auto octets = copy_of(packet);
  std::ranges::copy(hex_vector(GetParam().start), octets.begin());
  EXPECT_TRUE(refused(Ipv4View::parse(octets), GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Ipv4, Ipv4Contradiction,
    ::testing::Values(
        RefusedCase{"version_6", "66", {Layer::ipv4, Code::bad_version, Limit::captured, 0, 4, 6}},
        RefusedCase{"version_0", "06", {Layer::ipv4, Code::bad_version, Limit::captured, 0, 4, 0}},
        RefusedCase{"header_length_of_zero", "40", {Layer::ipv4, Code::bad_length, Limit::header_length, 0, 20, 0}},
        RefusedCase{
            "header_length_one_word_short", "44", {Layer::ipv4, Code::bad_length, Limit::header_length, 0, 20, 16}},
        RefusedCase{"header_longer_than_the_packet",
                    "48 bb 001c",
                    {Layer::ipv4, Code::bad_length, Limit::total_length, 2, 32, 28}},
        RefusedCase{
            "total_length_of_zero", "46 bb 0000", {Layer::ipv4, Code::bad_length, Limit::total_length, 2, 24, 0}},
        RefusedCase{"total_length_within_the_options",
                    "46 bb 0017",
                    {Layer::ipv4, Code::bad_length, Limit::total_length, 2, 24, 23}},
        RefusedCase{"total_length_one_above_what_is_there",
                    "46 bb 001d",
                    {Layer::ipv4, Code::truncated, Limit::captured, 2, 29, 28}},
        RefusedCase{"total_length_as_large_as_it_goes",
                    "46 bb ffff",
                    {Layer::ipv4, Code::truncated, Limit::captured, 2, 65535, 28}}),
    CaseName{});

TEST(Ipv4View, takes_a_packet_that_is_all_header) {
  const auto octets = hex_vector("46bb 0018 beef 2123 4011 f0fc 0a000001 0a000002 94040000");
  const auto ipv4 = Ipv4View::parse(octets);
  ASSERT_TRUE(ipv4.has_value());
  EXPECT_TRUE(ipv4->payload().empty());
}

TEST(Ipv4Header, emits_the_golden_packet_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(as_bytes("ping"));
  ASSERT_TRUE(prepend(buffer, header_of_packet()).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), packet, {{Ipv4Field::all}}));
}

struct HeaderCase {
  const char* name;
  Ipv4Header header;
  const char* octets;
};

constexpr Ipv4Address localhost{0x7f000001};

class Ipv4Emit : public ::testing::TestWithParam<HeaderCase> {};

TEST_P(Ipv4Emit, over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer();
  ASSERT_TRUE(prepend(buffer, GetParam().header).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector(GetParam().octets), {{Ipv4Field::all}}));
}

INSTANTIATE_TEST_SUITE_P(
    Ipv4, Ipv4Emit,
    ::testing::Values(HeaderCase{"defaults",
                                 {.source = localhost, .destination = localhost},
                                 "4500 0014 0000 0000 4006 7ce2 7f000001 7f000001"},
                      HeaderCase{"checksum_computed_zero_stays_zero",
                                 {.source = localhost, .destination = localhost, .identification = 0x7ce2},
                                 "4500 0014 7ce2 0000 4006 0000 7f000001 7f000001"},
                      HeaderCase{"checksum_carry_out_of_the_top_is_added_back",
                                 {.source = {0xffffffff}, .destination = {0xffffffff}},
                                 "4500 0014 0000 0000 4006 7ae5 ffffffff ffffffff"},
                      HeaderCase{"checksum_forced",
                                 {.source = localhost, .destination = localhost, .forced = {.checksum = 0xdead}},
                                 "4500 0014 0000 0000 4006 dead 7f000001 7f000001"},
                      HeaderCase{"checksum_absent_is_zero_by_force",
                                 {.source = localhost, .destination = localhost, .forced = {.checksum = 0}},
                                 "4500 0014 0000 0000 4006 0000 7f000001 7f000001"},
                      HeaderCase{
                          "forced_lengths_are_summed_as_they_stand",
                          {.source = localhost, .destination = localhost, .forced = {.ihl = 4, .total_length = 13}},
                          "4400 000d 0000 0000 4006 7de9 7f000001 7f000001"},
                      HeaderCase{"dont_fragment",
                                 {.source = localhost, .destination = localhost, .dont_fragment = true},
                                 "4500 0014 0000 4000 4006 3ce2 7f000001 7f000001"},
                      HeaderCase{"last_fragment_offset",
                                 {.source = localhost, .destination = localhost, .fragment_offset = 8191},
                                 "4500 0014 0000 1fff 4006 5ce3 7f000001 7f000001"},
                      HeaderCase{"dscp_and_ecn_keep_to_their_bits",
                                 {.source = localhost, .destination = localhost, .dscp = 63, .ecn = 0},
                                 "45fc 0014 0000 0000 4006 7be6 7f000001 7f000001"}),
    CaseName{});

TEST(Ipv4Header, refuses_what_the_packet_cannot_carry) {
  const std::vector<std::byte> zeros(65535);
  PacketBuffer buffer;
  Ipv4Header header = header_of_packet();
  header.options = Bytes{zeros}.first(44);
  EXPECT_TRUE(refused(prepend(buffer, header), CraftError{Layer::ipv4, CraftError::Code::options_too_long, 44, 40}));
  header.options = Bytes{zeros}.first(3);
  EXPECT_TRUE(refused(prepend(buffer, header), CraftError{Layer::ipv4, CraftError::Code::options_unaligned, 3, 40}));
  header.options = Bytes{zeros}.first(40);
  buffer.append(Bytes{zeros}.first(65476));
  EXPECT_TRUE(
      refused(prepend(buffer, header), CraftError{Layer::ipv4, CraftError::Code::payload_too_long, 65476, 65475}));
  EXPECT_EQ(buffer.size(), 65476u) << "a refused header leaves the buffer alone";
  buffer.clear();
  buffer.append(Bytes{zeros}.first(65475));
  ASSERT_TRUE(prepend(buffer, header).has_value());
  EXPECT_EQ(Ipv4View::parse(buffer.bytes())->total_length(), 65535);
}

TEST(Ipv4Property, what_was_written_is_read_and_its_header_sums_to_ffff) {
  check_property(300, [](Random& random) {
    const auto options = random.octets(4 * random.below(11));
    const auto payload = random.octets(random.below(300));
    const Ipv4Header header{.source = {random.any<std::uint32_t>()},
                            .destination = {random.any<std::uint32_t>()},
                            .time_to_live = random.any<std::uint8_t>(),
                            .protocol = static_cast<Protocol>(random.any<std::uint8_t>()),
                            .dscp = static_cast<std::uint8_t>(random.below(64)),
                            .ecn = static_cast<std::uint8_t>(random.below(4)),
                            .identification = random.any<std::uint16_t>(),
                            .dont_fragment = random.one_in(2),
                            .more_fragments = random.one_in(2),
                            .fragment_offset = static_cast<std::uint16_t>(random.below(8192)),
                            .options = options};
    PacketBuffer buffer = dirty_buffer(payload);
    ASSERT_TRUE(prepend(buffer, header).has_value());
    const auto ipv4 = Ipv4View::parse(buffer.bytes());
    ASSERT_TRUE(ipv4.has_value());
    EXPECT_EQ(ipv4->source(), header.source);
    EXPECT_EQ(ipv4->destination(), header.destination);
    EXPECT_EQ(ipv4->time_to_live(), header.time_to_live);
    EXPECT_EQ(ipv4->protocol(), header.protocol);
    EXPECT_EQ(ipv4->dscp(), header.dscp);
    EXPECT_EQ(ipv4->ecn(), header.ecn);
    EXPECT_EQ(ipv4->identification(), header.identification);
    EXPECT_EQ(ipv4->dont_fragment(), header.dont_fragment);
    EXPECT_EQ(ipv4->more_fragments(), header.more_fragments);
    EXPECT_EQ(ipv4->fragment_offset(), header.fragment_offset * 8u);
    EXPECT_EQ(load_field<Ipv4Field::reserved>(buffer.bytes()), 0);
    EXPECT_TRUE(same_octets(ipv4->options(), options));
    EXPECT_TRUE(same_octets(ipv4->payload(), payload));
    EXPECT_EQ(Checksum{}.add(ipv4->header()).sum(), 0xffff);
  });
}

}  // namespace
}  // namespace encap::test
