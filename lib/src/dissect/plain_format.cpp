#include "dissect/plain_format.h"

#include <algorithm>
#include <bit>
#include <cstddef>

#include "encap/base/decimal.h"

namespace encap {
namespace {

/// How a whole number is filled in.
struct Filling {
  std::size_t length = 0;     // of the field in the format, such as 2 of `{}`; 0: not one that is known here
  unsigned width = 0;         // digits at least, zeros in front
  unsigned digit_bits = 0;    // 4: hexadecimal, 1: binary; 0: decimal
  bool is_for_texts = false;  // as well

  /// What `format` starts with: `{}`, `{:09}`, `{:x}`, `{:04x}`, `{:04b}`.
  explicit Filling(std::string_view format) noexcept {
    if (format.starts_with("{}")) {
      is_for_texts = true;
      length = 2;
      return;
    }
    if (!format.starts_with("{:")) return;
    std::size_t end = 2;
    const auto at = [&] { return end < format.size() ? format[end] : '\0'; };
    if (at() == '0') {
      ++end;
      if (at() < '1' || at() > '9') return;
      width = static_cast<unsigned>(format[end++] - '0');
    }
    digit_bits = at() == 'x' ? 4 : at() == 'b' ? 1 : 0;
    if (digit_bits != 0) ++end;
    if (at() == '}') length = end + 1;
  }
};

/// Adds a text or a whole number. False: it is neither, or not one that is filled in so.
struct AppendFilled {
  fmt::memory_buffer& out;
  Filling filling;

  bool operator()(fmt::string_view text) const {
    if (!filling.is_for_texts) return false;
    out.append(text.begin(), text.end());
    return true;
  }
  bool operator()(const char* text) const { return (*this)(fmt::string_view{text}); }
  bool operator()(unsigned long long number) const {
    constexpr std::size_t longest = 64;
    const std::size_t size = out.size();
    out.try_reserve(size + longest);
    char* to = out.data() + size;
    const unsigned bits = filling.digit_bits;
    if (bits == 0) {
      to = write_digits(to, number, std::max(filling.width, decimal_digits(number)));
    } else {
      const auto digits = (static_cast<unsigned>(std::bit_width(number | 1)) + bits - 1) / bits;
      const unsigned width = std::max(filling.width, digits);
      for (unsigned i = width; i-- > 0; number >>= bits) to[i] = "0123456789abcdef"[number & ((1u << bits) - 1)];
      to += width;
    }
    out.try_resize(static_cast<std::size_t>(to - out.data()));
    return true;
  }
  bool operator()(unsigned number) const { return (*this)(static_cast<unsigned long long>(number)); }
  bool operator()(long long number) const {
    if (number >= 0) return (*this)(static_cast<unsigned long long>(number));
    if (!filling.is_for_texts) return false;
    out.push_back('-');
    return (*this)(0 - static_cast<unsigned long long>(number));
  }
  bool operator()(int number) const { return (*this)(static_cast<long long>(number)); }
  bool operator()(char c) const {
    if (!filling.is_for_texts) return false;
    out.push_back(c);
    return true;
  }
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }
};

}  // namespace

bool append_plain(fmt::memory_buffer& out, std::string_view format, const fmt::format_args& args) {
  for (int next = 0;; ++next) {
    const std::size_t place = std::min(format.find('{'), format.size());
    if (format.substr(0, place).find('}') != std::string_view::npos) return false;  // which stands for itself
    out.append(format.data(), format.data() + place);
    if (place == format.size()) return true;
    format.remove_prefix(place);
    const Filling filling{format};
    if (filling.length == 0 || !fmt::visit_format_arg(AppendFilled{out, filling}, args.get(next))) return false;
    format.remove_prefix(filling.length);
  }
}

}  // namespace encap
