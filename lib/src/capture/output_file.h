#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "capture/file_descriptor.h"
#include "capture/file_unit.h"
#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/capture/delivery.h"

namespace encap {

/// A file made of units (packets, blocks) that never ends in half a unit and takes its place only at `commit()`.
///
/// | target                                       | octets go to                        | `commit()`        |
/// |----------------------------------------------|-------------------------------------|-------------------|
/// | regular file, or none yet                    | a file beside it, `.NAME.XXXXXX`    | renames it        |
/// | regular file that cannot be replaced         | a nameless file in $TMPDIR          | copies over it    |
/// | pipe, FIFO, standard output, when committed  | a nameless file in $TMPDIR          | copies into it    |
/// | pipe, FIFO, standard output, when streamed   | the target                          | –                 |
/// | character or block device                    | the target                          | –                 |
class OutputFile {
 public:
  static constexpr std::size_t maximum_unit_length = std::size_t{2} << 20;  // octets

  /// `-` is standard output. `end` is what completes a file of such units, behind any of them; may be nothing.
  /// Lifetime: borrows `end`.
  [[nodiscard]] static Result<std::unique_ptr<OutputFile>, IoError> open(const std::string& path, Delivery when,
                                                                         NextUnit next_unit, Bytes end);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() { discard(); }

  /// Writes whole units, one of them where the file needs an end. Errors: the medium refused some; the file was cut
  /// back to its last whole unit and `size()` says where that is. Nothing may follow then.
  [[nodiscard]] Result<void, IoError> append(Bytes units);
  /// Octets written, in whole units, without the end.
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

  [[nodiscard]] Result<void, IoError> commit();
  void discard() noexcept;

 private:
  OutputFile(std::string path, NextUnit next_unit, Bytes end)
      : path_{std::move(path)}, next_unit_{next_unit}, end_{end} {}

  [[nodiscard]] Result<void, IoError> open_standard_output(Delivery when);
  [[nodiscard]] Result<void, IoError> open_special(Delivery when);
  [[nodiscard]] Result<void, IoError> open_regular(bool exists);
  [[nodiscard]] Result<void, IoError> open_spool();
  [[nodiscard]] Result<void, IoError> append_with_end(Bytes unit);
  [[nodiscard]] Result<void, IoError> take_name();
  [[nodiscard]] Result<void, IoError> copy_to_target(bool replace);
  // How many of `octets`, which lie at `offset` of the file, make up whole units.
  [[nodiscard]] std::size_t whole_units(std::uint64_t offset, Bytes octets) const noexcept {
    return walk_units(next_unit_, offset, octets, [](const FileUnit&) {});
  }
  // Whether file_ is nobody's but ours: it has a name for the time being, or waits for a copy.
  [[nodiscard]] bool is_private() const noexcept { return !temporary_path_.empty() || target_; }
  [[nodiscard]] std::uint64_t size_with_end() const noexcept { return size_ == 0 ? 0 : size_ + end_.size(); }
  [[nodiscard]] IoError error(const char* operation, int code) const { return {operation, path_, code, {}}; }

  std::string path_;  // as the caller named it
  NextUnit next_unit_;
  Bytes end_;
  std::string final_path_;      // of a regular file, symbolic links followed
  std::string temporary_path_;  // empty when there is none to rename or remove
  FileDescriptor file_;         // what append() writes to
  FileDescriptor target_;       // what commit() copies to; closed when file_ is the target or takes its name
  bool overwrites_ = false;     // target_ is a regular file whose old content goes at the copy
  bool ended_ = false;          // the end is written, where file_ is the target
  std::uint64_t size_ = 0;
};

}  // namespace encap
