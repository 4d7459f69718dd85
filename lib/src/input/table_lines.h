#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>

#include "input/table_source.h"

namespace encap {

/// Cuts what a TableSource gives into lines, for a parser that cuts these into cells where they lie.
///
/// Memory: a block of 256 KiB, or twice the longest line.
class TableLines {
 public:
  static constexpr std::size_t longest = std::size_t{16} << 20;  ///< octets of a line, its end among them
  struct TooLong : std::exception {};

  /// Reads the first block and passes over a byte order mark. Lifetime: borrows `source`. Throws TableFailure.
  explicit TableLines(TableSource& source);

  /// The next line without its LF, in whose place there is a NUL; nothing at the end. Lifetime: until the next call,
  /// and its octets may be changed until then. Throws TableFailure, and TooLong, behind which there is nothing.
  [[nodiscard]] std::optional<std::span<char>> next();

  /// Of the line given last, from 1 on.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
  /// Octets read so far; may be asked from another thread.
  [[nodiscard]] std::uint64_t octets() const noexcept { return octets_.load(std::memory_order_relaxed); }

 private:
  void fill();

  TableSource* source_;
  std::size_t room_ = std::size_t{256} << 10;
  std::unique_ptr<char[]> buffer_ = std::make_unique_for_overwrite<char[]>(room_);
  std::size_t begin_ = 0;  // of what was read and not given yet
  std::size_t end_ = 0;
  bool ended_ = false;
  std::uint64_t number_ = 0;
  std::atomic<std::uint64_t> octets_{0};
};

}  // namespace encap
