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
#include "encap/wire/sequence_number.h"
#include "encap/wire/tcp_options.h"

namespace encap {

/// The fixed fields of a TCP header. Source: RFC 9293 §3.1.
///
///      0                   1                   2                   3
///      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
///     +-------------------------------+-------------------------------+
///     |          Source Port          |       Destination Port        |
///     +-------------------------------+-------------------------------+
///     |                        Sequence Number                        |
///     +---------------------------------------------------------------+
///     |                     Acknowledgment Number                     |
///     +-------+-------+---------------+-------------------------------+
///     | Data  | Reser-|C|E|U|A|P|R|S|F|                               |
///     | Offset| ved   |W|C|R|C|S|S|Y|I|            Window             |
///     |       |       |R|E|G|K|H|T|N|N|                               |
///     +-------+-------+---------------+-------------------------------+
///     |           Checksum            |         Urgent Pointer        |
///     +-------------------------------+-------------------------------+
struct TcpField {
  static constexpr HeaderField source_port{"tcp.srcport", "Source Port", 0, 16, FieldFormat::port};
  static constexpr HeaderField destination_port{"tcp.dstport", "Destination Port", 16, 16, FieldFormat::port};
  static constexpr HeaderField sequence_number{"tcp.seq_raw", "Sequence Number", 32, 32};
  static constexpr HeaderField acknowledgment_number{"tcp.ack_raw", "Acknowledgment Number", 64, 32};
  static constexpr HeaderField data_offset{"tcp.hdr_len", "Header Length", 96, 4};
  static constexpr HeaderField reserved{"tcp.flags.res", "Reserved", 100, 4};
  static constexpr HeaderField flags{"tcp.flags", "Flags", 104, 8, FieldFormat::hexadecimal};
  static constexpr HeaderField cwr{"tcp.flags.cwr", "Congestion Window Reduced", 104, 1, FieldFormat::flag};
  static constexpr HeaderField ece{"tcp.flags.ece", "ECN-Echo", 105, 1, FieldFormat::flag};
  static constexpr HeaderField urg{"tcp.flags.urg", "Urgent", 106, 1, FieldFormat::flag};
  static constexpr HeaderField ack{"tcp.flags.ack", "Acknowledgment", 107, 1, FieldFormat::flag};
  static constexpr HeaderField psh{"tcp.flags.push", "Push", 108, 1, FieldFormat::flag};
  static constexpr HeaderField rst{"tcp.flags.reset", "Reset", 109, 1, FieldFormat::flag};
  static constexpr HeaderField syn{"tcp.flags.syn", "Syn", 110, 1, FieldFormat::flag};
  static constexpr HeaderField fin{"tcp.flags.fin", "Fin", 111, 1, FieldFormat::flag};
  static constexpr HeaderField window{"tcp.window_size_value", "Window", 112, 16};
  static constexpr HeaderField checksum{"tcp.checksum", "Checksum", 128, 16, FieldFormat::hexadecimal};
  static constexpr HeaderField urgent_pointer{"tcp.urgent_pointer", "Urgent Pointer", 144, 16};
  static constexpr std::array all{&source_port,
                                  &destination_port,
                                  &sequence_number,
                                  &acknowledgment_number,
                                  &data_offset,
                                  &reserved,
                                  &flags,
                                  &cwr,
                                  &ece,
                                  &urg,
                                  &ack,
                                  &psh,
                                  &rst,
                                  &syn,
                                  &fin,
                                  &window,
                                  &checksum,
                                  &urgent_pointer};
};

/// The control bits, as one octet. Source: RFC 9293 §3.1, Control bits.
struct TcpFlags {
  std::uint8_t value = 0;

  static const TcpFlags fin, syn, rst, psh, ack, urg, ece, cwr;

  [[nodiscard]] constexpr bool has(TcpFlags all_of) const noexcept { return (value & all_of.value) == all_of.value; }
  friend constexpr TcpFlags operator|(TcpFlags a, TcpFlags b) noexcept {
    return {static_cast<std::uint8_t>(a.value | b.value)};
  }
  friend constexpr bool operator==(TcpFlags, TcpFlags) = default;

  /// Reads letters as tcpdump and scapy write them (`PA`, `S`, `FA`: F S R P A U E C, any case), in any order.
  [[nodiscard]] static std::optional<TcpFlags> parse(std::string_view letters) noexcept;
};
inline constexpr TcpFlags TcpFlags::fin{0x01}, TcpFlags::syn{0x02}, TcpFlags::rst{0x04}, TcpFlags::psh{0x08},
    TcpFlags::ack{0x10}, TcpFlags::urg{0x20}, TcpFlags::ece{0x40}, TcpFlags::cwr{0x80};

/// A TCP segment that was found to be one.
class TcpView {
 public:
  static constexpr std::size_t minimum_header_length = 20;  // octets

  /// Checks the header length here, so the accessors below are total; the options are checked by `TcpOptionsView`.
  /// TCP has no length of its own: `in` is all the segment there is, so cut padding off before.
  /// Lifetime: borrows `in`. Errors: truncated (limit: captured or header_length), bad_length (limit: header_length).
  [[nodiscard]] static constexpr Result<TcpView, DissectError> parse(Bytes in) noexcept {
    const auto available = static_cast<std::uint32_t>(in.size());
    if (in.size() < minimum_header_length) {
      return unexpected(DissectError{Layer::tcp, DissectError::Code::truncated, DissectError::Limit::captured, 0,
                                     minimum_header_length, available});
    }
    const std::uint32_t length = load_field<TcpField::data_offset>(in) * 4u;
    if (length < minimum_header_length) {
      return unexpected(DissectError{Layer::tcp, DissectError::Code::bad_length, DissectError::Limit::header_length,
                                     TcpField::data_offset.first_octet(), minimum_header_length, length});
    }
    if (length > in.size()) {
      return unexpected(DissectError{Layer::tcp, DissectError::Code::truncated, DissectError::Limit::header_length,
                                     TcpField::data_offset.first_octet(), length, available});
    }
    return TcpView{in};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows

  [[nodiscard]] constexpr Port source_port() const noexcept { return Port{load_field<TcpField::source_port>(bytes_)}; }
  [[nodiscard]] constexpr Port destination_port() const noexcept {
    return Port{load_field<TcpField::destination_port>(bytes_)};
  }
  [[nodiscard]] constexpr SequenceNumber sequence_number() const noexcept {
    return {load_field<TcpField::sequence_number>(bytes_)};
  }
  /// Means something only when the ACK flag is set.
  [[nodiscard]] constexpr SequenceNumber acknowledgment_number() const noexcept {
    return {load_field<TcpField::acknowledgment_number>(bytes_)};
  }
  /// Header length in octets, options included: data offset (32-bit words) times four. Range 20..60.
  /// Source: RFC 9293 §3.1, Data Offset.
  [[nodiscard]] constexpr std::size_t header_length() const noexcept {
    return load_field<TcpField::data_offset>(bytes_) * std::size_t{4};
  }
  [[nodiscard]] constexpr TcpFlags flags() const noexcept { return {load_field<TcpField::flags>(bytes_)}; }
  /// As it lies in the header: not shifted by the window scale option.
  [[nodiscard]] constexpr std::uint16_t window() const noexcept { return load_field<TcpField::window>(bytes_); }
  [[nodiscard]] constexpr std::uint16_t checksum() const noexcept { return load_field<TcpField::checksum>(bytes_); }
  [[nodiscard]] constexpr std::uint16_t urgent_pointer() const noexcept {
    return load_field<TcpField::urgent_pointer>(bytes_);
  }
  /// The option octets, 0..40 of them; read them with `TcpOptionsView::parse`.
  [[nodiscard]] constexpr Bytes options() const noexcept {
    return bytes_.subspan(minimum_header_length, header_length() - minimum_header_length);
  }
  [[nodiscard]] constexpr Bytes payload() const noexcept { return bytes_.subspan(header_length()); }
  /// Header and payload.
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return bytes_; }

 private:
  constexpr explicit TcpView(Bytes segment) noexcept : bytes_{segment} {}
  Bytes bytes_;  // at least header_length() octets
};

/// What a caller chooses of a TCP header; data offset and checksum are computed.
struct TcpHeader {
  Port source_port{};
  Port destination_port{};
  SequenceNumber sequence_number{};
  SequenceNumber acknowledgment_number{};
  TcpFlags flags{};
  std::uint16_t window = 65535;  ///< as sent, not scaled
  std::uint16_t urgent_pointer = 0;
  Bytes options{};  ///< whole 32-bit words, at most 40 octets; `TcpOptions` builds them
  /// Values sent as they stand, right or wrong, to make a packet that is broken on purpose.
  struct Forced {
    std::optional<std::uint8_t> data_offset{};  ///< in 32-bit words
    std::optional<std::uint16_t> checksum{};
  } forced{};
};

/// Puts a TCP header in front of the payload in `buffer`. `route` gives the addresses of the pseudo-header.
/// Errors: payload_too_long, options_too_long, options_unaligned, mixed_families.
[[nodiscard]] Result<void, CraftError> prepend(PacketBuffer& buffer, const TcpHeader& header, const Route& route);

}  // namespace encap
