#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <fmt/compile.h>
#include <fmt/format.h>
#include <iterator>

#include "base/civil_time.h"
#include "base/utf8.h"
#include "dissect/packet.h"
#include "encap/dissect/dissection.h"

namespace encap {

std::string_view find_name(ValueNames names, std::uint64_t value) noexcept {
  std::size_t low = 0;
  std::size_t high = names.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (value < names[middle].first) {
      high = middle;
    } else if (value > names[middle].last) {
      low = middle + 1;
    } else {
      return names[middle].name;
    }
  }
  return {};
}

namespace {

int hex_digits(FieldType type) noexcept {
  switch (type) {
    case FieldType::uint8:
    case FieldType::boolean:
      return 2;
    case FieldType::uint16:
      return 4;
    case FieldType::uint24:
      return 6;
    case FieldType::uint64:
    case FieldType::int64:
      return 16;
    default:
      return 8;
  }
}

bool is_number(FieldType type) noexcept { return type >= FieldType::uint8 && type <= FieldType::frame_number; }

void append_number(std::string& out, const Field& field, Show show, std::uint64_t number, int digits) {
  const auto into = std::back_inserter(out);
  const bool is_signed = field.type == FieldType::int32 || field.type == FieldType::int64;
  switch (show) {
    case Show::hex:
      fmt::format_to(into, FMT_COMPILE("0x{:0{}x}"), number, digits);
      break;
    case Show::hex_dec:
      fmt::format_to(into, FMT_COMPILE("0x{:0{}x} ({})"), number, digits, number);
      break;
    case Show::dec_hex:
      fmt::format_to(into, FMT_COMPILE("{} (0x{:0{}x})"), number, number, digits);
      break;
    case Show::oct:
      fmt::format_to(into, FMT_COMPILE("{:#o}"), number);
      break;
    default:
      if (is_signed) {
        fmt::format_to(into, FMT_COMPILE("{}"), static_cast<std::int64_t>(number));
      } else {
        fmt::format_to(into, FMT_COMPILE("{}"), number);
      }
  }
}

void append_relative_time(std::string& out, std::int64_t nanoseconds) {
  const auto magnitude =
      nanoseconds < 0 ? ~static_cast<std::uint64_t>(nanoseconds) + 1 : static_cast<std::uint64_t>(nanoseconds);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}{}.{:09}"), nanoseconds < 0 ? "-" : "",
                 magnitude / 1'000'000'000, magnitude % 1'000'000'000);
}

void append_absolute_time(std::string& out, Timestamp time) {
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilTime at = local_time(time);
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{} {:>2}, {} {:02}:{:02}:{:02}.{:09} {}"), months[at.month - 1],
                 at.day, at.year, at.hour, at.minute, at.second, time.subsecond(), at.zone);
}

void append_hex(std::string& out, Bytes bytes, std::string_view separator = {}) {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i != 0) out += separator;
    const auto octet = std::to_integer<unsigned>(bytes[i]);
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
}

// Bits of a word as `.... 0101`, those of other fields as dots.
void append_bits(std::string& out, const Field& field, std::uint64_t value) {
  const unsigned drawn =
      field.look.drawn_bits != 0 ? field.look.drawn_bits : static_cast<unsigned>(field.octet_count() * 8);
  const unsigned before = field.look.drawn_bits != 0 ? field.look.drawn_before : field.bit_offset % 8u;
  for (unsigned bit = 0; bit < drawn; ++bit) {
    if (bit != 0 && bit % 4 == 0) out += ' ';
    if (bit < before || bit >= before + field.bit_width) {
      out += '.';
    } else {
      out += (value >> (before + field.bit_width - 1 - bit) & 1) != 0 ? '1' : '0';
    }
  }
  out += " = ";
}

void append_value(std::string& out, const Item& item, int digits) {
  const Field& field = *item.field;
  switch (field.type) {
    case FieldType::none:
    case FieldType::protocol:
      break;
    case FieldType::string:
      out += item.string();
      break;
    case FieldType::bytes:
      append_hex(out, item.octets());
      break;
    case FieldType::ether:
    case FieldType::eui64:
      append_hex(out, item.octets(), ":");
      break;
    case FieldType::ipv4:
    case FieldType::ipv6: {
      Address address{field.type == FieldType::ipv4 ? Address::Kind::ipv4 : Address::Kind::ipv6,
                      static_cast<std::uint8_t>(item.size <= 16 ? item.size : 16)};
      std::memcpy(address.octets.data(), item.data, address.size);
      append_text(out, address);
      break;
    }
    case FieldType::absolute_time:
      append_absolute_time(out, {static_cast<std::int64_t>(item.number)});
      break;
    case FieldType::relative_time:
      append_relative_time(out, static_cast<std::int64_t>(item.number));
      break;
    case FieldType::boolean:
      out += item.number != 0 ? '1' : '0';
      break;
    case FieldType::real:
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:.6g}"), std::bit_cast<double>(item.number));
      break;
    default:
      append_number(out, field, field.look.show, item.number, digits);
  }
}

}  // namespace

void append_value(std::string& out, const Item& item) {
  if (item.field == nullptr) return;
  const Field& field = *item.field;
  // Of a number that lines show both ways, the first one only.
  const Show show = field.look.show;
  if (is_number(field.type) && (show == Show::hex_dec || show == Show::dec_hex)) {
    append_number(out, field, show == Show::hex_dec ? Show::hex : Show::dec, item.number, hex_digits(field.type));
  } else {
    append_value(out, item, hex_digits(field.type));
  }
}

bool is_printable(char32_t character) noexcept {
  struct Range {
    char32_t first;
    char32_t last;
  };
  // Controls, formats, separators of lines and paragraphs, private use: Unicode's Cc, Cf, Zl, Zp and Co.
  static constexpr Range silent[] = {{0x0000, 0x001f},   {0x007f, 0x009f},   {0x00ad, 0x00ad},   {0x0600, 0x0605},
                                     {0x061c, 0x061c},   {0x06dd, 0x06dd},   {0x070f, 0x070f},   {0x08e2, 0x08e2},
                                     {0x180e, 0x180e},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
                                     {0xe000, 0xf8ff},   {0xfeff, 0xfeff},   {0xfff0, 0xfffb},   {0xfffe, 0xffff},
                                     {0x110bd, 0x110bd}, {0x1d173, 0x1d17a}, {0xe0000, 0xe00ff}, {0xf0000, 0x10ffff}};
  for (const Range& range : silent) {
    if (character < range.first) return true;
    if (character <= range.last) return false;
  }
  return true;
}

std::size_t utf8_length(std::string_view text, char32_t& character) noexcept {
  const auto lead = static_cast<unsigned char>(text[0]);
  character = 0xfffd;
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xc0 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf8 ? 4
                                           : 0;
  if (length == 1) character = lead;
  if (length < 2) return 1;
  char32_t value = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) return i;
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  }
  if ((value < 0xd800 || value > 0xdfff) && value <= 0x10ffff) character = value;
  return length;
}

void append_escaped(std::string& out, std::string_view text) {
  static constexpr std::string_view plain = "abtnvfr";  // 0x07 .. 0x0d
  for (;;) {
    const std::size_t length_as_is = plain_length(text);
    out.append(text.substr(0, length_as_is));
    text.remove_prefix(length_as_is);
    if (text.empty()) return;
    const auto octet = static_cast<unsigned char>(text[0]);
    std::size_t length = 1;
    if (octet >= 0x07 && octet <= 0x0d) {
      out += '\\';
      out += plain[octet - 0x07];
    } else if (octet < 0x80) {
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("\\{:03o}"), octet);
    } else {
      char32_t character = 0;
      length = utf8_length(text, character);
      if (character == 0xfffd) {
        out += "\xef\xbf\xbd";
      } else if (is_printable(character)) {
        out += text.substr(0, length);
      } else if (character < 0x10000) {
        fmt::format_to(std::back_inserter(out), FMT_COMPILE("\\u{:04X}"), static_cast<std::uint32_t>(character));
      } else {
        fmt::format_to(std::back_inserter(out), FMT_COMPILE("\\U{:08X}"), static_cast<std::uint32_t>(character));
      }
    }
    text.remove_prefix(length);
  }
}

namespace {

constexpr std::size_t longest_line = 239;         // octets of a line as Wireshark keeps it
constexpr std::size_t longest_marked_line = 238;  // of one that says it was cut
constexpr std::size_t longest_octets = 36;        // octets shown of a field of octets

// Cuts what was added to `out` from `start` on; says so `label` octets after it.
void cut_line(std::string& out, std::size_t start, std::size_t label) {
  if (out.size() - start <= longest_line) return;
  out.insert(start + label, " [truncated]");
  std::size_t end = start + longest_marked_line;
  while (end > start && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
  out.resize(end);
}

void append_whole_label(std::string& out, const Item& item);

}  // namespace

void append_label(std::string& out, const Dissection&, const Item& item) {
  const std::size_t start = out.size();
  append_whole_label(out, item);
  cut_line(out, start, item.text.empty() && item.field != nullptr ? item.field->label.size() : 0);
}

namespace {

void append_whole_label(std::string& out, const Item& item) {
  if (!item.text.empty() || item.field == nullptr) {
    out += item.text;
    return;
  }
  const Field& field = *item.field;
  if (field.is_bit_field()) append_bits(out, field, item.number);
  out += field.label;
  if (field.type == FieldType::none || field.type == FieldType::protocol) return;
  out += ": ";
  const int digits = field.is_bit_field() ? (field.bit_width + 3) / 4 : hex_digits(field.type);
  switch (field.type) {
    case FieldType::boolean:
      if (!field.look.names.empty()) {
        out += find_name(field.look.names, item.number != 0 ? 1 : 0);
      } else {
        out += item.number != 0 ? "True" : "False";
      }
      break;
    case FieldType::string:
      append_escaped(out, item.string());
      break;
    case FieldType::bytes:
      if (item.size == 0) {
        out += "<MISSING>";
      } else {
        append_hex(out, item.octets().first(std::min<std::size_t>(item.size, longest_octets)));
        if (item.size > longest_octets) out += "…";
      }
      break;
    case FieldType::relative_time:
      append_value(out, item, digits);
      out += " seconds";
      break;
    case FieldType::absolute_time:
    case FieldType::ether:
    case FieldType::ipv4:
    case FieldType::ipv6:
    case FieldType::eui64:
      append_value(out, item, digits);
      break;
    default:
      if (field.look.names.empty()) {
        append_value(out, item, digits);
        break;
      }
      {
        const std::string_view name = find_name(field.look.names, item.number);
        out += name.empty() ? std::string_view{"Unknown"} : name;
        if (!field.look.names_only || name.empty()) {
          out += " (";
          append_value(out, item, digits);
          out += ')';
        }
      }
  }
  out += field.look.unit;
}

}  // namespace

char* Arena::allocate(std::size_t size) {
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < size) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ == chunks_.size()) {
    const std::size_t capacity = size > chunk_size ? size : chunk_size;
    chunks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity});
  }
  char* there = chunks_[chunk_].data.get() + used_;
  used_ += size;
  return there;
}

std::string_view Arena::copy(std::string_view text) {
  if (text.empty()) return {};
  char* there = allocate(text.size());
  text.copy(there, text.size());
  return {there, text.size()};
}

void Arena::reset() noexcept {
  // One large packet must not hold its memory for the rest of the capture.
  while (chunks_.size() > 16) chunks_.pop_back();
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > 16 * chunk_size; });
  chunk_ = used_ = 0;
}

}  // namespace encap
