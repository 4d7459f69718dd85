#include "encap/capture/bpf_filter.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/ip_packets.h"

namespace encap::test {
namespace {

std::string text_of(std::string_view hex) { return std::string{as_text(hex_vector(hex))}; }

// 192.0.2.1:49152 -> 192.0.2.2:80
std::string segment() { return tcp_packet({}, 1, 1, 0x18, "GET / HTTP/1.1\r\n\r\n"); }

// 2001:db8::1 -> 2001:db8::2, UDP 5000 -> 53
std::string ipv6_datagram() {
  return text_of(
      "6000 0000 000b 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002"
      "1388 0035 000b 0000 616263");
}

struct Header {
  const char* name;
  LinkType link_type;
  const char* before_ipv4;
  const char* before_ipv6;
};

class BpfFilterLink : public ::testing::TestWithParam<Header> {
 protected:
  [[nodiscard]] bool matches(const std::string& filter, const std::string& packet) const {
    const auto compiled = BpfFilter::compile(filter, GetParam().link_type);
    EXPECT_TRUE(compiled.has_value()) << compiled.error();
    if (!compiled) return false;
    EXPECT_EQ(compiled->link_type(), GetParam().link_type);
    return compiled->matches(record_of(packet, GetParam().link_type));
  }
};

TEST_P(BpfFilterLink, finds_the_headers_behind_it) {
  const std::string ipv4 = text_of(GetParam().before_ipv4) + segment();
  for (const char* const filter : {"", "ip", "tcp", "tcp port 80", "src host 192.0.2.1 and dst net 192.0.2.0/24",
                                   "tcp[tcpflags] & tcp-push != 0", "ip[8] = 64", "greater 58", "not ip6"}) {
    EXPECT_TRUE(matches(filter, ipv4)) << filter;
  }
  for (const char* const filter :
       {"udp", "tcp port 81", "dst host 192.0.2.1", "less 57", "tcp[tcpflags] & tcp-syn != 0"}) {
    EXPECT_FALSE(matches(filter, ipv4)) << filter;
  }
  if (GetParam().before_ipv6 == nullptr) return;
  EXPECT_FALSE(matches("ip6", ipv4));
  const std::string ipv6 = text_of(GetParam().before_ipv6) + ipv6_datagram();
  for (const char* const filter : {"ip6", "udp port 53", "ip6 and udp", "src host 2001:db8::1", "ip6[7] = 64"}) {
    EXPECT_TRUE(matches(filter, ipv6)) << filter;
  }
  for (const char* const filter : {"ip", "tcp", "udp port 54", "src host 2001:db8::2"}) {
    EXPECT_FALSE(matches(filter, ipv6)) << filter;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Link, BpfFilterLink,
    ::testing::Values(Header{"ethernet", LinkType::ethernet, "020000000002 020000000001 0800",
                             "020000000002 020000000001 86dd"},
                      Header{"null_little_endian", LinkType::null, "02000000", "1e000000"},
                      Header{"null_big_endian", LinkType::null, "00000002", "0000001e"},
                      Header{"null_of_freebsd", LinkType::null, "02000000", "1c000000"},
                      Header{"null_of_netbsd_big_endian", LinkType::null, "00000002", "00000018"},
                      Header{"loop", LinkType::loop, "00000002", "00000018"}, Header{"raw", LinkType::raw, "", ""},
                      Header{"ipv4", LinkType::ipv4, "", nullptr},
                      Header{"linux_sll", LinkType::linux_sll, "0000 0001 0006 020000000001 0000 0800",
                             "0000 0001 0006 020000000001 0000 86dd"},
                      Header{"linux_sll2", LinkType::linux_sll2, "0800 0000 00000001 0001 00 06 020000000001 0000",
                             "86dd 0000 00000001 0001 00 06 020000000001 0000"}),
    CaseName{});

TEST(BpfFilter, knows_what_is_ethernet_s_own) {
  const std::string tagged = text_of("020000000002 020000000001 8100 0064 0800") + segment();
  const PacketRecord record = record_of(tagged, LinkType::ethernet);
  const auto matches = [&](const char* text) {
    const auto filter = BpfFilter::compile(text, LinkType::ethernet);
    EXPECT_TRUE(filter.has_value()) << filter.error();
    return filter.has_value() && filter->matches(record);
  };
  EXPECT_TRUE(matches("ether src 02:00:00:00:00:01"));
  EXPECT_FALSE(matches("ether src 02:00:00:00:00:02"));
  EXPECT_TRUE(matches("vlan 100 and tcp port 80"));
  EXPECT_FALSE(matches("vlan 101"));
  EXPECT_FALSE(matches("tcp port 80")) << "as in tcpdump, which looks behind a tag only when it is told of one";
}

TEST(BpfFilter, finds_nothing_beyond_what_was_captured) {
  const std::string packet = segment();
  PacketRecord record = record_of(packet);
  const auto ports = BpfFilter::compile("tcp port 80", LinkType::raw);
  const auto transport = BpfFilter::compile("tcp", LinkType::raw);
  const auto length = BpfFilter::compile("len = 58", LinkType::raw);
  ASSERT_TRUE(ports.has_value() && transport.has_value() && length.has_value());
  for (std::size_t size = 0; size <= packet.size(); ++size) {
    record.bytes = as_bytes(packet).first(size);
    EXPECT_EQ(ports->matches(record), size >= 24) << size;
    EXPECT_EQ(transport->matches(record), size >= 10) << size;
    EXPECT_TRUE(length->matches(record)) << size;
  }
  record.original_length = 0;
  EXPECT_TRUE(length->matches(record)) << "a length that is missing is that of the octets";
}

TEST(BpfFilter, of_null_takes_packets_that_are_cut_inside_the_family) {
  const auto filter = BpfFilter::compile("ip", LinkType::null);
  ASSERT_TRUE(filter.has_value());
  for (const std::string_view octets : {"", "\2", "\0\0\0"}) {
    EXPECT_FALSE(filter->matches(record_of(octets, LinkType::null)));
  }
}

struct WrongFilter {
  const char* name;
  std::string text;
  LinkType link_type;
  const char* error;
};

class BpfFilterError : public ::testing::TestWithParam<WrongFilter> {};

TEST_P(BpfFilterError, names_the_filter) {
  const auto filter = BpfFilter::compile(GetParam().text, GetParam().link_type);
  ASSERT_FALSE(filter.has_value());
  EXPECT_EQ(filter.error().substr(0, GetParam().text.size() + 4), "\"" + GetParam().text + "\": ");
  EXPECT_NE(filter.error().find(GetParam().error), std::string::npos) << filter.error();
}

// libpcap's words change from version to version; those here did not.
INSTANTIATE_TEST_SUITE_P(
    Text, BpfFilterError,
    ::testing::Values(WrongFilter{"misspelt", "tcp prt 80", LinkType::ethernet, "syntax error"},
                      WrongFilter{"unfinished", "tcp and (", LinkType::ethernet, "syntax error"},
                      WrongFilter{"port_too_large", "port 99999", LinkType::ethernet, "illegal port number"},
                      WrongFilter{"of_another_link", "vlan 5", LinkType::raw, "VLAN"},
                      WrongFilter{"impossible", "ip6 host 10.0.0.1", LinkType::raw, "ip6"},
                      WrongFilter{"of_an_unknown_link", "tcp", static_cast<LinkType>(65'000), "65000"},
                      WrongFilter{"nothing_can_match", "ip6", LinkType::ipv4, "rejects all packets"},
                      WrongFilter{"zero", std::string("tcp\0 port 80", 12), LinkType::raw, "a filter holds no zero"},
                      WrongFilter{"octets_of_nothing", "\xff\xfe", LinkType::raw, ""}),
    CaseName{});

TEST(BpfFilter, of_a_link_type_without_layers_still_knows_lengths) {
  constexpr auto user0 = static_cast<LinkType>(147);
  const auto matches = [](const char* text) {
    const auto filter = BpfFilter::compile(text, user0);
    EXPECT_TRUE(filter.has_value()) << filter.error();
    return filter.has_value() && filter->matches(record_of("1234", user0));
  };
  EXPECT_TRUE(matches("greater 3"));
  EXPECT_FALSE(matches("greater 5"));
}

TEST(BpfFilter, matches_without_an_allocation) {
  const std::string packet = segment();
  const PacketRecord record = record_of(packet);
  const auto filter = BpfFilter::compile("tcp port 80", LinkType::raw);
  ASSERT_TRUE(filter.has_value());
  const AllocationCounter allocations;
  bool all = true;
  for (int i = 0; i < 100; ++i) all &= filter->matches(record);
  EXPECT_TRUE(all);
  EXPECT_EQ(allocations.count(), 0u);
}

TEST(BpfFilter, serves_several_threads) {
  const std::string packet = segment();
  const PacketRecord record = record_of(packet);
  auto compiled = BpfFilter::compile("tcp port 80", LinkType::raw);
  ASSERT_TRUE(compiled.has_value());
  const BpfFilter filter = std::move(*compiled);
  std::array<int, 4> found{};
  std::vector<std::thread> threads;
  for (int& count : found) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) count += filter.matches(record) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const int count : found) EXPECT_EQ(count, 10'000);
}

TEST(CaptureFilter, is_compiled_for_each_link_type) {
  CaptureFilter filter{"tcp port 80"};
  const std::string raw = segment();
  const std::string ethernet = text_of("020000000002 020000000001 0800") + raw;
  const std::string udp = udp_packet({}, "abc");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(filter.matches(record_of(raw)), true);
    EXPECT_EQ(filter.matches(record_of(ethernet, LinkType::ethernet)), true);
    EXPECT_EQ(filter.matches(record_of(ethernet)), false) << "this is no IP packet";
    EXPECT_EQ(filter.matches(record_of(udp)), false);
  }
}

TEST(CaptureFilter, says_each_time_that_a_link_type_is_none_of_its_own) {
  CaptureFilter filter{"vlan"};
  const std::string raw = segment();
  const std::string ethernet = text_of("020000000002 020000000001 8100 0064 0800") + raw;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(filter.matches(record_of(ethernet, LinkType::ethernet)), true);
    const auto outcome = filter.matches(record_of(raw));
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().find("\"vlan\": "), 0u) << outcome.error();
  }
}

}  // namespace
}  // namespace encap::test
