#include "output.h"

#include <cerrno>
#include <poll.h>
#include <string_view>
#include <unistd.h>

bool Output::write() {
  std::string_view rest = text_;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready{STDOUT_FILENO, POLLOUT, 0};
      if (::poll(&ready, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  // A packet that made pages of text must not hold their memory for the rest of the capture.
  if (text_.capacity() > 64 * block_size) text_.shrink_to_fit();
  text_.clear();
  return true;
}
