#include "capture/octet_stream.h"

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace encap {

Result<std::size_t, IoError> DescriptorStream::read_file(MutableBytes out) {
  for (;;) {
    const ssize_t got = ::read(file_.get(), out.data(), out.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      // Whoever gave us the descriptor made it non-blocking; there is nothing else to do than to wait.
      pollfd ready{file_.get(), POLLIN, 0};
      if (::poll(&ready, 1, -1) >= 0) continue;
    }
    if (errno != EINTR) return unexpected(IoError{"read", name_, errno, {}});
  }
}

Result<std::size_t, IoError> DescriptorStream::read(MutableBytes out) {
  if (ahead_size_ == 0) return read_file(out);
  const std::size_t given = std::min(ahead_size_, out.size());
  std::copy_n(ahead_.begin(), given, out.begin());
  std::copy(ahead_.begin() + given, ahead_.begin() + ahead_size_, ahead_.begin());
  ahead_size_ -= given;
  return given;
}

Result<Bytes, IoError> DescriptorStream::peek() {
  while (ahead_size_ < ahead_.size()) {
    const auto got = read_file(MutableBytes{ahead_}.subspan(ahead_size_));
    if (!got) return unexpected(got.error());
    if (*got == 0) break;
    ahead_size_ += *got;
  }
  return Bytes{ahead_}.first(ahead_size_);
}

Result<std::unique_ptr<OctetStream>, IoError> open_octets(FileDescriptor file, const std::string& name) {
  auto stream = std::make_unique<DescriptorStream>(std::move(file), name);
  const auto start = stream->peek();
  if (!start) return unexpected(start.error());
  if (is_gzip(*start)) return open_gzip(std::move(stream));
  if (is_zstd(*start)) return open_zstd(std::move(stream));
  return stream;
}

}  // namespace encap
