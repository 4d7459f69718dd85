#pragma once

#include <fmt/format.h>
#include <string_view>

namespace encap {

/// Adds what fmt makes of it, in a tenth of its time, where texts and whole numbers are filled in plainly: `{}`, and
/// numbers as `{:09}`, `{:x}`, `{:04x}`, `{:04b}`. False: there is something else, and what was added is to be
/// forgotten. Precondition: the arguments are those of the format, as `fmt::format_string` sees to.
[[nodiscard]] bool append_plain(fmt::memory_buffer& out, std::string_view format, const fmt::format_args& args);

}  // namespace encap
