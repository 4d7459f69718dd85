#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <map>
#include <regex>
#include <sstream>

#include "running_server.h"

namespace chat::test {
namespace {

/// Plays a dialogue, a step on each line, against a server of its own:
///     alice enters          connects and enters the name
///     alice> all: hi        sends a line; who is not there yet connects
///     bob< alice: hi        is the next line that comes to bob; lists of users and receipts can come in between
///     bob< (closed)         the server ends the connection
///     carol>> {...}         the same for a page
///     carol<< {...}
/// Whatever stands behind three blanks is a remark. Times are compared as TIME.
class Dialogue {
 public:
  explicit Dialogue(ServerOptions options = {}) : server_{std::move(options)} {}

  void play(std::string_view text) {
    std::istringstream lines{std::string{text}};
    for (std::string line; std::getline(lines, line);) {
      SCOPED_TRACE("step: " + line);
      try {
        if (!line.empty()) step(line);
      } catch (const std::exception& error) {
        throw std::runtime_error{"at " + line + ": " + error.what()};
      }
      if (testing::Test::HasFailure()) return;
    }
  }
  /// Nobody heard what the dialogue does not have.
  void expect_silence() {
    for (int round = 0; round < 2; ++round) {  // in the second, what others said while the first was asked
      for (auto& [name, client] : clients_) {
        client.say("/receipts off");
        EXPECT_EQ(next(client, "* receipts are off"), "* receipts are off") << "to " << name;
      }
      for (auto& [name, page] : pages_) {
        page.send(R"({"line":"/receipts off"})");
        const std::string answer = R"({"event":"notice","text":"receipts are on"})";
        EXPECT_EQ(next(page, answer), answer) << "to " << name;
      }
    }
  }

 private:
  void step(std::string line) {
    if (const std::size_t remark = line.find("   "); remark != std::string::npos) line.resize(remark);
    std::smatch parts;
    if (std::regex_match(line, parts, std::regex{"(\\w+) enters"})) {
      clients_.emplace(parts[1], LineClient{server_.port(), parts[1].str()});
      return;
    }
    ASSERT_TRUE(std::regex_match(line, parts, std::regex{"(\\w+)(>>|<<|>|<) ?(.*)"}));
    const std::string name = parts[1];
    const std::string text = parts[3];
    if (parts[2].str().size() == 2) {
      WebClient& page = pages_.try_emplace(name, server_.web_port(), "/chat").first->second;
      if (parts[2] == ">>") return page.send(text);
      EXPECT_EQ(next(page, text), timeless(text)) << "to " << name;
      if (text.starts_with("(closed")) pages_.erase(name);
    } else {
      LineClient& client = clients_.try_emplace(name, server_.port()).first->second;
      if (parts[2] == ">") return client.say(text);
      EXPECT_EQ(next(client, text), timeless(text)) << "to " << name;
      if (text == "(closed)") clients_.erase(name);
    }
  }

  static std::string timeless(const std::string& text) {
    static const std::regex time{"\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z"};
    return std::regex_replace(text, time, "TIME");
  }
  /// What comes next; of what comes when it comes, that which is expected.
  static std::string next(LineClient& client, const std::string& expected) {
    while (auto line = client.line()) {
      const bool is_users = line->starts_with("users: ");
      if (is_users && timeless(*line) != expected) continue;
      if (line->starts_with("* stored ") && !expected.starts_with("* stored ")) continue;
      return timeless(*line);
    }
    return "(closed)";
  }
  static std::string next(WebClient& page, const std::string& expected) {
    while (auto text = page.text()) {
      const std::string shown = timeless(*text);
      const std::string kind = shown.substr(0, shown.find(','));
      const bool comes_when_it_comes =
          kind == R"({"event":"users")" || kind == R"({"event":"stored")" || kind == R"({"event":"history")";
      if (comes_when_it_comes && !expected.starts_with(kind)) continue;
      if (kind == R"({"event":"users")" && shown != expected) continue;
      return shown;
    }
    return "(closed " + std::to_string(page.close_code) + ")";
  }

  RunningServer server_;
  std::map<std::string, LineClient> clients_;
  std::map<std::string, WebClient> pages_;
};

ServerOptions options_of(std::string_view words) {
  ServerOptions options;
  options.rate = words.find("rate 2") != std::string_view::npos ? 2 : 0;
  options.disconnect_refused = words.find("disconnect") != std::string_view::npos;
  return options;
}

// PROTOCOL.md's examples are in blocks that start with ```chat and, behind it, options of the server.
TEST(ChatProtocol, each_example_of_the_document_is_what_happens) {
  std::ifstream file{CHAT_SOURCE_DIR "/PROTOCOL.md"};
  const std::string document{std::istreambuf_iterator<char>{file}, {}};
  const std::regex block{"```chat([^\\n]*)\\n([^`]*)```"};
  int examples = 0;
  for (std::sregex_iterator at{document.begin(), document.end(), block}, end; at != end; ++at, ++examples) {
    const std::string words = (*at)[1];
    SCOPED_TRACE((*at)[2].str());
    try {
      Dialogue dialogue{options_of(words)};
      dialogue.play((*at)[2].str());
      if (words.find("rate") == std::string::npos && !HasFailure()) dialogue.expect_silence();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
  EXPECT_GE(examples, 10);
}

struct DialogueCase {
  std::string_view name;
  std::string_view text;
  std::string_view options = {};
};

const DialogueCase dialogues[] = {
    {"refusals of names", R"(
alice enters
bob< * welcome to the chat; /help lists what can be said
bob< enter name:
bob> Alice
bob< ! the name Alice is taken; choose another
bob< enter name:
bob> all
bob< ! all means everybody; choose another name
bob< enter name:
bob>
bob< ! a name is missing; enter 1 to 32 characters
bob< enter name:
bob> a:b
bob< ! a name has none of , : # @ /
bob< enter name:
bob> 123456789012345678901234567890123
bob< ! this name has 33 characters; a name has 1 to 32
bob< enter name:
bob> bob
bob< * you are bob
alice< users: alice, bob
)"},
    {"refusals of messages", R"(
alice enters
bob enters
alice> hello
alice< ! say whom, as in all: text or NAME: text; /help lists what can be said
alice> : hello
alice< ! say whom: all: text, NAME: text, NAME,NAME: text, #ID: text or @NAME: text
alice> bob:
alice< ! the message is empty; write something to say
alice> bob,carol: hello
alice< ! nobody here is called carol; /users lists who is here
alice> bob,,: hello
alice< ! a name is missing beside a comma, as in bob,carol: hi
alice> #1: hello
alice< ! you are not in #1; /join ID PASSWORD joins a group
alice> @bob: hello
alice< ! no private chat with bob is open; /chat NAME asks for one
alice> /nothing
alice< ! no such command; /help lists them
alice> /join 1
alice< ! a group's number and password are needed: /join ID PASSWORD
alice> /receipts maybe
alice< ! /receipts is on or off
)"},
    {"groups do not hear each other", R"(
alice enters
bob enters
carol enters
alice> /create one
alice< * #1 created; its members: alice
bob> /create two
bob< * #2 created; its members: bob
carol> /join 1 two
carol< ! no group has this ID and password; ask a member for both
carol> /join 3 one
carol< ! no group has this ID and password; ask a member for both
carol> /join 2 two
carol< * #2 joined; its members: bob, carol
bob< * carol joined #2
alice> to myself
bob> hello
carol< bob [#2]: hello
carol> /join 1 one
carol< * #1 joined; its members: alice, carol
alice< * carol joined #1
carol> one
alice< carol [#1]: one
carol> #2: two
bob< carol [#2]: two
)"},
    {"a page and a line client are in the same chat", R"(
alice enters
bob>> {"line":"bob","ref":1}
bob<< {"event":"welcome","text":"welcome to the chat; /help lists what can be said","name_max":32,"line_max":4096}
bob<< {"event":"named","name":"bob","ref":1}
alice> bob: hi
bob<< {"event":"message","scope":"private","from":"alice","to":["bob"],"text":"hi","time":"TIME","id":1}
bob>> {"line":"alice: \u003c\"hello\"","ref":2}
alice< bob (private): <"hello"
bob<< {"event":"message","scope":"private","from":"bob","to":["alice"],"text":"<\"hello\"","time":"TIME","id":2,"ref":2}
bob<< {"event":"stored","id":2,"ref":2}
alice> /chat bob
alice< * bob is asked for a private chat
bob<< {"event":"request","from":"alice"}
bob>> {"line":"/accept alice","ref":3}
alice< * private chat with bob opened
bob<< {"event":"chat","state":"opened","with":"alice","ref":3}
alice> psst
bob<< {"event":"message","scope":"chat","from":"alice","to":["bob"],"text":"psst","time":"TIME","id":3}
bob>> {"line":"/leave @alice"}
bob<< {"event":"chat","state":"closed","with":"alice"}
alice< * private chat with bob closed; back in the lobby
bob>> {"line":"/create secret","ref":4}
bob<< {"event":"group","state":"created","group":1,"members":["bob"],"ref":4}
alice> /join 1 secret
alice< * #1 joined; its members: bob, alice
bob<< {"event":"member","state":"joined","group":1,"name":"alice"}
alice> hello
bob<< {"event":"message","scope":"group","from":"alice","group":1,"text":"hello","time":"TIME","id":4}
alice> /exit
alice< * goodbye
alice< (closed)
bob<< {"event":"member","state":"left","group":1,"name":"alice"}
)"},
    {"refusals of a page's frames", R"(
bob>> {"line":"bob"}
bob<< {"event":"welcome","text":"welcome to the chat; /help lists what can be said","name_max":32,"line_max":4096}
bob<< {"event":"named","name":"bob"}
bob>> [1,2
bob<< {"event":"refused","code":"bad_argument","text":"send a JSON object such as {\"line\":\"all: hi\",\"ref\":7}"}
bob>> {"line":7,"ref":8}
bob<< {"event":"refused","code":"bad_argument","text":"send a JSON object such as {\"line\":\"all: hi\",\"ref\":7}","ref":8}
bob>> {"line":"all: hi","ref":-1}
bob<< {"event":"refused","code":"bad_argument","text":"send a JSON object such as {\"line\":\"all: hi\",\"ref\":7}"}
bob>> {"line":"all: a\nb","ref":9}
bob<< {"event":"refused","code":"bad_argument","text":"octet 7 of the line is a control character; send text","ref":9}
bob>> {"line":"all: \ud800","ref":9}
bob<< {"event":"refused","code":"bad_argument","text":"send a JSON object such as {\"line\":\"all: hi\",\"ref\":7}"}
bob>> {"line":"hello","ref":10}
bob<< {"event":"refused","code":"no_target","text":"say whom, as in all: text or NAME: text; /help lists what can be said","ref":10}
)"},
    {"what a page missed", R"(
alice enters
alice> all: before
alice> /receipts on
alice< * receipts are on
alice> all: more
alice< * stored 2
bob>> {"line":"bob","ref":1}
bob<< {"event":"welcome","text":"welcome to the chat; /help lists what can be said","name_max":32,"line_max":4096}
bob<< {"event":"named","name":"bob","ref":1}
bob<< {"event":"users","names":["alice","bob"]}
bob<< {"event":"history","scope":"lobby","messages":[{"scope":"lobby","from":"alice","text":"before","time":"TIME","id":1},{"scope":"lobby","from":"alice","text":"more","time":"TIME","id":2}]}
)"},
    {"who is refused a group is sent away", R"(
alice enters
bob enters
alice> /join 1 nothing
alice< ! no group has this ID and password; ask a member for both
alice< * goodbye; come back with a group's ID and password
alice< (closed)
bob< users: bob
)",
     "disconnect"},
};

TEST(ChatProtocol, dialogues) {
  for (const DialogueCase& c : dialogues) {
    SCOPED_TRACE(c.name);
    try {
      Dialogue dialogue{options_of(c.options)};
      dialogue.play(c.text);
      if (!HasFailure()) dialogue.expect_silence();
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

}  // namespace
}  // namespace chat::test
