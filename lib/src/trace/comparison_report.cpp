#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "encap/base/input_error.h"
#include "encap/trace/capture_comparison.h"
#include "trace/json_members.h"
#include "trace/report_words.h"

namespace encap {
namespace {

using trace::counted;
using trace::ends_text;
using trace::flag;
using trace::Json;
using trace::key;
using trace::member;
using trace::value;

constexpr std::size_t differences_in_full = 20;
constexpr std::size_t lone_in_full = 10;
constexpr std::size_t longest_text = 4096;
constexpr std::size_t narrowest_column = 14;
constexpr std::size_t widest_column = 48;

std::string field_name(std::string_view field, bool is_step) {
  return is_step ? fmt::format("{}, step", field) : std::string{field};
}

/// What stands for a field that a packet has not.
std::string_view shown(const std::string& value) noexcept { return value.empty() ? std::string_view{"-"} : value; }

/// What the difference is worth.
std::string_view remark(bool by_nature) noexcept { return by_nature ? "by nature" : ""; }
/// `33 differ by nature`, `4 differ, 33 by nature`
std::string remark(const FieldAgreement& field) {
  const std::uint64_t differ = field.packets - field.agree - field.by_nature;
  if (differ == 0) return field.by_nature == 0 ? "" : fmt::format("{} differ by nature", field.by_nature);
  return fmt::format("{} differ", differ) +
         (field.by_nature == 0 ? "" : fmt::format(", {} by nature", field.by_nature));
}

void append_padded(std::string& out, std::string_view text, std::size_t width) {
  out += text;
  out.append(text.size() < width ? width - text.size() : 0, ' ');
}

void end_line(std::string& out) {
  while (!out.empty() && out.back() == ' ') out.pop_back();
  out += '\n';
}

std::string capture_line(const ComparedCapture& capture) {
  std::string text = fmt::format("{}: {} in {}", printable(capture.name, longest_text),
                                 counted(capture.compared, "packet"), counted(capture.conversations, "conversation"));
  for (std::size_t i = 0; i < capture.links.size(); ++i)
    text += fmt::format("{}{}", i == 0 ? " over " : " and ", capture.links[i]);
  if (capture.others != 0) text += fmt::format("; {} not of TCP or UDP, or not whole", capture.others);
  if (capture.beyond != 0) text += fmt::format("; {} more behind the bound, not compared", capture.beyond);
  if (capture.without_payload != 0)
    text += fmt::format("; the payload of {} is beyond the bound, not compared", capture.without_payload);
  return text;
}

/// Without its folders.
std::string file_name(const ComparedCapture& capture) {
  return printable(std::string_view{capture.name}.substr(capture.name.rfind('/') + 1), widest_column);
}

// The table of fields.

struct Row {
  std::string field;
  std::string agree;
  BothSides<std::string> values;
  std::string frames;
  std::string remark;
};

void append_fields(std::string& out, const CaptureComparison& comparison) {
  std::vector<Row> rows;
  rows.push_back(
      {"Field", "Agree", {file_name(comparison.capture(0)), file_name(comparison.capture(1))}, "Frames", {}});
  for (const FieldAgreement& field : comparison.fields()) {
    rows.push_back({field_name(field.field, field.is_step),
                    fmt::format("{} of {}", field.agree, field.packets),
                    {std::string{shown(field.values[0])}, std::string{shown(field.values[1])}},
                    fmt::format("{}, {}", field.frames[0], field.frames[1]),
                    remark(field)});
  }
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows) {
    const std::array<std::size_t, 5> here{row.field.size(), row.agree.size(), row.values[0].size(),
                                          row.values[1].size(), row.frames.size()};
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], std::min(here[i], widest_column));
  }
  for (const Row& row : rows) {
    append_padded(out, row.field, widths[0] + 2);
    append_padded(out, row.agree, widths[1] + 2);
    append_padded(out, row.values[0], widths[2] + 2);
    append_padded(out, row.values[1], widths[3] + 2);
    append_padded(out, row.frames, widths[4] + 2);
    out += row.remark;
    end_line(out);
  }
}

// Packets.

/// `frame 4  0.000250  →  data, 46 octets from 1`
std::string packet_text(const ComparedPacket& packet) {
  std::string text =
      fmt::format("frame {}  {:.6f}  {}  {}", packet.frame, static_cast<double>(packet.time.count()) / 1e9,
                  packet.from_client ? "->" : "<-", name_of(packet.kind));
  if (packet.kind == PacketKind::ack) text += fmt::format(" {}", packet.acknowledgment_number);
  if (packet.length == 0) return text;
  text += ", " + counted(packet.length, "octet");
  return packet.kind == PacketKind::datagram ? text : text + fmt::format(" from {}", packet.sequence_number);
}

class TextReport {
 public:
  TextReport(std::string& out, const CaptureComparison& comparison, bool everything,
             const std::function<void()>& written)
      : out_{out}, comparison_{comparison}, everything_{everything}, written_{written} {}

  void append() {
    for (std::size_t side = 0; side < 2; ++side) out_ += capture_line(comparison_.capture(side)) + '\n';
    append_counts();
    if (comparison_.aligned() != 0) {
      out_ += '\n';
      append_fields(out_, comparison_);
    }
    const auto& conversations = comparison_.conversations();
    for (std::size_t i = 0; i < conversations.size(); ++i) append_conversation(i);
    if (untold_ != 0 || untold_lonely_ != 0) {
      out_ += "\nand " + counted(untold_, "more difference");
      if (untold_lonely_ != 0) out_ += ", " + counted(untold_lonely_, "more packet") + " without a partner";
      out_ += "; -V shows them all\n";
    }
    for (std::size_t side = 0; side < 2; ++side) append_lone(side);
  }

 private:
  void append_counts() {
    std::array<std::uint64_t, 3> by{};
    for (const ComparedConversation& talk : comparison_.conversations()) ++by[static_cast<std::size_t>(talk.paired_by)];
    const std::uint64_t paired = comparison_.conversations().size();
    out_ += counted(paired, "conversation") + " in both";
    std::string how;
    for (std::size_t i = 0; i < by.size(); ++i) {
      if (by[i] == 0) continue;
      how += fmt::format("{}{} by {}", how.empty() ? ": " : ", ", by[i],
                         name_of(static_cast<ComparedConversation::PairedBy>(i)));
    }
    BothSides<std::uint64_t> lonely{};
    for (const ComparedConversation& talk : comparison_.conversations()) {
      for (std::size_t side = 0; side < 2; ++side) lonely[side] += talk.packets[side] - talk.aligned;
    }
    out_ += how + fmt::format("; {} aligned, {} and {} without a partner\n",
                              counted(comparison_.aligned(), "pair") + " of packets", lonely[0], lonely[1]);
  }

  [[nodiscard]] bool tells_more() const noexcept { return everything_ || told_ < differences_in_full; }

  void append_conversation(std::size_t number) {
    const ComparedConversation& talk = comparison_.conversations()[number];
    std::uint64_t lonely = talk.packets[0] + talk.packets[1] - 2 * talk.aligned;
    if (!tells_more()) {
      untold_ += talk.differences;
      untold_lonely_ += lonely;
      return;
    }
    if (!everything_ && talk.differences == 0 && lonely == 0) return;
    out_ += fmt::format("\n{} {}", trace::name_of(talk.transport), ends_text(talk.routes[0]));
    if (talk.routes[0] != talk.routes[1]) {
      out_ += fmt::format(" and {}, paired by {}", ends_text(talk.routes[1]), name_of(talk.paired_by));
    }
    out_ += fmt::format(": {} and {} packets, {} aligned, {} and {} by nature\n", talk.packets[0], talk.packets[1],
                        talk.aligned, counted(talk.differences, "difference"), talk.by_nature);
    for (const AlignedPackets& pair : talk.pairs) {
      if (pair.is_pair()) {
        append_pair(pair);
      } else {
        append_lonely(number, pair);
      }
      if (written_) written_();
    }
  }

  void append_pair(const AlignedPackets& pair) {
    comparison_.differences(pair, differences_);
    if (!everything_) std::erase_if(differences_, [](const FieldDifference& one) { return one.by_nature; });
    if (differences_.empty() && !everything_) return;
    if (!tells_more()) {
      untold_ += differences_.size();
      return;
    }
    append_columns(packet_text(comparison_.packet(0, pair.packets[0])),
                   packet_text(comparison_.packet(1, pair.packets[1])));
    for (const FieldDifference& one : differences_) {
      if (!tells_more()) {
        ++untold_;
        continue;
      }
      if (!one.by_nature) ++told_;
      out_ += "    ";
      append_padded(out_, field_name(one.field, one.is_step), field_width);
      append_padded(out_, shown(one.values[0]), column - field_width - 2);
      out_ += "  ";
      append_padded(out_, shown(one.values[1]), narrowest_column);
      out_ += "  ";
      out_ += remark(one.by_nature);
      end_line(out_);
    }
  }

  void append_lonely(std::size_t conversation, const AlignedPackets& pair) {
    if (!tells_more()) {
      ++untold_lonely_;
      return;
    }
    ++told_;
    const std::size_t side = pair.packets[0] == AlignedPackets::none ? 1 : 0;
    const std::uint32_t index = pair.packets[side];
    const std::uint64_t frame = comparison_.frame_with_octets_of(conversation, side, index);
    const std::string absent = frame == 0 ? "(none)" : fmt::format("(none: its octets begin in frame {})", frame);
    const std::string text = packet_text(comparison_.packet(side, index));
    append_columns(side == 0 ? text : absent, side == 0 ? absent : text);
  }

  void append_columns(std::string_view left, std::string_view right) {
    out_ += "  ";
    append_padded(out_, left, column);
    out_ += "  ";
    out_ += right;
    end_line(out_);
  }

  void append_lone(std::size_t side) {
    const std::vector<LoneConversation>& lone = comparison_.only_in(side);
    if (lone.empty()) return;
    out_ += fmt::format("\n{} only in {}\n", counted(lone.size(), "conversation"),
                        printable(comparison_.capture(side).name, longest_text));
    const std::size_t count = everything_ ? lone.size() : std::min(lone.size(), lone_in_full);
    for (std::size_t i = 0; i < count; ++i) {
      out_ += fmt::format("  {} {}, {}\n", trace::name_of(lone[i].transport), ends_text(lone[i].route),
                          counted(lone[i].packets, "packet"));
      if (written_) written_();
    }
    if (count != lone.size()) out_ += fmt::format("  and {} more\n", lone.size() - count);
  }

  static constexpr std::size_t field_width = 34;
  static constexpr std::size_t column = 60;

  std::string& out_;
  const CaptureComparison& comparison_;
  bool everything_;
  const std::function<void()>& written_;
  std::vector<FieldDifference> differences_;
  std::uint64_t told_ = 0;
  std::uint64_t untold_ = 0;
  std::uint64_t untold_lonely_ = 0;
};

class JsonReport {
 public:
  JsonReport(std::string& out, const CaptureComparison& comparison, const std::function<void()>& written)
      : out_{out}, comparison_{comparison}, written_{written} {}

  void append() {
    json_.StartObject();
    key(json_, "captures");
    json_.StartArray();
    for (std::size_t side = 0; side < 2; ++side) append_capture(comparison_.capture(side));
    json_.EndArray();
    member(json_, "aligned", comparison_.aligned());
    key(json_, "fields");
    json_.StartArray();
    for (const FieldAgreement& field : comparison_.fields()) append_field(field);
    json_.EndArray();
    key(json_, "conversations");
    json_.StartArray();
    for (std::size_t i = 0; i < comparison_.conversations().size(); ++i) append_conversation(i);
    json_.EndArray();
    key(json_, "only_in");
    json_.StartArray();
    for (std::size_t side = 0; side < 2; ++side) {
      json_.StartArray();
      for (const LoneConversation& lone : comparison_.only_in(side)) {
        json_.StartObject();
        append_ends(lone.transport, lone.route);
        member(json_, "packets", lone.packets);
        json_.EndObject();
        hand_over();
      }
      json_.EndArray();
    }
    json_.EndArray();
    json_.EndObject();
    hand_over();
    out_ += '\n';
  }

 private:
  void hand_over() {
    out_.append(buffer_.GetString(), buffer_.GetSize());
    buffer_.Clear();
    if (written_) written_();
  }

  void append_capture(const ComparedCapture& capture) {
    json_.StartObject();
    member(json_, "name", printable(capture.name, longest_text));
    member(json_, "packets", capture.packets);
    member(json_, "compared", capture.compared);
    member(json_, "others", capture.others);
    member(json_, "beyond_bound", capture.beyond);
    member(json_, "payload_beyond_bound", capture.without_payload);
    member(json_, "conversations", capture.conversations);
    key(json_, "links");
    json_.StartArray();
    for (const std::string_view link : capture.links) value(json_, link);
    json_.EndArray();
    flag(json_, "damaged", capture.damage.has_value());
    json_.EndObject();
  }

  /// Null: the packet has no such field.
  void append_values(const BothSides<std::string>& values) {
    key(json_, "values");
    json_.StartArray();
    for (const std::string& one : values) {
      if (one.empty()) {
        json_.Null();
      } else {
        value(json_, one);
      }
    }
    json_.EndArray();
  }

  void append_field(const FieldAgreement& field) {
    json_.StartObject();
    member(json_, "field", field.field);
    flag(json_, "step", field.is_step);
    member(json_, "packets", field.packets);
    member(json_, "agree", field.agree);
    member(json_, "differ", field.packets - field.agree - field.by_nature);
    member(json_, "differ_by_nature", field.by_nature);
    append_numbers("frames", field.frames);
    append_values(field.values);
    json_.EndObject();
  }

  void append_numbers(std::string_view name, const BothSides<std::uint64_t>& numbers) {
    key(json_, name);
    json_.StartArray();
    for (const std::uint64_t number : numbers) json_.Uint64(number);
    json_.EndArray();
  }

  void append_ends(Transport transport, const Route& route) {
    member(json_, "transport", trace::name_of(transport));
    member(json_, "client", to_string(route.source));
    member(json_, "server", to_string(route.destination));
  }

  void append_conversation(std::size_t number) {
    const ComparedConversation& talk = comparison_.conversations()[number];
    json_.StartObject();
    member(json_, "transport", trace::name_of(talk.transport));
    member(json_, "paired_by", name_of(talk.paired_by));
    key(json_, "client");
    json_.StartArray();
    for (const Route& route : talk.routes) value(json_, to_string(route.source));
    json_.EndArray();
    key(json_, "server");
    json_.StartArray();
    for (const Route& route : talk.routes) value(json_, to_string(route.destination));
    json_.EndArray();
    append_numbers("packets", talk.packets);
    member(json_, "aligned", talk.aligned);
    member(json_, "differences", talk.differences);
    member(json_, "differences_by_nature", talk.by_nature);
    key(json_, "pairs");
    json_.StartArray();
    for (const AlignedPackets& pair : talk.pairs) {
      append_pair(number, pair);
      hand_over();
    }
    json_.EndArray();
    json_.EndObject();
    hand_over();
  }

  void append_pair(std::size_t conversation, const AlignedPackets& pair) {
    json_.StartObject();
    key(json_, "packets");
    json_.StartArray();
    for (std::size_t side = 0; side < 2; ++side) append_packet(side, pair.packets[side]);
    json_.EndArray();
    if (pair.is_pair()) {
      comparison_.differences(pair, differences_);
      key(json_, "differences");
      json_.StartArray();
      for (const FieldDifference& one : differences_) {
        json_.StartObject();
        member(json_, "field", one.field);
        flag(json_, "step", one.is_step);
        flag(json_, "by_nature", one.by_nature);
        append_values(one.values);
        json_.EndObject();
      }
      json_.EndArray();
    } else {
      const std::size_t side = pair.packets[0] == AlignedPackets::none ? 1 : 0;
      const std::uint64_t frame = comparison_.frame_with_octets_of(conversation, side, pair.packets[side]);
      key(json_, "octets_begin_in_frame");
      if (frame == 0) {
        json_.Null();
      } else {
        json_.Uint64(frame);
      }
    }
    json_.EndObject();
  }

  void append_packet(std::size_t side, std::uint32_t index) {
    if (index == AlignedPackets::none) {
      json_.Null();
      return;
    }
    const ComparedPacket packet = comparison_.packet(side, index);
    json_.StartObject();
    member(json_, "frame", packet.frame);
    key(json_, "time");
    const std::string time = fmt::format("{:.9f}", static_cast<double>(packet.time.count()) / 1e9);
    json_.RawValue(time.data(), time.size(), rapidjson::kNumberType);
    flag(json_, "from_client", packet.from_client);
    member(json_, "kind", name_of(packet.kind));
    member(json_, "seq", packet.sequence_number);
    member(json_, "ack", packet.acknowledgment_number);
    member(json_, "length", packet.length);
    json_.EndObject();
  }

  std::string& out_;
  const CaptureComparison& comparison_;
  const std::function<void()>& written_;
  rapidjson::StringBuffer buffer_;
  Json json_{buffer_};
  std::vector<FieldDifference> differences_;
};

}  // namespace

void append_text(std::string& out, const CaptureComparison& comparison, const ComparisonText& how,
                 const std::function<void()>& written) {
  TextReport{out, comparison, how.everything, written}.append();
}

void append_json(std::string& out, const CaptureComparison& comparison, const std::function<void()>& written) {
  JsonReport{out, comparison, written}.append();
}

}  // namespace encap
