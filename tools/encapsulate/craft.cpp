#include "craft.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <optional>
#include <thread>

#include "capture_output.h"
#include "check.h"
#include "encap/trace/capture_check.h"
#include "encap/trace/explanation_render.h"
#include "interrupt.h"
#include "live.h"
#include "notes.h"
#include "standard_input.h"
#include "table_run.h"

namespace {

using encap::IoError;

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
  return line + completed_text(made);
}

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
  craft.packets_behind = encap::CraftOptions::Mode::session == craft.mode && std::thread::hardware_concurrency() > 1;
  TableRun::RowSeen row_seen;
  if (explainer) row_seen = [&explainer](const encap::Message& row) { explainer->note_row(row.id); };
  TableRun run{options, craft, reader, explainer ? *explainer : sink, row_seen};
  const auto pushed = run.push_rows();
  run.print_notes();
  if (!pushed) {
    // What is there is whole packets: a full disk leaves a capture that can be read.
    if (output != nullptr) output->salvage();
    return report(pushed.error());
  }
  const int signal = interrupted_by();
  if (signal == 0 && !run.is_of_use("nothing was written")) return ExitCode::input_errors;
  if (output != nullptr) {
    if (const auto kept = output->commit(); !kept) {
      output->salvage();
      return report(kept.error());
    }
  }
  if (!options.quiet && (output != nullptr || options.dry_run))
    say(summary_line(options, run.summary(), run.seconds()));
  if (signal == 0) return explainer ? explain(options, *explainer) : ExitCode::done;
  return interrupted();
}

/// Crafts the table for what is expected of a capture, and compares.
ExitCode run_check(const CommandOptions& options, encap::MessageReadAhead& reader) {
  encap::CaptureCheck check{{.tolerance = options.check.tolerance}};
  encap::CraftOptions craft = options.craft;
  craft.origins = true;
  TableRun run{options, craft, reader, check, [&check](const encap::Message& row) { check.see(row); }};
  const auto pushed = run.push_rows();
  run.print_notes();
  if (!pushed) return report(pushed.error());
  if (interrupted_by() != 0) return interrupted();
  if (!run.is_of_use("nothing was checked")) return ExitCode::input_errors;
  return compare_with(options, options.check.capture, check);
}

}  // namespace

ExitCode craft(const CommandOptions& options) {
  std::error_code none;
  for (const auto& [what, file] : {std::pair{"the capture", &options.output}, std::pair{"the map", &options.map}}) {
    if (options.dry_run || !std::filesystem::equivalent(options.table, *file, none)) continue;
    say(fmt::format("{}: this is the table itself; write {} to another file", *file, what));
    return ExitCode::usage;
  }
  if (!options.live.interface.empty() && !options.dry_run) return send_live(options);
  auto opened = open_table(options, options.table == "-" ? standard_input() : encap::open_file_source(options.table));
  if (const ExitCode* const ended = std::get_if<ExitCode>(&opened)) return *ended;
  auto& messages = std::get<encap::MessageReadAhead>(opened);
  if (!options.check.capture.empty()) return run_check(options, messages);
  if (options.output.empty() || options.dry_run) return run(options, messages, nullptr);
  auto output = CaptureOutput::open(options);
  if (!output) return report(output.error());
  return run(options, messages, &*output);
}
