#include "report.h"

#include <cerrno>
#include <csignal>
#include <fmt/format.h>

#include "interrupt.h"

ExitCode report(const encap::IoError& error) {
  fmt::print(stderr, "dissect: {}\n", to_string(error));
  return ExitCode::io;
}

ExitCode report_output() {
  const int code = errno;
  if (code != EPIPE) return report(encap::IoError{"write", "standard output", code, {}});
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  return ExitCode::io;
}

ExitCode refuse_filter(const std::string& reason) {
  fmt::print(stderr, "dissect: -f: {}\n", reason);
  return ExitCode::usage;
}

ExitCode interrupted() noexcept { return interrupted_by() == SIGTERM ? ExitCode::terminated : ExitCode::interrupted; }
