// What the README says that tshark notes of each fault is what it notes, and nothing else; and so does our own
// analysis.
#include <map>
#include <numeric>
#include <optional>
#include <regex>
#include <set>

#include "differential/our_statistic.h"
#include "differential/tshark_capture.h"
#include "encap/flow/crafter.h"
#include "support/case_name.h"
#include "support/property.h"

namespace encap::test {
namespace {

struct FaultyRow {
  bool from_client;
  int at;  // milliseconds
  std::string text;
  std::string fault{};
};

constexpr Endpoint client{Ipv4Address{0x0a000001}, Port{50000}};
constexpr Endpoint server{Ipv4Address{0x0a000002}, Port{40000}};

/// In the middle, where what follows is of the same side, or at the end.
std::vector<FaultyRow> talk(const std::string& in_the_middle, const std::string& at_the_end) {
  return {{true, 0, "the first message"},
          {true, 1000, "the second message", in_the_middle},
          {true, 1010, "the third message"},
          {true, 1020, "the fourth message"},
          {true, 1030, "the fifth message"},
          {false, 1040, "an answer"},
          {true, 4000, "the last message", at_the_end}};
}

/// Notes and how many there are of each, as "Severity: text", without those of any connection.
using Notes = std::map<std::string, int>;

Notes notes_of(const std::string& printed) {
  Notes notes;
  std::string severity;
  std::smatch found;
  for (const std::string& line : lines_of(printed)) {
    if (std::regex_match(line, found, std::regex{R"((\w+)s \(\d+\))"})) severity = found[1];
    if (!std::regex_match(line, found, std::regex{R"((\d+) \w+ \w+ (.*))"})) continue;
    std::string text = found[2];
    if (severity == "Chat" && text != "TCP window update") continue;
    if (text.find("the connection closing") != std::string::npos) continue;
    text = std::regex_replace(text, std::regex{R"(0x[0-9a-f]+)"}, "0x");
    notes[severity + ": " + text] += std::stoi(found[1]);
  }
  return notes;
}

std::string describe(const Notes& notes) {
  std::string text;
  for (const auto& [note, count] : notes) text += std::to_string(count) + " x " + note + "\n";
  return text;
}

class FaultyCapture : public testing::Test {
 protected:
  void SetUp() override {
    if (version_of_tshark().find(" 4.0.") == std::string::npos)
      GTEST_SKIP() << "tshark 4.0 is the judge; here is: " << version_of_tshark();
  }

  void craft(const std::vector<FaultyRow>& rows, Transport transport = Transport::tcp, CraftOptions options = {}) {
    options.payload = CraftOptions::Payload::verbatim;
    options.link_type = LinkType::ethernet;
    auto file = PcapFileWriter::open(capture_, {});
    ASSERT_TRUE(file.has_value());
    Crafter crafter{options, *file};
    for (const FaultyRow& row : rows) {
      Message message;
      message.transport = transport;
      const Endpoint& source = row.from_client ? client : server;
      const Endpoint& destination = row.from_client ? server : client;
      message.source = {"", source.address, source.port};
      message.destination = {"", destination.address, destination.port};
      message.timestamp = year_2000 + std::chrono::milliseconds{row.at};
      message.payload = as_bytes(row.text);
      message.faults = Faults::parse(row.fault).value();
      const auto pushed = crafter.push(message);
      ASSERT_TRUE(pushed.has_value()) << to_string(pushed.error());
    }
    ASSERT_TRUE(crafter.finish().has_value());
    ASSERT_TRUE(file->commit().has_value());
  }
  [[nodiscard]] std::string tshark(const std::string& arguments) const {
    return run("TZ=UTC LC_ALL=C.UTF-8 WIRESHARK_CONFIG_DIR=" + settings() + " tshark -n " + arguments + " -r '" +
               capture_ + "'");
  }
  /// What tshark notes; our own analysis notes the same.
  [[nodiscard]] Notes notes() const {
    const std::string theirs = tshark("-q -z expert");
    expect_the_same(lines_of(theirs), lines_of(counted_in_one_pass(capture_, {"expert"})));
    return notes_of(theirs);
  }
  /// With the checks that are off by default.
  [[nodiscard]] int bad_checksums() const {
    return notes_of(
        tshark("-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -q -z expert"))
        ["Error: Bad checksum [should be 0x]"];
  }
  /// The octets of the client and of the server in a connection, as tshark puts them together.
  [[nodiscard]] std::array<std::string, 2> followed(int stream) const {
    std::array<std::string, 2> sides;
    std::istringstream lines{tshark("-q -z follow,tcp,raw," + std::to_string(stream))};
    for (std::string line; std::getline(lines, line);) {
      std::string& side = sides[line.starts_with('\t') ? 1 : 0];
      if (line.starts_with('\t')) line.erase(0, 1);
      if (line.find_first_not_of("0123456789abcdef") != std::string::npos) continue;
      for (std::size_t i = 0; i + 1 < line.size(); i += 2)
        side += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
    return sides;
  }
  void expect_to_follow(int stream, const std::string& said, const std::string& answered) const {
    const auto [client_side, server_side] = followed(stream);
    EXPECT_EQ(client_side.size(), said.size());
    EXPECT_EQ(server_side.size(), answered.size());
    EXPECT_TRUE(client_side == said && server_side == answered);
  }

  TemporaryFolder folder_;
  std::string capture_ = folder_ / "faulty.pcap";
};

const std::string again = "Note: This frame is a (suspected) retransmission";
const std::string fast = "Note: This frame is a (suspected) fast retransmission";
const std::string spurious = "Note: This frame is a (suspected) spurious retransmission";
const std::string first_duplicate = "Note: Duplicate ACK (#1)";
const std::string second_duplicate = "Note: Duplicate ACK (#2)";
const std::string third_duplicate = "Note: Duplicate ACK (#3)";
const std::string gap = "Warn: Previous segment(s) not captured (common at capture start)";
const std::string out_of_order = "Warn: This frame is a (suspected) out-of-order segment";
const std::string reset = "Warn: Connection reset (RST)";
const std::string ports_again =
    "Note: A new tcp session is started with the same ports as an earlier session in this trace";
const std::string no_room = "Warn: TCP Zero Window segment";
const std::string probe = "Note: TCP Zero Window Probe";
const std::string probe_answer = "Note: ACK to a TCP Zero Window Probe";
const std::string room_again = "Chat: TCP window update";

struct Noted {
  const char* name;
  const char* fault;
  Notes in_the_middle;
  Notes at_the_end;
};

const Notes repaired_fast{{again, 1}, {fast, 1}, {first_duplicate, 1}, {second_duplicate, 1}, {third_duplicate, 1}};

Notes with(Notes notes, std::initializer_list<std::pair<const std::string, int>> more) {
  for (const auto& [note, count] : more) notes[note] += count;
  return notes;
}

class NotesOfFault : public FaultyCapture, public testing::WithParamInterface<Noted> {
 protected:
  void check(const std::vector<FaultyRow>& rows, const Notes& expected) {
    craft(rows);
    EXPECT_EQ(describe(notes()), describe(expected)) << tshark("");
    std::string said;
    std::string answered;
    for (const FaultyRow& row : rows) (row.from_client ? said : answered) += row.text;
    if (!expected.contains(ports_again)) return expect_to_follow(0, said, answered);
    // The connection ends behind the second row; another one carries the others.
    const std::size_t first = rows[0].text.size() + rows[1].text.size();
    expect_to_follow(0, said.substr(0, first), "");
    expect_to_follow(1, said.substr(first), answered);
  }
};

TEST_P(NotesOfFault, are_those_of_the_readme_in_the_middle) {
  check(talk(GetParam().fault, ""), GetParam().in_the_middle);
}
TEST_P(NotesOfFault, are_those_of_the_readme_at_the_end) { check(talk("", GetParam().fault), GetParam().at_the_end); }

INSTANTIATE_TEST_SUITE_P(
    Faults, NotesOfFault,
    testing::Values(Noted{"none", "", {}, {}}, Noted{"lost", "lost", repaired_fast, {{again, 1}}},
                    Noted{"lost_before", "lost:before", with(repaired_fast, {{gap, 1}}), {}},
                    Noted{"duplicate", "duplicate", {{again, 1}}, {{again, 1}}},
                    Noted{"reorder", "reorder", {{gap, 1}, {out_of_order, 1}, {first_duplicate, 1}}, {}},
                    Noted{"retransmit",
                          "retransmit",
                          {{again, 1}, {spurious, 1}, {first_duplicate, 1}},
                          {{again, 1}, {spurious, 1}, {first_duplicate, 1}}},
                    Noted{"overlap", "overlap", repaired_fast, {{again, 1}}},
                    Noted{"bad_checksum", "bad-checksum", repaired_fast, {{again, 1}}},
                    Noted{"bad_ip_checksum", "bad-ip-checksum", repaired_fast, {{again, 1}}},
                    Noted{"rst", "rst", {{reset, 1}, {ports_again, 1}}, {{reset, 1}}},
                    Noted{"zero_window",
                          "zero-window",
                          {{no_room, 3}, {probe, 2}, {probe_answer, 2}, {room_again, 1}},
                          {{no_room, 1}, {room_again, 1}}},
                    Noted{"fragment", "fragment:16", {}, {}}, Noted{"delay", "delay:500", {}, {}}),
    CaseName{});

TEST_F(FaultyCapture, shows_fragments_that_are_put_together) {
  craft(talk("fragment:16", ""));
  EXPECT_EQ(lines_of(tshark("-Y 'ip.fragment.count == 4' -T fields -e tcp.payload")).size(), 1u);
}

TEST_F(FaultyCapture, holds_one_bad_checksum_for_each_that_was_asked_for) {
  craft(talk("bad-checksum", "bad-ip-checksum"));
  EXPECT_EQ(bad_checksums(), 2);
}

TEST_F(FaultyCapture, holds_what_datagrams_the_faults_leave) {
  const std::vector<FaultyRow> rows{{true, 0, "a", "lost"},
                                    {true, 10, "bb", "duplicate"},
                                    {true, 20, "ccc", "bad-checksum"},
                                    {true, 30, "dddd", "reorder"},
                                    {true, 40, "eeeee"},
                                    {true, 50, "ffffff", "bad-ip-checksum"},
                                    {true, 60, "ggggggg", "delay:15"},
                                    {true, 70, std::string(40, 'h'), "fragment:16"}};
  craft(rows, Transport::udp);
  EXPECT_EQ(lines_of(tshark("-Y udp -T fields -e udp.length")),
            (std::vector<std::string>{"10", "10", "11", "13", "12", "14", "48", "15"}));
  EXPECT_EQ(describe(notes()), "");
  EXPECT_EQ(bad_checksums(), 2);
}

TEST_F(FaultyCapture, of_bare_segments_shows_their_faults) {
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  craft({{true, 0, "a", "lost"}, {true, 10, "bb", "bad-checksum"}, {true, 20, "ccc", "delay:30"}, {true, 40, "dddd"}},
        Transport::tcp, options);
  EXPECT_EQ(lines_of(tshark("-T fields -e tcp.len")), (std::vector<std::string>{"2", "4", "3"}));
  EXPECT_EQ(bad_checksums(), 1);
}

/// Rows of several segments: each of them is lost.
TEST_F(FaultyCapture, of_long_rows_sends_every_segment_again) {
  auto rows = talk("", "lost");
  rows.back().text = std::string(4000, 'x');
  craft(rows);
  EXPECT_EQ(describe(notes()), describe({{again, 3}})) << tshark("");
}

TEST_F(FaultyCapture, of_a_path_that_loses_segments_holds_every_octet) {
  Random random{property_seed()};
  std::vector<FaultyRow> rows;
  std::string said;
  std::string answered;
  int at = 0;
  for (int i = 0; i < 10'000; ++i) {
    const bool from_client = i == 0 || !random.one_in(3);
    std::string text(1 + random.below(random.one_in(10) ? 9000 : 200), static_cast<char>('a' + random.below(26)));
    (from_client ? said : answered) += text;
    rows.push_back({from_client, at += static_cast<int>(random.below(20)), std::move(text)});
  }
  CraftOptions options;
  options.impair = *Impairment::parse("loss=1%");
  craft(rows, Transport::tcp, options);
  // A segment of one octet that is sent again is a keep-alive to tshark.
  static const std::regex explained{
      R"((Note: This frame is a \(suspected\) (fast |spurious )?retransmission|Note: Duplicate ACK \(#\d+\)|)"
      R"(Chat: TCP window update|Note: TCP keep-alive segment|Note: ACK to a TCP keep-alive segment|)"
      R"(Warn: This frame is a \(suspected\) out-of-order segment))"};
  Notes rest = notes();
  EXPECT_GT(rest[again], 10);
  EXPECT_GT(rest[fast], 5);
  std::erase_if(rest, [](const auto& note) { return std::regex_match(note.first, explained); });
  EXPECT_EQ(describe(rest), "");
  expect_to_follow(0, said, answered);
}

TEST_F(FaultyCapture, of_a_poor_path_holds_every_octet) {
  std::vector<FaultyRow> rows;
  std::string said;
  for (int i = 0; i < 500; ++i) {
    rows.push_back({true, 5 * i, std::string(static_cast<std::size_t>(2 + i % 300), static_cast<char>('a' + i % 26))});
    said += rows.back().text;
  }
  CraftOptions options;
  options.impair = *Impairment::parse("loss=10%,reorder=10%,duplicate=10%");
  craft(rows, Transport::tcp, options);
  for (const auto& [note, count] : notes()) {
    EXPECT_EQ(note.find("Error"), std::string::npos) << note;
    EXPECT_EQ(note.find("ACKed"), std::string::npos) << note;
  }
  expect_to_follow(0, said, "");
}

}  // namespace
}  // namespace encap::test
