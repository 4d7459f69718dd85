#include <algorithm>
#include <fmt/format.h>

#include "encap/trace/explanation_render.h"
#include "render/text.h"
#include "trace/explanation_words.h"
#include "trace/page/page.h"

namespace encap {
namespace {

constexpr std::size_t dump_octets = 16;
constexpr std::size_t most_dump_lines = 64;
constexpr std::size_t last_dump_lines = 4;

constexpr std::string_view region_classes[] = {"link", "network", "transport", "message", "other"};
std::string_view class_of(FrameRegion::Kind kind) noexcept { return region_classes[static_cast<std::size_t>(kind)]; }
std::string_view class_of(ExplainedLayer::Kind kind) noexcept {
  constexpr std::string_view classes[] = {"link", "network", "transport", "message"};
  return classes[static_cast<std::size_t>(kind)];
}

/// Text as a page may show it: no markup in it, no controls, and UTF-8 all of it.
std::string escaped(std::string_view text) {
  std::string shown;
  append_shown(shown, text);
  std::string out;
  out.reserve(shown.size());
  for (const char c : shown) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// A field's name that may be broken behind its dots.
std::string breakable(std::string_view name) {
  std::string out;
  for (const char c : name) {
    out += c;
    if (c == '.') out += "<wbr>";
  }
  return out;
}

std::string bytes_of(std::uint64_t count) { return fmt::format("{} byte{}", count, count == 1 ? "" : "s"); }

/// The first characters of a message.
std::string excerpt(Bytes octets, std::size_t most) {
  std::string_view text = as_text(octets);
  std::size_t end = std::min(most, text.size());
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return escaped(text.substr(0, end)) + (end < text.size() ? "…" : "");
}

/// A dump on the page, and which octets of its segment it shows.
struct Dump {
  std::size_t number;
  const ExplainedSegment* segment;
  const ExplainedPacket* packet;
};

class Page {
 public:
  explicit Page(std::string& out) : out_{out} {}

  void write(const Explanation& explanation) {
    const auto& messages = explanation.messages;
    const std::string title = messages.size() == 1
                                  ? fmt::format("How {} is wrapped", lowered(message_title(messages[0])))
                                  : fmt::format("How {} messages are wrapped", messages.size());
    put("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n"
        // Nothing is fetched, whatever the table's text says.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; img-src data:\">\n<link rel=\"icon\" href=\"data:,\">\n");
    put("<title>{} – {}</title>\n<style>\n{}</style>\n</head>\n<body>\n", escaped(title), escaped(explanation.table),
        page_style);
    put("<a class=\"skip\" href=\"#main\">Skip to the messages</a>\n<header class=\"top\">\n<h1>{}</h1>\n",
        escaped(title));
    put("<p>From the table <bdi>{}</bdi> to frames of a capture, from the inside out. Point at a field, or move to it "
        "with "
        "the Tab key, to see its bytes; point at a byte, or walk the bytes with the arrow keys, to see its "
        "field.</p>\n</header>\n",
        escaped(explanation.table));
    if (messages.size() > 1) add_contents(messages);
    put("<main id=\"main\">\n");
    for (std::size_t i = 0; i < messages.size(); ++i) add_message(explanation, messages[i], i);
    if (explanation.left_out != 0) put("<p>And {} messages more.</p>\n", explanation.left_out);
    put("</main>\n<script>\n{}</script>\n</body>\n</html>\n", page_script);
  }

 private:
  template <class... Values>
  void put(fmt::format_string<Values...> format, Values&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Values>(values)...);
  }
  static std::string lowered(std::string text) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
    return text;
  }
  static std::string raised(std::string text) {
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
  }

  void add_contents(const std::vector<ExplainedMessage>& messages) {
    put("<nav class=\"contents\" aria-label=\"Messages\">\n<ol>\n");
    for (std::size_t i = 0; i < messages.size(); ++i) {
      put("<li><a href=\"#m{}\">{} <bdi class=\"said\">{}</bdi></a></li>\n", i, escaped(message_title(messages[i])),
          excerpt(messages[i].octets, 48));
    }
    put("</ol>\n</nav>\n");
  }

  void add_message(const Explanation& explanation, const ExplainedMessage& message, std::size_t index) {
    dumps_.clear();
    put("<article id=\"m{0}\" aria-labelledby=\"m{0}t\">\n<h2 id=\"m{0}t\">{1} <bdi class=\"said\">{2}</bdi></h2>\n",
        index, escaped(message_title(message)), excerpt(message.octets, 64));
    put("<p>{}: <bdi>{}</bdi>.</p>\n", escaped(raised(message_rows(explanation, message))),
        escaped(message_way(message)));
    for (const std::string& sentence : connection_sentences(message)) put("<p>{}</p>\n", sentence);
    for (const ExplainedSegment& segment : message.segments) {
      for (const ExplainedPacket& packet : segment.packets) {
        if (packet.in_full) dumps_.push_back({next_dump_++, &segment, &packet});
      }
    }
    for (std::size_t i = 0; i < message.segments.size(); ++i) add_segment(message, i);
    put("</article>\n");
  }

  void add_segment(const ExplainedMessage& message, std::size_t index) {
    const ExplainedSegment& segment = message.segments[index];
    const std::string line = raised(segment_line(message, index));
    if (!segment.in_full) {
      put("<p class=\"brief\">{}; {}</p>\n", line, size_line(message, segment, segment.packets.front(), " → "));
      return;
    }
    put("<section class=\"segment\">\n");
    if (message.segments.size() > 1) put("<h3>{}</h3>\n", line);
    add_diagram(message, segment, segment.packets.front());
    put("<div class=\"columns\">\n<div class=\"layers\">\n");
    if (index == 0) add_application(message);
    if (!segment.header.octets.empty()) add_transport(message, segment);
    for (std::size_t i = 0; i < segment.packets.size(); ++i) {
      const ExplainedPacket& packet = segment.packets[i];
      if (segment.packets.size() > 1) {
        const std::string fragment = raised(fragment_line(message, segment, i));
        if (!packet.in_full) {
          put("<p class=\"brief\">{}; {}</p>\n", fragment, size_line(message, segment, packet, " → "));
          continue;
        }
        put("<h4>{}</h4>\n", fragment);
      }
      for (auto layer = packet.layers.rbegin(); layer != packet.layers.rend(); ++layer) {
        const std::uint32_t at = layer->offset;
        add_header(*layer, layer->kind == ExplainedLayer::Kind::network ? "Network header" : "Link header",
                   [this, &packet, at](std::uint32_t offset, std::uint32_t length) {
                     return in_frame(packet, at + offset, length);
                   });
      }
    }
    put("</div>\n<div class=\"dumps\">\n");
    for (const Dump& one : dumps_) {
      if (one.segment == &segment) add_dump(one, message);
    }
    put("</div>\n</div>\n</section>\n");
  }

  /// The boxes within boxes that a message is put into.
  void add_diagram(const ExplainedMessage& message, const ExplainedSegment& segment, const ExplainedPacket& packet) {
    const std::string sizes = size_line(message, segment, packet, " → ");
    put("<figure class=\"wrapping\">\n<div class=\"boxes\" aria-hidden=\"true\">");
    std::size_t boxes = 0;
    const auto box = [&](std::string_view kind, std::string_view name, std::size_t size) {
      put("<div class=\"box {}\"><span class=\"tag\">{} <b>{} B</b></span>", kind, escaped(name), size);
      ++boxes;
    };
    for (const ExplainedLayer& layer : packet.layers) box(class_of(layer.kind), layer.protocol, layer.octets.size());
    if (packet.segment_offset == 0 && !segment.header.octets.empty())
      box("transport", segment.header.protocol, segment.header.octets.size());
    put("<div class=\"box message\"><span class=\"tag\"><bdi>{}</bdi> <b>{} B</b></span></div>",
        excerpt(Bytes{message.octets}.subspan(static_cast<std::size_t>(segment.message_offset)), 40),
        segment.message_size);
    for (; boxes != 0; --boxes) put("</div>");
    put("</div>\n<figcaption>{}</figcaption>\n</figure>\n", sizes);
  }

  void add_application(const ExplainedMessage& message) {
    put("<details class=\"layer message\" open>\n<summary><span class=\"what\">The message</span> <span "
        "class=\"size\">{}</span></summary>\n",
        bytes_of(message.octets.size()));
    put("<pre class=\"text\" tabindex=\"0\" aria-label=\"The message as text\"{}><bdi>{}</bdi></pre>\n",
        marks(in_dumps(message, 0, static_cast<std::uint32_t>(message.octets.size()))), text_of(message.octets));
    for (const ExplainedLayer& layer : message.application) {
      put("<p>{}: {}</p>\n", layer.title, layer.purpose);
      const std::uint32_t from = layer.offset;
      add_fields(layer, [this, &message, from](std::uint32_t offset, std::uint32_t length) {
        return in_dumps(message, from + offset, length);
      });
    }
    put("</details>\n");
  }

  void add_transport(const ExplainedMessage& message, const ExplainedSegment& segment) {
    const auto place = [this, &segment](std::uint32_t offset, std::uint32_t length) {
      return in_segment(segment, offset, length);
    };
    add_header(segment.header,
               fmt::format("Transport header: makes a {} of {} B", unit_name(message.transport), segment.size), place);
  }

  /// `place(offset, length)`: where octets of what the header begins are in the dumps.
  template <class PlaceOf>
  void add_header(const ExplainedLayer& layer, std::string_view what, PlaceOf place) {
    put("<details class=\"layer {}\" open>\n<summary><span class=\"what\">{}</span> <span class=\"size\">{}, {}</span>"
        "</summary>\n<p>{}</p>\n",
        class_of(layer.kind), escaped(what), escaped(layer.title), bytes_of(layer.octets.size()),
        escaped(layer.purpose));
    add_fields(layer, place);
    if (layer.checksum && !layer.checksum->is_absent) add_checksum(layer, place);
    put("</details>\n");
  }

  template <class PlaceOf>
  void add_fields(const ExplainedLayer& layer, PlaceOf place) {
    if (layer.fields.empty()) return;
    put("<div class=\"scroll\"><table class=\"fields\">\n<caption>Fields of {}</caption>\n<thead><tr><th "
        "scope=\"col\">Field</th><th scope=\"col\">Value</th><th scope=\"col\">Bytes</th><th scope=\"col\">What it is "
        "for</th></tr></thead>\n<tbody>\n",
        escaped(layer.title));
    for (const ExplainedField& field : layer.fields) {
      std::string hex;
      constexpr std::size_t most_octets = 16;
      const Bytes octets = Bytes{layer.octets}.subspan(field.offset, field.length);
      append_octets(hex, octets.first(std::min(octets.size(), most_octets)), " ");
      if (octets.size() > most_octets) hex += " …";
      put("<tr tabindex=\"0\"{}><th scope=\"row\" class=\"d{}\">{}<code>{}</code></th>",
          marks(place(field.offset, field.length)), std::min<unsigned>(field.depth, 3),
          escaped(field.label.empty() ? std::string_view{"line"} : std::string_view{field.label}),
          breakable(field.name));
      put("<td><bdi>{}</bdi>{}{}{}</td><td class=\"hex\">{}</td><td>{}</td></tr>\n",
          escaped(field.value.empty() ? field.label : field.value), field.bits.empty() ? "" : "<code class=\"bits\">",
          escaped(field.bits), field.bits.empty() ? "" : "</code>", hex, escaped(field.purpose));
    }
    put("</tbody>\n</table></div>\n");
  }

  template <class PlaceOf>
  void add_checksum(const ExplainedLayer& layer, PlaceOf place) {
    const ChecksumSteps& steps = *layer.checksum;
    put("<details class=\"sum\">\n<summary>The checksum {:#06x}, worked out</summary>\n", steps.in_packet);
    if (layer.pseudo_header) put("<p>The pseudo-header comes first. {}</p>\n", pseudo_header_purpose);
    put("<div class=\"scroll\"><table class=\"words\">\n<caption>16-bit words added up: {} of "
        "{}</caption>\n<thead><tr><th "
        "scope=\"col\">Word</th><th scope=\"col\">Sum so far</th><th scope=\"col\">What it "
        "is</th></tr></thead>\n<tbody>\n",
        steps.words.size(), escaped(layer.title));
    std::size_t pseudo = 0;
    while (pseudo < steps.words.size() && steps.words[pseudo].part == ChecksumWord::Part::pseudo_header) ++pseudo;
    for (const WordRun& run : shown_words(steps)) {
      if (!run.in_full) {
        put("<tr><td>…</td><td>{:#010x}</td><td>{} words more, {:#x} together</td></tr>\n",
            steps.words[run.first + run.count - 1].sum, run.count, run.sum);
        continue;
      }
      for (std::size_t i = run.first; i < run.first + run.count; ++i) {
        const ChecksumWord& word = steps.words[i];
        std::string at;
        if (i >= pseudo) at = marks(place(static_cast<std::uint32_t>(i - pseudo) * 2, 2));
        put("<tr tabindex=\"0\"{}><td>{:04x}</td><td>{:#010x}</td><td><bdi>{}</bdi></td></tr>\n", at, word.value,
            word.sum, escaped(word_text(word)));
      }
    }
    put("</tbody>\n</table></div>\n<dl class=\"end\">\n");
    for (const ChecksumFold& fold : steps.folds) put("<dt>Carries folded in</dt><dd>{}</dd>\n", fold_text(fold));
    put("<dt>Complement</dt><dd>{}</dd>\n</dl>\n<p class=\"verdict{}\">{}</p>\n</details>\n", complement_text(steps),
        is_wrong(steps) ? " wrong" : "", verdict_text(steps));
  }

  void add_dump(const Dump& dump, const ExplainedMessage& message) {
    const ExplainedPacket& packet = *dump.packet;
    const std::vector<FrameRegion> parts = regions(*dump.segment, packet);
    put("<figure class=\"dump\">\n<figcaption>Frame {} of the capture, {}</figcaption>\n<div class=\"octets\" "
        "id=\"p{}\" role=\"grid\" aria-label=\"Bytes of frame {}\">\n",
        packet.frame, bytes_of(packet.size), dump.number, packet.frame);
    const std::size_t lines = (packet.octets.size() + dump_octets - 1) / dump_octets;
    std::size_t region = 0;
    for (std::size_t i = 0; i < lines; ++i) {
      if (lines > most_dump_lines && i == most_dump_lines - last_dump_lines) {
        put("<div class=\"more\" role=\"row\"><span role=\"gridcell\">{} bytes more</span></div>\n",
            (lines - most_dump_lines) * dump_octets);
        i = lines - last_dump_lines;
      }
      dump_line(packet, parts, region, i * dump_octets);
    }
    put("</div>\n<ul class=\"legend\">");
    for (const FrameRegion& part : parts)
      put("<li class=\"{}\">{} {} B</li>", class_of(part.kind), escaped(part.name), part.length);
    put("</ul>\n<p class=\"sizes\">{}</p>\n</figure>\n", size_line(message, *dump.segment, packet, " → "));
  }

  void dump_line(const ExplainedPacket& packet, const std::vector<FrameRegion>& parts, std::size_t& region,
                 std::size_t begin) {
    const std::size_t end = std::min(begin + dump_octets, packet.octets.size());
    put("<div class=\"row\" role=\"row\"><span class=\"at\" role=\"rowheader\">{:04x}</span><span class=\"cells\">",
        begin);
    std::string text;
    for (std::size_t at = begin; at < end; ++at) {
      while (region < parts.size() && parts[region].offset + std::size_t{parts[region].length} <= at) ++region;
      const auto octet = std::to_integer<unsigned char>(packet.octets[at]);
      const bool is_known = region < parts.size();
      const std::string_view kind = is_known ? class_of(parts[region].kind) : "other";
      const bool is_first = is_known && parts[region].offset == at;
      put("<span class=\"b {}{}\" role=\"gridcell\" tabindex=\"{}\" data-i=\"{}\">{:02x}</span>", kind,
          is_first ? " first" : "", at == 0 ? 0 : -1, at, octet);
      const char shown = octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
      fmt::format_to(std::back_inserter(text), "<span class=\"c\" data-i=\"{}\">{}</span>", at,
                     escaped(std::string_view{&shown, 1}));
    }
    put("</span><span class=\"chars\" aria-hidden=\"true\">{}</span></div>\n", text);
  }

  /// A message for reading: lines stay lines.
  static std::string text_of(Bytes octets) {
    constexpr std::size_t most = 2000;
    std::string out;
    std::string_view text = as_text(octets.first(std::min(octets.size(), most)));
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      const bool has_return = line.ends_with('\r');
      if (has_return) line.remove_suffix(1);
      out += escaped(line);
      if (has_return) out += "<span class=\"control\">\\r</span>";
      if (end == text.size()) break;
      out += "<span class=\"control\">\\n</span>\n";
      text.remove_prefix(end + 1);
    }
    if (octets.size() > most) out += "…";
    return out;
  }

  // --- where octets are in the dumps: "p3:24-25", ends included
  // --------------------------------------------------------

  static std::string marks(const std::string& places) {
    return places.empty() ? std::string{} : fmt::format(" data-at=\"{}\"", places);
  }
  static void add_place(std::string& places, const Dump& dump, std::uint64_t from, std::uint64_t length) {
    if (length == 0) return;
    places += fmt::format("{}p{}:{}-{}", places.empty() ? "" : " ", dump.number, from, from + length - 1);
  }
  [[nodiscard]] std::string in_frame(const ExplainedPacket& packet, std::uint32_t at, std::uint32_t length) const {
    std::string places;
    for (const Dump& dump : dumps_) {
      if (dump.packet == &packet) add_place(places, dump, at, length);
    }
    return places;
  }
  void add_segment_places(std::string& places, const Dump& dump, std::uint64_t offset, std::uint64_t length) const {
    const ExplainedPacket& packet = *dump.packet;
    const std::uint64_t from = std::max<std::uint64_t>(offset, packet.segment_offset);
    const std::uint64_t to =
        std::min<std::uint64_t>(offset + length, std::uint64_t{packet.segment_offset} + packet.segment_size);
    if (from < to) add_place(places, dump, packet.segment_at + from - packet.segment_offset, to - from);
  }
  [[nodiscard]] std::string in_segment(const ExplainedSegment& segment, std::uint32_t offset,
                                       std::uint32_t length) const {
    std::string places;
    for (const Dump& dump : dumps_) {
      if (dump.segment == &segment) add_segment_places(places, dump, offset, length);
    }
    return places;
  }
  [[nodiscard]] std::string in_dumps(const ExplainedMessage& message, std::uint32_t offset,
                                     std::uint32_t length) const {
    std::string places;
    for (const ExplainedSegment& segment : message.segments) {
      const std::uint64_t from = std::max<std::uint64_t>(offset, segment.message_offset);
      const std::uint64_t to =
          std::min<std::uint64_t>(std::uint64_t{offset} + length, segment.message_offset + segment.message_size);
      if (from >= to) continue;
      for (const Dump& dump : dumps_) {
        if (dump.segment == &segment)
          add_segment_places(places, dump, segment.message_at + from - segment.message_offset, to - from);
      }
    }
    return places;
  }

  std::string& out_;
  std::vector<Dump> dumps_;  // of the message at hand
  std::size_t next_dump_ = 0;
};

}  // namespace

void append_explanation_html(std::string& out, const Explanation& explanation) { Page{out}.write(explanation); }

}  // namespace encap
