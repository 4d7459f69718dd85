// Whether the lines of a chat are found in a capture, and what is said of those that are not: with packets that are
// crafted here, so that what is in them is known.
#include <gtest/gtest.h>

#include "encap/flow/crafter.h"
#include "scenario_report.h"

namespace chat::test {
namespace {

constexpr unsigned short server_port = 12345;
constexpr unsigned short client_port = 50000;

class Kept final : public encap::PacketSink {
 public:
  explicit Kept(KeptCapture& capture) : capture_{capture} {}
  encap::Result<void, encap::IoError> write(const encap::PacketRecord& record) override {
    capture_.link_type = record.link_type;
    capture_.packets.push_back({record.timestamp, record.original_length, {record.bytes.begin(), record.bytes.end()}});
    return {};
  }
  encap::Result<void, encap::IoError> flush() override { return {}; }

 private:
  KeptCapture& capture_;
};

struct Line {
  bool from_client;
  std::string_view octets;
};

class ScenarioTie : public ::testing::Test {
 protected:
  // 1-3 handshake, 4 welcome and question in one segment, 5 ACK, 6 name, ...
  static KeptCapture craft(const std::vector<Line>& lines) {
    KeptCapture capture;
    Kept kept{capture};
    encap::Crafter crafter{encap::CraftOptions{}, kept};
    const encap::IpAddress address = encap::IpAddress::parse("127.0.0.1").value();
    std::int64_t milliseconds = 0;
    for (const Line& line : lines) {
      encap::Message message;
      message.protocol = "CHAT";
      message.source = {"", address, encap::Port{line.from_client ? client_port : server_port}};
      message.destination = {"", address, encap::Port{line.from_client ? server_port : client_port}};
      message.timestamp = encap::year_2000 + std::chrono::milliseconds{milliseconds += 100};
      message.payload = encap::as_bytes(line.octets);
      EXPECT_TRUE(crafter.push(message));
    }
    EXPECT_TRUE(crafter.finish());
    return capture;
  }
  static KeptCapture usual() {
    return craft(
        {{false, "* welcome\nenter name:\n"}, {true, "alice\n"}, {false, "* you are alice\n"}, {true, "/exit\n"}});
  }
  static std::vector<PlayedClient> alice() {
    PlayedClient client;
    client.name = "alice";
    client.port = client_port;
    client.said = {"alice", "/exit"};
    client.heard = {"* welcome", "enter name:", "* you are alice"};
    return {client};
  }
};

TEST_F(ScenarioTie, finds_each_line_its_frames_and_the_acknowledgment) {
  const Report report = tie_lines(usual(), server_port, alice());
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  ASSERT_EQ(report.connections.size(), 1u);
  const ReportedConnection& connection = report.connections[0];
  EXPECT_EQ(connection.handshake, (std::array<std::uint64_t, 3>{1, 2, 3}));
  EXPECT_EQ(connection.fins.size(), 2u);
  EXPECT_NE(connection.fins[0].acknowledged_by, 0u);
  EXPECT_TRUE(connection.resets.empty());
  ASSERT_EQ(report.lines.size(), 5u);
  const auto& welcome = report.lines[0];
  EXPECT_EQ(welcome.text, "* welcome");
  EXPECT_FALSE(welcome.from_client);
  EXPECT_EQ(welcome.frames, std::vector<std::uint64_t>{4});
  EXPECT_FALSE(welcome.has_own_frames);
  EXPECT_TRUE(welcome.pushed);
  EXPECT_EQ(welcome.acknowledged_by, 5u);
  const auto& name = report.lines[2];
  EXPECT_EQ(name.text, "alice");
  EXPECT_TRUE(name.from_client);
  EXPECT_TRUE(name.has_own_frames);
  EXPECT_EQ(name.frames, std::vector<std::uint64_t>{6});
  EXPECT_EQ(name.acknowledged_by, 7u);
}

TEST_F(ScenarioTie, finds_a_line_of_several_segments) {
  std::string text(3000, 'x');
  text.back() = '\n';
  auto clients = alice();
  clients[0].said = {text.substr(0, text.size() - 1)};
  clients[0].heard.clear();
  const Report report = tie_lines(craft({{true, text}}), server_port, clients);
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  ASSERT_EQ(report.lines.size(), 1u);
  EXPECT_EQ(report.lines[0].frames, (std::vector<std::uint64_t>{4, 5, 6}));
}

TEST_F(ScenarioTie, takes_segments_in_the_order_of_the_stream_and_tells_what_came_again) {
  std::string text(3000, 'x');
  text.back() = '\n';
  auto clients = alice();
  clients[0].said = {text.substr(0, text.size() - 1)};
  clients[0].heard.clear();
  KeptCapture capture = craft({{true, text}});
  std::swap(capture.packets[3], capture.packets[4]);
  capture.packets.insert(capture.packets.begin() + 6, capture.packets[5]);
  const Report report = tie_lines(capture, server_port, clients);
  EXPECT_EQ(report.problems, std::vector<std::string>{});
  ASSERT_EQ(report.lines.size(), 1u);
  EXPECT_EQ(report.lines[0].frames, (std::vector<std::uint64_t>{5, 4, 6}));
  EXPECT_EQ(report.lines[0].again, std::vector<std::uint64_t>{7});
}

TEST_F(ScenarioTie, says_that_a_frame_is_missing) {
  KeptCapture capture = usual();
  capture.packets.erase(capture.packets.begin() + 5);  // the name
  const Report report = tie_lines(capture, server_port, alice());
  ASSERT_FALSE(report.problems.empty());
  EXPECT_EQ(report.problems[0], "octets sent by alice are not in the capture");
}

TEST_F(ScenarioTie, says_that_an_octet_is_another_one) {
  KeptCapture capture = usual();
  capture.packets[5].octets[capture.packets[5].octets.size() - 2] = std::byte{'x'};
  const Report report = tie_lines(capture, server_port, alice());
  EXPECT_EQ(report.problems,
            std::vector<std::string>{"sent by alice, line 1: the capture has \"alicx\", the client \"alice\""});
}

TEST_F(ScenarioTie, says_which_line_one_of_both_does_not_know) {
  auto clients = alice();
  clients[0].said.emplace_back("all: never sent");
  clients[0].heard.pop_back();
  const Report report = tie_lines(usual(), server_port, clients);
  EXPECT_EQ(report.problems,
            (std::vector<std::string>{
                "sent by alice, line 3: \"all: never sent\" is not in the capture",
                "sent to alice: \"* you are alice\" is in the capture, and the client knows nothing of it"}));
}

TEST_F(ScenarioTie, says_that_a_line_is_not_acknowledged) {
  KeptCapture capture = usual();
  capture.packets.resize(6);  // the name is the last that is seen
  auto clients = alice();
  clients[0].said.pop_back();
  clients[0].heard.pop_back();
  const Report report = tie_lines(capture, server_port, clients);
  EXPECT_EQ(report.problems, (std::vector<std::string>{"alice: neither FIN nor RST",
                                                       "sent by alice, line 1: \"alice\" is not acknowledged"}));
}

TEST_F(ScenarioTie, says_that_a_connection_is_missing) {
  auto clients = alice();
  clients.push_back(clients[0]);
  clients[1].name = "bob";
  clients[1].port = 50001;
  const Report report = tie_lines(usual(), server_port, clients);
  EXPECT_EQ(report.problems, std::vector<std::string>{"bob: the capture has no connection from port 50001"});
}

TEST_F(ScenarioTie, survives_any_packet) {
  const KeptCapture capture = usual();
  for (std::size_t frame = 0; frame < capture.packets.size(); ++frame) {
    for (std::size_t octet = 0; octet < capture.packets[frame].octets.size(); octet += 3) {
      KeptCapture changed = capture;
      changed.packets[frame].octets[octet] ^= std::byte{0xff};
      std::string text;
      append_json(text, tie_lines(changed, server_port, alice()));
      append_text(text, tie_lines(changed, server_port, alice()));
      EXPECT_FALSE(text.empty());
    }
  }
}

}  // namespace
}  // namespace chat::test
