#include "event_text.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <iterator>

#include "log_entry.h"

namespace chat {
namespace {

using Lines = fmt::memory_buffer;

template <class... Values>
void add(Lines& lines, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(lines), format, std::forward<Values>(values)...);
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

/// Whom a message is to, as it stands behind the name of the sender.
std::string scope_text(const Message& message, std::string_view reader) {
  switch (message.scope) {
    case Scope::lobby:
      return {};
    case Scope::chat:
      return " (chat)";
    case Scope::group:
      return fmt::format(" [#{}]", message.group);
    case Scope::private_talk:
      break;
  }
  if (message.to.size() == 1 && (reader.empty() || message.to[0] == reader)) return " (private)";
  std::vector<std::string> to = message.to;
  // The reader comes first, as "you".
  const auto you = std::ranges::find(to, reader);
  if (you != to.end()) {
    std::rotate(to.begin(), you, you + 1);
    to.front() = "you";
  }
  return fmt::format(" (to {})", joined(to));
}

std::string back_text(const std::string& place) {
  return place.empty() ? std::string{} : fmt::format("; back in {}", place);
}

struct Writer {
  Lines& lines;

  void operator()(const Welcome& event) const { add(lines, "* {}\nenter name:\n", event.text); }
  void operator()(const Named& event) const { add(lines, "* you are {}\n", event.name); }
  void operator()(const Users& event) const { add(lines, "users: {}\n", joined(event.names)); }
  void operator()(const Said& event) const {
    const Message& message = event.message;
    add(lines, "{}{}: {}\n", message.from, scope_text(message, event.reader), message.text);
  }
  void operator()(const Request& event) const {
    add(lines, "* {0} asks for a private chat; /accept {0} or /reject {0}\n", event.from);
  }
  void operator()(const ChatChanged& event) const {
    switch (event.state) {
      case ChatState::asked:
        return add(lines, "* {} is asked for a private chat\n", event.with);
      case ChatState::opened:
        return add(lines, "* private chat with {} opened\n", event.with);
      case ChatState::rejected:
        return add(lines, "* {}{}\n", event.by_reader ? "no private chat with " : "",
                   event.by_reader ? event.with : event.with + " does not want a private chat");
      case ChatState::closed:
        return add(lines, "* private chat with {} closed{}\n", event.with, back_text(event.back_to));
    }
  }
  void operator()(const GroupChanged& event) const {
    switch (event.state) {
      case GroupState::created:
        return add(lines, "* #{} created; its members: {}\n", event.group, joined(event.members));
      case GroupState::joined:
        return add(lines, "* #{} joined; its members: {}\n", event.group, joined(event.members));
      case GroupState::left:
        return add(lines, "* #{} left{}\n", event.group, back_text(event.back_to));
    }
  }
  void operator()(const MemberChanged& event) const {
    add(lines, "* {} {} #{}\n", event.name, event.state == GroupState::left ? "left" : "joined", event.group);
  }
  void operator()(const History& event) const {
    add(lines, "* history: {} message{}\n", event.messages.size(), event.messages.size() == 1 ? "" : "s");
    for (const Message& message : event.messages) {
      add(lines, "* {} {}{}: {}\n", to_text(message.time), message.from, scope_text(message, {}), message.text);
    }
  }
  void operator()(const Stored& event) const { add(lines, "* stored {}\n", event.id); }
  void operator()(const Notice& event) const {
    std::string_view rest = event.text;
    while (true) {
      const std::size_t end = rest.find('\n');
      add(lines, "* {}\n", rest.substr(0, end));
      if (end == std::string_view::npos) return;
      rest.remove_prefix(end + 1);
    }
  }
  void operator()(const Refused& event) const {
    add(lines, "! {}\n{}", event.text, event.asks_name ? "enter name:\n" : "");
  }
  void operator()(const Goodbye& event) const { add(lines, "* {}\n", event.text); }
};

}  // namespace

std::string to_text(const Event& event) {
  Lines lines;
  std::visit(Writer{lines}, event);
  return fmt::to_string(lines);
}

std::string to_text(WallTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::string to_text(const LogEntry& entry) {
  std::string line = fmt::format("{} {}", to_text(entry.time), entry.kind);
  for (const std::string* const part : {&entry.name, &entry.address, &entry.text}) {
    if (!part->empty()) line += " " + *part;
  }
  return line;
}

}  // namespace chat
