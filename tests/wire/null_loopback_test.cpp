#include "encap/wire/null_loopback.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

// IPv4, as a little-endian host writes it      family    payload
constexpr auto packet = hex_bytes("             02000000  45");

static_assert(NullLoopbackView::parse(packet).value().family() == NullLoopbackHeader::family_ipv4);

TEST(NullLoopbackView, reads_each_field_of_the_golden_packet) {
  const auto loopback = NullLoopbackView::parse(packet);
  ASSERT_TRUE(loopback.has_value());
  EXPECT_EQ(loopback->family(), 2u);
  EXPECT_TRUE(same_octets(loopback->payload(), hex_vector("45")));
}

struct FamilyCase {
  const char* name;
  const char* octets;
  std::uint32_t family;
};

class NullLoopbackFamily : public ::testing::TestWithParam<FamilyCase> {};

TEST_P(NullLoopbackFamily, is_read_in_whichever_order_it_was_written) {
  const auto octets = hex_vector(GetParam().octets);
  const auto loopback = NullLoopbackView::parse(octets);
  ASSERT_TRUE(loopback.has_value());
  EXPECT_EQ(loopback->family(), GetParam().family);
  EXPECT_TRUE(loopback->payload().empty());
}

INSTANTIATE_TEST_SUITE_P(
    NullLoopback, NullLoopbackFamily,
    ::testing::Values(FamilyCase{"ipv4_little_endian", "02000000", 2}, FamilyCase{"ipv4_big_endian", "00000002", 2},
                      FamilyCase{"ipv6_macos", "1e000000", 30}, FamilyCase{"ipv6_freebsd_big_endian", "0000001c", 28},
                      FamilyCase{"ipv6_openbsd", "18000000", 24}, FamilyCase{"none", "00000000", 0},
                      FamilyCase{"largest_of_two_octets_big_endian", "0000ffff", 0xffff},
                      FamilyCase{"largest_of_two_octets_little_endian", "ffff0000", 0xffff}),
    CaseName{});

class NullLoopbackTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(NullLoopbackTruncation, reports_needed_and_available) {
  EXPECT_TRUE(refused(NullLoopbackView::parse(packet.first(GetParam())),
                      DissectError{Layer::null_loopback, DissectError::Code::truncated, DissectError::Limit::captured,
                                   0, 4, static_cast<std::uint32_t>(GetParam())}));
}

INSTANTIATE_TEST_SUITE_P(NullLoopback, NullLoopbackTruncation,
                         ::testing::Range<std::size_t>(0, NullLoopbackView::header_length), CaseName{});

TEST(NullLoopbackHeader, emits_the_golden_packet_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(hex_vector("45"));
  prepend(buffer, NullLoopbackHeader{});
  EXPECT_TRUE(same_octets(buffer.bytes(), packet, {{NullLoopbackField::all}}));
}

TEST(NullLoopbackHeader, emits_the_ipv6_family_of_macos) {
  PacketBuffer buffer = dirty_buffer(hex_vector("60"));
  prepend(buffer, NullLoopbackHeader{.family = IpAddress::Family::ipv6});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("1e000000 60"), {{NullLoopbackField::all}}));
  EXPECT_EQ(NullLoopbackView::parse(buffer.bytes())->family(), NullLoopbackHeader::family_ipv6);
}

TEST(NullLoopbackHeader, writes_openbsd_families_in_network_order) {
  PacketBuffer ipv4 = dirty_buffer({});
  prepend(ipv4, NullLoopbackHeader{.family = IpAddress::Family::ipv4, .network_order = true});
  EXPECT_TRUE(same_octets(ipv4.bytes(), hex_vector("0000 0002"), {{NullLoopbackField::all}}));
  PacketBuffer ipv6 = dirty_buffer({});
  prepend(ipv6, NullLoopbackHeader{.family = IpAddress::Family::ipv6, .network_order = true});
  EXPECT_TRUE(same_octets(ipv6.bytes(), hex_vector("0000 0018"), {{NullLoopbackField::all}}));
}

}  // namespace
}  // namespace encap::test
