#pragma once

#include <string>

#include "event.h"

namespace chat {

/// An event as lines of the TCP protocol, each with its LF. PROTOCOL.md has an example of each.
[[nodiscard]] std::string to_text(const Event& event);

/// As in `2026-11-22T04:30:00.123Z`.
[[nodiscard]] std::string to_text(WallTime time);

}  // namespace chat
