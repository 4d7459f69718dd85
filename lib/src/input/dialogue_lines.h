#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "input/block_reader.h"

namespace encap {

/// Reads a text line by line. Lines end with LF, with CR before it or without. Memory: a block and the longest line,
/// of which what is behind the first 16 MiB is left out.
class DialogueLines {
 public:
  static constexpr std::size_t most_octets = std::size_t{16} << 20;

  explicit DialogueLines(std::unique_ptr<ByteSource> source);

  /// The first octets of the file.
  [[nodiscard]] std::string_view first_octets() const noexcept { return rest_; }
  /// Goes to the next line; false at the end, and after a refusal.
  bool next();

  /// The line without its end. Lifetime: until the next call.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  /// What ends the line: LF, CRLF, or nothing where the file ends.
  [[nodiscard]] std::string_view line_break() const noexcept { return break_; }
  /// Whether the line was longer than what is kept of it.
  [[nodiscard]] bool cut() const noexcept { return cut_; }

  /// Of the line, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  [[nodiscard]] const std::optional<IoError>& refusal() const noexcept { return blocks_.refusal(); }
  [[nodiscard]] std::uint64_t octets() const noexcept { return blocks_.octets(); }

 private:
  BlockReader blocks_;
  std::string_view rest_;  // of the block
  std::string text_;
  std::string_view break_;
  std::uint64_t number_ = 0;
  bool cut_ = false;
};

}  // namespace encap
