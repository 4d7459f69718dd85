#pragma once

#include <memory>
#include <string>

#include "encap/base/packet_sink.h"
#include "encap/capture/capture_file_writer.h"

namespace encap {

/// Writes down where the rows of a table went: for each frame of a capture file its conversation, direction and rows,
/// for each row its conversation and the frames, octets of the file and octets of the stream that carry it. A sink
/// between the crafter and the file. JSON, UTF-8, one frame, row or conversation a line, in the order of their numbers;
/// docs/map.schema.json says what is in it. The same packets give the same text.
///
///     auto file = open_capture_writer("a.pcap");
///     auto map = CaptureMap::open("a.json", {.generator = "encap", .table = "a.csv", .capture = "a.pcap"}, **file);
///     Crafter crafter{{.origins = true}, *map};
///     ...
///     if (auto r = map->finish(); !r) return unexpected(r.error());
///     if (auto r = (*file)->commit(); !r) return unexpected(r.error());
///     if (auto r = map->publish(); !r) return unexpected(r.error());
///
/// Frames are written as they come. Memory: 32 octets for each piece of a row that a packet carries, some 200 for each
/// row, and its `msg_id` where that is not the row's number, some 150 for each conversation, and its names.
class CaptureMap final : public PacketSink {
 public:
  static constexpr unsigned schema_version = 1;

  /// What the map says of itself. Texts are UTF-8; what is not becomes U+FFFD.
  struct About {
    std::string generator{};  ///< what wrote it
    std::string table{};      ///< name of the table
    std::string capture{};    ///< name of the capture file
    CaptureFormat format = CaptureFormat::pcap;
    Compression compression = Compression::none;
  };

  /// Opens `path` for the map; `-` is standard output. Packets go on to `next`, which writes them to `file`.
  /// Lifetime: borrows `file` and `next`. Errors: the target cannot be written.
  [[nodiscard]] static Result<CaptureMap, IoError> open(const std::string& path, const About& about,
                                                        const CaptureFileWriter& file, PacketSink& next);
  [[nodiscard]] static Result<CaptureMap, IoError> open(const std::string& path, const About& about,
                                                        CaptureFileWriter& file) {
    return open(path, about, file, file);
  }
  CaptureMap(CaptureMap&&) noexcept;
  CaptureMap& operator=(CaptureMap&&) noexcept;
  ~CaptureMap() override;

  /// Errors: those of `next`; the map cannot be written; a packet without an origin, frames, pieces of rows or octets
  /// of a row beyond 2^32-1.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;
  /// Hands on to `next`.
  [[nodiscard]] Result<void, IoError> flush() override;

  /// Writes what is known at the end: rows and conversations. Nothing may follow but `publish`.
  /// Errors: the map cannot be written.
  [[nodiscard]] Result<void, IoError> finish();
  /// Gives the map its name. Without this nothing is left of it. Errors: it cannot take its name or its place.
  [[nodiscard]] Result<void, IoError> publish();

 private:
  class Impl;
  explicit CaptureMap(std::unique_ptr<Impl> impl) noexcept;

  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
