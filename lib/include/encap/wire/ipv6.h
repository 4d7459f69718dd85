#pragma once

#include <array>
#include <cstring>
#include <optional>

#include "encap/base/result.h"
#include "encap/wire/craft_error.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/header_field.h"
#include "encap/wire/ip_address.h"
#include "encap/wire/packet_buffer.h"
#include "encap/wire/protocol.h"

namespace encap {

/// The fields of an IPv6 header. Source: RFC 8200 §3.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------+---------------+---------------------------------------+
///     |Version| Traffic Class |              Flow Label               |
///     +-------+---------------+-------+---------------+---------------+
///     |        Payload Length         |  Next Header  |   Hop Limit   |
///     +-------------------------------+---------------+---------------+
///     |                 Source Address (128 bits)                     |
///     +---------------------------------------------------------------+
///     |               Destination Address (128 bits)                  |
///     +---------------------------------------------------------------+
struct Ipv6Field {
  static constexpr HeaderField version{"ipv6.version", "Version", 0, 4};
  static constexpr HeaderField traffic_class{"ipv6.tclass", "Traffic Class", 4, 8, FieldFormat::hexadecimal};
  static constexpr HeaderField flow_label{"ipv6.flow", "Flow Label", 12, 20, FieldFormat::hexadecimal};
  static constexpr HeaderField payload_length{"ipv6.plen", "Payload Length", 32, 16};
  static constexpr HeaderField next_header{"ipv6.nxt", "Next Header", 48, 8};
  static constexpr HeaderField hop_limit{"ipv6.hlim", "Hop Limit", 56, 8};
  static constexpr HeaderField source{"ipv6.src", "Source Address", 64, 128, FieldFormat::ipv6};
  static constexpr HeaderField destination{"ipv6.dst", "Destination Address", 192, 128, FieldFormat::ipv6};
  static constexpr std::array all{&version,     &traffic_class, &flow_label, &payload_length,
                                  &next_header, &hop_limit,     &source,     &destination};
};

/// An IPv6 packet that was found to be one. Extension headers are part of its payload.
class Ipv6View {
 public:
  static constexpr std::size_t header_length = 40;              // octets
  static constexpr std::size_t maximum_payload_length = 65535;  // octets

  /// Checks version and length here, so the accessors below are total. Keeps only the octets named by Payload Length.
  /// Lifetime: borrows `in`. Errors: truncated (limit: captured), bad_version.
  [[nodiscard]] static constexpr Result<Ipv6View, DissectError> parse(Bytes in) noexcept {
    return read(in, Completeness::whole);
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  /// As `parse`, for a packet the capture cut short: the header must be whole, of the payload what is there is kept.
  [[nodiscard]] static constexpr Result<Ipv6View, DissectError> parse_captured(Bytes in) noexcept {
    return read(in, Completeness::captured_part);
  }
  template <TemporaryOctets T>
  static void parse_captured(T&&) = delete;  // the view would outlive what it borrows

  [[nodiscard]] constexpr std::uint8_t traffic_class() const noexcept {
    return load_field<Ipv6Field::traffic_class>(bytes_);
  }
  [[nodiscard]] constexpr std::uint32_t flow_label() const noexcept {
    return load_field<Ipv6Field::flow_label>(bytes_);
  }
  [[nodiscard]] constexpr std::uint16_t payload_length() const noexcept {
    return load_field<Ipv6Field::payload_length>(bytes_);
  }
  [[nodiscard]] constexpr Protocol next_header() const noexcept {
    return static_cast<Protocol>(load_field<Ipv6Field::next_header>(bytes_));
  }
  [[nodiscard]] constexpr std::uint8_t hop_limit() const noexcept { return load_field<Ipv6Field::hop_limit>(bytes_); }
  [[nodiscard]] Ipv6Address source() const noexcept { return address(field_octets<Ipv6Field::source>(bytes_)); }
  [[nodiscard]] Ipv6Address destination() const noexcept {
    return address(field_octets<Ipv6Field::destination>(bytes_));
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }
  /// Header and payload.
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return bytes_; }
  [[nodiscard]] constexpr Completeness completeness() const noexcept {
    return bytes_.size() < header_length + payload_length() ? Completeness::captured_part : Completeness::whole;
  }

 private:
  [[nodiscard]] static constexpr Result<Ipv6View, DissectError> read(Bytes in, Completeness wanted) noexcept {
    using Code = DissectError::Code;
    using Limit = DissectError::Limit;
    const auto available = static_cast<std::uint32_t>(in.size());
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::ipv6, Code::truncated, Limit::captured, 0, header_length, available});
    }
    const std::uint32_t version = load_field<Ipv6Field::version>(in);
    if (version != 6) {
      return unexpected(DissectError{Layer::ipv6, Code::bad_version, Limit::captured, 0, 6, version});
    }
    const std::size_t total = header_length + load_field<Ipv6Field::payload_length>(in);
    if (total > in.size()) {
      if (wanted == Completeness::captured_part) return Ipv6View{in};
      return unexpected(DissectError{Layer::ipv6, Code::truncated, Limit::captured,
                                     Ipv6Field::payload_length.first_octet(), static_cast<std::uint32_t>(total),
                                     available});
    }
    return Ipv6View{in.first(total)};
  }
  [[nodiscard]] static Ipv6Address address(Bytes octets) noexcept {
    Ipv6Address result;
    std::memcpy(result.octets.data(), octets.data(), result.octets.size());
    return result;
  }

  constexpr explicit Ipv6View(Bytes packet) noexcept : bytes_{packet} {}
  Bytes bytes_;  // exactly header and Payload Length octets, or fewer where the capture ended
};

/// What a caller chooses of an IPv6 header; version and Payload Length are computed.
struct Ipv6Header {
  Ipv6Address source{};
  Ipv6Address destination{};
  std::uint8_t hop_limit = 64;
  Protocol next_header = Protocol::tcp;
  std::uint8_t traffic_class = 0;
  std::uint32_t flow_label = 0;  ///< 20 bits
  /// Values sent as they stand, right or wrong, to make a packet that is broken on purpose.
  struct Forced {
    std::optional<std::uint16_t> payload_length{};
  } forced{};
};

/// Puts an IPv6 header in front of what is in `buffer`. Errors: payload_too_long.
[[nodiscard]] Result<void, CraftError> prepend(PacketBuffer& buffer, const Ipv6Header& header);

/// The fields of an IPv6 Fragment header. Source: RFC 8200 §4.5.
///
///     +---------------+---------------+-------------------------+---+-+
///     |  Next Header  |   Reserved    |     Fragment Offset     |Res|M|
///     +---------------+---------------+-------------------------+---+-+
///     |                         Identification                        |
///     +---------------------------------------------------------------+
struct Ipv6FragmentField {
  static constexpr HeaderField next_header{"ipv6.fraghdr.nxt", "Next header", 0, 8};
  static constexpr HeaderField reserved{"ipv6.fraghdr.reserved_octet", "Reserved octet", 8, 8};
  static constexpr HeaderField fragment_offset{"ipv6.fraghdr.offset", "Offset", 16, 13};
  static constexpr HeaderField reserved_bits{"ipv6.fraghdr.reserved_bits", "Reserved bits", 29, 2};
  static constexpr HeaderField more_fragments{"ipv6.fraghdr.more", "More Fragments", 31, 1, FieldFormat::flag};
  static constexpr HeaderField identification{"ipv6.fraghdr.ident", "Identification", 32, 32, FieldFormat::hexadecimal};
  static constexpr std::array all{&next_header,   &reserved,       &fragment_offset,
                                  &reserved_bits, &more_fragments, &identification};
};

/// A Fragment header and what follows it.
class Ipv6FragmentView {
 public:
  static constexpr std::size_t header_length = 8;  // octets

  /// Lifetime: borrows `in`. Errors: truncated (limit: captured).
  [[nodiscard]] static constexpr Result<Ipv6FragmentView, DissectError> parse(Bytes in) noexcept {
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::ipv6_fragment, DissectError::Code::truncated, DissectError::Limit::captured,
                                     0, header_length, static_cast<std::uint32_t>(in.size())});
    }
    return Ipv6FragmentView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  [[nodiscard]] constexpr Protocol next_header() const noexcept {
    return static_cast<Protocol>(load_field<Ipv6FragmentField::next_header>(bytes_));
  }
  /// Where this fragment's payload lies in the whole one, in octets.
  [[nodiscard]] constexpr std::size_t fragment_offset() const noexcept {
    return load_field<Ipv6FragmentField::fragment_offset>(bytes_) * std::size_t{8};
  }
  [[nodiscard]] constexpr bool more_fragments() const noexcept {
    return load_field<Ipv6FragmentField::more_fragments>(bytes_) != 0;
  }
  [[nodiscard]] constexpr std::uint32_t identification() const noexcept {
    return load_field<Ipv6FragmentField::identification>(bytes_);
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }

 private:
  constexpr explicit Ipv6FragmentView(Bytes in) noexcept : bytes_{in} {}
  Bytes bytes_;
};

/// What a caller chooses of an IPv6 Fragment header: all of it.
struct Ipv6FragmentHeader {
  Protocol next_header = Protocol::udp;
  std::uint16_t fragment_offset = 0;  ///< in units of eight octets, 0..8191
  bool more_fragments = false;
  std::uint32_t identification = 0;
};

/// Puts a Fragment header in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const Ipv6FragmentHeader& header);

}  // namespace encap
