#pragma once

#include <optional>

#include "encap/base/packet_record.h"
#include "encap/dissect/session.h"

namespace encap {

/// The flow of a packet that is plainly a whole TCP segment or UDP datagram: a link header with VLAN tags at most, IPv4
/// without options that is no fragment, or IPv6 without extension headers, and both ports. Nothing for any other
/// packet, whatever may be found in it. Reads a few octets and keeps nothing.
[[nodiscard]] std::optional<FlowKey> plain_flow(const PacketRecord& record) noexcept;

}  // namespace encap
