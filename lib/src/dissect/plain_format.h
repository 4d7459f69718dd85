#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <fmt/format.h>
#include <string_view>
#include <type_traits>

namespace encap {

/// What is filled into a format: a text or a whole number. Lifetime: borrows the text.
class Filling {
 public:
  explicit Filling(std::string_view text) noexcept : text_{text.data()}, size_{text.size()} {}
  explicit Filling(std::unsigned_integral auto number) noexcept : number_{number}, size_{a_number} {}
  explicit Filling(std::signed_integral auto number) noexcept
      : number_{static_cast<std::uint64_t>(std::int64_t{number})}, size_{number < 0 ? a_negative : a_number} {
    if (number < 0) number_ = 0 - number_;
  }

  [[nodiscard]] bool is_text() const noexcept { return size_ < a_negative; }
  [[nodiscard]] bool is_negative() const noexcept { return size_ == a_negative; }
  [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }
  /// How large it is, without its sign.
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

  /// What can be one. A character and a truth value are none, and are left to fmt.
  template <class Value>
  static constexpr bool takes = std::is_convertible_v<const Value&, std::string_view> ||
                                (std::integral<Value> && !std::same_as<Value, bool> && !std::same_as<Value, char>);

 private:
  // In place of the size of a text; none is that long.
  static constexpr std::size_t a_number = ~std::size_t{0};
  static constexpr std::size_t a_negative = a_number - 1;

  union {
    const char* text_;
    std::uint64_t number_;
  };
  std::size_t size_;
};

/// A format as fmt has it, read by the compiler where texts and whole numbers are filled in plainly: `{}`, and numbers
/// as `{:09}`, `{:x}`, `{:04x}`, `{:04b}`. Filling it in then takes a tenth of fmt's time.
class PlainFormat {
 public:
  explicit consteval PlainFormat(std::string_view format) noexcept : format_{format} {
    while (count_ < places_.size()) {
      const std::size_t before = format.find('{');
      if (format.substr(0, before).find('}') != format.npos) return;  // which stands for itself
      if (before == format.npos) {
        is_plain_ = true;
        return;
      }
      format.remove_prefix(before);
      Place& place = places_[count_];
      const std::size_t length = place.read(format);
      if (length == 0) return;
      place.before = static_cast<std::uint16_t>(before);
      place.length = static_cast<std::uint8_t>(length);
      format.remove_prefix(length);
      ++count_;
    }
  }

  /// Whether there is nothing else in it. Where there is, only fmt knows what to make of it.
  [[nodiscard]] constexpr bool is_plain() const noexcept { return is_plain_; }

  /// Characters that are made of it, or some more. Precondition: it is plain, and there is one filling for each place.
  [[nodiscard]] std::size_t room(const Filling* fillings) const noexcept;
  /// Writes them, and returns the place behind them. Precondition: the same, and there is so much room.
  char* write(char* to, const Filling* fillings) const noexcept;

 private:
  struct Place {
    std::uint16_t before = 0;     // characters in front of it, since the last one
    std::uint8_t length = 0;      // of the place in the format, such as 2 of `{}`
    std::uint8_t width = 0;       // digits at least, zeros in front
    std::uint8_t digit_bits = 0;  // 4: hexadecimal, 1: binary, 0: decimal

    /// What `format` starts with. Returns its length; 0: not one that is known here.
    constexpr std::size_t read(std::string_view format) noexcept {
      if (format.starts_with("{}")) return 2;
      if (!format.starts_with("{:")) return 0;
      std::size_t end = 2;
      const auto at = [&] { return end < format.size() ? format[end] : '\0'; };
      if (at() == '0') {
        ++end;
        if (at() < '1' || at() > '9') return 0;
        width = static_cast<std::uint8_t>(format[end++] - '0');
      }
      digit_bits = at() == 'x' ? 4 : at() == 'b' ? 1 : 0;
      if (digit_bits != 0) ++end;
      return at() == '}' ? end + 1 : 0;
    }
  };
  static char* write_number(char* to, const Place& place, const Filling& filling) noexcept;

  std::string_view format_;
  std::array<Place, 10> places_{};
  std::uint8_t count_ = 0;
  bool is_plain_ = false;
};

/// A format that fits its arguments, or it does not compile.
template <class... Args>
class CheckedFormat {
 public:
  /// Not `explicit`: it is what a call has in quotes.
  template <std::size_t Size>
  consteval CheckedFormat(const char (&format)[Size]) noexcept
      : plain_{std::string_view{format, Size - 1}}, whole_{format} {}

  [[nodiscard]] constexpr const PlainFormat& plain() const noexcept { return plain_; }
  [[nodiscard]] constexpr fmt::string_view whole() const noexcept { return whole_; }

 private:
  PlainFormat plain_;
  fmt::format_string<Args...> whole_;
};
/// The same as a parameter, whose arguments say what `Args` are.
template <class... Args>
using TextFormat = CheckedFormat<std::type_identity_t<Args>...>;

}  // namespace encap
