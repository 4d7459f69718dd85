#include "encap/flow/packet_origin.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/flow/crafter.h"

namespace encap::test {
namespace {

const Endpoint browser{Ipv4Address{0x0a000001}, Port{50000}};
const Endpoint server{Ipv4Address{0x0a000002}, Port{80}};

Message row(std::uint64_t number, std::string_view id, bool from_browser, std::string_view payload,
            std::string_view protocol = "TCP") {
  const Endpoint& source = from_browser ? browser : server;
  const Endpoint& destination = from_browser ? server : browser;
  Message message;
  message.file = "table.csv";
  message.row = number;
  message.line = number + 1;
  message.id = id;
  message.protocol = protocol;
  message.source = {from_browser ? "browser" : "shop", source.address, source.port};
  message.destination = {from_browser ? "shop" : "browser", destination.address, destination.port};
  message.timestamp = year_2000 + std::chrono::seconds{number};
  message.payload = as_bytes(payload);
  return message;
}

/// Writes down what each packet with payload was made of: "0> 10.. row 3 id c [4..8) of 12: text".
class OriginSink final : public PacketSink {
 public:
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    ++packets;
    if (record.origin == nullptr) return {};
    const PacketOrigin& origin = *record.origin;
    ++with_origin;
    client = origin.conversation->client;
    server_name = origin.conversation->server;
    EXPECT_EQ(origin.payload_offset + origin.payload_length, record.bytes.size());
    std::size_t next = 0;
    for (const RowPart& part : origin.parts) {
      EXPECT_EQ(part.offset, next) << "parts lie side by side";
      next = part.offset + part.length;
      const Bytes octets = record.bytes.subspan(origin.payload_offset + part.offset, part.length);
      const Bytes of_row = part.row->message.subspan(part.message_offset, part.length);
      EXPECT_EQ(as_text(octets), as_text(of_row));
      lines.push_back(std::to_string(origin.conversation->number) + (origin.from_client ? "> " : "< ") +
                      std::to_string(origin.stream_offset) + " row " + std::to_string(part.row->number) + " id " +
                      std::string{part.row->id} + " " + std::to_string(part.message_offset) + "+" +
                      std::to_string(part.length) + " of " + std::to_string(part.row->message.size()));
      texts.emplace_back(as_text(octets));
    }
    EXPECT_EQ(next, origin.payload_length);
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

  std::uint64_t packets = 0;
  std::uint64_t with_origin = 0;
  std::string client;
  std::string server_name;
  std::vector<std::string> lines;
  std::vector<std::string> texts;
};

OriginSink craft(CraftOptions options, const std::vector<Message>& rows) {
  options.origins = true;
  OriginSink sink;
  Crafter crafter{options, sink};
  for (const Message& message : rows) EXPECT_TRUE(crafter.push(message).has_value());
  EXPECT_TRUE(crafter.finish().has_value());
  EXPECT_EQ(sink.with_origin, sink.packets);
  return sink;
}

using Lines = std::vector<std::string>;

TEST(PacketOrigin, names_the_row_and_its_place_in_the_stream) {
  const auto sink = craft({}, {row(1, "a", true, "hello"), row(2, "b", true, "world!"), row(3, "c", false, "yes")});
  EXPECT_EQ(sink.lines, (Lines{"0> 0 row 1 id a 0+5 of 5", "0> 5 row 2 id b 0+6 of 6", "0< 0 row 3 id c 0+3 of 3"}));
  EXPECT_EQ(sink.client, "browser");
  EXPECT_EQ(sink.server_name, "shop");
}

TEST(PacketOrigin, of_a_long_message_says_which_octets) {
  const std::string text(3000, 'x');
  const auto sink = craft({}, {row(7, "long", true, text)});
  EXPECT_EQ(sink.lines, (Lines{"0> 0 row 7 id long 0+1448 of 3000", "0> 1448 row 7 id long 1448+1448 of 3000",
                               "0> 2896 row 7 id long 2896+104 of 3000"}));
}

TEST(PacketOrigin, of_rows_that_became_one_http_message_names_each) {
  const auto sink = craft({}, {row(1, "1", true, "GET /a", "HTTP"), row(2, "2", true, "Accept: */*", "HTTP"),
                               row(3, "3", true, "", "HTTP")});
  ASSERT_EQ(sink.texts.size(), 3u);
  EXPECT_EQ(sink.texts[0], "GET /a HTTP/1.1\r\n");
  EXPECT_TRUE(sink.texts[1].starts_with("Accept: */*")) << sink.texts[1];
  EXPECT_TRUE(sink.texts[2].ends_with("\r\n\r\n")) << sink.texts[2];
  EXPECT_TRUE(sink.lines[2].starts_with("0> 0 row 3 id 3 0+")) << sink.lines[2];
}

TEST(PacketOrigin, in_segments_mode_forgets_the_conversation_that_was_silent_longest) {
  class NumberSink final : public PacketSink {
   public:
    Result<void, IoError> write(const PacketRecord& record) override {
      numbers.push_back(record.origin->conversation->number);
      return {};
    }
    Result<void, IoError> flush() override { return {}; }
    std::vector<std::uint64_t> numbers;
  } sink;
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  options.origins = true;
  Crafter crafter{options, sink};
  std::uint64_t number = 0;
  const auto say = [&](std::uint32_t client) {
    Message message = row(++number, "x", true, "hi");
    message.source.address = Ipv4Address{0x0a010000 + client};
    EXPECT_TRUE(crafter.push(message).has_value());
  };
  for (std::uint32_t client = 0; client < Crafter::most_open; ++client) say(client);
  say(1);                   // no longer the one that was silent longest
  say(Crafter::most_open);  // one more than are kept
  say(1);
  say(0);
  EXPECT_TRUE(crafter.finish().has_value());
  ASSERT_EQ(sink.numbers.size(), Crafter::most_open + 4);
  const auto* last = sink.numbers.data() + Crafter::most_open;
  EXPECT_EQ(last[0], 1u);
  EXPECT_EQ(last[1], Crafter::most_open);
  EXPECT_EQ(last[2], 1u);
  EXPECT_EQ(last[3], Crafter::most_open + 1) << "forgotten, and so another conversation";
}

TEST(PacketOrigin, of_fragments_is_cut_with_them) {
  const std::string text(2000, 'y');
  CraftOptions options;
  options.mtu = 1020;
  const auto sink = craft(options, {row(1, "u", true, text, "UDP")});
  EXPECT_EQ(sink.lines, (Lines{"0> 0 row 1 id u 0+992 of 2000", "0> 992 row 1 id u 992+1000 of 2000",
                               "0> 1992 row 1 id u 1992+8 of 2000"}));
}

TEST(PacketOrigin, is_there_for_bare_segments_and_empty_datagrams) {
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  auto sink = craft(options, {row(1, "a", true, "hello"), row(2, "b", false, "hi")});
  EXPECT_EQ(sink.lines, (Lines{"0> 0 row 1 id a 0+5 of 5", "0< 0 row 2 id b 0+2 of 2"}));
  sink = craft({}, {row(1, "a", true, "", "UDP")});
  EXPECT_EQ(sink.lines, (Lines{"0> 0 row 1 id a 0+0 of 0"}));
}

TEST(PacketOrigin, is_not_told_where_nobody_asks) {
  OriginSink sink;
  Crafter crafter{{}, sink};
  ASSERT_TRUE(crafter.push(row(1, "a", true, "hello")).has_value());
  ASSERT_TRUE(crafter.finish().has_value());
  EXPECT_NE(sink.packets, 0u);
  EXPECT_EQ(sink.with_origin, 0u);
}

}  // namespace
}  // namespace encap::test
