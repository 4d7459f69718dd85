#include "render/text.h"

#include "base/utf8.h"

namespace encap {
namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// Appends `text`, the characters that `refuse` takes in its own words.
template <class Refuse>
void append_checked(std::string& out, std::string_view text, Refuse refuse) {
  while (!text.empty()) {
    const std::size_t plain = plain_length(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += replacement;
    } else if (!refuse(text.substr(0, length))) {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

}  // namespace

void append_shown(std::string& out, std::string_view text) {
  append_checked(out, text, [&out](std::string_view character) {
    static constexpr std::string_view letters = "abtnvfr";  // of 0x07..0x0d
    const auto first = static_cast<unsigned char>(character[0]);
    unsigned control = first;
    if (character.size() == 2 && first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0) {
      control = static_cast<unsigned char>(character[1]);  // U+0080..U+009F, which terminals obey too
    } else if (character.size() != 1) {
      return false;
    }
    out += '\\';
    if (control >= 0x07 && control <= 0x0d) {
      out += letters[control - 0x07];
    } else {
      for (const unsigned shift : {6u, 3u, 0u}) out += static_cast<char>('0' + (control >> shift & 7));
    }
    return true;
  });
}

void add_shown(TextWriter& to, std::string_view text) {
  if (text.size() > TextWriter::capacity) return append_shown(to.text(), text);
  char* const at = to.reserve(text.size());
  const std::size_t plain = copy_plain(at, text);
  to.advance(at + plain);
  if (plain != text.size()) append_shown(to.text(), text.substr(plain));
}

void append_utf8(std::string& out, std::string_view text) {
  append_checked(out, text, [](std::string_view) { return false; });
}

}  // namespace encap
