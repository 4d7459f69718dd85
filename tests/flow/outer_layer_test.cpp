#include "encap/flow/outer_layer.h"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

#include "encap/flow/crafter.h"
#include "encap/flow/encapsulator.h"
#include "encap/wire/gre.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/udp.h"
#include "session_checker.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

std::vector<OuterLayer> layers(std::string_view text) {
  auto parsed = parse_outer_layers(text);
  EXPECT_TRUE(parsed.has_value()) << text << ": " << (parsed ? "" : to_string(parsed.error()));
  return parsed ? *std::move(parsed) : std::vector<OuterLayer>{};
}

outer::Ends ends(std::string_view first, std::string_view second) {
  return {IpAddress::parse(first).value(), IpAddress::parse(second).value()};
}

TEST(OuterLayersText, names_every_layer) {
  using List = std::vector<OuterLayer>;
  constexpr outer::Tag vlan_10{EtherType::vlan, 10, 0};
  EXPECT_EQ(layers("vlan:10"), (List{vlan_10}));
  EXPECT_EQ(layers("vlan:4094:7"), (List{outer::Tag{EtherType::vlan, 4094, 7}}));
  EXPECT_EQ(layers("vlan:0x0a"), (List{vlan_10}));
  EXPECT_EQ(layers("qinq:100,10"), (List{outer::Tag{EtherType::qinq, 100, 0}, vlan_10}));
  EXPECT_EQ(layers("mpls:16"), (List{outer::Label{16}}));
  EXPECT_EQ(layers("mpls:1048575/100"), (List{outer::Label{1048575}, outer::Label{100}}));
  EXPECT_EQ(layers("pppoe"), (List{outer::Pppoe{1}}));
  EXPECT_EQ(layers("pppoe:65534"), (List{outer::Pppoe{65534}}));
  EXPECT_EQ(layers("ipip"), (List{outer::Ip{ends("192.0.2.1", "192.0.2.2")}}));
  EXPECT_EQ(layers("ip6ip"), (List{outer::Ip{ends("2001:db8::1", "2001:db8::2")}}));
  EXPECT_EQ(layers("ipip@10.0.0.1-10.0.0.2"), (List{outer::Ip{ends("10.0.0.1", "10.0.0.2")}}));
  EXPECT_EQ(layers("ip6ip@[fe80::1]-fe80::2"), (List{outer::Ip{ends("fe80::1", "fe80::2")}}));
  EXPECT_EQ(layers("gre"), (List{outer::Gre{outer::ipv4_ends, std::nullopt}}));
  EXPECT_EQ(layers("gre:0"), (List{outer::Gre{outer::ipv4_ends, 0}}));
  EXPECT_EQ(layers("gre:4294967295@::1-::2"), (List{outer::Gre{ends("::1", "::2"), UINT32_MAX}}));
  EXPECT_EQ(layers("gre@::1-::2"), (List{outer::Gre{ends("::1", "::2"), std::nullopt}}));
  EXPECT_EQ(layers("vxlan:16777215"), (List{outer::Vxlan{outer::ipv4_ends, 16777215}}));
  EXPECT_EQ(layers("vxlan:0@::1-::2"), (List{outer::Vxlan{ends("::1", "::2"), 0}}));
}

TEST(OuterLayersText, keeps_the_order_of_a_list) {
  EXPECT_EQ(layers("qinq:100,10,gre,mpls:16/17,vxlan:5@::1-::2,vlan:1"),
            (std::vector<OuterLayer>{outer::Tag{EtherType::qinq, 100, 0}, outer::Tag{EtherType::vlan, 10, 0},
                                     outer::Gre{}, outer::Label{16}, outer::Label{17},
                                     outer::Vxlan{ends("::1", "::2"), 5}, outer::Tag{EtherType::vlan, 1, 0}}));
}

struct WrongCase {
  const char* name;
  const char* text;
  const char* excerpt;
  const char* reason;  // a part of it
};

class OuterLayersWrong : public ::testing::TestWithParam<WrongCase> {};

TEST_P(OuterLayersWrong, is_refused_with_what_would_be_right) {
  const auto parsed = parse_outer_layers(GetParam().text);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().name, "--outer");
  EXPECT_EQ(parsed.error().excerpt, GetParam().excerpt);
  EXPECT_NE(parsed.error().reason.find(GetParam().reason), std::string::npos) << parsed.error().reason;
}

INSTANTIATE_TEST_SUITE_P(
    Flow, OuterLayersWrong,
    ::testing::Values(WrongCase{"nothing", "", "", "one of vlan, qinq, mpls, pppoe, ipip, ip6ip, gre, vxlan"},
                      WrongCase{"unknown", "tunnel", "tunnel", "one of vlan"},
                      WrongCase{"nothing_in_a_list", "gre,,ipip", "", "one of vlan"},
                      WrongCase{"nothing_at_the_end", "gre,", "", "one of vlan"},
                      WrongCase{"second_of_a_list", "gre,vlan:9999", "vlan:9999", "0 to 4094"},
                      WrongCase{"vlan_without_number", "vlan", "vlan", "as in vlan:10"},
                      WrongCase{"vlan_empty", "vlan:", "vlan:", "as in vlan:10"},
                      WrongCase{"vlan_too_large", "vlan:4095", "vlan:4095", "0 to 4094"},
                      WrongCase{"vlan_negative", "vlan:-1", "vlan:-1", "0 to 4094"},
                      WrongCase{"vlan_beyond_32_bits", "vlan:4294967306", "vlan:4294967306", "0 to 4094"},
                      WrongCase{"vlan_priority_too_large", "vlan:1:8", "vlan:1:8", "0 to 7"},
                      WrongCase{"vlan_priority_empty", "vlan:1:", "vlan:1:", "0 to 7"},
                      WrongCase{"vlan_two_priorities", "vlan:1:2:3", "vlan:1:2:3", "0 to 7"},
                      WrongCase{"vlan_two_numbers", "vlan:1,2", "vlan:1,2", "0 to 4094"},
                      WrongCase{"vlan_with_addresses", "vlan:1@::1-::2", "vlan:1@::1-::2", "0 to 4094"},
                      WrongCase{"qinq_one_number", "qinq:1", "qinq:1", "as in qinq:100,10"},
                      WrongCase{"qinq_three_numbers", "qinq:1,2,3", "qinq:1,2,3", "as in qinq:100,10"},
                      WrongCase{"mpls_without_label", "mpls", "mpls", "as in mpls:100"},
                      WrongCase{"mpls_reserved", "mpls:15", "mpls:15", "16 to 1048575"},
                      WrongCase{"mpls_too_large", "mpls:1048576", "mpls:1048576", "16 to 1048575"},
                      WrongCase{"mpls_open_end", "mpls:16/", "mpls:16/", "16 to 1048575"},
                      WrongCase{"pppoe_no_session", "pppoe:0", "pppoe:0", "1 to 65534"},
                      WrongCase{"pppoe_reserved", "pppoe:65535", "pppoe:65535", "1 to 65534"},
                      WrongCase{"ipip_with_number", "ipip:4", "ipip:4", "as in ipip@192.0.2.1-192.0.2.2"},
                      WrongCase{"ipip_of_ipv6", "ipip@::1-::2", "ipip@::1-::2", "ip6ip"},
                      WrongCase{"ip6ip_of_ipv4", "ip6ip@1.2.3.4-1.2.3.5", "ip6ip@1.2.3.4-1.2.3.5", "ipip"},
                      WrongCase{"gre_two_families", "gre@1.2.3.4-::1", "gre@1.2.3.4-::1", "of one family"},
                      WrongCase{"gre_one_address", "gre@1.2.3.4", "gre@1.2.3.4", "of one family"},
                      WrongCase{"gre_no_addresses", "gre@", "gre@", "of one family"},
                      WrongCase{"gre_key_too_large", "gre:4294967296", "gre:4294967296", "4294967295"},
                      WrongCase{"vxlan_without_number", "vxlan", "vxlan", "as in vxlan:42"},
                      WrongCase{"vxlan_too_large", "vxlan:16777216", "vxlan:16777216", "16777215"},
                      WrongCase{"hexadecimal_without_digits", "vlan:0x", "vlan:0x", "0 to 4094"}),
    CaseName{});

TEST(OuterLayersTextProperty, takes_any_octets_and_ends) {
  static constexpr std::string_view pieces[] = {"vlan",  "qinq", "mpls", "pppoe", "ipip",    "ip6ip", "gre", "vxlan",
                                                ":",     ",",    "/",    "@",     "-",       "0x",    "16",  "10",
                                                "65535", "::1",  "[",    "]",     "1.2.3.4", "\xff",  " ",   "fe80::2"};
  std::size_t taken = 0;
  check_property(20000, [&taken](Random& random) {
    std::string text;
    for (std::size_t i = random.below(9); i > 0; --i) text += pieces[random.below(std::size(pieces))];
    const auto noise = random.octets(random.one_in(8) ? random.below(6) : 0);
    text += as_text(Bytes{noise});
    const auto parsed = parse_outer_layers(text);
    if (!parsed) {
      ASSERT_FALSE(parsed.error().reason.empty());
      ASSERT_NE(text.find(parsed.error().excerpt), std::string::npos);
      return;
    }
    ++taken;
    ASSERT_FALSE(parsed->empty()) << text;
    if (!check(*parsed, std::nullopt)) return;
    PacketBuffer buffer;
    wrap(buffer, *parsed, {}, 64);
    ASSERT_GE(buffer.size(), parsed->size() * 4) << text;
  });
  EXPECT_GT(taken, 0u);
}

std::string refusal_of(std::string_view text, std::optional<LinkType> link_type = {}) {
  const auto fit = check(layers(text), link_type);
  return fit ? "" : fit.error().excerpt + ": " + fit.error().reason;
}

TEST(OuterLayersOrder, is_any_where_each_carries_the_next) {
  for (const char* const text :
       {"vlan:1,vlan:2,qinq:3,4", "vlan:1,mpls:16,mpls:17", "mpls:16,gre,mpls:17", "pppoe,mpls:16", "ipip,mpls:16",
        "gre,vlan:1,pppoe,ipip", "vxlan:1,qinq:1,2,pppoe", "ipip,ip6ip,gre,vxlan:1", "vlan:1,pppoe,ipip"}) {
    EXPECT_EQ(refusal_of(text), "") << text;
    EXPECT_EQ(refusal_of(text, LinkType::linux_sll), "") << text;
  }
  EXPECT_TRUE(check({}, LinkType::null).has_value());
}

TEST(OuterLayersOrder, takes_ethernet_for_tags_and_pppoe) {
  static constexpr std::string_view instead =
      ", which carries no Ethernet frames; write it in front, or inside gre or vxlan";
  for (const char* const outside : {"ipip", "ip6ip", "pppoe", "mpls"}) {
    const std::string shape = outside == std::string_view{"mpls"} ? "mpls:16" : outside;
    EXPECT_EQ(refusal_of(shape + ",vlan:1"), std::string{"vlan: stands inside "}.append(outside).append(instead));
    EXPECT_EQ(refusal_of(shape + ",qinq:1,2"), std::string{"qinq: stands inside "}.append(outside).append(instead));
    EXPECT_EQ(refusal_of(shape + ",pppoe"), std::string{"pppoe: stands inside "}.append(outside).append(instead));
  }
}

TEST(OuterLayersOrder, takes_a_link_that_carries_the_outermost_one) {
  static constexpr std::string_view instead =
      ": this link type carries IP packets only; leave --link out, or write --link ether or sll";
  for (const LinkType link : {LinkType::null, LinkType::raw}) {
    EXPECT_EQ(refusal_of("vlan:1", link), std::string{"vlan"}.append(instead));
    EXPECT_EQ(refusal_of("qinq:1,2", link), std::string{"qinq"}.append(instead));
    EXPECT_EQ(refusal_of("mpls:16,ipip", link), std::string{"mpls"}.append(instead));
    EXPECT_EQ(refusal_of("pppoe", link), std::string{"pppoe"}.append(instead));
    EXPECT_EQ(refusal_of("ipip,mpls:16", link), "");
    EXPECT_EQ(refusal_of("gre,vlan:1", link), "");
  }
}

TEST(OuterLayersOrder, ends_at_32_layers) {
  std::vector<OuterLayer> many(most_outer_layers, outer::Tag{});
  EXPECT_TRUE(check(many, std::nullopt).has_value());
  many.emplace_back(outer::Label{16});
  const auto refused = check(many, std::nullopt);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().excerpt, "mpls");
  EXPECT_EQ(refused.error().reason, "33 tags, labels and tunnels; write at most 32");
}

// 10.0.0.1:49152 -> 10.0.0.2:53, "ping"
constexpr std::string_view inner = "4500 0020 1234 0000 4011 5497 0a00 0001 0a00 0002 c000 0035 000c 4ccd 7069 6e67";

Segment ping() {
  return {.timestamp = year_2000,
          .route = {{Ipv4Address{0x0a000001}, Port{49152}}, {Ipv4Address{0x0a000002}, Port{53}}},
          .transport = Transport::udp,
          .payload = as_bytes("ping"),
          .identification = 0x1234};
}

struct StackCase {
  const char* name;
  const char* text;
  LinkType link_type;
  const char* front;  // all in front of the inner packet
};

class OuterLayerStack : public ::testing::TestWithParam<StackCase> {};

TEST_P(OuterLayerStack, is_the_golden_packet) {
  Encapsulator encapsulator{{.link_type = GetParam().link_type, .outer = layers(GetParam().text)}};
  PacketCollector sink;
  ASSERT_TRUE(encapsulator.send(ping(), sink).has_value());
  ASSERT_EQ(sink.packets.size(), 1u);
  EXPECT_TRUE(same_octets(sink.packets[0].bytes, hex_vector(std::string{GetParam().front} + std::string{inner})));
  EXPECT_EQ(sink.packets[0].original_length, sink.packets[0].bytes.size());
  EXPECT_EQ(encapsulator.octets(), sink.packets[0].bytes.size());
}

// Link addresses of the hosts that the outermost IP header names; IPv4 headers with DF and identification 0.
INSTANTIATE_TEST_SUITE_P(
    Flow, OuterLayerStack,
    ::testing::Values(
        StackCase{"vlan", "vlan:10:5", LinkType::ethernet, "02000a000002 02000a000001 8100  a00a 0800"},
        StackCase{"qinq", "qinq:100,10", LinkType::ethernet, "02000a000002 02000a000001 88a8  0064 8100  000a 0800"},
        StackCase{"vlan_on_sll", "vlan:10", LinkType::linux_sll, "0000 0001 0006 02000a000001 0000 8100  000a 0800"},
        StackCase{"mpls", "mpls:100/200", LinkType::ethernet, "02000a000002 02000a000001 8847  0006 4040  000c 8140"},
        StackCase{"pppoe", "pppoe:7", LinkType::ethernet, "02000a000002 02000a000001 8864  1100 0007 0022  0021"},
        StackCase{"ipip", "ipip", LinkType::ethernet,
                  "0200c0000202 0200c0000201 0800  4500 0034 0000 4000 4004 b6c2 c000 0201 c000 0202"},
        StackCase{"ipip_on_null", "ipip@127.0.0.1-127.0.0.2", LinkType::null,
                  "0200 0000  4500 0034 0000 4000 4004 3cc3 7f00 0001 7f00 0002"},
        StackCase{"ip6ip_on_null", "ip6ip", LinkType::null,
                  "1e00 0000  6000 0000 0020 0440 2001 0db8 0000 0000 0000 0000 0000 0001"
                  "2001 0db8 0000 0000 0000 0000 0000 0002"},
        StackCase{"mpls_in_ip", "ipip,mpls:16", LinkType::raw,
                  "4500 0038 0000 4000 4089 b639 c000 0201 c000 0202  0001 0140"},
        StackCase{"gre", "gre:7", LinkType::raw,
                  "4500 003c 0000 4000 402f b68f c000 0201 c000 0202  2000 0800 0000 0007"},
        StackCase{"gre_over_ipv6", "gre@2001:db8::a-2001:db8::b", LinkType::raw,
                  "6000 0000 0024 2f40 2001 0db8 0000 0000 0000 0000 0000 000a"
                  "2001 0db8 0000 0000 0000 0000 0000 000b  0000 0800"},
        StackCase{"gre_bridging", "gre,vlan:10", LinkType::raw,
                  "4500 004a 0000 4000 402f b681 c000 0201 c000 0202  0000 6558"
                  "02000a000002 02000a000001 8100  000a 0800"},
        StackCase{"vxlan", "vxlan:42", LinkType::raw,
                  "4500 0052 0000 4000 4011 b697 c000 0201 c000 0202  cf1d 12b5 003e 0000  0800 0000 0000 2a00"
                  "02000a000002 02000a000001 0800"},
        StackCase{"vxlan_over_ipv6", "vxlan:42@2001:db8::a-2001:db8::b", LinkType::raw,
                  "6000 0000 003e 1140 2001 0db8 0000 0000 0000 0000 0000 000a"
                  "2001 0db8 0000 0000 0000 0000 0000 000b  cf1d 12b5 003e 8435  0800 0000 0000 2a00"
                  "02000a000002 02000a000001 0800"}),
    CaseName{});

TEST(OuterLayers, follow_the_direction_of_the_packet) {
  Encapsulator encapsulator{{.outer = layers("ipip")}};
  PacketCollector sink;
  Segment segment = ping();
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  segment.route = segment.route.reversed();
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  segment.route.source.port = segment.route.destination.port;
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  segment.route = segment.route.reversed();
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  const auto source = [&sink](std::size_t i) {
    return to_string(Ipv4View::parse(Bytes{sink.packets[i].bytes}).value().source());
  };
  EXPECT_EQ(source(0), "192.0.2.1") << "from the higher port";
  EXPECT_EQ(source(1), "192.0.2.2");
  EXPECT_EQ(source(2), "192.0.2.2") << "at equal ports, from the higher address";
  EXPECT_EQ(source(3), "192.0.2.1");
}

TEST(OuterLayers, have_the_time_to_live_of_the_packet) {
  Encapsulator encapsulator{{.time_to_live = 7, .outer = layers("mpls:16,ipip,ip6ip")}};
  encapsulator.set_link_type(LinkType::ethernet);
  PacketCollector sink;
  ASSERT_TRUE(encapsulator.send(ping(), sink).has_value());
  const Bytes packet{sink.packets[0].bytes};
  EXPECT_EQ(load_u8(packet, 14 + 3), 7);
  EXPECT_EQ(load_u8(packet, 14 + 4 + 8), 7);
  EXPECT_EQ(load_u8(packet, 14 + 4 + 20 + 7), 7);
}

TEST(OuterLayers, leave_the_payload_where_its_origin_says) {
  struct Sink final : PacketSink {
    Result<void, IoError> write(const PacketRecord& record) override {
      const PacketOrigin& origin = *record.origin;
      EXPECT_EQ(origin.payload_offset + origin.payload_length, record.bytes.size());
      payload += as_text(record.bytes.subspan(origin.payload_offset, origin.payload_length));
      return {};
    }
    Result<void, IoError> flush() override { return {}; }
    std::string payload;
  } sink;
  const std::string text(3000, 'x');
  const PacketOrigin origin;
  Segment segment = ping();
  segment.payload = as_bytes(text);
  segment.origin = &origin;
  Encapsulator encapsulator{{.mtu = 1500, .outer = layers("vxlan:1,vlan:2")}};
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  EXPECT_EQ(encapsulator.packets(), 3u);
  EXPECT_EQ(sink.payload, text);
}

TEST(OuterLayers, fit_around_the_largest_packet_that_they_name) {
  EXPECT_EQ(most_wrapped({}), 65535u);
  EXPECT_EQ(most_wrapped(layers("vlan:1,mpls:16")), 65535u) << "neither counts what it carries";
  EXPECT_EQ(most_wrapped(layers("vlan:1,ipip")), 65515u);
  EXPECT_EQ(most_wrapped(layers("ipip,vxlan:1,vlan:2")), 65535u - 20 - 20 - 8 - 8 - 14 - 4);
  EXPECT_EQ(most_wrapped(layers("pppoe,gre:1")), 65535u - 8 - 20 - 8);
  for (const char* const text : {"ipip", "gre:1", "ip6ip", "pppoe", "vxlan:1,vlan:2", "qinq:1,2,pppoe,ipip,mpls:16"}) {
    const auto outer = layers(text);
    const std::uint32_t mtu = most_wrapped(outer);
    const std::vector<std::byte> payload(mtu - 28);
    Segment segment = ping();
    segment.payload = payload;
    Encapsulator plain{{.link_type = LinkType::ethernet, .mtu = mtu}};
    Encapsulator encapsulator{{.link_type = LinkType::ethernet, .mtu = mtu, .outer = outer}};
    PacketCollector alone;
    PacketCollector sink;
    ASSERT_TRUE(plain.send(segment, alone).has_value());
    ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
    ASSERT_EQ(sink.packets.size(), 1u) << text;
    EXPECT_TRUE(same_octets(Bytes{sink.packets[0].bytes}.last(mtu), network_packet(alone.packets[0]))) << text;
  }
}

TEST(OuterLayers, allocate_nothing_after_the_first_packet) {
  struct Sink final : PacketSink {
    Result<void, IoError> write(const PacketRecord&) override { return {}; }
    Result<void, IoError> flush() override { return {}; }
  } sink;
  Encapsulator encapsulator{
      {.link_type = LinkType::ethernet,
       .outer = layers("qinq:1,2,mpls:16/17,gre:1,vxlan:1@::1-::2,vlan:3,pppoe,ipip,ip6ip,ipip")}};
  const Segment segment = ping();
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  const AllocationCounter counter;
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  EXPECT_EQ(counter.count(), 0u);
}

/// Connections and datagrams of both families, one of them in fragments.
std::vector<CollectedPacket> crafted(std::string_view outer, CraftOptions options = {}) {
  static const std::string longest(9000, 'x');
  options.link_type = LinkType::ethernet;
  if (!outer.empty()) options.outer = layers(outer);
  PacketCollector sink;
  Crafter crafter{options, sink};
  for (const bool six : {false, true}) {
    for (const char* const protocol : {"UDP", "TCP", "HTTP"}) {
      for (const bool back : {false, true}) {
        Message message;
        message.protocol = protocol;
        message.source.address = IpAddress::parse(six ? "fd00::1" : "10.0.0.1").value();
        message.destination.address = IpAddress::parse(six ? "fd00::2" : "10.0.0.2").value();
        if (back) std::swap(message.source, message.destination);
        message.payload = as_bytes(protocol == std::string_view{"HTTP"} ? std::string_view{back ? "200 OK" : "GET /"}
                                                                        : std::string_view{longest});
        EXPECT_TRUE(crafter.push(message).has_value());
      }
    }
  }
  EXPECT_TRUE(crafter.finish().has_value());
  return std::move(sink.packets);
}

TEST(OuterLayers, carry_the_packets_that_there_are_without_them) {
  const auto plain = crafted("");
  for (const char* const text :
       {"vlan:10", "qinq:100,10", "mpls:100/200", "pppoe", "ipip", "ip6ip", "gre", "gre:7@::1-::2", "vxlan:42",
        "vxlan:42@::1-::2", "vlan:1,mpls:16", "ip6ip,gre", "vlan:1,vxlan:2,vlan:3"}) {
    const auto wrapped = crafted(text);
    PacketBuffer headers;
    wrap(headers, layers(text), {}, 64);
    ASSERT_EQ(wrapped.size(), plain.size()) << text;
    for (std::size_t i = 0; i < plain.size(); ++i) {
      const Bytes packet = network_packet(plain[i]);
      ASSERT_TRUE(same_octets(Bytes{wrapped[i].bytes}.last(packet.size()), packet)) << text << ", packet " << i;
      EXPECT_EQ(wrapped[i].bytes.size(), 14 + headers.size() + packet.size());
      EXPECT_EQ(wrapped[i].timestamp, plain[i].timestamp);
    }
  }
}

TEST(OuterLayers, lower_the_mtu_of_segments_to_what_they_carry) {
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  options.outer = layers("ipip");
  PacketCollector sink;
  Crafter crafter{options, sink};
  const std::string text(65495, 'x');
  Message message;
  message.protocol = "TCP";
  message.payload = as_bytes(text);
  ASSERT_TRUE(crafter.push(message).has_value());
  ASSERT_TRUE(crafter.finish().has_value());
  EXPECT_EQ(crafter.link_type(), LinkType::ethernet) << "loopback addresses, but not in front";
  ASSERT_EQ(sink.packets.size(), 2u) << "fragments: 65535 octets and 20 more are no IPv4 packet";
  for (const CollectedPacket& packet : sink.packets) {
    EXPECT_TRUE(Ipv4View::parse(Ipv4View::parse(network_packet(packet)).value().payload()).has_value());
  }
}

std::string text_of_file(const std::string& path) {
  std::ifstream in{std::string{ENCAP_SOURCE_DIR} + '/' + path};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(OuterShapes, stand_in_the_readme_and_the_manual) {
  const std::string readme = text_of_file("README.md");
  std::string manual = text_of_file("tools/encapsulate/encapsulate.1");
  std::erase(manual, '\\');
  ASSERT_EQ(outer_shapes().size(), 8u);
  for (const OuterShape& shape : outer_shapes()) {
    const std::string row = "| `" + std::string{shape.shape} + "` | " + std::string{shape.makes} + " |";
    EXPECT_NE(readme.find(row), std::string::npos) << "README.md has no " << row;
    const std::string entry = "\n.B " + std::string{shape.shape} + "\n" + std::string{shape.makes};
    EXPECT_NE(manual.find(entry), std::string::npos) << "encapsulate.1 has no " << entry;
    const std::string_view name = shape.shape.substr(0, shape.shape.find_first_of(":[@"));
    EXPECT_EQ(parse_outer_layers(name).has_value(), shape.shape[name.size()] == '[')
        << "what is in brackets may be left out, and nothing else";
  }
}

}  // namespace
}  // namespace encap::test
