#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "encap/capture/capture_file_writer.h"

namespace encap {

/// Writes a classic pcap file: little-endian on every host, so that the same packets give the same file, octet for
/// octet. Microsecond files cut nanoseconds off. Source: the pcap capture file format (draft-ietf-opsawg-pcap).
///
///     auto file = PcapFileWriter::open("http.pcap", {.link_type = LinkType::ethernet});
///     if (!file) return unexpected(file.error());
///     if (auto r = file->write(record); !r) return unexpected(r.error());
///     if (auto r = file->commit(); !r) return unexpected(r.error());
class PcapFileWriter final : public CaptureFileWriter {
 public:
  static constexpr std::size_t file_header_length = 24;    // octets
  static constexpr std::size_t record_header_length = 16;  // octets, in front of each packet

  struct Options {
    std::optional<LinkType> link_type{};  ///< of every packet in the file; default: of the first one, raw without any
    bool nanoseconds = false;             ///< unit of the timestamps' fraction; microseconds otherwise
    std::uint32_t snap_length = maximum_snap_length;  ///< octets kept of a packet, 1..262144
    std::optional<Compression> compression{};         ///< default: as the name says
    Delivery when = Delivery::committed;              ///< matters for pipes and standard output
  };

  /// Opens `path` for writing; `-` is standard output. Blocks on a FIFO until somebody reads it.
  /// Errors: the target cannot be written, or the snap length is out of range.
  [[nodiscard]] static Result<PcapFileWriter, IoError> open(const std::string& path, const Options& options);

  /// Errors beside those of the medium: another link type, or a timestamp outside 0..2^32-1 seconds.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;

 private:
  explicit PcapFileWriter(const Options& options) noexcept;

  void put_file_header();

  Options options_;
};

}  // namespace encap
