#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "encap/base/bytes.h"
#include "encap/base/link_type.h"
#include "encap/base/timestamp.h"

namespace encap {

struct PacketOrigin;

/// Where a capture was taken, as its file tells it. Source: pcapng, Interface Description Block.
struct CaptureInterface {
  std::uint32_t id = 0;                ///< counted from 0 within its section
  std::uint32_t section = 0;           ///< counted from 0 within the file
  LinkType link_type = LinkType::raw;  ///< of every packet seen there
  std::uint32_t snap_length = 0;       ///< octets kept of a packet at most; 0: no limit
  std::uint8_t decimals = 6;           ///< of its clock: digits after the point of a second, 0..9
  std::string name{};                  ///< such as "eth0"; may be empty
  std::string description{};           ///< for people; may be empty
};

/// One packet on its way between parts: whatever a sink writes a source reads back.
/// Lifetime: all that is borrowed belongs to whoever made the record and lives until that one makes the next.
struct PacketRecord {
  Timestamp timestamp{};
  LinkType link_type = LinkType::raw;
  std::uint32_t original_length = 0;  ///< octets on the wire; more than `bytes.size()` when the capture cut the packet
  Bytes bytes{};                      ///< the captured octets, link header first
  bool has_timestamp = true;          ///< a pcapng file may hold packets without one
  std::uint8_t decimals = 9;          ///< how many digits after the point of its second mean something, 0..9
  const CaptureInterface* interface = nullptr;   ///< null where the file names none, as in pcap
  std::span<const std::string_view> comments{};  ///< UTF-8 texts somebody added to the packet
  const PacketOrigin* origin = nullptr;          ///< what it was made of; null where nobody asked, and of packets read
};

}  // namespace encap
