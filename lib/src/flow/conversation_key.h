#pragma once

#include <cstddef>
#include <cstdint>

#include "encap/base/byte_order.h"
#include "encap/flow/message.h"
#include "encap/wire/endpoint.h"
#include "flow/mix.h"

namespace encap {

/// What the packets of one conversation share, whichever way they go.
struct ConversationKey {
  Endpoint low;
  Endpoint high;
  Transport transport = Transport::tcp;

  ConversationKey(const Route& route, Transport over) noexcept
      : low{route.source < route.destination ? route.source : route.destination},
        high{route.source < route.destination ? route.destination : route.source},
        transport{over} {}

  friend bool operator==(const ConversationKey&, const ConversationKey&) = default;
};

/// The same in both directions.
struct FlowKeyHash {
  std::size_t operator()(const ConversationKey& key) const noexcept {
    return static_cast<std::size_t>(of(key.low, key.high, key.transport));
  }
  static std::uint64_t of(const Endpoint& one, const Endpoint& other, Transport over) noexcept {
    return Mixer{mixed(one) + mixed(other) + static_cast<std::uint64_t>(over)}.next();
  }

 private:
  static std::uint64_t mixed(const Endpoint& end) noexcept {
    return Mixer{fold(end.address) ^ static_cast<std::uint64_t>(end.port.value) << 48}.next();
  }
  static std::uint64_t fold(const IpAddress& address) noexcept {
    const Bytes octets = address.octets();
    return octets.size() == 4 ? load_be32(octets, 0)
                              : load_be<8>(octets, 0) ^ (load_be<8>(octets, 8) * 0x9e3779b97f4a7c15u);
  }
};

}  // namespace encap
