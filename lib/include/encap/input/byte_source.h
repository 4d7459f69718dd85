#pragma once

#include <memory>
#include <string>

#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

/// Where the octets of a table come from. Calls may come from another thread than the one that made it, one at a time.
class ByteSource {
 public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  /// Fills `out` from its start and returns how many octets came; 0 is the end.
  [[nodiscard]] virtual Result<std::size_t, IoError> read(MutableBytes out) = 0;
};

/// Octets of a file; `-` is standard input. Errors: the open the system refuses.
[[nodiscard]] Result<std::unique_ptr<ByteSource>, IoError> open_file_source(const std::string& path);

/// Octets in memory. Lifetime: borrows `octets`.
[[nodiscard]] std::unique_ptr<ByteSource> memory_source(Bytes octets);

}  // namespace encap
