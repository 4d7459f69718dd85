#pragma once

#include <string>
#include <string_view>

#include "encap/base/source_location.h"

namespace encap {

/// A place in a table that cannot be used, and what would be right.
struct InputError {
  SourceLocation where;
  std::string name;     ///< the column, option or part that is meant; empty for the file as a whole
  std::string excerpt;  ///< the offending text, shortened; empty where nothing is there
  std::string reason;   ///< what was wrong and what would be right, as a sentence without a full stop
};

/// Text out of a table as a terminal may show it: controls and what is no UTF-8 as `\xHH`, and `...` for what is
/// behind the first `longest` octets.
[[nodiscard]] std::string printable(std::string_view text, std::size_t longest);

/// As in `bad.csv:7:31: timestamp: "0.1s": write seconds, as in 0.125`. The excerpt is `printable`, so that a table
/// cannot write to the terminal.
[[nodiscard]] std::string to_string(const InputError& error);

}  // namespace encap
