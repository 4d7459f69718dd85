#include "encap/flow/address_book.h"

#include <gtest/gtest.h>
#include <set>

#include "support/allocation_counter.h"
#include "support/case_name.h"

namespace encap::test {
namespace {

constexpr Port first_client_port{49152};  // where the dynamic ports begin (RFC 6335 §6)

IpAddress address(std::string_view text) {
  const auto parsed = IpAddress::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(IpAddress{});
}

/// A row of a table: who, to whom, over what, saying what.
Message row(std::string_view source, std::string_view destination, std::string_view protocol = "CHAT",
            std::string_view payload = "hello") {
  return {.file = "t.csv",
          .line = 7,
          .id = "1",
          .protocol = protocol,
          .source = {source, {}, {}},
          .destination = {destination, {}, {}},
          .transport = {},
          .timestamp = {},
          .payload = as_bytes(payload)};
}

SettledRoute settle(AddressBook& book, const Message& message) {
  const auto settled = book.settle(message);
  EXPECT_TRUE(settled.has_value()) << (settled ? "" : to_string(settled.error()));
  return settled ? *settled : SettledRoute{};
}

/// `10.0.0.1:80 > 10.0.0.2:49152`, for comparing whole routes in one line.
std::string text_of(const SettledRoute& settled) {
  return to_string(settled.route.source) + " > " + to_string(settled.route.destination);
}
std::string settled_text(AddressBook& book, const Message& message) { return text_of(settle(book, message)); }

Host host(std::string_view text) {
  auto parsed = Host::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed ? *std::move(parsed) : Host{};
}

TEST(AddressBook, takes_addresses_and_ports_of_the_row_first) {
  AddressBook book{{.hosts = {host("a=10.9.9.9:999"), host("b=10.8.8.8:888")}}};
  Message message = row("a", "b", "HTTP", "GET /");
  message.source.address = address("192.0.2.1");
  message.source.port = Port{5074};
  message.destination.address = address("192.0.2.2");
  message.destination.port = Port{8081};
  EXPECT_EQ(settled_text(book, message), "192.0.2.1:5074 > 192.0.2.2:8081");
}

TEST(AddressBook, takes_what_the_row_leaves_open_from_the_hosts) {
  AddressBook book{{.hosts = {host("a=10.9.9.9:999"), host("b=10.8.8.8:888")}}};
  EXPECT_EQ(settled_text(book, row("a", "b")), "10.9.9.9:999 > 10.8.8.8:888");
  Message half = row("a", "b");
  half.source.port = Port{5074};
  half.destination.address = address("192.0.2.2");
  EXPECT_EQ(settled_text(book, half), "10.9.9.9:5074 > 192.0.2.2:888");
}

TEST(AddressBook, matches_hosts_by_the_whole_name) {
  AddressBook book{{.hosts = {host("web=10.0.0.2:81")}}};
  EXPECT_EQ(settled_text(book, row("browser", "web2", "HTTP", "GET /")), "127.0.0.1:49152 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("browser", "Web", "HTTP", "GET /")), "127.0.0.1:49153 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("", "web", "HTTP", "GET /")), "127.0.0.1:49154 > 10.0.0.2:81");
}

TEST(AddressBook, gives_127_0_0_1_to_who_has_no_address) {
  AddressBook book{{}};
  EXPECT_EQ(settled_text(book, row("a", "b", "DNS")), "127.0.0.1:49152 > 127.0.0.1:53");
  Message half = row("a", "b", "DNS");
  half.destination.address = address("10.0.0.2");
  EXPECT_EQ(settle(book, half).route.source.address, address("127.0.0.1"));
}

TEST(AddressBook, gives_the_ipv6_loopback_address_beside_an_ipv6_address) {
  AddressBook book{{}};
  Message message = row("a", "b", "DNS");
  message.destination.address = address("2001:db8::2");
  EXPECT_EQ(settled_text(book, message), "[::1]:49152 > [2001:db8::2]:53");
  std::swap(message.source, message.destination);
  EXPECT_EQ(settle(book, message).route.destination.address, address("::1"));
}

TEST(AddressBook, keeps_the_ports_of_a_pair_in_both_directions) {
  AddressBook book{{}};
  EXPECT_EQ(settled_text(book, row("browser", "web", "HTTP", "GET /")), "127.0.0.1:49152 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("web", "browser", "HTTP", "200 OK")), "127.0.0.1:80 > 127.0.0.1:49152");
  EXPECT_EQ(settled_text(book, row("browser", "web", "HTTP", "GET /again")), "127.0.0.1:49152 > 127.0.0.1:80");
}

TEST(AddressBook, knows_a_pair_again_when_only_one_direction_names_a_port) {
  AddressBook book{{}};
  Message request = row("browser", "web", "HTTP", "GET /");
  request.destination.port = Port{80};
  EXPECT_EQ(settled_text(book, request), "127.0.0.1:49152 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("web", "browser", "HTTP", "200 OK")), "127.0.0.1:80 > 127.0.0.1:49152");
}

TEST(AddressBook, lets_each_http_request_decide_who_serves) {
  AddressBook book{{.hosts = {host("gateway=10.0.0.1"), host("store=10.0.0.2")}}};
  EXPECT_EQ(settled_text(book, row("gateway", "store", "HTTP", "GET /")), "10.0.0.1:49152 > 10.0.0.2:80");
  EXPECT_EQ(settled_text(book, row("store", "gateway", "HTTP", "200 OK")), "10.0.0.2:80 > 10.0.0.1:49152");
  EXPECT_EQ(settled_text(book, row("store", "gateway", "HTTP", "POST /event")), "10.0.0.2:49152 > 10.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("store", "gateway", "HTTP", "a body")), "10.0.0.2:49152 > 10.0.0.1:80");
}

TEST(AddressBook, gives_each_pair_of_applications_a_port_of_its_own) {
  AddressBook book{{}};
  EXPECT_EQ(settled_text(book, row("ann", "web", "HTTP", "GET /")), "127.0.0.1:49152 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("bob", "web", "HTTP", "GET /")), "127.0.0.1:49153 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("ann", "shop", "HTTP", "GET /")), "127.0.0.1:49154 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row("web", "ann", "HTTP", "200 OK")), "127.0.0.1:80 > 127.0.0.1:49152");
  EXPECT_EQ(settled_text(book, row("web", "bob", "HTTP", "200 OK")), "127.0.0.1:80 > 127.0.0.1:49153");
}

TEST(AddressBook, tells_pairs_apart_whose_names_read_the_same_in_a_row) {
  AddressBook book{{}};
  EXPECT_EQ(settle(book, row("a", "bc")).route.source.port, Port{49152});
  EXPECT_EQ(settle(book, row("ab", "c")).route.source.port, Port{49153});
}

TEST(AddressBook, tells_pairs_without_names_apart_by_address) {
  AddressBook book{{}};
  Message first = row("", "", "HTTP", "GET /");
  first.source.address = address("10.0.0.1");
  first.destination.address = address("10.0.0.9");
  Message second = first;
  second.source.address = address("10.0.0.2");
  EXPECT_EQ(settled_text(book, first), "10.0.0.1:49152 > 10.0.0.9:80");
  EXPECT_EQ(settled_text(book, second), "10.0.0.2:49153 > 10.0.0.9:80");
  Message answer = row("", "", "HTTP", "200 OK");
  answer.source.address = first.destination.address;
  answer.destination.address = first.source.address;
  EXPECT_EQ(settled_text(book, answer), "10.0.0.9:80 > 10.0.0.1:49152");
}

TEST(AddressBook, uses_the_fixed_port_of_dhcp_clients) {
  AddressBook book{{}};
  const SettledRoute settled = settle(book, row("laptop", "router", "DHCP", "DHCP Discover"));
  EXPECT_EQ(text_of(settled), "127.0.0.1:68 > 127.0.0.1:67");
  EXPECT_EQ(settled.transport, Transport::udp);
  EXPECT_EQ(settled_text(book, row("router", "laptop", "DHCP", "DHCP Offer")), "127.0.0.1:67 > 127.0.0.1:68");
}

TEST(AddressBook, takes_the_sides_of_dhcp_from_what_is_said) {
  AddressBook book{{}};
  EXPECT_EQ(settled_text(book, row("router", "laptop", "DHCP", "DHCP Offer")), "127.0.0.1:67 > 127.0.0.1:68");
  EXPECT_EQ(settled_text(book, row("laptop", "router", "DHCP", "DHCP Request")), "127.0.0.1:68 > 127.0.0.1:67");
  EXPECT_EQ(settled_text(book, row("laptop", "router", "DHCP", "thanks")), "127.0.0.1:68 > 127.0.0.1:67");
}

TEST(AddressBook, takes_transport_from_the_row_then_the_options_then_the_protocol) {
  AddressBook plain{{}};
  EXPECT_EQ(settle(plain, row("a", "b", "DNS")).transport, Transport::udp);
  EXPECT_EQ(settle(plain, row("a", "b", "HTTP")).transport, Transport::tcp);
  EXPECT_EQ(settle(plain, row("a", "b", "who knows")).transport, Transport::tcp);
  AddressBook told{{.transport = Transport::tcp}};
  Message message = row("a", "b", "DNS");
  EXPECT_EQ(settle(told, message).transport, Transport::tcp);
  message.transport = Transport::udp;
  EXPECT_EQ(settle(told, message).transport, Transport::udp);
}

TEST(AddressBook, serves_an_unknown_protocol_on_the_default_port) {
  AddressBook book{{}};
  const SettledRoute settled = settle(book, row("a", "b", "who knows"));
  EXPECT_EQ(settled.service, nullptr);
  EXPECT_EQ(text_of(settled), "127.0.0.1:49152 > 127.0.0.1:12345");
  EXPECT_EQ(settle(book, row("a", "b", "http/1.1")).service, find_service("HTTP"));
}

struct RoleCase {
  const char* name;
  std::string_view protocol;
  std::string_view payload;
  bool source_serves;
  std::optional<Port> source_port{};
  std::optional<Port> destination_port{};
};

class ServingSide : public ::testing::TestWithParam<RoleCase> {};

// Seen in the port the sides without one are given: 49152 for the client, that of the service for the server.
TEST_P(ServingSide, of_the_first_message_is_told) {
  const RoleCase& role = GetParam();
  AddressBook book{{}};
  Message message = row("a", "b", role.protocol, role.payload);
  message.source.port = role.source_port;
  message.destination.port = role.destination_port;
  const Service* const service = find_service(role.protocol);
  const Port served = service == nullptr ? default_service_port : service->port;
  const SettledRoute settled = settle(book, message);
  const Port at_source = role.source_serves ? served : first_client_port;
  const Port at_destination = role.source_serves ? first_client_port : served;
  EXPECT_EQ(settled.route.source.port, role.source_port.value_or(at_source));
  EXPECT_EQ(settled.route.destination.port, role.destination_port.value_or(at_destination));
}

INSTANTIATE_TEST_SUITE_P(
    AddressBook, ServingSide,
    ::testing::Values(
        RoleCase{"http_request_goes_to_it", "HTTP", "GET / HTTP/1.1", false},
        RoleCase{"http_response_comes_from_it", "HTTP", "HTTP/1.1 200 OK", true},
        RoleCase{"http_response_without_version_comes_from_it", "HTTP", "404 Not Found", true},
        RoleCase{"http_request_outweighs_a_service_port", "HTTP", "GET / HTTP/1.1", false, Port{80}},
        RoleCase{"http_response_outweighs_a_service_port", "HTTP", "200 OK", true, {}, Port{80}},
        RoleCase{"start_line_of_another_protocol_tells_nothing", "CHAT", "200 OK", false},
        RoleCase{"http_text_that_is_no_start_line_goes_to_it", "HTTP", "hello", false},
        RoleCase{"service_port_at_the_source", "CHAT", "hello", true, Port{22}},
        RoleCase{"service_port_at_the_destination", "CHAT", "hello", false, {}, Port{22}},
        RoleCase{"port_of_no_service_tells_nothing", "CHAT", "hello", false, Port{5074}},
        RoleCase{"smtp_greeting", "SMTP", "220 mail.example.org ESMTP", true},
        RoleCase{"smtp_reply_that_goes_on", "SMTP", "250-SIZE 1000", true},
        RoleCase{"smtp_reply_code_alone", "SMTP", "250", true}, RoleCase{"smtp_command", "SMTP", "HELO client", false},
        RoleCase{"smtp_number_that_is_no_code", "SMTP", "2500 apples", false},
        RoleCase{"smtp_reply_at_a_service_port", "SMTP", "220 ready", false, {}, Port{25}},
        RoleCase{"pop3_greeting", "POP3", "+OK ready", true}, RoleCase{"pop3_refusal", "POP3", "-ERR no", true},
        RoleCase{"imap_greeting", "IMAP", "* OK ready", true},
        RoleCase{"imap_command", "IMAP", "a1 LOGIN ann secret", false},
        RoleCase{"irc_message_with_a_prefix", "IRC", ":irc.example.org 001 ann :Welcome", true},
        RoleCase{"irc_command", "IRC", "NICK ann", false}, RoleCase{"spoken_to_first", "CHAT", "hello", false}),
    CaseName{});

TEST(AddressBook, lets_who_was_spoken_to_first_serve_from_then_on) {
  AddressBook book{{}};
  EXPECT_EQ(settled_text(book, row("zoe", "ann")), "127.0.0.1:49152 > 127.0.0.1:12345");
  EXPECT_EQ(settled_text(book, row("ann", "zoe")), "127.0.0.1:12345 > 127.0.0.1:49152");
  EXPECT_EQ(settled_text(book, row("bob", "cat")), "127.0.0.1:49153 > 127.0.0.1:12345");
  EXPECT_EQ(settled_text(book, row("cat", "bob")), "127.0.0.1:12345 > 127.0.0.1:49153");
}

struct SourceServesCase {
  const char* name;
  std::string_view protocol;
  std::string_view payload;
  Port source_port;
  Port destination_port;
  std::optional<bool> expected;
};

class SourceServes : public ::testing::TestWithParam<SourceServesCase> {};

TEST_P(SourceServes, is_told_by_message_and_ports) {
  const SourceServesCase& of = GetParam();
  const SettledRoute settled{
      {{Ipv4Address{0x7f000001}, of.source_port}, {Ipv4Address{0x7f000001}, of.destination_port}},
      Transport::tcp,
      find_service(of.protocol)};
  EXPECT_EQ(source_serves(row("a", "b", of.protocol, of.payload), settled), of.expected);
}

INSTANTIATE_TEST_SUITE_P(
    AddressBook, SourceServes,
    ::testing::Values(SourceServesCase{"lower_service_port_of_the_source", "TCP", "x", Port{80}, Port{8080}, true},
                      SourceServesCase{"lower_service_port_of_the_destination", "TCP", "x", Port{443}, Port{22}, false},
                      SourceServesCase{"service_port_above_a_low_other_one", "TCP", "x", Port{8080}, Port{5074}, true},
                      SourceServesCase{"same_service_port_twice", "TCP", "x", Port{123}, Port{123}, std::nullopt},
                      SourceServesCase{"no_service_port", "TCP", "x", Port{5074}, Port{50000}, std::nullopt},
                      SourceServesCase{"unknown_protocol", "who knows", "x", Port{5074}, Port{50000}, std::nullopt},
                      SourceServesCase{"request", "HTTP", "GET /", Port{80}, Port{50000}, false},
                      SourceServesCase{"response", "HTTP", "200 OK", Port{50000}, Port{80}, true},
                      SourceServesCase{"reply_without_service_port", "SMTP", "220 hi", Port{5074}, Port{50000}, true},
                      SourceServesCase{"command_without_service_port", "SMTP", "HELO a", Port{5074}, Port{50000},
                                       false},
                      SourceServesCase{"ports_before_reply", "SMTP", "220 hi", Port{50000}, Port{25}, false}),
    CaseName{});

TEST(AddressBook, swaps_overrides_on_the_way_back) {
  AddressBook book{{.source_address = address("10.0.0.1"),
                    .destination_address = address("10.0.0.2"),
                    .source_port = Port{1000},
                    .destination_port = Port{2000}}};
  Message request = row("browser", "web", "HTTP", "GET /");
  request.source.address = address("192.0.2.1");  // the table's own yields
  request.destination.port = Port{80};
  EXPECT_EQ(settled_text(book, request), "10.0.0.1:1000 > 10.0.0.2:2000");
  EXPECT_EQ(settled_text(book, row("web", "browser", "HTTP", "200 OK")), "10.0.0.2:2000 > 10.0.0.1:1000");
}

TEST(AddressBook, leaves_literal_overrides_as_they_stand_on_the_way_back) {
  AddressBook book{{.source_address = address("10.0.0.1"),
                    .destination_address = address("10.0.0.2"),
                    .source_port = Port{1000},
                    .destination_port = Port{2000},
                    .overrides_follow_direction = false}};
  EXPECT_EQ(settled_text(book, row("browser", "web", "HTTP", "GET /")), "10.0.0.1:1000 > 10.0.0.2:2000");
  EXPECT_EQ(settled_text(book, row("web", "browser", "HTTP", "200 OK")), "10.0.0.1:1000 > 10.0.0.2:2000");
}

TEST(AddressBook, overrides_only_what_is_given) {
  AddressBook book{{.hosts = {host("web=10.0.0.9:81")}, .destination_port = Port{2000}}};
  EXPECT_EQ(settled_text(book, row("browser", "web", "HTTP", "GET /")), "127.0.0.1:49152 > 10.0.0.9:2000");
  EXPECT_EQ(settled_text(book, row("web", "browser", "HTTP", "200 OK")), "10.0.0.9:2000 > 127.0.0.1:49152");
}

TEST(AddressBook, swaps_overrides_of_rows_that_name_all_their_ports) {
  AddressBook book{{.source_address = address("10.0.0.1"), .destination_address = address("10.0.0.2")}};
  Message back = row("web", "browser", "TCP", "x");
  back.source.port = Port{80};
  back.destination.port = Port{5074};
  EXPECT_EQ(settled_text(book, back), "10.0.0.2:80 > 10.0.0.1:5074");
}

TEST(AddressBook, gives_loopback_of_the_family_an_override_has) {
  AddressBook book{{.destination_address = address("2001:db8::2")}};
  EXPECT_EQ(settled_text(book, row("browser", "web", "HTTP", "GET /")), "[::1]:49152 > [2001:db8::2]:80");
}

TEST(AddressBook, refuses_addresses_of_two_families_and_says_which) {
  AddressBook book{{}};
  Message message = row("a", "b");
  message.source.address = address("10.0.0.1");
  message.destination.address = address("2001:db8::2");
  const auto settled = book.settle(message);
  ASSERT_FALSE(settled.has_value());
  EXPECT_EQ(to_string(settled.error()),
            "t.csv:7: dst_ip: \"2001:db8::2\": the source is 10.0.0.1: give both sides IPv4 addresses, or both IPv6");
}

TEST(AddressBook, keeps_no_more_pairs_than_its_bound_and_gives_both_directions_the_same_ports) {
  AddressBook book{{}};
  const auto application = [](std::size_t number) { return "application_" + std::to_string(number); };
  const std::string web = "web";
  for (std::size_t i = 0; i < AddressBook::most_pairs; ++i) {
    ASSERT_TRUE(book.settle(row(application(i), web, "HTTP", "GET /")).has_value());
  }
  // Pairs within the bound are remembered still.
  EXPECT_EQ(settled_text(book, row("application_0", web, "HTTP", "GET /")), "127.0.0.1:49152 > 127.0.0.1:80");
  EXPECT_EQ(settled_text(book, row(web, "application_1", "CHAT")), "127.0.0.1:12345 > 127.0.0.1:49153");

  const std::string beyond = application(AddressBook::most_pairs);
  const Message unremembered = row(beyond, web, "HTTP", "GET /");
  const AllocationCounter allocations;
  const bool done = book.settle(unremembered).has_value();
  EXPECT_EQ(allocations.count(), 0u) << "a further pair is not remembered";
  EXPECT_TRUE(done);

  std::set<Port> ports;
  for (std::size_t i = 0; i < 200; ++i) {
    const std::string further = application(AddressBook::most_pairs + i);
    const SettledRoute request = settle(book, row(further, web, "HTTP", "GET /"));
    const SettledRoute response = settle(book, row(web, further, "HTTP", "200 OK"));
    EXPECT_EQ(response.route, request.route.reversed()) << further;
    EXPECT_EQ(request.route.destination.port, Port{80});
    EXPECT_GE(request.route.source.port, first_client_port);
    ports.insert(request.route.source.port);
    // Nothing in these messages tells who serves, so the names do, in both directions alike.
    const SettledRoute there = settle(book, row(further, web, "CHAT"));
    const SettledRoute back = settle(book, row(web, further, "CHAT"));
    EXPECT_EQ(back.route, there.route.reversed()) << further;
  }
  EXPECT_GT(ports.size(), 180u) << "ports of further pairs are spread";
}

struct HostCase {
  const char* name;
  std::string_view text;
  std::string_view application;
  std::string_view address;
  std::optional<Port> port{};
};

class HostText : public ::testing::TestWithParam<HostCase> {};

TEST_P(HostText, is_read) {
  const auto parsed = Host::parse(GetParam().text);
  ASSERT_TRUE(parsed.has_value()) << to_string(parsed.error());
  EXPECT_EQ(parsed->application, GetParam().application);
  EXPECT_EQ(to_string(parsed->address), GetParam().address);
  EXPECT_EQ(parsed->port, GetParam().port);
}

INSTANTIATE_TEST_SUITE_P(
    AddressBook, HostText,
    ::testing::Values(HostCase{"ipv4", "web=10.0.0.2", "web", "10.0.0.2"},
                      HostCase{"ipv4_with_port", "web_server=10.0.0.2:80", "web_server", "10.0.0.2", Port{80}},
                      HostCase{"highest_port", "web=10.0.0.2:65535", "web", "10.0.0.2", Port{65535}},
                      HostCase{"ipv6", "web=2001:db8::2", "web", "2001:db8::2"},
                      HostCase{"ipv6_in_brackets", "web=[2001:db8::2]", "web", "2001:db8::2"},
                      HostCase{"ipv6_with_port", "web=[2001:db8::2]:443", "web", "2001:db8::2", Port{443}},
                      HostCase{"ipv6_whose_end_reads_like_a_port", "web=2001:db8::2:443", "web", "2001:db8::2:443"},
                      HostCase{"blank_in_the_name", "web server=10.0.0.2", "web server", "10.0.0.2"}),
    CaseName{});

struct BadHostCase {
  const char* name;
  std::string_view text;
};

class BadHostText : public ::testing::TestWithParam<BadHostCase> {};

TEST_P(BadHostText, is_refused_with_the_right_shape) {
  const auto parsed = Host::parse(GetParam().text);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().name, "--host");
  EXPECT_EQ(parsed.error().excerpt, GetParam().text);
  EXPECT_EQ(parsed.error().reason, "write APP=IP or APP=IP:PORT, as in web_server=10.0.0.2:80");
}

INSTANTIATE_TEST_SUITE_P(
    AddressBook, BadHostText,
    ::testing::Values(BadHostCase{"empty", ""}, BadHostCase{"name_alone", "web"}, BadHostCase{"no_name", "=10.0.0.2"},
                      BadHostCase{"no_address", "web="}, BadHostCase{"port_alone", "web=:80"},
                      BadHostCase{"host_name_as_address", "web=example.org"},
                      BadHostCase{"address_out_of_range", "web=10.0.0.256"}, BadHostCase{"port_0", "web=10.0.0.2:0"},
                      BadHostCase{"port_65536", "web=10.0.0.2:65536"}, BadHostCase{"port_missing", "web=10.0.0.2:"},
                      BadHostCase{"port_in_words", "web=10.0.0.2:http"},
                      BadHostCase{"text_behind_the_port", "web=10.0.0.2:80x"},
                      BadHostCase{"signed_port", "web=10.0.0.2:-80"},
                      BadHostCase{"bracket_left_open", "web=[2001:db8::2:443"},
                      BadHostCase{"blank_before_the_address", "web= 10.0.0.2"}),
    CaseName{});

}  // namespace
}  // namespace encap::test
