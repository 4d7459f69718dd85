#pragma once

#include <array>
#include <memory>
#include <string>

#include "capture/file_descriptor.h"
#include "encap/base/bytes.h"
#include "encap/base/io_error.h"
#include "encap/base/result.h"

namespace encap {

/// Where the octets of a file come from: an open file, or a decompressor in front of one.
class OctetStream {
 public:
  OctetStream() = default;
  OctetStream(const OctetStream&) = delete;
  OctetStream& operator=(const OctetStream&) = delete;
  virtual ~OctetStream() = default;

  /// Puts the next octets at the start of `out`, those that are there, and tells how many; 0 is the end. Waits only
  /// when there is none. Precondition: `out` is not empty.
  /// Errors: the system refuses, or compressed data is damaged or ends early; what came before was returned.
  [[nodiscard]] virtual Result<std::size_t, IoError> read(MutableBytes out) = 0;

  /// What errors call the file.
  [[nodiscard]] virtual const std::string& name() const noexcept = 0;
};

/// An open file, pipe or socket.
class DescriptorStream final : public OctetStream {
 public:
  DescriptorStream(FileDescriptor file, std::string name) noexcept : file_{std::move(file)}, name_{std::move(name)} {}

  [[nodiscard]] Result<std::size_t, IoError> read(MutableBytes out) override;
  [[nodiscard]] const std::string& name() const noexcept override { return name_; }

  /// The first octets, up to four of them, which `read` will give again. Lifetime: of the stream.
  /// Precondition: nothing was read. Errors: as `read`.
  [[nodiscard]] Result<Bytes, IoError> peek();

 private:
  [[nodiscard]] Result<std::size_t, IoError> read_file(MutableBytes out);

  FileDescriptor file_;
  std::string name_;
  std::array<std::byte, 4> ahead_{};  // what peek() read and read() has not given yet
  std::size_t ahead_size_ = 0;
};

/// The octets of a gzip file's members, one after the other. Zeros behind the last member are padding, as for gzip.
/// Source: RFC 1952.
[[nodiscard]] Result<std::unique_ptr<OctetStream>, IoError> open_gzip(std::unique_ptr<OctetStream> compressed);
/// Whether a file that starts so is a gzip file.
[[nodiscard]] bool is_gzip(Bytes start) noexcept;

/// The octets of a zstd file's frames, one after the other; skippable frames hold none. Source: RFC 8878.
[[nodiscard]] Result<std::unique_ptr<OctetStream>, IoError> open_zstd(std::unique_ptr<OctetStream> compressed);
/// Whether a file that starts so is a zstd file.
[[nodiscard]] bool is_zstd(Bytes start) noexcept;

/// The octets of a file, decompressed when it is compressed.
[[nodiscard]] Result<std::unique_ptr<OctetStream>, IoError> open_octets(FileDescriptor file, const std::string& name);

}  // namespace encap
