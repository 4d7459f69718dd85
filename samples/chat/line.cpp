#include "line.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <utility>

#include "base/utf8.h"

namespace chat {
namespace {

using Parsed = std::variant<Command, Mistake>;

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// The word a text starts with; `rest` is what follows it and the blanks behind it.
std::string_view first_word(std::string_view text, std::string_view& rest) {
  const auto end = std::ranges::find_if(text, is_blank);
  const auto length = static_cast<std::size_t>(end - text.begin());
  rest = trim(text.substr(length));
  return text.substr(0, length);
}

bool same(std::string_view a, std::string_view b) { return fold_name(a) == fold_name(b); }

char32_t code_point(std::string_view character) {
  const auto octet = [character](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  switch (character.size()) {
    case 1:
      return octet(0);
    case 2:
      return (octet(0) & 0x1fU) << 6 | (octet(1) & 0x3fU);
    case 3:
      return (octet(0) & 0x0fU) << 12 | (octet(1) & 0x3fU) << 6 | (octet(2) & 0x3fU);
    default:
      return (octet(0) & 0x07U) << 18 | (octet(1) & 0x3fU) << 12 | (octet(2) & 0x3fU) << 6 | (octet(3) & 0x3fU);
  }
}

/// C0 and C1 controls.
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c < 0xa0); }

/// What is not seen, or turns the direction of what follows: with these, one name could look like another.
constexpr bool is_invisible(char32_t c) {
  return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/// Blanks of any width, which look alike.
constexpr bool is_other_blank(char32_t c) {
  return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000;
}

/// Calls `visit` with each character. Precondition: the text is UTF-8.
template <class Visit>
void each_character(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(1, encap::utf8_length(text));
    visit(code_point(text.substr(0, length)));
    text.remove_prefix(length);
  }
}

Mistake bad_argument(std::string text) { return {RefusalCode::bad_argument, std::move(text)}; }

/// Whether a text can be a name at all. What is refused is not repeated: it may be a password on the wrong line.
std::optional<Mistake> check_name(std::string_view name) {
  const auto bad = [](std::string text) { return Mistake{RefusalCode::name_bad, std::move(text)}; };
  std::size_t characters = 0;
  bool invisible = false;
  each_character(name, [&](char32_t c) {
    ++characters;
    invisible = invisible || is_control(c) || is_invisible(c) || is_other_blank(c);
  });
  if (characters == 0) return bad(fmt::format("a name is missing; enter 1 to {} characters", name_max));
  if (characters > name_max) {
    return bad(fmt::format("this name has {} characters; a name has 1 to {}", characters, name_max));
  }
  if (invisible) return bad("a name has no characters that cannot be seen");
  if (is_blank(name.front()) || is_blank(name.back())) return bad("a name has no blanks at its ends");
  if (name.find_first_of(",:#@/") != std::string_view::npos) return bad("a name has none of , : # @ /");
  if (same(name, "all")) return bad("all means everybody; choose another name");
  return std::nullopt;
}

std::optional<GroupNumber> group_number(std::string_view text) {
  GroupNumber group = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), group);
  if (error != std::errc{} || end != text.data() + text.size() || group == 0) return std::nullopt;
  return group;
}

/// What stands before the colon of a line, or behind a command.
std::variant<Target, Mistake> parse_target(std::string_view text) {
  text = trim(text);
  if (text.empty()) {
    return Mistake{RefusalCode::no_target,
                   "say whom: all: text, NAME: text, NAME,NAME: text, #ID: text or @NAME: text"};
  }
  if (text.front() == '#') {
    if (const auto group = group_number(text.substr(1))) return InGroup{*group};
    return Mistake{RefusalCode::not_in_group, "a group's ID is a number, as in #3"};
  }
  if (text.front() == '@') {
    const std::string_view name = trim(text.substr(1));
    if (name.empty()) return Mistake{RefusalCode::no_target, "a name is missing behind @, as in @bob: hi"};
    return InChat{std::string{name}};
  }
  if (same(text, "all")) return Lobby{};
  People people;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view name = trim(text.substr(0, comma));
    if (name.empty()) return Mistake{RefusalCode::no_target, "a name is missing beside a comma, as in bob,carol: hi"};
    if (same(name, "all")) return bad_argument("all already means everybody; leave the names beside it out");
    people.names.emplace_back(name);
    if (comma == std::string_view::npos) return people;
    text.remove_prefix(comma + 1);
  }
}

Mistake too_long() {
  return {RefusalCode::too_long, fmt::format("the line is too long; a line has at most {} octets", line_max)};
}

Mistake empty_message() { return {RefusalCode::empty_message, "the message is empty; write something to say"}; }

/// `TARGET: text`.
Parsed parse_say(std::string_view line, Expect expect) {
  const bool has_place = expect == Expect::current_place;
  const bool may_name_target = !has_place || line.starts_with('#') || line.starts_with('@');
  const std::size_t colon = may_name_target ? line.find(':') : std::string_view::npos;
  if (colon == std::string_view::npos) {
    if (trim(line).empty()) return empty_message();
    if (has_place) return Say{CurrentPlace{}, std::string{line}, {}};
    return Mistake{RefusalCode::no_target, "say whom, as in all: text or NAME: text; /help lists what can be said"};
  }
  auto target = parse_target(line.substr(0, colon));
  if (Mistake* const mistake = std::get_if<Mistake>(&target)) {
    if (has_place) return Say{CurrentPlace{}, std::string{line}, {}};
    return std::move(*mistake);
  }
  std::string_view text = line.substr(colon + 1);
  if (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  if (trim(text).empty()) return empty_message();
  return Say{std::get<Target>(std::move(target)), std::string{text}, has_place ? std::string{line} : std::string{}};
}

Parsed parse_chat(std::string_view arguments) {
  if (arguments.empty()) return bad_argument("say with whom: /chat NAME");
  return AskChat{std::string{arguments}};
}

template <class Answer>
Parsed parse_answer(std::string_view arguments) {
  if (arguments.starts_with('@')) arguments = trim(arguments.substr(1));
  return arguments.empty() ? Answer{} : Answer{std::string{arguments}};
}

std::optional<Mistake> check_password(std::string_view password) {
  if (password.size() <= password_max) return std::nullopt;
  return bad_argument(fmt::format("a password has at most {} octets", password_max));
}

Parsed parse_create(std::string_view arguments) {
  if (arguments.empty()) return bad_argument("a password is missing: /create PASSWORD");
  if (auto mistake = check_password(arguments)) return std::move(*mistake);
  return CreateGroup{Password{arguments}};
}

Parsed parse_join(std::string_view arguments) {
  std::string_view password;
  std::string_view number = first_word(arguments, password);
  if (number.starts_with('#')) number.remove_prefix(1);
  const auto group = group_number(number);
  if (!group || password.empty()) return bad_argument("a group's number and password are needed: /join ID PASSWORD");
  if (auto mistake = check_password(password)) return std::move(*mistake);
  return JoinGroup{*group, Password{password}};
}

Parsed parse_leave(std::string_view arguments) {
  if (arguments.empty()) return Leave{CurrentPlace{}};
  if (arguments.front() == '#' || arguments.front() == '@') {
    auto target = parse_target(arguments);
    if (Mistake* const mistake = std::get_if<Mistake>(&target)) return std::move(*mistake);
    return Leave{std::get<Target>(std::move(target))};
  }
  return bad_argument("say what to leave: /leave #ID or /leave @NAME");
}

Parsed parse_history(std::string_view arguments) {
  ReadHistory history;
  std::string_view rest;
  const std::string_view number = first_word(arguments, rest);
  if (!number.empty() && std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; })) {
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), history.count);
    if (error != std::errc{} || history.count == 0 || history.count > history_max) {
      return bad_argument(fmt::format("1 to {} messages can be asked for: /history [N] [TARGET]", history_max));
    }
    arguments = rest;
  }
  if (arguments.empty()) return history;
  auto target = parse_target(arguments);
  if (Mistake* const mistake = std::get_if<Mistake>(&target)) return std::move(*mistake);
  history.target = std::get<Target>(std::move(target));
  if (const People* const people = std::get_if<People>(&*history.target); people && people->names.size() != 1) {
    return bad_argument("one name at a time: /history [N] NAME");
  }
  return history;
}

Parsed parse_receipts(std::string_view arguments) {
  if (same(arguments, "on")) return SetReceipts{true};
  if (same(arguments, "off")) return SetReceipts{false};
  return bad_argument("/receipts is on or off");
}

/// A command that takes no arguments.
template <class Plain>
Parsed parse_plain(std::string_view arguments) {
  if (!arguments.empty()) return bad_argument("this command stands alone on its line");
  return Plain{};
}

struct CommandRow {
  std::string_view word;
  std::string_view arguments;
  std::string_view purpose;
  Parsed (*parse)(std::string_view arguments);
};

constexpr CommandRow command_rows[] = {
    {"/users", "", "who is here", parse_plain<ListUsers>},
    {"/chat", " NAME", "asks somebody for a private chat", parse_chat},
    {"/accept", " [NAME]", "opens the private chat somebody asked for", parse_answer<AcceptChat>},
    {"/reject", " [NAME]", "does not", parse_answer<RejectChat>},
    {"/create", " PASSWORD", "makes a group and joins it", parse_create},
    {"/join", " ID PASSWORD", "joins a group", parse_join},
    {"/leave", " [#ID|@NAME]", "leaves a group or a private chat, the last one entered if none is named", parse_leave},
    {"/history", " [N] [TARGET]", "what was said before", parse_history},
    {"/receipts", " on|off", "whether each message is confirmed once it is stored", parse_receipts},
    {"/help", "", "this list", parse_plain<Help>},
    {"/exit", "", "says goodbye", parse_plain<Exit>},
};

Parsed parse_command(std::string_view line) {
  std::string_view arguments;
  const std::string_view word = first_word(line, arguments);
  const auto* const row =
      std::ranges::find_if(command_rows, [word](const CommandRow& r) { return same(r.word, word); });
  // The word is not repeated: of a mistyped /join it may be the password.
  if (row == std::end(command_rows)) return Mistake{RefusalCode::unknown_command, "no such command; /help lists them"};
  return row->parse(arguments);
}

}  // namespace

std::string_view to_string(RefusalCode code) noexcept {
  constexpr std::string_view names[] = {
      "name_taken", "name_bad", "no_target", "empty_message", "unknown_user",    "group_refused", "not_in_group",
      "no_chat",    "too_long", "not_utf8",  "rate_limited",  "unknown_command", "bad_argument",  "not_stored"};
  static_assert(std::size(names) == static_cast<std::size_t>(RefusalCode::not_stored) + 1);
  return names[static_cast<std::size_t>(code)];
}

void Password::wipe() noexcept {
  explicit_bzero(text_.data(), text_.size());
  text_.clear();
}

std::string fold_name(std::string_view name) {
  std::string folded{name};
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

std::optional<Mistake> check_line(std::string_view line) {
  if (line.size() > line_max) return too_long();
  for (std::size_t at = encap::plain_length(line); at < line.size();) {
    const std::size_t length = encap::utf8_length(line.substr(at));
    if (length == 0) {
      return Mistake{RefusalCode::not_utf8, fmt::format("octet {} of the line is not UTF-8; send UTF-8", at + 1)};
    }
    const char32_t c = code_point(line.substr(at, length));
    if (is_control(c) && c != '\t') {
      return bad_argument(fmt::format("octet {} of the line is a control character; send text", at + 1));
    }
    at += length;
  }
  return std::nullopt;
}

std::variant<Command, Mistake> parse_line(std::string_view line, Expect expect) {
  if (expect == Expect::name) {
    if (same(line, "/exit")) return Exit{};
    if (auto mistake = check_name(line)) return std::move(*mistake);
    return SetName{std::string{line}};
  }
  if (line.starts_with("//")) return parse_say(line.substr(1), expect);
  if (line.starts_with('/')) return parse_command(line);
  return parse_say(line, expect);
}

const std::string& help_text() {
  static const std::string text = [] {
    std::string lines =
        "all: TEXT says something to everybody, NAME: TEXT to one, NAME,NAME: TEXT to several\n"
        "#ID: TEXT to a group you are in, @NAME: TEXT in a private chat; in the last one entered TEXT alone\n";
    for (const CommandRow& row : command_rows) lines += fmt::format("{}{} {}\n", row.word, row.arguments, row.purpose);
    return lines + "//TEXT is a TEXT that starts with /";
  }();
  return text;
}

LineReader::~LineReader() { explicit_bzero(buffer_.data(), buffer_.size()); }  // there may have been passwords in it

std::span<char> LineReader::space() noexcept {
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    scanned_ -= begin_;
    begin_ = 0;
  }
  return std::span{buffer_}.subspan(end_);
}

void LineReader::filled(std::size_t octets) noexcept { end_ += std::min(octets, buffer_.size() - end_); }

std::optional<std::variant<std::string_view, Mistake>> LineReader::next() {
  while (true) {
    const char* const found = static_cast<const char*>(std::memchr(buffer_.data() + scanned_, '\n', end_ - scanned_));
    if (found == nullptr) {
      scanned_ = end_;
      // A line of the greatest length may still end in CRLF.
      const bool is_too_long = end_ - begin_ > line_max + 1;
      if (is_too_long || skipping_) begin_ = end_;
      if (!is_too_long || skipping_) return std::nullopt;
      skipping_ = true;
      return too_long();
    }
    const auto lf = static_cast<std::size_t>(found - buffer_.data());
    std::string_view line{buffer_.data() + begin_, lf - begin_};
    begin_ = scanned_ = lf + 1;
    if (std::exchange(skipping_, false)) continue;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (auto mistake = check_line(line)) return std::move(*mistake);
    return line;
  }
}

}  // namespace chat
