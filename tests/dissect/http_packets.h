#pragma once

#include <string>
#include <string_view>

#include "encap/dissect/dissector.h"
#include "encap/render/tree.h"
#include "support/ip_packets.h"

namespace encap::test {

enum class HttpSide { client, server };

/// An IPv4 packet between port 49152 of 192.0.2.1 and port 80 of 192.0.2.2 whose one segment carries `payload`.
inline std::string http_packet(std::string_view payload, HttpSide from = HttpSide::client) {
  const Ends ends = from == HttpSide::client ? Ends{} : Ends{}.reversed();
  return tcp_packet(ends, 1, 1, 0x18, payload);
}

/// One response of the server whose body is `body`.
inline std::string http_response(std::string_view type, std::string_view body) {
  std::string message{"HTTP/1.1 200 OK\r\nContent-Type: "};
  message += type;
  message += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  message += body;
  return http_packet(message, HttpSide::server);
}

/// What the tree shows of a packet that is read alone, of which `original` octets were on the wire.
inline std::string tree_of(std::string_view packet, std::size_t original) {
  PacketRecord record = record_of(packet);
  record.original_length = static_cast<std::uint32_t>(original);
  Dissector dissector;
  Dissection dissection;
  dissector.dissect(record, dissection);
  std::string text;
  append_tree(text, dissection);
  return text;
}
inline std::string tree_of(std::string_view packet) { return tree_of(packet, packet.size()); }

}  // namespace encap::test
