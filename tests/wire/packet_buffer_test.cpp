#include "encap/wire/packet_buffer.h"

#include <gtest/gtest.h>

#include "encap/wire/ethernet.h"
#include "encap/wire/icmp.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "support/allocation_counter.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

TEST(PacketBuffer, is_empty_at_first_and_after_clear) {
  PacketBuffer buffer;
  EXPECT_EQ(buffer.size(), 0u);
  buffer.append(as_bytes("ping"));
  buffer.clear();
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_TRUE(buffer.bytes().empty());
}

TEST(PacketBuffer, appends_behind_and_prepends_in_front) {
  PacketBuffer buffer{8};
  buffer.append(as_bytes("in"));
  buffer.append(as_bytes("g"));
  buffer.append(Bytes{});
  const MutableBytes front = buffer.prepend(1);
  ASSERT_EQ(front.size(), 1u);
  front[0] = std::byte{'p'};
  EXPECT_EQ(as_text(buffer.bytes()), "ping");
}

TEST(PacketBuffer, prepends_within_the_headroom_without_a_move) {
  PacketBuffer buffer{8};
  buffer.append(as_bytes("ping"));
  const std::byte* const before = buffer.bytes().data();
  static_cast<void>(buffer.prepend(8));
  EXPECT_EQ(buffer.bytes().data() + 8, before);
}

TEST(PacketBuffer, grows_in_front_when_the_headroom_is_used_up) {
  PacketBuffer buffer{2};
  buffer.append(as_bytes("ing"));
  for (const char letter : {'p', ' ', 'a'}) {
    const MutableBytes front = buffer.prepend(1);
    front[0] = static_cast<std::byte>(letter);
  }
  EXPECT_EQ(as_text(buffer.bytes()), "a ping");
  buffer.clear();
  buffer.append(as_bytes("next"));
  EXPECT_EQ(as_text(buffer.bytes()), "next");
  EXPECT_EQ(buffer.prepend(3).size(), 3u);
  EXPECT_EQ(buffer.size(), 7u);
}

TEST(PacketBuffer, works_without_any_headroom) {
  PacketBuffer buffer{0};
  buffer.prepend(2)[1] = std::byte{'b'};
  buffer.append(as_bytes("c"));
  EXPECT_EQ(as_text(buffer.bytes().subspan(1)), "bc");
}

TEST(PacketBufferProperty, holds_what_was_put_in_front_and_behind) {
  check_property(300, [](Random& random) {
    PacketBuffer buffer{random.below(40)};
    for (int packet = 0; packet < 3; ++packet) {
      buffer.clear();
      std::vector<std::byte> expected;
      for (int step = 0; step < 10; ++step) {
        const auto octets = random.octets(random.below(30));
        if (random.one_in(2)) {
          buffer.append(octets);
          expected.insert(expected.end(), octets.begin(), octets.end());
        } else {
          std::ranges::copy(octets, buffer.prepend(octets.size()).begin());
          expected.insert(expected.begin(), octets.begin(), octets.end());
        }
        ASSERT_TRUE(same_octets(buffer.bytes(), expected));
      }
    }
  });
}

TEST(AllocationCounter, sees_an_allocation) {
  const AllocationCounter allocations;
  const std::vector<std::byte> octets(1000);
  EXPECT_EQ(allocations.count(), 1u);
}

TEST(PacketBuffer, of_a_packet_before_makes_the_next_without_an_allocation) {
  const std::vector<std::byte> payload(1400, std::byte{0x5a});
  const Route route{{Ipv4Address{0x0a000001}, Port{49152}}, {Ipv4Address{0x0a000002}, Port{80}}};
  const Route route_6{{*Ipv6Address::parse("2001:db8::1"), Port{1}}, {*Ipv6Address::parse("2001:db8::2"), Port{2}}};
  const TcpOptions options = TcpOptions{}.timestamps(1, 2);
  PacketBuffer buffer;
  bool all_written = true;
  const auto make_packets = [&] {
    buffer.clear();
    buffer.append(payload);
    all_written &=
        prepend(buffer, TcpHeader{.source_port = route.source.port, .options = options.bytes()}, route).has_value();
    all_written &= prepend(buffer, Ipv4Header{}).has_value();
    prepend(buffer, VlanHeader{});
    prepend(buffer, EthernetHeader{});
    buffer.clear();
    buffer.append(payload);
    all_written &= prepend(buffer, UdpHeader{.source_port = route_6.source.port}, route_6).has_value();
    prepend(buffer, Ipv6FragmentHeader{});
    all_written &= prepend(buffer, Ipv6Header{}).has_value();
    prepend(buffer, NullLoopbackHeader{});
    buffer.clear();
    prepend(buffer, IcmpHeader{});
  };
  make_packets();
  const AllocationCounter allocations;
  for (int i = 0; i < 100; ++i) make_packets();
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_TRUE(all_written);
}

TEST(DirtyBuffer, hands_out_headroom_full_of_a5) {
  PacketBuffer buffer = dirty_buffer(as_bytes("x"));
  EXPECT_EQ(as_text(buffer.bytes()), "x");
  const MutableBytes front = buffer.prepend(100);
  EXPECT_TRUE(std::ranges::all_of(front, [](std::byte octet) { return octet == std::byte{0xa5}; }));
}

}  // namespace
}  // namespace encap::test
