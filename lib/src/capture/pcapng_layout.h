#pragma once

#include <cstddef>
#include <cstdint>

/// Where the parts of a pcapng file lie. Source: draft-ietf-opsawg-pcapng.
namespace encap::pcapng {

struct Block {
  static constexpr std::size_t type = 0, total_length = 4, body = 8;
  static constexpr std::uint32_t end_length = 4, least_length = 12;  // the total length stands at its end once more
  static constexpr std::uint32_t section_header = 0x0a0d0d0a, interface_description = 1, obsolete_packet = 2,
                                 simple_packet = 3, name_resolution = 4, enhanced_packet = 6;
};

struct SectionHeader {
  static constexpr std::size_t byte_order_magic = 8, major_version = 12, minor_version = 14, section_length = 16,
                               options = 24;
  static constexpr std::uint32_t length = 28;
  static constexpr std::uint32_t magic = 0x1a2b3c4d;
  static constexpr std::uint16_t application = 4;  // option
};

struct InterfaceDescription {
  static constexpr std::size_t link_type = 8, reserved = 10, snap_length = 12, options = 16;
  static constexpr std::uint32_t length = 20;
  static constexpr std::uint16_t name = 2, description = 3, timestamp_resolution = 9, timestamp_offset = 14;
};

struct SimplePacket {
  static constexpr std::size_t original_length = 8, data = 12;
  static constexpr std::uint32_t length = 16;
};

// The obsolete packet block has a 16-bit interface number, and a count of drops where this one's other half is.
struct EnhancedPacket {
  static constexpr std::size_t interface_id = 8, timestamp_high = 12, timestamp_low = 16, captured_length = 20,
                               original_length = 24, data = 28;
  static constexpr std::uint32_t length = 32;
};

// Records have the shape of options.
struct NameResolution {
  static constexpr std::size_t records = 8;
  static constexpr std::uint16_t ipv4 = 1, ipv6 = 2;
};

struct Option {
  static constexpr std::size_t code = 0, length = 2, value = 4;
  static constexpr std::uint16_t end = 0, comment = 1;
};

/// A length with what fills the last 32 bits.
constexpr std::uint64_t padded(std::uint64_t length) noexcept { return (length + 3) & ~std::uint64_t{3}; }

}  // namespace encap::pcapng
