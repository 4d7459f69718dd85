#include "check.h"

#include <cstdio>
#include <fmt/format.h>

namespace {

ExitCode refused(const encap::IoError& error) {
  fmt::print(stderr, "encapsulate: {}\n", to_string(error));
  return ExitCode::io;
}

}  // namespace

ExitCode compare_with(const CommandOptions& options, encap::CaptureCheck& check) {
  auto capture = encap::CaptureFileReader::open(options.check.capture);
  if (!capture) return refused(capture.error());
  const auto report = check.compare(*capture);
  if (!report) return refused(report.error());
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
