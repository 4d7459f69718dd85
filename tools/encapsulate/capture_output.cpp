#include "capture_output.h"

#include <filesystem>

#include "encap/capture/open_capture_writer.h"

using encap::CaptureFormat;
using encap::IoError;
using encap::Result;

namespace {

constexpr const char* program = "encapsulate";
constexpr const char* program_and_version = "encapsulate " ENCAP_VERSION;

/// A file's name without its folder, so that the same files in another place are described alike.
std::string name_of(const std::string& path) { return std::filesystem::path{path}.filename().string(); }

}  // namespace

Result<CaptureOutput, IoError> CaptureOutput::open(const CommandOptions& options) {
  const CaptureFormat format =
      options.capture_format.value_or(encap::capture_format_of(options.output).value_or(CaptureFormat::pcap));
  const std::string table = options.table == "-" ? "standard input" : name_of(options.table);
  CaptureOutput output;
  auto file = encap::open_capture_writer(
      options.output, {.format = format,
                       .when = options.skip_errors ? encap::Delivery::streamed : encap::Delivery::committed,
                       .nanoseconds = options.nanoseconds,
                       .application = program_and_version});
  if (!file) return encap::unexpected(std::move(file.error()));
  output.capture_ = std::move(*file);
  output.sink_ = output.capture_.get();
  if (auto* const pcapng = dynamic_cast<encap::PcapngFileWriter*>(output.capture_.get())) {
    const encap::AnnotatedCapture::About about{program, "crafted from " + table};
    output.annotated_ = std::make_unique<encap::AnnotatedCapture>(*pcapng, about);
    output.sink_ = output.annotated_.get();
  }
  if (options.map.empty()) return output;
  const encap::CaptureMap::About about{.generator = program_and_version,
                                       .table = table,
                                       .capture = options.output == "-" ? "standard output" : name_of(options.output),
                                       .format = format,
                                       .compression = encap::compression_of(options.output)};
  auto map = encap::CaptureMap::open(options.map, about, *output.capture_, *output.sink_);
  if (!map) return encap::unexpected(std::move(map.error()));
  output.map_ = std::make_unique<encap::CaptureMap>(std::move(*map));
  output.sink_ = output.map_.get();
  return output;
}

Result<void, IoError> CaptureOutput::commit() {
  // The map is complete before the capture takes its name: what is left for it is to take its own.
  if (map_ != nullptr) {
    if (auto finished = map_->finish(); !finished) return finished;
  }
  if (auto published = capture_->commit(); !published) return published;
  return map_ != nullptr ? map_->publish() : Result<void, IoError>{};
}

void CaptureOutput::salvage() {
  map_.reset();
  if (capture_->packets() != 0) static_cast<void>(capture_->commit());
}
