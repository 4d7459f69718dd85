#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "encap/base/failure.h"
#include "encap/base/result.h"
#include "encap/flow/message.h"
#include "encap/input/byte_source.h"

namespace encap {

/// What was bent in a table and read all the same. Counts are of rows, or of cells where the name says so.
struct TableNotes {
  std::vector<std::string> ignored_columns;                          ///< as the table spells them
  std::vector<std::pair<std::string, std::string>> guessed_columns;  ///< as written, and what it was taken for
  char separator = ',';
  std::uint64_t blank_rows = 0;
  std::uint64_t short_rows = 0;           ///< with fewer cells than the header; the missing ones count as empty
  std::uint64_t names_in_port_cells = 0;  ///< taken as the application's name
  std::uint64_t addresses_in_port_cells = 0;
  std::uint64_t names_in_address_cells = 0;
  std::uint64_t missing_times = 0;  ///< empty, in a table that has times: taken as 10 ms after the row before
  std::uint64_t escapes_left = 0;   ///< holding `\r`, `\n`, `\t` or `\xHH` while escapes are not read
  std::uint64_t not_utf8 = 0;       ///< whose octets go out as they are
};

/// Reads a message table row by row: UTF-8 CSV with RFC 4180 quoting, an optional BOM, LF or CRLF (or CR), commas,
/// semicolons or tabs, line breaks inside quotes, and a header row that names the columns in any order and any case.
///
/// Memory: constant, about 50 MiB for large files (three blocks of the parser's read-ahead). A row may be 16 MiB long.
class MessageReader {
 public:
  struct Options {
    bool escapes = false;  ///< read `\r`, `\n`, `\t`, `\xHH`, `\\` and the rest of C's in messages
  };

  /// Reads the header row. `name` is what errors call the file. Errors: a file that is no table and what it is instead,
  /// a header without a message column, a source that cannot be read.
  [[nodiscard]] static Result<MessageReader, Failure> open(std::string name, std::unique_ptr<ByteSource> source,
                                                           Options options);
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;
  ~MessageReader();

  /// The next row; nullptr at the end. A row that cannot be used is an InputError, and the call after that goes on
  /// behind it. After an IoError, or a row too long to find the end of, the end follows.
  /// Lifetime: the message and all it points at, until the next call.
  [[nodiscard]] Result<const Message*, Failure> next();

  /// Complete once the end was reached.
  [[nodiscard]] const TableNotes& notes() const noexcept;
  /// Data rows read so far, blank ones not counted.
  [[nodiscard]] std::uint64_t rows() const noexcept;
  /// Octets of the table read so far, for progress.
  [[nodiscard]] std::uint64_t octets() const noexcept;

 private:
  class Impl;
  explicit MessageReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
