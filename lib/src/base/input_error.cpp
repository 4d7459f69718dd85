#include "encap/base/input_error.h"

#include <string_view>

namespace encap {
namespace {

constexpr std::size_t longest_excerpt = 60;  // octets

void append_printable(std::string& out, std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  const bool cut = text.size() > longest_excerpt;
  for (const char c : text.substr(0, longest_excerpt)) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet != 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += digits[octet >> 4];
      out += digits[octet & 15];
    }
  }
  if (cut) out += "...";
}

}  // namespace

std::string to_string(const InputError& error) {
  std::string text = to_string(error.where);
  if (!error.name.empty()) text += (text.empty() ? "" : ": ") + error.name;
  if (!error.excerpt.empty()) {
    text += ": \"";
    append_printable(text, error.excerpt);
    text += '"';
  }
  return text + ": " + error.reason;
}

}  // namespace encap
