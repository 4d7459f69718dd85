#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "encap/base/packet_sink.h"
#include "encap/capture/delivery.h"

namespace encap {

class OutputFile;
class Packer;
struct FileUnit;

/// Octets of a file that lie side by side.
struct FileRange {
  std::uint64_t offset = 0;  ///< of the first, from 0
  std::uint32_t length = 0;
};

/// The two formats of capture files. Their names are what files of them end in.
enum class CaptureFormat : std::uint8_t { pcap, pcapng };

/// How a file's octets are packed. Levels are low, as captures are large: gzip packs some 100 MB in a second, zstd some
/// 500 MB.
enum class Compression : std::uint8_t { none, gzip, zstd };

/// What a file name says of the format: `.pcap`, `.cap` and `.dmp` are pcap, `.pcapng` and `.ntar` pcapng, in any case
/// and with `.gz` or `.zst` behind it or not; nothing for other names.
[[nodiscard]] std::optional<CaptureFormat> capture_format_of(std::string_view path) noexcept;
/// What a file name says of the compression: `.gz` is gzip, `.zst` zstd, in any case.
[[nodiscard]] Compression compression_of(std::string_view path) noexcept;

/// A capture file that is being written: what `PcapFileWriter` and `PcapngFileWriter` have in common, which is all but
/// the octets of one packet. A base class, as every packet sink has one already and whoever writes packets need not
/// know the format; `open_capture_writer` makes one of either.
///
/// The file holds whole packets only, whatever ends the run. A regular file is written beside its target under a name
/// of its own (`.http.pcap.x7Gk2a`) and takes the target's place in `commit()`; until then the old file stays as it is.
/// A writer that is destroyed without a commit leaves nothing behind.
///
/// A compressed file is a chain of gzip members (RFC 1952), or of blocks of one zstd frame (RFC 8878), each of whole
/// packets, up to 1 MiB of them. So it is a complete one up to the last of these, whatever ends the run. Each flush
/// ends one. The same packets, flushed alike, give the same octets with the same version of zlib or libzstd.
class CaptureFileWriter : public PacketSink {
 public:
  static constexpr std::uint32_t maximum_snap_length = 262'144;  // octets; readers refuse more

  CaptureFileWriter(CaptureFileWriter&&) noexcept;
  CaptureFileWriter& operator=(CaptureFileWriter&&) noexcept;
  CaptureFileWriter(const CaptureFileWriter&) = delete;
  CaptureFileWriter& operator=(const CaptureFileWriter&) = delete;
  ~CaptureFileWriter() override;

  /// Takes one packet into the batch, cut to the snap length, and writes the batch when it is full. An
  /// `original_length` below the packet's size counts as that size. Allocates nothing unless it fails.
  /// Errors: what the format cannot hold: such a packet is left out and the next is welcome. A medium that refuses
  /// octets ends the file after its last whole packet; every later call says so again.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override = 0;

  /// Writes the batch out, full or not. Errors: as `write`.
  [[nodiscard]] Result<void, IoError> flush() final;

  /// Flushes and publishes: gives a regular file its name, copies what waited for a commit. After a failure was
  /// reported it publishes the whole packets there are. Errors: as `flush`, with nothing published; a file that cannot
  /// take its name or its place.
  [[nodiscard]] Result<void, IoError> commit();

  /// Gives the file up. What was not streamed was never written, and the old file stays.
  void discard() noexcept;

  /// Packets taken so far; after a failure, those that are whole in the file.
  [[nodiscard]] std::uint64_t packets() const noexcept { return packets_; }
  /// Octets of the file so far before compression, its header and the batch in memory included.
  [[nodiscard]] std::uint64_t bytes_written() const noexcept { return flushed_ + used_; }
  /// Where in the file, before compression, the octets of the packet lie that was taken last, as far as the snap length
  /// keeps them; empty before the first. Shape: behind the header of the record or block, without padding.
  [[nodiscard]] FileRange last_packet() const noexcept { return last_packet_; }
  /// Whether the medium refused octets.
  [[nodiscard]] bool failed() const noexcept { return failure_.has_value(); }

 protected:
  /// The unit (a header, a packet) that `octets` begin with, which lie at `offset` of the file.
  using NextUnit = FileUnit (*)(std::uint64_t offset, Bytes octets) noexcept;

  static constexpr std::size_t batch_capacity = std::size_t{1} << 20;  // octets; no unit is larger

  explicit CaptureFileWriter(NextUnit next_unit) noexcept;

  /// Opens the target. Errors: as the `open` of the formats.
  [[nodiscard]] Result<void, IoError> open_file(const std::string& path, std::uint32_t snap_length, Delivery when,
                                                std::optional<Compression> compression);
  /// Whether a packet may come. Errors: the medium failed, or the file was committed or discarded.
  [[nodiscard]] Result<void, IoError> check_open() const {
    return file_ != nullptr && !failure_ ? Result<void, IoError>{} : unexpected(why_closed());
  }
  /// Makes room for `length` octets, which are units. Errors: as `flush`. Precondition: `length <= batch_capacity`.
  [[nodiscard]] Result<void, IoError> make_room(std::size_t length) {
    assert(length <= batch_capacity);
    return batch_capacity - used_ < length ? flush() : Result<void, IoError>{};
  }
  /// The next `length` octets of the batch, to be filled with whole units. Lifetime: until the next call.
  /// Precondition: room was made for them.
  [[nodiscard]] MutableBytes add(std::size_t length) noexcept {
    assert(length <= batch_capacity - used_);
    used_ += length;
    return {batch_.get() + used_ - length, length};
  }
  /// Counts a packet, whose octets lie at `octets` of the batch.
  void count_packet(Bytes octets) noexcept {
    ++packets_;
    last_packet_ = {flushed_ + static_cast<std::uint64_t>(octets.data() - batch_.get()),
                    static_cast<std::uint32_t>(octets.size())};
  }
  /// The octets that have not left yet.
  [[nodiscard]] MutableBytes batch() noexcept { return {batch_.get(), used_}; }
  /// Whether octets have left.
  [[nodiscard]] bool has_flushed() const noexcept { return flushed_ != 0; }

  /// Why the packet that is next is left out.
  [[nodiscard]] IoError refusal(std::string reason) const;
  /// The same for its time; `counted`: as in "a pcap file counts 0 to 4294967295 s".
  [[nodiscard]] IoError refusal(Timestamp timestamp, std::string_view counted) const;
  /// What errors call the file.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  [[nodiscard]] IoError why_closed() const;

  NextUnit next_unit_;
  std::string name_;
  std::unique_ptr<OutputFile> file_;
  std::unique_ptr<Packer> packer_;  // null where the file is not compressed
  std::unique_ptr<std::byte[]> batch_;
  std::size_t used_ = 0;  // octets of the batch: whole units
  std::uint64_t flushed_ = 0;
  std::uint64_t packets_ = 0;
  FileRange last_packet_{};
  std::optional<IoError> failure_;
};

}  // namespace encap
