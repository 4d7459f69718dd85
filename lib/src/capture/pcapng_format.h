#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "capture/file_numbers.h"
#include "capture/stream_buffer.h"
#include "encap/capture/packet_source.h"

namespace encap {

/// The packets of a pcapng file. Blocks that hold none are passed over. Source: draft-ietf-opsawg-pcapng.
class PcapngFormat final : public PacketSource {
 public:
  /// Whether a file that starts so is a pcapng file.
  [[nodiscard]] static bool starts(Bytes start) noexcept;

  /// Reads the first section header. Precondition: the buffer starts as a pcapng file does.
  /// Errors: the header is not whole, or of a version other than 1.
  [[nodiscard]] static Result<std::unique_ptr<PcapngFormat>, IoError> open(StreamBuffer buffer);

  [[nodiscard]] Result<const PacketRecord*, IoError> next() override;
  [[nodiscard]] const std::shared_ptr<const void>& hold() const noexcept { return buffer_.hold(); }

  /// Blocks passed over so far that Wireshark numbers as frames.
  [[nodiscard]] std::uint64_t frames_without_packet() const noexcept { return frames_without_packet_; }

 private:
  enum class Step : std::uint8_t { packet, no_packet, end, failed };

  // How the 64-bit numbers of an interface's clock become nanoseconds: (number * multiplier >> shift) / divisor, exact
  // to the nanosecond, where it is cut.
  struct Clock {
    std::uint32_t multiplier = 1000;
    std::uint8_t shift = 0;
    std::uint64_t divisor = 1;  // 0: the clock is so fine that 64 bits of it are no nanosecond
    std::int64_t offset_seconds = 0;

    void set_resolution(std::uint8_t value) noexcept;
    [[nodiscard]] Timestamp moment(std::uint64_t number) const noexcept;
  };
  struct Interface {
    CaptureInterface told;
    Clock clock;
  };
  // Blocks whose body is read, with the least length they can have.
  struct Known {
    std::uint32_t type;
    std::uint32_t least_length;
    Step (PcapngFormat::*read)(Bytes block);
  };
  static const Known* find_known(std::uint32_t type) noexcept;

  explicit PcapngFormat(StreamBuffer buffer) : buffer_{std::move(buffer)} {}

  [[nodiscard]] Step read_block();
  [[nodiscard]] Step read_section_header();
  [[nodiscard]] Step read_interface(Bytes block);
  [[nodiscard]] Step read_enhanced_packet(Bytes block);
  [[nodiscard]] Step read_obsolete_packet(Bytes block);
  [[nodiscard]] Step read_simple_packet(Bytes block);
  [[nodiscard]] Step read_timed_packet(Bytes block, std::uint32_t interface_id);
  [[nodiscard]] Step take_packet(Bytes block, std::size_t data, std::uint32_t interface_id,
                                 std::uint32_t captured_length);
  [[nodiscard]] Step pass(std::uint32_t length);
  // Calls `take(code, value)` for each option up to the end mark or the end of `options`.
  template <class Take>
  [[nodiscard]] Step read_options(Bytes options, Take take);
  // Whether a total length is one a block can have, and whether it is the same at the block's end.
  [[nodiscard]] Step check_length(std::uint32_t length, std::uint32_t least);
  [[nodiscard]] Step check_end(std::uint32_t length, std::uint32_t at_end);

  [[nodiscard]] Step fail(std::string_view reason);
  [[nodiscard]] Step end_inside(std::uint64_t there, std::uint64_t whole);

  StreamBuffer buffer_;
  FileNumbers numbers_;
  PacketRecord record_;
  std::deque<Interface> interfaces_;  // of this section; records point to them
  std::size_t interface_octets_ = 0;  // memory they take
  std::uint32_t sections_ = 0;
  std::uint64_t block_offset_ = 0;
  std::uint64_t frames_without_packet_ = 0;
  std::vector<std::string_view> comments_;
  std::optional<IoError> failure_;
};

}  // namespace encap
