#include "encap/base/input_error.h"

#include "base/utf8.h"

namespace encap {
namespace {

/// Octets of the character at the front that may be shown as they are; 0 when there is none: controls, those of
/// U+0080..U+009F too, which terminals obey, and what is no UTF-8.
std::size_t shown_length(std::string_view text) noexcept {
  const std::size_t length = utf8_length(text);
  const auto first = static_cast<unsigned char>(text[0]);
  if (length == 1 && (first < 0x20 || first == 0x7f)) return 0;
  if (length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0) return 0;
  return length;
}

}  // namespace

std::string printable(std::string_view text, std::size_t longest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string shown;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = shown_length(text.substr(at));
    if (at + (length == 0 ? 1 : length) > longest) return shown + "...";
    if (length == 0) {
      const auto octet = static_cast<unsigned char>(text[at++]);
      shown += "\\x";
      shown += digits[octet >> 4];
      shown += digits[octet & 15];
    } else {
      shown += text.substr(at, length);
      at += length;
    }
  }
  return shown;
}

std::string to_string(const InputError& error) {
  constexpr std::size_t longest_excerpt = 60;
  std::string text = to_string(error.where);
  if (!error.name.empty()) text += (text.empty() ? "" : ": ") + error.name;
  if (!error.excerpt.empty()) text += ": \"" + printable(error.excerpt, longest_excerpt) + '"';
  return text + ": " + error.reason;
}

}  // namespace encap
