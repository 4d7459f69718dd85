#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "line.h"
#include "refusal.h"

namespace chat {

using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using MessageId = std::uint64_t;  ///< counts up from 1, for as long as the database lasts
using SessionId = std::uint64_t;  ///< a connection, for as long as the server runs; 0 is none
/// A number a web page gives to a line, repeated in what answers it.
using Reference = std::optional<std::uint64_t>;

enum class Scope : std::uint8_t {
  lobby,         ///< to everybody
  private_talk,  ///< to the people named; `private` in JSON
  chat,          ///< in a private chat, opened by request
  group
};
[[nodiscard]] std::string_view to_string(Scope scope) noexcept;

/// Something somebody said.
struct Message {
  MessageId id = 0;
  Scope scope = Scope::lobby;
  GroupNumber group = 0;  ///< of Scope::group
  std::string from{};
  std::vector<std::string> to{};  ///< of Scope::private_talk and Scope::chat
  std::string text{};
  WallTime time{};
};

// What the server says. The line form of each is in event_text.cpp, the JSON form in event_json.cpp.

struct Welcome {
  std::string text;
};
struct Named {
  std::string name;
};
struct Users {
  std::vector<std::string> names;
};
struct Said {
  Message message;
  std::string reader;  ///< whose line form says "you", where there are several recipients
};
struct Request {
  std::string from;
};
enum class ChatState : std::uint8_t { asked, opened, rejected, closed };
struct ChatChanged {
  ChatState state;
  std::string with;
  bool by_reader = false;  ///< who reads this rejected the chat
  std::string back_to;     ///< where lines without a prefix go now, if that has changed
};
enum class GroupState : std::uint8_t { created, joined, left };
struct GroupChanged {
  GroupState state;
  GroupNumber group;
  std::vector<std::string> members;
  std::string back_to;  ///< as for ChatChanged
};
struct MemberChanged {
  GroupState state;  ///< joined or left
  GroupNumber group;
  std::string name;
};
struct History {
  Scope scope;
  GroupNumber group = 0;
  std::string with;  ///< of Scope::private_talk and Scope::chat
  std::vector<Message> messages;
};
struct Stored {
  MessageId id;
};
struct Notice {
  std::string text;  ///< may have several lines
};
struct Refused {
  RefusalCode code;
  std::string text;
  bool asks_name = false;  ///< the client is still to enter one
};
struct Goodbye {
  std::string text;
};

using Event = std::variant<Welcome, Named, Users, Said, Request, ChatChanged, GroupChanged, MemberChanged, History,
                           Stored, Notice, Refused, Goodbye>;

}  // namespace chat
