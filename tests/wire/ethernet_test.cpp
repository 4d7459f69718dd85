#include "encap/wire/ethernet.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

constexpr MacAddress host_1{{0x02, 0x00, 0x0a, 0x00, 0x00, 0x01}};
constexpr MacAddress host_2{{0x02, 0x00, 0x0a, 0x00, 0x00, 0x02}};

// 02:00:0a:00:00:01 -> 02:00:0a:00:00:02   destination  source       type payload
constexpr auto frame = hex_bytes("           02000a000002 02000a000001 0800 45");

// priority 5, drop eligible, VLAN 10        tag  type payload
constexpr auto tagged = hex_bytes("          b00a 86dd 60");

static_assert(EthernetView::parse(frame).value().source() == host_1);
static_assert(EthernetView::parse(frame).value().type() == EtherType::ipv4);
static_assert(VlanView::parse(tagged).value().id() == 10);

TEST(EthernetView, reads_each_field_of_the_golden_frame) {
  const auto ethernet = EthernetView::parse(frame);
  ASSERT_TRUE(ethernet.has_value());
  EXPECT_EQ(ethernet->destination(), host_2);
  EXPECT_EQ(ethernet->source(), host_1);
  EXPECT_EQ(ethernet->type(), EtherType::ipv4);
  EXPECT_TRUE(same_octets(ethernet->payload(), hex_vector("45")));
}

class EthernetTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(EthernetTruncation, reports_needed_and_available) {
  EXPECT_TRUE(refused(EthernetView::parse(frame.first(GetParam())),
                      DissectError{Layer::ethernet, DissectError::Code::truncated, DissectError::Limit::captured, 0, 14,
                                   static_cast<std::uint32_t>(GetParam())}));
}

INSTANTIATE_TEST_SUITE_P(Ethernet, EthernetTruncation, ::testing::Range<std::size_t>(0, EthernetView::header_length),
                         CaseName{});

TEST(EthernetView, takes_a_frame_without_payload) {
  const auto ethernet = EthernetView::parse(frame.first(14));
  ASSERT_TRUE(ethernet.has_value());
  EXPECT_TRUE(ethernet->payload().empty());
}

TEST(EthernetHeader, emits_the_golden_frame_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(hex_vector("45"));
  prepend(buffer, EthernetHeader{.source = host_1, .destination = host_2, .type = EtherType::ipv4});
  EXPECT_TRUE(same_octets(buffer.bytes(), frame, {{EthernetField::all}}));
}

TEST(VlanView, reads_each_field_of_the_golden_tag) {
  const auto vlan = VlanView::parse(tagged);
  ASSERT_TRUE(vlan.has_value());
  EXPECT_EQ(vlan->priority(), 5);
  EXPECT_TRUE(vlan->drop_eligible());
  EXPECT_EQ(vlan->id(), 10);
  EXPECT_EQ(vlan->type(), EtherType::ipv6);
  EXPECT_TRUE(same_octets(vlan->payload(), hex_vector("60")));
}

class VlanTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(VlanTruncation, reports_needed_and_available) {
  EXPECT_TRUE(refused(VlanView::parse(tagged.first(GetParam())),
                      DissectError{Layer::vlan, DissectError::Code::truncated, DissectError::Limit::captured, 0, 4,
                                   static_cast<std::uint32_t>(GetParam())}));
}

INSTANTIATE_TEST_SUITE_P(Vlan, VlanTruncation, ::testing::Range<std::size_t>(0, VlanView::header_length), CaseName{});

struct VlanCase {
  const char* name;
  VlanHeader header;
  const char* octets;
};

class VlanEmit : public ::testing::TestWithParam<VlanCase> {};

TEST_P(VlanEmit, over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer();
  prepend(buffer, GetParam().header);
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector(GetParam().octets), {{VlanField::all}}));
}

INSTANTIATE_TEST_SUITE_P(
    Vlan, VlanEmit,
    ::testing::Values(
        VlanCase{"golden", {.id = 10, .priority = 5, .drop_eligible = true, .type = EtherType::ipv6}, "b00a 86dd"},
        VlanCase{"defaults", {}, "0000 0800"}, VlanCase{"largest_id", {.id = 4095}, "0fff 0800"},
        VlanCase{"id_does_not_spill_into_the_priority", {.id = 0x1001}, "0001 0800"},
        VlanCase{"highest_priority", {.id = 1, .priority = 7}, "e001 0800"}),
    CaseName{});

TEST(EthernetHeader, carries_two_tags) {
  PacketBuffer buffer = dirty_buffer(hex_vector("60"));
  prepend(buffer, VlanHeader{.id = 20, .type = EtherType::ipv6});
  prepend(buffer, VlanHeader{.id = 10, .type = EtherType::vlan});
  prepend(buffer, EthernetHeader{.source = host_1, .destination = host_2, .type = EtherType::qinq});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("02000a000002 02000a000001 88a8 000a 8100 0014 86dd 60"),
                          {{EthernetField::all}, {VlanField::all, 14}, {VlanField::all, 18}}));
}

struct MadeCase {
  const char* name;
  const char* address;
  const char* mac;
};

class MacAddressMadeFor : public ::testing::TestWithParam<MadeCase> {};

TEST_P(MacAddressMadeFor, an_address) {
  const auto address = IpAddress::parse(GetParam().address);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(to_string(MacAddress::made_for(*address)), GetParam().mac);
}

INSTANTIATE_TEST_SUITE_P(MacAddress, MacAddressMadeFor,
                         ::testing::Values(MadeCase{"unicast", "10.0.0.1", "02:00:0a:00:00:01"},
                                           MadeCase{"broadcast", "255.255.255.255", "ff:ff:ff:ff:ff:ff"},
                                           // RFC 1112 §6.4 keeps the low 23 bits.
                                           MadeCase{"multicast", "224.128.1.2", "01:00:5e:00:01:02"},
                                           MadeCase{"multicast_keeps_23_bits", "239.255.255.250", "01:00:5e:7f:ff:fa"},
                                           // RFC 2464 §7 keeps the low 32 bits.
                                           MadeCase{"multicast_ipv6", "ff02::1:ff00:1", "33:33:ff:00:00:01"}),
                         CaseName{});

TEST(MacAddress, made_for_an_ipv6_host_is_local_unicast_and_its_own) {
  const auto one = MacAddress::made_for(*IpAddress::parse("2001:db8::1"));
  const auto two = MacAddress::made_for(*IpAddress::parse("2001:db8::2"));
  const auto elsewhere = MacAddress::made_for(*IpAddress::parse("2001:db8:1::1"));
  EXPECT_NE(one, two);
  EXPECT_NE(one, elsewhere);
  EXPECT_EQ(one.octets[0] & 3, 2) << "locally administered, not multicast";
  EXPECT_EQ(one, MacAddress::made_for(*IpAddress::parse("2001:db8::1")));
}

TEST(EthernetProperty, what_was_written_is_read) {
  check_property(200, [](Random& random) {
    EthernetHeader header;
    for (auto& octet : header.source.octets) octet = random.any<std::uint8_t>();
    for (auto& octet : header.destination.octets) octet = random.any<std::uint8_t>();
    header.type = EtherType::vlan;
    VlanHeader tag{.id = static_cast<std::uint16_t>(random.below(4096)),
                   .priority = static_cast<std::uint8_t>(random.below(8)),
                   .drop_eligible = random.one_in(2),
                   .type = static_cast<EtherType>(random.any<std::uint16_t>())};
    const auto payload = random.octets(random.below(100));
    PacketBuffer buffer = dirty_buffer(payload);
    prepend(buffer, tag);
    prepend(buffer, header);
    const auto ethernet = EthernetView::parse(buffer.bytes());
    ASSERT_TRUE(ethernet.has_value());
    EXPECT_EQ(ethernet->source(), header.source);
    EXPECT_EQ(ethernet->destination(), header.destination);
    EXPECT_EQ(ethernet->type(), EtherType::vlan);
    const auto vlan = VlanView::parse(ethernet->payload());
    ASSERT_TRUE(vlan.has_value());
    EXPECT_EQ(vlan->id(), tag.id);
    EXPECT_EQ(vlan->priority(), tag.priority);
    EXPECT_EQ(vlan->drop_eligible(), tag.drop_eligible);
    EXPECT_EQ(vlan->type(), tag.type);
    EXPECT_TRUE(same_octets(vlan->payload(), payload));
  });
}

}  // namespace
}  // namespace encap::test
