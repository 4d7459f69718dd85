#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "encap/base/io_error.h"
#include "encap/base/packet_record.h"
#include "encap/base/result.h"
#include "encap/capture/capture_file_writer.h"

/// The capture file of -w. Its format is the one that was asked for, else what its name says, else that of the first
/// packet's file. It is opened when the first packet comes, and is there once `finish` was called.
class KeptPackets {
 public:
  /// `when`: whether a pipe gets packets as they come.
  KeptPackets(std::string path, std::optional<encap::CaptureFormat> format, encap::Delivery when) noexcept
      : path_{std::move(path)}, format_{format}, when_{when} {}

  /// Errors: the file cannot be written, or the format cannot hold the packet.
  [[nodiscard]] encap::Result<void, encap::IoError> add(const encap::PacketRecord& record);
  /// Hands on what a reader of a pipe, or whoever looks for the packets after a crash, would miss. Errors: as `add`.
  [[nodiscard]] encap::Result<void, encap::IoError> flush();
  /// Writes what is left and gives the file its name; also one without packets. Errors: as `add`.
  [[nodiscard]] encap::Result<void, encap::IoError> finish();

  /// What the file has no place for, in a line; empty: nothing.
  [[nodiscard]] std::string left_out() const;

 private:
  [[nodiscard]] encap::Result<void, encap::IoError> open(const encap::PacketRecord& first);

  std::string path_;
  std::optional<encap::CaptureFormat> format_;
  encap::Delivery when_;
  std::unique_ptr<encap::CaptureFileWriter> file_;
  std::uint64_t comments_left_out_ = 0;
};
