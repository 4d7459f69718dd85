// An HTTP message told in several rows: what each row is to it.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/tcp.h"
#include "session_checker.h"
#include "support/case_name.h"

namespace encap::test {
namespace {

/// What the client's segments carry, one after another, when its rows say this.
std::string carried(const std::vector<std::string_view>& rows, CraftSummary& summary) {
  PacketCollector collector;
  Crafter crafter{CraftOptions{}, collector};
  for (const std::string_view text : rows) {
    Message message;
    message.protocol = "HTTP";
    message.source = {"browser", {}, {}};
    message.destination = {"shop", {}, {}};
    message.timestamp = year_2000;
    message.payload = as_bytes(text);
    EXPECT_TRUE(crafter.push(message).has_value());
  }
  EXPECT_TRUE(crafter.finish().has_value());
  summary = crafter.summary();
  std::string all;
  for (const CollectedPacket& packet : collector.packets) {
    const auto ip = Ipv4View::parse(network_packet(packet));
    const auto tcp = TcpView::parse(ip.value().payload());
    all.append(as_text(tcp.value().payload()));
  }
  return all;
}

struct JoinCase {
  const char* name;
  std::vector<std::string_view> rows;
  std::string_view message;
};

class JoinedRows : public ::testing::TestWithParam<JoinCase> {};

TEST_P(JoinedRows, make_one_message) {
  CraftSummary summary;
  EXPECT_EQ(carried(GetParam().rows, summary), GetParam().message);
  EXPECT_EQ(summary.messages, GetParam().rows.size());
  EXPECT_EQ(summary.rows_joined, GetParam().rows.size() - 1);
}

INSTANTIATE_TEST_SUITE_P(
    Crafter, JoinedRows,
    ::testing::Values(
        JoinCase{"field_lines",
                 {"GET / HTTP/1.1", "Host: a", "Accept: */*"},
                 "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"},
        JoinCase{"field_lines_that_have_their_ends",
                 {"GET / HTTP/1.1\r\n", "Host: a\r\n", "Accept: */*\r\n", "\r\n"},
                 "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"},
        JoinCase{"field_lines_that_end_in_lf", {"GET / HTTP/1.1\n", "Host: a\n"}, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        JoinCase{"body_behind_an_empty_row",
                 {"POST / HTTP/1.1", "Host: a", "", "x=1"},
                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nx=1"},
        JoinCase{"body_that_reads_like_a_field_behind_an_empty_row",
                 {"POST / HTTP/1.1", "Host: a", "", "name: value"},
                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nname: value"},
        JoinCase{"body_without_an_empty_row",
                 {"POST / HTTP/1.1", "Host: a", "{\"a\": 1}"},
                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n{\"a\": 1}"},
        JoinCase{"body_of_several_rows",
                 {"POST / HTTP/1.1", "Host: a", "", "one", "two"},
                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\none\r\ntwo"},
        JoinCase{"body_behind_fields_that_are_whole",
                 {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "name: value"},
                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nname: value"},
        JoinCase{"empty_row_in_a_body_that_began_in_the_row_of_the_last_field",
                 {"POST / HTTP/1.1", "Host: a\n\none", "", "two"},
                 "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\none\r\ntwo"},
        JoinCase{"empty_row_behind_a_whole_message",
                 {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", ""},
                 "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}),
    CaseName{});

TEST(AddressBookOfAlikeSides, follows_each_start_line) {
  // A table of nothing but HTTP messages: no names, no addresses, no ports.
  AddressBook book{{}};
  const auto route = [&book](std::string_view text) {
    Message message;
    message.protocol = "HTTP";
    message.payload = as_bytes(text);
    return book.settle(message).value().route;
  };
  const Endpoint client{Ipv4Address{0x7f000001}, Port{49152}};
  const Endpoint server{Ipv4Address{0x7f000001}, Port{80}};
  EXPECT_EQ(route("GET /"), (Route{client, server}));
  EXPECT_EQ(route("200 OK"), (Route{server, client}));
  EXPECT_EQ(route("body"), (Route{server, client})) << "of the response";
  EXPECT_EQ(route("GET /again"), (Route{client, server}));
}

}  // namespace
}  // namespace encap::test
