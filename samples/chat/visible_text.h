#pragma once

#include <string>
#include <string_view>

namespace chat {

/// A text of others as a terminal may show it: what could move its cursor, change its colours or answer in its user's
/// place becomes visible characters. `\x1b` becomes `^[`, U+0085 becomes `\u0085`, an octet that is no UTF-8 `\xff`;
/// characters that turn the direction of what follows them (U+202A to U+202E, U+2066 to U+2069) become `\u202e`. Text
/// in any script, emoji and what joins them, and marks of direction (U+200E, U+200F) stay. Source: Unicode 15, UAX #9;
/// ECMA-48.
[[nodiscard]] std::string visible_text(std::string_view text);

}  // namespace chat
