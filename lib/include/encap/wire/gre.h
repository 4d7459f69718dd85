#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"
#include "encap/wire/protocol.h"

namespace encap {

/// The fields of a GRE header; Key is there when its bit is set. Source: RFC 2784 §2, RFC 2890 §2.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-+-+-+-+-----------------+-----+-------------------------------+
///     |C| |K|S|    Reserved0    | Ver |         Protocol Type         |
///     +-+-+-+-+-----------------+-----+-------------------------------+
///     |                        Key (optional)                         |
///     +---------------------------------------------------------------+
struct GreField {
  static constexpr HeaderField flags_and_version{"gre.flags_and_version", "Flags and Version", 0, 16,
                                                 FieldFormat::hexadecimal};
  static constexpr HeaderField checksum_present{"gre.flags.checksum", "Checksum Bit", 0, 1, FieldFormat::flag};
  static constexpr HeaderField key_present{"gre.flags.key", "Key Bit", 2, 1, FieldFormat::flag};
  static constexpr HeaderField sequence_present{"gre.flags.sequence_number", "Sequence Number Bit", 3, 1,
                                                FieldFormat::flag};
  static constexpr HeaderField version{"gre.flags.version", "Version", 13, 3};
  static constexpr HeaderField protocol_type{"gre.proto", "Protocol Type", 16, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField key{"gre.key", "Key", 32, 32, FieldFormat::hexadecimal};
  static constexpr std::array all{&flags_and_version, &checksum_present, &key_present, &sequence_present,
                                  &version,           &protocol_type,    &key};
};

/// A GRE header to write, without checksum and sequence number.
struct GreHeader {
  static constexpr std::size_t minimum_length = 4;  // octets
  static constexpr std::size_t key_length = 4;      // octets

  EtherType protocol_type = EtherType::ipv4;
  std::optional<std::uint32_t> key{};
};

/// Puts a GRE header in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const GreHeader& header);

}  // namespace encap
