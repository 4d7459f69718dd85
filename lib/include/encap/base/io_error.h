#pragma once

#include <string>

namespace encap {

/// An operation on a file or an interface that the system refused.
struct IoError {
  std::string operation;  ///< what was tried: "open", "write", "read"
  std::string path;       ///< the file or interface
  int code = 0;           ///< errno of the refusal; 0 when `reason` says it all
  std::string reason;     ///< overrides the text of `code` when it is not empty
};

/// As in `open lo: Operation not permitted`.
[[nodiscard]] std::string to_string(const IoError& error);

}  // namespace encap
