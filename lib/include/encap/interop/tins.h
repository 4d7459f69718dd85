#pragma once

#include <memory>
#include <string>
#include <tins/pdu.h>
#include <vector>

#include "encap/base/packet_record.h"
#include "encap/base/result.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// What libtins refused, or would have written wrong.
struct TinsError {
  std::string layer;   ///< the PDU it is about, as "IP"; empty when libtins does not say
  std::string reason;  ///< libtins' own words where it threw
};

/// As in `libtins: IP: 65536 octets, its length field counts to 65535`.
[[nodiscard]] std::string to_string(const TinsError& error);

/// The octets of a stack of libtins PDUs, lengths and checksums filled in by libtins. libtins pads the Ethernet frames
/// it writes to 60 octets. An IP source of 0.0.0.0 stays 0.0.0.0, where libtins alone would ask the host for one.
/// Errors: a length that its field cannot count (libtins writes it modulo 2^16), IP options where libtins counts them
/// wrong (4.0 does), whatever libtins throws.
[[nodiscard]] Result<std::vector<std::byte>, TinsError> to_bytes(Tins::PDU& stack);

/// As `to_bytes`, behind what is in `buffer`.
[[nodiscard]] Result<void, TinsError> append(PacketBuffer& buffer, Tins::PDU& stack);

/// Puts a stack of libtins PDUs around what is in `buffer`: the headers in front of it, with the lengths and checksums
/// it makes true, and the padding libtins wants behind it.
///
///     Tins::EthernetII outer = Tins::EthernetII(router, host) / Tins::Dot1Q(10);
///     if (auto r = prepend(buffer, outer); !r) return unexpected(r.error());
///
/// Where the innermost PDU says what it carries (EthernetII, Dot1Q, SLL, IP, IPv6) and was left at 0, it is told so
/// when the buffer holds exactly one IPv4 or IPv6 packet; a type that was set stays. `outer` can be used again.
/// Errors: as `to_bytes`; the buffer is left alone. Cost: linear in the packet, with allocations.
[[nodiscard]] Result<void, TinsError> prepend(PacketBuffer& buffer, Tins::PDU& outer);

/// A packet as libtins reads it. The outermost PDU is EthernetII or Dot3, SLL, Loopback, IP or IPv6, by link type.
/// A Loopback PDU has the address family as a number of this host, whichever byte order it was captured in, and an IP
/// or IPv6 PDU inside by that family, also where this host numbers IPv6 differently.
/// Errors: a link type that is none of encap's, octets that libtins finds malformed.
[[nodiscard]] Result<std::unique_ptr<Tins::PDU>, TinsError> to_pdu(const PacketRecord& record);

}  // namespace encap
