#include "store.h"

#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "clients.h"

namespace chat {
namespace {

using std::chrono::milliseconds;

/// What a store reported, for those who wait for it.
class Reports : public StoreListener {
 public:
  void stored(std::span<const Receipt> receipts) override {
    add([&] {
      for (const Receipt& receipt : receipts) ids.push_back(receipt.id);
    });
  }
  void not_stored(std::span<const Receipt> receipts, const std::string& reason, bool given_up) override {
    add([&] {
      for (const Receipt& receipt : receipts)
        refused.push_back(fmt::format("{} {}{}", receipt.id, reason, given_up ? ", given up" : ""));
    });
  }
  void storing_changed(const std::string& reason) override {
    add([&] { changes.push_back(reason); });
  }
  void history_read(const HistoryQuery&, std::vector<Message> messages, const std::string& reason) override {
    add([&] {
      history.clear();
      for (const Message& message : messages)
        history.push_back(
            fmt::format("{} {}>{}: {}", message.id, message.from, fmt::join(message.to, ","), message.text));
      if (!reason.empty()) history.push_back(reason);
      ++answers;
    });
  }
  template <class Condition>
  bool wait(Condition condition) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, test::patience, condition);
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<MessageId> ids;
  std::vector<std::string> refused, changes, history;
  int answers = 0;

 private:
  template <class Change>
  void add(Change change) {
    const std::lock_guard lock{mutex};
    change();
    changed.notify_all();
  }
};

/// A folder for databases, which goes with the test.
class ChatStore : public testing::Test {
 protected:
  ChatStore() { std::filesystem::create_directories(folder); }
  ~ChatStore() override { std::filesystem::remove_all(folder); }

  static std::unique_ptr<Store> open(const std::string& path) {
    auto opened = Store::open(path);
    if (const std::string* const problem = std::get_if<std::string>(&opened)) ADD_FAILURE() << *problem;
    return std::get<std::unique_ptr<Store>>(std::move(opened));
  }
  static std::string problem(const std::string& path) {
    auto opened = Store::open(path);
    const std::string* const text = std::get_if<std::string>(&opened);
    return text ? *text : "opened";
  }
  static PendingMessage message(MessageId id, Scope scope, GroupNumber group, std::string from,
                                std::vector<std::string> to, std::string text) {
    return {{id, scope, group, std::move(from), std::move(to), std::move(text), WallTime{milliseconds{id}}}, 1, {}};
  }
  static PendingMessage message(MessageId id) {
    return message(id, Scope::lobby, 0, "alice", {}, fmt::format("text {}", id));
  }
  std::vector<std::string> history(Store& store, HistoryQuery query) {
    const int before = reports.answers;
    store.read(std::move(query));
    EXPECT_TRUE(reports.wait([&] { return reports.answers > before; }));
    return reports.history;
  }

  std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      fmt::format("chat_store_{}_{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
  std::string path = folder / "chat.sqlite3";
  Reports reports;
};

using Lines = std::vector<std::string>;

TEST_F(ChatStore, what_is_stored_is_there_when_the_database_is_opened_again) {
  {
    const auto store = open(path);
    EXPECT_EQ(store->last_message(), 0U);
    store->start(reports);
    store->add(GroupRecord{3, "a hash"});
    for (MessageId id = 1; id <= 3; ++id) EXPECT_TRUE(store->add(message(id)));
    store->stop(test::patience);
    EXPECT_EQ(reports.ids, (std::vector<MessageId>{1, 2, 3}));
  }
  const auto store = open(path);
  EXPECT_EQ(store->last_message(), 3U);
  ASSERT_EQ(store->groups().size(), 1U);
  EXPECT_EQ(store->groups()[0].group, 3U);
  EXPECT_EQ(store->groups()[0].password_hash, "a hash");
  store->start(reports);
  EXPECT_EQ(history(*store, {.count = 2}), (Lines{"2 alice>: text 2", "3 alice>: text 3"}));
}

TEST_F(ChatStore, history_is_of_one_place_or_of_two_people) {
  const auto store = open(":memory:");
  store->start(reports);
  MessageId id = 0;
  const auto add = [&](Scope scope, GroupNumber group, std::string from, std::vector<std::string> to) {
    EXPECT_TRUE(store->add(message(++id, scope, group, std::move(from), std::move(to), "x")));
  };
  add(Scope::lobby, 0, "alice", {});
  add(Scope::group, 3, "alice", {});
  add(Scope::group, 4, "alice", {});
  add(Scope::private_talk, 0, "alice", {"bob"});
  add(Scope::private_talk, 0, "bob", {"carol", "alice"});
  add(Scope::private_talk, 0, "carol", {"alice"});
  add(Scope::private_talk, 0, "alice", {"bobby"});
  add(Scope::chat, 0, "bob", {"alice"});
  add(Scope::private_talk, 0, "Bob", {"ALICE"});
  EXPECT_EQ(history(*store, {}), Lines{"1 alice>: x"});
  EXPECT_EQ(history(*store, {.scope = Scope::group, .group = 3}), Lines{"2 alice>: x"});
  EXPECT_EQ(history(*store, {.scope = Scope::private_talk, .me = "alice", .with = "bob"}),
            (Lines{"4 alice>bob: x", "5 bob>carol,alice: x", "9 Bob>ALICE: x"}));
  EXPECT_EQ(history(*store, {.scope = Scope::private_talk, .me = "alice", .with = "bob", .since = 4}),
            (Lines{"5 bob>carol,alice: x", "9 Bob>ALICE: x"}));
  EXPECT_EQ(history(*store, {.scope = Scope::chat, .me = "alice", .with = "bob"}), Lines{"8 bob>alice: x"});
  EXPECT_EQ(history(*store, {.scope = Scope::private_talk, .me = "dave", .with = "bob"}), Lines{});
}

TEST_F(ChatStore, history_of_long_messages_is_cut_where_a_slow_reader_could_not_take_it) {
  const auto store = open(":memory:");
  store->start(reports);
  for (MessageId id = 1; id <= 50; ++id) {
    EXPECT_TRUE(store->add(message(id, Scope::lobby, 0, "alice", {}, std::string(4000, 'x'))));
  }
  const Lines lines = history(*store, {});
  EXPECT_EQ(lines.size(), 15U);
  EXPECT_TRUE(lines.back().starts_with("50 "));
}

TEST_F(ChatStore, memory_keeps_the_newest_messages) {
  const auto store = open(":memory:");
  store->start(reports);
  constexpr MessageId last = Store::kept_in_memory + 100;
  for (MessageId id = 1; id <= last; ++id)
    EXPECT_TRUE(store->add(message(id, Scope::group, id <= 100 ? 1 : 2, "a", {}, "x")));
  EXPECT_TRUE(reports.wait([&] { return reports.ids.size() == last; }));
  EXPECT_EQ(history(*store, {.scope = Scope::group, .group = 1}), Lines{});
  EXPECT_EQ(history(*store, {.scope = Scope::group, .group = 2, .count = 1}), Lines{fmt::format("{} a>: x", last)});
}

TEST_F(ChatStore, a_locked_database_is_reported_and_tried_again) {
  const auto store = open(path);
  store->start(reports);
  EXPECT_TRUE(store->add(message(1)));
  ASSERT_TRUE(reports.wait([&] { return reports.ids.size() == 1; }));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(store->add(message(2)));
  ASSERT_TRUE(reports.wait([&] { return !reports.refused.empty(); }));
  EXPECT_EQ(reports.refused, Lines{"2 database is locked"});
  EXPECT_EQ(reports.changes, Lines{"database is locked"});
  EXPECT_EQ(history(*store, {}), Lines{"1 alice>: text 1"}) << "can still be read";
  sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  ASSERT_TRUE(reports.wait([&] { return reports.ids.size() == 2; }));
  EXPECT_EQ(reports.changes, (Lines{"database is locked", ""}));
}

TEST_F(ChatStore, what_cannot_be_stored_when_it_stops_is_given_up) {
  const auto store = open(path);
  store->start(reports);
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_TRUE(store->add(message(1)));
  store->stop(milliseconds{1});
  EXPECT_EQ(reports.refused, (Lines{"1 database is locked", "1 database is locked, given up"}));
  sqlite3_close(other);
}

TEST_F(ChatStore, a_full_disk_is_reported_and_tried_again) {
  const auto store = open(path);
  store->start(reports);
  // The size of a file is limited as a disk is; the signal that would come with it is for programs that do not look.
  const auto before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &unlimited), 0);
  rlimit small = unlimited;
  small.rlim_cur = 100'000;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (MessageId id = 1; id <= 100; ++id)
    EXPECT_TRUE(store->add(message(id, Scope::lobby, 0, "alice", {}, std::string(4000, 'x'))));
  const bool was_refused = reports.wait([&] { return !reports.refused.empty(); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &unlimited), 0);
  std::signal(SIGXFSZ, before);
  EXPECT_TRUE(was_refused);
  EXPECT_TRUE(reports.wait([&] { return reports.ids.size() == 100; }));
  ASSERT_EQ(reports.changes.size(), 2U);
  EXPECT_NE(reports.changes[0], "");
  EXPECT_EQ(reports.changes[1], "");
}

TEST_F(ChatStore, no_more_wait_than_memory_is_there_for) {
  const auto store = open(":memory:");  // not started: nothing is taken
  MessageId id = 0;
  while (id < Store::waiting_max && store->add(message(++id))) continue;
  EXPECT_EQ(id, Store::waiting_max);
  EXPECT_FALSE(store->add(message(++id)));
}

TEST_F(ChatStore, a_database_that_is_not_a_chats_is_refused) {
  EXPECT_EQ(problem(folder), fmt::format("open {}: Is a directory", folder.string()));
  EXPECT_EQ(problem(folder / "none" / "chat.sqlite3"),
            fmt::format("open {}/none/chat.sqlite3: No such file or directory", folder.string()));
  std::ofstream{path}
      << "this is a text, and longer than the header of a database is, which has a hundred octets and no more.";
  EXPECT_EQ(problem(path), path + ": file is not a database");
  const std::string other = folder / "other.sqlite3";
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(other.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "CREATE TABLE cats (name)", nullptr, nullptr, nullptr);
  EXPECT_EQ(problem(other), other + ": this is no database of a chat server");
  const std::string newer = folder / "newer.sqlite3";
  open(newer).reset();
  sqlite3_close(database);
  ASSERT_EQ(sqlite3_open(newer.c_str(), &database), SQLITE_OK);
  sqlite3_exec(database, "PRAGMA user_version = 2", nullptr, nullptr, nullptr);
  sqlite3_close(database);
  EXPECT_EQ(problem(newer), newer + ": a database of version 2; this server knows 1");
}

TEST_F(ChatStore, a_second_server_is_kept_out) {
  const auto store = open(path);
  EXPECT_EQ(problem(path), path + ": another chat server uses this database");
}

}  // namespace
}  // namespace chat
