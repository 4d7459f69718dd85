#pragma once

#include <array>
#include <optional>

#include "encap/base/result.h"
#include "encap/wire/checksum.h"
#include "encap/wire/craft_error.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/endpoint.h"
#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// The fields of a UDP header. Source: RFC 768.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------------------------------+-------------------------------+
///     |          Source Port          |       Destination Port        |
///     +-------------------------------+-------------------------------+
///     |            Length             |           Checksum            |
///     +-------------------------------+-------------------------------+
struct UdpField {
  static constexpr HeaderField source_port{"udp.srcport", "Source Port", 0, 16, FieldFormat::port};
  static constexpr HeaderField destination_port{"udp.dstport", "Destination Port", 16, 16, FieldFormat::port};
  static constexpr HeaderField length{"udp.length", "Length", 32, 16};
  static constexpr HeaderField checksum{"udp.checksum", "Checksum", 48, 16, FieldFormat::hexadecimal};
  static constexpr std::array all{&source_port, &destination_port, &length, &checksum};
};

/// A UDP datagram that was found to be one.
class UdpView {
 public:
  static constexpr std::size_t header_length = 8;  // octets

  /// Checks every length here, so the accessors below are total. Keeps only the octets named by Length.
  /// Lifetime: borrows `in`. Errors: truncated (limit: captured), bad_length (limit: udp_length).
  [[nodiscard]] static constexpr Result<UdpView, DissectError> parse(Bytes in) noexcept {
    return read(in, Completeness::whole);
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  /// As `parse`, for a packet the capture cut short: what is there of the payload is kept.
  [[nodiscard]] static constexpr Result<UdpView, DissectError> parse_captured(Bytes in) noexcept {
    return read(in, Completeness::captured_part);
  }
  template <TemporaryOctets T>
  static void parse_captured(T&&) = delete;  // the view would outlive what it borrows

  [[nodiscard]] constexpr Port source_port() const noexcept { return Port{load_field<UdpField::source_port>(bytes_)}; }
  [[nodiscard]] constexpr Port destination_port() const noexcept {
    return Port{load_field<UdpField::destination_port>(bytes_)};
  }
  /// Octets of header and payload as the header says. 0 stands for "more than 65535" in an IPv6 jumbogram (RFC 2675).
  [[nodiscard]] constexpr std::uint16_t length() const noexcept { return load_field<UdpField::length>(bytes_); }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept { return load_field<UdpField::checksum>(bytes_); }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }
  /// Header and payload.
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return bytes_; }
  [[nodiscard]] constexpr Completeness completeness() const noexcept {
    return bytes_.size() < length() ? Completeness::captured_part : Completeness::whole;
  }

 private:
  [[nodiscard]] static constexpr Result<UdpView, DissectError> read(Bytes in, Completeness wanted) noexcept {
    const auto available = static_cast<std::uint32_t>(in.size());
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::udp, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                     header_length, available});
    }
    const std::uint16_t length = load_field<UdpField::length>(in);
    if (length < header_length) {
      return unexpected(DissectError{Layer::udp, DissectError::Code::bad_length, DissectError::Limit::udp_length,
                                     UdpField::length.first_octet(), header_length, length});
    }
    if (length > in.size()) {
      if (wanted == Completeness::captured_part) return UdpView{in};
      return unexpected(DissectError{Layer::udp, DissectError::Code::truncated, DissectError::Limit::captured,
                                     UdpField::length.first_octet(), length, available});
    }
    return UdpView{in.first(length)};
  }

  constexpr explicit UdpView(Bytes datagram) noexcept : bytes_{datagram} {}
  Bytes bytes_;  // exactly Length octets, or fewer where the capture ended
};

/// What a caller chooses of a UDP header; Length and Checksum are computed.
struct UdpHeader {
  Port source_port{};
  Port destination_port{};
  /// Values sent as they stand, right or wrong, to make a packet that is broken on purpose.
  struct Forced {
    std::optional<std::uint16_t> length{};
    std::optional<std::uint16_t> checksum{};
  } forced{};
};

/// Puts a UDP header in front of the payload in `buffer`. `route` gives the addresses of the pseudo-header; a checksum
/// that comes out as zero is sent as 0xffff (RFC 768). Errors: payload_too_long, mixed_families.
[[nodiscard]] Result<void, CraftError> prepend(PacketBuffer& buffer, const UdpHeader& header, const Route& route);

}  // namespace encap
