#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace chat {

/// Why something was not done. The names of the enumerators are what the JSON form and the log say.
enum class RefusalCode : std::uint8_t {
  name_taken,
  name_bad,
  no_target,
  empty_message,
  unknown_user,
  group_refused,
  not_in_group,
  no_chat,
  too_long,
  not_utf8,
  rate_limited,
  unknown_command,
  bad_argument,
  not_stored,
};

/// As in `name_taken`.
[[nodiscard]] std::string_view to_string(RefusalCode code) noexcept;

/// What was wrong with a line, and in a sentence what would be right.
struct Mistake {
  RefusalCode code;
  std::string text;
};

}  // namespace chat
