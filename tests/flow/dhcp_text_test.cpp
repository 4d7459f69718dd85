#include "encap/flow/dhcp_text.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/hex.h"

namespace encap::test {
namespace {

constexpr const char* type_names[] = {"?",   "discover", "offer",   "request", "decline",
                                      "ack", "nak",      "release", "inform"};

/// All that was read, as `offer xid=1234 address=192.0.2.1 server=192.0.2.254`.
std::string shown(const std::optional<DhcpText>& text) {
  if (!text) return "none";
  std::string all = type_names[static_cast<std::size_t>(text->type)];
  if (text->xid) all += " xid=" + std::to_string(*text->xid);
  if (text->client_hardware) all += " hardware=" + to_string(*text->client_hardware);
  if (text->address) all += " address=" + to_string(*text->address);
  if (text->server) all += " server=" + to_string(*text->server);
  if (text->subnet_mask) all += " mask=" + to_string(*text->subnet_mask);
  if (text->router) all += " router=" + to_string(*text->router);
  if (text->name_server) all += " dns=" + to_string(*text->name_server);
  if (text->lease_time) all += " lease=" + std::to_string(*text->lease_time);
  return all;
}

struct TextCase {
  const char* name;
  std::string_view text;
  std::string_view meant;
  std::optional<bool> from_server{};
};

class DhcpTextOf : public ::testing::TestWithParam<TextCase> {};

TEST_P(DhcpTextOf, means) {
  EXPECT_EQ(shown(read_dhcp_text(GetParam().text, GetParam().from_server)), GetParam().meant);
}

INSTANTIATE_TEST_SUITE_P(
    Text, DhcpTextOf,
    ::testing::Values(
        TextCase{"discover", "DHCP Discover", "discover"}, TextCase{"one_word", "DISCOVER", "discover"},
        TextCase{"as_in_rfc_2131", "DHCPDISCOVER", "discover"}, TextCase{"hyphen", "DHCP-Request", "request"},
        TextCase{"underscore", "dhcp_offer", "offer"}, TextCase{"colon", "DHCP: Ack", "ack"},
        TextCase{"nak", "DHCP NAK", "nak"}, TextCase{"nack", "dhcpnack", "nak"},
        TextCase{"release", "DHCP Release", "release"}, TextCase{"inform", "DHCP Inform", "inform"},
        TextCase{"decline", "DHCP Decline", "decline"}, TextCase{"acknowledgement", "DHCP Acknowledgement", "ack"},
        TextCase{"words_behind_it", "DHCP Discover - Client searching for DHCP server", "discover"},
        TextCase{"offered_address", "DHCP Offer 192.168.1.100", "offer address=192.168.1.100"},
        TextCase{"address_in_a_sentence", "DHCP Offer - Server offering IP 192.168.1.100",
                 "offer address=192.168.1.100"},
        TextCase{"address_and_server", "DHCP Offer 192.168.1.100 from 192.168.1.1",
                 "offer address=192.168.1.100 server=192.168.1.1"},
        TextCase{"server_and_address", "Offer from server 192.168.1.1: 192.168.1.100",
                 "offer address=192.168.1.100 server=192.168.1.1"},
        TextCase{"all_of_it",
                 "DHCPACK ip=10.0.0.9 mask=255.0.0.0 gateway=10.0.0.1 dns=10.0.0.2 lease=3600 server id 10.0.0.3",
                 "ack address=10.0.0.9 server=10.0.0.3 mask=255.0.0.0 router=10.0.0.1 dns=10.0.0.2 lease=3600"},
        TextCase{"lease_with_a_unit", "Offer, lease time: 2 hours", "offer lease=7200"},
        TextCase{"lease_with_a_letter", "Offer, lease 3h", "offer lease=10800"},
        TextCase{"lease_beyond_what_counts", "Offer, lease 4000000000 weeks", "offer lease=4294967295"},
        TextCase{"info_column", "DHCP Offer    - Transaction ID 0x3d1d", "offer xid=15645"},
        TextCase{"transaction_in_words", "DHCP Request, xid 77", "request xid=77"},
        TextCase{"hardware_address", "DHCP Discover from aa:bb:cc:dd:ee:ff", "discover hardware=aa:bb:cc:dd:ee:ff"},
        TextCase{"hardware_address_with_hyphens", "Discover AA-BB-CC-DD-EE-FF", "discover hardware=aa:bb:cc:dd:ee:ff"},
        TextCase{"first_of_two", "DHCP Ack of the request", "ack", std::nullopt},
        TextCase{"what_a_client_says", "I accept the offer and request 10.0.0.9", "request address=10.0.0.9", false},
        TextCase{"what_a_server_says", "The request is acknowledged", "ack", true},
        TextCase{"what_no_server_says", "Server denies the request", "none", true},
        TextCase{"sides_that_are_wrong", "DHCP Request", "request", true},
        TextCase{"longer_word", "discoverable", "none"}, TextCase{"nothing", "", "none"},
        TextCase{"other_words", "hello", "none"}, TextCase{"name_alone", "DHCP", "none"}),
    CaseName{});

// Opcode, hardware, relays, xid; seconds and flags; four addresses; hardware address; 192 zeros; the cookie; options.
constexpr auto head = hex_bytes(
    "01 01 06 00 01020304  0000 0000  00000000 00000000 00000000 00000000  02000a000001 00000000000000000000");
constexpr auto options =
    hex_bytes("63825363  35 01 01  3d 07 01 02000a000001  0c 06 6c6170746f70  37 04 01 03 06 33  ff");

TEST(DhcpMessage, is_the_golden_discover) {
  std::string out = "left from the message before";
  write_dhcp_message({.type = DhcpType::discover,
                      .xid = 0x01020304,
                      .client_hardware = {{0x02, 0x00, 0x0a, 0x00, 0x00, 0x01}},
                      .host_name = "laptop"},
                     out);
  std::string golden{as_text(head)};
  golden.append(192, '\0').append(as_text(options));
  golden.resize(300);
  EXPECT_EQ(out, golden);
}

TEST(DhcpMessage, has_the_golden_options_of_an_ack) {
  constexpr auto golden = hex_bytes(
      "63825363  35 01 05  36 04 0a000001  33 04 00000e10  01 04 ffffff00  03 04 0a000001  06 04 08080808  ff");
  std::string out;
  write_dhcp_message({.type = DhcpType::ack,
                      .your_address = {0x0a000009},
                      .server = Ipv4Address{0x0a000001},
                      .lease_time = 3600,
                      .subnet_mask = Ipv4Address{0xffffff00},
                      .router = Ipv4Address{0x0a000001},
                      .name_server = Ipv4Address{0x08080808}},
                     out);
  EXPECT_EQ(out[0], 2);
  EXPECT_EQ(out.substr(16, 4), std::string("\x0a\0\0\x09", 4));
  EXPECT_EQ(out.substr(236, Bytes{golden}.size()), as_text(golden));
  EXPECT_EQ(out.size(), 300u);
}

TEST(DhcpMessage, leaves_out_a_host_name_that_no_option_holds) {
  std::string with;
  std::string without;
  const std::string name(256, 'a');
  write_dhcp_message({.host_name = name}, with);
  write_dhcp_message({}, without);
  EXPECT_EQ(with, without);
  write_dhcp_message({.host_name = std::string_view{name}.substr(1)}, with);
  EXPECT_GT(with.size(), 300u);
}

}  // namespace
}  // namespace encap::test
