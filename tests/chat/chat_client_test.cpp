// The terminal client, against a server that is played line by line: under a pseudo terminal and from a pipe.
#include <clocale>
#include <fstream>

#include "played_server.h"
#include "started_program.h"

namespace chat::test {
namespace {

std::vector<std::string> chat(const PlayedServer& server, std::vector<std::string> more = {}) {
  std::vector<std::string> words{CHAT_PROGRAM, "--host", "127.0.0.1", "--port", std::to_string(server.port())};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

class ChatOnTerminal : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(std::setlocale(LC_CTYPE, "C.UTF-8"), nullptr); }

  PlayedServer server;
};

TEST_F(ChatOnTerminal, asks_for_what_is_not_given) {
  OnTerminal client{{CHAT_PROGRAM}};
  ASSERT_TRUE(client.ends_with({L"host [127.0.0.1]:"}));
  client.type("\n");
  ASSERT_TRUE(client.ends_with({L"port [12345]:"}));
  client.type(std::to_string(server.port()) + "\n");
  ASSERT_TRUE(client.ends_with({L"name:"}));
  client.type("alice\n");
  EXPECT_EQ(server.greet(), "alice");
  ASSERT_TRUE(client.ends_with({L"* you are alice", L"alice>"}));
}

TEST_F(ChatOnTerminal, keeps_the_typed_line_whole_when_a_message_comes) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  client.type("all: how are");
  ASSERT_TRUE(client.ends_with({L"alice> all: how are"}));
  server.say("bob: hello\n");
  ASSERT_TRUE(client.ends_with({L"* you are alice", L"bob: hello", L"alice> all: how are"})) << client.text();
  client.type(" you?\n");
  EXPECT_EQ(server.next_line(), "all: how are you?");
  ASSERT_TRUE(client.ends_with({L"bob: hello", L"alice> all: how are you?", L"alice>"}));
  EXPECT_TRUE(client.screen().unknown().empty()) << client.text();
}

TEST_F(ChatOnTerminal, keeps_a_typed_line_of_several_rows_and_the_place_in_it) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  ASSERT_TRUE(client.ends_with({L"* you are alice", L"alice>"}));
  client.type("one two three four five six seven eight nine ten");  // 7 + 48 columns
  const std::vector<std::wstring> typed{L"alice> one two three four five six seven", L" eight nine ten"};
  ASSERT_TRUE(client.ends_with(typed));
  client.type("\x01");  // to its start, which is a row above its end
  server.say("bob: first\nbob: second\n");
  const auto above = [&typed](const Screen& screen) {
    const auto rows = screen.rows();
    return rows.size() >= 4 && rows[rows.size() - 4] == L"bob: first" && rows[rows.size() - 3] == L"bob: second" &&
           rows[rows.size() - 2] == typed[0] && rows.back() == typed[1] && screen.column() == 7;
  };
  ASSERT_TRUE(client.shows(above));
  client.type("all: \n");
  EXPECT_EQ(server.next_line(), "all: one two three four five six seven eight nine ten");
}

TEST_F(ChatOnTerminal, knows_the_width_of_characters) {
  OnTerminal client{chat(server, {"--name", "太郎"})};
  ASSERT_EQ(server.greet(), "太郎");
  ASSERT_TRUE(client.ends_with({L"* you are 太郎", L"太郎>"}));
  // 6 columns of prompt, 17 wide characters, one that does not fit the row any more: 40 columns and 2.
  client.type("あいうえおかきくけこさしすせそたちつ");
  const std::vector<std::wstring> typed{L"太郎> あいうえおかきくけこさしすせそたち", L"つ"};
  ASSERT_TRUE(client.ends_with(typed));
  server.say("bob: 👋 grüße\n");
  ASSERT_TRUE(client.ends_with({L"bob: 👋 grüße", typed[0], typed[1]}));
  client.type("\x7f\x7f\n");
  EXPECT_EQ(server.next_line(), "あいうえおかきくけこさしすせそた");
}

TEST_F(ChatOnTerminal, brings_typed_lines_back) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  client.type("all: one\n");
  EXPECT_EQ(server.next_line(), "all: one");
  client.type("all: two\n");
  EXPECT_EQ(server.next_line(), "all: two");
  client.type("\x10\x10");  // Ctrl-P, as the key upwards
  ASSERT_TRUE(client.ends_with({L"alice> all: one"}));
  client.type(" more\n");
  EXPECT_EQ(server.next_line(), "all: one more");
}

TEST_F(ChatOnTerminal, shows_control_characters_and_does_not_obey_them) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  server.say(
      "bob: \033[2J\033]0;title\a \x7f \t\xc2\x9b\x31m \xff \xe2\x80\xae"
      "esrever\n");
  ASSERT_TRUE(client.ends_with({L"bob: ^[[2J^[]0;title^G ^? ^I\\u009b1m \\xf", L"f \\u202eesrever", L"alice>"}));
  EXPECT_TRUE(client.screen().unknown().empty()) << client.text();
}

TEST_F(ChatOnTerminal, leaves_on_ctrl_d) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  ASSERT_TRUE(client.ends_with({L"* you are alice", L"alice>"}));
  EXPECT_FALSE(client.is_as_before());
  client.type("\x04");
  EXPECT_EQ(server.next_line(), "/exit");
  server.say("* goodbye\n");
  server.hang_up();
  EXPECT_EQ(client.exit_code(), 0);
  EXPECT_TRUE(client.shows([](const Screen& screen) {
    const auto rows = screen.rows();
    return std::find(rows.begin(), rows.end(), L"* goodbye") != rows.end();
  }));
  EXPECT_TRUE(client.is_as_before());
}

TEST_F(ChatOnTerminal, leaves_on_ctrl_c_in_the_middle_of_a_line) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  client.type("all: half a li");
  ASSERT_TRUE(client.ends_with({L"alice> all: half a li"}));
  client.type("\x03");
  EXPECT_EQ(server.next_line(), "/exit");
  EXPECT_EQ(client.exit_code(), 0);  // also when the server does not answer
  EXPECT_TRUE(client.is_as_before());
}

TEST_F(ChatOnTerminal, asks_again_for_a_name_that_is_refused) {
  OnTerminal client{chat(server, {"--name", "bob"})};
  ASSERT_TRUE(server.accept());
  server.say("* welcome\nenter name:\n");
  EXPECT_EQ(server.next_line(), "bob");
  server.say("! bob is taken; choose another name\nenter name:\n");
  ASSERT_TRUE(client.ends_with({L"! bob is taken; choose another name", L"name>"}));
  client.type("bobby\n");
  EXPECT_EQ(server.next_line(), "bobby");
  server.say("* you are bobby\n");
  ASSERT_TRUE(client.ends_with({L"* you are bobby", L"bobby>"}));
}

TEST_F(ChatOnTerminal, asks_again_for_a_name_over_which_the_connection_was_closed) {
  OnTerminal client{chat(server, {"--name", "bob"})};
  ASSERT_TRUE(server.accept());
  server.say("enter name:\n");
  EXPECT_EQ(server.next_line(), "bob");
  server.say("! bob is taken\n");
  ASSERT_TRUE(server.accept());
  server.say("enter name:\n");
  ASSERT_TRUE(client.ends_with({L"-- connected again", L"name>"}));
}

TEST_F(ChatOnTerminal, connects_again_and_sends_what_was_typed_meanwhile) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  client.type("all: half");
  ASSERT_TRUE(client.ends_with({L"alice> all: half"}));
  const std::uint16_t port = server.port();
  server.close();
  ASSERT_TRUE(client.ends_with({L"(offline) alice> all: half"}));
  client.type(" a line\n");
  ASSERT_TRUE(client.shows([](const Screen& screen) {
    const auto rows = screen.rows();
    return std::find(rows.begin(), rows.end(), L"-- kept until there is a connection") != rows.end();
  }));
  PlayedServer again{port};
  EXPECT_EQ(again.greet(), "alice");
  EXPECT_EQ(again.next_line(), "all: half a line");
  ASSERT_TRUE(client.ends_with({L"-- connected again", L"* welcome", L"* you are alice", L"alice>"}));
}

TEST_F(ChatOnTerminal, ends_when_the_connection_is_lost_where_that_is_wanted) {
  OnTerminal client{chat(server, {"--name", "alice", "--no-reconnect"})};
  ASSERT_EQ(server.greet(), "alice");
  server.close();
  EXPECT_EQ(client.exit_code(), 5);
  EXPECT_TRUE(client.is_as_before());
}

TEST_F(ChatOnTerminal, follows_the_size_of_the_window) {
  OnTerminal client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  ASSERT_TRUE(client.ends_with({L"* you are alice", L"alice>"}));
  client.type("all: 0123456789");
  ASSERT_TRUE(client.ends_with({L"alice> all: 0123456789"}));
  client.resize(60);
  client.type("0123456789 0123456789\n");
  EXPECT_EQ(server.next_line(), "all: 01234567890123456789 0123456789");
}

TEST(ChatFromPipe, sends_the_lines_then_exit_and_prints_the_rest) {
  PlayedServer server;
  OnPipe client{chat(server, {"--name", "alice"})};
  client.write("all: one\r\nbob: zwei ü");
  client.end_input();
  ASSERT_EQ(server.greet(), "alice");
  EXPECT_EQ(server.next_line(), "all: one");
  EXPECT_EQ(server.next_line(), "bob: zwei ü");
  EXPECT_EQ(server.next_line(), "/exit");
  server.say("bob (private): bye\r\n* goodbye\n");
  server.hang_up();
  EXPECT_EQ(client.exit_code(), 0);
  EXPECT_EQ(client.printed(), "* welcome\n* you are alice\nbob (private): bye\n* goodbye\n");
}

TEST(ChatFromPipe, takes_the_first_line_for_the_name) {
  PlayedServer server;
  OnPipe client{chat(server)};
  client.write("alice\nall: one\n/exit\nall: not any more\n");
  EXPECT_EQ(server.greet(), "alice");
  EXPECT_EQ(server.next_line(), "all: one");
  EXPECT_EQ(server.next_line(), "/exit");
  server.hang_up();
  EXPECT_EQ(client.exit_code(), 0);
}

TEST(ChatFromPipe, says_that_a_name_is_missing) {
  PlayedServer server;
  OnPipe client{chat(server)};
  client.end_input();
  ASSERT_TRUE(server.accept());
  server.say("enter name:\n");
  EXPECT_EQ(client.exit_code(), 1);
  EXPECT_EQ(client.printed(), "chat: the server asks for a name: give one with --name, or as the first line\n");
}

TEST(ChatFromPipe, ends_with_1_when_the_name_is_refused) {
  PlayedServer server;
  OnPipe client{chat(server, {"--name", "bob"})};
  client.write("all: one\n");
  ASSERT_TRUE(server.accept());
  server.say("enter name:\n");
  EXPECT_EQ(server.next_line(), "bob");
  server.say("! bob is taken\nenter name:\n");
  EXPECT_EQ(server.next_line(), "(end)");
  EXPECT_EQ(client.exit_code(), 1);
  EXPECT_EQ(client.printed(), "! bob is taken\n");
}

TEST(ChatFromPipe, ends_with_1_when_a_line_is_refused) {
  PlayedServer server;
  OnPipe client{chat(server, {"--name", "alice"})};
  client.write("carol: hi\n");
  client.end_input();
  ASSERT_EQ(server.greet(), "alice");
  EXPECT_EQ(server.next_line(), "carol: hi");
  server.say("! there is no carol here\n");
  EXPECT_EQ(server.next_line(), "/exit");
  server.hang_up();
  EXPECT_EQ(client.exit_code(), 1);
}

TEST(ChatFromPipe, ends_with_5_when_nobody_listens) {
  PlayedServer server;
  server.close();
  OnPipe client{chat(server, {"--name", "alice"})};
  EXPECT_EQ(client.exit_code(), 5);
  EXPECT_EQ(client.printed(),
            "chat: cannot connect to 127.0.0.1 port " + std::to_string(server.port()) + ": Connection refused\n");
}

TEST(ChatFromPipe, ends_with_2_on_wrong_usage) {
  OnPipe client{{CHAT_PROGRAM, "--port", "70000"}};
  EXPECT_EQ(client.exit_code(), 2);
}

TEST(ChatFromPipe, connects_again_and_gives_the_name_again) {
  PlayedServer server;
  OnPipe client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  const std::uint16_t port = server.port();
  server.close();
  ASSERT_TRUE(client.prints("connection lost"));
  client.write("all: kept\n");
  PlayedServer again{port};
  EXPECT_EQ(again.greet(), "alice");
  EXPECT_EQ(again.next_line(), "all: kept");
  client.end_input();
  EXPECT_EQ(again.next_line(), "/exit");
  again.hang_up();
  EXPECT_EQ(client.exit_code(), 0);
}

TEST(ChatFromPipe, leaves_a_server_that_does_not_close) {
  PlayedServer server;
  OnPipe client{chat(server, {"--name", "alice"})};
  ASSERT_EQ(server.greet(), "alice");
  client.end_input();
  EXPECT_EQ(server.next_line(), "/exit");
  EXPECT_EQ(client.exit_code(), 0);
}

}  // namespace
}  // namespace chat::test
