#include "comparison.h"

#include <cerrno>
#include <optional>
#include <unistd.h>

#include "encap/capture/capture_file_reader.h"
#include "encap/trace/capture_comparison.h"
#include "interrupt.h"
#include "output.h"
#include "report.h"

namespace {

using encap::CaptureFileReader;
using encap::IoError;
using encap::PacketRecord;
using encap::Result;

Result<CaptureFileReader, IoError> open_capture(const std::string& path) {
  return path == "-" ? CaptureFileReader::open_descriptor(STDIN_FILENO, "standard input")
                     : CaptureFileReader::open(path);
}

/// The packets of a capture that -f and -c let through, until somebody interrupts.
class WantedPackets final : public encap::PacketSource {
 public:
  WantedPackets(CaptureFileReader& file, CommandOptions& options)
      : file_{file}, left_{options.packets}, filter_{options.capture_filter} {}

  Result<const PacketRecord*, IoError> next() override {
    while (left_ != 0 && interrupted_by() == 0) {
      auto record = file_.next();
      if (!record || *record == nullptr) return record;
      if (filter_) {
        const auto passes = filter_->matches(**record);
        if (!passes) {
          refused_ = passes.error();
          return nullptr;
        }
        if (!*passes) continue;
      }
      --left_;
      return record;
    }
    return nullptr;
  }

  /// What is wrong with the filter.
  [[nodiscard]] const std::optional<std::string>& refused() const noexcept { return refused_; }

 private:
  CaptureFileReader& file_;
  std::uint64_t left_;
  std::optional<encap::CaptureFilter>& filter_;
  std::optional<std::string> refused_;
};

}  // namespace

ExitCode print_comparison(CommandOptions& options) {
  const encap::BothSides<std::string> paths{options.other, options.capture};
  install_signal_handlers(paths[0] == "-" || paths[1] == "-");
  encap::ComparisonOptions comparison_options;
  if (options.filter) {
    comparison_options.wants = [&options](const encap::Dissection& dissection) {
      return options.filter->matches(dissection);
    };
  }
  encap::CaptureComparison comparison{comparison_options};
  for (std::size_t side = 0; side < paths.size(); ++side) {
    auto file = open_capture(paths[side]);
    if (!file) return interrupted_by() == 0 ? report(file.error()) : interrupted();
    WantedPackets packets{*file, options};
    comparison.read(side, paths[side], packets, [&file] { return file->frames_without_packet(); });
    if (packets.refused()) return refuse_filter(*packets.refused());
    if (interrupted_by() != 0) return interrupted();
  }
  comparison.compare();

  Output output{options.flush};
  int failure = 0;
  const auto written = [&] {
    if (failure != 0) {
      output.text().clear();
    } else if (!output.packet_added()) {
      failure = errno;
    }
  };
  if (options.statistics_format == encap::StatisticsFormat::json) {
    append_json(output.text(), comparison, written);
  } else {
    append_text(output.text(), comparison, {.everything = options.tree}, written);
  }
  if (failure == 0 && !output.write()) failure = errno;
  if (failure != 0) {
    errno = failure;
    return report_output();
  }
  ExitCode code = ExitCode::done;
  for (std::size_t side = 0; side < paths.size(); ++side) {
    if (const auto& damage = comparison.capture(side).damage) code = report(*damage);
  }
  return code;
}
