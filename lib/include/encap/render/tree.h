#pragma once

#include <span>
#include <string>
#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap {

/// How the layer tree is shown.
struct TreeOptions {
  std::span<const std::string> detailed{};  ///< filter names of the layers shown with all they hold; empty: all
  bool dump_data = true;                    ///< undissected octets as a hex dump under the line of their layer
};

/// Appends the layer tree as `-V` shows it, one line per item, four blanks per level, an empty line at the end.
void append_tree(std::string& out, const Dissection& dissection, const TreeOptions& options = {});

}  // namespace encap
