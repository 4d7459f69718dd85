#include "encap/wire/ipv6.h"

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

// 2001:db8::1 -> 2001:db8::2, UDP, traffic class 0xb8, flow label 0x12345; "ping" for a payload
//                                version, class, flow  length next hop
constexpr auto packet = hex_bytes(
    "6b812345              0004   11   40"
    "20010db8000000000000000000000001 20010db8000000000000000000000002 70696e67");

constexpr Ipv6Address host_1{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr Ipv6Address host_2{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};

constexpr Ipv6Header header_of_packet{.source = host_1,
                                      .destination = host_2,
                                      .hop_limit = 64,
                                      .next_header = Protocol::udp,
                                      .traffic_class = 0xb8,
                                      .flow_label = 0x12345};

static_assert(Ipv6View::parse(packet).value().flow_label() == 0x12345);
static_assert(Ipv6View::parse(packet).value().payload().size() == 4);

TEST(Ipv6View, reads_each_field_of_the_golden_packet) {
  const auto ipv6 = Ipv6View::parse(packet);
  ASSERT_TRUE(ipv6.has_value());
  EXPECT_EQ(ipv6->traffic_class(), 0xb8);
  EXPECT_EQ(ipv6->flow_label(), 0x12345u);
  EXPECT_EQ(ipv6->payload_length(), 4);
  EXPECT_EQ(ipv6->next_header(), Protocol::udp);
  EXPECT_EQ(ipv6->hop_limit(), 64);
  EXPECT_EQ(ipv6->source(), host_1);
  EXPECT_EQ(ipv6->destination(), host_2);
  EXPECT_EQ(as_text(ipv6->payload()), "ping");
  EXPECT_TRUE(same_octets(ipv6->bytes(), packet));
  EXPECT_EQ(ipv6->completeness(), Completeness::whole);
}

TEST(Ipv6View, leaves_the_padding_of_a_short_frame_behind) {
  auto padded = copy_of(packet);
  padded.resize(60);
  for (const auto& parsed : {Ipv6View::parse(padded), Ipv6View::parse_captured(padded)}) {
    ASSERT_TRUE(parsed.has_value());
    EXPECT_TRUE(same_octets(parsed->bytes(), packet));
    EXPECT_EQ(parsed->completeness(), Completeness::whole);
  }
}

class Ipv6Truncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Ipv6Truncation, reports_needed_and_available) {
  const auto available = static_cast<std::uint32_t>(GetParam());
  EXPECT_TRUE(refused(Ipv6View::parse(packet.first(GetParam())),
                      available < 40 ? DissectError{Layer::ipv6, Code::truncated, Limit::captured, 0, 40, available}
                                     : DissectError{Layer::ipv6, Code::truncated, Limit::captured, 4, 44, available}));
}

TEST_P(Ipv6Truncation, keeps_what_was_captured_behind_a_whole_header) {
  const auto available = static_cast<std::uint32_t>(GetParam());
  const auto ipv6 = Ipv6View::parse_captured(packet.first(GetParam()));
  if (available < 40) {
    EXPECT_TRUE(refused(ipv6, DissectError{Layer::ipv6, Code::truncated, Limit::captured, 0, 40, available}));
    return;
  }
  ASSERT_TRUE(ipv6.has_value());
  EXPECT_EQ(ipv6->completeness(), Completeness::captured_part);
  EXPECT_EQ(ipv6->payload_length(), 4);
  EXPECT_EQ(as_text(ipv6->payload()), std::string_view{"ping"}.substr(0, available - 40));
}

INSTANTIATE_TEST_SUITE_P(Ipv6, Ipv6Truncation, ::testing::Range<std::size_t>(0, packet.size()), CaseName{});

struct RefusedCase {
  const char* name;
  const char* start;  // replaces the first octets of the golden packet
  DissectError expected;
};

class Ipv6Contradiction : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(Ipv6Contradiction, is_refused) {
  auto octets = copy_of(packet);
  std::ranges::copy(hex_vector(GetParam().start), octets.begin());
  EXPECT_TRUE(refused(Ipv6View::parse(octets), GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Ipv6, Ipv6Contradiction,
    ::testing::Values(RefusedCase{"version_4", "45", {Layer::ipv6, Code::bad_version, Limit::captured, 0, 6, 4}},
                      RefusedCase{"version_7", "70", {Layer::ipv6, Code::bad_version, Limit::captured, 0, 6, 7}},
                      RefusedCase{"payload_length_one_above_what_is_there",
                                  "6b812345 0005",
                                  {Layer::ipv6, Code::truncated, Limit::captured, 4, 45, 44}},
                      RefusedCase{"payload_length_as_large_as_it_goes",
                                  "6b812345 ffff",
                                  {Layer::ipv6, Code::truncated, Limit::captured, 4, 65575, 44}}),
    CaseName{});

TEST(Ipv6Header, emits_the_golden_packet_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(as_bytes("ping"));
  ASSERT_TRUE(prepend(buffer, header_of_packet).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), packet, {{Ipv6Field::all}}));
}

TEST(Ipv6Header, keeps_a_flow_label_to_its_twenty_bits) {
  PacketBuffer buffer = dirty_buffer();
  Ipv6Header header = header_of_packet;
  header.flow_label = 0xfff12345;
  ASSERT_TRUE(prepend(buffer, header).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes().first(4), packet.first(4)));
}

TEST(Ipv6Header, forces_a_payload_length) {
  PacketBuffer buffer = dirty_buffer(as_bytes("ping"));
  Ipv6Header header = header_of_packet;
  header.forced.payload_length = 5;
  ASSERT_TRUE(prepend(buffer, header).has_value());
  EXPECT_EQ(load_field<Ipv6Field::payload_length>(buffer.bytes()), 5);
}

TEST(Ipv6Header, refuses_more_payload_than_its_length_counts) {
  const std::vector<std::byte> zeros(65536);
  PacketBuffer buffer;
  buffer.append(zeros);
  EXPECT_TRUE(refused(prepend(buffer, header_of_packet),
                      CraftError{Layer::ipv6, CraftError::Code::payload_too_long, 65536, 65535}));
  EXPECT_EQ(buffer.size(), 65536u) << "a refused header leaves the buffer alone";
  buffer.clear();
  buffer.append(Bytes{zeros}.first(65535));
  ASSERT_TRUE(prepend(buffer, header_of_packet).has_value());
  EXPECT_EQ(Ipv6View::parse(buffer.bytes())->payload_length(), 65535);
}

TEST(Ipv6Property, what_was_written_is_read) {
  check_property(200, [](Random& random) {
    Ipv6Header header{.hop_limit = random.any<std::uint8_t>(),
                      .next_header = static_cast<Protocol>(random.any<std::uint8_t>()),
                      .traffic_class = random.any<std::uint8_t>(),
                      .flow_label = static_cast<std::uint32_t>(random.below(1u << 20))};
    for (auto& octet : header.source.octets) octet = random.any<std::uint8_t>();
    for (auto& octet : header.destination.octets) octet = random.any<std::uint8_t>();
    const auto payload = random.octets(random.below(300));
    PacketBuffer buffer = dirty_buffer(payload);
    ASSERT_TRUE(prepend(buffer, header).has_value());
    const auto ipv6 = Ipv6View::parse(buffer.bytes());
    ASSERT_TRUE(ipv6.has_value());
    EXPECT_EQ(ipv6->source(), header.source);
    EXPECT_EQ(ipv6->destination(), header.destination);
    EXPECT_EQ(ipv6->hop_limit(), header.hop_limit);
    EXPECT_EQ(ipv6->next_header(), header.next_header);
    EXPECT_EQ(ipv6->traffic_class(), header.traffic_class);
    EXPECT_EQ(ipv6->flow_label(), header.flow_label);
    EXPECT_TRUE(same_octets(ipv6->payload(), payload));
  });
}

// UDP, at 2328 octets, more to come        next reserved offset identification payload
constexpr auto fragment = hex_bytes("       11   00       0919   deadbeef       70");

static_assert(Ipv6FragmentView::parse(fragment).value().fragment_offset() == 2328);

TEST(Ipv6FragmentView, reads_each_field_of_the_golden_header) {
  const auto view = Ipv6FragmentView::parse(fragment);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->next_header(), Protocol::udp);
  EXPECT_EQ(view->fragment_offset(), 2328u);
  EXPECT_TRUE(view->more_fragments());
  EXPECT_EQ(view->identification(), 0xdeadbeef);
  EXPECT_TRUE(same_octets(view->payload(), hex_vector("70")));
}

TEST(Ipv6FragmentView, keeps_the_reserved_bits_out_of_the_offset_and_the_flag) {
  const auto octets = hex_vector("11 ff 0006 deadbeef");
  const auto view = Ipv6FragmentView::parse(octets);
  ASSERT_TRUE(view.has_value());
  EXPECT_EQ(view->fragment_offset(), 0u);
  EXPECT_FALSE(view->more_fragments());
}

class Ipv6FragmentTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(Ipv6FragmentTruncation, reports_needed_and_available) {
  EXPECT_TRUE(refused(Ipv6FragmentView::parse(fragment.first(GetParam())),
                      DissectError{Layer::ipv6_fragment, Code::truncated, Limit::captured, 0, 8,
                                   static_cast<std::uint32_t>(GetParam())}));
}

INSTANTIATE_TEST_SUITE_P(Ipv6, Ipv6FragmentTruncation,
                         ::testing::Range<std::size_t>(0, Ipv6FragmentView::header_length), CaseName{});

TEST(Ipv6FragmentHeader, emits_the_golden_header_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(hex_vector("70"));
  prepend(
      buffer,
      Ipv6FragmentHeader{
          .next_header = Protocol::udp, .fragment_offset = 291, .more_fragments = true, .identification = 0xdeadbeef});
  EXPECT_TRUE(same_octets(buffer.bytes(), fragment, {{Ipv6FragmentField::all}}));
}

TEST(Ipv6FragmentHeader, emits_the_last_fragment_at_the_last_offset) {
  PacketBuffer buffer = dirty_buffer();
  prepend(buffer, Ipv6FragmentHeader{.next_header = Protocol::tcp, .fragment_offset = 8191, .identification = 1});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("06 00 fff8 00000001"), {{Ipv6FragmentField::all}}));
}

}  // namespace
}  // namespace encap::test
