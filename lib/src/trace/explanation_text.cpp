#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "encap/render/colour.h"
#include "encap/trace/explanation_render.h"
#include "render/text.h"
#include "trace/explanation_words.h"

namespace encap {
namespace {

constexpr std::size_t line_width = 120;
constexpr std::size_t dump_octets = 16;
constexpr std::string_view indent = "  ";

using RegionKind = FrameRegion::Kind;

constexpr std::array<std::string_view, 5> region_colours = {"\x1b[35m", "\x1b[34m", "\x1b[36m", "\x1b[32m", "\x1b[90m"};
std::string_view colour_of(RegionKind kind) noexcept { return region_colours[static_cast<std::size_t>(kind)]; }

RegionKind region_of(ExplainedLayer::Kind kind) noexcept {
  using Kind = ExplainedLayer::Kind;
  return kind == Kind::link        ? RegionKind::link
         : kind == Kind::network   ? RegionKind::network
         : kind == Kind::transport ? RegionKind::transport
                                   : RegionKind::message;
}

/// Characters of a UTF-8 text, each taken for one column.
std::size_t width_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string shown(std::string_view text, std::size_t most) {
  std::string whole;
  append_shown(whole, text);
  if (width_of(whole) <= most) return whole;
  std::size_t end = 0;
  for (std::size_t columns = 0; end < whole.size(); ++end) {
    if ((static_cast<unsigned char>(whole[end]) & 0xc0) != 0x80 && ++columns == most) break;
  }
  return whole.substr(0, end) + "…";
}

std::string name_of(const ExplainedField& field) {
  if (!field.name.empty()) return std::string{field.name};
  return field.label.empty() ? "(line)" : '(' + field.label + ')';
}

void pad(std::string& out, std::size_t columns) { out.append(columns, ' '); }

class LineWriter {
 public:
  LineWriter(std::string& out, bool colour) : out_{out}, colour_{colour} {}

  void line(std::string_view text) {
    if (!text.empty()) {
      out_ += indent;
      append_shown(out_, text);
    }
    out_ += '\n';
  }
  void title(std::string_view text) { coloured("\x1b[1m", text, true); }
  void heading(std::string_view text, RegionKind kind) {
    out_ += '\n';
    out_ += indent;
    coloured(colour_of(kind), text, true);
  }

  /// Text over several lines, of which all but the first are indented by `column`.
  void wrapped(std::string_view text, std::size_t column) {
    const std::size_t room = line_width - column;
    while (text.size() > room) {
      std::size_t cut = text.rfind(' ', room);
      if (cut == std::string_view::npos) cut = room;
      out_ += text.substr(0, cut);
      out_ += '\n';
      pad(out_, column);
      text.remove_prefix(std::min(text.size(), cut + 1));
    }
    out_ += text;
    out_ += '\n';
  }
  void sentence(std::string_view text) {
    out_ += indent;
    wrapped(text, indent.size());
  }

  void fields(const ExplainedLayer& layer) {
    if (layer.fields.empty()) return;
    struct Cells {
      std::string name, value, octets;
    };
    std::vector<Cells> rows{{"field", "value", "bytes"}};
    for (const ExplainedField& field : layer.fields) {
      constexpr std::size_t most_octets = 6;
      const Bytes octets = Bytes{layer.octets}.subspan(field.offset, field.length);
      Cells cells;
      cells.name = std::string(field.depth * std::size_t{2}, ' ') + name_of(field);
      std::string value = field.value.empty() ? field.label : field.value;
      if (!field.bits.empty() && field.bits.size() <= 9) value = fmt::format("{} = {}", field.bits, value);
      cells.value = shown(value, 34);
      append_octets(cells.octets, octets.first(std::min(octets.size(), most_octets)), " ");
      if (octets.size() > most_octets) cells.octets += " …";
      rows.push_back(std::move(cells));
    }
    std::array<std::size_t, 3> widths{};
    for (const Cells& cells : rows) {
      widths[0] = std::max(widths[0], width_of(cells.name));
      widths[1] = std::max(widths[1], width_of(cells.value));
      widths[2] = std::max(widths[2], width_of(cells.octets));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      out_ += indent;
      out_ += indent;
      std::size_t column = 2 * indent.size();
      const auto cell = [&](const std::string& text, std::size_t width) {
        out_ += text;
        pad(out_, width - width_of(text) + 2);
        column += width + 2;
      };
      cell(rows[i].name, widths[0]);
      cell(rows[i].value, widths[1]);
      cell(rows[i].octets, widths[2]);
      wrapped(i == 0 ? std::string_view{"what it is for"} : layer.fields[i - 1].purpose, column);
    }
  }

  void checksum(const ChecksumSteps& steps) {
    out_ += '\n';
    line("The checksum, worked out: add up 16-bit words, fold the carries in, take the complement.");
    out_ += "    word   sum so far  what it is\n";
    for (const WordRun& run : shown_words(steps)) {
      if (!run.in_full) {
        out_ += fmt::format("    ...    {:#010x}  message: {} words more, {:#x} together\n",
                            steps.words[run.first + run.count - 1].sum, run.count, run.sum);
        continue;
      }
      for (std::size_t i = run.first; i < run.first + run.count; ++i) {
        const ChecksumWord& word = steps.words[i];
        out_ += fmt::format("    {:04x}   {:#010x}  {}\n", word.value, word.sum, shown(word_text(word), 100));
      }
    }
    for (const ChecksumFold& fold : steps.folds) out_ += "    carries folded in: " + fold_text(fold) + '\n';
    out_ += "    complement: " + complement_text(steps) + '\n';
    out_ += "    " + verdict_text(steps) + '\n';
  }

  void layer(std::string_view heading_text, const ExplainedLayer& layer) {
    heading(heading_text, region_of(layer.kind));
    sentence(layer.purpose);
    fields(layer);
    if (layer.checksum && !layer.checksum->is_absent) checksum(*layer.checksum);
  }

  /// The octets sixteen to a line, those of one region told apart from those of the next.
  void dump(Bytes octets, const std::vector<FrameRegion>& regions) {
    constexpr std::size_t most_lines = 40;
    constexpr std::size_t last_lines = 4;
    const std::size_t lines = (octets.size() + dump_octets - 1) / dump_octets;
    std::size_t region = 0;
    for (std::size_t i = 0; i < lines; ++i) {
      if (lines > most_lines && i == most_lines - last_lines) {
        const std::size_t left_out = (lines - most_lines) * dump_octets;
        out_ += fmt::format("    ...    {} bytes more\n", left_out);
        i = lines - last_lines;
      }
      dump_line(octets, regions, region, i * dump_octets);
    }
  }
  void legend(const std::vector<FrameRegion>& regions) {
    out_ += "    ";
    pad(out_, 6);
    for (std::size_t i = 0; i < regions.size(); ++i) {
      if (i != 0) out_ += colour_ ? "  " : " | ";
      coloured(colour_of(regions[i].kind), fmt::format("{} {} B", regions[i].name, regions[i].length), false);
    }
    out_ += '\n';
  }

 private:
  void coloured(std::string_view colour, std::string_view text, bool ends_line) {
    if (colour_) out_ += colour;
    append_shown(out_, text);
    if (colour_) out_ += colour_end;
    if (ends_line) out_ += '\n';
  }

  void dump_line(Bytes octets, const std::vector<FrameRegion>& regions, std::size_t& region, std::size_t begin) {
    const std::size_t end = std::min(begin + dump_octets, octets.size());
    out_ += fmt::format("    {:04x} ", begin);
    const auto find_region = [&](std::size_t at) {
      while (region < regions.size() && regions[region].offset + std::size_t{regions[region].length} <= at) ++region;
    };
    const std::size_t first_region = region;
    for (std::size_t at = begin; at < begin + dump_octets; ++at) {
      find_region(at);
      const bool is_start = at < octets.size() && region < regions.size() && regions[region].offset == at;
      const bool is_past = at == octets.size() && at > begin;
      out_ += colour_ ? ' ' : is_past ? ']' : is_start ? (at == 0 ? '[' : '|') : ' ';
      if (at >= end) {
        out_ += "  ";
        continue;
      }
      if (colour_ && region < regions.size()) out_ += colour_of(regions[region].kind);
      append_octets(out_, octets.subspan(at, 1), "");
      if (colour_) out_ += colour_end;
    }
    out_ += !colour_ && end == octets.size() && end == begin + dump_octets ? "]  " : "   ";
    region = first_region;
    for (std::size_t at = begin; at < end; ++at) {
      find_region(at);
      const auto octet = std::to_integer<unsigned char>(octets[at]);
      if (colour_ && region < regions.size()) out_ += colour_of(regions[region].kind);
      out_ += octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
      if (colour_) out_ += colour_end;
    }
    out_ += '\n';
  }

  std::string& out_;
  bool colour_;
};

std::string bytes_of(std::uint64_t count) { return fmt::format("{} byte{}", count, count == 1 ? "" : "s"); }

void append_packet(LineWriter& writer, const ExplainedMessage& message, const ExplainedSegment& segment,
                   std::size_t index) {
  const ExplainedPacket& packet = segment.packets[index];
  for (auto layer = packet.layers.rbegin(); layer != packet.layers.rend(); ++layer) {
    writer.layer(fmt::format("{} header: {}, {}", layer->kind == ExplainedLayer::Kind::network ? "Network" : "Link",
                             layer->title, bytes_of(layer->octets.size())),
                 *layer);
  }
  writer.line("");
  writer.line(fmt::format("Frame {} of the capture, {}:", packet.frame, bytes_of(packet.size)));
  const std::vector<FrameRegion> parts = regions(segment, packet);
  writer.dump(packet.octets, parts);
  writer.legend(parts);
  writer.line("");
  writer.line(size_line(message, segment, packet, " -> "));
}

void append_segment(LineWriter& writer, const ExplainedMessage& message, std::size_t index) {
  const ExplainedSegment& segment = message.segments[index];
  if (message.segments.size() > 1) {
    writer.line("");
    std::string line = segment_line(message, index);
    line[0] = static_cast<char>(line[0] - 'a' + 'A');
    if (!segment.in_full)
      return writer.line(line + "; " + size_line(message, segment, segment.packets.front(), " -> "));
    writer.title("--- " + line);
  }
  if (!segment.header.octets.empty()) {
    const ExplainedLayer& header = segment.header;
    writer.heading(fmt::format("Transport header: {}, {} in front make a {} of {}", header.title,
                               bytes_of(header.octets.size()), unit_name(message.transport), segment.size),
                   RegionKind::transport);
    writer.sentence(header.purpose);
    writer.fields(header);
    if (header.pseudo_header && header.checksum && !header.checksum->is_absent) {
      const PseudoHeader& pseudo = *header.pseudo_header;
      writer.heading(fmt::format("Pseudo-header: {} -> {}, protocol {}, length {}", to_string(pseudo.source),
                                 to_string(pseudo.destination), static_cast<unsigned>(pseudo.protocol), pseudo.length),
                     RegionKind::transport);
      writer.sentence(pseudo_header_purpose);
    }
    if (header.checksum && !header.checksum->is_absent) writer.checksum(*header.checksum);
  }
  for (std::size_t i = 0; i < segment.packets.size(); ++i) {
    if (segment.packets.size() > 1) {
      writer.line("");
      std::string line = fragment_line(message, segment, i);
      line[0] = static_cast<char>(line[0] - 'a' + 'A');
      if (!segment.packets[i].in_full) {
        writer.line(line + "; " + size_line(message, segment, segment.packets[i], " -> "));
        continue;
      }
      writer.title("--- " + line);
    }
    append_packet(writer, message, segment, i);
  }
}

void append_message(LineWriter& writer, const Explanation& explanation, const ExplainedMessage& message) {
  writer.title(fmt::format("{} ({})", message_title(message), message_rows(explanation, message)));
  writer.line(message_way(message));
  for (const std::string& sentence : connection_sentences(message)) writer.line(sentence);
  writer.heading(fmt::format("The message: {}", bytes_of(message.octets.size())), RegionKind::message);
  const FrameRegion whole{RegionKind::message, "message", 0, static_cast<std::uint32_t>(message.octets.size())};
  writer.dump(message.octets, {whole});
  for (const ExplainedLayer& layer : message.application) {
    writer.heading(fmt::format("{} in it", layer.title), RegionKind::message);
    writer.sentence(layer.purpose);
    writer.fields(layer);
  }
  for (std::size_t i = 0; i < message.segments.size(); ++i) append_segment(writer, message, i);
}

}  // namespace

void append_explanation_text(std::string& out, const Explanation& explanation, bool colour) {
  LineWriter writer{out, colour};
  bool is_first = true;
  for (const ExplainedMessage& message : explanation.messages) {
    if (!is_first) out += '\n';
    is_first = false;
    append_message(writer, explanation, message);
  }
  if (explanation.left_out != 0) out += fmt::format("\nand {} messages more\n", explanation.left_out);
}

}  // namespace encap
