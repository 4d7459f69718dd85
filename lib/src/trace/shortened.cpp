#include "trace/shortened.h"

#include <cassert>

#include "base/utf8.h"
#include "render/text.h"

namespace encap {

std::string shortened(std::string_view text, std::size_t most) {
  static constexpr std::string_view cut = "...";
  assert(most >= cut.size());
  std::string shown;
  // Each octet takes one at least. A character that is cut here lies behind what is kept.
  append_shown(shown, text.substr(0, most + 4));
  if (shown.size() <= most) return shown;
  std::size_t end = 0;
  for (std::string_view rest = shown; !rest.empty();) {
    const std::size_t length = utf8_length(rest);
    if (end + length > most - cut.size()) break;
    end += length;
    rest.remove_prefix(length);
  }
  shown.resize(end);
  shown += cut;
  return shown;
}

}  // namespace encap
