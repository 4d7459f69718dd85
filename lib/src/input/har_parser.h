#pragma once

#include <memory>
#include <string>

#include "encap/base/failure.h"
#include "encap/base/result.h"
#include "input/block_reader.h"
#include "input/har_entry.h"

namespace encap {

/// Takes the entries out of a HAR file, one at a time.
/// Memory: one entry (up to 32 MiB of text; a longer one is passed over and says so) and a block of the file.
class HarParser {
 public:
  /// Lifetime: borrows `blocks`.
  HarParser(std::string name, BlockReader& blocks);
  ~HarParser();
  HarParser(const HarParser&) = delete;
  HarParser& operator=(const HarParser&) = delete;

  /// Reads up to the entries. Errors: another kind of file, no JSON, JSON without log.entries.
  [[nodiscard]] Result<void, Failure> read_head();
  /// The next entry; nullptr behind the last one. Errors: what is no JSON, behind which the end follows.
  /// Lifetime: until the next call.
  [[nodiscard]] Result<const HarEntry*, Failure> next();

  /// The name of the browser, as far as the head of the file says it.
  [[nodiscard]] const std::string& browser() const noexcept;
  /// Number of the entry that was read last, from 1.
  [[nodiscard]] std::uint64_t number() const noexcept;
  /// Where it starts.
  [[nodiscard]] const SourceLocation& where() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
