#pragma once

#include <charconv>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "encap/base/packet_record.h"
#include "support/hex.h"

namespace encap::test {

/// A packet written down in a file of tests/packets.
struct WrittenPacket {
  LinkType link_type = LinkType::ethernet;
  Timestamp timestamp;
  std::uint32_t cut = 0;  ///< octets the capture did not keep
  std::vector<std::byte> octets;

  /// Lifetime: borrows this packet.
  [[nodiscard]] PacketRecord record() const noexcept {
    PacketRecord record;
    record.timestamp = timestamp;
    record.link_type = link_type;
    record.original_length = static_cast<std::uint32_t>(octets.size()) + cut;
    record.bytes = octets;
    record.decimals = 6;
    return record;
  }
};

/// Reads packets from a text: `#` begins a comment; `link N` (a LINKTYPE value) holds for all that follow; each packet
/// begins with `packet MICROSECONDS [CUT]` and goes on with lines of hexadecimal digits.
inline std::vector<WrittenPacket> read_packet_text(const std::string& path) {
  std::ifstream in{path};
  if (!in) throw std::runtime_error{"cannot read " + path};
  std::vector<WrittenPacket> packets;
  LinkType link_type = LinkType::ethernet;
  for (std::string line; std::getline(in, line);) {
    line.erase(std::min(line.find('#'), line.size()));
    if (line.starts_with("link ")) {
      link_type = static_cast<LinkType>(std::stoul(line.substr(5)));
    } else if (line.starts_with("packet ")) {
      std::size_t end = 0;
      const std::string numbers = line.substr(7);
      WrittenPacket packet;
      packet.link_type = link_type;
      packet.timestamp = {std::stoll(numbers, &end) * 1000};
      if (numbers.find_first_not_of(' ', end) != std::string::npos) {
        packet.cut = static_cast<std::uint32_t>(std::stoul(numbers.substr(end)));
      }
      packets.push_back(std::move(packet));
    } else if (line.find_first_not_of(' ') != std::string::npos) {
      if (packets.empty()) throw std::runtime_error{path + ": octets before the first packet"};
      for_each_hex_octet(line, [&](std::byte octet) { packets.back().octets.push_back(octet); });
    }
  }
  return packets;
}

}  // namespace encap::test
