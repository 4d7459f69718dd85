#pragma once

#include <optional>

#include "encap/base/packet_record.h"
#include "encap/wire/protocol.h"

namespace encap {

/// Where the headers of a plain packet are: a link header with VLAN tags at most, IPv4 without options that is no
/// fragment, or IPv6 without extension headers, and TCP or UDP. Lifetime: borrows the packet.
struct PlainHeaders {
  Bytes network{};    ///< from the IP header on, which is there whole
  Bytes transport{};  ///< from the ports on, which are there
  bool is_ipv6 = false;
  Protocol protocol = Protocol::tcp;  ///< or UDP
};

/// Those of `record`; nothing when it is any other packet, whatever may be found in it. Reads a few octets.
[[nodiscard]] std::optional<PlainHeaders> plain_headers(const PacketRecord& record) noexcept;

}  // namespace encap
