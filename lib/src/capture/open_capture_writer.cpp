#include "encap/capture/open_capture_writer.h"

#include "encap/capture/pcap_file_writer.h"
#include "encap/capture/pcapng_file_writer.h"

namespace encap {
namespace {

template <class Writer>
Result<std::unique_ptr<CaptureFileWriter>, IoError> open_as(const std::string& path,
                                                            const typename Writer::Options& options) {
  auto file = Writer::open(path, options);
  if (!file) return unexpected(std::move(file.error()));
  return std::make_unique<Writer>(std::move(*file));
}

}  // namespace

Result<std::unique_ptr<CaptureFileWriter>, IoError> open_capture_writer(const std::string& path,
                                                                        const CaptureWriterOptions& options) {
  const CaptureFormat named = capture_format_of(path).value_or(CaptureFormat::pcap);
  if (options.format.value_or(named) == CaptureFormat::pcapng) {
    return open_as<PcapngFileWriter>(path, {.application = options.application,
                                            .snap_length = options.snap_length,
                                            .compression = options.compression,
                                            .when = options.when});
  }
  return open_as<PcapFileWriter>(path, {.link_type = options.link_type,
                                        .nanoseconds = options.nanoseconds,
                                        .snap_length = options.snap_length,
                                        .compression = options.compression,
                                        .when = options.when});
}

}  // namespace encap
