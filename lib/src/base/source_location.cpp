#include "encap/base/source_location.h"

namespace encap {

std::string to_string(const SourceLocation& location) {
  std::string text = location.file;
  if (location.line != 0) {
    text += ':' + std::to_string(location.line);
    if (location.column != 0) text += ':' + std::to_string(location.column);
  }
  return text;
}

}  // namespace encap
