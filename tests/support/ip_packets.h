#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "encap/base/packet_record.h"

namespace encap::test {

/// `number` as `octets` octets in network byte order.
inline void append_number(std::string& out, std::uint64_t number, std::size_t octets) {
  for (std::size_t left = octets; left > 0; --left) out += static_cast<char>(number >> (8 * (left - 1)) & 0xff);
}

/// Who sends to whom. Addresses are IPv4, the first octet in the highest bits.
struct Ends {
  std::uint32_t source = 0xc0000201;
  std::uint32_t destination = 0xc0000202;
  std::uint16_t source_port = 49'152;
  std::uint16_t destination_port = 80;

  [[nodiscard]] Ends reversed() const noexcept { return {destination, source, destination_port, source_port}; }
};

/// An IPv4 packet without options. `place` is flags and fragment offset as in the header; checksums are left to the
/// card.
inline std::string ipv4_packet(std::uint8_t protocol, const Ends& ends, std::string_view payload,
                               std::uint16_t identification = 1, std::uint16_t place = 0) {
  std::string packet{"\x45\0", 2};
  append_number(packet, 20 + payload.size(), 2);
  append_number(packet, identification, 2);
  append_number(packet, place, 2);
  append_number(packet, 64, 1);
  append_number(packet, protocol, 1);
  append_number(packet, 0, 2);
  append_number(packet, ends.source, 4);
  append_number(packet, ends.destination, 4);
  packet += payload;
  return packet;
}

inline std::string udp_datagram(const Ends& ends, std::string_view payload) {
  std::string datagram;
  append_number(datagram, ends.source_port, 2);
  append_number(datagram, ends.destination_port, 2);
  append_number(datagram, 8 + payload.size(), 2);
  append_number(datagram, 0, 2);
  datagram += payload;
  return datagram;
}

inline std::string tcp_segment(const Ends& ends, std::uint32_t sequence, std::uint32_t acknowledgment,
                               std::uint8_t flags, std::string_view payload = {}, std::uint16_t window = 8192) {
  std::string segment;
  append_number(segment, ends.source_port, 2);
  append_number(segment, ends.destination_port, 2);
  append_number(segment, sequence, 4);
  append_number(segment, acknowledgment, 4);
  append_number(segment, 0x50, 1);
  append_number(segment, flags, 1);
  append_number(segment, window, 2);
  append_number(segment, 0, 4);
  segment += payload;
  return segment;
}

inline std::string tcp_packet(const Ends& ends, std::uint32_t sequence, std::uint32_t acknowledgment,
                              std::uint8_t flags, std::string_view payload = {}) {
  return ipv4_packet(6, ends, tcp_segment(ends, sequence, acknowledgment, flags, payload));
}
inline std::string udp_packet(const Ends& ends, std::string_view payload) {
  return ipv4_packet(17, ends, udp_datagram(ends, payload));
}

/// The whole of `packet`. Lifetime: borrows it.
inline PacketRecord record_of(std::string_view packet, LinkType link_type = LinkType::raw, Timestamp timestamp = {}) {
  PacketRecord record;
  record.timestamp = timestamp;
  record.link_type = link_type;
  record.original_length = static_cast<std::uint32_t>(packet.size());
  record.bytes = std::as_bytes(std::span{packet});
  return record;
}

}  // namespace encap::test
