#include "render/json_text.h"

#include <algorithm>
#include <array>

#include "render/text.h"

namespace encap {
namespace {

// Characters that stand for themselves wherever they are; `/` does only where no `<` is in front of it.
constexpr auto plain_characters = [] {
  std::array<bool, 256> made{};
  for (unsigned c = 0x20; c < 0x7f; ++c) made[c] = c != '"' && c != '\\' && c != '<';
  return made;
}();

bool is_plain(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return plain_characters[static_cast<unsigned char>(c)]; });
}

void add_escape(TextWriter& out, char c) {
  static constexpr std::string_view named = "\"\\\b\f\n\r\t";
  static constexpr std::string_view letters = "\"\\bfnrt";
  out.add('\\');
  if (const std::size_t at = named.find(c); at != named.npos) return out.add(letters[at]);
  out.add("u");
  out.add_hex(static_cast<unsigned char>(c), 4, "0123456789ABCDEF");
}

}  // namespace

void JsonText::add_inside(std::string_view text) {
  if (is_plain(text)) {
    out_->add(text);
    return;
  }
  checked_.clear();
  append_utf8(checked_, text);
  char before = 0;
  for (const char c : checked_) {
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20) {
      add_escape(*out_, c);
    } else {
      if (c == '/' && before == '<') out_->add('\\');
      out_->add(c);
    }
    before = c;
  }
}

}  // namespace encap
