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
#include "interrupt.h"
#include "kept_packets.h"
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

ExitCode refuse_filter(const std::string& reason) {
  fmt::print(stderr, "dissect: -f: {}\n", reason);
  return ExitCode::usage;
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
    detail_ = detail();
    if (detail_ == Detail::fields && !options.statistics) interest_ = encap::Interest::in_fields(fields_looked_at());
  }

  [[nodiscard]] Detail detail() const {
    // A filter looks at fields.
    Detail detail = std::max(shown_detail(), options_.filter ? Detail::fields : Detail::facts);
    if (options_.statistics) detail = std::max(detail, options_.statistics->detail());
    return detail;
  }
  /// The protocols whose items are looked at; null: all. Lifetime: that of the printer.
  [[nodiscard]] const encap::Interest* interest() const { return interest_.in_all() ? nullptr : &interest_; }
  /// Whether packets may be rendered at the same time: lines of the list stand for themselves.
  [[nodiscard]] bool side_by_side() const {
    return !options_.quiet && !options_.filter && !options_.statistics && options_.kept.empty() && !options_.fields &&
           !options_.tree && !options_.hex && !is_json(options_.format);
  }
  /// Dissects a packet. Whether it is shown.
  [[nodiscard]] bool read(const encap::Dissector& dissector, const encap::PacketRecord& record,
                          const encap::FramePlace& place, Dissection& dissection) {
    if (is_looked_at_by_nobody()) return true;
    // What the headers tell saves the look at the fields. What is remembered of a packet that is not shown is the same.
    const auto told = options_.filter && !options_.statistics ? options_.filter->matches(record) : std::nullopt;
    dissection.detail = !told ? detail_ : *told ? shown_detail() : Detail::facts;
    dissector.dissect(record, place, dissection);
    if (options_.statistics) options_.statistics->take(dissection);
    return told ? *told : !options_.filter || options_.filter->matches(dissection);
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
  [[nodiscard]] bool is_looked_at_by_nobody() const {
    return !options_.kept.empty() && options_.quiet && !options_.filter && !options_.statistics;
  }
  [[nodiscard]] Detail shown_detail() const {
    if (options_.quiet) return Detail::facts;
    if (is_json(options_.format)) return Detail::items;
    if (options_.fields) return options_.fields->detail();
    return options_.tree || options_.hex ? Detail::items : Detail::columns;
  }
  [[nodiscard]] std::vector<std::string> fields_looked_at() const {
    std::vector<std::string> names;
    if (options_.filter) names = options_.filter->fields();
    if (options_.fields) names.insert(names.end(), options_.fields->names().begin(), options_.fields->names().end());
    return names;
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
  Detail detail_ = Detail::items;  // that tells whether a packet is shown, and shows it
  encap::Interest interest_;
  bool list_;
};

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
  Dissection dissection{printer.detail(), statistics != nullptr};
  dissection.wants_facts = statistics != nullptr;
  dissection.wants_layers = statistics != nullptr && statistics->reads_layers();
  dissection.interest = printer.interest();
  std::optional<KeptPackets> kept;
  if (!options.kept.empty()) kept.emplace(options.kept, options.kept_format);
  std::optional<SideBySide> others;
  const bool may_share = printer.side_by_side() && !output.writes_each_packet() &&
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
    if (!printer.read(dissector, **record, place, dissection)) continue;
    dissector.displayed();
    if (kept) {
      if (auto written = kept->add(**record); !written) return report(written.error());
    }
    printer.packet(output.text(), dissection);
    if (!output.packet_added()) return report_output();
    if (may_share && count > packets_alone) {
      const auto render = [&printer](std::string& out, const Dissection& packet) { printer.packet(out, packet); };
      others.emplace(dissector, render, output);
    }
  }
  if (others && !others->finish()) return report_output();
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
