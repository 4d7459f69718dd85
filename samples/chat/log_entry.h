#pragma once

#include <string>
#include <string_view>

#include "event.h"

namespace chat {

/// Something that happened. Holds no text of a message, and no argument of /create or /join.
struct LogEntry {
  WallTime time;
  std::string_view kind;  ///< such as "named". Lifetime: for ever
  std::string name;       ///< empty where nobody is meant, or nobody with a name
  std::string address;    ///< as in 127.0.0.1:40000
  std::string text;
};

/// As in `2026-11-22T04:30:00.123Z joined bob 127.0.0.1:40000 #3`.
[[nodiscard]] std::string to_text(const LogEntry& entry);

}  // namespace chat
