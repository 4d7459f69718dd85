#include "standard_input.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include "interrupt.h"

namespace {

class StandardInput final : public encap::ByteSource {
 public:
  encap::Result<std::size_t, encap::IoError> read(encap::MutableBytes out) override {
    constexpr int look_around = 100;  // ms: the reader's thread does not get the signal itself
    while (interrupted_by() == 0) {
      pollfd waiting{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
      const int ready = poll(&waiting, 1, look_around);
      if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
      const ssize_t got = ::read(STDIN_FILENO, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR && errno != EAGAIN)
        return encap::unexpected(encap::IoError{"read", "standard input", errno, {}});
    }
    return 0;
  }
};

}  // namespace

std::unique_ptr<encap::ByteSource> standard_input() { return std::make_unique<StandardInput>(); }
