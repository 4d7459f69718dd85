#include "kept_input.h"

#include <cerrno>
#include <utility>

#include "standard_input.h"

namespace {

using encap::IoError;
using encap::Result;

IoError refusal(const char* operation) { return {operation, "the copy of standard input", errno, {}}; }

/// Keeps what it reads.
class KeepingSource final : public encap::ByteSource {
 public:
  KeepingSource(std::unique_ptr<encap::ByteSource> source, std::FILE* file) : source_{std::move(source)}, file_{file} {}

  Result<std::size_t, IoError> read(encap::MutableBytes out) override {
    auto got = source_->read(out);
    if (got && std::fwrite(out.data(), 1, *got, file_) != *got) return encap::unexpected(refusal("write"));
    return got;
  }

 private:
  std::unique_ptr<encap::ByteSource> source_;
  std::FILE* file_;
};

class KeptSource final : public encap::ByteSource {
 public:
  explicit KeptSource(std::FILE* file) : file_{file} {}

  Result<std::size_t, IoError> read(encap::MutableBytes out) override {
    const std::size_t got = std::fread(out.data(), 1, out.size(), file_);
    if (got == 0 && std::ferror(file_) != 0) return encap::unexpected(refusal("read"));
    return got;
  }

 private:
  std::FILE* file_;
};

}  // namespace

TableInput::Source TableInput::first() {
  if (path_ != "-") return encap::open_file_source(path_);
  kept_.reset(std::tmpfile());
  if (kept_ == nullptr) return encap::unexpected(refusal("make"));
  return std::make_unique<KeepingSource>(standard_input(), kept_.get());
}

TableInput::Source TableInput::again() {
  if (path_ != "-") return encap::open_file_source(path_);
  if (std::fflush(kept_.get()) != 0 || std::fseek(kept_.get(), 0, SEEK_SET) != 0)
    return encap::unexpected(refusal("read"));
  return std::make_unique<KeptSource>(kept_.get());
}
