#pragma once

#include <cstdint>
#include <string>

namespace encap {

/// A place in a text file, as editors count: lines and columns from 1, columns in octets. 0 is "not known".
struct SourceLocation {
  std::string file;
  std::uint64_t line = 0;
  std::uint64_t column = 0;

  friend bool operator==(const SourceLocation&, const SourceLocation&) = default;
};

/// `file:line:column`, without the parts that are not known.
[[nodiscard]] std::string to_string(const SourceLocation& location);

}  // namespace encap
