#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "encap/input/byte_source.h"
#include "encap/input/message_source.h"

namespace encap {

/// Reads a message table row by row: UTF-8 CSV with RFC 4180 quoting, an optional BOM, LF or CRLF (or CR), commas,
/// semicolons or tabs, line breaks inside quotes, and a header row that names the columns in any order and any case.
///
/// Memory: constant, less than 1 MiB unless a row is longer. A row may be 16 MiB long.
class MessageReader final : public MessageSource {
 public:
  struct Options {
    bool escapes = false;      ///< read `\r`, `\n`, `\t`, `\xHH`, `\\` and the rest of C's in messages
    bool packet_list = false;  ///< Wireshark's: Info is the message, rows without one are left out
  };

  /// Reads the header row. `name` is what errors call the file. Errors: a file that is no table and what it is instead,
  /// a header without a message column, a source that cannot be read.
  [[nodiscard]] static Result<MessageReader, Failure> open(std::string name, std::unique_ptr<ByteSource> source,
                                                           Options options);
  MessageReader(MessageReader&&) noexcept;
  MessageReader& operator=(MessageReader&&) noexcept;
  ~MessageReader() override;

  [[nodiscard]] Result<const Message*, Failure> next() override;
  [[nodiscard]] const TableNotes& notes() const noexcept override;
  [[nodiscard]] std::uint64_t rows() const noexcept override;
  [[nodiscard]] std::uint64_t octets() const noexcept override;

 private:
  class Impl;
  explicit MessageReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
