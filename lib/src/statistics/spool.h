#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <vector>

#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

/// Octets that are written one after the other and read back from the start, however many: all in memory up to `held`,
/// behind that in a temporary file, which has no name and goes with the spool. Memory: `held` at most.
class Spool {
 public:
  static constexpr std::size_t held = std::size_t{8} << 20;

  /// Errors: the temporary file cannot be made or written; nothing is taken from then on.
  Result<void, IoError> append(Bytes octets);
  /// Octets taken so far.
  [[nodiscard]] std::uint64_t size() const noexcept { return memory_.size() + in_file_; }

  /// Reads from the start. Lifetime: borrows the spool, which takes nothing more as long as it is read.
  class Reader {
   public:
    explicit Reader(const Spool& spool) noexcept;
    /// The next octets, all of `into`. Precondition: there are so many. Errors: the file cannot be read.
    [[nodiscard]] Result<void, IoError> read(MutableBytes into);
    [[nodiscard]] bool at_end() const noexcept { return at_ == spool_.size(); }

   private:
    const Spool& spool_;
    std::uint64_t at_ = 0;
  };

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  std::vector<std::byte> memory_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t in_file_ = 0;
  bool failed_ = false;
};

}  // namespace encap
