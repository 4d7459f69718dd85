#pragma once

#include <array>
#include <optional>

#include "encap/base/result.h"
#include "encap/wire/checksum.h"
#include "encap/wire/craft_error.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/header_field.h"
#include "encap/wire/packet_buffer.h"

namespace encap {

/// The fields every ICMP message has; the second word means what the type says. Source: RFC 792.
///
///     +---------------+---------------+-------------------------------+
///     |     Type      |     Code      |           Checksum            |
///     +---------------+---------------+-------------------------------+
///     |      Rest of Header (identifier and sequence of an echo)      |
///     +---------------------------------------------------------------+
struct IcmpField {
  static constexpr HeaderField type{"icmp.type", "Type", 0, 8};
  static constexpr HeaderField code{"icmp.code", "Code", 8, 8};
  static constexpr HeaderField checksum{"icmp.checksum", "Checksum", 16, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField identifier{"icmp.ident", "Identifier", 32, 16};
  static constexpr HeaderField sequence{"icmp.seq", "Sequence Number", 48, 16};
  static constexpr std::array all{&type, &code, &checksum, &identifier, &sequence};
};

/// Message types in use. Source: the IANA "ICMP Type Numbers".
enum class IcmpType : std::uint8_t {
  echo_reply = 0,
  destination_unreachable = 3,
  echo_request = 8,
  time_exceeded = 11
};

/// An ICMP message that was found to be one.
class IcmpView {
 public:
  static constexpr std::size_t header_length = 8;  // octets

  /// Lifetime: borrows `in`. Errors: truncated (limit: captured).
  [[nodiscard]] static constexpr Result<IcmpView, DissectError> parse(Bytes in) noexcept {
    if (in.size() < header_length) {
      return unexpected(DissectError{Layer::icmp, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                     header_length, static_cast<std::uint32_t>(in.size())});
    }
    return IcmpView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows
  [[nodiscard]] constexpr IcmpType type() const noexcept {
    return static_cast<IcmpType>(load_field<IcmpField::type>(bytes_));
  }
  [[nodiscard]] constexpr std::uint8_t code() const noexcept { return load_field<IcmpField::code>(bytes_); }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept { return load_field<IcmpField::checksum>(bytes_); }
  /// Of an echo message.
  [[nodiscard]] constexpr std::uint16_t identifier() const noexcept {
    return load_field<IcmpField::identifier>(bytes_);
  }
  /// Of an echo message.
  [[nodiscard]] constexpr std::uint16_t sequence() const noexcept { return load_field<IcmpField::sequence>(bytes_); }
  /// What follows the second word: echo data, or the packet an error is about.
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length); }
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return bytes_; }

 private:
  constexpr explicit IcmpView(Bytes message) noexcept : bytes_{message} {}
  Bytes bytes_;
};

/// What a caller chooses of an ICMP header; the checksum is computed.
struct IcmpHeader {
  IcmpType type = IcmpType::echo_request;
  std::uint8_t code = 0;
  std::uint16_t identifier = 0;  ///< first half of the second word
  std::uint16_t sequence = 0;    ///< second half of the second word
  /// Values sent as they stand, right or wrong, to make a packet that is broken on purpose.
  struct Forced {
    std::optional<std::uint16_t> checksum{};
  } forced{};
};

/// Puts an ICMP header in front of what is in `buffer`. The checksum covers the message alone (RFC 792).
void prepend(PacketBuffer& buffer, const IcmpHeader& header);

}  // namespace encap
