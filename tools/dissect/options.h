#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "encap/capture/bpf_filter.h"
#include "encap/capture/capture_file_writer.h"
#include "encap/capture/live_capture.h"
#include "encap/filter/filter.h"
#include "encap/render/fields.h"
#include "encap/render/list.h"
#include "encap/statistics/statistics.h"
#include "exit_code.h"

/// What the command line asks for.
struct CommandOptions {
  enum class Format : std::uint8_t { text, tabs, fields, json, json_raw, ek };

  std::string capture;                            ///< `-` is standard input
  std::optional<encap::LiveCaptureOptions> live;  ///< an interface to listen on, in place of a capture
  std::string other;                              ///< the capture to compare it with; empty: none
  std::string kept;                               ///< the file that packets which match are written to; empty: none
  std::optional<encap::CaptureFormat> kept_format;
  std::uint64_t packets = UINT64_MAX;
  std::uint64_t threads = UINT64_MAX;  ///< that may work at the same time
  Format format = Format::text;
  bool quiet = false;
  bool count = false;  ///< how many packets came so far is told while they come
  bool tree = false;
  bool hex = false;
  bool summary = false;  ///< the list line also where something else is shown
  bool flush = false;
  bool colour = false;
  std::vector<std::string> detailed;  ///< the layers that -O names
  encap::TimeFormat time = encap::TimeFormat::relative;

  std::optional<encap::CaptureFilter> capture_filter;  ///< packets it does not match are as if they were not there
  std::optional<encap::Filter> filter;                 ///< packets it does not match are read and not shown
  std::optional<encap::FieldSelection> fields;
  encap::FieldsFormat fields_format;
  bool header = false;
  bool byte_order_mark = false;

  std::optional<encap::Statistics> statistics;  ///< what -z asks for
  encap::StatisticsFormat statistics_format = encap::StatisticsFormat::text;
  std::string http_objects;  ///< the folder that --export-objects http names; empty: none
};

/// Reads the command line. Prints help, the version or what is wrong with the line, and returns the exit code then.
[[nodiscard]] std::variant<CommandOptions, ExitCode> read_command_line(int argc, char** argv);
