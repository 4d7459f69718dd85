#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include "encap/dissect/session.h"

namespace encap {

inline bool operator==(const FlowKey& a, const FlowKey& b) {
  return a.transport == b.transport && a.source == b.source && a.destination == b.destination &&
         a.source_port == b.source_port && a.destination_port == b.destination_port;
}
inline void PrintTo(const FlowKey& key, std::ostream* out) {
  std::string text{key.transport == FlowKey::Transport::tcp ? "TCP " : "UDP "};
  append_text(text, key.source);
  text += ' ' + std::to_string(key.source_port) + " to ";
  append_text(text, key.destination);
  *out << text << ' ' << key.destination_port;
}

namespace test {

/// An IPv4 address, its first octet in the highest bits: 0xc0000201 is 192.0.2.1.
inline Address ipv4(std::uint32_t number) {
  Address address{{}, Address::Kind::ipv4, 4};
  for (std::size_t i = 0; i < 4; ++i) address.octets[i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return address;
}

inline FlowKey flow_key(FlowKey::Transport transport, Address source, std::uint16_t source_port, Address destination,
                        std::uint16_t destination_port) {
  FlowKey key{transport, source, destination};
  key.source_port = source_port;
  key.destination_port = destination_port;
  return key;
}

/// As many different flows as there are numbers: a client for each, all to port 80 of 192.0.2.1.
inline FlowKey nth_flow(std::uint32_t number, FlowKey::Transport transport = FlowKey::Transport::tcp) {
  return flow_key(transport, ipv4(0x0a000000 + number), 40'000, ipv4(0xc0000201), 80);
}

/// Of a packet that goes the other way.
inline FlowKey reversed(FlowKey key) {
  std::swap(key.source, key.destination);
  std::swap(key.source_port, key.destination_port);
  return key;
}

}  // namespace test
}  // namespace encap
