#pragma once

#include <cstddef>
#include <cstdint>

/// Where the parts of a pcap file lie. Source: draft-ietf-opsawg-pcap.
namespace encap::pcap {

struct FileHeader {
  static constexpr std::size_t magic = 0, major_version = 4, minor_version = 6, zone = 8, accuracy = 12,
                               snap_length = 16, link_type = 20, length = 24;
  static constexpr std::uint32_t microsecond_magic = 0xa1b2c3d4, nanosecond_magic = 0xa1b23c4d;
};

struct RecordHeader {
  static constexpr std::size_t seconds = 0, fraction = 4, captured_length = 8, original_length = 12, length = 16;
};

}  // namespace encap::pcap
