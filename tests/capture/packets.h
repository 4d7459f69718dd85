#pragma once

#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <vector>

#include "encap/capture/capture_file_reader.h"
#include "support/same_octets.h"

namespace encap::test {

/// A packet that owns its octets.
struct Packet {
  Timestamp timestamp;
  std::vector<std::byte> octets;
  std::uint32_t original_length = 0;

  [[nodiscard]] PacketRecord record(LinkType link_type = LinkType::raw) const {
    return {timestamp, link_type, original_length, octets};
  }
};

/// A packet as a file tells it, with everything a record borrows.
struct ReadPacket : Packet {
  LinkType link_type = LinkType::null;
  bool has_timestamp = true;
  std::uint8_t decimals = 0;
  std::optional<CaptureInterface> interface;
  std::vector<std::string> comments;

  ReadPacket() = default;
  explicit ReadPacket(const PacketRecord& record)
      : Packet{record.timestamp, {record.bytes.begin(), record.bytes.end()}, record.original_length},
        link_type{record.link_type},
        has_timestamp{record.has_timestamp},
        decimals{record.decimals},
        comments(record.comments.begin(), record.comments.end()) {
    if (record.interface != nullptr) interface = *record.interface;
  }
};

/// All packets of a file, and the error that ended them, as text; empty when the file ended well.
struct Contents {
  std::vector<ReadPacket> packets;
  std::string error;
};

inline Contents drain(Result<CaptureFileReader, IoError> file) {
  Contents contents;
  if (!file) {
    contents.error = to_string(file.error());
    return contents;
  }
  for (;;) {
    const auto record = file->next();
    if (!record) {
      contents.error = to_string(record.error());
      return contents;
    }
    if (*record == nullptr) return contents;
    contents.packets.emplace_back(**record);
  }
}

inline Contents read_capture(const std::string& path) { return drain(CaptureFileReader::open(path)); }

/// Octets that differ from packet to packet.
inline Packet numbered_packet(std::uint32_t number, std::size_t size) {
  Packet packet;
  packet.timestamp = year_2000 + std::chrono::microseconds{number};
  packet.octets.resize(size);
  for (std::size_t i = 0; i < size; ++i) packet.octets[i] = static_cast<std::byte>((number * 31 + i) & 0xff);
  packet.original_length = static_cast<std::uint32_t>(size);
  return packet;
}

inline ::testing::AssertionResult same_packet(const Packet& actual, const Packet& expected) {
  if (actual.timestamp != expected.timestamp) {
    return ::testing::AssertionFailure() << "timestamp " << actual.timestamp.nanoseconds << ", expected "
                                         << expected.timestamp.nanoseconds;
  }
  if (actual.original_length != expected.original_length) {
    return ::testing::AssertionFailure() << "original length " << actual.original_length << ", expected "
                                         << expected.original_length;
  }
  return same_octets(actual.octets, expected.octets);
}

}  // namespace encap::test
