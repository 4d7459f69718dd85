#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

class OutputFile;

/// A text file that is being written, such as an index of a capture. It appears whole or not at all, as capture files
/// do: a regular file is written beside its target under a name of its own and takes the target's place in `commit()`,
/// what goes to a pipe or to standard output waits for it in a nameless file in $TMPDIR, or /tmp. A writer that is
/// destroyed without a commit leaves nothing behind.
class TextFileWriter {
 public:
  /// Opens `path` for writing; `-` is standard output. Blocks on a FIFO until somebody reads it.
  /// Errors: the target cannot be written.
  [[nodiscard]] static Result<TextFileWriter, IoError> open(const std::string& path);
  TextFileWriter(TextFileWriter&&) noexcept;
  TextFileWriter& operator=(TextFileWriter&&) noexcept;
  ~TextFileWriter();

  /// Writes the text behind what is there. Keeps no buffer, so write large pieces. Errors: the medium refuses it, after
  /// which the file is given up.
  [[nodiscard]] Result<void, IoError> write(std::string_view text);

  /// Publishes the text. Errors: the file cannot take its name or its place; a write failed before.
  [[nodiscard]] Result<void, IoError> commit();

 private:
  explicit TextFileWriter(std::unique_ptr<OutputFile> file) noexcept;

  std::unique_ptr<OutputFile> file_;
  std::optional<IoError> failure_;
};

}  // namespace encap
