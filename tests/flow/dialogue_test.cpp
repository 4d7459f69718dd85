// DNS and DHCP in a table: which messages belong to one another.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "session_checker.h"

namespace encap::test {
namespace {

struct Row {
  std::string_view protocol;
  std::string_view source;
  std::string_view destination;
  std::string_view text;
};

/// What a table makes, and the payloads of its datagrams and segments.
struct Made {
  explicit Made(const std::vector<Row>& rows, const CraftOptions& options = {}) {
    PacketCollector collector;
    Crafter crafter{options, collector};
    for (const Row& row : rows) {
      Message message;
      message.protocol = row.protocol;
      message.source = party(row.source);
      message.destination = party(row.destination);
      message.payload = as_bytes(row.text);
      EXPECT_TRUE(crafter.push(message).has_value());
    }
    EXPECT_TRUE(crafter.finish().has_value());
    summary = crafter.summary();
    packets = collector.packets;
    for (const CollectedPacket& packet : packets) {
      const Ipv4View ip = Ipv4View::parse(network_packet(packet)).value();
      const Bytes payload = ip.protocol() == Protocol::udp ? UdpView::parse(ip.payload()).value().payload()
                                                           : TcpView::parse(ip.payload()).value().payload();
      if (!payload.empty()) payloads.emplace_back(as_text(payload));
    }
  }

  CraftSummary summary;
  std::vector<CollectedPacket> packets;
  std::vector<std::string> payloads;

 private:
  /// `10.0.0.1:53`, or the name of an application.
  static Party party(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {text, {}, {}};
    std::uint16_t port = 0;
    for (const char c : text.substr(colon + 1)) port = static_cast<std::uint16_t>(port * 10 + (c - '0'));
    return {{}, IpAddress::parse(text.substr(0, colon)), Port{port}};
  }
};

std::uint32_t number(const std::string& payload, std::size_t at, std::size_t octets) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < octets; ++i) value = value << 8 | static_cast<unsigned char>(payload.at(at + i));
  return value;
}
std::uint32_t id(const std::string& dns) { return number(dns, 0, 2); }
bool is_response(const std::string& dns) { return (number(dns, 2, 2) & 0x8000) != 0; }

std::uint32_t xid(const std::string& dhcp) { return number(dhcp, 4, 4); }
std::string hardware(const std::string& dhcp) { return dhcp.substr(28, 6); }
constexpr std::size_t client_address = 12;
constexpr std::size_t your_address = 16;
/// The value of an option of four octets; 0 when it is not there.
std::uint32_t option(const std::string& dhcp, unsigned code) {
  for (std::size_t at = 240; at < dhcp.size() && number(dhcp, at, 1) != 255; at += 2 + number(dhcp, at + 1, 1)) {
    if (number(dhcp, at, 1) == code) return number(dhcp, at + 2, 4);
  }
  return 0;
}
constexpr unsigned requested_address = 50;
constexpr unsigned lease_time = 51;
constexpr unsigned server_identifier = 54;

CraftOptions with(CraftOptions::Mode mode, CraftOptions::Payload payload) {
  CraftOptions options;
  options.mode = mode;
  options.payload = payload;
  return options;
}

TEST(DnsDialogue, gives_the_answer_the_number_and_the_question_of_its_query) {
  const Made made{{{"DNS", "laptop", "resolver", "www.example.com"}, {"DNS", "resolver", "laptop", "192.0.2.1"}}};
  ASSERT_EQ(made.payloads.size(), 2u);
  const std::string& query = made.payloads[0];
  const std::string& answer = made.payloads[1];
  EXPECT_FALSE(is_response(query));
  EXPECT_TRUE(is_response(answer));
  EXPECT_EQ(id(query), id(answer));
  EXPECT_EQ(answer.substr(12, query.size() - 12), query.substr(12));
  EXPECT_EQ(made.summary.dns_completed, 2u);
  EXPECT_EQ(made.summary.text_as_binary, 0u);
}

TEST(DnsDialogue, answers_the_question_that_the_text_names_else_that_of_its_type_else_the_last) {
  const Made made{{{"DNS", "a", "r", "A www.x.org"},
                   {"DNS", "a", "r", "AAAA www.x.org"},
                   {"DNS", "a", "r", "www.y.org"},
                   {"DNS", "r", "a", "www.x.org is 192.0.2.1"},
                   {"DNS", "r", "a", "2001:db8::1"},
                   {"DNS", "r", "a", "192.0.2.3"},
                   {"DNS", "r", "a", "192.0.2.4"}}};
  ASSERT_EQ(made.payloads.size(), 7u);
  EXPECT_EQ(id(made.payloads[3]), id(made.payloads[0]));
  EXPECT_EQ(id(made.payloads[4]), id(made.payloads[1]));
  EXPECT_EQ(id(made.payloads[5]), id(made.payloads[2]));
  EXPECT_EQ(id(made.payloads[6]), id(made.payloads[2])) << "nothing is open: the last one is answered again";
}

TEST(DnsDialogue, keeps_conversations_apart) {
  const Made made{{{"DNS", "10.0.0.1:5000", "10.0.0.53:53", "a.org"},
                   {"DNS", "10.0.0.2:5000", "10.0.0.53:53", "b.org"},
                   {"DNS", "10.0.0.53:53", "10.0.0.1:5000", "192.0.2.1"},
                   {"DNS", "10.0.0.53:53", "10.0.0.2:5000", "192.0.2.2"}}};
  ASSERT_EQ(made.payloads.size(), 4u);
  EXPECT_EQ(id(made.payloads[2]), id(made.payloads[0]));
  EXPECT_EQ(id(made.payloads[3]), id(made.payloads[1]));
}

TEST(DnsDialogue, answers_what_was_asked_from_another_port_when_nothing_else_was) {
  const Made made{
      {{"DNS", "10.0.0.1:5000", "10.0.0.53:53", "a.org"}, {"DNS", "10.0.0.53:53", "10.0.0.1:5001", "192.0.2.1"}}};
  ASSERT_EQ(made.payloads.size(), 2u);
  EXPECT_EQ(id(made.payloads[1]), id(made.payloads[0]));
}

TEST(DnsDialogue, takes_the_number_from_the_text) {
  const Made made{{{"DNS", "a", "r", "Standard query 0x1234 A x.org"}, {"DNS", "r", "a", "NXDOMAIN"}}};
  ASSERT_EQ(made.payloads.size(), 2u);
  EXPECT_EQ(id(made.payloads[0]), 0x1234u);
  EXPECT_EQ(id(made.payloads[1]), 0x1234u);
  EXPECT_EQ(number(made.payloads[1], 2, 2), 0x8183u);
}

TEST(DnsDialogue, of_a_port_is_one_where_the_table_names_the_transport_only) {
  const Made made{
      {{"UDP", "10.0.0.1:5000", "10.0.0.53:53", "a.org"}, {"UDP", "10.0.0.1:5000", "10.0.0.53:9000", "a.org"}}};
  EXPECT_EQ(made.summary.dns_completed, 1u);
  EXPECT_EQ(made.payloads[1], "a.org");
}

TEST(DnsDialogue, over_tcp_has_lengths) {
  CraftOptions options;
  options.addresses.transport = Transport::tcp;
  const std::vector<Row> rows{{"DNS", "a", "r", "x.org"}, {"DNS", "r", "a", "192.0.2.1"}};
  const Made session{rows, options};
  options.mode = CraftOptions::Mode::segments;
  const Made segments{rows, options};
  for (const Made* made : {&session, &segments}) {
    ASSERT_EQ(made->payloads.size(), 2u);
    for (const std::string& payload : made->payloads) EXPECT_EQ(number(payload, 0, 2), payload.size() - 2);
    EXPECT_EQ(number(made->payloads[0], 2, 2), number(made->payloads[1], 2, 2));
  }
}

TEST(DnsDialogue, leaves_what_it_does_not_understand_and_says_so) {
  const Made made{{{"DNS", "a", "r", "hello"},
                   {"DNS", "r", "a", "192.0.2.1"},
                   {"DNS", "a", "r", ""},
                   {"DNS", "a", "r", std::string_view{"\0\7\1\0", 4}}}};
  EXPECT_EQ(made.payloads[0], "hello");
  EXPECT_EQ(made.payloads[1], "192.0.2.1");
  EXPECT_EQ(made.summary.dns_completed, 0u);
  EXPECT_EQ(made.summary.text_as_binary, 2u) << "neither nothing nor octets are text";
}

TEST(DnsDialogue, sends_the_text_when_told_to) {
  using Options = CraftOptions;
  const std::vector<Row> rows{{"DNS", "a", "r", "x.org"}, {"DHCP", "a", "r", "DHCP Discover"}};
  for (const Options::Mode mode : {Options::Mode::session, Options::Mode::segments}) {
    const Made made{rows, with(mode, Options::Payload::verbatim)};
    EXPECT_EQ(made.payloads, (std::vector<std::string>{"x.org", "DHCP Discover"}));
    EXPECT_EQ(made.summary.text_as_binary, 0u);
    const Made whole{rows, with(mode, Options::Payload::complete)};
    EXPECT_EQ(whole.summary.dns_completed, 1u);
    EXPECT_EQ(whole.summary.dhcp_completed, 1u);
  }
}

TEST(DnsDialogue, numbers_come_from_the_seed_and_none_comes_twice) {
  std::vector<std::string> names;
  std::vector<Row> rows;
  for (std::size_t i = 0; i < 2000; ++i) names.push_back("host" + std::to_string(i) + ".x.org");
  for (const std::string& name : names) rows.push_back({"DNS", "a", "r", name});
  CraftOptions options;
  const Made made{rows, options};
  EXPECT_EQ(Made(rows, options).packets, made.packets);
  std::vector<std::uint32_t> ids;
  for (const std::string& payload : made.payloads) ids.push_back(id(payload));
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
  options.seed = 1;
  EXPECT_NE(id(Made(rows, options).payloads[0]), id(made.payloads[0]));
}

TEST(DnsDialogue, forgets_the_oldest_conversations) {
  std::vector<std::string> ends;
  std::vector<Row> rows;
  for (std::size_t i = 0; i < 5000; ++i) {
    ends.push_back("10." + std::to_string(i / 65536) + '.' + std::to_string(i / 256 % 256) + '.' +
                   std::to_string(i % 256) + ":5000");
  }
  for (const std::string& end : ends) rows.push_back({"DNS", end, "10.9.9.53:53", "x.org"});
  rows.push_back({"DNS", "10.9.9.53:53", ends.front(), "192.0.2.1"});
  rows.push_back({"DNS", "10.9.9.53:53", ends.back(), "192.0.2.1"});
  const Made made{rows};
  EXPECT_EQ(made.summary.dns_completed, 5001u);
  EXPECT_EQ(made.summary.text_as_binary, 1u);
}

TEST(DhcpDialogue, is_one_exchange_of_one_client) {
  const Made made{{{"DHCP", "laptop", "router", "DHCP Discover"},
                   {"DHCP", "router", "laptop", "DHCP Offer 192.168.1.100, lease 3600"},
                   {"DHCP", "laptop", "router", "DHCP Request"},
                   {"DHCP", "router", "laptop", "DHCP Ack"}}};
  ASSERT_EQ(made.payloads.size(), 4u);
  for (const std::string& payload : made.payloads) {
    EXPECT_EQ(xid(payload), xid(made.payloads[0]));
    EXPECT_EQ(hardware(payload), hardware(made.payloads[0]));
  }
  constexpr std::uint32_t offered = 0xc0a80164;
  constexpr std::uint32_t server = 0xc0a80101;
  EXPECT_EQ(number(made.payloads[1], your_address, 4), offered);
  EXPECT_EQ(option(made.payloads[1], server_identifier), server);
  EXPECT_EQ(option(made.payloads[2], requested_address), offered);
  EXPECT_EQ(option(made.payloads[2], server_identifier), server);
  EXPECT_EQ(number(made.payloads[2], client_address, 4), 0u);
  EXPECT_EQ(number(made.payloads[3], your_address, 4), offered);
  EXPECT_EQ(option(made.payloads[3], lease_time), 3600u);
  EXPECT_EQ(made.summary.dhcp_completed, 4u);
}

TEST(DhcpDialogue, keeps_clients_apart) {
  const Made made{{{"DHCP", "a", "router", "DHCP Discover"},
                   {"DHCP", "b", "router", "DHCP Discover"},
                   {"DHCP", "router", "a", "DHCP Offer"},
                   {"DHCP", "router", "b", "DHCP Offer"}}};
  ASSERT_EQ(made.payloads.size(), 4u);
  EXPECT_NE(xid(made.payloads[0]), xid(made.payloads[1]));
  EXPECT_NE(hardware(made.payloads[0]), hardware(made.payloads[1]));
  EXPECT_EQ(xid(made.payloads[2]), xid(made.payloads[0]));
  EXPECT_EQ(xid(made.payloads[3]), xid(made.payloads[1]));
  for (const std::size_t offer : {2u, 3u}) {
    EXPECT_EQ(number(made.payloads[offer], your_address, 4) >> 8, 0xc0a800u);
  }
  EXPECT_NE(number(made.payloads[2], your_address, 4), number(made.payloads[3], your_address, 4));
}

TEST(DhcpDialogue, finds_the_client_of_a_broadcast) {
  const Made made{{{"DHCP", "0.0.0.0:68", "255.255.255.255:67", "Discover"},
                   {"DHCP", "192.168.1.1:67", "192.168.1.50:68", "Offer"},
                   {"DHCP", "0.0.0.0:68", "255.255.255.255:67", "Request"},
                   {"DHCP", "192.168.1.1:67", "255.255.255.255:68", "Ack"},
                   {"DHCP", "192.168.1.50:68", "192.168.1.1:67", "Release"}}};
  ASSERT_EQ(made.payloads.size(), 5u);
  for (const std::size_t i : {1u, 2u, 3u}) EXPECT_EQ(xid(made.payloads[i]), xid(made.payloads[0])) << i;
  constexpr std::uint32_t offered = 0xc0a80132;
  EXPECT_EQ(number(made.payloads[1], your_address, 4), offered) << "an offer goes to the address it offers";
  EXPECT_EQ(option(made.payloads[2], requested_address), offered);
  EXPECT_EQ(number(made.payloads[3], your_address, 4), offered);
  EXPECT_EQ(number(made.payloads[4], client_address, 4), offered);
  EXPECT_EQ(hardware(made.payloads[4]), hardware(made.payloads[0]));
  EXPECT_EQ(option(made.payloads[4], server_identifier), 0xc0a80101u);
}

TEST(DhcpDialogue, renews_with_the_address_it_holds) {
  const Made made{{{"DHCP", "a", "r", "DHCP Request 10.0.0.9"},
                   {"DHCP", "r", "a", "DHCP Ack"},
                   {"DHCP", "a", "r", "DHCP Request"},
                   {"DHCP", "r", "a", "DHCP Ack"}}};
  ASSERT_EQ(made.payloads.size(), 4u);
  EXPECT_EQ(option(made.payloads[0], requested_address), 0x0a000009u);
  EXPECT_EQ(option(made.payloads[0], server_identifier), 0u);
  EXPECT_NE(xid(made.payloads[2]), xid(made.payloads[0]));
  EXPECT_EQ(xid(made.payloads[3]), xid(made.payloads[2]));
  EXPECT_EQ(number(made.payloads[2], client_address, 4), 0x0a000009u);
  EXPECT_EQ(option(made.payloads[2], requested_address), 0u);
}

TEST(DhcpDialogue, gives_no_address_to_who_is_refused_or_only_asks) {
  const Made made{{{"DHCP", "a", "r", "DHCP Request 10.0.0.9"},
                   {"DHCP", "r", "a", "DHCP NAK for 10.0.0.9"},
                   {"DHCP", "10.0.0.7:68", "10.0.0.1:67", "DHCP Inform"},
                   {"DHCP", "10.0.0.1:67", "10.0.0.7:68", "DHCP Ack"}}};
  ASSERT_EQ(made.payloads.size(), 4u);
  EXPECT_EQ(number(made.payloads[1], your_address, 4), 0u);
  EXPECT_EQ(number(made.payloads[2], client_address, 4), 0x0a000007u);
  EXPECT_EQ(number(made.payloads[3], your_address, 4), 0u);
  EXPECT_EQ(option(made.payloads[3], lease_time), 0u);
}

TEST(DhcpDialogue, leaves_what_it_does_not_understand_and_all_over_tcp) {
  const Made words{{{"DHCP", "a", "r", "hello"}}};
  EXPECT_EQ(words.payloads, std::vector<std::string>{"hello"});
  EXPECT_EQ(words.summary.text_as_binary, 1u);
  CraftOptions options;
  options.addresses.transport = Transport::tcp;
  const Made tcp{{{"DHCP", "a", "r", "DHCP Discover"}}, options};
  EXPECT_EQ(tcp.payloads, std::vector<std::string>{"DHCP Discover"});
  EXPECT_EQ(tcp.summary.text_as_binary, 1u);
}

TEST(DhcpDialogue, is_not_taken_for_a_tcp_control_segment) {
  Message message;
  message.transport = Transport::udp;
  message.source.port = Port{67};
  message.destination.port = Port{68};
  message.payload = as_bytes("ACK");
  PacketCollector collector;
  Crafter crafter{CraftOptions{}, collector};
  ASSERT_TRUE(crafter.push(message).has_value());
  ASSERT_TRUE(crafter.finish().has_value());
  EXPECT_EQ(crafter.summary().control_rows, 0u);
  EXPECT_EQ(crafter.summary().dhcp_completed, 1u);
}

}  // namespace
}  // namespace encap::test
