#include "output.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <unistd.h>

bool Output::write_all(std::span<iovec> pieces) {
  while (!pieces.empty()) {
    const auto count = static_cast<int>(std::min<std::size_t>(pieces.size(), IOV_MAX));
    const ssize_t written = ::writev(STDOUT_FILENO, pieces.data(), count);
    if (written < 0) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      const bool is_full = errno == EAGAIN || errno == EWOULDBLOCK;
      if (is_full ? ::poll(&ready, 1, -1) < 0 && errno != EINTR : errno != EINTR) return false;
      continue;
    }
    auto done = static_cast<std::size_t>(written);
    while (!pieces.empty() && done >= pieces.front().iov_len) {
      done -= pieces.front().iov_len;
      pieces = pieces.subspan(1);
    }
    if (done == 0) continue;
    iovec& cut = pieces.front();
    cut = {static_cast<char*>(cut.iov_base) + done, cut.iov_len - done};
  }
  return true;
}

bool Output::write() {
  if (text_.empty()) return true;  // also where nobody takes anything
  iovec whole{text_.data(), text_.size()};
  if (!write_all({&whole, 1})) return false;
  // A packet that made pages of text must not hold their memory for the rest of the capture.
  if (text_.capacity() > 64 * block_size) text_.shrink_to_fit();
  text_.clear();
  return true;
}
