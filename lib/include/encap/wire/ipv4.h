#pragma once

#include <array>
#include <optional>

#include "encap/base/result.h"
#include "encap/wire/checksum.h"
#include "encap/wire/craft_error.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/header_field.h"
#include "encap/wire/ip_address.h"
#include "encap/wire/packet_buffer.h"
#include "encap/wire/protocol.h"

namespace encap {

/// The fixed fields of an IPv4 header. Source: RFC 791 §3.1; RFC 2474 and RFC 3168 for the second octet.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------+-------+-----------+---+-------------------------------+
///     |Version|  IHL  |   DSCP    |ECN|         Total Length          |
///     +-------+-------+-----------+---+-----+-------------------------+
///     |        Identification         |R|D|M|     Fragment Offset     |
///     +---------------+---------------+-----+-------------------------+
///     | Time to Live  |   Protocol    |        Header Checksum        |
///     +---------------+---------------+-------------------------------+
///     |                        Source Address                         |
///     +---------------------------------------------------------------+
///     |                      Destination Address                      |
///     +---------------------------------------------------------------+
struct Ipv4Field {
  static constexpr HeaderField version{"ip.version", "Version", 0, 4};
  static constexpr HeaderField ihl{"ip.hdr_len", "Header Length", 4, 4};
  static constexpr HeaderField dscp{"ip.dsfield.dscp", "Differentiated Services Codepoint", 8, 6};
  static constexpr HeaderField ecn{"ip.dsfield.ecn", "Explicit Congestion Notification", 14, 2};
  static constexpr HeaderField total_length{"ip.len", "Total Length", 16, 16};
  static constexpr HeaderField identification{"ip.id", "Identification", 32, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField reserved{"ip.flags.rb", "Reserved bit", 48, 1, FieldFormat::flag};
  static constexpr HeaderField dont_fragment{"ip.flags.df", "Don't fragment", 49, 1, FieldFormat::flag};
  static constexpr HeaderField more_fragments{"ip.flags.mf", "More fragments", 50, 1, FieldFormat::flag};
  static constexpr HeaderField fragment_offset{"ip.frag_offset", "Fragment Offset", 51, 13};
  static constexpr HeaderField time_to_live{"ip.ttl", "Time to Live", 64, 8};
  static constexpr HeaderField protocol{"ip.proto", "Protocol", 72, 8};
  static constexpr HeaderField checksum{"ip.checksum", "Header Checksum", 80, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField source{"ip.src", "Source Address", 96, 32, FieldFormat::ipv4};
  static constexpr HeaderField destination{"ip.dst", "Destination Address", 128, 32, FieldFormat::ipv4};
  static constexpr std::array all{&version,        &ihl,
                                  &dscp,           &ecn,
                                  &total_length,   &identification,
                                  &reserved,       &dont_fragment,
                                  &more_fragments, &fragment_offset,
                                  &time_to_live,   &protocol,
                                  &checksum,       &source,
                                  &destination};
};

/// An IPv4 packet that was found to be one.
class Ipv4View {
 public:
  static constexpr std::size_t minimum_header_length = 20;    // octets
  static constexpr std::size_t maximum_total_length = 65535;  // octets

  /// Checks version and lengths here, so the accessors below are total. Keeps only the octets named by Total Length,
  /// so Ethernet padding is left behind. Lifetime: borrows `in`. Errors: truncated (limit: captured), bad_version,
  /// bad_length (limit: header_length or total_length).
  [[nodiscard]] static constexpr Result<Ipv4View, DissectError> parse(Bytes in) noexcept {
    return read(in, Completeness::whole);
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  /// As `parse`, for a packet the capture cut short: the header must be whole, of the payload what is there is kept.
  /// Errors: those of `parse`, but truncated only where the header is (limit: captured or header_length).
  [[nodiscard]] static constexpr Result<Ipv4View, DissectError> parse_captured(Bytes in) noexcept {
    return read(in, Completeness::captured_part);
  }
  template <TemporaryOctets T>
  static void parse_captured(T&&) = delete;  // the view would outlive what it borrows

  /// Header length in octets, options included. Range 20..60. Source: RFC 791 §3.1, IHL.
  [[nodiscard]] constexpr std::size_t header_length() const noexcept {
    return load_field<Ipv4Field::ihl>(bytes_) * std::size_t{4};
  }
  [[nodiscard]] constexpr std::uint8_t dscp() const noexcept { return load_field<Ipv4Field::dscp>(bytes_); }
  [[nodiscard]] constexpr std::uint8_t ecn() const noexcept { return load_field<Ipv4Field::ecn>(bytes_); }
  /// Octets of header and payload as the header says.
  [[nodiscard]] constexpr std::uint16_t total_length() const noexcept {
    return load_field<Ipv4Field::total_length>(bytes_);
  }
  [[nodiscard]] constexpr std::uint16_t identification() const noexcept {
    return load_field<Ipv4Field::identification>(bytes_);
  }
  [[nodiscard]] constexpr bool dont_fragment() const noexcept {
    return load_field<Ipv4Field::dont_fragment>(bytes_) != 0;
  }
  [[nodiscard]] constexpr bool more_fragments() const noexcept {
    return load_field<Ipv4Field::more_fragments>(bytes_) != 0;
  }
  /// Where this fragment's payload lies in the whole one, in octets (the header counts units of eight).
  [[nodiscard]] constexpr std::size_t fragment_offset() const noexcept {
    return load_field<Ipv4Field::fragment_offset>(bytes_) * std::size_t{8};
  }
  [[nodiscard]] constexpr std::uint8_t time_to_live() const noexcept {
    return load_field<Ipv4Field::time_to_live>(bytes_);
  }
  [[nodiscard]] constexpr Protocol protocol() const noexcept {
    return static_cast<Protocol>(load_field<Ipv4Field::protocol>(bytes_));
  }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept { return load_field<Ipv4Field::checksum>(bytes_); }
  [[nodiscard]] constexpr Ipv4Address source() const noexcept { return {load_field<Ipv4Field::source>(bytes_)}; }
  [[nodiscard]] constexpr Ipv4Address destination() const noexcept {
    return {load_field<Ipv4Field::destination>(bytes_)};
  }
  /// The option octets, 0..40 of them.
  [[nodiscard]] constexpr Bytes options() const noexcept {
    return bytes_.subspan(minimum_header_length, header_length() - minimum_header_length);
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length()); }
  [[nodiscard]] constexpr Bytes header() const noexcept { return bytes_.first(header_length()); }
  /// Header and payload.
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return bytes_; }
  [[nodiscard]] constexpr Completeness completeness() const noexcept {
    return bytes_.size() < total_length() ? Completeness::captured_part : Completeness::whole;
  }

 private:
  [[nodiscard]] static constexpr Result<Ipv4View, DissectError> read(Bytes in, Completeness wanted) noexcept {
    using Code = DissectError::Code;
    using Limit = DissectError::Limit;
    const auto available = static_cast<std::uint32_t>(in.size());
    if (in.size() < minimum_header_length) {
      return unexpected(
          DissectError{Layer::ipv4, Code::truncated, Limit::captured, 0, minimum_header_length, available});
    }
    const std::uint32_t version = load_field<Ipv4Field::version>(in);
    if (version != 4) {
      return unexpected(DissectError{Layer::ipv4, Code::bad_version, Limit::captured, 0, 4, version});
    }
    const std::uint32_t header = load_field<Ipv4Field::ihl>(in) * 4u;
    if (header < minimum_header_length) {
      return unexpected(DissectError{Layer::ipv4, Code::bad_length, Limit::header_length, Ipv4Field::ihl.first_octet(),
                                     minimum_header_length, header});
    }
    const std::uint16_t total = load_field<Ipv4Field::total_length>(in);
    if (total < header) {
      return unexpected(DissectError{Layer::ipv4, Code::bad_length, Limit::total_length,
                                     Ipv4Field::total_length.first_octet(), header, total});
    }
    if (total > in.size()) {
      if (wanted == Completeness::captured_part) {
        if (header <= in.size()) return Ipv4View{in};
        return unexpected(DissectError{Layer::ipv4, Code::truncated, Limit::header_length, Ipv4Field::ihl.first_octet(),
                                       header, available});
      }
      return unexpected(DissectError{Layer::ipv4, Code::truncated, Limit::captured,
                                     Ipv4Field::total_length.first_octet(), total, available});
    }
    return Ipv4View{in.first(total)};
  }

  constexpr explicit Ipv4View(Bytes packet) noexcept : bytes_{packet} {}
  Bytes bytes_;  // exactly Total Length octets, or fewer where the capture ended
};

/// What a caller chooses of an IPv4 header; version, IHL, Total Length and checksum are computed.
struct Ipv4Header {
  Ipv4Address source{};
  Ipv4Address destination{};
  std::uint8_t time_to_live = 64;
  Protocol protocol = Protocol::tcp;
  std::uint8_t dscp = 0;  ///< 0..63
  std::uint8_t ecn = 0;   ///< 0..3
  std::uint16_t identification = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  ///< in units of eight octets, 0..8191
  Bytes options{};                    ///< whole 32-bit words, at most 40 octets
  /// Values sent as they stand, right or wrong, to make a packet that is broken on purpose.
  struct Forced {
    std::optional<std::uint8_t> ihl{};
    std::optional<std::uint16_t> total_length{};
    std::optional<std::uint16_t> checksum{};
  } forced{};
};

/// Puts an IPv4 header in front of what is in `buffer`.
/// Errors: payload_too_long, options_too_long, options_unaligned.
[[nodiscard]] Result<void, CraftError> prepend(PacketBuffer& buffer, const Ipv4Header& header);

}  // namespace encap
