#include "encap/trace/capture_map.h"

#include <map>
#include <rapidjson/document.h>
#include <rapidjson/error/en.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include "capture/files.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/capture/open_capture_writer.h"
#include "encap/flow/packet_origin.h"
#include "support/case_name.h"
#include "trace/crafted.h"

namespace encap::test {
namespace {

using rapidjson::Document;
using rapidjson::Value;

struct Mapped {
  std::vector<std::byte> capture;
  std::string text;
};

/// Crafts a table into a capture and its map. `snap_length`: of the capture.
Mapped map_of(const CraftOptions& options, const std::vector<Row>& rows, CaptureFormat format = CaptureFormat::pcap,
              std::uint32_t snap_length = CaptureFileWriter::maximum_snap_length) {
  const TemporaryFolder folder;
  auto file = open_capture_writer(folder / "a", {.format = format, .snap_length = snap_length}).value();
  auto map = CaptureMap::open(folder / "a.json", {"encap", "table.csv", "a", format}, *file).value();
  craft(options, rows, map);
  EXPECT_TRUE(map.finish().has_value());
  EXPECT_TRUE(file->commit().has_value());
  EXPECT_TRUE(map.publish().has_value());
  return {read_whole(folder / "a"), read_text(folder / "a.json")};
}

Document parse(const std::string& text) {
  Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  EXPECT_FALSE(document.HasParseError()) << rapidjson::GetParseError_En(document.GetParseError()) << " at "
                                         << document.GetErrorOffset() << " of\n"
                                         << text;
  return document;
}

/// Why a text is no map as docs/map.schema.json describes it; empty when it is one. RapidJSON reads the keywords that
/// the schema keeps to, which mean the same in draft 4 and in 2020-12.
std::string schema_complaint(const std::string& text) {
  std::string schema_text = read_text(ENCAP_SOURCE_DIR "/docs/map.schema.json");
  // It wants the $ of a fragment escaped, which RFC 3986 does not ask for.
  static constexpr std::string_view reference = "\"#/$defs/";
  for (std::size_t at = 0; (at = schema_text.find(reference, at)) != std::string::npos;)
    schema_text.replace(at, reference.size(), "\"#/%24defs/");
  const Document parsed = parse(schema_text);
  const rapidjson::SchemaDocument schema{parsed};
  rapidjson::SchemaValidator validator{schema};
  if (parse(text).Accept(validator)) return {};
  rapidjson::StringBuffer where;
  validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
  return std::string{where.GetString()} + ": " + validator.GetInvalidSchemaKeyword();
}

std::size_t number(const Value& object, const char* name) { return object[name].GetUint64(); }
std::string_view text(const Value& object, const char* name) {
  return {object[name].GetString(), object[name].GetStringLength()};
}

const std::vector<std::string> two_hosts{"browser=10.0.0.1:50000", "shop=10.0.0.2:80"};

TEST(CaptureMap, is_a_line_for_each_frame_row_and_conversation) {
  // 24 octets of file header, 16 of record header; 14 + 20 + 8 octets of Ethernet, IPv4 and UDP
  const auto made = map_of(with_hosts({"browser=10.0.0.1:50000", "shop=10.0.0.2:53"}),
                           {{"browser", "shop", "UDP", "ping", "a \"b\""}, {"shop", "browser", "UDP", "pong!", ""}});
  EXPECT_EQ(made.text, R"({"schema":"encap-map","version":1,
"generator":"encap",
"table":"table.csv",
"capture":{"file":"a","format":"pcap","compression":"none"},
"frames":[
{"frame":1,"conversation":0,"from":"client","file_offset":40,"length":46,"rows":[1]},
{"frame":2,"conversation":0,"from":"server","file_offset":102,"length":47,"rows":[2]}
],
"rows":[
{"row":1,"line":2,"msg_id":"a \"b\"","conversation":0,"from":"client","length":4,"pieces":[{"frame":1,"file_offset":82,"stream_offset":0,"message_offset":0,"length":4}]},
{"row":2,"line":3,"msg_id":"2","conversation":0,"from":"server","length":5,"pieces":[{"frame":2,"file_offset":144,"stream_offset":0,"message_offset":0,"length":5}]}
],
"conversations":[
{"conversation":0,"transport":"udp","client":{"application":"browser","address":"10.0.0.1","port":50000},"server":{"application":"shop","address":"10.0.0.2","port":53}}
]}
)");
  EXPECT_EQ(as_text(Bytes{made.capture}.subspan(82, 4)), "ping");
  EXPECT_EQ(schema_complaint(made.text), "");
}

TEST(CaptureMap, that_says_something_else_does_not_pass_the_schema) {
  const auto made = map_of(with_hosts(two_hosts), {{"browser", "shop", "TCP", "ping", ""}});
  EXPECT_EQ(schema_complaint(made.text), "");
  for (const auto& [from, to] : std::map<std::string, std::string>{{"\"version\":1", "\"version\":2"},
                                                                   {"\"from\":\"client\"", "\"from\":\"nobody\""},
                                                                   {"\"line\"", "\"Line\""},
                                                                   {"\"port\":80", "\"port\":70000"},
                                                                   {"\"frame\":1", "\"frame\":\"1\""}}) {
    std::string wrong = made.text;
    ASSERT_NE(wrong.find(from), std::string::npos) << from;
    wrong.replace(wrong.find(from), from.size(), to);
    EXPECT_NE(schema_complaint(wrong), "") << to;
  }
}

struct MapCase {
  const char* name;
  CraftOptions::Mode mode;
  const char* client;  // address
  const char* server;
  std::optional<LinkType> link_type;
  std::uint32_t mtu;
  CaptureFormat format;
  Close close = Close::fin;
};

class CaptureMapOf : public ::testing::TestWithParam<MapCase> {};

/// Short and long rows of three conversations, both ways. The rows of one `from` are told apart by their texts.
std::vector<Row> mixed_rows() {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < 60; ++i) {
    std::string text;
    const std::size_t length = i % 7 == 0 ? 20'000 + i : 1 + i * 37 % 1000;
    while (text.size() < length) text += "row " + std::to_string(i + 1) + ' ' + std::to_string(text.size()) + ';';
    text.resize(length);
    const bool back = i % 3 == 1;
    const std::string other = i % 5 < 2 ? "shop" : "mail";
    rows.push_back({back ? other : "browser", back ? "browser" : other, i % 4 == 3 ? "UDP" : "TCP", text,
                    i % 2 == 0 ? "id " + std::to_string(i / 4) : ""});
  }
  rows.push_back({"browser", "shop", "UDP", "", ""});
  return rows;
}

TEST_P(CaptureMapOf, finds_each_row_in_the_file_and_each_frame) {
  const MapCase& made = GetParam();
  CraftOptions options;
  options.mode = made.mode;
  options.payload = CraftOptions::Payload::verbatim;
  options.link_type = made.link_type;
  options.mtu = made.mtu;
  options.close = made.close;
  const auto at = [](const char* name, const char* address, const char* port) {
    const std::string text = address;
    return std::string{name} + '=' + (text.find(':') == std::string::npos ? text : '[' + text + ']') + ':' + port;
  };
  const std::vector<std::string> hosts{at("browser", made.client, "50000"), at("shop", made.server, "7000"),
                                       at("mail", made.server, "7001")};
  const std::vector<Row> rows = mixed_rows();
  const Mapped mapped = map_of(with_hosts(hosts, options), rows, made.format);
  EXPECT_EQ(schema_complaint(mapped.text), "");
  const Document map = parse(mapped.text);
  const Bytes file{mapped.capture};

  // Frames are those of the file.
  const TemporaryFolder folder;
  write_whole(folder / "a", file);
  auto reader = CaptureFileReader::open(folder / "a").value();
  const auto& frames = map["frames"].GetArray();
  for (const Value& frame : frames) {
    const PacketRecord* const packet = reader.next().value();
    ASSERT_NE(packet, nullptr);
    ASSERT_EQ(as_text(file.subspan(number(frame, "file_offset"), number(frame, "length"))), as_text(packet->bytes));
  }
  EXPECT_EQ(reader.next().value(), nullptr);

  // Rows are those of the table, their octets those of the file, in the order of the stream.
  const auto& found = map["rows"].GetArray();
  ASSERT_EQ(found.Size(), rows.size());
  std::map<std::pair<std::size_t, std::string_view>, std::size_t> sent;  // octets, by conversation and side
  std::size_t carried = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Value& row = found[static_cast<rapidjson::SizeType>(i)];
    SCOPED_TRACE("row " + std::to_string(i + 1));
    EXPECT_EQ(number(row, "row"), i + 1);
    EXPECT_EQ(number(row, "line"), i + 2);
    EXPECT_EQ(text(row, "msg_id"), rows[i].id.empty() ? std::to_string(i + 1) : rows[i].id);
    EXPECT_EQ(text(row, "from"), rows[i].source == "browser" ? "client" : "server");
    ASSERT_EQ(number(row, "length"), rows[i].text.size());
    const Value& conversation = map["conversations"][static_cast<rapidjson::SizeType>(number(row, "conversation"))];
    EXPECT_EQ(text(conversation, "transport"), rows[i].protocol == "UDP" ? "udp" : "tcp");
    EXPECT_EQ(text(conversation["client"], "application"), "browser");
    EXPECT_EQ(text(conversation["server"], "application"),
              rows[i].source == "browser" ? rows[i].destination : rows[i].source);
    EXPECT_EQ(text(conversation["server"], "address"), made.server);

    std::size_t& stream = sent[{number(row, "conversation"), text(row, "from")}];
    const bool has_stream = made.mode == CraftOptions::Mode::session && rows[i].protocol == "TCP";
    const std::size_t before = has_stream ? stream : 0;
    std::string octets;
    for (const Value& piece : row["pieces"].GetArray()) {
      ++carried;
      EXPECT_EQ(number(piece, "message_offset"), octets.size());
      EXPECT_EQ(number(piece, "stream_offset"), before + octets.size());
      octets += as_text(file.subspan(number(piece, "file_offset"), number(piece, "length")));
      const Value& frame = frames[static_cast<rapidjson::SizeType>(number(piece, "frame") - 1)];
      EXPECT_EQ(number(frame, "conversation"), number(row, "conversation"));
      EXPECT_EQ(text(frame, "from"), text(row, "from"));
      ASSERT_EQ(frame["rows"].Size(), 1u);
      EXPECT_EQ(frame["rows"][0].GetUint64(), i + 1);
      EXPECT_EQ(number(piece, "file_offset") + number(piece, "length"),
                number(frame, "file_offset") + number(frame, "length"));
    }
    EXPECT_EQ(octets, rows[i].text);
    stream += octets.size();
  }
  std::size_t with_rows = 0;
  for (const Value& frame : frames) with_rows += frame["rows"].Size();
  EXPECT_EQ(with_rows, carried);
  if (made.mode == CraftOptions::Mode::session) {
    EXPECT_LT(with_rows, frames.Size()) << "handshakes carry no rows";
  }
}

using Mode = CraftOptions::Mode;

INSTANTIATE_TEST_SUITE_P(
    Cases, CaptureMapOf,
    ::testing::Values(
        MapCase{"session", Mode::session, "10.0.0.1", "10.0.0.2", std::nullopt, 1500, CaptureFormat::pcap},
        MapCase{"session_pcapng", Mode::session, "10.0.0.1", "10.0.0.2", std::nullopt, 1500, CaptureFormat::pcapng},
        MapCase{"session_raw_reset", Mode::session, "10.0.0.1", "10.0.0.2", LinkType::raw, 576, CaptureFormat::pcap,
                Close::rst},
        MapCase{"session_ipv6_sll", Mode::session, "2001:db8::1", "2001:db8::2", LinkType::linux_sll, 1280,
                CaptureFormat::pcapng},
        MapCase{"session_loopback", Mode::session, "127.0.0.1", "127.0.0.1", std::nullopt, 65535, CaptureFormat::pcap},
        MapCase{"segments", Mode::segments, "10.0.0.1", "10.0.0.2", LinkType::raw, 65535, CaptureFormat::pcapng},
        MapCase{"segments_fragmented", Mode::segments, "10.0.0.1", "10.0.0.2", LinkType::null, 300,
                CaptureFormat::pcap},
        MapCase{"segments_ipv6_fragmented", Mode::segments, "2001:db8::1", "2001:db8::2", std::nullopt, 1280,
                CaptureFormat::pcapng}),
    CaseName{});

TEST(CaptureMap, has_each_row_of_a_message_that_several_rows_made) {
  const auto made = map_of(with_hosts(two_hosts), {{"browser", "shop", "HTTP", "POST /a", ""},
                                                   {"browser", "shop", "HTTP", "Accept: */*", ""},
                                                   {"browser", "shop", "HTTP", "", ""},
                                                   {"browser", "shop", "HTTP", "body", ""}});
  EXPECT_EQ(schema_complaint(made.text), "");
  const Document map = parse(made.text);
  std::string message;
  for (const Value& row : map["rows"].GetArray()) {
    ASSERT_EQ(row["pieces"].Size(), 1u);
    const Value& piece = row["pieces"][0];
    EXPECT_EQ(number(piece, "stream_offset"), message.size());
    message += as_text(Bytes{made.capture}.subspan(number(piece, "file_offset"), number(piece, "length")));
  }
  EXPECT_TRUE(message.starts_with("POST /a HTTP/1.1\r\nAccept: */*\r\n")) << message;
  EXPECT_TRUE(message.ends_with("\r\n\r\nbody")) << message;
  EXPECT_EQ(map["frames"][3]["rows"].Size(), map["rows"].Size());
}

TEST(CaptureMap, of_a_file_that_cuts_packets_has_what_is_in_it) {
  const auto made =
      map_of(with_hosts(two_hosts), {{"browser", "shop", "UDP", "0123456789", ""}}, CaptureFormat::pcapng, 45);
  const Document map = parse(made.text);
  const Value& piece = map["rows"][0]["pieces"][0];
  EXPECT_EQ(map["frames"][0]["length"].GetUint64(), 45u);
  EXPECT_EQ(as_text(Bytes{made.capture}.subspan(number(piece, "file_offset"), number(piece, "length"))), "012");
  const auto headers_only =
      map_of(with_hosts(two_hosts), {{"browser", "shop", "UDP", "0123456789", ""}}, CaptureFormat::pcap, 20);
  EXPECT_EQ(number(parse(headers_only.text)["rows"][0]["pieces"][0], "length"), 0u);
}

TEST(CaptureMap, is_the_same_each_time) {
  const auto once = map_of(with_hosts(two_hosts), mixed_rows());
  EXPECT_EQ(once.text, map_of(with_hosts(two_hosts), mixed_rows()).text);
}

TEST(CaptureMap, makes_text_of_any_name) {
  const auto made = map_of(with_hosts(two_hosts), {{"browser", "shop", "UDP", "hello", "a\n\xff\x01"}});
  EXPECT_EQ(schema_complaint(made.text), "");
  EXPECT_EQ(text(parse(made.text)["rows"][0], "msg_id"), "a\n\xef\xbf\xbd\x01");
}

TEST(CaptureMap, of_no_packets_is_a_map) {
  const auto made = map_of({}, {});
  EXPECT_EQ(schema_complaint(made.text), "");
  EXPECT_EQ(parse(made.text)["frames"].Size(), 0u);
}

/// Sends each packet twice.
class TwiceSink final : public PacketSink {
 public:
  explicit TwiceSink(PacketSink& next) : next_{&next} {}
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    if (auto written = next_->write(record); !written) return written;
    return next_->write(record);
  }
  [[nodiscard]] Result<void, IoError> flush() override { return next_->flush(); }

 private:
  PacketSink* next_;
};

TEST(CaptureMap, has_a_piece_for_each_copy) {
  const TemporaryFolder folder;
  auto file = open_capture_writer(folder / "a.pcap").value();
  auto map = CaptureMap::open(folder / "a.json", {}, *file).value();
  TwiceSink twice{map};
  craft(with_hosts(two_hosts), {{"browser", "shop", "UDP", "hello", ""}}, twice);
  ASSERT_TRUE(map.finish().has_value() && file->commit().has_value() && map.publish().has_value());
  const Document read = parse(read_text(folder / "a.json"));
  const Value& pieces = read["rows"][0]["pieces"];
  ASSERT_EQ(pieces.Size(), 2u);
  EXPECT_EQ(number(pieces[0], "frame"), 1u);
  EXPECT_EQ(number(pieces[1], "frame"), 2u);
}

TEST(CaptureMap, refuses_a_packet_without_an_origin_before_it_is_written) {
  const TemporaryFolder folder;
  auto file = open_capture_writer(folder / "a.pcap").value();
  auto map = CaptureMap::open(folder / "a.json", {}, *file).value();
  const auto refused = map.write({.timestamp = year_2000, .bytes = as_bytes("ping")});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(to_string(refused.error()), "map frame 1: a packet does not tell what it was made of");
  EXPECT_EQ(file->packets(), 0u);
}

TEST(CaptureMap, leaves_nothing_behind_unless_it_is_published) {
  const TemporaryFolder folder;
  write_whole(folder / "a.json", as_bytes("old"));
  {
    auto file = open_capture_writer(folder / "a.pcap").value();
    auto map = CaptureMap::open(folder / "a.json", {}, *file).value();
    craft({}, {{"browser", "shop", "UDP", "hello", ""}}, map);
    ASSERT_TRUE(map.finish().has_value());
  }
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"a.json"}));
  EXPECT_EQ(read_text(folder / "a.json"), "old");
}

TEST(CaptureMap, that_cannot_be_opened_says_why) {
  const TemporaryFolder folder;
  auto file = open_capture_writer(folder / "a.pcap").value();
  const auto map = CaptureMap::open(folder / "missing/a.json", {}, *file);
  ASSERT_FALSE(map.has_value());
  EXPECT_EQ(map.error().operation, "open");
}

}  // namespace
}  // namespace encap::test
