#include "craft.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <functional>
#include <optional>

#include "capture_output.h"
#include "check.h"
#include "encap/input/message_read_ahead.h"
#include "encap/trace/capture_check.h"
#include "encap/trace/explanation_render.h"
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
  if (!options.dry_run && !options.map.empty() && options.map != "-") line += ", map " + options.map;
  const double rate = static_cast<double>(made.packets) / std::max(seconds, 1e-6);
  line += fmt::format(", {:.3f} s, {}/s", seconds, counted(static_cast<std::uint64_t>(rate), "packet"));
  if (made.http_completed != 0) line += fmt::format("; {} completed", counted(made.http_completed, "HTTP message"));
  if (made.rows_joined != 0) line += fmt::format(" ({} joined to the one before)", counted(made.rows_joined, "row"));
  if (made.lines_completed != 0) line += fmt::format("; {} ended with CRLF", counted(made.lines_completed, "line"));
  if (made.dns_completed != 0) line += fmt::format("; {} made from text", counted(made.dns_completed, "DNS message"));
  if (made.dhcp_completed != 0) {
    line += fmt::format("; {} made from text", counted(made.dhcp_completed, "DHCP message"));
  }
  return line;
}

/// One run of the command, from the table to the capture.
class Run {
 public:
  using RowSeen = std::function<void(const encap::Message&)>;

  /// `row_seen`: is shown each row as the table has it; may be null. Lifetime: borrows the first four.
  Run(const CommandOptions& options, const encap::CraftOptions& craft, encap::MessageReadAhead& reader,
      encap::PacketSink& sink, RowSeen row_seen)
      : options_{options},
        reader_{reader},
        row_seen_{std::move(row_seen)},
        crafter_{craft, sink},
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
      if (row_seen_) row_seen_(**message);
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
  RowSeen row_seen_;
  encap::Crafter crafter_;
  Progress progress_;
  std::uint64_t bad_rows_ = 0;
};

/// Prints what --explain asks for.
ExitCode explain(const CommandOptions& options, encap::Explainer& explainer) {
  const auto explanation = explainer.finish(table_name(options));
  if (!explanation) {
    say(fmt::format("{}: --explain: {}", table_name(options), explanation.error()));
    return ExitCode::input_errors;
  }
  std::string text;
  switch (options.format) {
    case ReportFormat::text:
      append_explanation_text(text, *explanation, options.colour);
      break;
    case ReportFormat::json:
      append_explanation_json(text, *explanation);
      break;
    case ReportFormat::html:
      append_explanation_html(text, *explanation);
      break;
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    return report(IoError{"write", "standard output", errno, {}});
  return ExitCode::done;
}

ExitCode run(const CommandOptions& options, encap::MessageReadAhead& reader, CaptureOutput* output) {
  NullSink nowhere;
  encap::PacketSink& sink = output != nullptr ? output->sink() : nowhere;
  std::optional<encap::Explainer> explainer;
  if (options.explain) explainer.emplace(*options.explain, &sink);
  encap::CraftOptions craft = options.craft;
  craft.origins = explainer || (output != nullptr && output->wants_origins());
  Run::RowSeen row_seen;
  if (explainer) row_seen = [&explainer](const encap::Message& row) { explainer->note_row(row.id); };
  Run run{options, craft, reader, explainer ? *explainer : sink, row_seen};
  const auto pushed = run.push_rows();
  run.print_notes();
  if (!pushed) {
    // What is there is whole packets: a full disk leaves a capture that can be read.
    if (output != nullptr) output->salvage();
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
                    reader.rows() != 0                          ? "no row holds a message to send"
                    : options.from == encap::MessageFormat::csv ? "the table has a header and no rows"
                                                                : "there is no message in it"));
    return ExitCode::input_errors;
  }
  if (output != nullptr) {
    if (const auto kept = output->commit(); !kept) {
      output->salvage();
      return report(kept.error());
    }
  }
  if (output != nullptr || options.dry_run) run.print_summary();
  if (signal == 0) return explainer ? explain(options, *explainer) : ExitCode::done;
  return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
}

/// Crafts the table for what is expected of a capture, and compares.
ExitCode run_check(const CommandOptions& options, encap::MessageReadAhead& reader) {
  encap::CaptureCheck check{{.tolerance = options.check.tolerance}};
  encap::CraftOptions craft = options.craft;
  craft.origins = true;
  Run run{options, craft, reader, check, [&check](const encap::Message& row) { check.see(row); }};
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
  return compare_with(options, check);
}

}  // namespace

ExitCode craft(const CommandOptions& options) {
  std::error_code none;
  for (const auto& [what, file] : {std::pair{"the capture", &options.output}, std::pair{"the map", &options.map}}) {
    if (options.dry_run || !std::filesystem::equivalent(options.table, *file, none)) continue;
    say(fmt::format("{}: this is the table itself; write {} to another file", *file, what));
    return ExitCode::usage;
  }
  encap::Result<std::unique_ptr<encap::ByteSource>, IoError> source =
      options.table == "-" ? standard_input() : encap::open_file_source(options.table);
  if (!source) return report(source.error());
  auto reader =
      encap::open_message_source(options.from, table_name(options), std::move(*source), {.escapes = options.escapes});
  if (!reader) {
    if (const auto* refused = std::get_if<IoError>(&reader.error())) return report(*refused);
    if (interrupted_by() != 0) return interrupted_by() == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
    fmt::print(stderr, "{}\n", to_string(reader.error()));
    return ExitCode::input_errors;
  }
  encap::MessageReadAhead messages{std::move(*reader)};
  if (!options.check.capture.empty()) return run_check(options, messages);
  if (options.output.empty() || options.dry_run) return run(options, messages, nullptr);
  auto output = CaptureOutput::open(options);
  if (!output) return report(output.error());
  return run(options, messages, &*output);
}
