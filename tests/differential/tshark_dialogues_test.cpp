// Texts of DNS and DHCP, as tables have them, against what tshark shows of the packets that are made of them.
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

#include "encap/flow/crafter.h"
#include "tshark_capture.h"

namespace encap::test {
namespace {

/// tshark with all its protocols: DHCP is none of those that `dissect` reads.
std::string all_of_tshark(const std::string& capture, const std::string& arguments) {
  return run("TZ=UTC LC_ALL=C.UTF-8 WIRESHARK_CONFIG_DIR=/nonexistent tshark -n -2 -r '" + capture + "' " + arguments);
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

struct Said {
  bool by_server;
  std::string_view text;
};

/// Writes what two hosts say to one another.
void write_capture(const std::string& path, std::string_view protocol, const std::vector<Said>& dialogue,
                   std::optional<Transport> transport, CraftOptions::Mode mode) {
  auto file = PcapFileWriter::open(path, {});
  ASSERT_TRUE(file.has_value());
  CraftOptions options;
  options.mode = mode;
  Crafter crafter{options, *file};
  const Party client{"laptop", IpAddress{Ipv4Address{0x0a000005}}, {}};
  const Party server{"server", IpAddress{Ipv4Address{0x0a000035}}, {}};
  for (const Said& said : dialogue) {
    Message message;
    message.protocol = protocol;
    message.transport = transport;
    message.source = said.by_server ? server : client;
    message.destination = said.by_server ? client : server;
    if (protocol == "DNS") {
      message.source.port = Port{said.by_server ? std::uint16_t{53} : std::uint16_t{40000}};
      message.destination.port = Port{said.by_server ? std::uint16_t{40000} : std::uint16_t{53}};
    }
    message.payload = as_bytes(said.text);
    ASSERT_TRUE(crafter.push(message).has_value());
  }
  ASSERT_TRUE(crafter.finish().has_value());
  ASSERT_TRUE(file->commit().has_value());
}

class TsharkDialogue : public testing::Test {
 protected:
  void SetUp() override {
    if (version_of_tshark().empty()) GTEST_SKIP() << "tshark is not installed";
  }
  void expect_no_complaint() const {
    // Warnings, and the notes of DNS: a retransmission is one.
    EXPECT_EQ(all_of_tshark(capture_, "-Y '_ws.malformed || _ws.expert.severity >= warn || (dns && _ws.expert)'"), "");
  }

  TemporaryFolder folder_;
  std::string capture_ = folder_ / "dialogue.pcap";
};

struct DnsCase {
  std::string_view query;
  std::string_view answer;
  std::string_view query_info;  // behind the identification
  std::string_view answer_info;
};

// Each query and its answer.
constexpr DnsCase dns_cases[] = {
    {"example.com", "192.0.2.1", "A example.com", "A example.com A 192.0.2.1"},
    {"A example.com", "A 192.0.2.1", "A example.com", "A example.com A 192.0.2.1"},
    {"A? example.com", "example.com A 192.0.2.1", "A example.com", "A example.com A 192.0.2.1"},
    {"Query: example.com", "Response: 192.0.2.1", "A example.com", "A example.com A 192.0.2.1"},
    {"Query A example.com", "example.com is at 192.0.2.1", "A example.com", "A example.com A 192.0.2.1"},
    {"DNS Query: www.x.org", "www.x.org -> 192.0.2.1", "A www.x.org", "A www.x.org A 192.0.2.1"},
    {"resolve example.com", "IP: 192.0.2.1", "A example.com", "A example.com A 192.0.2.1"},
    {"What is the address of www.x.org?", "192.0.2.1, 192.0.2.2 and 192.0.2.3", "A www.x.org",
     "A www.x.org A 192.0.2.1 A 192.0.2.2 A 192.0.2.3"},
    {"AAAA example.com", "2001:db8::1", "AAAA example.com", "AAAA example.com AAAA 2001:db8::1"},
    {"www.x.org", "CNAME x.org", "A www.x.org", "A www.x.org CNAME x.org"},
    {"www.x.org", "www.x.org is an alias for x.org. x.org has address 192.0.2.1", "A www.x.org",
     "A www.x.org CNAME x.org A 192.0.2.1"},
    {"MX x.org", "MX 10 a.x.org, MX 20 b.y.org", "MX x.org", "MX x.org MX 10 a.x.org MX 20 b.y.org"},
    {"NS x.org", "ns1.x.org, ns2.x.org", "NS x.org", "NS x.org NS ns1.x.org NS ns2.x.org"},
    {"TXT x.org", "TXT \"v=spf1 -all\" \"and more\"", "TXT x.org", "TXT x.org TXT"},
    {"192.0.2.9", "a.x.org", "PTR 9.2.0.192.in-addr.arpa", "PTR 9.2.0.192.in-addr.arpa PTR a.x.org"},
    {"PTR 2001:db8::9", "PTR a.x.org", "PTR 9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
     "PTR 9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa PTR a.x.org"},
    {"no.x.org", "NXDOMAIN", "A no.x.org", "No such name A no.x.org"},
    {"no.x.org", "No such name A no.x.org SOA ns.x.org", "A no.x.org", "No such name A no.x.org SOA ns.x.org"},
    {"x.org", "SERVFAIL", "A x.org", "Server failure A x.org"},
    {"x.org", "Query refused", "A x.org", "Refused A x.org"},
    {"x.org", "FORMERR", "A x.org", "Format error A x.org"},
    {"x.org", "Not implemented", "A x.org", "Not implemented A x.org"},
    {"ANY x.org", "x.org A 192.0.2.1 MX 10 m.x.org TXT \"a\"", "ANY x.org", "ANY x.org A 192.0.2.1 MX 10 m.x.org TXT"},
    {"Standard query 0x1234 A www.x.org", "Standard query response 0x1234 A www.x.org CNAME x.org A 192.0.2.1",
     "A www.x.org", "A www.x.org CNAME x.org A 192.0.2.1"},
    {"12345+ A? example.com. (29)", "12345 1/0/0 A 192.0.2.1 (45)", "A example.com", "A example.com A 192.0.2.1"},
};

class TsharkDns : public TsharkDialogue, public testing::WithParamInterface<std::optional<Transport>> {
 protected:
  void expect_what_is_meant(CraftOptions::Mode mode) {
    std::vector<Said> dialogue;
    for (const DnsCase& each : dns_cases) {
      dialogue.push_back({false, each.query});
      dialogue.push_back({true, each.answer});
    }
    write_capture(capture_, "DNS", dialogue, GetParam(), mode);
    if (mode == CraftOptions::Mode::session) expect_no_complaint();
    const auto infos = lines(all_of_tshark(capture_, "-Y dns -T fields -e _ws.col.Info"));
    const auto links = lines(all_of_tshark(
        capture_, "-Y dns -T fields -E separator=, -e frame.number -e dns.id -e dns.response_in -e dns.response_to"));
    ASSERT_EQ(infos.size(), 2 * std::size(dns_cases));
    ASSERT_EQ(links.size(), infos.size());
    for (std::size_t i = 0; i < std::size(dns_cases); ++i) {
      const auto query = split(links[2 * i]);
      const auto answer = split(links[2 * i + 1]);
      EXPECT_EQ(infos[2 * i], "Standard query " + query[1] + ' ' + std::string{dns_cases[i].query_info});
      EXPECT_EQ(infos[2 * i + 1], "Standard query response " + query[1] + ' ' + std::string{dns_cases[i].answer_info});
      EXPECT_EQ(query[2], answer[0]) << dns_cases[i].query << ": the query is answered in another frame";
      EXPECT_EQ(answer[3], query[0]) << dns_cases[i].answer << ": the answer is to another frame";
    }
  }

  static std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> values;
    std::istringstream in{line + ','};
    for (std::string value; std::getline(in, value, ',');) values.push_back(value);
    values.resize(4);
    return values;
  }
};

TEST_P(TsharkDns, sees_what_the_texts_mean) { expect_what_is_meant(CraftOptions::Mode::session); }

TEST_P(TsharkDns, sees_what_the_texts_mean_in_bare_segments) {
  if (GetParam() == Transport::tcp) GTEST_SKIP() << "segments that all have the sequence number 0 repeat one another";
  expect_what_is_meant(CraftOptions::Mode::segments);
}

INSTANTIATE_TEST_SUITE_P(Over, TsharkDns,
                         testing::Values(std::optional<Transport>{Transport::udp}, std::optional{Transport::tcp}),
                         [](const auto& over) { return over.param == Transport::tcp ? "tcp" : "udp"; });

TEST_F(TsharkDialogue, sees_the_records_of_an_answer) {
  write_capture(capture_, "DNS",
                {{false, "TXT x.org"},
                 {true, "TXT \"v=spf1 -all\" \"and more\", TTL 60"},
                 {false, "no.x.org"},
                 {true, "NXDOMAIN no.x.org SOA ns.x.org"}},
                {}, CraftOptions::Mode::session);
  expect_no_complaint();
  EXPECT_EQ(all_of_tshark(capture_,
                          "-Y dns.txt -T fields -E separator=/t -E aggregator=+ -e dns.txt -e dns.resp.ttl "
                          "-e dns.flags.recdesired -e dns.flags.recavail"),
            "v=spf1 -all+and more\t60\t1\t1\n");
  EXPECT_EQ(all_of_tshark(capture_,
                          "-Y dns.soa.mname -T fields -E separator=/t -e dns.resp.name -e dns.soa.mname "
                          "-e dns.soa.rname -e dns.count.auth_rr"),
            "x.org\tns.x.org\thostmaster.ns.x.org\t1\n");
}

TEST_F(TsharkDialogue, sees_whole_exchanges_of_dhcp) {
  write_capture(capture_, "DHCP",
                {{false, "DHCP Discover - Client searching for DHCP server"},
                 {true, "DHCP Offer - Server offering IP 10.0.0.100"},
                 {false, "DHCP Request - Client requesting IP 10.0.0.100"},
                 {true, "DHCP ACK - Server acknowledging IP 10.0.0.100"},
                 {false, "DHCP Release"},
                 {false, "DHCP Discover"},
                 {true, "DHCP Offer"},
                 {false, "DHCP Request"},
                 {true, "DHCP NAK"},
                 {false, "DHCP Inform"},
                 {true, "DHCP Ack"},
                 {false, "DHCP Decline 10.0.0.101"}},
                {}, CraftOptions::Mode::session);
  expect_no_complaint();
  const auto seen = lines(all_of_tshark(
      capture_,
      "-T fields -E separator=, -E occurrence=f -e dhcp.id -e dhcp.option.dhcp -e udp.srcport -e dhcp.hw.mac_addr "
      "-e dhcp.ip.client -e dhcp.ip.your -e dhcp.option.requested_ip_address -e dhcp.option.dhcp_server_id"));
  const auto infos = lines(all_of_tshark(capture_, "-T fields -e _ws.col.Info"));
  ASSERT_EQ(seen.size(), 12u);
  ASSERT_EQ(infos.size(), 12u);
  const auto xid = [&seen](std::size_t at) { return seen[at].substr(0, seen[at].find(',')); };
  // Type, source port and hardware address; ciaddr, yiaddr; requested address, server.
  static constexpr std::string_view expected[] = {
      "1,68,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,,",
      "2,67,02:00:0a:00:00:05,0.0.0.0,10.0.0.100,,10.0.0.53",
      "3,68,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,10.0.0.100,10.0.0.53",
      "5,67,02:00:0a:00:00:05,0.0.0.0,10.0.0.100,,10.0.0.53",
      "7,68,02:00:0a:00:00:05,10.0.0.100,0.0.0.0,,10.0.0.53",
      "1,68,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,,",
      "2,67,02:00:0a:00:00:05,0.0.0.0,10.0.0.5,,10.0.0.53",
      "3,68,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,10.0.0.5,10.0.0.53",
      "6,67,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,,10.0.0.53",
      "8,68,02:00:0a:00:00:05,10.0.0.5,0.0.0.0,,",
      "5,67,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,,10.0.0.53",
      "4,68,02:00:0a:00:00:05,0.0.0.0,0.0.0.0,10.0.0.101,10.0.0.53",
  };
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i].substr(xid(i).size() + 1), expected[i]) << i + 1;
  EXPECT_EQ(infos[1].substr(0, infos[1].find(" - ")), "DHCP Offer   ");
  EXPECT_NE(infos[0].find("DHCP Discover - Transaction ID 0x"), std::string::npos) << infos[0];
  static constexpr std::size_t exchange_of[] = {0, 0, 0, 0, 4, 5, 5, 5, 5, 9, 9, 11};
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(xid(i), xid(exchange_of[i])) << i + 1;
    if (exchange_of[i] == i && i != 0) {
      EXPECT_NE(xid(i), xid(i - 1)) << i + 1;
    }
  }
}

}  // namespace
}  // namespace encap::test
