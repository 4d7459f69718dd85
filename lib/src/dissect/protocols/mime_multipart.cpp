#include "dissect/content_coding.h"
#include "dissect/text.h"

namespace encap {

extern const ProtocolInfo media_protocol;

namespace {

constexpr Field type{"mime_multipart.type", "Type", FieldType::string};
constexpr Field part{"mime_multipart.part", "Encapsulated multipart part", FieldType::string};
constexpr Field description{"mime_multipart.header.content-description", "Content-Description", FieldType::string};
constexpr Field disposition{"mime_multipart.header.content-disposition", "Content-Disposition", FieldType::string};
constexpr Field encoding{"mime_multipart.header.content-encoding", "Content-Encoding", FieldType::string};
constexpr Field id{"mime_multipart.header.content-id", "Content-Id", FieldType::string};
constexpr Field language{"mime_multipart.header.content-language", "Content-Language", FieldType::string};
constexpr Field length{"mime_multipart.header.content-length", "Content-Length", FieldType::string};
constexpr Field transfer_encoding{"mime_multipart.header.content-transfer-encoding", "Content-Transfer-Encoding",
                                  FieldType::string};
constexpr Field content_type{"mime_multipart.header.content-type", "Content-Type", FieldType::string};
constexpr Field original{"mime_multipart.header.originalcontent", "OriginalContent", FieldType::string};
constexpr Field first_boundary{"mime_multipart.first_boundary", "First boundary", FieldType::string};
constexpr Field preamble{"mime_multipart.preamble", "Preamble", FieldType::bytes};
constexpr Field last_boundary{"mime_multipart.last_boundary", "Last boundary", FieldType::string};
constexpr Field boundary{"mime_multipart.boundary", "Boundary", FieldType::string};
constexpr Field trailer{"mime_multipart.trailer", "Trailer", FieldType::bytes};

constexpr Note no_required_parameter{{"mime_multipart.no_required_parameter",
                                      "The multipart dissector could not find a required parameter.", FieldType::none},
                                     Severity::error,
                                     "Protocol"};

constexpr const Field* fields[] = {&type,
                                   &part,
                                   &description,
                                   &disposition,
                                   &encoding,
                                   &id,
                                   &language,
                                   &length,
                                   &transfer_encoding,
                                   &content_type,
                                   &original,
                                   &first_boundary,
                                   &preamble,
                                   &last_boundary,
                                   &boundary,
                                   &trailer,
                                   &no_required_parameter.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::media_type, 0, "multipart/"}};

}  // namespace

extern const ProtocolInfo mime_multipart_protocol{
    {"mime_multipart", "MIME Multipart Media Encapsulation", FieldType::protocol},
    "MIME multipart",
    dissect,
    bindings,
    fields};

namespace {

// Header fields of a part that are known (RFC 2045 §3), and their short forms.
struct KnownHeader {
  std::string_view name;
  std::string_view compact;
  const Field* field;
};
constexpr KnownHeader known_headers[] = {{"Content-Description", "", &description},
                                         {"Content-Disposition", "", &disposition},
                                         {"Content-Encoding", "e", &encoding},
                                         {"Content-Id", "", &id},
                                         {"Content-Language", "", &language},
                                         {"Content-Length", "l", &length},
                                         {"Content-Transfer-Encoding", "", &transfer_encoding},
                                         {"Content-Type", "c", &content_type},
                                         {"OriginalContent", "", &original}};

// A boundary delimiter with the line ends around it.
struct Delimiter {
  std::uint32_t start = 0;
  std::uint32_t end = 0;  // past its line
  bool last = false;
};

class Reader {
 public:
  Reader(Packet& p, const Octets& in, std::string_view name) noexcept
      : p_{p}, in_{in}, text_{characters(in.bytes())}, name_{name} {}

  void read(ItemId layer) {
    std::uint32_t at = 0;
    std::optional<Delimiter> found;
    while (!found) {
      if (delimits(at)) {
        found = delimiter(at, at);
        break;
      }
      const Line line = find_line(in_.bytes(), at);
      if (line.next >= in_.captured) break;
      at = line.next;
    }
    if (!found || name_.empty() || found->start + name_.size() + 2 >= in_.captured) {
      show_data(layer, in_);
      return;
    }
    if (found->start > 0) p_.add(layer, preamble, in_, 0, found->start);
    add_ascii(p_, layer, first_boundary, in_, found->start, found->end - found->start);
    at = found->end;
    while (!found->last && !p_.stopped()) {
      const ItemId item = p_.add_string(layer, part, in_, at, 0, {});
      found = next_delimiter(at);
      if (!found || !read_part(layer, item, at, *found)) return;
      at = found->end;
    }
    if (at < in_.captured) p_.add(layer, trailer, in_, at, in_.captured - at);
  }

 private:
  [[nodiscard]] bool delimits(std::uint32_t at) const noexcept {
    const std::string_view rest = text_.substr(at);
    return rest.starts_with("--") && rest.substr(2).starts_with(name_);
  }
  // The delimiter whose dashes are at `at`; `start` is where the line end before it is.
  [[nodiscard]] Delimiter delimiter(std::uint32_t start, std::uint32_t at) const noexcept {
    const bool last = text_.substr(at + 2 + name_.size()).starts_with("--");
    return {start, find_line(in_.bytes(), at).next, last};
  }
  [[nodiscard]] std::optional<Delimiter> next_delimiter(std::uint32_t from) const noexcept {
    for (std::uint32_t at = from; at < in_.captured;) {
      const Line line = find_line(in_.bytes(), at);
      if (line.next < in_.captured && delimits(line.next)) return delimiter(at + line.length, line.next);
      // Some end the last part without a line of its own.
      const std::size_t dashed = name_.size() + 4;
      const std::string_view text = text_.substr(at, line.length);
      if (text.size() >= dashed && text.ends_with("--") &&
          delimits(at + line.length - static_cast<std::uint32_t>(dashed))) {
        return Delimiter{at + line.length - static_cast<std::uint32_t>(dashed), line.next, true};
      }
      at = line.next;
    }
    return std::nullopt;
  }

  void show_data(ItemId item, const Octets& octets) { p_.call_data(octets, item); }

  // The part from `start` to `end`, whose item is `item` under `layer`.
  bool read_part(ItemId layer, ItemId item, std::uint32_t start, const Delimiter& end);
  void read_body(ItemId item, Octets body, std::string_view body_type, std::string_view parameters,
                 std::string_view coding);

  Packet& p_;
  const Octets& in_;
  std::string_view text_;
  std::string_view name_;
};

// Past the field that starts at `at`, its folded lines included. `last` becomes whether an empty line follows.
std::uint32_t field_end(std::string_view text, std::uint32_t at, bool& last) noexcept {
  for (;;) {
    const std::size_t end = text.find("\r\n", at);
    if (end == text.npos) {
      last = true;
      return static_cast<std::uint32_t>(text.size());
    }
    at = static_cast<std::uint32_t>(end + 2);
    if (at >= text.size()) return at;
    if (text[at] != ' ' && text[at] != '\t') {
      last = text.substr(at).starts_with("\r\n");
      return at;
    }
  }
}

// A header field's text on one line, without blanks around its separators.
std::string_view unfolded(Packet& p, std::string_view text) {
  char* const there = p.out.arena.allocate(text.size());
  char* to = there;
  bool blank = false;
  bool after_separator = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' || c == '\n') {
      const std::size_t next = i + (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n' ? 2 : 1);
      if (next >= text.size() || (text[next] != ' ' && text[next] != '\t')) break;
      i = next;
      blank = true;
    } else if (c == ' ' || c == '\t') {
      blank = true;
    } else if (c == ':' || c == ';' || c == ',' || c == '=') {
      *to++ = c;
      blank = false;
      after_separator = true;
    } else if (c == '"') {
      *to++ = c;
      for (++i; i < text.size(); ++i) {
        *to++ = text[i];
        if (text[i] == '"') break;
        if (text[i] == '\\' && i + 1 < text.size()) *to++ = text[++i];
      }
      blank = false;
    } else {
      if (blank && !after_separator) *to++ = ' ';
      *to++ = c;
      blank = after_separator = false;
    }
  }
  return {there, static_cast<std::size_t>(to - there)};
}

bool is_printable_text(std::string_view text) noexcept {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

bool Reader::read_part(ItemId layer, ItemId item, std::uint32_t start, const Delimiter& end) {
  std::uint32_t at = start;
  std::optional<std::string_view> body_type;
  std::string_view parameters;
  std::string_view coding;
  for (bool last = false; !last && !p_.stopped();) {
    if (text_.find("\r\n", at) == text_.npos) {
      p_.stop(Stop::reported);
      return false;
    }
    std::uint32_t next = field_end(text_, at, last);
    if (last && next + 2 <= end.start) {
      next += 2;
    } else if (next >= 2 && next - 2 == end.start) {
      last = true;
      next -= 2;
    } else if (next > end.start) {
      next = end.start;
    }
    if (next < at) next = at;
    const std::string_view line = unfolded(p_, until_nul(text_.substr(at, next - at)));
    const std::size_t colon = line.find(':');
    if (colon == line.npos || colon == 0) break;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = line.substr(colon + 1);
    const auto* const known =
        std::find_if(std::begin(known_headers), std::end(known_headers), [name](const KnownHeader& header) {
          return equals_ignoring_case(header.name, name) ||
                 (!header.compact.empty() && equals_ignoring_case(header.compact, name));
        });
    if (known == std::end(known_headers)) {
      if (!is_printable_text(line)) break;
      add_escaped(p_, item, in_, at, next - at);
    } else {
      if (p_.wants_items()) {
        const ItemId header = p_.add_string(item, *known->field, in_, at, next - at, ascii_value(p_, value), true);
        p_.set_text(header, escaped(p_, text_.substr(at, next - at)));
      }
      if (known->field == &content_type) {
        const std::size_t semicolon = std::min(value.find(';'), value.size());
        body_type = lower_case(p_, value.substr(0, semicolon));
        parameters = semicolon < value.size() ? value.substr(semicolon + 1) : std::string_view{};
        if (p_.wants_items()) p_.append_text(item, p_.text(" ({})", *body_type));
      } else if (known->field == &encoding) {
        coding = value;
      }
    }
    at = next;
  }
  const Octets body = in_.part(at, end.start > at ? end.start - at : 0);
  if (body_type) {
    read_body(item, body, *body_type, parameters, coding);
  } else {
    show_data(item, body);
  }
  p_.set_length(item, end.start - start);
  add_ascii(p_, layer, end.last ? last_boundary : boundary, in_, end.start, end.end - end.start);
  return !p_.stopped();
}

void Reader::read_body(ItemId item, Octets body, std::string_view body_type, std::string_view parameters,
                       std::string_view coding) {
  if (body_type.starts_with("application/octet-stream")) {
    show_data(item, body);
    return;
  }
  for (const std::string_view known : {"gzip", "deflate", "x-gzip", "x-deflate"}) {
    if (!starts_ignoring_case(coding, known)) continue;
    if (const auto decoded = decode_content(p_, known, body.bytes(), false)) {
      body = p_.add_source("gunzipped data", *decoded);
    }
    break;
  }
  const std::string_view type_before = std::exchange(p_.media_type, body_type);
  const std::string_view parameters_before = std::exchange(p_.media_parameters, parameters);
  const ItemId top = p_.top;
  p_.set_top(item);
  const ProtocolInfo* const protocol =
      body_type.starts_with("multipart/") ? &mime_multipart_protocol : find_media_type(body_type);
  if ((protocol == nullptr || p_.call(*protocol, body) == 0) && !p_.stopped()) p_.call(media_protocol, body);
  p_.top = top;
  p_.media_type = type_before;
  p_.media_parameters = parameters_before;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const InFull in_full{p};
  const std::optional<std::string_view> name = find_parameter(p, unfolded(p, p.media_parameters), "boundary");
  if (!name) {
    if (p.wants_items()) p.note(p.add(p.top, no_required_parameter.field, in, 0, in.captured), no_required_parameter);
    p.call_data(in);
    return in.reported;
  }
  ItemId layer = ItemId::none;
  if (p.wants_layers()) {
    layer = p.add_layer(mime_multipart_protocol, in, 0, in.captured,
                        p.text("MIME Multipart Media Encapsulation, Type: {}, Boundary: \"{}\"", p.media_type, *name));
    p.generated(p.add_string(layer, type, in, 0, 0, p.media_type));
  }
  if (p.columns()) p.out.columns.info.set_fence();
  Reader{p, in, *name}.read(layer);
  return in.reported;
}

}  // namespace
}  // namespace encap
