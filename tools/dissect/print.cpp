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
#include "encap/statistics/http_objects.h"
#include "interrupt.h"
#include "kept_packets.h"
#include "object_folder.h"
#include "output.h"
#include "printer.h"
#include "report.h"
#include "side_by_side.h"

namespace {

using encap::CaptureFileReader;
using encap::IoError;
using encap::PacketRecord;

// A short capture is over before threads have started.
constexpr std::uint64_t packets_alone = 4096;

bool is_pipe(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/// One run of the command, from the capture to what is shown and written of it. What ends the run early is an exit
/// code; what ends the capture early is damage, and what was read before is shown.
class Run {
 public:
  using Ended = std::optional<ExitCode>;

  Run(CommandOptions& options, CaptureFileReader file, bool watched)
      : options_{options}, file_{std::move(file)}, output_{options.flush || watched} {
    if (!options.kept.empty()) kept_.emplace(options.kept, options.kept_format);
    may_share_ = printer_.may_share() && !output_.writes_each_packet() &&
                 std::min<std::uint64_t>(options.threads, std::thread::hardware_concurrency()) > 1;
  }

  ExitCode run() {
    if (exports()) {
      if (const auto opened = folder_.open(options_.http_objects); !opened) return report(opened.error());
    }
    printer_.begin(output_.text());
    if (const Ended ended = read_packets()) return *ended;
    if (others_) {
      if (!others_->finish()) return report_output();
      others_->count_up();
    }
    printer_.end(output_.text());
    if (!tell_statistics() || !output_.write()) return report_output();
    if (kept_) {
      if (auto written = kept_->finish(); !written) return report(written.error());
      if (const std::string lost = kept_->left_out(); !lost.empty()) fmt::print(stderr, "dissect: {}\n", lost);
    }
    if (interrupted_by() != 0) return interrupted();
    return damage_ ? report(*damage_) : ExitCode::done;
  }

 private:
  [[nodiscard]] bool exports() const noexcept { return !options_.http_objects.empty(); }

  Ended read_packets() {
    while (packets_ < options_.packets && !damage_ && interrupted_by() == 0) {
      const auto record = file_.next();
      if (!record) {
        damage_ = record.error();
        break;
      }
      if (*record == nullptr) break;
      if (const Ended ended = take(**record)) return ended;
    }
    return std::nullopt;
  }

  Ended take(const PacketRecord& record) {
    if (options_.capture_filter) {
      const auto passes = options_.capture_filter->matches(record);
      if (!passes) return refuse_filter(passes.error());
      if (!*passes) return std::nullopt;
    }
    ++packets_;
    const std::uint64_t passed_over = file_.frames_without_packet();
    dissector_.skip_frames(passed_over - without_packet_);
    without_packet_ = passed_over;
    const encap::FramePlace place = dissector_.place(record);
    if (others_) {
      dissector_.displayed();
      return others_->add(record, place) ? Ended{} : report_output();
    }
    const bool is_shown = printer_.read(record, place);
    if (may_share_ && packets_ == packets_alone) others_.emplace(options_, dissector_, session_, output_);
    if (exports()) export_objects();
    return is_shown ? show(record) : std::nullopt;
  }

  void export_objects() {
    objects_.take(printer_.dissection(), [this](const encap::HttpObject& object) {
      if (damage_) return;
      if (const auto written = folder_.write(object.name, object.octets); !written) damage_ = written.error();
    });
  }

  Ended show(const PacketRecord& record) {
    dissector_.displayed();
    if (kept_) {
      if (auto written = kept_->add(record); !written) return report(written.error());
    }
    printer_.print(output_.text());
    return output_.packet_added() ? Ended{} : report_output();
  }

  /// False: standard output takes no more, errno says why.
  bool tell_statistics() {
    if (!options_.statistics) return true;
    int failure = 0;
    const auto told = options_.statistics->append(output_.text(), options_.statistics_format, [&] {
      if (failure != 0) {
        output_.text().clear();
      } else if (!output_.packet_added()) {
        failure = errno;
      }
    });
    if (!told && !damage_) damage_ = told.error();
    errno = failure;
    return failure == 0;
  }

  CommandOptions& options_;
  CaptureFileReader file_;
  Output output_;
  encap::SessionMemory session_;
  encap::Dissector dissector_{&session_};
  Printer printer_{options_, dissector_, options_.statistics ? &*options_.statistics : nullptr};
  std::optional<SideBySide> others_;  // from some packet on
  bool may_share_ = false;
  encap::HttpObjects objects_;
  ObjectFolder folder_;
  std::optional<KeptPackets> kept_;
  std::uint64_t packets_ = 0;
  std::uint64_t without_packet_ = 0;
  std::optional<IoError> damage_;
};

}  // namespace

ExitCode print(CommandOptions& options) {
  const bool from_standard_input = options.capture == "-";
  install_signal_handlers(from_standard_input);
  auto file = from_standard_input ? CaptureFileReader::open_descriptor(STDIN_FILENO, "standard input")
                                  : CaptureFileReader::open(options.capture);
  if (!file) return interrupted_by() == 0 ? report(file.error()) : interrupted();
  const bool watched = from_standard_input && is_pipe(STDIN_FILENO) && isatty(STDOUT_FILENO) != 0;
  return Run{options, std::move(*file), watched}.run();
}
