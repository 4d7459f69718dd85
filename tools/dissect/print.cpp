#include "print.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
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
#include "live.h"
#include "object_folder.h"
#include "output.h"
#include "printer.h"
#include "report.h"
#include "side_by_side.h"
#include "stream_counter.h"

namespace {

using encap::CaptureFileReader;
using encap::IoError;
using encap::LiveCapture;
using encap::PacketRecord;

// A short capture is over before threads have started.
constexpr std::uint64_t packets_alone = 4096;
constexpr std::uint64_t trees_alone = 256;

bool is_pipe(int descriptor) {
  struct stat status {};
  return fstat(descriptor, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
}

/// One run of the command, from the capture to what is shown and written of it. What ends the run early is an exit
/// code; what ends the capture early is damage, and what was read before is shown.
class Run {
 public:
  using Ended = std::optional<ExitCode>;

  /// `watched`: somebody waits for each packet. Lifetime: borrows all.
  Run(CommandOptions& options, CaptureFileReader& file, bool watched) : Run{options, file, &file, nullptr, watched} {}
  Run(CommandOptions& options, LiveCapture& live) : Run{options, live, nullptr, &live, false} {}

  ExitCode run() {
    if (exports()) {
      if (const auto opened = folder_.open(options_.http_objects); !opened) return report(opened.error());
    }
    printer_.begin(output_.text());
    if (const Ended ended = read_packets()) return *ended;
    if (others_) {
      if (!others_->finish()) return lose_output();
      others_->count_up();
    }
    printer_.end(output_.text());
    if (live_ != nullptr) {
      if (!output_.write()) return lose_output();
      // Behind the count, or what a terminal shows of Ctrl-C.
      if (counts_ || (interrupted_by() == SIGINT && isatty(STDERR_FILENO) != 0)) {
        fmt::print(stderr, "{}", counts_ ? '\r' : '\n');
      }
      tell_captured(packets_, live_->counts());
    }
    if (!tell_statistics() || !output_.write()) return lose_output();
    if (kept_) {
      if (auto written = kept_->finish(); !written) return report(written.error());
      if (const std::string lost = kept_->left_out(); !lost.empty()) fmt::print(stderr, "dissect: {}\n", lost);
    }
    if (interrupted_by() != 0 && live_ == nullptr) return interrupted();
    return damage_ ? report(*damage_) : ExitCode::done;
  }

 private:
  Run(CommandOptions& options, encap::PacketSource& source, const CaptureFileReader* file, LiveCapture* live,
      bool watched)
      : options_{options}, source_{source}, file_{file}, live_{live}, output_{options.flush || watched} {
    const auto when = live != nullptr ? encap::Delivery::streamed : encap::Delivery::committed;
    if (!options.kept.empty()) kept_.emplace(options.kept, options.kept_format, when);
    // Packets that come one by one are shown one by one.
    threads_ = std::min<std::uint64_t>(options.threads, std::thread::hardware_concurrency());
    may_share_ = live == nullptr && printer_.may_share() && !output_.writes_each_packet() && threads_ > 1;
    if (may_share_ && printer_.numbers_streams()) streams_.emplace();
    counts_ = live != nullptr && options.count && isatty(STDERR_FILENO) != 0;
  }

  [[nodiscard]] bool exports() const noexcept { return !options_.http_objects.empty(); }

  // What passed an interface cannot be read again: what was kept of it stays, whatever ends the run.
  void rescue() {
    if (live_ != nullptr && kept_) static_cast<void>(kept_->finish());
  }
  ExitCode lose(const IoError& error) {
    rescue();
    return report(error);
  }
  ExitCode lose_output() {
    const int code = errno;
    rescue();
    errno = code;
    return report_output();
  }

  Ended read_packets() {
    while (packets_ < options_.packets && !damage_ && interrupted_by() == 0) {
      auto record = live_ == nullptr ? source_.next() : live_->next_within(std::chrono::milliseconds{0});
      if (live_ != nullptr && record && *record == nullptr) {
        // Nobody is to wait for what came because of what has not come yet.
        if (const Ended ended = hand_on()) return ended;
        record = live_->next();
      }
      if (!record) {
        damage_ = record.error();
        break;
      }
      if (*record == nullptr) break;
      if (const Ended ended = take(**record)) return ended;
    }
    return std::nullopt;
  }

  Ended hand_on() {
    if (!output_.write()) return lose_output();
    if (kept_) {
      if (auto written = kept_->flush(); !written) return lose(written.error());
    }
    if (counts_ && packets_ != 0) fmt::print(stderr, "\r{} ", packets_);
    return std::nullopt;
  }

  Ended take(const PacketRecord& record) {
    if (options_.capture_filter) {
      const auto passes = options_.capture_filter->matches(record);
      if (!passes) return refuse_filter(passes.error());
      if (!*passes) return std::nullopt;
    }
    ++packets_;
    if (file_ != nullptr) {
      const std::uint64_t passed_over = file_->frames_without_packet();
      dissector_.skip_frames(passed_over - without_packet_);
      without_packet_ = passed_over;
    }
    const encap::FramePlace place = dissector_.place(record);
    const auto streams = streams_ ? SideBySide::Streams{streams_->before(record, place)} : std::nullopt;
    if (others_) {
      dissector_.displayed();
      return others_->add(record, place, streams, file_->hold()) ? Ended{} : lose_output();
    }
    const bool is_shown = printer_.read(record, place);
    if (may_share_ && packets_ == (printer_.shows_trees() ? trees_alone : packets_alone)) {
      others_.emplace(options_, dissector_, session_, output_, threads_);
    }
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
      if (auto written = kept_->add(record); !written) return lose(written.error());
    }
    printer_.print(output_.text());
    return output_.packet_added() ? Ended{} : lose_output();
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
  encap::PacketSource& source_;
  const CaptureFileReader* file_;  // source_, when it is that
  LiveCapture* live_;              // source_, when it is that
  Output output_;
  encap::SessionMemory session_{Printer::session_depth(options_)};
  encap::Dissector dissector_{&session_};
  Printer printer_{options_, dissector_, options_.statistics ? &*options_.statistics : nullptr};
  std::optional<StreamCounter> streams_;  // where others are to know how streams are numbered
  std::optional<SideBySide> others_;      // from some packet on
  std::uint64_t threads_ = 1;
  bool may_share_ = false;
  bool counts_ = false;
  encap::HttpObjects objects_;
  ObjectFolder folder_;
  std::optional<KeptPackets> kept_;
  std::uint64_t packets_ = 0;
  std::uint64_t without_packet_ = 0;
  std::optional<IoError> damage_;
};

ExitCode print_live(CommandOptions& options) {
  install_signal_handlers(false);
  std::signal(SIGPIPE, SIG_IGN);  // the file is finished first
  auto opened = open_live(*options.live, options.kept.empty() ? options.http_objects : options.kept);
  if (const auto* const ended = std::get_if<ExitCode>(&opened)) return *ended;
  auto& capture = std::get<LiveCapture>(opened);
  stop_on_interrupt(&capture);
  // Also where no packet came that would say it.
  if (!options.kept_format && !encap::capture_format_of(options.kept)) {
    options.kept_format = encap::CaptureFormat::pcapng;
  }
  const ExitCode code = Run{options, capture}.run();
  stop_on_interrupt(nullptr);
  return code;
}

}  // namespace

ExitCode print(CommandOptions& options) {
  if (options.live) return print_live(options);
  const bool from_standard_input = options.capture == "-";
  install_signal_handlers(from_standard_input);
  auto file = from_standard_input ? CaptureFileReader::open_descriptor(STDIN_FILENO, "standard input")
                                  : CaptureFileReader::open(options.capture);
  if (!file) return interrupted_by() == 0 ? report(file.error()) : interrupted();
  const bool watched = from_standard_input && is_pipe(STDIN_FILENO) && isatty(STDOUT_FILENO) != 0;
  return Run{options, *file, watched}.run();
}
