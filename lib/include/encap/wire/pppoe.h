#pragma once

#include <array>
#include <cstdint>

#include "encap/base/result.h"
#include "encap/wire/craft_error.h"
#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// What a PPP frame carries: the IANA "PPP DLL Protocol Numbers".
enum class PppProtocol : std::uint16_t { ipv4 = 0x0021, ipv6 = 0x0057, mpls = 0x0281 };

/// The one field of a PPP frame that PPPoE keeps. Source: RFC 1661 §2, RFC 2516 §6.
struct PppField {
  static constexpr HeaderField protocol{"ppp.protocol", "Protocol", 0, 16, FieldFormat::hexadecimal};
  static constexpr std::array all{&protocol};
};

/// A PPP header to write, as it follows a PPPoE header.
struct PppHeader {
  static constexpr std::size_t length = 2;  // octets

  PppProtocol protocol = PppProtocol::ipv4;
};

/// Puts a PPP header in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const PppHeader& header);

/// The fields of a PPPoE header. Source: RFC 2516 §4.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------+-------+---------------+-------------------------------+
///     |  Ver  | Type  |     Code      |          Session ID           |
///     +-------+-------+---------------+-------------------------------+
///     |            Length             |
///     +-------------------------------+
struct PppoeField {
  static constexpr HeaderField version{"pppoe.version", "Version", 0, 4};
  static constexpr HeaderField type{"pppoe.type", "Type", 4, 4};
  static constexpr HeaderField code{"pppoe.code", "Code", 8, 8, FieldFormat::hexadecimal};
  static constexpr HeaderField session_id{"pppoe.session_id", "Session ID", 16, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField payload_length{"pppoe.payload_length", "Payload Length", 32, 16};
  static constexpr std::array all{&version, &type, &code, &session_id, &payload_length};
};

/// The header of a packet in a PPPoE session to write; Length is computed.
struct PppoeHeader {
  static constexpr std::size_t length = 6;                      // octets
  static constexpr std::size_t maximum_payload_length = 65535;  // octets
  static constexpr std::uint16_t last_session = 65534;          ///< 65535 is reserved, 0 is no session: RFC 2516 §4

  std::uint16_t session_id = 1;
};

/// Puts a PPPoE header in front of the PPP frame in `buffer`. Errors: payload_too_long.
[[nodiscard]] Result<void, CraftError> prepend(PacketBuffer& buffer, const PppoeHeader& header);

}  // namespace encap
