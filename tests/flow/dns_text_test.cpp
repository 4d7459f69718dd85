#include "encap/flow/dns_text.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"

namespace encap::test {
namespace {

using Kind = DnsText::Kind;

const char* name_of(DnsType type) {
  switch (type) {
    case DnsType::a:
      return "A";
    case DnsType::ns:
      return "NS";
    case DnsType::cname:
      return "CNAME";
    case DnsType::soa:
      return "SOA";
    case DnsType::ptr:
      return "PTR";
    case DnsType::mx:
      return "MX";
    case DnsType::txt:
      return "TXT";
    case DnsType::aaaa:
      return "AAAA";
    case DnsType::srv:
      return "SRV";
    case DnsType::https:
      return "HTTPS";
    case DnsType::any:
      return "ANY";
    case DnsType::caa:
      return "CAA";
  }
  return "?";
}

/// All that was read, as `response id=7 rcode=3 name=x.org type=A: x.org CNAME y.org ttl=60; ...`.
std::string shown(const DnsText& text) {
  if (text.kind == Kind::none) return "none";
  std::string all = text.kind == Kind::query ? "query" : "response";
  if (text.id) all += " id=" + std::to_string(*text.id);
  if (text.rcode != 0) all += " rcode=" + std::to_string(text.rcode);
  if (!text.name.empty()) all += " name=" + text.name;
  if (text.type) all += std::string{" type="} + name_of(*text.type);
  for (std::size_t i = 0; i < text.answer_count; ++i) {
    const DnsAnswer& answer = text.answers[i];
    all += i == 0 ? ": " : "; ";
    if (!answer.owner.empty()) all += std::string{answer.owner} + ' ';
    all += name_of(answer.type);
    if (answer.type == DnsType::mx) all += ' ' + std::to_string(answer.preference);
    const bool address = answer.type == DnsType::a || answer.type == DnsType::aaaa;
    all += ' ' + (address ? to_string(answer.address) : std::string{answer.value});
    if (answer.time_to_live) all += " ttl=" + std::to_string(*answer.time_to_live);
  }
  return all;
}

struct TextCase {
  const char* name;
  std::string_view text;
  std::string_view meant;
};

class DnsOfAClient : public ::testing::TestWithParam<TextCase> {};
class DnsOfAServer : public ::testing::TestWithParam<TextCase> {};
class DnsOfNobody : public ::testing::TestWithParam<TextCase> {};

TEST_P(DnsOfAClient, means) {
  EXPECT_EQ(shown(read_dns_text(GetParam().text, {.from_server = false})), GetParam().meant);
}
TEST_P(DnsOfAServer, means) {
  const DnsContext context{.from_server = true, .asked_name = "x.org", .asked_type = DnsType::a};
  EXPECT_EQ(shown(read_dns_text(GetParam().text, context)), GetParam().meant);
}
TEST_P(DnsOfNobody, means) { EXPECT_EQ(shown(read_dns_text(GetParam().text)), GetParam().meant); }

INSTANTIATE_TEST_SUITE_P(
    Text, DnsOfAClient,
    ::testing::Values(
        TextCase{"name", "example.com", "query name=example.com"},
        TextCase{"name_with_the_root_behind", "example.com.", "query name=example.com"},
        TextCase{"name_in_blanks", "  example.com\r\n", "query name=example.com"},
        TextCase{"address_is_looked_up_in_reverse", "192.0.2.1", "query name=1.2.0.192.in-addr.arpa type=PTR"},
        TextCase{"type_and_name", "A example.com", "query name=example.com type=A"},
        TextCase{"name_and_type", "example.com MX", "query name=example.com type=MX"},
        TextCase{"type_of_tcpdump", "12345+ AAAA? example.com. (29)", "query id=12345 name=example.com type=AAAA"},
        TextCase{"any", "ANY example.com", "query name=example.com type=ANY"},
        TextCase{"https", "HTTPS example.com", "query name=example.com type=HTTPS"},
        TextCase{"txt", "TXT _dmarc.example.com", "query name=_dmarc.example.com type=TXT"},
        TextCase{"txt_of_tcpdump", "7+ TXT? example.com. (29)", "query id=7 name=example.com type=TXT"},
        TextCase{"srv", "SRV _sip._tcp.example.com", "query name=_sip._tcp.example.com type=SRV"},
        TextCase{"pointer_of_an_address", "PTR 192.0.2.1", "query name=1.2.0.192.in-addr.arpa type=PTR"},
        TextCase{"word_and_name", "Query: example.com", "query name=example.com"},
        TextCase{"word_type_and_name", "Query A example.com", "query name=example.com type=A"},
        TextCase{"word_name_and_type", "DNS query example.com, type AAAA", "query name=example.com type=AAAA"},
        TextCase{"without_a_blank", "Query:example.com", "query name=example.com"},
        TextCase{"with_underscores", "DNS_QUERY:www.x.org", "query name=www.x.org"},
        TextCase{"with_hyphens", "dns-query - www.x.org", "query name=www.x.org"},
        TextCase{"info_column", "Standard query 0x1234 A example.com", "query id=4660 name=example.com type=A"},
        TextCase{"keys_and_values", "query=example.com type=A id=0x77", "query id=119 name=example.com type=A"},
        TextCase{"identification_in_words", "DNS Query (Transaction ID: 77) example.com",
                 "query id=77 name=example.com"},
        TextCase{"resolve", "resolve example.com", "query name=example.com"},
        TextCase{"question", "What is the IP address of www.x.org?", "query name=www.x.org"},
        TextCase{"question_mark", "www.x.org?", "query name=www.x.org"},
        TextCase{"sentence", "The browser asks for the address of www.x.org", "query name=www.x.org"},
        TextCase{"location", "resolve https://www.x.org/index.html", "query name=www.x.org"},
        TextCase{"dig", "dig @192.0.2.53 example.com MX", "query name=example.com type=MX"},
        TextCase{"server_it_is_sent_to", "query to 192.0.2.53: example.com", "query name=example.com"},
        TextCase{"name_of_one_label_behind_a_word", "lookup printer", "query name=printer"},
        TextCase{"name_of_one_label_behind_a_colon", "Query: printer", "query name=printer"},
        TextCase{"name_of_one_label_behind_a_type", "A printer", "query name=printer type=A"},
        TextCase{"localhost", "localhost", "query name=localhost"},
        TextCase{"record_in_the_wrong_direction", "example.com A 192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"answer_in_the_wrong_direction", "Response: 192.0.2.1", "response: A 192.0.2.1"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Text, DnsOfAServer,
    ::testing::Values(
        TextCase{"address", "192.0.2.1", "response: A 192.0.2.1"},
        TextCase{"address_of_version_6", "2001:db8::1", "response: AAAA 2001:db8::1"},
        TextCase{"addresses", "192.0.2.1, 192.0.2.2; 2001:db8::1",
                 "response: A 192.0.2.1; A 192.0.2.2; AAAA 2001:db8::1"},
        TextCase{"addresses_in_brackets", "[192.0.2.1, 192.0.2.2]", "response: A 192.0.2.1; A 192.0.2.2"},
        TextCase{"address_with_its_kind", "IP: 192.0.2.1", "response: A 192.0.2.1"},
        TextCase{"type_and_address", "A 192.0.2.1", "response: A 192.0.2.1"},
        TextCase{"type_and_address_without_a_blank", "A:192.0.2.1", "response: A 192.0.2.1"},
        TextCase{"name_type_and_address", "example.com A 192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"name_and_address", "example.com is at 192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"arrow", "example.com -> 192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"arrow_without_blanks", "example.com->192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"arrow_of_a_word_processor", "example.com \u2192 192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"equals_sign", "example.com=192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"colon", "example.com: 192.0.2.1", "response name=example.com: A 192.0.2.1"},
        TextCase{"address_and_name", "192.0.2.1 for example.com", "response name=example.com: A 192.0.2.1"},
        TextCase{"another_name", "www.y.org", "response: CNAME www.y.org"},
        TextCase{"alias", "CNAME www.y.org", "response: CNAME www.y.org"},
        TextCase{"alias_and_address", "x.org CNAME www.y.org A 192.0.2.1",
                 "response name=x.org: CNAME www.y.org; www.y.org A 192.0.2.1"},
        TextCase{"host", "www.x.org is an alias for x.org. x.org has address 192.0.2.1",
                 "response name=www.x.org: CNAME x.org; x.org A 192.0.2.1"},
        TextCase{"host_for_mail", "x.org mail is handled by 10 mail.x.org.", "response name=x.org: MX 10 mail.x.org"},
        TextCase{"host_in_reverse", "1.2.0.192.in-addr.arpa domain name pointer a.x.org.",
                 "response name=1.2.0.192.in-addr.arpa: PTR a.x.org"},
        TextCase{"address_with_a_name", "192.0.2.1 PTR a.x.org",
                 "response name=1.2.0.192.in-addr.arpa type=PTR: PTR a.x.org"},
        TextCase{"nslookup", "Non-authoritative answer: Name: x.org Address: 192.0.2.1",
                 "response name=x.org: A 192.0.2.1"},
        TextCase{"zone_file", "x.org. 3600 IN A 192.0.2.1", "response name=x.org: A 192.0.2.1 ttl=3600"},
        TextCase{"name_servers", "x.org. IN NS ns1.x.org. x.org. IN NS ns2.x.org.",
                 "response name=x.org: NS ns1.x.org; NS ns2.x.org"},
        TextCase{"list_of_names", "NS ns1.x.org, ns2.x.org", "response: NS ns1.x.org; NS ns2.x.org"},
        TextCase{"mail", "MX 10 mail.x.org", "response: MX 10 mail.x.org"},
        TextCase{"mails", "MX 10 a.x.org, MX 20 b.x.org", "response: MX 10 a.x.org; MX 20 b.x.org"},
        TextCase{"txt_in_quotes", "TXT \"v=spf1 -all\"", "response: TXT \"v=spf1 -all\""},
        TextCase{"txt_without_quotes", "TXT v=spf1 include:_spf.x.org ~all",
                 "response: TXT v=spf1 include:_spf.x.org ~all"},
        TextCase{"txt_with_its_name", "x.org TXT \"a b\" \"c\"", "response name=x.org: TXT \"a b\" \"c\""},
        TextCase{"txt_and_what_follows", "TXT \"a b\", A 192.0.2.1", "response: TXT \"a b\"; A 192.0.2.1"},
        TextCase{"info_column", "Standard query response 0x1234 A example.com A 192.0.2.1",
                 "response id=4660 name=example.com type=A: A 192.0.2.1"},
        TextCase{"info_column_with_an_alias",
                 "Standard query response 0x1234 A www.x.org CNAME x.org A 192.0.2.1 A 192.0.2.2",
                 "response id=4660 name=www.x.org type=A: CNAME x.org; x.org A 192.0.2.1; x.org A 192.0.2.2"},
        TextCase{"info_column_of_mail", "Standard query response 0x1234 MX x.org MX 10 mail.x.org",
                 "response id=4660 name=x.org type=MX: MX 10 mail.x.org"},
        TextCase{"info_column_of_no_such_name", "Standard query response 0x1234 No such name A no.x.org SOA ns.x.org",
                 "response id=4660 rcode=3 name=no.x.org type=A: SOA ns.x.org"},
        TextCase{"info_column_without_records", "Standard query response 0x1234 AAAA x.org",
                 "response id=4660 name=x.org type=AAAA"},
        TextCase{"tcpdump", "12345 1/0/0 A 192.0.2.1 (45)", "response id=12345: A 192.0.2.1"},
        TextCase{"nxdomain", "NXDOMAIN", "response rcode=3"},
        TextCase{"nxdomain_of_tcpdump", "12345 NXDomain 0/1/0 (99)", "response id=12345 rcode=3"},
        TextCase{"no_such_name", "No such name", "response rcode=3"},
        TextCase{"no_such_name_of", "no.x.org: Non-existent domain", "response rcode=3 name=no.x.org"},
        TextCase{"servfail", "SERVFAIL", "response rcode=2"},
        TextCase{"server_failure", "Server failure", "response rcode=2"},
        TextCase{"refused", "Query refused", "response rcode=5"}, TextCase{"formerr", "FORMERR", "response rcode=1"},
        TextCase{"not_implemented", "Not implemented", "response rcode=4"},
        TextCase{"answer_of_somebody", "Reply from 192.0.2.53: 192.0.2.1", "response: A 192.0.2.1"},
        TextCase{"answer_to_somebody", "Response to 192.0.2.9: 192.0.2.1", "response: A 192.0.2.1"},
        TextCase{"answer_with_its_time", "Answer: 192.0.2.1, TTL=60", "response: A 192.0.2.1 ttl=60"},
        TextCase{"sentence", "The address of x.org was resolved to 192.0.2.1", "response name=x.org: A 192.0.2.1"},
        TextCase{"question_of_its_own", "A example.com", "query name=example.com type=A"},
        TextCase{"what_was_asked_for_is_no_answer", "x.org", "none"},
        TextCase{"response_without_anything", "Response received", "none"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Text, DnsOfNobody,
    ::testing::Values(TextCase{"name", "example.com", "query name=example.com"},
                      TextCase{"address", "192.0.2.1", "response: A 192.0.2.1"}, TextCase{"empty", "", "none"},
                      TextCase{"blanks", " \t ", "none"}, TextCase{"word", "ping", "none"},
                      TextCase{"words", "hello world", "none"},
                      TextCase{"words_with_a_name", "contacting example.com now", "none"},
                      TextCase{"version", "v1.0", "none"}, TextCase{"http", "GET /index.html HTTP/1.1", "none"},
                      TextCase{"question_without_a_name", "Query sent", "none"},
                      TextCase{"octets", std::string_view{"\x12\x34\x01\x00", 4}, "none"},
                      TextCase{"label_that_is_too_long",
                               "A a123456789b123456789c123456789d123456789e123456789f123456789g123.org", "none"},
                      TextCase{"empty_label", "A example..com", "none"}),
    CaseName{});

TEST(DnsText, of_more_records_than_it_holds_is_none) {
  std::string text = "192.0.2.1";
  for (std::size_t i = 1; i < DnsText::most_answers; ++i) text += ", 192.0.2.1";
  EXPECT_EQ(read_dns_text(text, {.from_server = true}).answer_count, DnsText::most_answers);
  EXPECT_EQ(read_dns_text(text + ", 192.0.2.1", {.from_server = true}).kind, Kind::none);
}

TEST(DnsText, of_a_bare_name_is_of_the_type_that_was_asked_for) {
  const DnsContext pointer{.from_server = true, .asked_name = "1.2.0.192.in-addr.arpa", .asked_type = DnsType::ptr};
  EXPECT_EQ(shown(read_dns_text("a.x.org", pointer)), "response: PTR a.x.org");
  const DnsContext text{.from_server = true, .asked_name = "x.org", .asked_type = DnsType::txt};
  EXPECT_EQ(shown(read_dns_text("v=spf1 -all", text)), "response: TXT v=spf1 -all");
}

TEST(DnsName, is_labels_of_letters_digits_hyphens_and_underscores) {
  const std::string label(63, 'a');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  for (const std::string& name :
       {std::string{"a"}, std::string{"a.b."}, std::string{"_x._y.z-1"}, std::string{"*.a"}, label, longest}) {
    EXPECT_TRUE(is_dns_name(name)) << name;
  }
  for (const std::string& name :
       {std::string{}, std::string{"."}, std::string{"a..b"}, std::string{".a"}, std::string{"a b"}, std::string{"a/b"},
        std::string{"\xc3\xa4"}, label + "a", longest + "a"}) {
    EXPECT_FALSE(is_dns_name(name)) << name;
  }
}

TEST(DnsName, in_reverse_has_octets_or_nibbles_from_the_last_to_the_first) {
  EXPECT_EQ(reverse_dns_name(Ipv4Address{0xc0000201}), "1.2.0.192.in-addr.arpa");
  EXPECT_EQ(reverse_dns_name(*IpAddress::parse("2001:db8::567:89ab")),
            "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

/// The octets of what is read in a text.
std::string written(std::string_view text, bool from_server, bool length_prefix = false) {
  DnsText read = read_dns_text(text, {.from_server = from_server});
  std::string out = "left from the message before";
  EXPECT_TRUE(write_dns_message(read, length_prefix, out));
  return out;
}

// id 0x1234, recursion desired, one question: example.com, A, IN
constexpr auto query = hex_bytes("1234 0100 0001 0000 0000 0000  07 6578616d706c65 03 636f6d 00 0001 0001");
// A response to it; the owner points at octet 12, 300 s, four octets of address.
constexpr auto answer = hex_bytes(
    "1234 8180 0001 0001 0000 0000  07 6578616d706c65 03 636f6d 00 0001 0001"
    "c00c 0001 0001 0000012c 0004 c0000201");
// mail.example.com is `mail` and a pointer to the name behind it.
constexpr auto mail = hex_bytes(
    "0000 8180 0001 0001 0000 0000  07 6578616d706c65 03 636f6d 00 000f 0001"
    "c00c 000f 0001 0000012c 0009 000a 04 6d61696c c00c");
constexpr auto text =
    hex_bytes("0000 8180 0001 0001 0000 0000  01 78 00 0010 0001  c00c 0010 0001 0000012c 0006 03 612062 01 63");
// No such name: the authority is the server of the zone above it.
constexpr auto nothing = hex_bytes(
    "0007 8183 0001 0000 0001 0000  01 61 01 78 00 0001 0001"
    "c00e 0006 0001 0000012c 0026  02 6e73 c00e  0a 686f73746d6173746572 c021"
    "00000001 00001c20 00000e10 00127500 0000012c");

TEST(DnsMessage, is_the_golden_query) {
  EXPECT_EQ(written("Standard query 0x1234 A example.com", false), as_text(query));
}
TEST(DnsMessage, is_the_golden_answer) {
  EXPECT_EQ(written("Standard query response 0x1234 A example.com A 192.0.2.1", true), as_text(answer));
}
TEST(DnsMessage, compresses_names) {
  EXPECT_EQ(written("Standard query response 0x0000 MX example.com MX 10 mail.example.com", true), as_text(mail));
}
TEST(DnsMessage, has_the_strings_of_a_txt_record) {
  DnsText read = read_dns_text("TXT \"a b\" \"c\"", {.from_server = true});
  read.name = "x";
  read.type = DnsType::txt;
  std::string out;
  ASSERT_TRUE(write_dns_message(read, false, out));
  EXPECT_EQ(out, as_text(text));
}
TEST(DnsMessage, names_the_authority_of_a_name_that_is_not_there) {
  EXPECT_EQ(written("Standard query response 0x7 No such name A a.x SOA ns.x", true), as_text(nothing));
}
TEST(DnsMessage, has_its_length_in_front_over_tcp) {
  EXPECT_EQ(written("Standard query 0x1234 A example.com", false, true),
            std::string("\0\x1d", 2).append(as_text(query)));
}
TEST(DnsMessage, cuts_long_text_into_strings_of_255_octets) {
  DnsText read = read_dns_text("TXT " + std::string(300, 'a'), {.from_server = true});
  EXPECT_EQ(read.kind, Kind::response);
}
TEST(DnsMessage, of_no_name_is_not_written) {
  std::string out;
  DnsText read;
  read.kind = Kind::query;
  EXPECT_FALSE(write_dns_message(read, false, out));
  read.name = "a..b";
  EXPECT_FALSE(write_dns_message(read, false, out));
}
TEST(DnsMessage, longer_than_65535_octets_is_not_written) {
  const std::string long_text = "TXT \"" + std::string(65300, 'a') + '"';
  DnsText read = read_dns_text(long_text, {.from_server = true});
  read.name = "x";
  std::string out;
  EXPECT_FALSE(write_dns_message(read, false, out));
  read.answers[0].value.remove_suffix(400);
  EXPECT_TRUE(write_dns_message(read, false, out));
}

}  // namespace
}  // namespace encap::test
