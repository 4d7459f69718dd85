#pragma once

#include <array>
#include <compare>
#include <string>

#include "encap/base/result.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/header_field.h"
#include "encap/wire/ip_address.h"
#include "encap/wire/packet_buffer.h"
#include "encap/wire/protocol.h"

namespace encap {

/// A 48-bit IEEE address.
struct MacAddress {
  std::array<std::uint8_t, 6> octets{};

  /// The address a made-up host gets: locally administered, unicast, and the same for the same IP address. An IPv4
  /// address stands in the last four octets. Multicast and broadcast map as RFC 1112 §6.4 and RFC 2464 §7 say.
  [[nodiscard]] static MacAddress made_for(const IpAddress& address) noexcept;

  friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// `02:00:0a:00:00:01`
[[nodiscard]] std::string to_string(const MacAddress& address);

/// The fields of an Ethernet II header. Source: IEEE 802.3 §3.2.
///
///     +-----------------------------------------------+
///     |       Destination Address (48 bits)           |
///     +-----------------------------------------------+
///     |          Source Address (48 bits)             |
///     +-------------------------------+---------------+
///     |           EtherType           |
///     +-------------------------------+
struct EthernetField {
  static constexpr HeaderField destination{"eth.dst", "Destination", 0, 48, FieldFormat::mac};
  static constexpr HeaderField source{"eth.src", "Source", 48, 48, FieldFormat::mac};
  static constexpr HeaderField type{"eth.type", "Type", 96, 16, FieldFormat::hexadecimal};
  static constexpr std::array all{&destination, &source, &type};
};

/// An Ethernet frame without preamble and frame check sequence.
class EthernetView {
 public:
  static constexpr std::size_t header_length = 14;  // octets

  /// Lifetime: borrows `in`. Errors: truncated (limit: captured).
  [[nodiscard]] static constexpr Result<EthernetView, DissectError> parse(Bytes in) noexcept {
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::ethernet, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                     header_length, static_cast<std::uint32_t>(in.size())});
    }
    return EthernetView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  [[nodiscard]] constexpr MacAddress destination() const noexcept {
    return mac(load_field<EthernetField::destination>(bytes_));
  }
  [[nodiscard]] constexpr MacAddress source() const noexcept { return mac(load_field<EthernetField::source>(bytes_)); }
  /// Below 0x0600 it is the length of an IEEE 802.3 frame, not a type.
  [[nodiscard]] constexpr EtherType type() const noexcept {
    return static_cast<EtherType>(load_field<EthernetField::type>(bytes_));
  }
  /// All that follows the header, padding included: Ethernet has no length of its own.
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }

 private:
  static constexpr MacAddress mac(std::uint64_t value) noexcept {
    MacAddress address;
    for (unsigned i = 0; i < 6; ++i) address.octets[i] = static_cast<std::uint8_t>(value >> (40 - 8 * i));
    return address;
  }
  constexpr explicit EthernetView(Bytes frame) noexcept : bytes_{frame} {}
  Bytes bytes_;
};

/// An Ethernet II header to write.
struct EthernetHeader {
  MacAddress source{};
  MacAddress destination{};
  EtherType type = EtherType::ipv4;
};

/// Puts an Ethernet header in front of what is in `buffer`. No padding is added: a capture on the sending host shows
/// short frames as they left the stack.
void prepend(PacketBuffer& buffer, const EthernetHeader& header);

/// The fields of an 802.1Q tag, which stands where the EtherType stood. Source: IEEE 802.1Q §9.6.
///
///     +-----+-+-----------------------+-------------------------------+
///     | PCP |D|        VLAN ID        |           EtherType           |
///     +-----+-+-----------------------+-------------------------------+
struct VlanField {
  static constexpr HeaderField priority{"vlan.priority", "Priority", 0, 3};
  static constexpr HeaderField drop_eligible{"vlan.dei", "DEI", 3, 1, FieldFormat::flag};
  static constexpr HeaderField id{"vlan.id", "ID", 4, 12};
  static constexpr HeaderField type{"vlan.etype", "Type", 16, 16, FieldFormat::hexadecimal};
  static constexpr std::array all{&priority, &drop_eligible, &id, &type};
};

/// An 802.1Q tag and what follows it.
class VlanView {
 public:
  static constexpr std::size_t header_length = 4;  // octets

  /// Lifetime: borrows `in`, which starts behind the EtherType that announced the tag.
  /// Errors: truncated (limit: captured).
  [[nodiscard]] static constexpr Result<VlanView, DissectError> parse(Bytes in) noexcept {
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::vlan, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                     header_length, static_cast<std::uint32_t>(in.size())});
    }
    return VlanView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  [[nodiscard]] constexpr std::uint8_t priority() const noexcept { return load_field<VlanField::priority>(bytes_); }
  [[nodiscard]] constexpr bool drop_eligible() const noexcept {
    return load_field<VlanField::drop_eligible>(bytes_) != 0;
  }
  [[nodiscard]] constexpr std::uint16_t id() const noexcept { return load_field<VlanField::id>(bytes_); }
  [[nodiscard]] constexpr EtherType type() const noexcept {
    return static_cast<EtherType>(load_field<VlanField::type>(bytes_));
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }

 private:
  constexpr explicit VlanView(Bytes in) noexcept : bytes_{in} {}
  Bytes bytes_;
};

/// An 802.1Q tag to write. The header put in front of it names `EtherType::vlan` (or `qinq`) as its type.
struct VlanHeader {
  std::uint16_t id = 0;  ///< 0..4095
  std::uint8_t priority = 0;
  bool drop_eligible = false;
  EtherType type = EtherType::ipv4;  ///< of what follows
};

/// Puts an 802.1Q tag in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const VlanHeader& header);

}  // namespace encap
