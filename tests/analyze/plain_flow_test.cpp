#include "encap/analyze/plain_flow.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "analyze/flows.h"
#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/packet_text.h"
#include "support/property.h"

namespace encap::test {
namespace {

using Transport = FlowKey::Transport;

// 192.0.2.1 port 40000 -> 192.0.2.2 port 80, the first header up to the addresses.
const std::string ipv4_tcp = "4500 0028 0001 0000 4006 0000 c0000201 c0000202";
const std::string ipv4_udp = "4500 001c 0001 0000 4011 0000 c0000201 c0000202";
const std::string ipv6_tcp = "60000000 0014 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002";
const std::string ipv6_udp = "60000000 0008 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002";
const std::string tcp = "9c40 0050 00000001 00000001 5010 2000 0000 0000";
const std::string udp = "9c40 0050 0008 0000";
const std::string ethernet = "020000000002 020000000001";
const std::string sll = "0000 0001 0006 0200000000010000";

struct Case {
  std::string name;
  LinkType link_type;
  std::string packet;  // hexadecimal, up to where its ports begin
  std::string ports;   // and from there on
  Transport transport = Transport::tcp;
  bool ipv6 = false;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

const Case plain[] = {
    {"ethernet", LinkType::ethernet, ethernet + "0800" + ipv4_tcp, tcp},
    {"ethernet_udp", LinkType::ethernet, ethernet + "0800" + ipv4_udp, udp, Transport::udp},
    {"ethernet_ipv6", LinkType::ethernet, ethernet + "86dd" + ipv6_tcp, tcp, Transport::tcp, true},
    {"ethernet_ipv6_udp", LinkType::ethernet, ethernet + "86dd" + ipv6_udp, udp, Transport::udp, true},
    {"ethernet_padding", LinkType::ethernet, ethernet + "0800" + ipv4_tcp, tcp + "000000000000"},
    {"vlan", LinkType::ethernet, ethernet + "8100 0064 0800" + ipv4_tcp, tcp},
    {"vlan_ipv6", LinkType::ethernet, ethernet + "8100 0064 86dd" + ipv6_udp, udp, Transport::udp, true},
    {"vlan_of_the_provider", LinkType::ethernet, ethernet + "88a8 0001 8100 0064 0800" + ipv4_tcp, tcp},
    {"vlan_three_times", LinkType::ethernet, ethernet + "8100 0001 8100 0002 8100 0003 0800" + ipv4_udp, udp,
     Transport::udp},
    {"null_little_endian", LinkType::null, "02000000" + ipv4_tcp, tcp},
    {"null_big_endian", LinkType::null, "00000002" + ipv4_udp, udp, Transport::udp},
    {"loop", LinkType::loop, "00000002" + ipv4_tcp, tcp},
    {"sll", LinkType::linux_sll, sll + "0800" + ipv4_tcp, tcp},
    {"sll_ipv6", LinkType::linux_sll, sll + "86dd" + ipv6_tcp, tcp, Transport::tcp, true},
    {"sll_of_the_loopback", LinkType::linux_sll, "0000 0304 0006 0000000000000000 0800" + ipv4_udp, udp,
     Transport::udp},
    {"raw", LinkType::raw, ipv4_tcp, tcp},
    {"raw_ipv6", LinkType::raw, ipv6_udp, udp, Transport::udp, true},
    {"ipv4", LinkType::ipv4, ipv4_udp, udp, Transport::udp},
    {"ipv6", LinkType::ipv6, ipv6_tcp, tcp, Transport::tcp, true},
    {"flag_do_not_fragment", LinkType::raw, "4500 0028 0001 4000 4006 0000 c0000201 c0000202", tcp},
    {"flag_reserved", LinkType::raw, "4500 0028 0001 8000 4006 0000 c0000201 c0000202", tcp},
};

PacketRecord record_of(LinkType link_type, const std::vector<std::byte>& octets) {
  PacketRecord record;
  record.link_type = link_type;
  record.bytes = octets;
  record.original_length = static_cast<std::uint32_t>(octets.size());
  return record;
}

FlowKey expected(const Case& tested) {
  Address client = ipv4(0xc0000201);
  Address server = ipv4(0xc0000202);
  if (tested.ipv6) {
    client = server = {{0x20, 0x01, 0x0d, 0xb8}, Address::Kind::ipv6, 16};
    client.octets[15] = 1;
    server.octets[15] = 2;
  }
  return flow_key(tested.transport, client, 40'000, server, 80);
}

class PlainFlow : public testing::TestWithParam<Case> {};

TEST_P(PlainFlow, is_read) {
  const auto octets = hex_vector(GetParam().packet + GetParam().ports);
  std::uint32_t flow = 0;
  ASSERT_TRUE(plain_flow(record_of(GetParam().link_type, octets), flow));
  EXPECT_EQ(flow, SessionMemory::hash_of(expected(GetParam())));
}

// Each prefix lies in memory of its own, so that a sanitizer sees an octet read behind it.
TEST_P(PlainFlow, is_read_from_as_many_octets_as_hold_both_ports_and_from_no_fewer) {
  const auto whole = hex_vector(GetParam().packet + GetParam().ports);
  const std::size_t needed = hex_vector(GetParam().packet).size() + 4;
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::vector<std::byte> octets{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)};
    PacketRecord record = record_of(GetParam().link_type, octets);
    record.original_length = static_cast<std::uint32_t>(whole.size());
    std::uint32_t flow = 1;
    ASSERT_EQ(plain_flow(record, flow), length >= needed) << length;
    EXPECT_EQ(flow, length >= needed ? SessionMemory::hash_of(expected(GetParam())) : 1) << length;
  }
}
INSTANTIATE_TEST_SUITE_P(Packets, PlainFlow, testing::ValuesIn(plain), CaseName{});

const Case not_plain[] = {
    {"ipv4_with_options", LinkType::raw, "4600 002c 0001 0000 4006 0000 c0000201 c0000202 01010101", tcp},
    {"ipv4_header_too_short", LinkType::raw, "4400 0028 0001 0000 4006 0000 c0000201 c0000202", tcp},
    {"first_fragment", LinkType::raw, "4500 0028 0001 2000 4006 0000 c0000201 c0000202", tcp},
    {"middle_fragment", LinkType::raw, "4500 0028 0001 2001 4006 0000 c0000201 c0000202", tcp},
    {"last_fragment", LinkType::raw, "4500 001c 0001 0001 4011 0000 c0000201 c0000202", udp},
    {"last_fragment_far_behind", LinkType::raw, "4500 001c 0001 1000 4011 0000 c0000201 c0000202", udp},
    {"icmp", LinkType::raw, "4500 001c 0001 0000 4001 0000 c0000201 c0000202", "0800 0000 0001 0001"},
    {"udp_lite", LinkType::raw, "4500 001c 0001 0000 4088 0000 c0000201 c0000202", udp},
    {"ipv4_in_ipv4", LinkType::raw, "4500 003c 0001 0000 4004 0000 c0000201 c0000202" + ipv4_tcp, tcp},
    {"ipv6_in_ipv4", LinkType::raw, "4500 0050 0001 0000 4029 0000 c0000201 c0000202" + ipv6_tcp, tcp},
    {"hop_by_hop_options", LinkType::raw,
     "60000000 001c 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002 0600 010400000000", tcp},
    {"routing_header", LinkType::raw,
     "60000000 001c 2b 40 20010db8000000000000000000000001 20010db8000000000000000000000002 0600 000000000000", tcp},
    {"fragment_header", LinkType::raw,
     "60000000 001c 2c 40 20010db8000000000000000000000001 20010db8000000000000000000000002 0600 000000000001", tcp},
    {"destination_options", LinkType::raw,
     "60000000 001c 3c 40 20010db8000000000000000000000001 20010db8000000000000000000000002 0600 010400000000", tcp},
    {"neither_version", LinkType::raw, "5500 0028 0001 0000 4006 0000 c0000201 c0000202", tcp},
    {"ipv6_under_the_type_of_ipv4", LinkType::ethernet, ethernet + "0800" + ipv6_tcp, tcp},
    {"ipv4_under_the_type_of_ipv6", LinkType::ethernet,
     ethernet + "86dd 4500 0040 0001 0000 4006 0000 c0000201 c0000202 0000000000000000 0000000000000000", tcp},
    {"arp", LinkType::ethernet, ethernet + "0806" + ipv4_tcp, tcp},
    {"length_instead_of_a_type", LinkType::ethernet, ethernet + "0028" + ipv4_tcp, tcp},
    {"tag_within_a_tag_of_something_else", LinkType::ethernet, ethernet + "8100 0064 9100 0064 0800" + ipv4_tcp, tcp},
    {"vlan_of_arp", LinkType::ethernet, ethernet + "8100 0064 0806" + ipv4_tcp, tcp},
    {"null_ipv6", LinkType::null, "1e000000" + ipv6_tcp, tcp},
    {"null_unknown_family", LinkType::null, "07000000" + ipv4_tcp, tcp},
    {"sll_netlink", LinkType::linux_sll, "0000 0338 0006 0000000000000000 0800" + ipv4_tcp, tcp},
    {"sll_arp", LinkType::linux_sll, sll + "0806" + ipv4_tcp, tcp},
    {"sll2", LinkType::linux_sll2, "0800 0000 00000001 0001 00 06 0200000000010000" + ipv4_tcp, tcp},
    {"unknown_link_type", static_cast<LinkType>(147), ipv4_tcp, tcp},
};

class OtherPackets : public testing::TestWithParam<Case> {};

TEST_P(OtherPackets, give_no_plain_flow_at_any_length) {
  const auto whole = hex_vector(GetParam().packet + GetParam().ports);
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    const std::vector<std::byte> octets{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)};
    std::uint32_t flow = 0;
    EXPECT_FALSE(plain_flow(record_of(GetParam().link_type, octets), flow)) << length;
  }
}
INSTANTIATE_TEST_SUITE_P(Packets, OtherPackets, testing::ValuesIn(not_plain), CaseName{});

TEST(PlainFlowOfTags, ends_with_the_packet) {
  std::vector<std::byte> octets = hex_vector(ethernet);
  for (int i = 0; i < 100; ++i) {
    for (const std::byte octet : {std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{1}}) octets.push_back(octet);
    const std::vector<std::byte> exactly{octets.begin(), octets.end()};
    std::uint32_t flow = 0;
    EXPECT_FALSE(plain_flow(record_of(LinkType::ethernet, exactly), flow));
  }
}

// What a dissector asks of its session.
class Asked final : public Session {
 public:
  std::vector<FlowKey> flows;
  bool fragment_seen = false;

  Flow& flow(const FlowKey& key) override {
    flows.push_back(key);
    return memory_.flow(key);
  }
  const TcpAnalysis& tcp(const FlowKey& key, const TcpSegmentFacts& segment) override {
    flows.push_back(key);
    return memory_.tcp(key, segment);
  }
  Reassembly fragment(const FragmentKey& key, std::uint64_t frame_number, std::uint32_t offset, bool more,
                      Bytes bytes) override {
    fragment_seen = true;
    return memory_.fragment(key, frame_number, offset, more, bytes);
  }

 private:
  SessionMemory memory_;
};

// Two threads may share a session because of this: a plain packet is dissected with its own flow and nothing else.
class Agreement {
 public:
  void check(const PacketRecord& record) {
    asked_.flows.clear();
    asked_.fragment_seen = false;
    dissector_.dissect(record, dissection_);
    std::uint32_t flow = 0;
    if (!plain_flow(record, flow)) return;
    ++plain_;
    EXPECT_FALSE(asked_.fragment_seen);
    for (const FlowKey& key : asked_.flows) {
      EXPECT_EQ(SessionMemory::hash_of(key), flow);
    }
    if (!asked_.flows.empty()) ++asked_for_;
  }
  [[nodiscard]] int plain_packets() const noexcept { return plain_; }
  [[nodiscard]] int asked_for() const noexcept { return asked_for_; }

 private:
  Asked asked_;
  Dissector dissector_{&asked_};
  Dissection dissection_{Detail::columns};
  int plain_ = 0;
  int asked_for_ = 0;
};

TEST_P(PlainFlow, is_the_one_that_the_dissector_asks_for) {
  Agreement agreement;
  const auto octets = hex_vector(GetParam().packet + GetParam().ports);
  agreement.check(record_of(GetParam().link_type, octets));
  EXPECT_EQ(agreement.asked_for(), 1);
}

TEST(PlainFlowOfKeptPackets, is_the_one_that_the_dissector_asks_for_at_every_cut) {
  int plain_packets = 0;
  for (const auto& entry : std::filesystem::directory_iterator{ENCAP_SOURCE_DIR "/tests/packets"}) {
    if (entry.path().extension() != ".hex") continue;
    SCOPED_TRACE(entry.path().string());
    Agreement agreement;
    for (const WrittenPacket& packet : read_packet_text(entry.path())) {
      for (std::size_t size = 0; size <= packet.octets.size(); ++size) {
        const std::vector<std::byte> exactly{packet.octets.begin(),
                                             packet.octets.begin() + static_cast<std::ptrdiff_t>(size)};
        PacketRecord record = packet.record();
        record.bytes = exactly;
        agreement.check(record);
      }
    }
    plain_packets += agreement.plain_packets();
  }
  EXPECT_GT(plain_packets, 10'000);
}

TEST(PlainFlowProperty, of_a_damaged_packet_is_the_one_that_the_dissector_asks_for) {
  check_property(200, [](Random& random) {
    Agreement agreement;
    for (int i = 0; i < 200; ++i) {
      const bool once_plain = random.one_in(2);
      const Case& tested =
          once_plain ? plain[random.below(std::size(plain))] : not_plain[random.below(std::size(not_plain))];
      auto octets = hex_vector(tested.packet + tested.ports);
      const auto original = static_cast<std::uint32_t>(octets.size());
      for (std::uint64_t changes = random.below(4); changes > 0; --changes) {
        octets[random.below(octets.size())] = random.any<std::byte>();
      }
      if (random.one_in(4)) octets.resize(random.below(octets.size() + 1));
      PacketRecord record = record_of(tested.link_type, octets);
      if (random.one_in(2)) record.original_length = original;
      agreement.check(record);
    }
    EXPECT_GT(agreement.asked_for(), 0);
  });
}

}  // namespace
}  // namespace encap::test
