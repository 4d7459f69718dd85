#include "interrupt.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t nothing_to_read = -1;
std::atomic<encap::LiveCapture*> listening = nullptr;
static_assert(decltype(listening)::is_always_lock_free);

extern "C" void remember(int signal) {
  const int kept = errno;
  received = signal;
  if (nothing_to_read >= 0) dup2(nothing_to_read, STDIN_FILENO);
  if (encap::LiveCapture* const capture = listening) capture->stop();
  errno = kept;
}

void remember_when(int signal) {
  struct sigaction action {};
  action.sa_handler = remember;
  // No SA_RESTART, so that a read that waits comes back; SA_RESETHAND, so that a second Ctrl-C always works.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers(bool waits_for_input) {
  if (waits_for_input) nothing_to_read = open("/dev/null", O_RDONLY | O_CLOEXEC);
  remember_when(SIGINT);
  remember_when(SIGTERM);
}

void stop_on_interrupt(encap::LiveCapture* capture) {
  listening = capture;
  // A terminal that is closed must not cost the file; nohup says that it is to go on.
  struct sigaction now {};
  if (sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) remember_when(SIGHUP);
}

int interrupted_by() noexcept { return received; }
