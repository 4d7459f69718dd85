#pragma once

#include <memory>
#include <string>

#include "encap/capture/packet_source.h"

namespace encap {

/// Reads a capture file: pcap in either byte order, with microseconds or nanoseconds, and pcapng of one link type.
///
///     auto file = PcapFileReader::open("http.pcap");
///     for (;;) {
///       const auto record = file->next();
///       if (!record) return unexpected(record.error());
///       if (*record == nullptr) break;
///       count(**record);
///     }
class PcapFileReader final : public PacketSource {
 public:
  /// Opens `path`; `-` is standard input. Errors: the file cannot be read, or is not a capture.
  [[nodiscard]] static Result<PcapFileReader, IoError> open(const std::string& path);
  /// Reads an open file from where it stands and closes it at the end. `name` is what errors call it.
  [[nodiscard]] static Result<PcapFileReader, IoError> open_descriptor(int descriptor, const std::string& name);

  PcapFileReader(PcapFileReader&&) noexcept;
  PcapFileReader& operator=(PcapFileReader&&) noexcept;
  PcapFileReader(const PcapFileReader&) = delete;
  PcapFileReader& operator=(const PcapFileReader&) = delete;
  ~PcapFileReader() override;

  /// Errors: the file ends inside a packet or is damaged; the packets before that point were returned.
  [[nodiscard]] Result<const PacketRecord*, IoError> next() override;

  /// As the file says it, in LINKTYPE values; may be one that `LinkType` has no name for.
  [[nodiscard]] LinkType link_type() const noexcept;
  /// Octets the capture kept of a packet at most.
  [[nodiscard]] std::uint32_t snap_length() const noexcept;

 private:
  struct Handle;
  explicit PcapFileReader(std::unique_ptr<Handle> handle) noexcept;
  std::unique_ptr<Handle> handle_;
};

}  // namespace encap
