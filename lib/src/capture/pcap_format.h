#pragma once

#include <optional>

#include "capture/file_numbers.h"
#include "capture/stream_buffer.h"
#include "encap/capture/packet_source.h"

namespace encap {

/// The records of a pcap file. Source: draft-ietf-opsawg-pcap; the variants are those Wireshark tells apart by magic.
class PcapFormat final : public PacketSource {
 public:
  /// Whether a file that starts so is a pcap file of some variant.
  [[nodiscard]] static bool starts(Bytes start) noexcept;

  /// Reads the file header. Precondition: the buffer starts as a pcap file does.
  /// Errors: the header is not whole, or of a version before 2.
  [[nodiscard]] static Result<std::unique_ptr<PcapFormat>, IoError> open(StreamBuffer buffer);

  [[nodiscard]] Result<const PacketRecord*, IoError> next() override;
  [[nodiscard]] const std::shared_ptr<const void>& hold() const noexcept { return buffer_.hold(); }

  /// Octets of the frame check sequence, where the file header says so.
  [[nodiscard]] std::optional<std::uint8_t> fcs_length() const noexcept { return fcs_length_; }

 private:
  // Version 2.3 put the captured length in front of the original one; some who wrote 2.3 did not.
  enum class Lengths : std::uint8_t { captured_first, original_first, smaller_is_captured };

  explicit PcapFormat(StreamBuffer buffer) noexcept : buffer_{std::move(buffer)} {}

  [[nodiscard]] Result<const PacketRecord*, IoError> fail(std::string reason);
  [[nodiscard]] Result<const PacketRecord*, IoError> end_inside(std::size_t there, std::size_t whole);

  StreamBuffer buffer_;
  FileNumbers numbers_;
  PacketRecord record_;
  std::uint32_t fraction_unit_ = 1;  // nanoseconds
  std::uint32_t maximum_captured_length_ = 0;
  std::size_t record_header_length_ = 0;
  std::uint64_t packets_ = 0;
  Lengths lengths_ = Lengths::captured_first;
  std::optional<std::uint8_t> fcs_length_;
  std::optional<IoError> failure_;
};

}  // namespace encap
