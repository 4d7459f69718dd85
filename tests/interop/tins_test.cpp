#include "encap/interop/tins.h"

#include <gtest/gtest.h>
#include <stdexcept>
#include <tins/dot1q.h>
#include <tins/dot3.h>
#include <tins/ethernetII.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/loopback.h>
#include <tins/mpls.h>
#include <tins/pppoe.h>
#include <tins/rawpdu.h>
#include <tins/sll.h>
#include <tins/tcp.h>
#include <tins/udp.h>

#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/udp.h"
#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

// 10.0.0.1:5074 -> 10.0.0.2:12345, "ping"
constexpr auto packet = hex_bytes(
    "4500 0020 0000 0000 4011 66cb 0a00 0001 0a00 0002"
    "13d2 3039 000c c8f7 70696e67");
constexpr auto packet_6 = hex_bytes(
    "6000 0000 0004 fd40 20010db8 00000000 00000000 00000001"
    "20010db8 00000000 00000000 00000002 70696e67");
const char* const mac_1 = "02:00:0a:00:00:01";
const char* const mac_2 = "02:00:0a:00:00:02";

Tins::EthernetII ethernet() { return Tins::EthernetII(Tins::HWAddress<6>(mac_2), Tins::HWAddress<6>(mac_1)); }
Tins::IP ip() { return {"192.0.2.2", "192.0.2.1"}; }

std::uint16_t sum_of(Bytes octets) { return Checksum{}.add(octets).sum(); }

TEST(TinsPrepend, puts_an_ethernet_header_and_a_tag_in_front) {
  PacketBuffer buffer = dirty_buffer(packet);
  auto outer = ethernet() / Tins::Dot1Q(10, false);
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  auto expected = hex_vector("02000a000002 02000a000001 8100 000a 0800");
  expected.insert(expected.end(), packet.bytes().begin(), packet.bytes().end());
  expected.resize(60);  // libtins pads
  EXPECT_TRUE(same_octets(buffer.bytes(), expected));
}

TEST(TinsPrepend, tells_ipv6_from_ipv4_and_leaves_the_stack_as_it_was) {
  auto outer = ethernet();
  for (int i = 0; i < 2; ++i) {
    for (const auto& [payload, type] : {std::pair{packet.bytes(), EtherType::ipv4},
                                        {packet_6.bytes(), EtherType::ipv6},
                                        {as_bytes("neither"), EtherType{0}}}) {
      PacketBuffer buffer = dirty_buffer(payload);
      ASSERT_TRUE(prepend(buffer, outer).has_value());
      EXPECT_EQ(EthernetView::parse(buffer.bytes())->type(), type);
      EXPECT_TRUE(same_octets(EthernetView::parse(buffer.bytes())->payload().first(payload.size()), payload));
      EXPECT_EQ(outer.payload_type(), 0);
      EXPECT_EQ(outer.inner_pdu(), nullptr);
    }
  }
}

TEST(TinsPrepend, keeps_a_type_that_was_set) {
  PacketBuffer buffer = dirty_buffer(packet);
  auto outer = ethernet();
  outer.payload_type(0x88b5);
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  EXPECT_EQ(EthernetView::parse(buffer.bytes())->type(), EtherType{0x88b5});
}

TEST(TinsPrepend, fills_lengths_and_checksums_over_the_payload) {
  PacketBuffer buffer = dirty_buffer(packet);
  auto outer = ip() / Tins::UDP(6081, 40000);
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  const auto four = Ipv4View::parse(buffer.bytes());
  ASSERT_TRUE(four.has_value());
  EXPECT_EQ(four->total_length(), 20 + 8 + packet.size());
  EXPECT_EQ(four->protocol(), Protocol::udp);
  EXPECT_EQ(sum_of(four->header()), 0xffff);
  const auto udp = UdpView::parse(four->payload());
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->length(), 8 + packet.size());
  EXPECT_EQ(Checksum{}
                .add(PseudoHeader{four->source(), four->destination(), Protocol::udp, udp->length()})
                .add(udp->bytes())
                .sum(),
            0xffff);
  EXPECT_TRUE(same_octets(udp->payload(), packet));
}

TEST(TinsPrepend, builds_vxlan_around_a_frame) {
  PacketBuffer buffer = dirty_buffer(packet);
  prepend(buffer, EthernetHeader{});
  const auto frame = copy_of(buffer.bytes());
  auto outer = ethernet() / ip() / Tins::UDP(4789, 50000) / Tins::RawPDU(std::string{"\x08\0\0\0\0\0\x2a\0", 8});
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  const auto four = Ipv4View::parse(EthernetView::parse(buffer.bytes())->payload());
  ASSERT_TRUE(four.has_value());
  EXPECT_EQ(four->total_length(), buffer.size() - 14);
  const auto udp = UdpView::parse(four->payload());
  ASSERT_TRUE(udp.has_value());
  EXPECT_TRUE(same_octets(udp->payload().first(8), hex_vector("0800 0000 00002a00")));
  EXPECT_TRUE(same_octets(udp->payload().subspan(8), frame));
}

TEST(TinsPrepend, builds_ip_in_ip_of_every_family) {
  struct Case {
    Bytes payload;
    Protocol protocol;
  };
  for (const Case& c : {Case{packet, Protocol::ipv4}, Case{packet_6, Protocol::ipv6}}) {
    PacketBuffer buffer = dirty_buffer(c.payload);
    auto four = ip();
    ASSERT_TRUE(prepend(buffer, four).has_value());
    const auto view = Ipv4View::parse(buffer.bytes());
    ASSERT_TRUE(view.has_value());
    EXPECT_EQ(view->protocol(), c.protocol);
    EXPECT_EQ(sum_of(view->header()), 0xffff);
    EXPECT_TRUE(same_octets(view->payload(), c.payload));

    buffer = dirty_buffer(c.payload);
    Tins::IPv6 six{"2001:db8::2", "2001:db8::1"};
    ASSERT_TRUE(prepend(buffer, six).has_value());
    const auto view_6 = Ipv6View::parse(buffer.bytes());
    ASSERT_TRUE(view_6.has_value());
    EXPECT_EQ(view_6->next_header(), c.protocol);
    EXPECT_TRUE(same_octets(view_6->payload(), c.payload));
  }
}

TEST(TinsPrepend, counts_what_a_pppoe_session_carries) {
  PacketBuffer buffer = dirty_buffer(packet);
  Tins::PPPoE session;
  session.session_id(7);
  auto outer = ethernet() / session / Tins::RawPDU(std::string{"\0\x21", 2});
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  EXPECT_EQ(load_be16(buffer.bytes(), 18), 2 + packet.size());
  PacketBuffer shorter = dirty_buffer(as_bytes("ping"));
  ASSERT_TRUE(prepend(shorter, outer).has_value());
  EXPECT_EQ(load_be16(shorter.bytes(), 18), 2 + 4);
}

TEST(TinsPrepend, takes_an_empty_buffer_and_many_headers) {
  PacketBuffer buffer{0};
  auto outer = ethernet() / Tins::Dot1Q(1, false) / Tins::Dot1Q(2, false) / Tins::MPLS() / ip() / Tins::UDP(1, 2);
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  EXPECT_EQ(buffer.size(), 60u);
  const auto udp = UdpView::parse(buffer.bytes().subspan(14 + 4 + 4 + 4 + 20));
  ASSERT_TRUE(udp.has_value());
  EXPECT_EQ(udp->length(), 8);
}

TEST(TinsPrepend, leaves_a_missing_source_address_missing) {
  PacketBuffer buffer = dirty_buffer(packet);
  Tins::IP outer{"127.0.0.1"};
  ASSERT_TRUE(prepend(buffer, outer).has_value());
  EXPECT_EQ(Ipv4View::parse(buffer.bytes())->source(), Ipv4Address{});
}

struct OverflowCase {
  const char* name;
  std::size_t payload;
  bool six;
  const char* error;  // null when it fits
};

class TinsOverflow : public ::testing::TestWithParam<OverflowCase> {};

TEST_P(TinsOverflow, is_refused_and_leaves_the_buffer_alone) {
  const std::vector<std::byte> payload(GetParam().payload);
  PacketBuffer buffer = dirty_buffer(payload);
  auto four = ip() / Tins::UDP(1, 2);
  auto six = Tins::IPv6{"::1", "::2"} / Tins::UDP(1, 2);
  Tins::PDU& outer = GetParam().six ? static_cast<Tins::PDU&>(six) : four;
  const auto result = prepend(buffer, outer);
  ASSERT_EQ(result.has_value(), GetParam().error == nullptr);
  EXPECT_EQ(outer.inner_pdu()->inner_pdu(), nullptr);
  if (result) return;
  EXPECT_EQ(to_string(result.error()), GetParam().error);
  EXPECT_EQ(buffer.size(), payload.size());
}

INSTANTIATE_TEST_SUITE_P(
    Tins, TinsOverflow,
    ::testing::Values(OverflowCase{"ipv4_full", 65507, false, nullptr},
                      OverflowCase{"ipv4_over", 65508, false,
                                   "libtins: IP: 65536 octets, its length field counts to 65535"},
                      OverflowCase{"ipv6_full", 65527, true, nullptr},
                      OverflowCase{"ipv6_over", 65528, true,
                                   "libtins: IPv6 payload: 65536 octets, its length field counts to 65535"}),
    CaseName{});

TEST(TinsPrepend, refuses_options_that_no_header_holds) {
  auto outer = ip() / Tins::TCP(1, 2);
  for (int i = 0; i < 5; ++i) outer.rfind_pdu<Tins::TCP>().timestamp(1, 2);
  PacketBuffer buffer = dirty_buffer(packet);
  const auto result = prepend(buffer, outer);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(to_string(result.error()), "libtins: TCP header: 72 octets, its length field counts to 60");
}

TEST(TinsPrepend, writes_ip_options_without_harm_to_what_follows_or_not_at_all) {
  for (const bool with_length : {false, true}) {
    auto header = ip();
    header.noop();
    header.noop();
    if (with_length) header.stream_identifier(7);
    auto outer = header / Tins::UDP(1, 0x1234);
    PacketBuffer buffer = dirty_buffer(as_bytes("ping"));
    const auto result = prepend(buffer, outer);
    if (result) {
      const auto four = Ipv4View::parse(buffer.bytes());
      ASSERT_TRUE(four.has_value());
      const auto udp = UdpView::parse(four->payload());
      ASSERT_TRUE(udp.has_value());
      EXPECT_EQ(udp->source_port(), Port{0x1234});
      EXPECT_EQ(as_text(udp->payload()), "ping");
    } else {
      EXPECT_TRUE(with_length);
      EXPECT_EQ(to_string(result.error()), "libtins: IP: options, of which this libtins counts an octet too few each");
      EXPECT_EQ(as_text(buffer.bytes()), "ping");
    }
  }
}

// A PDU of somebody's own that cannot be written.
class Stubborn final : public Tins::PDU {
 public:
  [[nodiscard]] std::uint32_t header_size() const override { return 4; }
  [[nodiscard]] Stubborn* clone() const override { return new Stubborn{}; }
  [[nodiscard]] PDUType pdu_type() const override { return USER_DEFINED_PDU; }

 private:
  void write_serialization(std::uint8_t* /*buffer*/, std::uint32_t /*size*/) override {
    throw std::runtime_error{"no"};
  }
};

TEST(TinsPrepend, turns_what_is_thrown_into_an_error) {
  PacketBuffer buffer = dirty_buffer(packet);
  Stubborn outer;
  const auto result = prepend(buffer, outer);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(to_string(result.error()), "libtins: no");
  EXPECT_TRUE(same_octets(buffer.bytes(), packet));
  EXPECT_EQ(outer.inner_pdu(), nullptr);
  EXPECT_EQ(outer.parent_pdu(), nullptr);
  const auto bytes = to_bytes(outer);
  ASSERT_FALSE(bytes.has_value());
  EXPECT_FALSE(append(buffer, outer).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), packet));
}

TEST(TinsBytes, are_those_of_the_stack) {
  auto stack = Tins::IP("10.0.0.2", "10.0.0.1") / Tins::UDP(12345, 5074) / Tins::RawPDU("ping");
  stack.ttl(64);
  stack.id(0);
  const auto bytes = to_bytes(stack);
  ASSERT_TRUE(bytes.has_value());
  EXPECT_TRUE(same_octets(*bytes, packet));
  PacketBuffer buffer = dirty_buffer(as_bytes("before"));
  ASSERT_TRUE(append(buffer, stack).has_value());
  EXPECT_EQ(as_text(buffer.bytes().first(6)), "before");
  EXPECT_TRUE(same_octets(buffer.bytes().subspan(6), packet));
}

PacketRecord record_of(LinkType link_type, const std::vector<std::byte>& octets) {
  return {year_2000, link_type, static_cast<std::uint32_t>(octets.size()), octets};
}

std::vector<std::byte> behind(const char* header, Bytes rest) {
  auto octets = hex_vector(header);
  octets.insert(octets.end(), rest.begin(), rest.end());
  return octets;
}

struct ReadCase {
  const char* name;
  LinkType link_type;
  const char* header;
  bool six;
  Tins::PDU::PDUType outermost;
  std::uint32_t family;  // of a Loopback PDU
};

class TinsRead : public ::testing::TestWithParam<ReadCase> {};

TEST_P(TinsRead, finds_the_packet_by_link_type) {
  const auto& [name, link_type, header, six, outermost, family] = GetParam();
  const auto octets = behind(header, six ? packet_6.bytes() : packet.bytes());
  const auto pdu = to_pdu(record_of(link_type, octets));
  ASSERT_TRUE(pdu.has_value()) << to_string(pdu.error());
  EXPECT_EQ((*pdu)->pdu_type(), outermost);
  if (outermost == Tins::PDU::LOOPBACK) {
    EXPECT_EQ((*pdu)->rfind_pdu<Tins::Loopback>().family(), family);
  }
  if (six) {
    const auto* const found = (*pdu)->find_pdu<Tins::IPv6>();
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->src_addr().to_string(), "2001:db8::1");
  } else {
    const auto* const found = (*pdu)->find_pdu<Tins::IP>();
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->src_addr().to_string(), "10.0.0.1");
    const auto* const udp = (*pdu)->find_pdu<Tins::UDP>();
    ASSERT_NE(udp, nullptr);
    EXPECT_EQ(udp->dport(), 12345);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Tins, TinsRead,
    ::testing::Values(
        ReadCase{"raw_ipv4", LinkType::raw, "", false, Tins::PDU::IP, 0},
        ReadCase{"raw_ipv6", LinkType::raw, "", true, Tins::PDU::IPv6, 0},
        ReadCase{"ethernet", LinkType::ethernet, "02000a000002 02000a000001 0800", false, Tins::PDU::ETHERNET_II, 0},
        ReadCase{"ethernet_with_tag", LinkType::ethernet, "02000a000002 02000a000001 8100 000a 86dd", true,
                 Tins::PDU::ETHERNET_II, 0},
        ReadCase{"sll", LinkType::linux_sll, "0000 0304 0006 000000000000 0000 0800", false, Tins::PDU::SLL, 0},
        ReadCase{"null_little_endian", LinkType::null, "02000000", false, Tins::PDU::LOOPBACK, 2},
        ReadCase{"null_big_endian", LinkType::null, "00000002", false, Tins::PDU::LOOPBACK, 2},
        ReadCase{"null_ipv6_of_macos", LinkType::null, "1e000000", true, Tins::PDU::LOOPBACK, 30},
        ReadCase{"null_ipv6_of_freebsd", LinkType::null, "1c000000", true, Tins::PDU::LOOPBACK, 28},
        ReadCase{"null_ipv6_of_openbsd", LinkType::null, "00000018", true, Tins::PDU::LOOPBACK, 24},
        ReadCase{"loop", LinkType::loop, "00000002", false, Tins::PDU::LOOPBACK, 2}),
    CaseName{});

TEST(TinsRead, finds_an_ieee_802_3_frame_by_its_length) {
  const auto pdu = to_pdu(record_of(LinkType::ethernet, hex_vector("0180c2000000 02000a000001 0003 424203")));
  ASSERT_TRUE(pdu.has_value()) << to_string(pdu.error());
  EXPECT_EQ((*pdu)->pdu_type(), Tins::PDU::DOT3);
}

TEST(TinsRead, keeps_an_unknown_family_as_octets) {
  const auto pdu = to_pdu(record_of(LinkType::null, hex_vector("07000000 70696e67")));
  ASSERT_TRUE(pdu.has_value());
  EXPECT_EQ((*pdu)->rfind_pdu<Tins::RawPDU>().payload_size(), 4u);
}

struct RefusedCase {
  const char* name;
  LinkType link_type;
  const char* octets;
  const char* error;
};

class TinsRefusal : public ::testing::TestWithParam<RefusedCase> {};

TEST_P(TinsRefusal, is_an_error) {
  const auto octets = hex_vector(GetParam().octets);
  const auto pdu = to_pdu(record_of(GetParam().link_type, octets));
  ASSERT_FALSE(pdu.has_value());
  EXPECT_EQ(to_string(pdu.error()), GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Tins, TinsRefusal,
    ::testing::Values(
        RefusedCase{"empty_raw", LinkType::raw, "", "libtins: IP: no octets"},
        RefusedCase{"cut_ipv4", LinkType::raw, "4500 0020", "libtins: IP: Malformed packet"},
        RefusedCase{"cut_ipv6", LinkType::raw, "6000 0000", "libtins: IPv6: Malformed packet"},
        RefusedCase{"version_7", LinkType::raw, "7000", "libtins: IP: version 7"},
        RefusedCase{"empty_ethernet", LinkType::ethernet, "", "libtins: EthernetII: Malformed packet"},
        RefusedCase{"cut_ethernet", LinkType::ethernet, "02000a000002", "libtins: EthernetII: Malformed packet"},
        RefusedCase{"cut_sll", LinkType::linux_sll, "0000", "libtins: SLL: Malformed packet"},
        RefusedCase{"cut_null", LinkType::null, "0200",
                    "libtins: Loopback: null at 0: length says 4 octets, 2 captured"},
        RefusedCase{"link_type_of_nobody", static_cast<LinkType>(9999), "00", "libtins: no PDU for link type 9999"}),
    CaseName{});

}  // namespace
}  // namespace encap::test
