#pragma once

#include <array>

#include "encap/base/result.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/header_field.h"
#include "encap/wire/ip_address.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// The one field of a BSD loopback header: the address family as a 32-bit number in the byte order of the host that
/// captured. Source: the description of LINKTYPE_NULL in the link-layer header registry.
struct NullLoopbackField {
  static constexpr HeaderField family{"null.family", "Family", 0, 32};
  static constexpr std::array all{&family};
};

/// A packet behind a BSD loopback header.
class NullLoopbackView {
 public:
  static constexpr std::size_t header_length = 4;  // octets

  /// Lifetime: borrows `in`. Errors: truncated (limit: captured).
  [[nodiscard]] static constexpr Result<NullLoopbackView, DissectError> parse(Bytes in) noexcept {
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::null_loopback, DissectError::Code::truncated, DissectError::Limit::captured,
                                     0, header_length, static_cast<std::uint32_t>(in.size())});
    }
    return NullLoopbackView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  /// The address family, whichever byte order it was written in: families are small numbers, so the half that is not
  /// zero tells the order. 2 is IPv4 everywhere; IPv6 is 24, 28 or 30, by system.
  [[nodiscard]] constexpr std::uint32_t family() const noexcept {
    const std::uint32_t big = load_field<NullLoopbackField::family>(bytes_);
    return (big & 0xffff0000u) != 0 ? load_le32(bytes_, NullLoopbackField::family.first_octet()) : big;
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }

 private:
  constexpr explicit NullLoopbackView(Bytes in) noexcept : bytes_{in} {}
  Bytes bytes_;
};

/// A BSD loopback header to write: little-endian, as nearly every capture in the wild has it, or as LINKTYPE_LOOP.
struct NullLoopbackHeader {
  static constexpr std::uint32_t family_ipv4 = 2;
  static constexpr std::uint32_t family_ipv6 = 30;  ///< macOS; FreeBSD writes 28, NetBSD 24
  static constexpr std::uint32_t family_ipv6_openbsd = 24;

  IpAddress::Family family = IpAddress::Family::ipv4;
  bool network_order = false;  ///< as OpenBSD writes it, with its own family numbers
};

/// Puts a BSD loopback header in front of what is in `buffer`.
void prepend(PacketBuffer& buffer, const NullLoopbackHeader& header);

}  // namespace encap
