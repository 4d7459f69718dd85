#pragma once

#include <memory>
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

/// Appends the trees of many packets, sooner than `append_tree` would: it remembers lines.
class TreeWriter {
 public:
  /// Lifetime: borrows what `options` names.
  explicit TreeWriter(const TreeOptions& options = {});
  TreeWriter(TreeWriter&&) noexcept;
  TreeWriter& operator=(TreeWriter&&) noexcept;
  ~TreeWriter();

  void packet(std::string& out, const Dissection& dissection);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace encap
