#include "dissect/text.h"

namespace encap {
namespace {

constexpr Field key{"urlencoded-form.key", "Key", FieldType::string};
constexpr Field value{"urlencoded-form.value", "Value", FieldType::string};
constexpr const Field* fields[] = {&key, &value};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::media_type, 0, "application/x-www-form-urlencoded"}};

}  // namespace

extern const ProtocolInfo urlencoded_form_protocol{{"urlencoded-form", "HTML Form URL Encoded", FieldType::protocol},
                                                   "URL Encoded Form Data",
                                                   dissect,
                                                   bindings,
                                                   fields};

namespace {

// A name or a value up to `end`: what it means is put into `decoded`. Returns where the next one starts; 0 when it is
// not encoded as it must be.
std::uint32_t decode(Packet& p, std::string_view text, std::uint32_t offset, char end, std::string_view& decoded) {
  std::uint32_t at = offset;
  while (at < text.size() && text[at] != end) ++at;
  const std::uint32_t next = at < text.size() ? at + 1 : at;
  char* const there = p.out.arena.allocate(at - offset);
  char* to = there;
  for (std::uint32_t i = offset; i < at; ++i) {
    if (text[i] == '+') {
      *to++ = ' ';
    } else if (text[i] == '%') {
      if (text.size() - i < 3) {
        p.stop(Stop::reported);
        break;
      }
      if (i + 2 >= at || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return 0;
      *to++ = static_cast<char>(hex_digit(text[i + 1]) << 4 | hex_digit(text[i + 2]));
      i += 2;
    } else {
      *to++ = text[i];
    }
  }
  decoded = until_nul({there, static_cast<std::size_t>(to - there)});
  return next;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  if (!p.media_type.empty()) p.append_info_format(" ({})", p.media_type);
  const ItemId layer =
      p.add_layer(urlencoded_form_protocol, in, 0, in.captured, p.text("HTML Form URL Encoded: {}", p.media_type));
  const std::string_view text = characters(in.bytes());
  for (std::uint32_t offset = 0; offset < in.captured && p.out.items.size() < most_items && !p.stopped();) {
    std::string_view name;
    std::string_view content;
    const std::uint32_t value_at = decode(p, text, offset, '=', name);
    const ItemId item = value_at == 0 ? ItemId::none : p.add_text(layer, in, offset, value_at - offset, "Form item");
    if (value_at == 0 || p.stopped()) break;
    p.append_text(item, p.text(": \"{}\"", name));
    p.add_string(item, key, in, offset, value_at - offset, name, true);
    const std::uint32_t next = decode(p, text, value_at, '&', content);
    if (next == 0 || p.stopped()) break;
    p.append_text(item, p.text(" = \"{}\"", content));
    p.set_length(item, next - offset);
    p.add_string(item, value, in, value_at, next - value_at, content, true);
    offset = next;
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
