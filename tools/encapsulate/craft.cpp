#include "craft.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>

#include "check.h"
#include "encap/capture/pcap_file_writer.h"
#include "encap/input/message_read_ahead.h"
#include "encap/trace/capture_check.h"
#include "interrupt.h"
#include "notes.h"
#include "progress.h"
#include "standard_input.h"

namespace {

using encap::Failure;
using encap::InputError;
using encap::IoError;

constexpr std::uint64_t errors_in_full = 20;

void say(const std::string& line) { fmt::print(stderr, "encapsulate: {}\n", line); }

std::string table_name(const CommandOptions& options) {
  return options.table == "-" ? "standard input" : options.table;
}

/// Takes packets and keeps none: a dry run goes the whole way but the last step.
class NullSink final : public encap::PacketSink {
 public:
  encap::Result<void, IoError> write(const encap::PacketRecord&) override { return {}; }
  encap::Result<void, IoError> flush() override { return {}; }
};

/// A file nobody reads any more ends the run without a word, as pipes do.
ExitCode report(const IoError& error) {
  if (error.code != EPIPE) say(to_string(error));
  return ExitCode::io;
}

std::string summary_line(const CommandOptions& options, const encap::CraftSummary& made, double seconds) {
  std::string line = counted(made.messages, "message");
  if (options.craft.mode == encap::CraftOptions::Mode::session)
    line += " in " + counted(made.conversations, "conversation");
  line += fmt::format(", {}, {}", counted(made.packets, "packet"), counted(made.octets, "byte"));
  line += options.dry_run         ? ", nothing written"
          : options.output == "-" ? ", to standard output"
                                  : ", " + options.output;
  const double rate = static_cast<double>(made.packets) / std::max(seconds, 1e-6);
  line += fmt::format(", {:.3f} s, {}/s", seconds, counted(static_cast<std::uint64_t>(rate), "packet"));
  if (made.http_completed != 0) line += fmt::format("; {} completed", counted(made.http_completed, "HTTP message"));
  if (made.rows_joined != 0) line += fmt::format(" ({} joined to the one before)", counted(made.rows_joined, "row"));
  if (made.lines_completed != 0) line += fmt::format("; {} ended with CRLF", counted(made.lines_completed, "line"));
  return line;
}

/// One run of the command, from the table to the capture.
class Run {
 public:
  /// `check`, where there is one, is shown the rows as the table has them.
  Run(const CommandOptions& options, encap::MessageReadAhead& reader, encap::PacketSink& sink,
      encap::CaptureCheck* check = nullptr)
      : options_{options},
        reader_{reader},
        check_{check},
        crafter_{options.craft, sink},
        progress_{{options.table, options.quiet, options.progress}} {}

  /// Every row of the table. Errors: what ends the run, as opposed to a row.
  encap::Result<void, IoError> push_rows() {
    for (;;) {
      if (interrupted_by() != 0) return {};
      const auto message = reader_.next();
      if (!message) {
        if (const auto stopped = take(message.error()); !stopped) return stopped;
        continue;
      }
      if (*message == nullptr) break;
      if (check_ != nullptr) check_->see(**message);
      if (const auto pushed = crafter_.push(**message); !pushed) {
        if (const auto stopped = take(pushed.error()); !stopped) return stopped;
      }
      if (progress_.due()) progress_.draw(reader_.octets(), reader_.rows());
    }
    return may_write() ? crafter_.finish() : encap::Result<void, IoError>{};
  }

  [[nodiscard]] std::uint64_t bad_rows() const noexcept { return bad_rows_; }
  [[nodiscard]] bool may_write() const noexcept { return bad_rows_ == 0 || options_.skip_errors; }

  void print_notes() {
    progress_.clear();
    if (bad_rows_ > errors_in_full)
      say(fmt::format("and {} more that cannot be used", counted(bad_rows_ - errors_in_full, "row")));
    if (options_.quiet) return;
    for (const std::string& note : table_notes(reader_.notes())) say("note: " + note);
    for (const std::string& note : craft_notes(crafter_.summary())) say("note: " + note);
    if (bad_rows_ != 0 && options_.skip_errors) say(fmt::format("note: {} left out", counted(bad_rows_, "row")));
  }
  void print_summary() {
    if (!options_.quiet) say(summary_line(options_, crafter_.summary(), progress_.seconds()));
  }
  [[nodiscard]] const encap::CraftSummary& summary() const { return crafter_.summary(); }

 private:
  encap::Result<void, IoError> take(const Failure& failure) {
    if (const auto* refused = std::get_if<IoError>(&failure)) return encap::unexpected(*refused);
    if (++bad_rows_ <= errors_in_full) {
      progress_.clear();
      fmt::print(stderr, "{}\n", to_string(std::get<InputError>(failure)));
    }
    return {};
  }

  const CommandOptions& options_;
  encap::MessageReadAhead& reader_;
  encap::CaptureCheck* check_;
  encap::Crafter crafter_;
  Progress progress_;
  std::uint64_t bad_rows_ = 0;
};

ExitCode run(const CommandOptions& options, encap::MessageReadAhead& reader, encap::PcapFileWriter* writer) {
  NullSink nowhere;
  Run run{options, reader, writer != nullptr ? static_cast<encap::PacketSink&>(*writer) : nowhere};
  const auto pushed = run.push_rows();
  run.print_notes();
  if (!pushed) {
    // What is there is whole packets: a full disk leaves a capture that can be read.
    if (writer != nullptr && writer->packets() != 0) static_cast<void>(writer->commit());
    return report(pushed.error());
  }
  const int signal = interrupted_by();
  if (signal == 0 && !run.may_write()) {
    say(fmt::format("{}: {} cannot be used, nothing was written; --on-error skip leaves {} out", table_name(options),
                    counted(run.bad_rows(), "row"), run.bad_rows() == 1 ? "it" : "them"));
    return ExitCode::input_errors;
  }
  if (signal == 0 && run.summary().packets == 0) {
    say(fmt::format("{}: {}; nothing was written", table_name(options),
                    reader.rows() == 0 ? "the table has a header and no rows" : "no row holds a message to send"));
    return ExitCode::input_errors;
  }
  if (writer != nullptr) {
    if (const auto kept = writer->commit(); !kept) {
      static_cast<void>(writer->commit());  // the whole packets that are there
      return report(kept.error());
    }
  }
  run.print_summary();
  if (signal == 0) return ExitCode::done;
  return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
}

/// Crafts the table for what is expected of a capture, and compares.
ExitCode run_check(const CommandOptions& options, encap::MessageReadAhead& reader) {
  encap::CaptureCheck check{{.tolerance = options.check.tolerance}};
  Run run{options, reader, check, &check};
  const auto pushed = run.push_rows();
  run.print_notes();
  if (!pushed) return report(pushed.error());
  if (const int signal = interrupted_by(); signal != 0)
    return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
  if (!run.may_write()) {
    say(fmt::format("{}: {} cannot be used, nothing was checked; --on-error skip leaves {} out", table_name(options),
                    counted(run.bad_rows(), "row"), run.bad_rows() == 1 ? "it" : "them"));
    return ExitCode::input_errors;
  }
  if (run.summary().packets == 0) {
    say(fmt::format("{}: {}; nothing was checked", table_name(options),
                    reader.rows() == 0 ? "the table has a header and no rows" : "no row holds a message to send"));
    return ExitCode::input_errors;
  }
  return compare_with(options.check, check);
}

}  // namespace

ExitCode craft(const CommandOptions& options) {
  std::error_code none;
  if (!options.output.empty() && std::filesystem::equivalent(options.table, options.output, none)) {
    say(options.output + ": this is the table itself; write the capture to another file");
    return ExitCode::usage;
  }
  encap::Result<std::unique_ptr<encap::ByteSource>, IoError> source =
      options.table == "-" ? standard_input() : encap::open_file_source(options.table);
  if (!source) return report(source.error());
  auto reader = encap::MessageReader::open(table_name(options), std::move(*source), {.escapes = options.escapes});
  if (!reader) {
    if (const auto* refused = std::get_if<IoError>(&reader.error())) return report(*refused);
    if (interrupted_by() != 0) return interrupted_by() == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
    fmt::print(stderr, "{}\n", to_string(reader.error()));
    return ExitCode::input_errors;
  }
  encap::MessageReadAhead messages{std::move(*reader)};
  if (!options.check.capture.empty()) return run_check(options, messages);
  if (options.dry_run) return run(options, messages, nullptr);
  auto writer = encap::PcapFileWriter::open(
      options.output, {.nanoseconds = options.nanoseconds,
                       .when = options.skip_errors ? encap::Delivery::streamed : encap::Delivery::committed});
  if (!writer) return report(writer.error());
  return run(options, messages, &*writer);
}
