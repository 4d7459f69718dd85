#include "dissect/protocols/frame.h"

#include <algorithm>

#include "dissect/encapsulations.h"
#include "dissect/plain_front.h"

// Not shown: the direction and the other packet flags of pcapng, which records do not carry; tshark's colouring rules.

namespace encap {
namespace {

constexpr Field comment{"frame.comment", "Comment", FieldType::string};
constexpr Note comment_note{
    {"frame.comment.expert", "Formatted comment", FieldType::none}, Severity::comment, "Comment"};
constexpr Field section_number{"frame.section_number", "Section number", FieldType::uint32};
constexpr Field interface_id{"frame.interface_id", "Interface id", FieldType::uint32};
constexpr Field interface_name{"frame.interface_name", "Interface name", FieldType::string};
constexpr Field interface_description{"frame.interface_description", "Interface description", FieldType::string};
constexpr Field encap_type{"frame.encap_type", "Encapsulation type", FieldType::uint32};
constexpr Field time{"frame.time", "Arrival Time", FieldType::absolute_time};
constexpr Field offset_shift{"frame.offset_shift", "Time shift for this packet", FieldType::relative_time};
constexpr Field time_epoch{"frame.time_epoch", "Epoch Time", FieldType::relative_time};
constexpr Field time_delta{"frame.time_delta", "Time delta from previous captured frame", FieldType::relative_time};
constexpr Field time_delta_displayed{"frame.time_delta_displayed", "Time delta from previous displayed frame",
                                     FieldType::relative_time};
constexpr Field time_relative{"frame.time_relative", "Time since reference or first frame", FieldType::relative_time};
constexpr Field number{"frame.number", "Frame Number", FieldType::uint32};
constexpr Field len{"frame.len", "Frame length on the wire", FieldType::uint32};
constexpr Field cap_len{"frame.cap_len", "Frame length stored into the capture file", FieldType::uint32};
constexpr Note shorter_than_captured{
    {"frame.len_lt_caplen", "Frame length is less than captured length", FieldType::none},
    Severity::error,
    "Malformed"};
constexpr Field marked{"frame.marked", "Frame is marked", FieldType::boolean};
constexpr Field ignored{"frame.ignored", "Frame is ignored", FieldType::boolean};
constexpr Field protocols{"frame.protocols", "Protocols in frame", FieldType::string};
constexpr const Field* fields[] = {&comment,
                                   &comment_note.field,
                                   &section_number,
                                   &interface_id,
                                   &interface_name,
                                   &interface_description,
                                   &encap_type,
                                   &time,
                                   &offset_shift,
                                   &time_epoch,
                                   &time_delta,
                                   &time_delta_displayed,
                                   &time_relative,
                                   &number,
                                   &len,
                                   &cap_len,
                                   &shorter_than_captured.field,
                                   &marked,
                                   &ignored,
                                   &protocols};

std::uint32_t dissect_nothing(Packet&, const Octets&) { return 0; }

constexpr ProtocolInfo comments_protocol{
    {"pkt_comment", "Packet comments", FieldType::protocol}, "Pkt_Comment", dissect_nothing, {}, {}};

std::uint64_t nanoseconds(Duration duration) noexcept { return static_cast<std::uint64_t>(duration.count()); }

}  // namespace

extern const ProtocolInfo frame_protocol{{"frame", "Frame", FieldType::protocol}, "Frame", dissect_nothing, {}, fields};

namespace {

void add_comments(Packet& p, const PacketRecord& record, const Octets& in) {
  if (record.comments.empty()) return;
  const ItemId layer = p.add_layer(comments_protocol, in, 0, 0);
  for (const std::string_view text : record.comments) {
    const ItemId id = p.add_string(layer, comment, in, 0, 0, text);
    p.set_text(id, text);
    p.note(id, comment_note, text);
  }
}

// The frame's own items. Returns the one that names the layers, once they are known.
ItemId add_frame(Packet& p, const PacketRecord& record, const Encapsulation* link, const Octets& in) {
  const auto captured = in.captured;
  const std::uint32_t original = record.original_length;
  const std::string_view on_wire =
      p.text("{} byte{} on wire ({} bits)", original, plural(original), original * std::uint64_t{8});
  const std::string_view kept =
      p.text("{} byte{} captured ({} bits)", captured, plural(captured), captured * std::uint64_t{8});
  const ItemId frame = p.add_layer(frame_protocol, in, 0, captured);
  if (const CaptureInterface* from = record.interface; from != nullptr) {
    const std::string_view name = !from->name.empty()          ? std::string_view{from->name}
                                  : !from->description.empty() ? std::string_view{from->description}
                                                               : "unknown";
    p.set_text(frame,
               p.text("Frame {}: {}, {} on interface {}, id {}", p.frame_number(), on_wire, kept, name, from->id));
    p.add(frame, section_number, in, 0, 0, from->section + 1);
    const ItemId id = p.add(frame, interface_id, in, 0, 0, from->id);
    p.set_text(id, p.text("Interface id: {} ({})", from->id, name));
    p.add_string(id, interface_name, in, 0, 0, name);
    if (!from->description.empty()) p.add_string(id, interface_description, in, 0, 0, from->description);
  } else {
    p.set_text(frame, p.text("Frame {}: {}, {}", p.frame_number(), on_wire, kept));
  }
  if (link != nullptr) {
    p.set_text(p.add(frame, encap_type, in, 0, 0, link->number),
               p.text("Encapsulation type: {} ({})", link->name, link->number));
  }
  if (record.has_timestamp) {
    const auto at = static_cast<std::uint64_t>(record.timestamp.nanoseconds);
    p.add(frame, time, in, 0, 0, at);
    p.generated(p.add(frame, offset_shift, in, 0, 0, 0));
    p.add(frame, time_epoch, in, 0, 0, at);
    p.generated(p.add(frame, time_delta, in, 0, 0, nanoseconds(p.out.since_previous_captured)));
    p.generated(p.add(frame, time_delta_displayed, in, 0, 0, nanoseconds(p.out.since_previous_displayed)));
    p.generated(p.add(frame, time_relative, in, 0, 0, nanoseconds(p.out.since_first)));
  }
  p.add(frame, number, in, 0, 0, p.frame_number());
  const ItemId length = p.add(frame, len, in, 0, 0, original);
  p.set_text(length,
             p.text("Frame Length: {} byte{} ({} bits)", original, plural(original), original * std::uint64_t{8}));
  if (original < captured) p.note(length, shorter_than_captured);
  p.set_text(p.add(frame, cap_len, in, 0, 0, captured),
             p.text("Capture Length: {} byte{} ({} bits)", captured, plural(captured), captured * std::uint64_t{8}));
  p.generated(p.add(frame, marked, in, 0, 0, 0));
  p.generated(p.add(frame, ignored, in, 0, 0, 0));
  return p.generated(p.add_string(frame, protocols, in, 0, 0, {}));
}

}  // namespace

void dissect_frame(Packet& p, const PacketRecord& record) {
  Octets in = p.add_source("Frame", record.bytes);
  in.reported = in.contained = std::max(record.original_length, in.captured);
  const auto link_type = static_cast<std::uint16_t>(record.link_type);

  ItemId names = ItemId::none;
  p.protocol_name = frame_protocol.short_name;
  add_comments(p, record, in);
  if (p.takes_items()) {
    names = add_frame(p, record, find_encapsulation(link_type), in);
    if (p.out.wants_layers) p.out.facts.layers.pop_back();  // what the frame holds counts, not the frame
  } else if (record.original_length < in.captured) {
    p.note(ItemId::none, shorter_than_captured);
  }

  p.guard([&] {
    if (dissect_plain_front(p, in)) return;
    const Encapsulation* const link = find_encapsulation(link_type);
    if (const ProtocolInfo* protocol = find_protocol(Table::link_type, link_type)) {
      p.call(*protocol, in);
    } else if (link == nullptr || !link->has_protocol) {
      p.set_protocol("UNKNOWN");
      if (link != nullptr) p.append_info_format("WTAP_ENCAP = {}", link->number);
      p.call_data(in);
    }
    // One that has a protocol which is not ours stays as it is.
  });

  if (names != ItemId::none) {
    const std::string_view layers = p.out.arena.copy(p.layer_names());
    p.out.at(names).data = layers.data();
    p.out.at(names).size = static_cast<std::uint32_t>(layers.size());
  }
}

}  // namespace encap
