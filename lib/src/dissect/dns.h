#pragma once

#include <cstdint>

#include "dissect/packet.h"

namespace encap::dns {

/// Whose messages they are: all three have the same form, some bits have other meanings.
enum class Variant : std::uint8_t {
  dns,   ///< RFC 1035
  mdns,  ///< RFC 6762
  llmnr  ///< RFC 4795
};

/// Reads one message, from its header on. `protocol` is the layer it is shown as.
std::uint32_t dissect_message(Packet& p, const Octets& in, const ProtocolInfo& protocol, Variant variant);
/// Reads the messages of a stream, each behind its length in two octets. Source: RFC 7766 §8.
std::uint32_t dissect_stream(Packet& p, const Octets& in, const ProtocolInfo& protocol);

}  // namespace encap::dns
