#include "encap/wire/udp.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

// 127.0.0.1:49152 -> 127.0.0.1:53   source dest length checksum  "ping"
constexpr auto datagram = hex_bytes("c000   0035 000c   62cd      70696e67");

constexpr Ipv4Address localhost{0x7f000001};
constexpr Route route{{localhost, Port{49152}}, {localhost, Port{53}}};
constexpr Ipv6Address host_1{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr Ipv6Address host_2{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
constexpr Route route_6{{host_1, Port{49152}}, {host_2, Port{53}}};

UdpHeader header_of(const Route& on) {
  return {.source_port = on.source.port, .destination_port = on.destination.port};
}

static_assert(UdpView::parse(datagram).value().source_port() == Port{49152});
static_assert(UdpView::parse(datagram).value().payload().size() == 4);
static_assert(!UdpView::parse(Bytes{}).has_value());

TEST(UdpView, reads_each_field_of_the_golden_datagram) {
  const auto udp = UdpView::parse(datagram);
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->source_port(), Port{49152});
  EXPECT_EQ(udp->destination_port(), Port{53});
  EXPECT_EQ(udp->length(), 12);
  EXPECT_EQ(udp->checksum(), 0x62cd);
  EXPECT_EQ(as_text(udp->payload()), "ping");
  EXPECT_TRUE(same_octets(udp->bytes(), datagram));
  EXPECT_EQ(udp->completeness(), Completeness::whole);
}

TEST(UdpView, keeps_only_the_octets_named_by_length) {
  const auto padded = hex_vector("c000 0035 000c 62cd 70696e67 0000 0000");
  const auto udp = UdpView::parse(padded);
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(as_text(udp->payload()), "ping");
  EXPECT_TRUE(same_octets(udp->bytes(), datagram));
  const auto captured = UdpView::parse_captured(padded);
  ASSERT_TRUE(captured.has_value());
  EXPECT_EQ(captured->completeness(), Completeness::whole);
  EXPECT_EQ(as_text(captured->payload()), "ping");
}

TEST(UdpView, takes_a_datagram_without_payload) {
  constexpr auto empty = hex_bytes("c000 0035 0008 0000");
  const auto udp = UdpView::parse(empty);
  ASSERT_TRUE(udp.has_value());
  EXPECT_TRUE(udp->payload().empty());
}

class UdpTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(UdpTruncation, reports_needed_and_available) {
  const std::size_t size = GetParam();
  const bool header_whole = size >= UdpView::header_length;
  EXPECT_TRUE(refused(UdpView::parse(datagram.first(size)),
                      DissectError{Layer::udp, DissectError::Code::truncated, DissectError::Limit::captured,
                                   header_whole ? 4u : 0u, header_whole ? 12u : 8u, static_cast<std::uint32_t>(size)}));
}

TEST_P(UdpTruncation, keeps_what_was_captured_behind_a_whole_header) {
  const std::size_t size = GetParam();
  const auto udp = UdpView::parse_captured(datagram.first(size));
  if (size < UdpView::header_length) {
    EXPECT_TRUE(refused(udp, DissectError{Layer::udp, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                          8, static_cast<std::uint32_t>(size)}));
    return;
  }
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->completeness(), Completeness::captured_part);
  EXPECT_EQ(udp->length(), 12);
  EXPECT_EQ(as_text(udp->payload()), std::string_view{"ping"}.substr(0, size - UdpView::header_length));
}

INSTANTIATE_TEST_SUITE_P(Udp, UdpTruncation, ::testing::Range<std::size_t>(0, datagram.size()), CaseName{});

struct LengthCase {
  const char* name;
  const char* octets;
  DissectError expected;
};

class UdpLength : public ::testing::TestWithParam<LengthCase> {};

TEST_P(UdpLength, that_contradicts_is_refused) {
  const auto octets = hex_vector(GetParam().octets);
  EXPECT_TRUE(refused(UdpView::parse(octets), GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Udp, UdpLength,
    ::testing::Values(
        LengthCase{"of_zero",
                   "c000 0035 0000 62cd 70696e67",
                   {Layer::udp, DissectError::Code::bad_length, DissectError::Limit::udp_length, 4, 8, 0}},
        LengthCase{"one_below_the_header",
                   "c000 0035 0007 62cd 70696e67",
                   {Layer::udp, DissectError::Code::bad_length, DissectError::Limit::udp_length, 4, 8, 7}},
        LengthCase{"one_above_what_is_there",
                   "c000 0035 000d 62cd 70696e67",
                   {Layer::udp, DissectError::Code::truncated, DissectError::Limit::captured, 4, 13, 12}},
        LengthCase{"as_large_as_it_goes",
                   "c000 0035 ffff 62cd 70696e67",
                   {Layer::udp, DissectError::Code::truncated, DissectError::Limit::captured, 4, 65535, 12}}),
    CaseName{});

TEST(UdpView, of_a_captured_part_still_refuses_a_length_below_the_header) {
  constexpr auto octets = hex_bytes("c000 0035 0007 62cd");
  EXPECT_TRUE(refused(UdpView::parse_captured(octets), DissectError{Layer::udp, DissectError::Code::bad_length,
                                                                    DissectError::Limit::udp_length, 4, 8, 7}));
}

TEST(UdpHeader, emits_the_golden_datagram_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(as_bytes("ping"));
  ASSERT_TRUE(prepend(buffer, header_of(route), route).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), datagram, {{UdpField::all}}));
}

struct ChecksumCase {
  const char* name;
  const char* payload;
  Route route;
  UdpHeader::Forced forced;
  const char* datagram;
};

class UdpChecksum : public ::testing::TestWithParam<ChecksumCase> {};

TEST_P(UdpChecksum, is_written) {
  PacketBuffer buffer = dirty_buffer(hex_vector(GetParam().payload));
  UdpHeader header = header_of(GetParam().route);
  header.forced = GetParam().forced;
  ASSERT_TRUE(prepend(buffer, header, GetParam().route).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector(GetParam().datagram), {{UdpField::all}}));
}

INSTANTIATE_TEST_SUITE_P(
    Udp, UdpChecksum,
    ::testing::Values(
        ChecksumCase{"odd_length", "70696e", route, {}, "c000 0035 000b 6336 70696e"},
        ChecksumCase{"no_payload", "", route, {}, "c000 0035 0008 41a6"},
        ChecksumCase{"ipv6", "70696e67", route_6, {}, "c000 0035 000c 055b 70696e67"},
        // The words of pseudo-header, header and payload come to 0xffff, so the checksum computes to 0.
        ChecksumCase{"computed_zero_is_sent_as_ffff", "41a2", route, {}, "c000 0035 000a ffff 41a2"},
        ChecksumCase{
            "carry_out_of_the_top_is_added_back", "ffff ffff ffff", route, {}, "c000 0035 000e 419a ffff ffff ffff"},
        ChecksumCase{"forced", "70696e67", route, {.length = {}, .checksum = 0xdead}, "c000 0035 000c dead 70696e67"},
        ChecksumCase{"absent_is_zero_by_force",
                     "70696e67",
                     route,
                     {.length = {}, .checksum = 0},
                     "c000 0035 000c 0000 70696e67"}),
    CaseName{});

TEST(UdpHeader, forces_a_length_and_leaves_the_checksum_that_of_the_real_pseudo_header) {
  PacketBuffer buffer = dirty_buffer(as_bytes("ping"));
  UdpHeader header = header_of(route);
  header.forced.length = 13;
  ASSERT_TRUE(prepend(buffer, header, route).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("c000 0035 000d 62cc 70696e67"), {{UdpField::all}}));
}

TEST(UdpHeader, refuses_more_than_the_packet_below_carries) {
  PacketBuffer buffer;
  buffer.append(std::vector<std::byte>(65508));
  EXPECT_TRUE(refused(prepend(buffer, header_of(route), route),
                      CraftError{Layer::udp, CraftError::Code::payload_too_long, 65508, 65507}));
  EXPECT_EQ(buffer.size(), 65508u) << "a refused header leaves the buffer alone";
  ASSERT_TRUE(prepend(buffer, header_of(route_6), route_6).has_value()) << "IPv6 does not count its own header";
  EXPECT_EQ(UdpView::parse(buffer.bytes())->length(), 65516);

  buffer.clear();
  buffer.append(std::vector<std::byte>(65507));
  EXPECT_TRUE(prepend(buffer, header_of(route), route).has_value());

  buffer.clear();
  buffer.append(std::vector<std::byte>(65528));
  EXPECT_TRUE(refused(prepend(buffer, header_of(route_6), route_6),
                      CraftError{Layer::udp, CraftError::Code::payload_too_long, 65528, 65527}));
}

TEST(UdpHeader, refuses_addresses_of_two_families) {
  PacketBuffer buffer;
  const Route mixed{{localhost, Port{1}}, {host_1, Port{2}}};
  EXPECT_TRUE(
      refused(prepend(buffer, header_of(mixed), mixed), CraftError{Layer::udp, CraftError::Code::mixed_families}));
}

TEST(UdpProperty, what_was_written_is_read_and_sums_to_ffff) {
  check_property(300, [](Random& random) {
    const bool six = random.one_in(2);
    const Route between{{six ? IpAddress{host_1} : IpAddress{Ipv4Address{random.any<std::uint32_t>()}},
                         Port{random.any<std::uint16_t>()}},
                        {six ? IpAddress{host_2} : IpAddress{Ipv4Address{random.any<std::uint32_t>()}},
                         Port{random.any<std::uint16_t>()}}};
    const auto payload = random.octets(random.below(600));
    PacketBuffer buffer = dirty_buffer(payload);
    ASSERT_TRUE(prepend(buffer, header_of(between), between).has_value());
    const auto udp = UdpView::parse(buffer.bytes());
    ASSERT_TRUE(udp.has_value());
    EXPECT_EQ(udp->source_port(), between.source.port);
    EXPECT_EQ(udp->destination_port(), between.destination.port);
    EXPECT_EQ(udp->length(), payload.size() + 8);
    EXPECT_NE(udp->checksum(), 0);
    EXPECT_TRUE(same_octets(udp->payload(), payload));
    const PseudoHeader pseudo_header{between.source.address, between.destination.address, Protocol::udp, udp->length()};
    EXPECT_EQ(Checksum{}.add(pseudo_header).add(udp->bytes()).sum(), 0xffff);
  });
}

}  // namespace
}  // namespace encap::test
