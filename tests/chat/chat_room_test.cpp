#include "chat_room.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "event_text.h"

namespace chat {
namespace {

using std::chrono::milliseconds;

/// A room whose clock is turned by hand, and what it said: `1< line` to a session, `close 1` and so on.
class Room : public Outbox {
 public:
  explicit Room(RoomOptions options = {}) : room{options, *this} {}

  [[nodiscard]] Moment now() const {
    return {WallTime{milliseconds{1'000'000}} + passed, SteadyTime{} + milliseconds{1'000'000} + passed};
  }
  /// Enters and takes a name; what is said of that is forgotten.
  void enter(SessionId session, std::string_view name, Via via = Via::tcp) {
    room.enter(session, via, "address", now());
    say(session, name);
    passed += milliseconds{1000};
    room.tick(now());
    said.clear();
  }
  bool say(SessionId session, std::string_view line, Reference reference = {}) {
    return room.line(session, line, reference, now());
  }
  /// What was said since the last call.
  std::vector<std::string> heard() { return std::exchange(said, {}); }
  /// Answers the oldest job as a checker does that knows only the password "right".
  void check() {
    ASSERT_FALSE(jobs.empty());
    PasswordJob job = std::move(jobs.front());
    jobs.erase(jobs.begin());
    PasswordAnswer answer{job.session, job.group, {}, false};
    if (!job.hash) answer.hash = "hash of " + std::string{job.password.reveal()};
    if (job.hash) answer.matches = *job.hash == "hash of " + std::string{job.password.reveal()};
    room.password_checked(std::move(answer), now());
  }

  void send(std::span<const SessionId> to, const Event& event, Reference reference) override {
    for (const SessionId session : to) {
      std::string text = to_text(event);
      if (reference) text += fmt::format("ref {}\n", *reference);
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        said.push_back(fmt::format("{}< {}", session, text.substr(at, end - at)));
        at = end + 1;
      }
    }
  }
  void close(SessionId session) override { said.push_back(fmt::format("close {}", session)); }
  void check_password(PasswordJob job, SteadyTime start) override {
    said.push_back(fmt::format("check in {} ms", (start - now().steady) / milliseconds{1}));
    jobs.push_back(std::move(job));
  }
  void resume(SessionId session) override { said.push_back(fmt::format("resume {}", session)); }
  bool store(PendingMessage message) override {
    if (is_full) return false;
    messages.push_back(std::move(message));
    return true;
  }
  void store(GroupRecord group) override { groups.push_back(std::move(group)); }
  void read_history(HistoryQuery query) override { queries.push_back(std::move(query)); }
  void wake_at(SteadyTime time) override { wake = time; }
  void log(std::string_view kind, SessionId session, std::string_view name, std::string_view text) override {
    logged.push_back(fmt::format("{} {} {} {}", kind, session, name, text));
  }

  milliseconds passed{0};
  std::vector<std::string> said;
  std::vector<std::string> logged;
  std::vector<PasswordJob> jobs;
  std::vector<PendingMessage> messages;
  std::vector<GroupRecord> groups;
  std::vector<HistoryQuery> queries;
  SteadyTime wake;
  bool is_full = false;
  ChatRoom room;
};

using Lines = std::vector<std::string>;

TEST(ChatRoom, a_list_of_users_is_sent_once_for_many_who_come_at_once) {
  Room room;
  for (SessionId session = 1; session <= 3; ++session) {
    room.room.enter(session, Via::tcp, "address", room.now());
    room.say(session, fmt::format("user{}", session));
  }
  std::erase_if(room.said, [](const std::string& line) { return line.find("users: ") == std::string::npos; });
  // The first is told at once; each who comes later sees who is there, and all are told together afterwards.
  EXPECT_EQ(room.heard(), (Lines{"1< users: user1", "2< users: user1, user2", "3< users: user1, user2, user3"}));
  room.room.tick(room.now());
  EXPECT_EQ(room.heard(), Lines{}) << "too early";
  room.passed += std::chrono::ceil<milliseconds>(room.wake - room.now().steady);
  room.room.tick(room.now());
  EXPECT_EQ(room.heard(),
            (Lines{"1< users: user1, user2, user3", "2< users: user1, user2, user3", "3< users: user1, user2, user3"}));
  room.room.tick(room.now());
  EXPECT_EQ(room.heard(), Lines{}) << "nothing has changed";
}

TEST(ChatRoom, a_name_is_free_again_once_its_user_has_left) {
  Room room;
  room.enter(1, "Alice");
  room.room.enter(2, Via::tcp, "address", room.now());
  room.heard();
  room.say(2, "aLICE");
  EXPECT_EQ(room.heard(), (Lines{"2< ! the name aLICE is taken; choose another", "2< enter name:"}));
  room.room.leave(1, "left", "gone", room.now());
  room.say(2, "aLICE");
  EXPECT_EQ(room.heard().at(0), "2< * you are aLICE");
}

TEST(ChatRoom, a_sender_on_tcp_hears_nothing_and_a_page_hears_itself) {
  Room room;
  room.enter(1, "alice");
  room.enter(2, "bob", Via::web);
  room.say(1, "all: hi");
  EXPECT_EQ(room.heard(), Lines{"2< alice: hi"});
  room.say(2, "alice: hello", 7);
  EXPECT_EQ(room.heard(), (Lines{"1< bob (private): hello", "2< bob (private): hello", "2< ref 7"}));
}

TEST(ChatRoom, what_is_said_to_several_names_the_others_and_comes_once) {
  Room room;
  for (const auto& [session, name] : {std::pair{1, "alice"}, {2, "bob"}, {3, "carol"}})
    room.enter(static_cast<SessionId>(session), name);
  room.say(1, "BOB, carol,bob: hi");
  EXPECT_EQ(room.heard(), (Lines{"2< alice (to you, carol): hi", "3< alice (to you, bob): hi"}));
  room.say(1, "bob,dave: hi");
  EXPECT_EQ(room.heard(), Lines{"1< ! nobody here is called dave; /users lists who is here"}) << "nobody else gets it";
  room.say(1, "bob,alice: hi");
  EXPECT_EQ(room.heard(), Lines{"1< ! you are alice; name only others"});
}

TEST(ChatRoom, lines_go_to_the_place_entered_last_until_it_is_left) {
  Room room;
  room.enter(1, "alice");
  room.enter(2, "bob");
  room.say(1, "/create right");
  room.check();
  room.say(1, "/chat bob");
  room.say(2, "/accept");
  room.heard();
  room.say(1, "one");
  room.say(1, "#1: two");
  room.say(1, "#2: three");
  room.say(2, "bob: four");
  EXPECT_EQ(room.heard(), (Lines{"2< alice (chat): one", "2< alice (chat): #2: three", "1< bob (chat): bob: four"}));
  room.say(1, "/leave");
  EXPECT_EQ(room.heard(), (Lines{"1< * private chat with bob closed; back in #1",
                                 "2< * private chat with alice closed; back in the lobby"}));
  room.say(1, "five");
  EXPECT_EQ(room.messages.back().message.group, 1U);
  room.say(1, "/leave");
  EXPECT_EQ(room.heard(), Lines{"1< * #1 left; back in the lobby"});
  room.say(1, "/leave");
  room.say(1, "six");
  EXPECT_EQ(room.heard(), (Lines{"1< ! you are in no group and no private chat; /exit leaves the chat",
                                 "1< ! say whom, as in all: text or NAME: text; /help lists what can be said"}));
}

TEST(ChatRoom, a_page_has_no_current_place) {
  Room room;
  room.enter(1, "alice", Via::web);
  room.say(1, "/create right");
  room.check();
  room.heard();
  room.say(1, "hello");
  room.say(1, "/leave");
  EXPECT_EQ(room.heard(), (Lines{"1< ! say whom, as in all: text or NAME: text; /help lists what can be said",
                                 "1< ! say what to leave: /leave #ID or /leave @NAME"}));
}

TEST(ChatRoom, a_session_waits_for_its_password_and_each_wrong_one_makes_the_next_wait_longer) {
  Room room;
  room.enter(1, "alice");
  room.say(1, "/create right");
  room.check();
  room.enter(2, "bob");
  room.heard();
  const auto try_wrong = [&](std::string_view line) {
    EXPECT_FALSE(room.say(2, line));
    EXPECT_FALSE(room.say(2, "all: too early"));
    room.check();
    return room.heard();
  };
  constexpr const char* sentence = "2< ! no group has this ID and password; ask a member for both";
  EXPECT_EQ(try_wrong("/join 1 wrong"), (Lines{"check in 0 ms", sentence, "resume 2"}));
  EXPECT_EQ(try_wrong("/join 99 right"), (Lines{"check in 500 ms", sentence, "resume 2"}));
  EXPECT_EQ(try_wrong("/join 1 x"), (Lines{"check in 1000 ms", sentence, "resume 2"}));
  EXPECT_EQ(try_wrong("/join 1 x").front(), "check in 2000 ms");
  EXPECT_EQ(try_wrong("/join 1 x").front(), "check in 4000 ms");
  EXPECT_EQ(try_wrong("/join 1 x").front(), "check in 8000 ms");
  EXPECT_EQ(try_wrong("/join 1 x").front(), "check in 8000 ms");
  room.say(2, "/join 1 right");
  room.check();
  EXPECT_EQ(room.heard(),
            (Lines{"check in 8000 ms", "1< * bob joined #1", "2< * #1 joined; its members: alice, bob", "resume 2"}));
  EXPECT_TRUE(room.messages.empty());
}

TEST(ChatRoom, a_group_that_does_not_exist_is_hashed_as_one_that_does) {
  Room room;
  room.enter(1, "alice");
  room.say(1, "/join 99 right");
  ASSERT_EQ(room.jobs.size(), 1U);
  EXPECT_EQ(room.jobs[0].hash, std::string{}) << "a job for the checker, which compares it with a hash of its own";
}

TEST(ChatRoom, who_is_refused_may_be_sent_away) {
  Room room{{.disconnect_refused = true}};
  room.enter(1, "alice");
  room.say(1, "/join 99 right");
  room.check();
  EXPECT_EQ(room.heard(), (Lines{"check in 0 ms", "1< ! no group has this ID and password; ask a member for both",
                                 "1< * goodbye; come back with a group's ID and password", "close 1"}));
}

TEST(ChatRoom, a_password_that_is_checked_after_its_user_left_does_nothing) {
  Room room;
  room.enter(1, "alice");
  room.say(1, "/create right");
  room.room.leave(1, "left", "gone", room.now());
  room.heard();
  room.check();
  EXPECT_EQ(room.heard(), Lines{});
  EXPECT_TRUE(room.groups.empty());
}

TEST(ChatRoom, members_see_who_leaves_however_that_happens) {
  Room room;
  room.enter(1, "alice");
  room.say(1, "/create right");
  room.check();
  room.enter(2, "bob");
  room.say(2, "/join 1 right");
  room.check();
  room.say(2, "/chat alice");
  room.say(1, "/accept");
  room.enter(3, "carol");
  room.say(2, "/chat carol");
  room.say(3, "/chat bob");
  room.heard();
  room.enter(4, "dave");
  room.say(4, "/chat bob");
  room.heard();
  room.passed += milliseconds{1000};
  room.room.leave(2, "left", "gone", room.now());
  EXPECT_EQ(room.heard(),
            (Lines{"1< * bob left #1", "1< * private chat with bob closed; back in #1",
                   "3< * private chat with bob closed; back in the lobby", "4< * private chat with bob closed",
                   "1< users: alice, carol, dave", "3< users: alice, carol, dave", "4< users: alice, carol, dave"}));
}

TEST(ChatRoom, requests_are_answered_taken_back_and_bounded) {
  Room room{{.rate = 0}};
  room.enter(1, "alice");
  room.enter(2, "bob");
  room.say(1, "/accept");
  room.say(1, "/chat bob");
  room.say(1, "/chat bob");
  room.say(1, "/leave @bob");
  room.say(2, "/accept alice");
  EXPECT_EQ(room.heard(), (Lines{"1< ! nobody has asked for a private chat; /chat NAME asks for one",
                                 "1< * bob is asked for a private chat",
                                 "2< * alice asks for a private chat; /accept alice or /reject alice",
                                 "1< ! bob was asked before and has not answered", "1< * private chat with bob closed",
                                 "2< * private chat with alice closed",
                                 "2< ! nobody has asked for a private chat; /chat NAME asks for one"}));
  room.say(1, "/chat bob");
  room.heard();
  room.say(2, "/reject");
  EXPECT_EQ(room.heard(), (Lines{"2< * no private chat with alice", "1< * bob does not want a private chat"}));
  for (SessionId session = 3; session < 3 + ChatRoom::requests_max + 1; ++session) {
    room.enter(session, fmt::format("user{}", session));
    room.say(session, "/chat bob");
  }
  EXPECT_EQ(room.heard().back(),
            fmt::format("{}< ! bob has not answered many others; try again later", 3 + ChatRoom::requests_max));
}

TEST(ChatRoom, receipts_come_in_order_and_before_goodbye) {
  Room room;
  room.enter(1, "alice");
  room.say(1, "/receipts on");
  room.say(1, "all: one");
  room.say(1, "all: two");
  room.say(1, "/exit");
  EXPECT_FALSE(room.say(1, "all: three"));
  EXPECT_EQ(room.heard(), Lines{"1< * receipts are on"});
  ASSERT_EQ(room.messages.size(), 2U);
  const Receipt receipts[] = {{1, 1, {}}, {2, 1, {}}};
  room.room.stored(receipts, room.now());
  EXPECT_EQ(room.heard(), (Lines{"1< * stored 1", "1< * stored 2", "1< * goodbye", "close 1"}));
}

TEST(ChatRoom, a_message_that_is_not_stored_is_said_to_be_so_and_everybody_is_told_once) {
  Room room;
  room.enter(1, "alice");
  room.enter(2, "bob");
  room.say(1, "/receipts on");
  room.say(1, "all: one");
  room.heard();
  const Receipt receipts[] = {{1, 1, {}}};
  room.room.storing_changed("disk is full");
  room.room.not_stored(receipts, "disk is full", false, room.now());
  EXPECT_EQ(room.heard(), (Lines{"1< * messages are not stored for now (disk is full); the chat goes on",
                                 "2< * messages are not stored for now (disk is full); the chat goes on",
                                 "1< ! not stored 1: disk is full; it is tried again"}));
  room.is_full = true;
  room.say(1, "all: two");
  EXPECT_EQ(room.heard(), (Lines{"2< alice: two", "1< ! not stored 2: too many messages wait to be stored"}));
}

TEST(ChatRoom, history_is_of_the_place_and_of_the_time_since_the_name_was_taken) {
  Room room;
  room.room.restore({{3, "hash of right"}}, 41);
  room.enter(1, "alice");
  room.enter(2, "bob");
  room.say(1, "/join 3 right");
  room.check();
  room.say(1, "all: in the group");
  room.say(1, "/history 5");
  EXPECT_FALSE(room.say(1, "waits for it"));
  ASSERT_EQ(room.queries.size(), 1U);
  EXPECT_EQ(room.queries[0].scope, Scope::group);
  EXPECT_EQ(room.queries[0].group, 3U);
  EXPECT_EQ(room.queries[0].count, 5U);
  EXPECT_EQ(room.messages.back().message.id, 42U) << "numbers go on where the database ends";
  room.heard();
  room.room.history_read(room.queries[0], {}, {});
  EXPECT_EQ(room.heard(), (Lines{"1< * history: 0 messages", "resume 1"}));
  room.say(2, "/history alice");
  ASSERT_EQ(room.queries.size(), 2U);
  EXPECT_EQ(room.queries[1].scope, Scope::private_talk);
  EXPECT_EQ(room.queries[1].me, "bob");
  EXPECT_EQ(room.queries[1].with, "alice");
  EXPECT_EQ(room.queries[1].since, 41U);
  room.room.history_read(room.queries[1], {}, "disk I/O error");
  room.say(2, "/history #3");
  EXPECT_EQ(room.heard(), (Lines{"2< ! history cannot be read: disk I/O error; try again later", "resume 2",
                                 "2< ! you are not in #3; /join ID PASSWORD joins a group"}));
}

TEST(ChatRoom, more_lines_than_the_rate_are_refused_and_many_more_end_the_session) {
  Room room{{.rate = 10}};
  room.enter(1, "alice");
  room.passed += milliseconds{60'000};
  std::size_t taken = 0;
  const auto say = [&](int lines) {
    for (int i = 0; i < lines; ++i) room.say(1, "all: x");
    taken = std::exchange(room.messages, {}).size();
    return room.heard();
  };
  EXPECT_EQ(say(21), Lines{"1< ! too fast; at most 10 lines a second are taken, and this one was not"});
  EXPECT_EQ(taken, 20U) << "twice the rate at once";
  room.passed += milliseconds{1000};
  EXPECT_EQ(say(10), Lines{});
  EXPECT_EQ(taken, 10U);
  EXPECT_EQ(say(1000).back(), "close 1");
  EXPECT_EQ(room.room.sessions(), 0U);
}

TEST(ChatRoom, the_log_holds_no_text_and_no_password) {
  Room room;
  room.enter(1, "alice");
  for (const char* const line :
       {"/create secret", "/join 1 secret", "/jion 1 secret", "all: secret", "secret", "secret: x", "/accept secret"}) {
    room.say(1, line);
    if (!room.jobs.empty()) room.check();
  }
  ASSERT_GE(room.logged.size(), 5U);
  for (const std::string& line : room.logged) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
}

}  // namespace
}  // namespace chat
