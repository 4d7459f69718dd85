#pragma once

#include <memory>

#include "encap/input/message_source.h"

namespace encap {

/// Reads messages on a thread of its own, a few batches ahead of whoever asks for its messages, so that one core reads
/// while another crafts. Rows come in the same order with the same errors as from the reader itself.
///
/// Memory: that of the reader and 4 batches of 256 KiB, or of the longest message where that is more.
class MessageReadAhead {
 public:
  explicit MessageReadAhead(std::unique_ptr<MessageSource> source);
  MessageReadAhead(MessageReadAhead&&) noexcept;
  MessageReadAhead& operator=(MessageReadAhead&&) noexcept;
  ~MessageReadAhead();

  /// As `MessageSource::next`.
  [[nodiscard]] Result<const Message*, Failure> next();

  /// Complete once the end was reached. Precondition: it was.
  [[nodiscard]] const TableNotes& notes() const noexcept;
  /// Rows handed out so far.
  [[nodiscard]] std::uint64_t rows() const noexcept;
  /// Octets of the file read so far, for progress.
  [[nodiscard]] std::uint64_t octets() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
