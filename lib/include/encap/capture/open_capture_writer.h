#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "encap/capture/capture_file_writer.h"

namespace encap {

/// What may be said of a capture file, whatever its format.
struct CaptureWriterOptions {
  std::optional<CaptureFormat> format{};     ///< default: as the name says, pcap where it says none
  std::optional<Compression> compression{};  ///< default: as the name says
  std::uint32_t snap_length = CaptureFileWriter::maximum_snap_length;  ///< octets kept of a packet, 1..262144
  Delivery when = Delivery::committed;                                 ///< matters for pipes and standard output
  std::optional<LinkType> link_type{};                                 ///< pcap: see `PcapFileWriter::Options`
  bool nanoseconds = false;   ///< pcap: nanoseconds, not microseconds; in pcapng it is the records that say it
  std::string application{};  ///< pcapng: what wrote the file, unless empty
};

/// Opens a capture file in the format that its name says; `-` is standard output.
/// Errors: as `PcapFileWriter::open` and `PcapngFileWriter::open`.
///
///     auto file = open_capture_writer("http.pcapng.zst");
///     if (!file) return unexpected(file.error());
///     if (auto r = (*file)->write(record); !r) return unexpected(r.error());
///     if (auto r = (*file)->commit(); !r) return unexpected(r.error());
[[nodiscard]] Result<std::unique_ptr<CaptureFileWriter>, IoError> open_capture_writer(
    const std::string& path, const CaptureWriterOptions& options = {});

}  // namespace encap
