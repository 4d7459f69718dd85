#include "check.h"

#include <cstdio>
#include <fmt/format.h>

namespace {

ExitCode refused(const encap::IoError& error) {
  fmt::print(stderr, "encapsulate: {}\n", to_string(error));
  return ExitCode::io;
}

}  // namespace

ExitCode compare_with(const CommandOptions& options, const std::string& capture, encap::CaptureCheck& check,
                      bool with_times) {
  auto file = encap::CaptureFileReader::open(capture);
  if (!file) return refused(file.error());
  auto report = check.compare(*file);
  if (!report) return refused(report.error());
  if (!with_times) report->largest_deviation.reset();
  std::string text;
  if (options.format == ReportFormat::json) {
    append_json(text, *report);
  } else {
    append_text(text, *report);
  }
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) return ExitCode::io;
  if (report->damage) return refused(*report->damage);
  return report->passed() ? ExitCode::done : ExitCode::check_failed;
}
