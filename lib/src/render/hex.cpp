#include "encap/render/hex.h"

#include <algorithm>

#include "render/text.h"

namespace encap {
namespace {

constexpr char digits[] = "0123456789abcdef";
constexpr std::size_t line_octets = 16;

unsigned offset_width(std::size_t size) noexcept {
  unsigned width = 4;
  while (width < 8 && (size - 1) >> (4 * width) != 0) ++width;
  return width;
}

}  // namespace

void append_hex_dump(std::string& out, Bytes bytes) {
  if (bytes.empty()) return;
  const unsigned width = offset_width(bytes.size());
  for (std::size_t at = 0; at < bytes.size(); at += line_octets) {
    const Bytes line = bytes.subspan(at, std::min(line_octets, bytes.size() - at));
    for (unsigned i = width; i-- != 0;) out += digits[at >> (4 * i) & 15];
    char text[2 + 3 * line_octets + 2 + line_octets];
    std::fill(std::begin(text), std::end(text), ' ');
    char* hex = text + 2;
    char* shown = text + 2 + 3 * line_octets + 2;
    for (const std::byte octet : line) {
      const auto value = std::to_integer<unsigned char>(octet);
      hex[0] = digits[value >> 4];
      hex[1] = digits[value & 15];
      hex += 3;
      *shown++ = value >= 0x20 && value < 0x7f ? static_cast<char>(value) : '.';
    }
    out.append(text, shown);
    out += '\n';
  }
}

void append_hex(std::string& out, const Dissection& dissection) {
  for (const DataSource& source : dissection.sources) {
    if (dissection.sources.size() > 1) {
      out += source.name;
      out += " (";
      append_decimal(out, source.bytes.size());
      out += source.bytes.size() == 1 ? " byte):\n" : " bytes):\n";
    }
    append_hex_dump(out, source.bytes);
  }
}

}  // namespace encap
