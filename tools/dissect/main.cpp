#include <exception>
#include <fmt/format.h>

#include "comparison.h"
#include "options.h"
#include "print.h"

int main(int argc, char** argv) try {
  auto asked = read_command_line(argc, argv);
  if (const ExitCode* const ended = std::get_if<ExitCode>(&asked)) return static_cast<int>(*ended);
  auto& options = std::get<CommandOptions>(asked);
  return static_cast<int>(options.other.empty() ? print(options) : print_comparison(options));
} catch (const std::exception& error) {  // no memory, most likely
  fmt::print(stderr, "dissect: {}\n", error.what());
  return static_cast<int>(ExitCode::io);
}
