#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"

/// A folder that takes files under names that strangers chose. A file is only ever made new, in that very folder: no
/// name leads out of it, no symbolic link is followed, and nothing that is there is written over.
class ObjectFolder {
 public:
  ObjectFolder() = default;
  ObjectFolder(const ObjectFolder&) = delete;
  ObjectFolder& operator=(const ObjectFolder&) = delete;
  ~ObjectFolder();

  /// Makes the folder where there is none.
  [[nodiscard]] encap::Result<void, encap::IoError> open(const std::string& path);
  /// Writes a file called `name`, or as near to that as may be: `a.txt`, `a(1).txt` where there is one. Errors: the
  /// system refused; the file is gone again.
  [[nodiscard]] encap::Result<void, encap::IoError> write(std::string_view name, encap::Bytes octets);

 private:
  // So many names at most whose next number is remembered; those that are forgotten are tried from the start.
  static constexpr std::size_t most_names = 65'536;

  std::string path_;
  int folder_ = -1;
  std::unordered_map<std::string, std::uint64_t> next_;
};
