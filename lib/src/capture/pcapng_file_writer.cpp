#include "encap/capture/pcapng_file_writer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "capture/file_unit.h"
#include "capture/pcapng_layout.h"
#include "encap/base/byte_order.h"

namespace encap {
namespace {

using pcapng::Block;
using pcapng::EnhancedPacket;
using pcapng::InterfaceDescription;
using pcapng::NameResolution;
using pcapng::Option;
using pcapng::padded;
using pcapng::SectionHeader;
using pcapng::SimplePacket;

FileUnit next_block(std::uint64_t, Bytes octets) noexcept {
  if (octets.size() < Block::body) return {};
  const std::uint32_t type = load_le32(octets, Block::type);
  return {load_le32(octets, Block::total_length), type == Block::enhanced_packet || type == Block::simple_packet};
}

constexpr std::size_t padded_size(std::size_t size) noexcept { return static_cast<std::size_t>(padded(size)); }

/// Octets of an option, or of a record of names, with a value of `size` octets.
constexpr std::size_t option_size(std::size_t size) noexcept { return Option::value + padded_size(size); }
constexpr std::size_t end_of_options_size = Option::value;

/// Octets of a text as an option, which there is none of when it is empty.
std::size_t text_size(std::string_view text) noexcept { return text.empty() ? 0 : option_size(text.size()); }

void put_octets(MutableBytes block, std::size_t at, Bytes octets) noexcept {
  if (!octets.empty()) std::memcpy(block.data() + at, octets.data(), octets.size());
}

/// Writes octets and zeros up to a multiple of four; returns where the next may lie.
std::size_t put_padded(MutableBytes block, std::size_t at, Bytes octets) noexcept {
  put_octets(block, at, octets);
  const std::size_t end = at + padded_size(octets.size());
  std::fill(block.begin() + static_cast<std::ptrdiff_t>(at + octets.size()),
            block.begin() + static_cast<std::ptrdiff_t>(end), std::byte{0});
  return end;
}

std::size_t put_option(MutableBytes block, std::size_t at, std::uint16_t code, Bytes value) noexcept {
  store_le16(block, at + Option::code, code);
  store_le16(block, at + Option::length, static_cast<std::uint16_t>(value.size()));
  return put_padded(block, at + Option::value, value);
}

std::size_t put_text(MutableBytes block, std::size_t at, std::uint16_t code, std::string_view text) noexcept {
  return text.empty() ? at : put_option(block, at, code, as_bytes(text));
}

/// Writes what all blocks have at their ends.
void put_frame(MutableBytes block, std::uint32_t type) noexcept {
  const auto length = static_cast<std::uint32_t>(block.size());
  store_le32(block, Block::type, type);
  store_le32(block, Block::total_length, length);
  store_le32(block, block.size() - Block::end_length, length);
}

constexpr std::size_t most_comments_size = PcapngFileWriter::maximum_comments_length + end_of_options_size;
constexpr std::size_t most_interface_size = InterfaceDescription::length +
                                            2 * option_size(PcapngFileWriter::maximum_text_length) + option_size(1) +
                                            end_of_options_size;
constexpr std::size_t most_packet_size =
    EnhancedPacket::length + PcapngFileWriter::maximum_snap_length + most_comments_size;
// Names are spread over blocks of this size, or of one name.
constexpr std::size_t most_names_size = std::size_t{128} << 10;

std::string too_long(std::string_view what, std::size_t length, std::size_t most) {
  return std::string{what} + std::to_string(length) + " octets, a pcapng file takes " + std::to_string(most);
}

std::uint64_t units_of(Timestamp timestamp, std::uint8_t decimals) noexcept {
  std::uint64_t unit = 1;
  for (unsigned digit = decimals; digit < 9; ++digit) unit *= 10;
  return static_cast<std::uint64_t>(timestamp.nanoseconds) / unit;
}

}  // namespace

Result<PcapngFileWriter, IoError> PcapngFileWriter::open(const std::string& path, const Options& options) {
  for (const std::string* const text : {&options.application, &options.comment}) {
    if (text->size() <= maximum_text_length) continue;
    const std::string_view what = text == &options.comment ? "a comment of " : "a name of an application of ";
    return unexpected(IoError{"open", path, 0, too_long(what, text->size(), maximum_text_length)});
  }
  PcapngFileWriter writer{options};
  if (auto opened = writer.open_file(path, options.snap_length, options.when, options.compression); !opened) {
    return unexpected(std::move(opened.error()));
  }
  writer.put_section_header(options);
  return writer;
}

PcapngFileWriter::PcapngFileWriter(const Options& options) noexcept
    : CaptureFileWriter{next_block}, snap_length_{options.snap_length} {}

void PcapngFileWriter::put_section_header(const Options& options) {
  const std::size_t texts = text_size(options.application) + text_size(options.comment);
  const MutableBytes block = add(SectionHeader::length + (texts == 0 ? 0 : texts + end_of_options_size));
  put_frame(block, Block::section_header);
  store_le32(block, SectionHeader::byte_order_magic, SectionHeader::magic);
  store_le16(block, SectionHeader::major_version, 1);
  store_le16(block, SectionHeader::minor_version, 0);
  // How long the section will be is not known.
  store_le32(block, SectionHeader::section_length, 0xffff'ffff);
  store_le32(block, SectionHeader::section_length + 4, 0xffff'ffff);
  if (texts == 0) return;
  std::size_t at = put_text(block, SectionHeader::options, Option::comment, options.comment);
  at = put_text(block, at, SectionHeader::application, options.application);
  put_option(block, at, Option::end, {});
}

void PcapngFileWriter::put_interface(const InterfaceKey& key, std::uint32_t snap_length, const CaptureInterface* told) {
  const std::string_view name = told == nullptr ? std::string_view{} : told->name;
  const std::string_view description = told == nullptr ? std::string_view{} : told->description;
  const MutableBytes block = add(InterfaceDescription::length + text_size(name) + text_size(description) +
                                 option_size(1) + end_of_options_size);
  put_frame(block, Block::interface_description);
  store_le16(block, InterfaceDescription::link_type, static_cast<std::uint16_t>(key.link_type));
  store_le16(block, InterfaceDescription::reserved, 0);
  store_le32(block, InterfaceDescription::snap_length, snap_length);
  std::size_t at = put_text(block, InterfaceDescription::options, InterfaceDescription::name, name);
  at = put_text(block, at, InterfaceDescription::description, description);
  const std::array resolution{static_cast<std::byte>(key.decimals)};  // the clock counts 10^-decimals seconds
  at = put_option(block, at, InterfaceDescription::timestamp_resolution, resolution);
  put_option(block, at, Option::end, {});
}

MutableBytes PcapngFileWriter::put_simple_packet(Bytes captured, std::uint32_t original_length) {
  const MutableBytes block = add(SimplePacket::length + padded_size(captured.size()));
  put_frame(block, Block::simple_packet);
  store_le32(block, SimplePacket::original_length, original_length);
  put_padded(block, SimplePacket::data, captured);
  return block.subspan(SimplePacket::data, captured.size());
}

MutableBytes PcapngFileWriter::put_enhanced_packet(const PacketRecord& record, Bytes captured,
                                                   std::uint32_t interface_id, std::uint64_t moment) {
  std::size_t options = record.comments.empty() ? 0 : end_of_options_size;
  for (const std::string_view comment : record.comments) options += option_size(comment.size());
  const MutableBytes block = add(EnhancedPacket::length + padded_size(captured.size()) + options);
  put_frame(block, Block::enhanced_packet);
  store_le32(block, EnhancedPacket::interface_id, interface_id);
  store_le32(block, EnhancedPacket::timestamp_high, static_cast<std::uint32_t>(moment >> 32));
  store_le32(block, EnhancedPacket::timestamp_low, static_cast<std::uint32_t>(moment));
  store_le32(block, EnhancedPacket::captured_length, static_cast<std::uint32_t>(captured.size()));
  store_le32(block, EnhancedPacket::original_length,
             std::max(record.original_length, static_cast<std::uint32_t>(record.bytes.size())));
  std::size_t at = put_padded(block, EnhancedPacket::data, captured);
  const MutableBytes octets = block.subspan(EnhancedPacket::data, captured.size());
  if (record.comments.empty()) return octets;
  for (const std::string_view comment : record.comments) at = put_option(block, at, Option::comment, as_bytes(comment));
  put_option(block, at, Option::end, {});
  return octets;
}

Result<void, IoError> PcapngFileWriter::write(const PacketRecord& record) {
  if (auto open = check_open(); !open) return open;
  if (record.has_timestamp && record.timestamp.nanoseconds < 0) {
    return unexpected(refusal(record.timestamp, "a pcapng file counts from 0 s"));
  }
  std::size_t comments = 0;
  for (const std::string_view comment : record.comments) {
    if (comment.size() > maximum_text_length) {
      return unexpected(refusal(too_long("a comment of ", comment.size(), maximum_text_length)));
    }
    comments += option_size(comment.size());
    if (comments > maximum_comments_length) {
      return unexpected(refusal("its comments have more than " + std::to_string(maximum_comments_length) + " octets"));
    }
  }

  const CaptureInterface* const told = record.interface;
  InterfaceKey key{{}, record.link_type, std::min<std::uint8_t>(told == nullptr ? record.decimals : told->decimals, 9)};
  if (told != nullptr) key.place = std::uint64_t{told->section} << 32 | told->id;
  if (last_ == nullptr || last_->first != key) {
    const auto found = interfaces_.find(key);
    last_ = found == interfaces_.end() ? nullptr : &*found;
  }

  const Bytes captured = record.bytes.first(std::min<std::size_t>(record.bytes.size(), snap_length_));
  const std::size_t packet_size =
      EnhancedPacket::length + padded_size(captured.size()) + comments + end_of_options_size;
  static_assert(batch_capacity >= most_interface_size + most_packet_size);
  if (last_ == nullptr) {
    if (told != nullptr) {
      for (const std::string* const text : {&told->name, &told->description}) {
        if (text->size() <= maximum_text_length) continue;
        const std::string_view what =
            text == &told->name ? "a name of its interface of " : "a description of its interface of ";
        return unexpected(refusal(too_long(what, text->size(), maximum_text_length)));
      }
    }
    // The interface comes before its first packet; room for both is room for each.
    if (auto room = make_room(most_interface_size + packet_size); !room) return room;
    std::uint32_t snap_length = told == nullptr ? snap_length_ : told->snap_length;
    if (snap_length_ != maximum_snap_length && (snap_length == 0 || snap_length > snap_length_)) {
      snap_length = snap_length_;
    }
    put_interface(key, snap_length, told);
    const Interface added{static_cast<std::uint32_t>(interfaces_.size()), snap_length};
    last_ = &*interfaces_.emplace(key, added).first;
  } else if (auto room = make_room(packet_size); !room) {
    return room;
  }

  // A simple packet block is of the first interface, and the snap length of that alone says where the packet is cut.
  const Interface& interface = last_->second;
  const std::uint32_t original_length =
      std::max(record.original_length, static_cast<std::uint32_t>(record.bytes.size()));
  const std::uint32_t said =
      interface.snap_length == 0 ? original_length : std::min(original_length, interface.snap_length);
  if (!record.has_timestamp && interface.id == 0 && record.comments.empty() && captured.size() == said) {
    count_packet(put_simple_packet(captured, original_length));
  } else {
    count_packet(put_enhanced_packet(record, captured, interface.id,
                                     record.has_timestamp ? units_of(record.timestamp, key.decimals) : 0));
  }
  return {};
}

Result<void, IoError> PcapngFileWriter::write_names(std::span<const AddressName> names) {
  if (auto open = check_open(); !open) return open;
  constexpr std::size_t ipv4_length = 4;
  constexpr std::size_t ipv6_length = 16;
  static_assert(ipv6_length + maximum_name_length + 1 == maximum_text_length);
  for (const AddressName& named : names) {
    std::string reason;
    if (named.address.size() != ipv4_length && named.address.size() != ipv6_length) {
      reason = "an address of " + std::to_string(named.address.size()) + " octets, IPv4 has 4 and IPv6 16";
    } else if (named.name.empty() || named.name.find('\0') != std::string_view::npos) {
      reason = "a name of an address that is empty or has a zero in it";
    } else if (named.name.size() > maximum_name_length) {
      reason = too_long("a name of an address of ", named.name.size(), maximum_name_length);
    }
    if (!reason.empty()) return unexpected(IoError{"write", name(), 0, std::move(reason)});
  }

  const auto record_size = [](const AddressName& named) {
    return option_size(named.address.size() + named.name.size() + 1);
  };
  while (!names.empty()) {
    std::size_t size = Block::least_length + record_size(names.front()) + end_of_options_size;
    std::size_t count = 1;
    for (; count < names.size() && size + record_size(names[count]) <= most_names_size; ++count) {
      size += record_size(names[count]);
    }
    static_assert(batch_capacity >= most_names_size);
    if (auto room = make_room(size); !room) return room;
    const MutableBytes block = add(size);
    put_frame(block, Block::name_resolution);
    std::size_t at = NameResolution::records;
    for (const AddressName& named : names.first(count)) {
      const std::size_t address_length = named.address.size();
      const std::size_t length = address_length + named.name.size() + 1;  // a zero ends the name
      const std::size_t next = at + option_size(length);
      store_le32(block, next - 4, 0);  // that zero, and what fills the last 32 bits
      store_le16(block, at + Option::code, address_length == ipv4_length ? NameResolution::ipv4 : NameResolution::ipv6);
      store_le16(block, at + Option::length, static_cast<std::uint16_t>(length));
      put_octets(block, at + Option::value, named.address);
      put_octets(block, at + Option::value + address_length, as_bytes(named.name));
      at = next;
    }
    put_option(block, at, Option::end, {});
    names = names.subspan(count);
  }
  return {};
}

}  // namespace encap
