#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "encap/base/bytes.h"
#include "encap/base/decimal.h"

namespace encap {

/// Puts short pieces together and adds them to a string some thousand characters at a time: a string would check its
/// room and end itself with a NUL at each of them.
class TextWriter {
 public:
  static constexpr char lower_digits[] = "0123456789abcdef";

  /// Lifetime: borrows `out`.
  explicit TextWriter(std::string& out) noexcept : out_{out} {}
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;
  ~TextWriter() { flush(); }

  void add(char c) {
    *reserve(1) = c;
    ++size_;
  }
  void add(std::string_view piece) {
    if (piece.size() > capacity) [[unlikely]] {
      text() += piece;
      return;
    }
    std::char_traits<char>::copy(reserve(piece.size()), piece.data(), piece.size());  // also of none at no place
    size_ += piece.size();
  }
  void add(std::size_t count, char c) {
    for (; count > capacity; count -= capacity) add(capacity, c);
    constexpr std::size_t most_often = 16;  // at most; a size that is known is an instruction or two
    if (count <= most_often) {
      std::memset(reserve(most_often), c, most_often);
    } else {
      std::memset(reserve(count), c, count);
    }
    size_ += count;
  }
  void add_decimal(std::uint64_t number) { advance(write_decimal(reserve(20), number)); }
  /// With zeros in front up to `width` digits, 20 at most.
  void add_padded(std::uint64_t number, unsigned width) {
    advance(write_digits(reserve(20), number, std::max(width, decimal_digits(number))));
  }
  /// In hexadecimal, with zeros in front up to `width` digits, 16 at most.
  void add_hex(std::uint64_t number, unsigned width, const char* digits = lower_digits) {
    const unsigned count = std::max(width, (static_cast<unsigned>(std::bit_width(number | 1)) + 3) / 4);
    char* const to = reserve(16);
    for (unsigned at = count; at-- > 0; number >>= 4) to[at] = digits[number & 15];
    size_ += count;
  }
  /// Two digits each.
  void add_octets(Bytes bytes) {
    for (const std::byte octet : bytes) add_octet(std::to_integer<unsigned>(octet));
  }
  /// The same with colons between them.
  void add_octets_with_colons(Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (i != 0) add(':');
      add_octet(std::to_integer<unsigned>(bytes[i]));
    }
  }

  /// Room for `count` more characters, `capacity` at most, to be written and then kept with `advance`.
  [[nodiscard]] char* reserve(std::size_t count) {
    if (count > capacity - size_) [[unlikely]]
      hand_over();
    return text_.data() + size_;
  }
  void advance(const char* end) noexcept { size_ = static_cast<std::size_t>(end - text_.data()); }

  /// Of all that is in the string or on its way there.
  [[nodiscard]] std::size_t size() const noexcept { return out_.size() + size_; }
  /// The string, with all that was added.
  [[nodiscard]] std::string& text() {
    flush();
    return out_;
  }
  void flush() {
    if (size_ != 0) hand_over();
  }

  static constexpr std::size_t capacity = 4096;

 private:
  // Not in each of those who add: what is rarely done would be most of their code.
  [[gnu::noinline]] void hand_over() {
    out_.append(text_.data(), size_);
    size_ = 0;
  }
  void add_octet(unsigned octet) {
    char* const to = reserve(2);
    to[0] = lower_digits[octet >> 4];
    to[1] = lower_digits[octet & 15];
    size_ += 2;
  }

  std::string& out_;
  std::size_t size_ = 0;
  std::array<char, capacity> text_;
};

}  // namespace encap
