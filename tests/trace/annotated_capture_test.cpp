#include "encap/trace/annotated_capture.h"

#include <map>

#include "capture/files.h"
#include "encap/base/byte_order.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/flow/packet_origin.h"
#include "trace/address_names.h"
#include "trace/crafted.h"
#include "trace/shortened.h"

namespace encap::test {
namespace {

using Texts = std::vector<std::string>;

/// What a crafted file holds.
struct Annotated {
  Texts comments;  // of the packets that have some, with " & " between several
  CaptureInterface interface;
  std::uint8_t decimals = 0;
  Texts names;  // "10.0.0.1 browser" for each record, "packet" for each packet, in the order of the blocks
};

std::string address_text(Bytes octets) {
  std::string text;
  for (const std::byte octet : octets.first(4))
    text.append(text.empty() ? "" : ".").append(std::to_string(std::to_integer<unsigned>(octet)));
  return text;
}

/// Source of the numbers: draft-ietf-opsawg-pcapng, Name Resolution Block.
Texts read_names(Bytes file) {
  Texts names;
  for (std::size_t block = 0; block + 12 <= file.size(); block += load_le32(file, block + 4)) {
    const std::uint32_t type = load_le32(file, block);
    if (type == 6 && (names.empty() || names.back() != "packet")) names.emplace_back("packet");
    if (type != 4) continue;
    for (std::size_t at = block + 8; load_le32(file, at) != 0;) {
      const std::size_t length = load_le32(file, at) >> 16;
      const Bytes value = file.subspan(at + 4, length);
      EXPECT_EQ(load_le32(file, at) & 0xffff, 1u) << "IPv4";
      EXPECT_EQ(value.back(), std::byte{0});
      names.push_back(address_text(value) + " " + std::string{as_text(value.subspan(4, length - 5))});
      at += 4 + (length + 3) / 4 * 4;
    }
  }
  return names;
}

Annotated annotate(const CraftOptions& options, const std::vector<Row>& rows) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcapng";
  {
    auto file = PcapngFileWriter::open(path, {}).value();
    AnnotatedCapture capture{file, {"encap", "crafted from a table"}};
    craft(options, rows, capture);
    EXPECT_TRUE(file.commit().has_value());
  }
  Annotated found;
  auto file = CaptureFileReader::open(path).value();
  for (;;) {
    const auto record = file.next();
    EXPECT_TRUE(record.has_value()) << to_string(record.error());
    if (!record || *record == nullptr) break;
    std::string joined;
    for (const std::string_view comment : (*record)->comments)
      joined.append(joined.empty() ? "" : " & ").append(comment);
    if (!joined.empty()) found.comments.push_back(joined);
    found.decimals = (*record)->decimals;
    found.interface = *(*record)->interface;
  }
  found.names = read_names(read_whole(path));
  return found;
}

const std::vector<std::string> two_hosts{"browser=10.0.0.1", "shop=10.0.0.2"};

TEST(AnnotatedCapture, says_which_row_a_packet_carries_and_what_made_the_file) {
  const auto found = annotate(
      with_hosts(two_hosts), {{"browser", "shop", "TCP", "hello", "seventeen"}, {"shop", "browser", "TCP", "yes", ""}});
  EXPECT_EQ(found.comments, (Texts{"msg_id seventeen, row 1", "msg_id 2, row 2"}));
  EXPECT_EQ(found.interface.name, "encap");
  EXPECT_EQ(found.interface.description, "crafted from a table");
  EXPECT_EQ(found.decimals, 9);
}

TEST(AnnotatedCapture, says_which_octets_of_a_long_row_a_packet_carries) {
  const auto found = annotate(with_hosts(two_hosts), {{"browser", "shop", "TCP", std::string(3000, 'x'), ""}});
  EXPECT_EQ(found.comments,
            (Texts{"msg_id 1, row 1, octets 0-1447 of 3000", "msg_id 1, row 1, octets 1448-2895 of 3000",
                   "msg_id 1, row 1, octets 2896-2999 of 3000"}));
}

TEST(AnnotatedCapture, says_it_of_fragments_and_of_empty_datagrams) {
  CraftOptions options;
  options.mtu = 1020;
  const auto found = annotate(with_hosts(two_hosts, options), {{"browser", "shop", "UDP", std::string(1500, 'x'), ""},
                                                               {"browser", "shop", "UDP", "", ""}});
  EXPECT_EQ(found.comments, (Texts{"msg_id 1, row 1, octets 0-991 of 1500", "msg_id 1, row 1, octets 992-1499 of 1500",
                                   "msg_id 2, row 2"}));
}

TEST(AnnotatedCapture, has_a_comment_for_each_row_of_a_packet_up_to_a_bound) {
  std::vector<Row> rows{{"browser", "shop", "HTTP", "POST /form HTTP/1.1", ""}};
  for (int i = 0; i < 40; ++i) rows.push_back({"browser", "shop", "HTTP", "X-" + std::to_string(i) + ": y", ""});
  const auto found = annotate(with_hosts(two_hosts), rows);
  ASSERT_EQ(found.comments.size(), 1u);
  const std::string& all = found.comments[0];
  EXPECT_TRUE(all.starts_with("msg_id 1, row 1 & msg_id 2, row 2 & ")) << all;
  EXPECT_TRUE(all.ends_with(" & msg_id 31, row 31 & octets of 10 more rows")) << all;
}

TEST(AnnotatedCapture, makes_text_of_any_msg_id) {
  const auto found = annotate(with_hosts(two_hosts), {{"browser", "shop", "TCP", "hello", "a\nb\xff"},
                                                      {"browser", "shop", "TCP", "hello", std::string(70'000, 'i')}});
  EXPECT_EQ(found.comments,
            (Texts{"msg_id a\\nb\xef\xbf\xbd, row 1", "msg_id " + std::string(97, 'i') + "..., row 2"}));
}

TEST(AnnotatedCapture, names_addresses_in_front_of_the_first_packet_that_needs_them) {
  const auto found = annotate(with_hosts({"browser=10.0.0.1", "shop=10.0.0.2", "mail=10.0.0.3"}),
                              {{"browser", "shop", "TCP", "hello", ""},
                               {"browser", "shop", "TCP", "again", ""},
                               {"browser", "mail", "UDP", "hello", ""}});
  EXPECT_EQ(found.names, (Texts{"10.0.0.2 shop", "10.0.0.1 browser", "packet", "10.0.0.3 mail", "packet"}));
}

TEST(AnnotatedCapture, gives_an_address_one_name_for_all_its_applications) {
  const auto found = annotate({}, {{"browser", "shop", "TCP", "hello", ""},
                                   {"shop", "browser", "TCP", "hello", ""},
                                   {"", "shop", "UDP", "hello", ""},
                                   {"browser", "mail", "UDP", "hello", ""}});
  EXPECT_EQ(found.names, (Texts{"127.0.0.1 browser|shop", "packet", "127.0.0.1 browser|shop|127.0.0.1", "packet",
                                "127.0.0.1 browser|shop|127.0.0.1|mail", "packet"}));
}

TEST(AnnotatedCapture, writes_no_names_where_the_table_has_none) {
  EXPECT_EQ(annotate({}, {{"", "", "UDP", "hello", ""}}).names, (Texts{"packet"}));
}

TEST(AnnotatedCapture, keeps_comments_that_packets_have_and_packets_without_an_origin) {
  const TemporaryFolder folder;
  const std::string path = folder / "a.pcapng";
  auto out = PcapngFileWriter::open(path, {}).value();
  AnnotatedCapture capture{out, {}};
  const std::vector<std::string_view> comments{"mine"};
  const ConversationOrigin conversation;
  const TableRow row{3, 4, "c", {}, as_bytes("ping")};
  const RowPart part{&row, 0, 4, 0};
  const PacketOrigin origin{.conversation = &conversation, .payload_length = 4, .parts = {&part, 1}};
  PacketRecord record{.timestamp = year_2000, .original_length = 4, .bytes = as_bytes("ping"), .comments = comments};
  ASSERT_TRUE(capture.write(record).has_value());
  record.origin = &origin;
  ASSERT_TRUE(capture.write(record).has_value());
  ASSERT_TRUE(capture.flush().has_value());
  ASSERT_TRUE(out.commit().has_value());
  auto file = CaptureFileReader::open(path).value();
  const PacketRecord* read = file.next().value();
  EXPECT_EQ(Texts(read->comments.begin(), read->comments.end()), (Texts{"mine"}));
  read = file.next().value();
  EXPECT_EQ(Texts(read->comments.begin(), read->comments.end()), (Texts{"mine", "msg_id c, row 3"}));
}

constexpr Ipv4Address somewhere{0x7f000001};

TEST(AddressNames, change_with_each_further_application) {
  AddressNames names;
  EXPECT_EQ(names.name(somewhere), "");
  EXPECT_TRUE(names.add(somewhere, "a"));
  EXPECT_EQ(names.name(somewhere), "a");
  EXPECT_FALSE(names.add(somewhere, "a"));
  EXPECT_TRUE(names.add(somewhere, "ab"));
  EXPECT_EQ(names.name(somewhere), "a|ab");
  EXPECT_FALSE(names.add(somewhere, "a"));
}

TEST(AddressNames, begin_with_the_first_application_that_has_a_name) {
  AddressNames names;
  EXPECT_FALSE(names.add(somewhere, ""));
  EXPECT_EQ(names.name(somewhere), "");
  EXPECT_TRUE(names.add(somewhere, "a"));
  EXPECT_EQ(names.name(somewhere), "127.0.0.1|a");
}

TEST(AddressNames, are_text_without_bars_of_their_own) {
  AddressNames names;
  ASSERT_TRUE(names.add(somewhere, std::string_view{"a|b\0c\xc3", 6}));
  EXPECT_EQ(names.name(somewhere), "a/b\\000c\xef\xbf\xbd");
}

TEST(AddressNames, have_63_octets_at_most_and_say_that_there_are_more) {
  AddressNames names;
  ASSERT_TRUE(names.add(somewhere, std::string(200, 'x')));
  EXPECT_EQ(names.name(somewhere), std::string(56, 'x') + "...");
  EXPECT_TRUE(names.add(somewhere, "y"));
  EXPECT_EQ(names.name(somewhere), std::string(56, 'x') + "...|...");
  EXPECT_EQ(names.name(somewhere).size(), AddressNames::most_octets);
  EXPECT_FALSE(names.add(somewhere, "z"));

  const Ipv4Address other{0x7f000002};
  for (int i = 0; i < 1000; ++i) static_cast<void>(names.add(other, "application " + std::to_string(i)));
  EXPECT_EQ(names.name(other), "application 0|application 1|application 2|application 3|...");
}

TEST(Shortened, cuts_between_characters) {
  EXPECT_EQ(shortened("abcdef", 6), "abcdef");
  EXPECT_EQ(shortened("abcdefg", 6), "abc...");
  EXPECT_EQ(shortened("ab\xc3\xa9"
                      "defg",
                      6),
            "ab...");
  EXPECT_EQ(shortened("a\xc3\xa9"
                      "defg",
                      6),
            "a\xc3\xa9...");
  EXPECT_EQ(shortened("", 3), "");
}

}  // namespace
}  // namespace encap::test
