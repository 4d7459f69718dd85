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
#include "encap/render/colour.h"
#include "encap/render/hex.h"
#include "encap/render/json.h"
#include "encap/render/tree.h"
#include "encap/statistics/http_objects.h"
#include "interrupt.h"
#include "object_folder.h"
#include "output.h"
#include "side_by_side.h"

namespace {

using Format = CommandOptions::Format;
using encap::CaptureFileReader;
using encap::Detail;
using encap::Dissection;
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

bool is_json(Format format) noexcept {
  return format == Format::json || format == Format::json_raw || format == Format::ek;
}

encap::JsonFormat json_format(const CommandOptions& options) {
  using Shape = encap::JsonFormat::Shape;
  const bool raw_only = options.format == Format::json_raw;
  return {.shape = options.format == Format::ek ? Shape::lines : Shape::tree,
          .text = !raw_only,
          .raw = raw_only || options.hex,
          .info = options.format == Format::ek && options.summary && !options.tree};
}

/// Renders packets the way the options ask for.
class Printer {
 public:
  explicit Printer(CommandOptions& options) : options_{options}, json_{json_format(options)} {
    // Without -V and -x the list is what there is to see.
    list_ = options.summary || (!options.tree && !options.hex);
  }

  [[nodiscard]] Detail detail() const {
    // A filter looks at fields.
    Detail detail = std::max(shown_detail(), options_.filter ? Detail::fields : Detail::facts);
    if (options_.statistics) detail = std::max(detail, options_.statistics->detail());
    if (!options_.http_objects.empty()) detail = std::max(detail, Detail::fields);
    return detail;
  }
  /// Whether packets may be rendered at the same time: lines of the list stand for themselves.
  [[nodiscard]] bool side_by_side() const {
    return !options_.filter && !options_.statistics && options_.http_objects.empty() && !options_.fields &&
           !options_.tree && !options_.hex && !is_json(options_.format);
  }
  /// Whether a packet is shown.
  [[nodiscard]] bool wants(const Dissection& dissection) {
    return !options_.filter || options_.filter->matches(dissection);
  }
  void begin(std::string& out) {
    if (options_.quiet) return;
    if (options_.format == Format::fields) {
      if (options_.byte_order_mark) out += "\xef\xbb\xbf";
      if (options_.header) append_fields_header(out, *options_.fields, options_.fields_format);
    } else if (is_json(options_.format)) {
      json_.begin(out);
    }
  }
  void packet(std::string& out, const Dissection& dissection) {
    if (options_.quiet) return;
    if (options_.fields) options_.fields->read(dissection);
    if (options_.format == Format::fields) {
      append_fields_line(out, *options_.fields, options_.fields_format);
    } else if (is_json(options_.format)) {
      if (options_.fields) {
        json_.packet(out, dissection, *options_.fields);
      } else {
        json_.packet(out, dissection);
      }
    } else {
      text(out, dissection);
    }
  }
  void end(std::string& out) {
    if (!options_.quiet && is_json(options_.format)) json_.end(out);
  }

 private:
  [[nodiscard]] Detail shown_detail() const {
    if (options_.quiet) return options_.statistics ? Detail::facts : Detail::columns;
    if (is_json(options_.format)) return Detail::items;
    if (options_.fields) return options_.fields->detail();
    return options_.tree || options_.hex ? Detail::items : Detail::columns;
  }
  void text(std::string& out, const Dissection& dissection) {
    if (list_) line(out, dissection);
    if (options_.tree) append_tree(out, dissection, {.detailed = options_.detailed, .dump_data = !options_.hex});
    if (options_.hex) {
      if (list_ && !options_.tree) out += '\n';
      append_hex(out, dissection);
      out += '\n';
    }
  }
  void line(std::string& out, const Dissection& dissection) {
    const std::string_view colour = options_.colour ? encap::colour_start(dissection.columns) : std::string_view{};
    out += colour;
    append_list_line(out, dissection, options_.time, options_.format == Format::tabs ? '\t' : ' ');
    if (!colour.empty()) out += encap::colour_end;
    out += '\n';
  }

  CommandOptions& options_;
  encap::JsonWriter json_;
  bool list_;
};

encap::Result<void, IoError> append_statistics(std::string& out, const CommandOptions& options,
                                               const encap::TextSink& sink) {
  using StatisticsFormat = CommandOptions::StatisticsFormat;
  switch (options.statistics_format) {
    case StatisticsFormat::text:
      return options.statistics->append_text(out, sink);
    case StatisticsFormat::json:
      return options.statistics->append_json(out, sink);
    case StatisticsFormat::csv:
      return options.statistics->append_csv(out, sink);
  }
  return {};
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
  Printer printer{options};
  encap::SessionMemory session;
  encap::Dissector dissector{&session};
  encap::Statistics* const statistics = options.statistics ? &*options.statistics : nullptr;
  const bool wants_objects = !options.http_objects.empty();
  encap::HttpObjects objects;
  ObjectFolder folder;
  if (wants_objects) {
    if (const auto opened = folder.open(options.http_objects); !opened) return report(opened.error());
  }
  Dissection dissection{printer.detail(), statistics != nullptr || wants_objects};
  std::optional<SideBySide> others;
  const bool may_share = printer.side_by_side() && !output.writes_each_packet() &&
                         std::min<std::uint64_t>(options.threads, std::thread::hardware_concurrency()) > 1;
  std::uint64_t without_packet = 0;
  std::optional<IoError> damage;

  printer.begin(output.text());
  for (std::uint64_t count = 0; count < options.packets && interrupted_by() == 0; ++count) {
    const auto record = file->next();
    if (!record) {
      damage = record.error();
      break;
    }
    if (*record == nullptr) break;
    const std::uint64_t passed_over = file->frames_without_packet();
    dissector.skip_frames(passed_over - without_packet);
    without_packet = passed_over;
    const encap::FramePlace place = dissector.place(**record);
    if (others) {
      dissector.displayed();
      if (!others->add(**record, place)) return report_output();
      continue;
    }
    dissector.dissect(**record, place, dissection);
    if (statistics != nullptr) statistics->take(dissection);
    if (wants_objects) {
      objects.take(dissection, [&](const encap::HttpObject& object) {
        if (damage) return;
        if (const auto written = folder.write(object.name, object.octets); !written) damage = written.error();
      });
      if (damage) break;
    }
    if (!printer.wants(dissection)) continue;
    dissector.displayed();
    printer.packet(output.text(), dissection);
    if (!output.packet_added()) return report_output();
    if (may_share && count == packets_alone) {
      const auto render = [&printer](std::string& out, const Dissection& packet) { printer.packet(out, packet); };
      others.emplace(dissector, render, output);
    }
  }
  if (others && !others->finish()) return report_output();
  printer.end(output.text());
  if (statistics != nullptr) {
    bool refused = false;
    const auto pass_on = [&](std::string& /*output.text()*/) -> encap::Result<void, IoError> {
      refused = !output.packet_added();
      return refused ? encap::unexpected(IoError{}) : encap::Result<void, IoError>{};
    };
    const auto written = append_statistics(output.text(), options, pass_on);
    if (refused) return report_output();
    if (!written) damage = written.error();
  }
  if (!output.write()) return report_output();
  if (const int signal = interrupted_by(); signal != 0)
    return signal == SIGTERM ? ExitCode::terminated : ExitCode::interrupted;
  return damage ? report(*damage) : ExitCode::done;
}
