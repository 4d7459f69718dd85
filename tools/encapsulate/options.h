#pragma once

#include <optional>
#include <string>
#include <variant>

#include "encap/flow/crafter.h"
#include "exit_code.h"

/// A capture that is compared with the table, instead of writing one.
struct CheckRequest {
  std::string capture;  ///< `-` is standard input; empty: none
  std::optional<encap::Duration> tolerance;
  bool json = false;
};

/// What the command line asks for.
struct CommandOptions {
  std::string table;   ///< `-` is standard input
  std::string output;  ///< `-` is standard output; empty with `dry_run` and `check`
  encap::CraftOptions craft;
  CheckRequest check;
  bool escapes = false;
  bool nanoseconds = false;
  bool skip_errors = false;
  bool dry_run = false;
  bool quiet = false;
  bool progress = false;  ///< also where standard error is no terminal
};

/// Reads the command line. Prints help, the version or what is wrong with the line, and returns the exit code then.
[[nodiscard]] std::variant<CommandOptions, ExitCode> read_command_line(int argc, char** argv);
