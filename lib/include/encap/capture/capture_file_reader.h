#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "encap/capture/packet_source.h"

namespace encap {

class PcapFormat;
class PcapngFormat;

/// Reads a capture file: pcap in all its variants, pcapng, and either of them compressed with gzip or zstd. What a file
/// is, its first octets tell, whatever its name. Memory holds a window of the file and the descriptions of a section's
/// interfaces, however long the file is. Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
///
///     auto file = CaptureFileReader::open("http.pcapng");
///     if (!file) return unexpected(file.error());
///     for (;;) {
///       const auto record = file->next();
///       if (!record) return unexpected(record.error());
///       if (*record == nullptr) break;
///       count(**record);
///     }
class CaptureFileReader final : public PacketSource {
 public:
  /// Opens `path`; `-` is standard input. Waits for no more than the file header.
  /// Errors: the file cannot be read, is no capture (the error says what it looks like), or its header is not whole.
  [[nodiscard]] static Result<CaptureFileReader, IoError> open(const std::string& path);
  /// Reads an open file, pipe or socket from where it stands and closes it at the end. `name` is what errors call it.
  [[nodiscard]] static Result<CaptureFileReader, IoError> open_descriptor(int descriptor, const std::string& name);

  /// The next packet, or null at the end; from a pipe as soon as its last octet is there. Link types are those of the
  /// file, named by `LinkType` or not. Times outside the range of `Timestamp` stay at its ends; what a clock counts
  /// below the nanosecond is cut. `decimals` is 0, 1, 2, 3, 6 or 9, the largest of them that the clock reaches, as in
  /// Wireshark. Lifetime: the record, its octets, comments and interface live until the next call.
  /// Errors: the file ends inside a packet or is damaged, with the place; the packets before that were returned, and
  /// every later call says it again.
  [[nodiscard]] Result<const PacketRecord*, IoError> next() override { return format_->next(); }

  /// Keeps the octets of the record that was returned last, and of those before it that it does not have to be asked
  /// for again, for as long as a copy of it lives; what else the record borrows it does not keep. Many records have one
  /// hold. Threads: holds are made, copied and let go by the thread that calls `next`.
  [[nodiscard]] const std::shared_ptr<const void>& hold() const noexcept;

  /// How many records that hold no packet were passed over so far: custom blocks of pcapng, and blocks of sysdig and of
  /// the systemd journal. Wireshark numbers them as frames.
  [[nodiscard]] std::uint64_t frames_without_packet() const noexcept;

  /// Octets of the frame check sequence at the end of each packet, where the header of a pcap file says so.
  [[nodiscard]] std::optional<std::uint8_t> fcs_length() const noexcept;

 private:
  explicit CaptureFileReader(std::unique_ptr<PacketSource> format) noexcept : format_{std::move(format)} {}

  std::unique_ptr<PacketSource> format_;
  const PcapFormat* pcap_ = nullptr;      // format_, when it is that
  const PcapngFormat* pcapng_ = nullptr;  // format_, when it is that
};

}  // namespace encap
