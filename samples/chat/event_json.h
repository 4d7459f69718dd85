#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "event.h"
#include "log_entry.h"
#include "refusal.h"

namespace chat {

/// An event as a JSON object. PROTOCOL.md has an example of each.
[[nodiscard]] std::string to_json(const Event& event, Reference reference);

/// `{"event":"log",...}`
[[nodiscard]] std::string to_json(const LogEntry& entry);

/// Who is here, for those who run the server: `{"event":"state",...}`
struct State {
  struct User {
    SessionId session = 0;  ///< left out of the JSON form
    std::string name;       ///< empty as long as none is entered
    std::string address;
    std::string_view via;
    WallTime since;
    std::vector<GroupNumber> groups;
    std::size_t queued = 0;  ///< octets that wait for a slow reader
  };
  struct Group {
    GroupNumber group;
    std::vector<std::string> members;
  };
  std::vector<User> users;
  std::vector<Group> groups;
  std::uint64_t messages = 0;
  std::uint64_t stored = 0;
};
[[nodiscard]] std::string to_json(const State& state);

/// What a web page sends.
struct WebLine {
  std::string line;
  Reference reference;
};
/// Reads `{"line":"all: hi","ref":7}`. Errors: bad_argument, and what `check_line` finds.
struct WebMistake {
  Mistake mistake;
  Reference reference;
};
[[nodiscard]] std::variant<WebLine, WebMistake> parse_web_line(std::string_view json);

}  // namespace chat
