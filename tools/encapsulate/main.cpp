#include <csignal>
#include <exception>
#include <fmt/format.h>

#include "craft.h"
#include "interrupt.h"
#include "options.h"

int main(int argc, char** argv) try {
  auto asked = read_command_line(argc, argv);
  if (const ExitCode* const ended = std::get_if<ExitCode>(&asked)) return static_cast<int>(*ended);
  install_signal_handlers();
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe becomes an error of write(2)
  return static_cast<int>(craft(std::get<CommandOptions>(asked)));
} catch (const std::exception& error) {  // no memory, most likely
  fmt::print(stderr, "encapsulate: {}\n", error.what());
  return static_cast<int>(ExitCode::io);
}
