#include "interrupt.h"

#include <csignal>

namespace {
volatile std::sig_atomic_t received = 0;
extern "C" void remember(int signal) { received = signal; }
}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = remember;
  // No SA_RESTART, so that a read that waits comes back; SA_RESETHAND, so that a second Ctrl-C always works.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int interrupted_by() noexcept { return received; }
