#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/base/failure.h"
#include "encap/base/result.h"
#include "encap/flow/message.h"
#include "encap/input/byte_source.h"

namespace encap {

/// What was bent in a table and read all the same, or left out. Counts are of rows, or of what the name says.
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

  // Of packet lists.
  std::uint64_t control_packets = 0;      ///< TCP segments without data
  std::uint64_t hidden_data_packets = 0;  ///< with data that the list does not show
  std::uint64_t other_packets = 0;        ///< of protocols below the applications: ARP, ICMP ...

  // Of HAR files and dialogues.
  std::uint64_t https_messages = 0;       ///< written to port 80, as the plain HTTP that was inside TLS
  std::uint64_t later_http_versions = 0;  ///< messages of HTTP/2 and HTTP/3, written as HTTP/1.1
  std::uint64_t decoded_bodies = 0;       ///< written without the codings they were transferred in
  std::uint64_t missing_bodies = 0;       ///< which the file does not hold, written empty
  std::uint64_t own_connections = 0;      ///< requests sent before the answer to another one on their connection
  std::uint64_t unanswered_requests = 0;  ///< entries without a response
  std::uint64_t entries_off_network = 0;  ///< of `data:` and other URLs that are no HTTP
  std::uint64_t web_socket_messages = 0;  ///< left out
};

/// Where messages come from: a reader of one kind of file.
class MessageSource {
 public:
  virtual ~MessageSource() = default;

  /// The next message; nullptr at the end. What cannot be used (a row, an entry, a line) is an InputError, and the call
  /// after that goes on behind it. After an IoError, or a mistake behind which nothing can be found, the end follows.
  /// Lifetime: the message and all it points at, until the next call.
  [[nodiscard]] virtual Result<const Message*, Failure> next() = 0;

  /// Complete once the end was reached.
  [[nodiscard]] virtual const TableNotes& notes() const noexcept = 0;
  /// Messages read so far, those that cannot be used among them. Of a table: data rows, blank ones not counted.
  [[nodiscard]] virtual std::uint64_t rows() const noexcept = 0;
  /// Octets of the file read so far, for progress. May be called from another thread than `next`.
  [[nodiscard]] virtual std::uint64_t octets() const noexcept = 0;

 protected:
  MessageSource() = default;
  MessageSource(const MessageSource&) = default;
  MessageSource(MessageSource&&) = default;
  MessageSource& operator=(const MessageSource&) = default;
  MessageSource& operator=(MessageSource&&) = default;
};

/// The kinds of file that hold messages.
enum class MessageFormat : std::uint8_t {
  csv,           ///< a message table, see `MessageReader`
  har,           ///< what a browser recorded: HTTP Archive 1.2
  dialogue,      ///< lines behind `>` and `<`, as curl -v prints them
  wireshark_csv  ///< Wireshark's packet list, exported as CSV
};

/// What `--from` calls a format. Lifetime: static.
[[nodiscard]] std::string_view name(MessageFormat format) noexcept;

struct MessageSourceOptions {
  bool escapes = false;  ///< of csv alone, see `MessageReader::Options`
};

/// Opens a file of messages and reads its head. `name` is what errors call the file. Errors: a file that plainly is of
/// another kind, and which; what the reader of the kind says of the head; a source that cannot be read.
///
/// Memory: that of `MessageReader` for the tables; for the others, their longest message a few times (up to 16 MiB of
/// text each) and a block of 256 KiB.
[[nodiscard]] Result<std::unique_ptr<MessageSource>, Failure> open_message_source(MessageFormat format,
                                                                                  std::string name,
                                                                                  std::unique_ptr<ByteSource> source,
                                                                                  MessageSourceOptions options = {});

}  // namespace encap
