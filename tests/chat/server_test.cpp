#include "server.h"

#include <algorithm>
#include <csignal>
#include <dirent.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>

#include "running_server.h"
#include "support/sanitizers.h"

namespace chat::test {
namespace {

/// A folder which goes with the test.
struct Folder {
  Folder()
      : path{std::filesystem::temp_directory_path() /
             fmt::format("chat_server_{}_{}", ::getpid(),
                         testing::UnitTest::GetInstance()->current_test_info()->name())} {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

TEST(ChatServer, five_clients_at_once_hear_each_other_in_order) {
  RunningServer server{{.rate = 0}};
  constexpr int clients = 5;
  constexpr int lines = 200;
  LineClient first{server.port(), "user0"};
  first.say("/create secret");
  first.read_until("* #1 created");
  std::vector<std::string> failures(clients);
  const auto work = [&](LineClient& client, int me) {
    client.say("/receipts on");
    int seen[clients] = {};
    int heard = 0;
    int stored = 0;
    long last_id = 0;
    std::thread speaker{[&] {
      for (int i = 0; i < lines; ++i) client.say(fmt::format("{}", i));
    }};
    while (failures[static_cast<std::size_t>(me)].empty() && (heard < lines * (clients - 1) || stored < lines)) {
      const std::string line = client.line().value_or("closed");
      int from = 0;
      int number = 0;
      long id = 0;
      if (std::sscanf(line.c_str(), "user%d [#1]: %d", &from, &number) == 2) {
        if (number != seen[from]++) failures[static_cast<std::size_t>(me)] = line;
        ++heard;
      } else if (std::sscanf(line.c_str(), "* stored %ld", &id) == 1) {
        if (id <= last_id) failures[static_cast<std::size_t>(me)] = line;
        last_id = id;
        ++stored;
      } else if (!line.starts_with("users: ") && line != "* receipts are on") {
        failures[static_cast<std::size_t>(me)] = line;
      }
    }
    speaker.join();
  };
  std::vector<LineClient> others;
  for (int i = 1; i < clients; ++i) {
    LineClient& other = others.emplace_back(server.port(), fmt::format("user{}", i));
    other.say("/join 1 secret");
    other.read_until("* #1 joined");
    first.read_until(fmt::format("* user{} joined #1", i));
    for (int j = 1; j < i; ++j)
      others[static_cast<std::size_t>(j - 1)].read_until(fmt::format("* user{} joined #1", i));
  }
  std::vector<std::thread> threads;
  threads.emplace_back(work, std::ref(first), 0);
  for (int i = 1; i < clients; ++i) threads.emplace_back(work, std::ref(others[static_cast<std::size_t>(i - 1)]), i);
  for (std::thread& thread : threads) thread.join();
  for (const std::string& failure : failures) EXPECT_EQ(failure, "");
}

TEST(ChatServer, who_resets_the_connection_is_seen_to_leave) {
  RunningServer server;
  LineClient alice{server.port(), "alice"};
  LineClient bob{server.port(), "bob"};
  alice.read_until("users: alice, bob");
  bob.connection.reset();
  alice.read_until("users: alice");
  const std::string left = server.logged("left bob");
  EXPECT_TRUE(left.ends_with("Connection reset by peer") || left.ends_with("Broken pipe")) << left;
}

TEST(ChatServer, who_ends_the_stream_still_gets_the_answers) {
  RunningServer server;
  LineClient alice{server.port(), "alice"};
  alice.connection.send("/receipts on\nall: one\n/history\nall: not ended");
  alice.connection.end();
  alice.read_until("* stored 1");
  alice.read_until("* goodbye");
  EXPECT_EQ(alice.line(), std::nullopt);
}

TEST(ChatServer, a_slow_reader_is_dropped_and_the_others_are_not_held_up) {
  RunningServer server{{.rate = 0, .queue = 64}};
  LineClient slow{server.port(), 4096};
  slow.say("slow");
  slow.read_until("* you are slow");
  LineClient alice{server.port(), "alice"};
  const std::string line = "slow: " + std::string(4000, 'x');
  for (int i = 0; i < 5000 && server.log().find("dropped slow") == std::string::npos; ++i) alice.say(line);
  server.logged("dropped slow");
  alice.say("/help");
  alice.read_until("* /help");
  // What was on its way comes, then the notice.
  std::string last;
  while (auto next = slow.line()) last = *next;
  EXPECT_EQ(last, "* too much waits for you to read it, goodbye");
}

TEST(ChatServer, a_half_open_connection_is_found) {
  RunningServer server{{.idle = std::chrono::seconds{1}}};
  LineClient alice{server.port(), "alice"};
  LineClient bob{server.port(), "bob"};
  // Nothing is to be said to bob any more, whose peer is forgotten without a word, as when a machine loses its power.
  alice.read_until("users: alice, bob");
  bob.read_until("users: alice, bob");
  const int on = 1;
  if (::setsockopt(bob.connection.socket(), IPPROTO_TCP, TCP_REPAIR, &on, sizeof on) != 0) {
    GTEST_SKIP() << "needs CAP_NET_ADMIN";
  }
  bob.connection.close();
  server.logged("left bob");
}

TEST(ChatServer, a_page_that_does_not_answer_is_found) {
  RunningServer server{{.idle = std::chrono::seconds{1}}};
  WebClient page{server.web_port(), "/chat"};
  WebClient other{server.web_port(), "/chat"};
  page.answers_pings = false;
  page.send(R"({"line":"alice"})");
  page.read_until("named");
  other.send(R"({"line":"bob"})");
  other.read_until("named");
  std::thread answering{[&] { other.read_until(R"({"event":"users","names":["bob"]})"); }};
  server.logged("left alice");
  answering.join();
  EXPECT_EQ(server.log().find("left bob"), std::string::npos);
}

TEST(ChatServer, files_of_the_page_come_with_their_types_and_nothing_else_does) {
  const Folder folder;
  std::ofstream{folder.path / "index.html"} << "<p>page";
  std::ofstream{folder.path / "admin.html"} << "<p>admin";
  std::ofstream{folder.path / "chat.js"} << "'use strict'";
  std::ofstream{folder.path / "notes.txt"} << "secret";
  std::ofstream{folder.path / ".html"} << "secret";
  ServerOptions options;
  options.web_root = folder.path;
  RunningServer server{options};
  const auto ask = [&](std::string_view line) { return ask_http(server.web_port(), line); };
  const auto has = [](const std::string& answer, std::string_view part) {
    return answer.find(part) != std::string::npos;
  };
  const std::string page = ask("GET /");
  EXPECT_TRUE(page.starts_with("HTTP/1.1 200") && page.ends_with("\r\n\r\n<p>page")) << page;
  EXPECT_TRUE(has(page, "Content-Type: text/html; charset=utf-8\r\n") &&
              has(page, "X-Content-Type-Options: nosniff\r\n"));
  EXPECT_TRUE(has(page, "Content-Security-Policy: default-src 'none'; script-src 'self';"));
  EXPECT_TRUE(has(ask("GET /admin?token=x"), "<p>admin"));
  EXPECT_TRUE(has(ask("GET /chat.js"), "Content-Type: text/javascript; charset=utf-8\r\n"));
  const std::string head = ask("HEAD /");
  EXPECT_TRUE(has(head, "Content-Length: 7\r\n") && head.ends_with("\r\n\r\n")) << head;
  for (const std::string_view line : {"GET /notes.txt", "GET /.html", "GET /../chat_server.cpp", "GET //etc/passwd",
                                      "GET /none.css", "GET /%2e%2e/x.html", "GET x"}) {
    const std::string answer = ask(line);
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 404") || answer.empty()) << line << ": " << answer;
    EXPECT_FALSE(has(answer, "secret"));
  }
  EXPECT_TRUE(ask("POST /").starts_with("HTTP/1.1 405"));
  EXPECT_TRUE(ask("GET /chat").starts_with("HTTP/1.1 426"));
}

TEST(ChatServer, only_its_own_pages_may_chat) {
  RunningServer server;
  const std::string origin = fmt::format("http://127.0.0.1:{}", server.web_port());
  EXPECT_EQ((WebClient{server.web_port(), "/chat", origin}.status), "101");
  EXPECT_EQ((WebClient{server.web_port(), "/chat"}.status), "101") << "a program, not a page";
  for (const std::string_view other : {"http://example.org", "http://127.0.0.1:1", "null"}) {
    EXPECT_EQ((WebClient{server.web_port(), "/chat", other}.status), "403") << other;
    EXPECT_EQ((WebClient{server.web_port(), "/admin/events?token=" + server.server->admin_token(), other}.status),
              "403");
  }
}

TEST(ChatServer, a_frame_that_is_too_long_or_no_text_ends_the_connection) {
  RunningServer server;
  const auto close_code = [&](std::string_view payload, unsigned char opcode) {
    WebClient page{server.web_port(), "/chat"};
    page.send(payload, opcode);
    while (page.text()) continue;
    return page.close_code;
  };
  EXPECT_EQ(close_code(std::string(8193, 'x'), 1), 1009);
  EXPECT_EQ(close_code("\xff\xff", 1), 1007);
}

TEST(ChatServer, those_who_run_it_see_the_log_and_who_is_there) {
  RunningServer server;
  const std::string path = "/admin/events?token=";
  EXPECT_EQ((WebClient{server.web_port(), path + "x"}.status), "403");
  EXPECT_EQ((WebClient{server.web_port(), path}.status), "403");
  LineClient alice{server.port(), "alice"};
  WebClient page{server.web_port(), path + server.server->admin_token()};
  EXPECT_EQ(page.status, "101");
  page.read_until(R"("kind":"named","name":"alice","address":"127.0.0.1:)");
  page.read_until(R"({"event":"state","users":[{"name":"alice",)");
  alice.say("/create secret");
  alice.read_until("* #1 created");
  alice.say("all: a text");
  page.read_until(R"("kind":"joined","name":"alice")");
  const std::string state = page.read_until(R"("messages":1,"stored":1})");
  EXPECT_NE(state.find(R"("via":"tcp")"), std::string::npos) << state;
  EXPECT_NE(state.find(R"("groups":[1],"queued":0}],"groups":[{"group":1,"members":["alice"]}])"), std::string::npos)
      << state;
}

TEST(ChatServer, passwords_are_nowhere) {
  const Folder folder;
  ServerOptions options;
  options.database = folder.path / "chat.sqlite3";
  std::string log;
  std::string heard;
  {
    RunningServer server{options};
    LineClient alice{server.port(), "alice"};
    WebClient page{server.web_port(), "/chat"};
    alice.say("/create Tr0ub4dor");
    alice.read_until("* #1 created");
    alice.say("in the group");
    page.send(R"({"line":"bob"})");
    page.send(R"({"line":"/join 1 wr0ng-one"})");
    heard += page.read_until("group_refused");
    page.send(R"({"line":"/join 1 Tr0ub4dor"})");
    heard += page.read_until(R"("history","scope":"group")");
    alice.say("/history");
    heard += alice.read_until("* history: 1 message");
    alice.connection.close();
    page.connection.close();
    server.server->stop();
    log = server.log();
  }
  std::string all = log + heard;
  for (const auto& file : std::filesystem::directory_iterator{folder.path}) all += content_of(file.path());
  EXPECT_NE(all.find("$argon2id$"), std::string::npos);
  EXPECT_EQ(all.find("Tr0ub4dor"), std::string::npos);
  EXPECT_EQ(all.find("wr0ng-one"), std::string::npos);
}

TEST(ChatServer, groups_and_history_outlive_it) {
  const Folder folder;
  ServerOptions options;
  options.database = folder.path / "chat.sqlite3";
  {
    RunningServer server{options};
    LineClient alice{server.port(), "alice"};
    alice.say("/create secret");
    alice.read_until("* #1 created");
    alice.say("said before");
    alice.say("/help");
    alice.read_until("* /help");
    std::thread reader{[&] {
      alice.read_until("* the server ends, goodbye");
      EXPECT_EQ(alice.line(), std::nullopt);
      alice.connection.close();
    }};
    EXPECT_TRUE(server.server->stop());
    reader.join();
  }
  RunningServer server{options};
  LineClient bob{server.port(), "bob"};
  bob.say("/join 1 secret");
  bob.read_until("* #1 joined; its members: bob");
  bob.say("/history");
  bob.read_until("* history: 1 message");
  EXPECT_TRUE(bob.line()->ends_with(" alice [#1]: said before"));
}

TEST(ChatServer, a_locked_database_does_not_hold_up_the_chat) {
  const Folder folder;
  ServerOptions options;
  options.database = folder.path / "chat.sqlite3";
  RunningServer server{options};
  LineClient alice{server.port(), "alice"};
  LineClient bob{server.port(), "bob"};
  alice.say("/receipts on");
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(options.database.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  alice.say("bob: one");
  bob.read_until("alice (private): one");
  bob.read_until("* messages are not stored for now (database is locked); the chat goes on");
  alice.read_until("! not stored 1: database is locked; it is tried again");
  alice.say("bob: two");
  bob.read_until("alice (private): two");
  sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  alice.read_until("* stored 1");
  alice.read_until("* stored 2");
  bob.read_until("* messages are stored again");
  EXPECT_NE(server.log().find("not_storing"), std::string::npos);
}

TEST(ChatServer, a_port_that_is_taken_is_an_error) {
  RunningServer server;
  ServerOptions options;
  options.port = server.port();
  const auto started = Server::start(options, [](std::string_view) {});
  const std::string* const problem = std::get_if<std::string>(&started);
  ASSERT_NE(problem, nullptr);
  EXPECT_EQ(*problem, fmt::format("listen at 127.0.0.1:{}: Address already in use", server.port()));
}

/// The command, as a process, with its log in a pipe.
class Process {
 public:
  explicit Process(const std::string& database) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error{"pipe"};
    id_ = ::fork();
    if (id_ == 0) {
      ::dup2(ends[1], STDERR_FILENO);
      ::close(ends[0]);
      ::close(ends[1]);
      ::execl(CHAT_SERVER, "chat-server", "--port", "0", "--web-port", "0", "--rate", "0", "--queue", "65536", "--db",
              database.c_str(), nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    log_ = ::fdopen(ends[0], "r");
    constexpr std::string_view listening = "listening tcp 127.0.0.1:";
    const std::optional<std::string> line = logs(listening);
    if (!line) throw std::runtime_error{"the server does not start"};
    port = static_cast<std::uint16_t>(std::stoi(line->substr(line->find(listening) + listening.size())));
  }
  ~Process() {
    if (id_ > 0) {
      signal(SIGKILL);
      wait();
    }
    std::fclose(log_);
  }
  void signal(int number) const { ::kill(id_, number); }
  /// Waits for the next line of the log that holds this; none where the server ends before.
  std::optional<std::string> logs(std::string_view part) {
    char line[512];
    while (std::fgets(line, sizeof line, log_) != nullptr) {
      if (std::string text{line}; text.find(part) != std::string::npos) return text;
    }
    return std::nullopt;
  }
  /// Lets the server open no file beyond its first `count`; returns how many it could have before.
  rlim_t limit_files(rlim_t count) const {
    rlimit limit{};
    if (::prlimit(id_, RLIMIT_NOFILE, nullptr, &limit) != 0) throw std::runtime_error{"prlimit"};
    const rlim_t before = std::exchange(limit.rlim_cur, count);
    if (::prlimit(id_, RLIMIT_NOFILE, &limit, nullptr) != 0) throw std::runtime_error{"prlimit"};
    return before;
  }
  /// How it ended, as of waitpid(2).
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(id_, -1), &status, 0);
    return status;
  }

  std::uint16_t port = 0;

 private:
  pid_t id_ = -1;
  FILE* log_ = nullptr;
};

std::vector<long> stored_ids(const std::string& database) {
  std::vector<long> ids;
  sqlite3* handle = nullptr;
  sqlite3_open(database.c_str(), &handle);
  sqlite3_exec(
      handle, "SELECT id FROM messages ORDER BY id",
      [](void* list, int, char** values, char**) {
        static_cast<std::vector<long>*>(list)->push_back(std::atol(values[0]));
        return 0;
      },
      &ids, nullptr);
  sqlite3_close(handle);
  return ids;
}

TEST(ChatServer, more_connections_than_files_are_waited_for) {
  if (encap::test::under_sanitizers) {
    GTEST_SKIP() << "sanitizers open files of their own, also where the server has none left";
  }
  const Folder folder;
  Process process{folder.path / "chat.sqlite3"};
  std::vector<LineClient> clients;
  clients.reserve(6);
  for (int i = 0; i < 3; ++i) clients.emplace_back(process.port);
  for (LineClient& client : clients) client.read_until("enter name:");
  const rlim_t usual = process.limit_files(0);
  for (int i = 0; i < 3; ++i) clients.emplace_back(process.port);
  EXPECT_TRUE(process.logs("accept: Too many open files"));
  process.limit_files(usual);
  for (LineClient& client : clients) {
    client.say(fmt::format("user{}", client.connection.socket()));
    client.read_until("* you are ");
  }
}

TEST(ChatServer, killed_it_loses_nothing_that_was_acknowledged) {
  const Folder folder;
  const std::string database = folder.path / "chat.sqlite3";
  std::vector<long> acknowledged;
  {
    Process process{database};
    LineClient alice{process.port, "alice"};
    alice.say("/receipts on");
    std::thread speaker{[&] {
      try {
        for (int i = 0; i < 100'000; ++i) alice.say("all: x");
      } catch (const std::exception&) {  // the server is gone
      }
    }};
    while (const auto line = alice.line()) {
      long id = 0;
      if (std::sscanf(line->c_str(), "* stored %ld", &id) != 1) continue;
      acknowledged.push_back(id);
      if (acknowledged.size() == 1000) process.signal(SIGKILL);
    }
    speaker.join();
    process.signal(SIGKILL);  // also where the server ended the connection
    EXPECT_TRUE(WIFSIGNALED(process.wait()));
  }
  EXPECT_GE(acknowledged.size(), 1000U);
  const std::vector<long> stored = stored_ids(database);
  EXPECT_TRUE(std::ranges::includes(stored, acknowledged));
}

TEST(ChatServer, a_signal_ends_it_with_goodbye_and_all_that_was_said_is_stored) {
  const Folder folder;
  const std::string database = folder.path / "chat.sqlite3";
  for (const int signal : {SIGTERM, SIGINT}) {
    Process process{database};
    LineClient alice{process.port, "alice"};
    const std::size_t before = stored_ids(database).size();
    for (int i = 0; i < 100; ++i) alice.say("all: x");
    alice.say("/help");
    alice.read_until("* /help");
    process.signal(signal);
    alice.read_until("* the server ends, goodbye");
    EXPECT_EQ(alice.line(), std::nullopt);
    alice.connection.close();
    const int status = process.wait();
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_EQ(stored_ids(database).size(), before + 100);
  }
}

}  // namespace
}  // namespace chat::test
