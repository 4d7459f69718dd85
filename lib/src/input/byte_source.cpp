#include "encap/input/byte_source.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace encap {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(std::string path, std::FILE* file, bool owned) : path_{std::move(path)}, file_{file}, owned_{owned} {}
  ~FileSource() override {
    if (owned_) static_cast<void>(std::fclose(file_));
  }

  Result<std::size_t, IoError> read(MutableBytes out) override {
    if (refusal_ == 0) {
      errno = 0;
      const std::size_t got = std::fread(out.data(), 1, out.size(), file_);
      // What came before the refusal is handed out first.
      if (got < out.size() && std::ferror(file_) != 0) refusal_ = errno;
      if (got != 0 || refusal_ == 0) return got;
    }
    return unexpected(IoError{"read", path_, refusal_, {}});
  }

 private:
  std::string path_;
  std::FILE* file_;
  bool owned_;
  int refusal_ = 0;  // errno of the read that failed
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes octets) : rest_{octets} {}

  Result<std::size_t, IoError> read(MutableBytes out) override {
    const std::size_t count = std::min(out.size(), rest_.size());
    if (count != 0) std::memcpy(out.data(), rest_.data(), count);
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  Bytes rest_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>, IoError> open_file_source(const std::string& path) {
  if (path == "-") return std::make_unique<FileSource>("standard input", stdin, false);
  std::FILE* const file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return unexpected(IoError{"open", path, errno, {}});
  // The reader takes large blocks; a buffer in between would only copy them.
  static_cast<void>(std::setvbuf(file, nullptr, _IONBF, 0));
  return std::make_unique<FileSource>(path, file, true);
}

std::unique_ptr<ByteSource> memory_source(Bytes octets) { return std::make_unique<MemorySource>(octets); }

}  // namespace encap
