#pragma once

#include <array>

#include "encap/base/result.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// The fields of a Linux "cooked" capture header. Source: the description of LINKTYPE_LINUX_SLL in the link-layer
/// header registry.
///
///     +-------------------------------+-------------------------------+
///     |          Packet Type          |         ARPHRD_ Type          |
///     +-------------------------------+-------------------------------+
///     |    Link-layer Addr. Length    |                               |
///     +-------------------------------+   Link-layer Address (8)      +
///     |                                                               |
///     +                               +-------------------------------+
///     |                               |           Protocol            |
///     +-------------------------------+-------------------------------+
struct LinuxSllField {
  static constexpr HeaderField packet_type{"sll.pkttype", "Packet type", 0, 16};
  static constexpr HeaderField hardware_type{"sll.hatype", "Link-layer address type", 16, 16};
  static constexpr HeaderField address_length{"sll.halen", "Link-layer address length", 32, 16};
  static constexpr HeaderField source{"sll.src.eth", "Source", 48, 48, FieldFormat::mac};
  static constexpr HeaderField unused{"sll.unused", "Unused", 96, 16};
  static constexpr HeaderField type{"sll.etype", "Protocol", 112, 16, FieldFormat::hexadecimal};
  static constexpr std::array all{&packet_type, &hardware_type, &address_length, &source, &unused, &type};
};

/// Those of version 2 that are read here. It begins with the protocol, and other fields are wider. Source: the
/// description of LINKTYPE_LINUX_SLL2 in the link-layer header registry.
struct LinuxSll2Field {
  static constexpr HeaderField type{"sll.etype", "Protocol", 0, 16, FieldFormat::hexadecimal};
  static constexpr std::size_t header_length = 20;  // octets
};

/// A packet behind a cooked header.
class LinuxSllView {
 public:
  static constexpr std::size_t header_length = 16;  // octets

  /// Lifetime: borrows `in`. Errors: truncated (limit: captured).
  [[nodiscard]] static constexpr Result<LinuxSllView, DissectError> parse(Bytes in) noexcept {
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::linux_sll, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                     header_length, static_cast<std::uint32_t>(in.size())});
    }
    return LinuxSllView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  [[nodiscard]] constexpr std::uint16_t packet_type() const noexcept {
    return load_field<LinuxSllField::packet_type>(bytes_);
  }
  [[nodiscard]] constexpr EtherType type() const noexcept {
    return static_cast<EtherType>(load_field<LinuxSllField::type>(bytes_));
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }

 private:
  constexpr explicit LinuxSllView(Bytes in) noexcept : bytes_{in} {}
  Bytes bytes_;
};

/// A cooked header to write, of a packet that came in over Ethernet.
struct LinuxSllHeader {
  MacAddress source;
  EtherType type = EtherType::ipv4;
};

/// Puts a cooked header in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const LinuxSllHeader& header);

}  // namespace encap
