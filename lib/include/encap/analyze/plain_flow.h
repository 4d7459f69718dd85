#pragma once

#include <optional>

#include "encap/base/packet_record.h"
#include "encap/dissect/session.h"
#include "encap/wire/header_field.h"

namespace encap {

/// The flow of a packet that is plainly a whole TCP segment or UDP datagram: a link header with VLAN tags at most, IPv4
/// without options that is no fragment, or IPv6 without extension headers, and both ports. Nothing for any other
/// packet, whatever may be found in it. Reads a few octets and keeps nothing.
[[nodiscard]] std::optional<FlowKey> plain_flow(const PacketRecord& record) noexcept;

/// The address in a field of a header. Precondition: the field is within `header` and 16 octets long at most.
[[nodiscard]] Address address_at(Bytes header, const HeaderField& field, Address::Kind kind) noexcept;

}  // namespace encap
