#include "print.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <optional>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/dissect/dissector.h"
#include "interrupt.h"
#include "kept_packets.h"
#include "output.h"
#include "printer.h"
#include "side_by_side.h"

namespace {

using encap::CaptureFileReader;
using encap::IoError;

ExitCode report(const IoError& error) {
  fmt::print(stderr, "dissect: {}\n", to_string(error));
  return ExitCode::io;
}

/// A pipe nobody reads any more ends the run as it ends other programs: without a word.
ExitCode report_output() {
  const int code = errno;
  if (code != EPIPE) return report(IoError{"write", "standard output", code, {}});
  std::signal(SIGPIPE, SIG_DFL);
  std::raise(SIGPIPE);
  return ExitCode::io;
}

ExitCode refuse_filter(const std::string& reason) {
  fmt::print(stderr, "dissect: -f: {}\n", reason);
  return ExitCode::usage;
}

// A short capture is over before threads have started.
constexpr std::uint64_t packets_alone = 4096;

bool is_pipe(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

}  // namespace

ExitCode print(CommandOptions& options) {
  const bool from_standard_input = options.capture == "-";
  install_signal_handlers(from_standard_input);
  auto file = from_standard_input ? CaptureFileReader::open_descriptor(STDIN_FILENO, "standard input")
                                  : CaptureFileReader::open(options.capture);
  if (!file) {
    if (interrupted_by() == 0) return report(file.error());
    return interrupted_by() == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
  }

  const bool watched = from_standard_input && is_pipe(STDIN_FILENO) && isatty(STDOUT_FILENO) != 0;
  Output output{options.flush || watched};
  encap::SessionMemory session;
  encap::Dissector dissector{&session};
  encap::Statistics* const statistics = options.statistics ? &*options.statistics : nullptr;
  Printer printer{options, dissector, statistics};
  std::optional<KeptPackets> kept;
  if (!options.kept.empty()) kept.emplace(options.kept, options.kept_format);
  std::optional<SideBySide> others;
  const bool may_share = printer.may_share() && !output.writes_each_packet() &&
                         std::min<std::uint64_t>(options.threads, std::thread::hardware_concurrency()) > 1;
  std::uint64_t without_packet = 0;
  std::optional<IoError> damage;

  printer.begin(output.text());
  for (std::uint64_t count = 0; count < options.packets && interrupted_by() == 0;) {
    const auto record = file->next();
    if (!record) {
      damage = record.error();
      break;
    }
    if (*record == nullptr) break;
    if (options.capture_filter) {
      const auto passes = options.capture_filter->matches(**record);
      if (!passes) return refuse_filter(passes.error());
      if (!*passes) continue;
    }
    ++count;
    const std::uint64_t passed_over = file->frames_without_packet();
    dissector.skip_frames(passed_over - without_packet);
    without_packet = passed_over;
    const encap::FramePlace place = dissector.place(**record);
    if (others) {
      dissector.displayed();
      if (!others->add(**record, place)) return report_output();
      continue;
    }
    const bool is_shown = printer.read(**record, place);
    if (may_share && count == packets_alone) others.emplace(options, dissector, output);
    if (!is_shown) continue;
    dissector.displayed();
    if (kept) {
      if (auto written = kept->add(**record); !written) return report(written.error());
    }
    printer.print(output.text());
    if (!output.packet_added()) return report_output();
  }
  if (others) {
    if (!others->finish()) return report_output();
    others->count_up();
  }
  printer.end(output.text());
  if (statistics != nullptr) {
    int failure = 0;
    statistics->append(output.text(), options.statistics_format, [&] {
      if (failure != 0) {
        output.text().clear();
      } else if (!output.packet_added()) {
        failure = errno;
      }
    });
    if (failure != 0) {
      errno = failure;
      return report_output();
    }
  }
  if (!output.write()) return report_output();
  if (kept) {
    if (auto written = kept->finish(); !written) return report(written.error());
    if (const std::string lost = kept->left_out(); !lost.empty()) fmt::print(stderr, "dissect: {}\n", lost);
  }
  if (const int signal = interrupted_by(); signal != 0)
    return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
  return damage ? report(*damage) : ExitCode::done;
}
