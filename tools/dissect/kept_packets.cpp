#include "kept_packets.h"

#include <fmt/format.h>

#include "encap/capture/open_capture_writer.h"

using encap::CaptureFormat;
using encap::IoError;
using encap::PacketRecord;
using encap::Result;

Result<void, IoError> KeptPackets::open(const PacketRecord& first) {
  if (!format_) format_ = encap::capture_format_of(path_);
  if (!format_) format_ = first.interface != nullptr ? CaptureFormat::pcapng : CaptureFormat::pcap;
  constexpr std::uint8_t microseconds = 6;
  auto file = encap::open_capture_writer(path_, {.format = format_,
                                                 .when = when_,
                                                 .nanoseconds = first.decimals > microseconds,
                                                 .application = "dissect " ENCAP_VERSION});
  if (!file) return encap::unexpected(std::move(file.error()));
  file_ = std::move(*file);
  return {};
}

Result<void, IoError> KeptPackets::add(const PacketRecord& record) {
  if (file_ == nullptr) {
    if (auto opened = open(record); !opened) return opened;
  }
  if (*format_ == CaptureFormat::pcap) comments_left_out_ += record.comments.size();
  return file_->write(record);
}

Result<void, IoError> KeptPackets::flush() {
  // Each flush of a compressed file costs some of the compression.
  if (file_ == nullptr || encap::compression_of(path_) != encap::Compression::none) return {};
  return file_->flush();
}

Result<void, IoError> KeptPackets::finish() {
  if (file_ == nullptr) {
    if (auto opened = open({}); !opened) return opened;
  }
  return file_->commit();
}

std::string KeptPackets::left_out() const {
  if (comments_left_out_ == 0) return {};
  return fmt::format("{}: {} comment{} left out, as pcap has no place for them; pcapng does (-F pcapng)", path_,
                     comments_left_out_, comments_left_out_ == 1 ? "" : "s");
}
