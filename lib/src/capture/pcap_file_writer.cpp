#include "encap/capture/pcap_file_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "capture/file_unit.h"
#include "capture/pcap_layout.h"
#include "encap/base/byte_order.h"

namespace encap {
namespace {

using pcap::FileHeader;
using pcap::RecordHeader;
static_assert(PcapFileWriter::file_header_length == FileHeader::length);
static_assert(PcapFileWriter::record_header_length == RecordHeader::length);

FileUnit next_record(std::uint64_t offset, Bytes octets) noexcept {
  if (offset == 0) return {FileHeader::length};
  if (octets.size() < RecordHeader::length) return {};
  return {RecordHeader::length + load_le32(octets, RecordHeader::captured_length), true};
}

}  // namespace

Result<PcapFileWriter, IoError> PcapFileWriter::open(const std::string& path, const Options& options) {
  PcapFileWriter writer{options};
  if (auto opened = writer.open_file(path, options.snap_length, options.when, options.compression); !opened) {
    return unexpected(std::move(opened.error()));
  }
  writer.put_file_header();
  return writer;
}

PcapFileWriter::PcapFileWriter(const Options& options) noexcept : CaptureFileWriter{next_record}, options_{options} {}

void PcapFileWriter::put_file_header() {
  const MutableBytes header = add(FileHeader::length);
  store_le32(header, FileHeader::magic,
             options_.nanoseconds ? FileHeader::nanosecond_magic : FileHeader::microsecond_magic);
  store_le16(header, FileHeader::major_version, 2);
  store_le16(header, FileHeader::minor_version, 4);
  store_le32(header, FileHeader::zone, 0);
  store_le32(header, FileHeader::accuracy, 0);
  store_le32(header, FileHeader::snap_length, options_.snap_length);
  store_le32(header, FileHeader::link_type, static_cast<std::uint32_t>(options_.link_type.value_or(LinkType::raw)));
}

Result<void, IoError> PcapFileWriter::write(const PacketRecord& record) {
  if (auto open = check_open(); !open) return open;
  if (!options_.link_type && has_flushed()) options_.link_type = LinkType::raw;  // the file header says so
  if (record.link_type != options_.link_type.value_or(record.link_type)) {
    return unexpected(refusal("its link type is " + std::to_string(static_cast<unsigned>(record.link_type)) +
                              ", that of the file " + std::to_string(static_cast<unsigned>(*options_.link_type)) +
                              "; pcapng holds several"));
  }
  const std::int64_t seconds = record.timestamp.seconds();
  if (seconds < 0 || seconds > std::numeric_limits<std::uint32_t>::max()) {
    return unexpected(refusal(record.timestamp, "a pcap file counts 0 to 4294967295 s"));
  }
  if (!options_.link_type) {
    options_.link_type = record.link_type;
    store_le32(batch(), FileHeader::link_type, static_cast<std::uint32_t>(record.link_type));
  }
  const std::size_t captured = std::min<std::size_t>(record.bytes.size(), options_.snap_length);
  static_assert(batch_capacity >= FileHeader::length + RecordHeader::length + maximum_snap_length);
  if (auto room = make_room(RecordHeader::length + captured); !room) return room;

  const std::uint32_t fraction = record.timestamp.subsecond();
  const MutableBytes out = add(RecordHeader::length + captured);
  store_le32(out, RecordHeader::seconds, static_cast<std::uint32_t>(seconds));
  store_le32(out, RecordHeader::fraction, options_.nanoseconds ? fraction : fraction / 1000);
  store_le32(out, RecordHeader::captured_length, static_cast<std::uint32_t>(captured));
  store_le32(out, RecordHeader::original_length,
             std::max(record.original_length, static_cast<std::uint32_t>(record.bytes.size())));
  if (captured != 0) std::memcpy(out.data() + RecordHeader::length, record.bytes.data(), captured);
  count_packet(out.subspan(RecordHeader::length));
  return {};
}

}  // namespace encap
