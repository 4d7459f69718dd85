#pragma once

#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap {

/// The terminal's code for the colour of a packet's line, by what the columns say of it; empty: no colour. What it
/// starts, `colour_end` ends. The rules follow Wireshark's default ones.
[[nodiscard]] std::string_view colour_start(const Columns& columns) noexcept;
inline constexpr std::string_view colour_end = "\x1b[0m";

/// Whether what a program writes is to be coloured, where nobody said it: on a terminal that knows colours, unless
/// NO_COLOR is set or CLICOLOR is 0; elsewhere where CLICOLOR_FORCE is set and not 0. Source: no-color.org,
/// bixense.com/clicolors.
[[nodiscard]] bool colour_is_wanted(bool is_terminal);

}  // namespace encap
