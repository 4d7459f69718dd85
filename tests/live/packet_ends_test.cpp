#include "live/packet_ends.h"

#include <gtest/gtest.h>
#include <string_view>
#include <vector>

#include "encap/base/bytes.h"
#include "support/hex.h"

namespace encap::live {
namespace {

using test::copy_of;
using test::hex_bytes;
using test::hex_vector;

// 127.0.0.1:49152 -> 127.0.0.2:80, and back.
constexpr auto there = hex_bytes(
    "4500 0028 0001 0000 4006 0000 7f000001 7f000002"
    "c000 0050 00000000 00000000 5002 ffff 0000 0000");
constexpr auto back = hex_bytes(
    "4500 0028 0000 4000 4006 0000 7f000002 7f000001"
    "0050 c000 00000000 00000001 5014 0000 0000 0000");
// Port unreachable, quoting a datagram 127.0.0.1:49152 -> 127.0.0.2:53; and that datagram.
constexpr auto unreachable = hex_bytes(
    "45c0 0038 0000 0000 4001 0000 7f000002 7f000001"
    "0303 0000 00000000"
    "4500 0020 0001 0000 4011 0000 7f000001 7f000002 c000 0035 000c 0000");
constexpr auto datagram = hex_bytes("4500 0020 0001 0000 4011 0000 7f000001 7f000002 c000 0035 000c 0000 70696e67");
constexpr auto echo = hex_bytes("4500 001c 0001 0000 4001 0000 7f000001 7f000002 0800 0000 00010001");
// Two fragments of a datagram 127.0.0.1:49152 -> 127.0.0.2:53.
constexpr auto first_fragment = hex_bytes("4500 001c 0007 2000 4011 0000 7f000001 7f000002 c000 0035 0014 0000");
constexpr auto later_fragment = hex_bytes("4500 0020 0007 0001 4011 0000 7f000001 7f000002 00112233 44556677 8899aabb");
// ::1 port 49152 -> ::1 port 80, behind a hop-by-hop header; and a later fragment between the same hosts.
constexpr auto ipv6 = hex_bytes(
    "6000 0000 001c 0040 00000000000000000000000000000001 00000000000000000000000000000001"
    "06 00 0104 00000000"
    "c000 0050 00000000 00000000 5002 ffff 0000 0000");
constexpr auto ipv6_fragment = hex_bytes(
    "6000 0000 0010 2c40 00000000000000000000000000000001 00000000000000000000000000000001"
    "06 00 0008 00000007 0011223344556677");

PacketRecord raw(Bytes bytes) { return {.link_type = LinkType::raw, .bytes = bytes}; }

std::vector<std::byte> behind(std::string_view link, Bytes packet) {
  std::vector<std::byte> bytes = hex_vector(link);
  bytes.insert(bytes.end(), packet.begin(), packet.end());
  return bytes;
}

TEST(PacketEnds, are_the_same_both_ways) {
  const auto ends = ends_of(raw(there));
  ASSERT_TRUE(ends);
  EXPECT_EQ(ends->ends, ends_of(raw(back))->ends);
  EXPECT_EQ(EndsHash{}(ends->ends), EndsHash{}(ends_of(raw(back))->ends));
  EXPECT_FALSE(ends->is_fragment);
  EXPECT_EQ(ends->ends.low.port, 49152);
  EXPECT_EQ(ends->ends.high.port, 80);
}

TEST(PacketEnds, differ_by_address_port_and_protocol) {
  const Ends ends = ends_of(raw(there))->ends;
  for (const std::size_t octet : {9u, 12u, 19u, 20u, 23u}) {
    auto other = copy_of(there);
    other[octet] ^= std::byte{0x01};
    EXPECT_NE(ends, ends_of(raw(other))->ends) << "octet " << octet;
  }
}

TEST(PacketEnds, are_those_behind_any_link_header) {
  const Ends ends = ends_of(raw(there))->ends;
  struct Link {
    LinkType type;
    const char* header;
  };
  for (const Link& link :
       {Link{LinkType::ethernet, "0000000000000000000000000800"},
        Link{LinkType::ethernet, "020000000001 020000000002 8100 0010 0800"}, Link{LinkType::null, "02000000"},
        Link{LinkType::loop, "00000002"}, Link{LinkType::linux_sll, "00000304000600000000000000000800"},
        Link{LinkType::linux_sll2, "0800000000000001030400060000000000000000"}}) {
    const auto bytes = behind(link.header, there);
    const auto found = ends_of({.link_type = link.type, .bytes = bytes});
    ASSERT_TRUE(found) << link.header;
    EXPECT_EQ(found->ends, ends) << link.header;
  }
}

TEST(PacketEnds, of_an_icmp_error_are_those_it_quotes) {
  EXPECT_EQ(ends_of(raw(unreachable))->ends, ends_of(raw(datagram))->ends);
  EXPECT_EQ(ends_of(raw(echo))->ends.protocol, Protocol::icmp);
}

TEST(PacketEnds, of_fragments_meet_without_ports) {
  const auto first = ends_of(raw(first_fragment));
  const auto later = ends_of(raw(later_fragment));
  ASSERT_TRUE(first && later);
  EXPECT_TRUE(first->is_fragment && later->is_fragment);
  EXPECT_EQ(first->ends, ends_of(raw(datagram))->ends);
  EXPECT_EQ(later->ends, first->of_later_fragments());
  EXPECT_NE(later->ends, first->ends);
}

TEST(PacketEnds, of_ipv6_are_found_behind_extension_headers) {
  const auto packet = ends_of(raw(ipv6));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->ends.protocol, Protocol::tcp);
  EXPECT_EQ(packet->ends.low.port, 80);
  EXPECT_EQ(packet->ends.high.port, 49152);
  const auto later = ends_of(raw(ipv6_fragment));
  ASSERT_TRUE(later);
  EXPECT_TRUE(later->is_fragment);
  EXPECT_EQ(later->ends, packet->of_later_fragments());
}

TEST(PacketEnds, of_other_protocols_are_those_of_the_link) {
  const auto arp = hex_vector("ffffffffffff 020000000001 0806 00010800");
  const auto reply = hex_vector("020000000001 ffffffffffff 0806 00010800");
  const auto ends = ends_of({.link_type = LinkType::ethernet, .bytes = arp});
  ASSERT_TRUE(ends);
  EXPECT_EQ(ends->ends, ends_of({.link_type = LinkType::ethernet, .bytes = reply})->ends);
  EXPECT_EQ(ends->ends.type, EtherType::arp);
}

TEST(PacketEnds, of_cut_packets_are_none_or_without_ports) {
  const auto try_all = [](LinkType link, Bytes whole) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
      static_cast<void>(ends_of({.link_type = link, .bytes = cut}));
    }
  };
  for (const Bytes packet :
       {Bytes{there}, Bytes{unreachable}, Bytes{later_fragment}, Bytes{ipv6}, Bytes{ipv6_fragment}})
    try_all(LinkType::raw, packet);
  try_all(LinkType::ethernet, behind("020000000001 020000000002 8100 0010 0800", there));
  try_all(LinkType::linux_sll2, behind("0800000000000001030400060000000000000000", there));
  EXPECT_FALSE(ends_of({.link_type = LinkType::raw, .bytes = there.first(19)}));
  EXPECT_EQ(ends_of({.link_type = LinkType::raw, .bytes = there.first(23)})->ends.low.port, 0);
}

}  // namespace
}  // namespace encap::live
