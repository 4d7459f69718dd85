#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "encap/base/packet_record.h"

namespace chat {

/// A packet that passed. Lifetime: owns what it is made of.
struct KeptPacket {
  encap::Timestamp time;
  std::uint32_t original_length = 0;
  std::vector<std::byte> octets;
};

/// Packets of one interface.
struct KeptCapture {
  encap::LinkType link_type = encap::LinkType::ethernet;
  encap::CaptureInterface interface;
  std::vector<KeptPacket> packets;

  /// As a packet source would tell it. Lifetime: borrows from the capture.
  [[nodiscard]] encap::PacketRecord record(std::size_t index) const {
    encap::PacketRecord record;
    record.timestamp = packets[index].time;
    record.link_type = link_type;
    record.original_length = packets[index].original_length;
    record.bytes = packets[index].octets;
    record.interface = &interface;
    return record;
  }
};

}  // namespace chat
