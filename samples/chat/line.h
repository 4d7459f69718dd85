#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "refusal.h"

namespace chat {

inline constexpr std::size_t line_max = 4096;     ///< octets of a line, its end not counted
inline constexpr std::size_t name_max = 32;       ///< characters of a name
inline constexpr std::size_t password_max = 128;  ///< octets of a group's password
inline constexpr unsigned history_max = 200;      ///< messages that can be asked for at once
inline constexpr unsigned history_usual = 50;     ///< messages that come unasked, or where no number is given

using GroupNumber = std::uint32_t;

/// A group's password on its way to being hashed. It can be moved, not copied or printed; its octets are wiped when it
/// ends.
class Password {
 public:
  Password() = default;
  explicit Password(std::string_view text) : text_{text} {}
  Password(Password&& other) noexcept { *this = std::move(other); }
  Password& operator=(Password&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = other.text_;  // a move could leave octets behind that are not wiped
      other.wipe();
    }
    return *this;
  }
  Password(const Password&) = delete;
  Password& operator=(const Password&) = delete;
  ~Password() { wipe(); }

  /// Lifetime: until the password moves or ends.
  [[nodiscard]] std::string_view reveal() const noexcept { return text_; }

 private:
  void wipe() noexcept;
  std::string text_;
};

/// Whom a line is for.
struct CurrentPlace {};  ///< the group or private chat that was entered last
struct Lobby {};
struct People {
  std::vector<std::string> names;  ///< as they were written; at least one, none empty
};
struct InGroup {
  GroupNumber group;
};
struct InChat {
  std::string name;
};
using Target = std::variant<CurrentPlace, Lobby, People, InGroup, InChat>;

struct SetName {
  std::string name;  ///< allowed as a name; whether it is taken, the room knows
};
struct Say {
  Target target;
  std::string text;   ///< not empty
  std::string whole;  ///< the whole line, which is the text after all where `target` is no place of the speaker's
};
struct ListUsers {};
struct AskChat {
  std::string name;
};
struct AcceptChat {
  std::optional<std::string> name;
};
struct RejectChat {
  std::optional<std::string> name;
};
struct CreateGroup {
  Password password;
};
struct JoinGroup {
  GroupNumber group;
  Password password;
};
struct Leave {
  Target target;  ///< CurrentPlace, InGroup or InChat
};
struct ReadHistory {
  unsigned count = history_usual;  ///< 1..history_max
  std::optional<Target> target;
};
struct SetReceipts {
  bool on;
};
struct Help {};
struct Exit {};

using Command = std::variant<SetName, Say, ListUsers, AskChat, AcceptChat, RejectChat, CreateGroup, JoinGroup, Leave,
                             ReadHistory, SetReceipts, Help, Exit>;

/// What a line means depends on where its client is.
enum class Expect : std::uint8_t {
  name,          ///< it has no name yet: the line is one
  target,        ///< lines name their target
  current_place  ///< it is in a group or a private chat, where lines need no prefix
};

/// A line without its end, as a command. Precondition: `check_line` found nothing wrong with it.
[[nodiscard]] std::variant<Command, Mistake> parse_line(std::string_view line, Expect expect);

/// What is wrong with a line before it is looked at closer: too_long, not_utf8, bad_argument (a control character, the
/// tab excepted, which would move other people's cursors).
[[nodiscard]] std::optional<Mistake> check_line(std::string_view line);

/// All commands and what they are for, a line each.
[[nodiscard]] const std::string& help_text();

/// A name as it is compared: ASCII letters in lower case.
[[nodiscard]] std::string fold_name(std::string_view name);

/// Octets to lines. A line ends in LF or CRLF; of one that is too long nothing is kept, and what belongs to it is
/// skipped.
class LineReader {
 public:
  ~LineReader();

  /// Where octets are to be put. Never empty once `next` gave nothing. Lifetime: until the next call.
  [[nodiscard]] std::span<char> space() noexcept;
  /// So many octets were put there.
  void filled(std::size_t octets) noexcept;
  /// The next line, checked, or what is wrong with it. Lifetime of the line: until `space` is called.
  [[nodiscard]] std::optional<std::variant<std::string_view, Mistake>> next();

 private:
  std::array<char, 2 * line_max> buffer_;
  std::size_t begin_ = 0;    ///< of what is not yet given away
  std::size_t scanned_ = 0;  ///< no LF between begin_ and here
  std::size_t end_ = 0;
  bool skipping_ = false;  ///< the rest of a line that was too long
};

}  // namespace chat
