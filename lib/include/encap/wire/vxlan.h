#pragma once

#include <array>
#include <cstdint>

#include "encap/wire/endpoint.h"
#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// The fields of a VXLAN header. Source: RFC 7348 §5.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-+-+-+-+-----------------------------------------------+
///     |R|R|R|R|I|R|R|R|                   Reserved                    |
///     +-+-+-+-+-+-+-+-+-------------------------------+---------------+
///     |        VXLAN Network Identifier (VNI)         |   Reserved    |
///     +-----------------------------------------------+---------------+
struct VxlanField {
  static constexpr HeaderField flags{"vxlan.flags", "Flags", 0, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField vni_valid{"vxlan.flag_i", "VXLAN Network ID (VNI)", 4, 1, FieldFormat::flag};
  static constexpr HeaderField group_policy{"vxlan.gbp", "Group Policy ID", 16, 16};
  static constexpr HeaderField vni{"vxlan.vni", "VXLAN Network Identifier (VNI)", 32, 24};
  static constexpr HeaderField reserved{"vxlan.reserved8", "Reserved", 56, 8};
  static constexpr std::array all{&flags, &vni_valid, &group_policy, &vni, &reserved};
};

/// A VXLAN header to write. An Ethernet frame follows it, a UDP header to `port` stands in front of it.
struct VxlanHeader {
  static constexpr std::size_t length = 8;  // octets
  static constexpr Port port{4789};
  static constexpr std::uint32_t last_vni = (1u << 24) - 1;

  std::uint32_t vni = 0;  ///< 0..16777215
};

/// Puts a VXLAN header in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const VxlanHeader& header);

}  // namespace encap
