#include "dissect/plain_format.h"

#include <algorithm>
#include <bit>

#include "encap/base/decimal.h"

namespace encap {
namespace {

constexpr std::size_t longest_number = 65;  // a sign and as many binary digits

}  // namespace

std::size_t PlainFormat::room(const Filling* fillings) const noexcept {
  std::size_t sum = format_.size();
  for (unsigned i = 0; i < count_; ++i) sum += fillings[i].is_text() ? fillings[i].text().size() : longest_number;
  return sum;
}

char* PlainFormat::write(char* to, const Filling* fillings) const noexcept {
  const char* from = format_.data();
  for (unsigned i = 0; i < count_; ++i) {
    const Place& place = places_[i];
    to = std::copy_n(from, place.before, to);
    from += place.before + place.length;
    if (fillings[i].is_text()) {
      to = std::copy_n(fillings[i].text().data(), fillings[i].text().size(), to);
    } else {
      to = write_number(to, place, fillings[i]);
    }
  }
  return std::copy_n(from, format_.data() + format_.size() - from, to);
}

char* PlainFormat::write_number(char* to, const Place& place, const Filling& filling) noexcept {
  unsigned width = place.width;
  if (filling.is_negative()) {
    *to++ = '-';
    if (width != 0) --width;
  }
  std::uint64_t number = filling.number();
  if (place.digit_bits == 0) {
    return width == 0 ? write_decimal(to, number) : write_digits(to, number, std::max(width, decimal_digits(number)));
  }
  const unsigned bits = place.digit_bits;
  width = std::max(width, (static_cast<unsigned>(std::bit_width(number | 1)) + bits - 1) / bits);
  for (unsigned at = width; at-- > 0; number >>= bits) to[at] = "0123456789abcdef"[number & ((1u << bits) - 1)];
  return to + width;
}

}  // namespace encap
