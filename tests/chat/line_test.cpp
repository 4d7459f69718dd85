#include "line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace chat {
namespace {

/// A command in words, its arguments in brackets.
struct Describe {
  std::string operator()(const CurrentPlace&) const { return "here"; }
  std::string operator()(const Lobby&) const { return "lobby"; }
  std::string operator()(const People& people) const { return fmt::format("people[{}]", fmt::join(people.names, "|")); }
  std::string operator()(const InGroup& group) const { return fmt::format("group[{}]", group.group); }
  std::string operator()(const InChat& chat) const { return fmt::format("chat[{}]", chat.name); }

  std::string operator()(const SetName& command) const { return fmt::format("name[{}]", command.name); }
  std::string operator()(const Say& command) const {
    return fmt::format("say {} [{}]{}", std::visit(*this, command.target), command.text,
                       command.whole.empty() ? "" : fmt::format(" or here [{}]", command.whole));
  }
  std::string operator()(const ListUsers&) const { return "users"; }
  std::string operator()(const AskChat& command) const { return fmt::format("ask[{}]", command.name); }
  std::string operator()(const AcceptChat& command) const {
    return fmt::format("accept[{}]", command.name.value_or("-"));
  }
  std::string operator()(const RejectChat& command) const {
    return fmt::format("reject[{}]", command.name.value_or("-"));
  }
  std::string operator()(const CreateGroup& command) const {
    return fmt::format("create[{}]", command.password.reveal());
  }
  std::string operator()(const JoinGroup& command) const {
    return fmt::format("join[{}][{}]", command.group, command.password.reveal());
  }
  std::string operator()(const Leave& command) const {
    return fmt::format("leave {}", std::visit(*this, command.target));
  }
  std::string operator()(const ReadHistory& command) const {
    return fmt::format("history[{}] {}", command.count, command.target ? std::visit(*this, *command.target) : "-");
  }
  std::string operator()(const SetReceipts& command) const { return command.on ? "receipts on" : "receipts off"; }
  std::string operator()(const Help&) const { return "help"; }
  std::string operator()(const Exit&) const { return "exit"; }

  std::string operator()(const Command& command) const { return std::visit(*this, command); }
  std::string operator()(const Mistake& mistake) const { return std::string{to_string(mistake.code)}; }
};

struct LineCase {
  Expect expect;
  std::string line;
  std::string means;
};

const LineCase line_cases[] = {
    {Expect::name, "alice", "name[alice]"},
    {Expect::name, "Ann Lee", "name[Ann Lee]"},
    {Expect::name, "Zoë", "name[Zoë]"},
    {Expect::name, "\xf0\x9f\x90\xa7", "name[\xf0\x9f\x90\xa7]"},
    {Expect::name, std::string(32, 'x'), "name[" + std::string(32, 'x') + "]"},
    {Expect::name, std::string(33, 'x'), "name_bad"},
    {Expect::name, "", "name_bad"},
    {Expect::name, " bob", "name_bad"},
    {Expect::name, "bob ", "name_bad"},
    {Expect::name, "a:b", "name_bad"},
    {Expect::name, "a,b", "name_bad"},
    {Expect::name, "#1", "name_bad"},
    {Expect::name, "@a", "name_bad"},
    {Expect::name, "a/b", "name_bad"},
    {Expect::name, "ALL", "name_bad"},
    {Expect::name, "a\tb", "name_bad"},
    {Expect::name, "bob\xe2\x80\x8b", "name_bad"},  // ZERO WIDTH SPACE
    {Expect::name, "\xe2\x80\xaeobb", "name_bad"},  // RIGHT-TO-LEFT OVERRIDE
    {Expect::name, "bob\xc2\xa0", "name_bad"},      // NO-BREAK SPACE
    {Expect::name, "/join 1 secret", "name_bad"},
    {Expect::name, "/exit", "exit"},

    {Expect::target, "all: hi", "say lobby [hi]"},
    {Expect::target, "ALL:hi", "say lobby [hi]"},
    {Expect::target, "all:  two blanks", "say lobby [ two blanks]"},
    {Expect::target, "bob: hi: you", "say people[bob] [hi: you]"},
    {Expect::target, "bob , Ann Lee: hi", "say people[bob|Ann Lee] [hi]"},
    {Expect::target, "#3: hi", "say group[3] [hi]"},
    {Expect::target, "@bob: hi", "say chat[bob] [hi]"},
    {Expect::target, "//x: y", "say people[/x] [y]"},
    {Expect::target, "all: /users", "say lobby [/users]"},
    {Expect::target, "hello", "no_target"},
    {Expect::target, ": hello", "no_target"},
    {Expect::target, "bob,: hello", "no_target"},
    {Expect::target, ",bob: hello", "no_target"},
    {Expect::target, "@: hello", "no_target"},
    {Expect::target, "#x: hello", "not_in_group"},
    {Expect::target, "#0: hello", "not_in_group"},
    {Expect::target, "#99999999999: hello", "not_in_group"},
    {Expect::target, "all,bob: hello", "bad_argument"},
    {Expect::target, "", "empty_message"},
    {Expect::target, " \t", "empty_message"},
    {Expect::target, "bob:", "empty_message"},
    {Expect::target, "bob:  \t ", "empty_message"},

    {Expect::current_place, "hello", "say here [hello]"},
    {Expect::current_place, " hello ", "say here [ hello ]"},
    {Expect::current_place, "all: hello", "say here [all: hello]"},
    {Expect::current_place, "bob: hello", "say here [bob: hello]"},
    {Expect::current_place, "#3: hi", "say group[3] [hi] or here [#3: hi]"},
    {Expect::current_place, "@bob: hi", "say chat[bob] [hi] or here [@bob: hi]"},
    {Expect::current_place, "#news: hi", "say here [#news: hi]"},
    {Expect::current_place, "#3", "say here [#3]"},
    {Expect::current_place, "//x", "say here [/x]"},
    {Expect::current_place, "", "empty_message"},

    {Expect::target, "/users", "users"},
    {Expect::target, "/USERS", "users"},
    {Expect::target, "/users all", "bad_argument"},
    {Expect::target, "/chat bob", "ask[bob]"},
    {Expect::target, "/chat", "bad_argument"},
    {Expect::target, "/accept", "accept[-]"},
    {Expect::target, "/accept bob", "accept[bob]"},
    {Expect::target, "/reject @bob", "reject[bob]"},
    {Expect::target, "/create a secret", "create[a secret]"},
    {Expect::target, "/create", "bad_argument"},
    {Expect::target, "/create " + std::string(129, 'x'), "bad_argument"},
    {Expect::target, "/join 3 secret", "join[3][secret]"},
    {Expect::target, "/join #3  a secret ", "join[3][a secret]"},
    {Expect::target, "/join 3", "bad_argument"},
    {Expect::target, "/join x secret", "bad_argument"},
    {Expect::target, "/join -1 secret", "bad_argument"},
    {Expect::target, "/join 4294967296 secret", "bad_argument"},
    {Expect::current_place, "/leave", "leave here"},
    {Expect::target, "/leave #3", "leave group[3]"},
    {Expect::target, "/leave @bob", "leave chat[bob]"},
    {Expect::target, "/leave bob", "bad_argument"},
    {Expect::target, "/history", "history[50] -"},
    {Expect::target, "/history 7", "history[7] -"},
    {Expect::target, "/history #3", "history[50] group[3]"},
    {Expect::target, "/history 7 @bob", "history[7] chat[bob]"},
    {Expect::target, "/history 7 all", "history[7] lobby"},
    {Expect::target, "/history bob", "history[50] people[bob]"},
    {Expect::target, "/history a,b", "bad_argument"},
    {Expect::target, "/history 0", "bad_argument"},
    {Expect::target, "/history 201", "bad_argument"},
    {Expect::target, "/history 99999999999999999999", "bad_argument"},
    {Expect::target, "/receipts on", "receipts on"},
    {Expect::target, "/receipts OFF", "receipts off"},
    {Expect::target, "/receipts", "bad_argument"},
    {Expect::target, "/help", "help"},
    {Expect::target, "/exit", "exit"},
    {Expect::target, "/", "unknown_command"},
    {Expect::target, "/jion 3 secret", "unknown_command"},
};

TEST(ChatLine, means_what_the_table_says) {
  for (const LineCase& c : line_cases) {
    EXPECT_EQ(std::visit(Describe{}, parse_line(c.line, c.expect)), c.means) << "line: " << c.line;
  }
}

TEST(ChatLine, what_is_refused_does_not_repeat_what_may_be_a_password) {
  for (const LineCase& c : line_cases) {
    const auto parsed = parse_line(c.line, c.expect);
    if (const Mistake* const mistake = std::get_if<Mistake>(&parsed)) {
      EXPECT_EQ(mistake->text.find("secret"), std::string::npos) << c.line;
      EXPECT_FALSE(mistake->text.empty());
    }
  }
}

TEST(ChatLine, is_checked_for_length_and_characters) {
  const auto code = [](const std::string& line) -> std::string {
    const auto mistake = check_line(line);
    return mistake ? std::string{to_string(mistake->code)} : "right";
  };
  EXPECT_EQ(code(std::string(4096, 'x')), "right");
  EXPECT_EQ(code(std::string(4097, 'x')), "too_long");
  EXPECT_EQ(code("a tab\tis text, \xf0\x9f\x90\xa7 too"), "right");
  EXPECT_EQ(code("\x1b[2J"), "bad_argument");
  EXPECT_EQ(code(std::string{"a\0b", 3}), "bad_argument");
  EXPECT_EQ(code("a\rb"), "bad_argument");
  EXPECT_EQ(code("\xc2\x9b"), "bad_argument");  // CONTROL SEQUENCE INTRODUCER
  EXPECT_EQ(code("\xff"), "not_utf8");
  EXPECT_EQ(code("\xc0\xaf"), "not_utf8");      // an overlong /
  EXPECT_EQ(code("\xed\xa0\x80"), "not_utf8");  // a surrogate
  EXPECT_EQ(code("\xf0\x9f\x90"), "not_utf8");  // cut
}

TEST(ChatLine, help_names_every_command) {
  for (const std::string_view word : {"/users", "/chat", "/accept", "/reject", "/create", "/join", "/leave", "/history",
                                      "/receipts", "/help", "/exit", "//TEXT"}) {
    EXPECT_NE(help_text().find(word), std::string::npos) << word;
  }
}

TEST(ChatPassword, is_gone_once_it_has_moved) {
  Password password{"secret"};
  const Password moved = std::move(password);
  EXPECT_EQ(moved.reveal(), "secret");
  EXPECT_EQ(password.reveal(), "");  // NOLINT(bugprone-use-after-move): that it is empty is what is tested
}

/// What a reader makes of octets that come in pieces of this size.
std::vector<std::string> read_lines(std::string_view octets, std::size_t piece) {
  LineReader reader;
  std::vector<std::string> lines;
  while (!octets.empty()) {
    const std::span<char> space = reader.space();
    EXPECT_FALSE(space.empty());
    const std::size_t count = std::min({piece, space.size(), octets.size()});
    std::copy_n(octets.begin(), count, space.begin());
    reader.filled(count);
    octets.remove_prefix(count);
    while (const auto line = reader.next()) {
      const Mistake* const mistake = std::get_if<Mistake>(&*line);
      lines.push_back(mistake ? "! " + std::string{to_string(mistake->code)}
                              : std::string{std::get<std::string_view>(*line)});
    }
  }
  return lines;
}

TEST(ChatLineReader, gives_the_same_lines_however_the_octets_are_cut) {
  const std::string longest(4096, 'x');
  const std::string octets = "one\ntwo\r\n\n\xff\n" + longest + "\n" + longest + "\r\n" + longest + "y\n" +
                             std::string(20'000, 'z') + "\nlast\nnot ended";
  const std::vector<std::string> expected{"one",   "two",        "",           "! not_utf8", longest,
                                          longest, "! too_long", "! too_long", "last"};
  for (const std::size_t piece : std::vector<std::size_t>{1, 2, 3, 7, 1000, 4096, 4097, 8191, 100'000}) {
    EXPECT_EQ(read_lines(octets, piece), expected) << "in pieces of " << piece;
  }
}

}  // namespace
}  // namespace chat
