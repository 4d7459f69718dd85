#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "encap/capture/capture_file_writer.h"
#include "encap/flow/crafter.h"
#include "encap/input/message_source.h"
#include "encap/live/live_sender.h"
#include "encap/live/pacer.h"
#include "encap/trace/explainer.h"
#include "exit_code.h"

/// How a report is written: by --explain and --check.
enum class ReportFormat : std::uint8_t { text, json, html };

/// A capture that is compared with the table, instead of writing one.
struct CheckRequest {
  std::string capture;  ///< `-` is standard input; empty: none
  std::optional<encap::Duration> tolerance;
};

/// Packets that are sent on an interface.
struct LiveRequest {
  std::string interface;          ///< its name or number; empty: none
  std::string allowed_interface;  ///< one that need not be a loopback one
  encap::Via via = encap::Via::ip;
  encap::Pace pace{};
  std::uint64_t loops = 1;  ///< times the table is sent
  std::uint64_t count = 0;  ///< packets, after which it ends; 0: none
  bool noise = false;       ///< keeps the packets of others
};

/// What the command line asks for.
struct CommandOptions {
  std::string table;   ///< `-` is standard input
  std::string output;  ///< `-` is standard output; empty with `dry_run` and where only a report is wanted
  std::optional<encap::CaptureFormat> capture_format{};  ///< of `output`; none: what its name says
  std::string map;  ///< where the rows' places go, `-` is standard output; empty: nowhere
  encap::MessageFormat from = encap::MessageFormat::csv;
  encap::CraftOptions craft;
  CheckRequest check;
  LiveRequest live;
  bool escapes = false;
  bool nanoseconds = false;
  bool skip_errors = false;
  bool dry_run = false;
  bool quiet = false;
  bool progress = false;  ///< also where standard error is no terminal

  std::optional<encap::MessageSelection> explain;  ///< the messages to be explained on standard output
  ReportFormat format = ReportFormat::text;
  bool colour = false;  ///< in reports that are text
};

/// Reads the command line. Prints help, the version or what is wrong with the line, and returns the exit code then.
[[nodiscard]] std::variant<CommandOptions, ExitCode> read_command_line(int argc, char** argv);
