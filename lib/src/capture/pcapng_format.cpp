#include "capture/pcapng_format.h"

#include <algorithm>
#include <array>
#include <limits>

#include "capture/capture_limits.h"
#include "capture/pcapng_layout.h"

namespace encap {
namespace {

__extension__ using Wide = __int128;

using pcapng::Block;
using pcapng::EnhancedPacket;
using pcapng::InterfaceDescription;
using pcapng::Option;
using pcapng::padded;
using pcapng::SectionHeader;
using pcapng::SimplePacket;

// Wireshark 4.0 takes more for damage: the largest packet there is, and 128 KiB of options.
constexpr std::uint64_t most_length = EnhancedPacket::length + (128u << 20) + (128u << 10);

// What interfaces may take of our memory, which no length in the file bounds.
constexpr std::size_t maximum_interface_octets = std::size_t{64} << 20;
constexpr std::size_t maximum_comments = 4096;  // of one packet; further ones are passed over

// Texts of options should hold no zero, but some writers end them with one.
std::string_view option_text(Bytes value) noexcept {
  const std::string_view text = as_text(value);
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

constexpr std::uint8_t decimals_step(unsigned digits) noexcept {
  return static_cast<std::uint8_t>(digits >= 9 ? 9 : digits >= 6 ? 6 : std::min(digits, 3u));
}

// Whether Wireshark 4.0 numbers a block as a frame though no packet is in it: custom blocks, events of the systemd
// journal and of sysdig.
constexpr bool is_frame(std::uint32_t type) noexcept {
  constexpr std::array<std::uint32_t, 6> types{0x0bad, 0x40000bad, 0x0009, 0x0204, 0x0216, 0x0221};
  return std::find(types.begin(), types.end(), type) != types.end();
}

// Digits of a clock that counts in units of 10^-n, or, with the top bit, 2^-n seconds.
constexpr std::uint8_t decimals_of(std::uint8_t resolution) noexcept {
  const unsigned exponent = resolution & 0x7fu;
  constexpr unsigned log10_of_2 = 1233;  // in units of 1/4096
  return decimals_step((resolution & 0x80u) == 0 ? exponent : exponent * log10_of_2 / 4096);
}

}  // namespace

void PcapngFormat::Clock::set_resolution(std::uint8_t value) noexcept {
  multiplier = 1;
  shift = 0;
  divisor = 1;
  const unsigned exponent = value & 0x7fu;
  if ((value & 0x80u) != 0) {
    multiplier = 1'000'000'000;
    shift = static_cast<std::uint8_t>(exponent);
    return;
  }
  for (unsigned digit = exponent; digit < 9; ++digit) multiplier *= 10;
  constexpr unsigned finest = 9 + 19;  // 10^19 is the largest power of ten in 64 bits
  if (exponent > finest) divisor = 0;
  for (unsigned digit = 9; digit < exponent && exponent <= finest; ++digit) divisor *= 10;
}

Timestamp PcapngFormat::Clock::moment(std::uint64_t number) const noexcept {
  Wide nanoseconds = Wide{number} * multiplier >> shift;
  if (divisor != 1) nanoseconds = divisor == 0 ? 0 : nanoseconds / Wide{divisor};
  nanoseconds += Wide{offset_seconds} * 1'000'000'000;
  using Range = std::numeric_limits<std::int64_t>;
  return {static_cast<std::int64_t>(std::clamp(nanoseconds, Wide{Range::min()}, Wide{Range::max()}))};
}

bool PcapngFormat::starts(Bytes start) noexcept {
  // The type of a section header reads the same in both byte orders.
  return start.size() >= 4 && FileNumbers{}.u32(start, Block::type) == Block::section_header;
}

Result<std::unique_ptr<PcapngFormat>, IoError> PcapngFormat::open(StreamBuffer buffer) {
  std::unique_ptr<PcapngFormat> file{new PcapngFormat{std::move(buffer)}};
  if (file->read_section_header() == Step::failed) return unexpected(*file->failure_);
  return file;
}

Result<const PacketRecord*, IoError> PcapngFormat::next() {
  while (!failure_) {
    const Step step = read_block();
    if (step == Step::packet) return &record_;
    if (step == Step::end) return nullptr;
  }
  return unexpected(*failure_);
}

const PcapngFormat::Known* PcapngFormat::find_known(std::uint32_t type) noexcept {
  static constexpr std::array known{
      Known{Block::enhanced_packet, EnhancedPacket::length, &PcapngFormat::read_enhanced_packet},
      Known{Block::simple_packet, SimplePacket::length, &PcapngFormat::read_simple_packet},
      Known{Block::obsolete_packet, EnhancedPacket::length, &PcapngFormat::read_obsolete_packet},
      Known{Block::interface_description, InterfaceDescription::length, &PcapngFormat::read_interface},
  };
  const auto* const found =
      std::find_if(known.begin(), known.end(), [type](const Known& block) { return block.type == type; });
  return found == known.end() ? nullptr : found;
}

PcapngFormat::Step PcapngFormat::read_block() {
  block_offset_ = buffer_.offset();
  const Bytes head = buffer_.want(Block::body);
  if (head.empty() && !buffer_.failure()) return Step::end;
  if (head.size() < Block::body) return end_inside(head.size(), Block::least_length);
  const std::uint32_t type = numbers_.u32(head, Block::type);
  if (type == Block::section_header) return read_section_header();

  const std::uint32_t length = numbers_.u32(head, Block::total_length);
  const Known* const known = find_known(type);
  if (check_length(length, known == nullptr ? Block::least_length : known->least_length) == Step::failed) {
    return Step::failed;
  }
  if (known == nullptr) {
    const Step passed = pass(length);
    if (passed != Step::failed && is_frame(type)) ++frames_without_packet_;
    return passed;
  }

  const auto whole = static_cast<std::size_t>(padded(length));
  const Bytes block = buffer_.want(whole);
  if (block.size() < whole) return end_inside(block.size(), whole);
  buffer_.consume(whole);
  if (check_end(length, numbers_.u32(block, whole - Block::end_length)) == Step::failed) return Step::failed;
  return (this->*known->read)(block.first(whole - Block::end_length));
}

PcapngFormat::Step PcapngFormat::pass(std::uint32_t length) {
  const std::uint64_t whole = padded(length);
  const std::uint64_t passed = buffer_.skip(whole - Block::end_length);
  if (passed < whole - Block::end_length) return end_inside(passed, whole);
  const Bytes end = buffer_.want(Block::end_length);
  if (end.size() < Block::end_length) return end_inside(passed + end.size(), whole);
  const std::uint32_t at_end = numbers_.u32(end, 0);
  buffer_.consume(Block::end_length);
  return check_end(length, at_end);
}

PcapngFormat::Step PcapngFormat::read_section_header() {
  block_offset_ = buffer_.offset();
  const Bytes head = buffer_.want(SectionHeader::section_length);
  if (head.size() < SectionHeader::section_length) return end_inside(head.size(), SectionHeader::length);
  // Each section has the byte order of the host that wrote it.
  for (const std::endian order : {std::endian::little, std::endian::big}) {
    numbers_ = FileNumbers{order};
    if (numbers_.u32(head, SectionHeader::byte_order_magic) == SectionHeader::magic) break;
  }
  if (numbers_.u32(head, SectionHeader::byte_order_magic) != SectionHeader::magic) {
    return fail("is a section header without the byte-order magic");
  }
  const unsigned major_version = numbers_.u16(head, SectionHeader::major_version);
  if (major_version != 1) {
    return fail("begins a section of version " + std::to_string(major_version) + "." +
                std::to_string(numbers_.u16(head, SectionHeader::minor_version)) + "; only 1 is known");
  }
  const std::uint32_t length = numbers_.u32(head, Block::total_length);
  if (check_length(length, SectionHeader::length) == Step::failed) return Step::failed;
  interfaces_.clear();
  interface_octets_ = 0;
  ++sections_;
  // The section's own length is not needed: blocks tell theirs.
  return pass(length);
}

PcapngFormat::Step PcapngFormat::read_interface(Bytes block) {
  Interface added;
  added.told.id = static_cast<std::uint32_t>(interfaces_.size());
  added.told.section = sections_ - 1;
  added.told.link_type = link_type_in_file(numbers_.u16(block, InterfaceDescription::link_type));
  added.told.snap_length = numbers_.u32(block, InterfaceDescription::snap_length);
  bool named = false;
  bool described = false;
  const auto take = [&](std::uint16_t code, Bytes value) {
    if (code == InterfaceDescription::name && !std::exchange(named, true)) {
      added.told.name = option_text(value);
    } else if (code == InterfaceDescription::description && !std::exchange(described, true)) {
      added.told.description = option_text(value);
    } else if (code == InterfaceDescription::timestamp_resolution && value.size() == 1) {
      const std::uint8_t resolution = load_u8(value, 0);
      added.clock.set_resolution(resolution);
      added.told.decimals = decimals_of(resolution);
    } else if (code == InterfaceDescription::timestamp_offset && value.size() == 8) {
      added.clock.offset_seconds = static_cast<std::int64_t>(numbers_.u64(value, 0));
    }
  };
  if (read_options(block.subspan(InterfaceDescription::options), take) == Step::failed) return Step::failed;

  interface_octets_ += sizeof added + added.told.name.size() + added.told.description.size();
  if (interface_octets_ > maximum_interface_octets) {
    return fail("describes interface " + std::to_string(added.told.id) + " of its section, too many to keep");
  }
  interfaces_.push_back(std::move(added));
  return Step::no_packet;
}

PcapngFormat::Step PcapngFormat::read_enhanced_packet(Bytes block) {
  return read_timed_packet(block, numbers_.u32(block, EnhancedPacket::interface_id));
}

PcapngFormat::Step PcapngFormat::read_obsolete_packet(Bytes block) {
  return read_timed_packet(block, numbers_.u16(block, EnhancedPacket::interface_id));
}

PcapngFormat::Step PcapngFormat::read_timed_packet(Bytes block, std::uint32_t interface_id) {
  const std::uint32_t captured_length = numbers_.u32(block, EnhancedPacket::captured_length);
  if (take_packet(block, EnhancedPacket::data, interface_id, captured_length) == Step::failed) return Step::failed;
  record_.original_length = numbers_.u32(block, EnhancedPacket::original_length);
  const std::uint64_t number = std::uint64_t{numbers_.u32(block, EnhancedPacket::timestamp_high)} << 32 |
                               numbers_.u32(block, EnhancedPacket::timestamp_low);
  record_.timestamp = interfaces_[interface_id].clock.moment(number);
  record_.has_timestamp = true;

  comments_.clear();
  const auto options = static_cast<std::size_t>(EnhancedPacket::data + padded(captured_length));
  if (options < block.size()) {
    const auto take = [this](std::uint16_t code, Bytes value) {
      if (code == Option::comment && comments_.size() < maximum_comments) comments_.push_back(option_text(value));
    };
    if (read_options(block.subspan(options), take) == Step::failed) return Step::failed;
  }
  record_.comments = comments_;
  return Step::packet;
}

PcapngFormat::Step PcapngFormat::read_simple_packet(Bytes block) {
  // The packet is of the section's first interface, whose snap length alone tells how much of it is there.
  const std::uint32_t original_length = numbers_.u32(block, SimplePacket::original_length);
  std::uint32_t captured_length = original_length;
  if (!interfaces_.empty() && interfaces_.front().told.snap_length != 0) {
    captured_length = std::min(captured_length, interfaces_.front().told.snap_length);
  }
  if (take_packet(block, SimplePacket::data, 0, captured_length) == Step::failed) return Step::failed;
  record_.original_length = original_length;
  record_.timestamp = {};
  record_.has_timestamp = false;
  record_.comments = {};
  return Step::packet;
}

PcapngFormat::Step PcapngFormat::take_packet(Bytes block, std::size_t data, std::uint32_t interface_id,
                                             std::uint32_t captured_length) {
  if (interface_id >= interfaces_.size()) {
    return fail("is a packet of interface " + std::to_string(interface_id) + ", but its section has described " +
                std::to_string(interfaces_.size()));
  }
  const CaptureInterface& interface = interfaces_[interface_id].told;
  if (captured_length > maximum_captured_length(interface.link_type)) {
    return fail("says its packet has " + std::to_string(captured_length) + " octets; " +
                std::to_string(maximum_captured_length(interface.link_type)) + " is the most");
  }
  if (captured_length > block.size() - data) {
    return fail("says its packet has " + std::to_string(captured_length) + " octets, " +
                std::to_string(block.size() - data) + " are in it");
  }
  record_.bytes = block.subspan(data, captured_length);
  record_.link_type = interface.link_type;
  record_.decimals = interface.decimals;
  record_.interface = &interface;
  return Step::packet;
}

template <class Take>
PcapngFormat::Step PcapngFormat::read_options(Bytes options, Take take) {
  while (options.size() >= Option::value) {
    const std::uint16_t code = numbers_.u16(options, Option::code);
    const std::size_t length = numbers_.u16(options, Option::length);
    if (code == Option::end) break;
    options = options.subspan(Option::value);
    if (length > options.size()) {
      return fail("has an option of " + std::to_string(length) + " octets, " + std::to_string(options.size()) +
                  " are left in it");
    }
    take(code, options.first(length));
    options = options.subspan(std::min(static_cast<std::size_t>(padded(length)), options.size()));
  }
  return Step::no_packet;
}

PcapngFormat::Step PcapngFormat::check_length(std::uint32_t length, std::uint32_t least) {
  if (length < least) {
    return fail("says length " + std::to_string(length) + ", the least of its type is " + std::to_string(least));
  }
  if (padded(length) > most_length) {
    return fail("says length " + std::to_string(length) + ", the most is " + std::to_string(most_length));
  }
  return Step::no_packet;
}

PcapngFormat::Step PcapngFormat::check_end(std::uint32_t length, std::uint32_t at_end) {
  // Some writers leave the padding out of the length.
  if (padded(at_end) == padded(length)) return Step::no_packet;
  return fail("says length " + std::to_string(length) + " at its start and " + std::to_string(at_end) + " at its end");
}

PcapngFormat::Step PcapngFormat::fail(std::string_view reason) {
  // Where a block ends is in doubt once a part of it is wrong, so nothing after it is read.
  failure_ = IoError{"read", buffer_.name(), 0, "the pcapng block at offset " + std::to_string(block_offset_) + " "};
  failure_->reason += reason;
  return Step::failed;
}

PcapngFormat::Step PcapngFormat::end_inside(std::uint64_t there, std::uint64_t whole) {
  failure_ = buffer_.failure();
  if (!failure_) {
    failure_ = IoError{"read", buffer_.name(), 0,
                       "the file ends " + std::to_string(there) + " octets into the pcapng block at offset " +
                           std::to_string(block_offset_) + ", which has " + std::to_string(whole)};
  }
  return Step::failed;
}

}  // namespace encap
