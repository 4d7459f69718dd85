#pragma once

#include <array>
#include <cassert>
#include <cstdint>

#include "encap/base/byte_order.h"
#include "encap/base/result.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/sequence_number.h"

namespace encap {

/// Option kinds: the IANA "TCP Option Kind Numbers".
enum class TcpOptionKind : std::uint8_t {
  end_of_list = 0,
  no_operation = 1,
  maximum_segment_size = 2,  ///< RFC 9293 §3.7.1, 4 octets
  window_scale = 3,          ///< RFC 7323 §2.2, 3 octets
  sack_permitted = 4,        ///< RFC 2018 §2, 2 octets
  sack = 5,                  ///< RFC 2018 §3, 2 octets and 8 for each block
  timestamps = 8             ///< RFC 7323 §3.2, 10 octets
};

/// Octets received out of order: `left` is the first of them, `right` the one after the last. Source: RFC 2018 §3.
struct SackBlock {
  SequenceNumber left;
  SequenceNumber right;
};

/// One option: its kind and the octets behind kind and length. Lifetime: borrows the options it came from.
struct TcpOption {
  TcpOptionKind kind;
  Bytes value;
};

/// The option octets of a segment, checked once; a range of `TcpOption` that ends at the end-of-list option.
///
///     if (const auto options = TcpOptionsView::parse(segment.options())) {
///       for (const TcpOption option : *options) ...
///     }
class TcpOptionsView {
 public:
  /// Lifetime: borrows `in`. Errors: bad_option (limit: option_length): an option without its length octet, with a
  /// length below 2, with one that runs over the end, or with one its kind does not allow; `offset` counts from the
  /// first option octet.
  [[nodiscard]] static constexpr Result<TcpOptionsView, DissectError> parse(Bytes in) noexcept {
    std::size_t at = 0;
    while (at < in.size()) {
      const auto kind = static_cast<TcpOptionKind>(load_u8(in, at));
      if (kind == TcpOptionKind::end_of_list) break;
      if (kind == TcpOptionKind::no_operation) {
        ++at;
        continue;
      }
      const std::size_t left = in.size() - at;
      if (left < 2) return unexpected(wrong(at, 2, left));
      const std::size_t length = load_u8(in, at + 1);
      if (length < 2) return unexpected(wrong(at, 2, length));
      if (length > left) return unexpected(wrong(at, length, left));
      const std::size_t fixed = fixed_length(kind);
      if (fixed != 0 && length != fixed) return unexpected(wrong(at, fixed, length));
      if (kind == TcpOptionKind::sack && (length < 10 || (length - 2) % 8 != 0))
        return unexpected(wrong(at, 10, length));
      at += length;
    }
    return TcpOptionsView{in.first(at)};
  }
  template <TemporaryOctets T>
  static void parse(T&&) = delete;  // the view would outlive what it borrows

  class Iterator {
   public:
    constexpr explicit Iterator(Bytes rest) noexcept : rest_{rest} {}
    [[nodiscard]] constexpr TcpOption operator*() const noexcept {
      const auto kind = static_cast<TcpOptionKind>(load_u8(rest_, 0));
      return {kind, kind == TcpOptionKind::no_operation ? Bytes{} : rest_.subspan(2, length() - 2)};
    }
    constexpr Iterator& operator++() noexcept {
      rest_ = rest_.subspan(length());
      return *this;
    }
    friend constexpr bool operator==(const Iterator& a, const Iterator& b) noexcept {
      return a.rest_.size() == b.rest_.size();
    }

   private:
    [[nodiscard]] constexpr std::size_t length() const noexcept {
      return static_cast<TcpOptionKind>(load_u8(rest_, 0)) == TcpOptionKind::no_operation ? 1 : load_u8(rest_, 1);
    }
    Bytes rest_;
  };
  [[nodiscard]] constexpr Iterator begin() const noexcept { return Iterator{bytes_}; }
  [[nodiscard]] constexpr Iterator end() const noexcept { return Iterator{bytes_.last(0)}; }

 private:
  static constexpr std::size_t fixed_length(TcpOptionKind kind) noexcept {
    switch (kind) {
      case TcpOptionKind::maximum_segment_size:
        return 4;
      case TcpOptionKind::window_scale:
        return 3;
      case TcpOptionKind::sack_permitted:
        return 2;
      case TcpOptionKind::timestamps:
        return 10;
      default:
        return 0;
    }
  }
  static constexpr DissectError wrong(std::size_t at, std::size_t needed, std::size_t available) noexcept {
    return {Layer::tcp_options,
            DissectError::Code::bad_option,
            DissectError::Limit::option_length,
            static_cast<std::uint32_t>(at),
            static_cast<std::uint32_t>(needed),
            static_cast<std::uint32_t>(available)};
  }

  constexpr explicit TcpOptionsView(Bytes options) noexcept : bytes_{options} {}
  Bytes bytes_;  // whole options, nothing from end-of-list on
};

/// Options to send, in the order they are added. Holds 40 octets, what a header carries (RFC 9293 §3.1).
///
///     TcpOptions{}.maximum_segment_size(1460).sack_permitted().bytes()
class TcpOptions {
 public:
  constexpr TcpOptions& maximum_segment_size(std::uint16_t octets) noexcept {
    return begin(TcpOptionKind::maximum_segment_size, 2).put<2>(octets);
  }
  constexpr TcpOptions& window_scale(std::uint8_t shift) noexcept {
    return begin(TcpOptionKind::window_scale, 1).put<1>(shift);
  }
  constexpr TcpOptions& sack_permitted() noexcept { return begin(TcpOptionKind::sack_permitted, 0); }
  /// `value` is this side's clock (TSval), `echo_reply` the last one heard from the other side (TSecr).
  constexpr TcpOptions& timestamps(std::uint32_t value, std::uint32_t echo_reply) noexcept {
    return begin(TcpOptionKind::timestamps, 8).put<4>(value).put<4>(echo_reply);
  }
  /// Precondition: 1 to 4 blocks, and room for them.
  constexpr TcpOptions& sack(std::span<const SackBlock> blocks) noexcept {
    begin(TcpOptionKind::sack, blocks.size() * 8);
    for (const SackBlock& block : blocks) put<4>(block.left.value).put<4>(block.right.value);
    return *this;
  }
  constexpr TcpOptions& no_operation() noexcept {
    return put<1>(static_cast<std::uint8_t>(TcpOptionKind::no_operation));
  }

  /// The options, filled up to whole 32-bit words with end-of-list. Lifetime: borrows this object.
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return Bytes{octets_}.first((size_ + 3) / 4 * 4); }

 private:
  constexpr TcpOptions& begin(TcpOptionKind kind, std::size_t value_octets) noexcept {
    return put<1>(static_cast<std::uint8_t>(kind)).put<1>(value_octets + 2);
  }
  template <std::size_t Count>
  constexpr TcpOptions& put(std::uint64_t value) noexcept {
    assert(size_ + Count <= octets_.size());
    store_be<Count>(octets_, size_, value);
    size_ += Count;
    return *this;
  }

  std::array<std::byte, 40> octets_{};
  std::size_t size_ = 0;
};

}  // namespace encap
