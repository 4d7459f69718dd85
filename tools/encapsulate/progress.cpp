#include "progress.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

namespace {
bool colour_wanted() {
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && terminal != nullptr && std::string{terminal} != "dumb";
}
}  // namespace

Progress::Progress(const Options& options)
    : terminal_{isatty(STDERR_FILENO) != 0}, colour_{terminal_ && colour_wanted()} {
  shown_ = !options.quiet && (terminal_ || options.forced);
  std::error_code none;
  if (options.path != "-" && std::filesystem::is_regular_file(options.path, none)) {
    whole_ = std::filesystem::file_size(options.path, none);
    if (none) whole_ = 0;
  }
}

double Progress::seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

void Progress::draw(std::uint64_t octets, std::uint64_t rows) {
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds{100} : std::chrono::milliseconds{1000});
  const double elapsed = seconds();
  std::string line;
  if (whole_ != 0) {
    // The parser reads ahead, so the octets it took are a little more than the rows that are done.
    const double share = std::min(1.0, static_cast<double>(octets) / static_cast<double>(whole_));
    constexpr int width = 30;
    const int filled = static_cast<int>(share * width);
    line = fmt::format("{}{}{}{} {:3.0f} % ", colour_ ? "\x1b[32m" : "",
                       std::string(static_cast<std::size_t>(filled), '#'), colour_ ? "\x1b[0m" : "",
                       std::string(static_cast<std::size_t>(width - filled), '.'), share * 100);
  }
  line += fmt::format("{} messages, {:.0f}/s", rows, static_cast<double>(rows) / elapsed);
  fmt::print(stderr, "{}{}{}", terminal_ ? "\r\x1b[K" : "", line, terminal_ ? "" : "\n");
  std::fflush(stderr);
  drawn_ = terminal_;
}

void Progress::clear() {
  if (!drawn_) return;
  fmt::print(stderr, "\r\x1b[K");
  drawn_ = false;
}
