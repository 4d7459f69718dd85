// The headers that stand in front of a network packet: MPLS, GRE, VXLAN, PPPoE.
#include <gtest/gtest.h>

#include "encap/wire/gre.h"
#include "encap/wire/mpls.h"
#include "encap/wire/pppoe.h"
#include "encap/wire/vxlan.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

const std::vector<std::byte> payload = hex_vector("45");

TEST(MplsHeader, emits_the_golden_entry_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, MplsHeader{.label = 100});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("0006 4140 45"), {{MplsField::all}}));
}

TEST(MplsHeader, emits_every_field) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, MplsHeader{.label = 0xfffff, .traffic_class = 5, .bottom_of_stack = false, .time_to_live = 1});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("ffff fa01 45"), {{MplsField::all}}));
}

TEST(GreHeader, emits_the_golden_header_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, GreHeader{});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("0000 0800 45"), {{GreField::all}}));
}

TEST(GreHeader, emits_a_key_with_its_bit) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, GreHeader{.protocol_type = EtherType::ipv6, .key = 0x01020304});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("2000 86dd 0102 0304 45"), {{GreField::all}}));
}

TEST(VxlanHeader, emits_the_golden_header_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, VxlanHeader{.vni = 42});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("0800 0000 0000 2a00 45"), {{VxlanField::all}}));
}

TEST(VxlanHeader, emits_the_last_network) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, VxlanHeader{.vni = VxlanHeader::last_vni});
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector("0800 0000 ffff ff00 45"), {{VxlanField::all}}));
}

TEST(PppoeHeader, emits_the_golden_packet_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(payload);
  prepend(buffer, PppHeader{.protocol = PppProtocol::ipv4});
  ASSERT_TRUE(prepend(buffer, PppoeHeader{.session_id = 0x1234}).has_value());
  EXPECT_TRUE(
      same_octets(buffer.bytes(), hex_vector("1100 1234 0003 0021 45"), {{PppoeField::all}, {PppField::all, 6}}));
}

TEST(PppoeHeader, counts_up_to_65535_octets) {
  PacketBuffer buffer;
  buffer.append(std::vector<std::byte>(65535));
  ASSERT_TRUE(prepend(buffer, PppoeHeader{}).has_value());
  EXPECT_EQ(load_field<PppoeField::payload_length>(buffer.bytes()), 65535);

  buffer.clear();
  buffer.append(std::vector<std::byte>(65536));
  const auto refused = prepend(buffer, PppoeHeader{});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), (CraftError{Layer::pppoe, CraftError::Code::payload_too_long, 65536, 65535}));
  EXPECT_EQ(to_string(refused.error()), "pppoe: 65536 octets of payload, a PPPoE packet carries 65535");
  EXPECT_EQ(buffer.size(), 65536u) << "a refused header leaves the buffer alone";
}

}  // namespace
}  // namespace encap::test
