#include "capture/pcap_format.h"

#include <algorithm>
#include <array>

#include "capture/capture_limits.h"
#include "capture/pcap_layout.h"

namespace encap {
namespace {

using pcap::FileHeader;
using pcap::RecordHeader;

struct Variant {
  std::uint32_t magic;
  std::uint32_t fraction_unit;  // nanoseconds
  std::size_t file_header_length;
  std::size_t record_header_length;
};

constexpr std::array variants{
    Variant{FileHeader::microsecond_magic, 1000, FileHeader::length, RecordHeader::length},
    Variant{FileHeader::nanosecond_magic, 1, FileHeader::length, RecordHeader::length},
    // Kuznetzov's: interface, protocol and packet type follow each record header.
    Variant{0xa1b2cd34, 1000, FileHeader::length, RecordHeader::length + 8},
    // Ixia's, of hardware and of software: the size of the file follows its header.
    Variant{0x1c0001ac, 1, FileHeader::length + 4, RecordHeader::length},
    Variant{0x1c0001ab, 1000, FileHeader::length + 4, RecordHeader::length},
};

struct Magic {
  const Variant* variant;
  std::endian order;
};

Magic find_magic(Bytes start) noexcept {
  if (start.size() < 4) return {nullptr, std::endian::native};
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    const std::uint32_t magic = FileNumbers{order}.u32(start, FileHeader::magic);
    const auto* const found = std::find_if(variants.begin(), variants.end(),
                                           [magic](const Variant& variant) { return variant.magic == magic; });
    if (found != variants.end()) return {found, order};
  }
  return {nullptr, std::endian::native};
}

}  // namespace

bool PcapFormat::starts(Bytes start) noexcept { return find_magic(start).variant != nullptr; }

Result<std::unique_ptr<PcapFormat>, IoError> PcapFormat::open(StreamBuffer buffer) {
  const auto [variant, order] = find_magic(buffer.want(4));
  assert(variant != nullptr);
  const Bytes header = buffer.want(variant->file_header_length);
  if (header.size() < variant->file_header_length) {
    if (buffer.failure()) return unexpected(*buffer.failure());
    return unexpected(IoError{"read", buffer.name(), 0,
                              "the file ends " + std::to_string(header.size()) + " octets into its header, which has " +
                                  std::to_string(variant->file_header_length)});
  }

  const FileNumbers numbers{order};
  const unsigned major_version = numbers.u16(header, FileHeader::major_version);
  const unsigned minor_version = numbers.u16(header, FileHeader::minor_version);
  if (major_version < 2) {
    return unexpected(IoError{"read", buffer.name(), 0,
                              "version " + std::to_string(major_version) + "." + std::to_string(minor_version) +
                                  " of pcap is older than any that is known"});
  }

  std::unique_ptr<PcapFormat> file{new PcapFormat{std::move(buffer)}};
  file->numbers_ = numbers;
  file->fraction_unit_ = variant->fraction_unit;
  file->record_header_length_ = variant->record_header_length;
  constexpr unsigned dg_ux = 543;  // its tcpdump counts versions from there and keeps the old order
  if (major_version == dg_ux || (major_version == 2 && minor_version < 3)) {
    file->lengths_ = Lengths::original_first;
  } else if (major_version == 2 && minor_version == 3) {
    file->lengths_ = Lengths::smaller_is_captured;
  }

  // Above the link type: four bits of frame check sequence length in units of 16 bits, one reserved, and whether they
  // mean anything.
  const std::uint32_t link = numbers.u32(header, FileHeader::link_type);
  if ((link & 0x0400'0000u) != 0) file->fcs_length_ = static_cast<std::uint8_t>((link >> 28) * 2);
  file->record_.link_type = link_type_in_file(static_cast<std::uint16_t>(link & 0xffffu));
  file->record_.decimals = variant->fraction_unit == 1 ? 9 : 6;
  file->maximum_captured_length_ = maximum_captured_length(file->record_.link_type);
  file->buffer_.consume(variant->file_header_length);
  return file;
}

Result<const PacketRecord*, IoError> PcapFormat::next() {
  if (failure_) return unexpected(*failure_);
  Bytes octets = buffer_.want(record_header_length_);
  if (octets.size() < record_header_length_) {
    if (octets.empty() && !buffer_.failure()) return nullptr;
    return end_inside(octets.size(), record_header_length_);
  }

  std::uint32_t captured_length = numbers_.u32(octets, RecordHeader::captured_length);
  std::uint32_t original_length = numbers_.u32(octets, RecordHeader::original_length);
  if (lengths_ != Lengths::captured_first &&
      (lengths_ == Lengths::original_first || captured_length > original_length)) {
    std::swap(captured_length, original_length);
  }
  if (captured_length > maximum_captured_length_) {
    return fail("packet " + std::to_string(packets_ + 1) + " at offset " + std::to_string(buffer_.offset()) +
                " says it has " + std::to_string(captured_length) + " octets; " +
                std::to_string(maximum_captured_length_) + " is the most");
  }

  const std::size_t whole = record_header_length_ + captured_length;
  octets = buffer_.want(whole);
  if (octets.size() < whole) return end_inside(octets.size(), whole);
  buffer_.consume(whole);
  ++packets_;
  // A fraction of a second or more is damage; what Wireshark makes of it, in 32 bits, is as good as anything.
  const auto fraction = static_cast<std::int32_t>(numbers_.u32(octets, RecordHeader::fraction) * fraction_unit_);
  record_.timestamp = {std::int64_t{numbers_.u32(octets, RecordHeader::seconds)} * 1'000'000'000 + fraction};
  record_.original_length = original_length;
  record_.bytes = octets.subspan(record_header_length_, captured_length);
  return &record_;
}

Result<const PacketRecord*, IoError> PcapFormat::fail(std::string reason) {
  // Behind a damaged record the borders between packets are lost, so nothing after it is a packet.
  failure_ = IoError{"read", buffer_.name(), 0, std::move(reason)};
  return unexpected(*failure_);
}

Result<const PacketRecord*, IoError> PcapFormat::end_inside(std::size_t there, std::size_t whole) {
  if (buffer_.failure()) {
    failure_ = buffer_.failure();
    return unexpected(*failure_);
  }
  const std::string packet = "packet " + std::to_string(packets_ + 1);
  if (there < record_header_length_) {
    return fail("the file ends " + std::to_string(there) + " octets into the record header of " + packet +
                ", which has " + std::to_string(record_header_length_));
  }
  return fail("the file ends " + std::to_string(there - record_header_length_) + " octets into " + packet +
              ", which says it has " + std::to_string(whole - record_header_length_));
}

}  // namespace encap
