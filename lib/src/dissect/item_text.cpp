#include "dissect/item_text.h"

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

unsigned hex_digits(FieldType type) noexcept {
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

void write_prefixed_hex(TextWriter& out, std::uint64_t number, unsigned digits) {
  out.add("0x");
  out.add_hex(number, digits);
}

void write_signed(TextWriter& out, std::int64_t number) {
  if (number < 0) out.add('-');
  const auto magnitude = static_cast<std::uint64_t>(number);
  out.add_decimal(number < 0 ? 0 - magnitude : magnitude);
}

void write_number(TextWriter& out, const Field& field, Show show, std::uint64_t number, unsigned digits) {
  switch (show) {
    case Show::hex:
      write_prefixed_hex(out, number, digits);
      break;
    case Show::hex_dec:
      write_prefixed_hex(out, number, digits);
      out.add(" (");
      out.add_decimal(number);
      out.add(')');
      break;
    case Show::dec_hex:
      out.add_decimal(number);
      out.add(" (");
      write_prefixed_hex(out, number, digits);
      out.add(')');
      break;
    case Show::oct:
      fmt::format_to(std::back_inserter(out.text()), FMT_COMPILE("{:#o}"), number);
      break;
    default:
      if (field.type == FieldType::int32 || field.type == FieldType::int64) {
        write_signed(out, static_cast<std::int64_t>(number));
      } else {
        out.add_decimal(number);
      }
  }
}

void write_relative_time(TextWriter& out, std::int64_t nanoseconds) {
  if (nanoseconds < 0) out.add('-');
  auto magnitude = static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) magnitude = 0 - magnitude;
  out.add_decimal(magnitude / 1'000'000'000);
  out.add('.');
  out.add_padded(magnitude % 1'000'000'000, 9);
}

// Nov 14, 2023 22:13:20.000000000 UTC
void write_absolute_time(TextWriter& out, Timestamp time) {
  static constexpr std::array<std::string_view, 12> months{"Jan ", "Feb ", "Mar ", "Apr ", "May ", "Jun ",
                                                           "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec "};
  const CivilTime at = local_time(time);
  out.add(months[at.month - 1]);
  if (at.day < 10) out.add(' ');
  out.add_decimal(at.day);
  out.add(", ");
  write_signed(out, at.year);
  out.add(' ');
  add_clock(out, at);
  out.add('.');
  out.add_padded(time.subsecond(), 9);
  out.add(' ');
  out.add(at.zone);
}

constexpr unsigned longest_word = 64;  // bits
// The bits of other fields.
constexpr auto no_bits = [] {
  std::array<char, longest_word + longest_word / 4> made{};
  for (std::size_t i = 0; i < made.size(); ++i) made[i] = i % 5 == 4 ? ' ' : '.';
  return made;
}();

// Bits of a word as `.... 0101`, those of other fields as dots.
void write_bits(TextWriter& out, const Field& field, std::uint64_t value) {
  const unsigned drawn =
      std::min(longest_word,
               field.look.drawn_bits != 0 ? field.look.drawn_bits : static_cast<unsigned>(field.octet_count() * 8));
  const unsigned before = field.look.drawn_bits != 0 ? field.look.drawn_before : field.bit_offset % 8u;
  const auto place = [](unsigned bit) { return bit + bit / 4; };
  char* const to = out.reserve(no_bits.size());
  std::memcpy(to, no_bits.data(), no_bits.size());
  for (unsigned i = 0; i < field.bit_width && before + i < drawn; ++i) {
    to[place(before + i)] = (value >> (field.bit_width - 1 - i) & 1) != 0 ? '1' : '0';
  }
  out.advance(to + place(drawn - 1) + 1);
  out.add(" = ");
}

void write_value(TextWriter& out, const Item& item, unsigned digits) {
  const Field& field = *item.field;
  switch (field.type) {
    case FieldType::none:
    case FieldType::protocol:
      break;
    case FieldType::string:
      out.add(item.string());
      break;
    case FieldType::bytes:
      out.add_octets(item.octets());
      break;
    case FieldType::ether:
    case FieldType::eui64:
      out.add_octets_with_colons(item.octets());
      break;
    case FieldType::ipv4:
    case FieldType::ipv6: {
      const Address address = address_at(item.octets(), 0, std::min<std::size_t>(item.size, 16),
                                         field.type == FieldType::ipv4 ? Address::Kind::ipv4 : Address::Kind::ipv6);
      out.advance(write_text(out.reserve(longest_address_text), address));
      break;
    }
    case FieldType::absolute_time:
      write_absolute_time(out, {static_cast<std::int64_t>(item.number)});
      break;
    case FieldType::relative_time:
      write_relative_time(out, static_cast<std::int64_t>(item.number));
      break;
    case FieldType::boolean:
      out.add(item.number != 0 ? '1' : '0');
      break;
    case FieldType::real:
      fmt::format_to(std::back_inserter(out.text()), FMT_COMPILE("{:.6g}"), std::bit_cast<double>(item.number));
      break;
    default:
      write_number(out, field, field.look.show, item.number, digits);
  }
}

}  // namespace

void write_value(TextWriter& out, const Item& item) {
  if (item.field == nullptr) return;
  const Field& field = *item.field;
  // Of a number that lines show both ways, the first one only.
  const Show show = field.look.show;
  if (is_number(field.type) && (show == Show::hex_dec || show == Show::dec_hex)) {
    write_number(out, field, show == Show::hex_dec ? Show::hex : Show::dec, item.number, hex_digits(field.type));
  } else {
    write_value(out, item, hex_digits(field.type));
  }
}

void append_value(std::string& out, const Item& item) {
  TextWriter writer{out};
  write_value(writer, item);
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

constexpr std::size_t longest_marked_line = 238;  // of one that says it was cut
constexpr std::size_t longest_octets = 36;        // octets shown of a field of octets

// Cuts what was added to `out` from `start` on; says so `label` octets after it.
void cut_line(TextWriter& out, std::size_t start, std::size_t label) {
  if (out.size() - start <= longest_line) return;
  std::string& text = out.text();
  text.insert(start + label, " [truncated]");
  std::size_t end = start + longest_marked_line;
  while (end > start && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
}

void write_shown(TextWriter& out, std::string_view text) {
  if (plain_length(text) == text.size()) return out.add(text);
  append_escaped(out.text(), text);
}

void write_whole_label(TextWriter& out, const Item& item) {
  if (!item.text.empty() || item.field == nullptr) return out.add(item.text);
  const Field& field = *item.field;
  if (field.is_bit_field()) write_bits(out, field, item.number);
  out.add(field.label);
  if (field.type == FieldType::none || field.type == FieldType::protocol) return;
  out.add(": ");
  const unsigned digits = field.is_bit_field() ? (field.bit_width + 3u) / 4 : hex_digits(field.type);
  switch (field.type) {
    case FieldType::boolean:
      if (!field.look.names.empty()) {
        out.add(find_name(field.look.names, item.number != 0 ? 1 : 0));
      } else {
        out.add(item.number != 0 ? "True" : "False");
      }
      break;
    case FieldType::string:
      write_shown(out, item.string());
      break;
    case FieldType::bytes:
      if (item.size == 0) {
        out.add("<MISSING>");
      } else {
        out.add_octets(item.octets().first(std::min<std::size_t>(item.size, longest_octets)));
        if (item.size > longest_octets) out.add("…");
      }
      break;
    case FieldType::relative_time:
      write_value(out, item, digits);
      out.add(" seconds");
      break;
    case FieldType::absolute_time:
    case FieldType::ether:
    case FieldType::ipv4:
    case FieldType::ipv6:
    case FieldType::eui64:
      write_value(out, item, digits);
      break;
    default:
      if (field.look.names.empty()) {
        write_value(out, item, digits);
        break;
      }
      {
        const std::string_view name = find_name(field.look.names, item.number);
        out.add(name.empty() ? std::string_view{"Unknown"} : name);
        if (!field.look.names_only || name.empty()) {
          out.add(" (");
          write_value(out, item, digits);
          out.add(')');
        }
      }
  }
  out.add(field.look.unit);
}

}  // namespace

void write_label(TextWriter& out, const Item& item) {
  const std::size_t start = out.size();
  write_whole_label(out, item);
  cut_line(out, start, item.text.empty() && item.field != nullptr ? item.field->label.size() : 0);
}

void append_label(std::string& out, const Dissection&, const Item& item) {
  TextWriter writer{out};
  write_label(writer, item);
}

// The next one that has so much room.
void Arena::find_chunk(std::size_t size) {
  while (chunk_ < chunks_.size() && chunks_[chunk_].size - used_ < size) {
    ++chunk_;
    used_ = 0;
  }
  if (chunk_ < chunks_.size()) return;
  const std::size_t capacity = size > chunk_size ? size : chunk_size;
  chunks_.push_back({std::make_unique_for_overwrite<char[]>(capacity), capacity});
}

void Arena::begin_again() noexcept {
  // One large packet must not hold its memory for the rest of the capture.
  while (chunks_.size() > 16) chunks_.pop_back();
  std::erase_if(chunks_, [](const Chunk& chunk) { return chunk.size > 16 * chunk_size; });
  chunk_ = used_ = 0;
}

}  // namespace encap
