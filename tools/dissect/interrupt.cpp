#include "interrupt.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t nothing_to_read = -1;

extern "C" void remember(int signal) {
  const int kept = errno;
  received = signal;
  if (nothing_to_read >= 0) dup2(nothing_to_read, STDIN_FILENO);
  errno = kept;
}

}  // namespace

void install_signal_handlers(bool waits_for_input) {
  if (waits_for_input) nothing_to_read = open("/dev/null", O_RDONLY | O_CLOEXEC);
  struct sigaction action {};
  action.sa_handler = remember;
  // No SA_RESTART, so that a read that waits comes back; SA_RESETHAND, so that a second Ctrl-C always works.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interrupted_by() noexcept { return received; }
