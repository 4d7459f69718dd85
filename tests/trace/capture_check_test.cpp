#include "encap/trace/capture_check.h"

#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/wire/checksum.h"
#include "support/edited_capture.h"

namespace encap::test {
namespace {

using Kind = CheckFinding::Kind;

struct Line {
  bool from_client = true;
  std::string text;
  std::string protocol = "TCP";
  std::uint16_t client_port = 50000;
  std::uint16_t server_port = 7000;
};
using Table = std::vector<Line>;

const Table chat{{true, "hello"},     {false, "hi there"}, {true, "how are you"}, {false, "fine"},
                 {true, "and again"}, {false, "fine"},     {true, "goodbye"}};

/// Both: what is expected, and the packets.
class Both final : public PacketSink {
 public:
  Both(PacketSink& first, EditedCapture& second) : first_{&first}, second_{&second} {}
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    second_->add(record);
    return first_->write(record);
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

 private:
  PacketSink* first_;
  EditedCapture* second_;
};

/// A table, what is expected of it and the packets that were made of it, to be changed before they are checked.
class Checked {
 public:
  explicit Checked(const Table& table, CraftOptions options = {}, CheckOptions check = {}) : check_{check} {
    expect(table, options, capture);
  }
  /// The capture is made in another way than it is expected.
  Checked(const Table& table, CraftOptions expected, const Table& sent, CraftOptions made) : check_{CheckOptions{}} {
    EditedCapture none;
    expect(table, expected, none);
    CaptureCheck other{{}};
    craft(sent, made, other, capture);
  }

  CheckReport report() {
    EditedSource source{capture};
    auto report = check_.compare(source);
    EXPECT_TRUE(report.has_value());
    return std::move(*report);
  }

  EditedCapture capture;

 private:
  void expect(const Table& table, const CraftOptions& options, EditedCapture& packets) {
    craft(table, options, check_, packets);
  }
  static void craft(const Table& table, CraftOptions options, CaptureCheck& check, EditedCapture& packets) {
    options.origins = true;
    Both sink{check, packets};
    Crafter crafter{options, sink};
    std::uint64_t number = 0;
    for (const Line& line : table) {
      const std::string id = std::to_string(++number);
      const Endpoint client{Ipv4Address{0x0a000001}, Port{line.client_port}};
      const Endpoint server{Ipv4Address{0x0a000002}, Port{line.server_port}};
      const Endpoint& source = line.from_client ? client : server;
      const Endpoint& destination = line.from_client ? server : client;
      Message message;
      message.file = "table.csv";
      message.row = number;
      message.line = number + 1;
      message.id = id;
      message.protocol = line.protocol;
      message.source = {"", source.address, source.port};
      message.destination = {"", destination.address, destination.port};
      message.timestamp = year_2000 + std::chrono::seconds{number};
      message.payload = as_bytes(line.text);
      check.see(message);
      EXPECT_TRUE(crafter.push(message).has_value());
    }
    EXPECT_TRUE(crafter.finish().has_value());
  }

  CaptureCheck check_;
};

std::uint64_t frame_of(const Table& table, const CraftOptions& options, std::size_t row) {
  return Checked{table, options}.report().rows.at(row - 1).frames.front();
}

/// `missing 3, bad-checksum 3`
std::string errors_of(const CheckReport& report) {
  std::string text;
  for (const CheckFinding& finding : report.findings) {
    if (finding.is_error())
      text += (text.empty() ? "" : ", ") + std::string{name_of(finding.kind)} + ' ' + std::to_string(finding.row);
  }
  return text;
}

std::string texts_of(const CheckReport& report, Kind kind) {
  std::string text;
  for (const CheckFinding& finding : report.findings) {
    if (finding.kind == kind) text += finding.text + '\n';
  }
  return text;
}

CraftOptions segments() {
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  return options;
}

// --- what we made ourselves is found, in every way of making it
// --------------------------------------------------------

struct Way {
  std::string_view name;
  CraftOptions::Mode mode;
  CraftOptions::Payload payload;
  LinkType link;
  bool udp = false;
  std::size_t longest = 0;  // octets of a row in the middle
};

class CaptureCheckWay : public testing::TestWithParam<Way> {
 protected:
  static Table table() {
    Table table = chat;
    if (GetParam().longest != 0) table.insert(table.begin() + 3, {true, long_text(GetParam().longest)});
    for (Line& line : table) {
      if (GetParam().udp) line.protocol = "UDP";
    }
    return table;
  }
  static std::string long_text(std::size_t size) {
    std::string text;
    for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
    text.resize(size);
    return text;
  }
  static CraftOptions options() {
    CraftOptions options;
    options.mode = GetParam().mode;
    options.payload = GetParam().payload;
    options.link_type = GetParam().link;
    return options;
  }
};

TEST_P(CaptureCheckWay, finds_every_row) {
  const CheckReport report = Checked{table(), options()}.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  EXPECT_EQ(report.found, table().size());
  EXPECT_TRUE(report.others.empty());
  EXPECT_EQ(report.largest_deviation, Duration{0});
}

TEST_P(CaptureCheckWay, names_the_row_of_a_changed_packet) {
  for (std::size_t row = 1; row <= table().size(); ++row) {
    Checked checked{table(), options()};
    checked.capture.change(frame_of(table(), options(), row));
    const std::string number = std::to_string(row);
    EXPECT_EQ(errors_of(checked.report()), "differs " + number + ", bad-checksum " + number);
  }
}

TEST_P(CaptureCheckWay, names_the_row_of_a_packet_that_is_gone) {
  for (std::size_t row = 1; row <= table().size(); ++row) {
    Checked checked{table(), options()};
    checked.capture.remove(frame_of(table(), options(), row));
    const std::string number = std::to_string(row);
    const std::string errors = errors_of(checked.report());
    EXPECT_TRUE(errors == "missing " + number || errors == "cut " + number) << errors;
  }
}

TEST_P(CaptureCheckWay, names_a_row_of_packets_that_changed_places) {
  for (std::size_t row = 1; row < table().size(); ++row) {
    Checked checked{table(), options()};
    checked.capture.swap(frame_of(table(), options(), row), frame_of(table(), options(), row + 1));
    const std::string errors = errors_of(checked.report());
    EXPECT_TRUE(errors == "out-of-order " + std::to_string(row) || errors == "out-of-order " + std::to_string(row + 1))
        << errors;
  }
}

TEST_P(CaptureCheckWay, names_the_row_of_a_packet_that_is_there_twice) {
  for (std::size_t row = 1; row <= table().size(); ++row) {
    Checked checked{table(), options()};
    checked.capture.twice(frame_of(table(), options(), row));
    EXPECT_EQ(errors_of(checked.report()), "twice " + std::to_string(row));
  }
}

using Mode = CraftOptions::Mode;
using Payload = CraftOptions::Payload;
INSTANTIATE_TEST_SUITE_P(
    All, CaptureCheckWay,
    testing::Values(Way{"session", Mode::session, Payload::complete, LinkType::ethernet},
                    Way{"session_verbatim", Mode::session, Payload::verbatim, LinkType::raw},
                    Way{"session_with_a_long_row", Mode::session, Payload::complete, LinkType::linux_sll, false, 4000},
                    Way{"segments", Mode::segments, Payload::complete, LinkType::null},
                    Way{"segments_verbatim", Mode::segments, Payload::verbatim, LinkType::ethernet, false, 3000},
                    Way{"datagrams", Mode::session, Payload::complete, LinkType::ethernet, true}),
    [](const testing::TestParamInfo<Way>& way) { return std::string{way.param.name}; });

// --- where a row lies
// --------------------------------------------------------------------------------------------------

TEST(CaptureCheck, says_which_octets_differ) {
  Checked checked{chat};
  checked.capture.change(frame_of(chat, {}, 3));
  const CheckReport report = checked.report();
  EXPECT_EQ(texts_of(report, Kind::differs), "row 3 differs from octet 10 on: expected \"u\", found \"U\", frame " +
                                                 std::to_string(report.rows[2].frames.front()) + "\n");
}

TEST(CaptureCheck, says_which_octets_are_missing) {
  const Table table{{true, "begin"}, {true, std::string(4000, 'x')}, {true, "end"}};
  const std::vector<std::uint64_t> frames = Checked{table}.report().rows[1].frames;
  ASSERT_EQ(frames.size(), 3u);
  Checked checked{table};
  checked.capture.remove(frames[1]);
  EXPECT_EQ(texts_of(checked.report(), Kind::cut), "octets 1448-2895 of row 2 are missing, of 4000\n");
}

TEST(CaptureCheck, names_segments_of_one_row_that_changed_places) {
  const Table table{{true, "begin"}, {true, std::string(2000, 'x') + std::string(2000, 'y')}, {true, "end"}};
  const std::vector<std::uint64_t> frames = Checked{table}.report().rows[1].frames;
  Checked checked{table};
  checked.capture.swap(frames[0], frames[1]);
  EXPECT_EQ(errors_of(checked.report()), "out-of-order 2");
}

TEST(CaptureCheck, names_the_row_of_a_fragment_that_is_there_twice) {
  const Table table{{true, "a", "UDP"}, {true, std::string(4000, 'x'), "UDP"}, {true, "b", "UDP"}};
  const std::vector<std::uint64_t> frames = Checked{table}.report().rows[1].frames;
  ASSERT_EQ(frames.size(), 3u);
  for (const std::uint64_t frame : frames) {
    Checked checked{table};
    checked.capture.twice(frame);
    EXPECT_EQ(errors_of(checked.report()), "twice 2") << frame;
  }
  Checked cut{table};
  cut.capture.remove(frames[1]);
  const CheckReport report = cut.report();
  EXPECT_EQ(errors_of(report), "missing 2");
  EXPECT_NE(texts_of(report, Kind::unfinished_fragments), "");
}

TEST(CaptureCheck, matches_rows_that_are_alike_one_to_one) {
  Table table;
  for (int i = 0; i < 20; ++i) table.push_back({i % 2 == 0, i % 2 == 0 ? "question " + std::to_string(i) : "yes"});
  for (const CraftOptions& options : {CraftOptions{}, segments()}) {
    for (std::size_t row = 2; row <= 20; row += 2) {
      Checked checked{table, options};
      checked.capture.remove(frame_of(table, options, row));
      EXPECT_EQ(errors_of(checked.report()), "missing " + std::to_string(row));
    }
  }
}

// --- captures of others
// ------------------------------------------------------------------------------------------------

TEST(CaptureCheck, reads_past_one_sequence_number_for_all) {
  Table one_way;
  for (int i = 0; i < 9; ++i) one_way.push_back({true, "message " + std::to_string(i)});
  const CheckReport report = Checked{one_way, {}, one_way, segments()}.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  EXPECT_EQ(texts_of(report, Kind::overlap),
            "the segments of 10.0.0.1:50000 -> 10.0.0.2:7000 overlap in the stream (9 of 9 rows start at sequence "
            "number 0): every row is in the capture, but a reader of the stream sees only the first\n");
}

TEST(CaptureCheck, finds_rows_under_another_client_port) {
  Table sent = chat;
  for (Line& line : sent) line.client_port = 61234;
  const CheckReport report = Checked{chat, {}, sent, {}}.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  EXPECT_EQ(texts_of(report, Kind::other_endpoints),
            "10.0.0.1:50000 -> 10.0.0.2:7000 is not in the capture: its rows were looked for in 10.0.0.1:61234 -> "
            "10.0.0.2:7000, which holds octets of them\n"
            "10.0.0.2:7000 -> 10.0.0.1:50000 is not in the capture: its rows were looked for in 10.0.0.2:7000 -> "
            "10.0.0.1:61234, which holds octets of them\n");
}

TEST(CaptureCheck, finds_rows_between_other_ends_and_with_a_connection_each) {
  Table sent = chat;
  std::uint16_t port = 61000;
  for (Line& line : sent) {
    line.server_port = 9999;
    line.client_port = port++;
  }
  const CheckReport report = Checked{chat, {}, sent, {}}.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  EXPECT_EQ(report.conversations.size(), chat.size());
}

TEST(CaptureCheck, finds_text_that_others_completed) {
  Table expected{{true, "GET /a", "HTTP"}, {true, "GET /b", "HTTP"}, {true, "GET /bb", "HTTP"}};
  Table sent{
      {true, "GET /a HTTP/1.0\r\nX: y\r\n\r\n"}, {true, "GET /b HTTP/1.0\r\n\r\n"}, {true, "GET /bb HTTP/1.0\r\n\r\n"}};
  const CheckReport report = Checked{expected, {}, sent, {}}.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  EXPECT_TRUE(report.rows[0].as_in_table);
}

TEST(CaptureCheck, counts_what_else_is_there) {
  Table sent = chat;
  sent.push_back({true, "somebody else", "TCP", 40000, 8000});
  sent.push_back({false, "and again somebody", "TCP", 40000, 8000});
  const CheckReport report = Checked{chat, {}, sent, {}}.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  ASSERT_EQ(report.others.size(), 1u);
  EXPECT_EQ(report.others[0].between, "tcp 10.0.0.1:40000 - 10.0.0.2:8000");
  EXPECT_EQ(report.packets, report.others[0].packets + report.conversations[0].packets);
}

TEST(CaptureCheck, starts_in_the_middle_and_takes_segments_of_any_length) {
  Checked checked{chat};
  const std::uint64_t second = frame_of(chat, {}, 2);
  for (std::uint64_t frame = 1; frame <= second; ++frame) checked.capture.remove(1);
  EXPECT_EQ(errors_of(checked.report()), "missing 1, missing 2");
}

TEST(CaptureCheck, leaves_checksums_to_the_network_card) {
  Checked checked{chat, segments()};
  EditedCapture::Packet& packet = checked.capture.at(2);
  const std::size_t checksum = packet.octets.size() - chat[1].text.size() - 4;
  packet.octets[checksum] = packet.octets[checksum + 1] = std::byte{0};
  const CheckReport report = checked.report();
  EXPECT_TRUE(report.passed()) << errors_of(report);
  EXPECT_NE(texts_of(report, Kind::offloaded_checksums), "");
}

// --- times
// -------------------------------------------------------------------------------------------------------------

TEST(CaptureCheck, judges_times_only_where_it_is_asked_to) {
  const std::uint64_t third = frame_of(chat, {}, 3);
  const auto delayed = [&](CheckOptions options) {
    Checked checked{chat, {}, options};
    checked.capture.at(third).time = checked.capture.at(third).time + std::chrono::milliseconds{30};
    return checked.report();
  };
  const CheckReport report = delayed({});
  EXPECT_TRUE(report.passed());
  EXPECT_EQ(report.largest_deviation, Duration{std::chrono::milliseconds{30}});
  EXPECT_EQ(report.largest_deviation_row, 3u);
  EXPECT_TRUE(delayed({.tolerance = std::chrono::milliseconds{30}}).passed());
  EXPECT_EQ(errors_of(delayed({.tolerance = std::chrono::milliseconds{29}})), "late 3");
}

// --- limits
// ------------------------------------------------------------------------------------------------------------

TEST(CaptureCheck, holds_no_more_than_it_may) {
  CaptureCheck check{{.most_octets = 10}};
  Message message;
  message.payload = as_bytes("more than ten octets");
  check.see(message);
  const auto refused = check.write({});
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().reason.find("more than 10 octets"), std::string::npos);

  Checked checked{chat, {}, {.most_octets = 60}};  // enough for the table and not for the capture
  EditedSource source{checked.capture};
  CaptureCheck empty{{.most_octets = 0}};
  EXPECT_TRUE(empty.compare(source).has_value()) << "nothing is held of what nobody looks for";
}

TEST(CaptureCheck, copes_with_many_rows_that_are_alike_and_not_there) {
  Table table;
  for (int i = 0; i < 40'000; ++i) table.push_back({true, "the same text, and long enough to have an anchor"});
  Table sent;
  for (int i = 0; i < 20'000; ++i) sent.push_back(table[0]);
  const CheckReport report = Checked{table, {}, sent, {}}.report();
  EXPECT_EQ(report.found, 20'000u);
}

TEST(CaptureCheck, says_what_it_found_as_json) {
  Checked checked{{{true, "one"}, {true, "two"}}};
  checked.capture.remove(frame_of({{true, "one"}, {true, "two"}}, {}, 2));
  std::string json;
  append_json(json, checked.report());
  EXPECT_TRUE(json.starts_with(R"({"passed":false,"verdict":"1 of 2 rows found; 1 missing","rows_expected":2,)"))
      << json;
  EXPECT_NE(json.find(R"({"kind":"missing","severity":"error","row":2,"frames":[],"text":"row 2 is missing: two"})"),
            std::string::npos)
      << json;
}

}  // namespace
}  // namespace encap::test
