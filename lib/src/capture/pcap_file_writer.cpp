#include "encap/capture/pcap_file_writer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "capture/output_file.h"
#include "encap/base/byte_order.h"

namespace encap {
namespace {

constexpr std::size_t batch_capacity = std::size_t{1} << 20;
static_assert(batch_capacity >= PcapFileWriter::file_header_length + PcapFileWriter::record_header_length +
                                    PcapFileWriter::maximum_snap_length);

struct FileHeader {
  static constexpr std::size_t magic = 0, major = 4, minor = 6, zone = 8, accuracy = 12, snap_length = 16,
                               link_type = 20;
  static constexpr std::uint32_t microsecond_magic = 0xa1b2c3d4, nanosecond_magic = 0xa1b23c4d;
};

struct RecordHeader {
  static constexpr std::size_t seconds = 0, fraction = 4, captured_length = 8, original_length = 12;
};

std::size_t record_length(Bytes record) noexcept {
  return PcapFileWriter::record_header_length + load_le32(record, RecordHeader::captured_length);
}

// Calls `visit` with the length of each whole record; returns the octets of them all.
template <class Visit>
std::size_t walk_records(Bytes records, Visit visit) noexcept {
  std::size_t at = 0;
  while (records.size() - at >= PcapFileWriter::record_header_length) {
    const std::size_t length = record_length(records.subspan(at));
    if (length > records.size() - at) break;
    visit();
    at += length;
  }
  return at;
}

std::size_t whole_records(std::uint64_t offset, Bytes octets) noexcept {
  const std::size_t header = offset == 0 ? PcapFileWriter::file_header_length : 0;
  if (octets.size() < header) return 0;
  return header + walk_records(octets.subspan(header), [] {});
}

std::string seconds_text(Timestamp timestamp) {
  // Digits of the magnitude: the most negative number has none of its own sign.
  const bool negative = timestamp.nanoseconds < 0;
  const std::uint64_t magnitude = negative ? 0 - static_cast<std::uint64_t>(timestamp.nanoseconds)
                                           : static_cast<std::uint64_t>(timestamp.nanoseconds);
  const std::string fraction = std::to_string(magnitude % 1'000'000'000);
  return (negative ? "-" : "") + std::to_string(magnitude / 1'000'000'000) + "." +
         std::string(9 - fraction.size(), '0') + fraction;
}

}  // namespace

Result<PcapFileWriter, IoError> PcapFileWriter::open(const std::string& path, const Options& options) {
  if (options.snap_length < 1 || options.snap_length > maximum_snap_length) {
    return unexpected(IoError{"open", path, 0,
                              "snap length " + std::to_string(options.snap_length) + ", a capture file takes 1 to " +
                                  std::to_string(maximum_snap_length)});
  }
  auto file = OutputFile::open(path, options.when, whole_records);
  if (!file) return unexpected(std::move(file.error()));
  return PcapFileWriter{std::move(*file), path == "-" ? "standard output" : path, options};
}

PcapFileWriter::PcapFileWriter(std::unique_ptr<OutputFile> file, std::string path, const Options& options)
    : file_{std::move(file)}, path_{std::move(path)}, options_{options}, batch_{new std::byte[batch_capacity]} {
  const MutableBytes header{batch_.get(), file_header_length};
  store_le32(header, FileHeader::magic,
             options.nanoseconds ? FileHeader::nanosecond_magic : FileHeader::microsecond_magic);
  store_le16(header, FileHeader::major, 2);
  store_le16(header, FileHeader::minor, 4);
  store_le32(header, FileHeader::zone, 0);
  store_le32(header, FileHeader::accuracy, 0);
  store_le32(header, FileHeader::snap_length, options.snap_length);
  store_le32(header, FileHeader::link_type, static_cast<std::uint32_t>(options.link_type.value_or(LinkType::raw)));
  used_ = file_header_length;
}

PcapFileWriter::PcapFileWriter(PcapFileWriter&&) noexcept = default;
PcapFileWriter& PcapFileWriter::operator=(PcapFileWriter&&) noexcept = default;
PcapFileWriter::~PcapFileWriter() = default;

Result<void, IoError> PcapFileWriter::write(const PacketRecord& record) {
  if (failure_) return unexpected(*failure_);
  if (file_ == nullptr) return unexpected(IoError{"write", path_, EBADF, {}});
  if (record.link_type != options_.link_type.value_or(record.link_type)) {
    return unexpected(refusal("its link type is " + std::to_string(static_cast<unsigned>(record.link_type)) +
                              ", that of the file " + std::to_string(static_cast<unsigned>(*options_.link_type))));
  }
  const std::int64_t seconds = record.timestamp.seconds();
  if (seconds < 0 || seconds > std::numeric_limits<std::uint32_t>::max()) {
    return unexpected(
        refusal("its timestamp is " + seconds_text(record.timestamp) + " s, a pcap file counts 0 to 4294967295 s"));
  }
  if (!options_.link_type) {
    // The file header is still in the batch: `flush` settles the link type before it leaves.
    options_.link_type = record.link_type;
    store_le32(MutableBytes{batch_.get(), file_header_length}, FileHeader::link_type,
               static_cast<std::uint32_t>(record.link_type));
  }
  const std::size_t captured = std::min<std::size_t>(record.bytes.size(), options_.snap_length);
  if (batch_capacity - used_ < record_header_length + captured) {
    if (auto flushed = flush(); !flushed) return flushed;
  }
  const std::uint32_t fraction = record.timestamp.subsecond();
  const MutableBytes header{batch_.get() + used_, record_header_length};
  store_le32(header, RecordHeader::seconds, static_cast<std::uint32_t>(seconds));
  store_le32(header, RecordHeader::fraction, options_.nanoseconds ? fraction : fraction / 1000);
  store_le32(header, RecordHeader::captured_length, static_cast<std::uint32_t>(captured));
  store_le32(header, RecordHeader::original_length,
             std::max(record.original_length, static_cast<std::uint32_t>(record.bytes.size())));
  if (captured != 0) std::memcpy(batch_.get() + used_ + record_header_length, record.bytes.data(), captured);
  used_ += record_header_length + captured;
  ++packets_;
  return {};
}

Result<void, IoError> PcapFileWriter::flush() {
  if (failure_) return unexpected(*failure_);
  if (used_ == 0) return {};
  options_.link_type = options_.link_type.value_or(LinkType::raw);
  const Bytes batch{batch_.get(), used_};
  const std::uint64_t before = file_->size();
  auto appended = file_->append(batch);
  flushed_ = file_->size();
  used_ = 0;
  if (appended) return {};
  failure_ = appended.error();
  // Nothing of the batch, or whole records up to a border between two.
  const auto kept = static_cast<std::size_t>(flushed_ - before);
  const std::size_t header = before == 0 && kept == 0 ? file_header_length : 0;
  walk_records(batch.subspan(kept + header), [this] { --packets_; });
  return appended;
}

Result<void, IoError> PcapFileWriter::commit() {
  if (file_ == nullptr) return {};
  if (!failure_) {
    if (auto flushed = flush(); !flushed) return flushed;
  } else if (flushed_ == 0) {
    discard();
    return unexpected(*failure_);
  }
  auto published = file_->commit();
  file_.reset();
  if (!published) failure_ = published.error();
  return published;
}

void PcapFileWriter::discard() noexcept {
  used_ = 0;
  file_.reset();
}

IoError PcapFileWriter::refusal(std::string reason) const {
  return {"write", path_, 0, "packet " + std::to_string(packets_ + 1) + ": " + std::move(reason)};
}

}  // namespace encap
