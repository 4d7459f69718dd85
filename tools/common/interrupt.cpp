#include "interrupt.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t received = 0;
volatile std::sig_atomic_t nothing_to_read = -1;
std::atomic<encap::LiveCapture*> listening = nullptr;
static_assert(decltype(listening)::is_always_lock_free);

// timeout(1) sends its signal twice, to the process and to its group: that is no second Ctrl-C.
constexpr std::int64_t one_press = 250;  // milliseconds
std::atomic<std::int64_t> pressed = 0;
static_assert(decltype(pressed)::is_always_lock_free);

std::int64_t milliseconds_now() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

extern "C" void remember(int signal) {
  const int kept = errno;
  if (received == 0) {
    pressed = milliseconds_now();
    received = signal;
    if (nothing_to_read >= 0) dup2(nothing_to_read, STDIN_FILENO);
    if (encap::LiveCapture* const capture = listening) capture->stop();
  } else if (milliseconds_now() - pressed >= one_press) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);  // ends the process once this returns
  }
  errno = kept;
}

void remember_when(int signal) {
  struct sigaction action {};
  action.sa_handler = remember;
  // No SA_RESTART, so that a read that waits comes back.
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
