#pragma once

#include <cstdint>

#include "encap/base/packet_record.h"

namespace encap {

/// Gives the number of the flow, as SessionMemory::hash_of has it, of a packet that is plainly a whole TCP segment or
/// UDP datagram: a link header with VLAN tags at most, IPv4 without options that is no fragment, or IPv6 without
/// extension headers, and both ports. False: it is any other packet, whatever may be found in it, and `flow` is as it
/// was. Reads a few octets and keeps nothing.
[[nodiscard]] bool plain_flow(const PacketRecord& record, std::uint32_t& flow) noexcept;

}  // namespace encap
