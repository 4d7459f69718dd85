#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "encap/base/packet_sink.h"
#include "encap/capture/delivery.h"

namespace encap {

class OutputFile;

/// Writes a classic pcap file: little-endian on every host, so that the same packets give the same file, octet for
/// octet. Microsecond files cut nanoseconds off. Source: the pcap capture file format (draft-ietf-opsawg-pcap).
///
///     auto file = PcapFileWriter::open("http.pcap", {.link_type = LinkType::ethernet});
///     if (auto r = file->write(record); !r) return unexpected(r.error());
///     if (auto r = file->commit(); !r) return unexpected(r.error());
///
/// The file holds whole packets only, whatever ends the run. A regular file is written beside its target under a name
/// of its own (`.http.pcap.x7Gk2a`) and takes the target's place in `commit()`; until then the old file stays as it is.
/// A writer that is destroyed without a commit leaves nothing behind.
class PcapFileWriter final : public PacketSink {
 public:
  static constexpr std::size_t file_header_length = 24;          // octets
  static constexpr std::size_t record_header_length = 16;        // octets, in front of each packet
  static constexpr std::uint32_t maximum_snap_length = 262'144;  // octets; readers refuse more

  struct Options {
    std::optional<LinkType> link_type{};  ///< of every packet in the file; default: of the first one, raw without any
    bool nanoseconds = false;             ///< unit of the timestamps' fraction; microseconds otherwise
    std::uint32_t snap_length = maximum_snap_length;  ///< octets kept of a packet, 1..262144
    Delivery when = Delivery::committed;              ///< matters for pipes and standard output
  };

  /// Opens `path` for writing; `-` is standard output. Blocks on a FIFO until somebody reads it.
  /// Errors: the target cannot be written, or the snap length is out of range.
  [[nodiscard]] static Result<PcapFileWriter, IoError> open(const std::string& path, const Options& options);

  PcapFileWriter(PcapFileWriter&&) noexcept;
  PcapFileWriter& operator=(PcapFileWriter&&) noexcept;
  PcapFileWriter(const PcapFileWriter&) = delete;
  PcapFileWriter& operator=(const PcapFileWriter&) = delete;
  ~PcapFileWriter() override;

  /// Takes one packet into the batch, cut to the snap length, and writes the batch when it is full. An
  /// `original_length` below the packet's size counts as that size. Allocates nothing unless it fails.
  /// Errors: another link type, or a timestamp outside 0..2^32-1 seconds: such a packet is left out and the next is
  /// welcome. A medium that refuses octets ends the file after its last whole packet; every later call says so again.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;

  /// Writes the batch out, full or not. Errors: as `write`.
  [[nodiscard]] Result<void, IoError> flush() override;

  /// Flushes and publishes: gives a regular file its name, copies what waited for a commit. After a failure was
  /// reported it publishes the whole packets there are. Errors: as `flush`, with nothing published; a file that cannot
  /// take its name or its place.
  [[nodiscard]] Result<void, IoError> commit();

  /// Gives the file up. What was not streamed was never written, and the old file stays.
  void discard() noexcept;

  /// Packets taken so far; after a failure, those that are whole in the file.
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  /// Octets of the file so far, its header and the batch in memory included.
  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return flushed_ + used_; }
  /// Whether the medium refused octets.
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

 private:
  PcapFileWriter(std::unique_ptr<OutputFile> file, std::string path, const Options& options);

  [[nodiscard]] IoError refusal(std::string reason) const;

  std::unique_ptr<OutputFile> file_;
  std::string path_;
  Options options_;
  std::unique_ptr<std::byte[]> batch_;
  std::size_t used_ = 0;  // octets of the batch: the file header, if it is still there, and whole records
  std::uint64_t flushed_ = 0;
  std::uint64_t packets_ = 0;
  std::optional<IoError> failure_;
};

}  // namespace encap
