#pragma once

#include <string>
#include <variant>

#include "encap/flow/crafter.h"
#include "encap/input/message_source.h"
#include "exit_code.h"

/// What the command line asks for.
struct CommandOptions {
  std::string table;   ///< `-` is standard input
  std::string output;  ///< `-` is standard output; empty with `dry_run`
  encap::MessageFormat from = encap::MessageFormat::csv;
  encap::CraftOptions craft;
  bool escapes = false;
  bool nanoseconds = false;
  bool skip_errors = false;
  bool dry_run = false;
  bool quiet = false;
  bool progress = false;  ///< also where standard error is no terminal
};

/// Reads the command line. Prints help, the version or what is wrong with the line, and returns the exit code then.
[[nodiscard]] std::variant<CommandOptions, ExitCode> read_command_line(int argc, char** argv);
