#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "encap/input/byte_source.h"

/// A table that is read more than once. What comes from standard input is kept in a nameless file.
class TableInput {
 public:
  using Source = encap::Result<std::unique_ptr<encap::ByteSource>, encap::IoError>;

  /// `path`: `-` is standard input.
  explicit TableInput(std::string path) : path_{std::move(path)} {}

  /// The first time. Lifetime: borrows this. Errors: the file cannot be opened, or none can be made.
  [[nodiscard]] Source first();
  /// Another time: of standard input, what was read the first time. Lifetime: borrows this; those before are gone.
  [[nodiscard]] Source again();

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  std::string path_;
  std::unique_ptr<std::FILE, Close> kept_;
};
