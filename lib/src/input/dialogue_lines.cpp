#include "input/dialogue_lines.h"

namespace encap {

DialogueLines::DialogueLines(std::unique_ptr<ByteSource> source) : blocks_{std::move(source)}, rest_{blocks_.next()} {}

bool DialogueLines::next() {
  text_.clear();
  cut_ = false;
  if (rest_.empty()) rest_ = blocks_.next();
  if (rest_.empty()) return false;
  if (number_ == 0 && rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  ++number_;
  for (;;) {
    const std::size_t end = rest_.find('\n');
    const std::string_view part = rest_.substr(0, end);
    cut_ = cut_ || part.size() > most_octets - text_.size();
    text_.append(part.substr(0, most_octets - text_.size()));
    if (end != std::string_view::npos) {
      rest_.remove_prefix(end + 1);
      break_ = "\n";
      break;
    }
    rest_ = blocks_.next();
    if (!rest_.empty()) continue;
    break_ = {};
    return true;
  }
  if (text_.ends_with('\r')) {
    text_.pop_back();
    break_ = "\r\n";
  }
  return true;
}

}  // namespace encap
