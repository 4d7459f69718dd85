#include "event_json.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "event_text.h"

namespace chat {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

void add(JsonWriter& json, std::string_view text) {
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}
void add(JsonWriter& json, std::uint64_t number) { json.Uint64(number); }
void add(JsonWriter& json, GroupNumber number) { json.Uint(number); }
void add(JsonWriter& json, WallTime time) { add(json, to_text(time)); }
void add(JsonWriter& json, const std::string& text) { add(json, std::string_view{text}); }
void add(JsonWriter& json, const Message& message);
void add(JsonWriter& json, const State::User& user);
void add(JsonWriter& json, const State::Group& group);
template <class Item>
void add(JsonWriter& json, const std::vector<Item>& items) {
  json.StartArray();
  for (const Item& item : items) add(json, item);
  json.EndArray();
}

template <class Value>
void field(JsonWriter& json, std::string_view key, const Value& value) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  add(json, value);
}

/// The members of a message object.
void add_members(JsonWriter& json, const Message& message) {
  field(json, "scope", to_string(message.scope));
  field(json, "from", std::string_view{message.from});
  if (!message.to.empty()) field(json, "to", message.to);
  if (message.scope == Scope::group) field(json, "group", message.group);
  field(json, "text", std::string_view{message.text});
  field(json, "time", message.time);
  field(json, "id", message.id);
}

void add(JsonWriter& json, const Message& message) {
  json.StartObject();
  add_members(json, message);
  json.EndObject();
}

void add(JsonWriter& json, const State::User& user) {
  json.StartObject();
  field(json, "name", user.name);
  field(json, "address", user.address);
  field(json, "via", user.via);
  field(json, "since", user.since);
  field(json, "groups", user.groups);
  field(json, "queued", std::uint64_t{user.queued});
  json.EndObject();
}

void add(JsonWriter& json, const State::Group& group) {
  json.StartObject();
  field(json, "group", group.group);
  field(json, "members", group.members);
  json.EndObject();
}

std::string_view state_text(ChatState state) {
  constexpr std::string_view names[] = {"asked", "opened", "rejected", "closed"};
  return names[static_cast<std::size_t>(state)];
}
std::string_view state_text(GroupState state) {
  constexpr std::string_view names[] = {"created", "joined", "left"};
  return names[static_cast<std::size_t>(state)];
}

struct Members {
  JsonWriter& json;

  void event(std::string_view name) const { field(json, "event", name); }

  void operator()(const Welcome& welcome) const {
    event("welcome");
    field(json, "text", welcome.text);
    field(json, "name_max", std::uint64_t{name_max});
    field(json, "line_max", std::uint64_t{line_max});
  }
  void operator()(const Named& named) const {
    event("named");
    field(json, "name", named.name);
  }
  void operator()(const Users& users) const {
    event("users");
    field(json, "names", users.names);
  }
  void operator()(const Said& said) const {
    event("message");
    add_members(json, said.message);
  }
  void operator()(const Request& request) const {
    event("request");
    field(json, "from", request.from);
  }
  void operator()(const ChatChanged& chat) const {
    event("chat");
    field(json, "state", state_text(chat.state));
    field(json, "with", chat.with);
  }
  void operator()(const GroupChanged& group) const {
    event("group");
    field(json, "state", state_text(group.state));
    field(json, "group", group.group);
    field(json, "members", group.members);
  }
  void operator()(const MemberChanged& member) const {
    event("member");
    field(json, "state", state_text(member.state));
    field(json, "group", member.group);
    field(json, "name", member.name);
  }
  void operator()(const History& history) const {
    event("history");
    field(json, "scope", to_string(history.scope));
    if (history.scope == Scope::group) field(json, "group", history.group);
    if (!history.with.empty()) field(json, "with", history.with);
    field(json, "messages", history.messages);
  }
  void operator()(const Stored& stored) const {
    event("stored");
    field(json, "id", stored.id);
  }
  void operator()(const Notice& notice) const {
    event("notice");
    field(json, "text", notice.text);
  }
  void operator()(const Refused& refused) const {
    event("refused");
    field(json, "code", to_string(refused.code));
    field(json, "text", refused.text);
  }
  void operator()(const Goodbye& goodbye) const {
    event("goodbye");
    field(json, "text", goodbye.text);
  }
};

/// The text of an object whose members `write` adds.
template <class Write>
std::string object(Write write) {
  rapidjson::StringBuffer text;
  JsonWriter json{text};
  json.StartObject();
  write(json);
  json.EndObject();
  return {text.GetString(), text.GetSize()};
}

}  // namespace

std::string_view to_string(Scope scope) noexcept {
  constexpr std::string_view names[] = {"lobby", "private", "chat", "group"};
  return names[static_cast<std::size_t>(scope)];
}

std::string to_json(const Event& event, Reference reference) {
  return object([&](JsonWriter& json) {
    std::visit(Members{json}, event);
    if (reference) field(json, "ref", *reference);
  });
}

std::string to_json(const LogEntry& entry) {
  return object([&](JsonWriter& json) {
    field(json, "event", std::string_view{"log"});
    field(json, "time", entry.time);
    field(json, "kind", entry.kind);
    field(json, "name", entry.name);
    field(json, "address", entry.address);
    field(json, "text", entry.text);
  });
}

std::string to_json(const State& state) {
  return object([&](JsonWriter& json) {
    field(json, "event", std::string_view{"state"});
    field(json, "users", state.users);
    field(json, "groups", state.groups);
    field(json, "messages", state.messages);
    field(json, "stored", state.stored);
  });
}

std::variant<WebLine, WebMistake> parse_web_line(std::string_view json) {
  rapidjson::Document document;
  // Iterative: a text of nothing but brackets must not go deep.
  document.Parse<rapidjson::kParseIterativeFlag>(json.data(), json.size());
  Reference reference;
  if (!document.HasParseError() && document.IsObject()) {
    const bool has_reference = document.HasMember("ref");
    if (has_reference && document["ref"].IsUint64()) reference = document["ref"].GetUint64();
    if (document.HasMember("line") && document["line"].IsString() && (!has_reference || reference)) {
      const auto& line = document["line"];
      std::string text{line.GetString(), line.GetStringLength()};
      if (auto mistake = check_line(text)) return WebMistake{std::move(*mistake), reference};
      return WebLine{std::move(text), reference};
    }
  }
  return WebMistake{{RefusalCode::bad_argument, R"(send a JSON object such as {"line":"all: hi","ref":7})"}, reference};
}

}  // namespace chat
