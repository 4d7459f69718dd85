#include "dissect/packet.h"

#include <algorithm>
#include <cstring>

#include "dissect/plain_format.h"
#include "dissect/text.h"

namespace encap {
namespace {

constexpr Note malformed_note{
    {"_ws.malformed.expert", "Malformed Packet (Exception occurred)", FieldType::none}, Severity::error, "Malformed"};

constexpr Note overlap_note{
    {"_ws.malformed.reassembly", "New fragment overlaps old data (retransmission?)", FieldType::none},
    Severity::error,
    "Malformed"};

constexpr Field malformed_layer{"_ws.malformed", "Malformed Packet", FieldType::protocol};
constexpr Field short_layer{"_ws.short", "Packet size limited during capture", FieldType::protocol};
constexpr Field unreassembled_layer{"_ws.unreassembled", "Unreassembled Fragmented Packet", FieldType::protocol};

constexpr Field expert_layer{"_ws.expert", "Expert Info", FieldType::protocol};
constexpr Field expert_message{"_ws.expert.message", "Message", FieldType::string};
// Wireshark's numbers of severities and groups, which -T fields and JSON show.
constexpr ValueName severities[] = {{0, 0, ""},
                                    {0x00100000, 0x00100000, "Comment"},
                                    {0x00200000, 0x00200000, "Chat"},
                                    {0x00400000, 0x00400000, "Note"},
                                    {0x00600000, 0x00600000, "Warning"},
                                    {0x00800000, 0x00800000, "Error"}};
constexpr ValueName groups[] = {{0x01000000, 0x01000000, "Checksum"},   {0x02000000, 0x02000000, "Sequence"},
                                {0x03000000, 0x03000000, "Response"},   {0x04000000, 0x04000000, "Request"},
                                {0x05000000, 0x05000000, "Undecoded"},  {0x06000000, 0x06000000, "Reassemble"},
                                {0x07000000, 0x07000000, "Malformed"},  {0x08000000, 0x08000000, "Debug"},
                                {0x09000000, 0x09000000, "Protocol"},   {0x0a000000, 0x0a000000, "Security"},
                                {0x0b000000, 0x0b000000, "Comment"},    {0x0c000000, 0x0c000000, "Decryption"},
                                {0x0d000000, 0x0d000000, "Assumption"}, {0x0e000000, 0x0e000000, "Deprecated"}};

constexpr Field expert_severity{"_ws.expert.severity", "Severity level", FieldType::uint32, {.names = severities}};
constexpr Field expert_group{"_ws.expert.group", "Group", FieldType::uint32, {.names = groups}};

std::uint32_t group_number(std::string_view name) noexcept {
  for (const ValueName& group : groups) {
    if (group.name == name) return static_cast<std::uint32_t>(group.first);
  }
  return 0;
}

constexpr const Field* fields_of_any_layer[] = {
    &malformed_layer, &malformed_note.field, &short_layer,  &unreassembled_layer, &expert_layer,
    &expert_message,  &expert_severity,      &expert_group, &overlap_note.field,  &stray_characters.field};

}  // namespace

std::span<const Field* const> common_fields() noexcept { return fields_of_any_layer; }

void Packet::miss(const Octets& in, std::uint64_t end) noexcept {
  if (end <= in.contained) {
    stop(Stop::not_captured);
  } else if (in.fragment) {
    stop(Stop::fragment);
  } else if (end <= in.reported) {
    stop(Stop::contained);
  } else {
    stop(Stop::reported);
  }
}

ItemId Packet::append_item(ItemId parent, const Field* field, const Octets& in, std::uint32_t offset,
                           std::uint32_t length) {
  const auto id = static_cast<ItemId>(out.items.size());
  Item& item = out.items.emplace_back();
  item.field = field;
  item.source = in.source;
  item.offset = in.offset + offset;
  item.length = length;
  item.parent = parent;
  Item& above = out.at(parent);
  item.depth = static_cast<std::uint8_t>(above.depth < 255 ? above.depth + 1 : 255);
  if (above.last_child == ItemId::none) {
    above.first_child = id;
  } else {
    out.at(above.last_child).next = id;
  }
  above.last_child = id;
  return id;
}

ItemId Packet::add_layer(const ProtocolInfo& protocol, const Octets& in, std::uint32_t offset, std::uint32_t length,
                         std::string_view line) {
  if (stopped()) return ItemId::none;
  add_layer_fact(protocol.layer);
  if (!takes_items()) return ItemId::none;
  const ItemId id = append_item(top, &protocol.layer, in, offset, length);
  Item& item = out.at(id);
  item.text = line.empty() ? protocol.layer.label : line;
  item.is_layer = true;
  item.reach = in.captured - std::min(offset, in.captured);
  return id;
}

ItemId Packet::add_read(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset,
                        std::uint32_t length) {
  // What is only a name for a part may reach beyond the capture; its own fields will tell.
  if ((field.type == FieldType::none || field.type == FieldType::protocol) && offset <= in.captured) {
    length = std::min(length, in.captured - offset);
  }
  const Bytes value = octets(in, offset, length);
  if (stopped()) return ItemId::none;
  const ItemId id = append_item(parent, &field, in, offset, length);
  Item& item = out.at(id);
  switch (field.type) {
    case FieldType::none:
      break;
    case FieldType::protocol:  // a part of a layer that goes by a protocol's name, such as an option
    case FieldType::string:
    case FieldType::bytes:
    case FieldType::ether:
    case FieldType::ipv4:
    case FieldType::ipv6:
    case FieldType::eui64:
      item.data = reinterpret_cast<const char*>(value.data());
      item.size = length;
      break;
    default:
      for (const std::byte octet : value.first(std::min<std::size_t>(value.size(), 8))) {
        item.number = item.number << 8 | std::to_integer<std::uint64_t>(octet);
      }
      if (field.type == FieldType::int32 && length == 4) {
        item.number = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(item.number)});
      }
  }
  return id;
}

ItemId Packet::add_number(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset,
                          std::uint32_t length, std::uint64_t value) {
  if (length != 0 && !need(in, offset, length)) return ItemId::none;
  const ItemId id = append_item(parent, &field, in, offset, length);
  out.at(id).number = value;
  return id;
}

ItemId Packet::add_string(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset,
                          std::uint32_t length, std::string_view value, bool kept) {
  if (parent == ItemId::none || !wants_items()) return ItemId::none;
  if (length != 0 && !need(in, offset, length)) return ItemId::none;
  const ItemId id = append_item(parent, &field, in, offset, length);
  const std::string_view here = kept ? value : out.arena.copy(value);
  out.at(id).data = here.data();
  out.at(id).size = static_cast<std::uint32_t>(here.size());
  return id;
}

ItemId Packet::add_declared(ItemId parent, const Field& field, const Octets& in) {
  const auto first = static_cast<std::uint32_t>(field.first_octet());
  const auto count = static_cast<std::uint32_t>(field.octet_count());
  const ItemId id = add_read(parent, field, in, first, count);
  if (id != ItemId::none && field.is_bit_field()) {
    Item& item = out.at(id);
    const unsigned behind = count * 8u - field.bit_offset % 8u - field.bit_width;
    item.number = (item.number >> behind) & ((std::uint64_t{1} << field.bit_width) - 1);
  }
  return id;
}

ItemId Packet::add_text(ItemId parent, const Octets& in, std::uint32_t offset, std::uint32_t length,
                        std::string_view line) {
  if (parent == ItemId::none || !wants_items()) return ItemId::none;
  if (length != 0 && !need(in, offset, length)) return ItemId::none;
  const ItemId id = append_item(parent, nullptr, in, offset, length);
  out.at(id).text = line;
  return id;
}

void Packet::set_text(ItemId item, std::string_view line) {
  if (wants_lines() && item != ItemId::none && !stopped()) out.at(item).text = line;
}

void Packet::append_text(ItemId item, std::string_view more) {
  if (!wants_lines() || item == ItemId::none || stopped()) return;
  std::string line;
  append_label(line, out, out.at(item));
  const std::size_t before = line.size();
  line += more;
  // What does not fit is left out without a word, unlike in a line that is written at once.
  constexpr std::size_t longest_line = 239;
  if (before <= longest_line && line.size() > longest_line) {
    std::size_t end = longest_line;
    while (end > before && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
    line.resize(end);
  }
  out.at(item).text = out.arena.copy(line);
}

void Packet::prepend_text(ItemId item, std::string_view more) {
  if (!wants_lines() || item == ItemId::none || stopped()) return;
  std::string line{more};
  append_label(line, out, out.at(item));
  out.at(item).text = out.arena.copy(line);
}

void Packet::set_length(ItemId item, std::uint32_t length) noexcept {
  if (item != ItemId::none) out.at(item).length = length;
}
std::string_view Packet::formatted(fmt::string_view format, fmt::format_args args) {
  scratch_.clear();
  if (!append_plain(scratch_, {format.data(), format.size()}, args)) {
    scratch_.clear();
    fmt::vformat_to(std::back_inserter(scratch_), format, args);
  }
  return {scratch_.data(), scratch_.size()};
}

ItemId Packet::generated(ItemId item) noexcept {
  if (item != ItemId::none) out.at(item).generated = true;
  return item;
}
ItemId Packet::hidden(ItemId item) noexcept {
  if (item != ItemId::none) out.at(item).hidden = true;
  return item;
}

void Packet::move_behind(ItemId last, ItemId sibling) noexcept {
  if (last == ItemId::none || sibling == ItemId::none || out.at(sibling).next == ItemId::none) return;
  if (out.at(sibling).next == last) return;
  ItemId before = sibling;
  while (out.at(before).next != last) before = out.at(before).next;
  out.at(before).next = ItemId::none;
  out.at(out.at(last).parent).last_child = before;
  out.at(last).next = out.at(sibling).next;
  out.at(sibling).next = last;
}

void Packet::note(ItemId item, const Note& kind, std::string_view line) {
  if (!wants_notes()) return;
  const std::string_view message = (line.empty() ? kind.field.label : line).substr(0, 239);  // Wireshark cuts there
  if (out.wants_layers && out.wants_notes && !in_error && !kind.of_tree) {
    out.facts.notes.push_back({&kind.field, kind.severity, kind.group, protocol_name, message});
  }
  if (!takes_items()) return;
  if (item == ItemId::none) item = top;
  const Octets nowhere{};
  const ValueName& severity = severities[static_cast<std::size_t>(kind.severity)];
  const ItemId tree = append_item(item, &expert_layer, nowhere, 0, 0);
  out.at(tree).severity = kind.severity;
  out.at(tree).generated = true;
  out.at(tree).text = text("Expert Info ({}/{}): {}", severity.name, kind.group, message);
  const ItemId named = append_item(tree, &kind.field, nowhere, 0, 0);
  out.at(named).text = message;
  out.at(named).generated = true;
  hidden(generated(add_string(tree, expert_message, nowhere, 0, 0, message, true)));
  const ItemId level = generated(add(tree, expert_severity, nowhere, 0, 0, severity.first));
  set_text(level, text("Severity level: {}", severity.name));
  const ItemId group = generated(add(tree, expert_group, nowhere, 0, 0, group_number(kind.group)));
  set_text(group, text("Group: {}", kind.group));
  if (kind.group == malformed_note.group) hidden(append_item(item, &malformed_layer, nowhere, 0, 0));
}

void InFull::begin() {
  Packet& p = packet_;
  detail_before_ = std::exchange(p.out.detail, Detail::fields);
  p.takes_items_ = true;
  top_before_ = p.top;
  parent_ = p.append_item(ItemId::root, nullptr, Octets{}, 0, 0);
  if (p.top == ItemId::none) p.top = parent_;
}

void InFull::end() noexcept {
  Packet& p = packet_;
  p.out.detail = detail_before_;
  p.takes_items_ = false;
  p.top = top_before_;
  p.transport = ItemId::none;
  p.out.items.resize(1);
  p.out.items.front() = Item{};
}

std::string_view Packet::text_of(const Address& address) {
  std::string line;
  encap::append_text(line, address);
  return out.arena.copy(line);
}

void Packet::add_layer_name(std::string_view filter) noexcept {
  if (!takes_items() || filter.empty() || names_size_ + filter.size() + 1 > names_.size()) return;
  if (names_size_ != 0) names_[names_size_++] = ':';
  filter.copy(names_.data() + names_size_, filter.size());
  names_size_ += filter.size();
}

std::uint32_t Packet::call(const ProtocolInfo& protocol, const Octets& in) {
  if (stopped()) return 0;
  if (depth_ >= deepest) {
    stop(Stop::too_deep);
    return 0;
  }
  const std::string_view name_before = protocol_name;
  protocol_name = protocol.short_name;
  ++depth_;
  const std::uint32_t used = out.detail >= Detail::fields ? call_for_items(protocol, in) : call_alone(protocol, in);
  --depth_;
  if (!stopped()) protocol_name = name_before;  // a stop is told under the name of the layer it happened in
  return used;
}

std::uint32_t Packet::call_for_items(const ProtocolInfo& protocol, const Octets& in) {
  const std::size_t names_before = names_size_;
  const std::size_t items_before = out.items.size();
  const bool took_items = takes_items_;
  takes_items_ = takes(protocol);
  if (takes_items_) add_layer_name(protocol.layer.name);
  const std::uint32_t used = call_alone(protocol, in);
  if (!stopped()) {
    // A layer that showed nothing is not named.
    const bool silent = takes_items() && out.items.size() == items_before;
    if (used == 0 || silent) names_size_ = names_before;
  }
  takes_items_ = took_items;
  return used;
}

std::uint32_t Packet::call_alone(const ProtocolInfo& protocol, const Octets& in) {
  const std::uint32_t used = protocol.dissect(*this, in);
  if (!in_error || !stopped()) return used;
  out.facts.quote_is_cut |= stop_ == Stop::not_captured;
  if (stop_ == Stop::not_captured) return used;
  // What an ICMP error quotes is cut short as a rule: no fault, and nothing to tell.
  forget_stop();
  return in.captured;
}

bool Packet::call(Table table, std::uint32_t value, const Octets& in) {
  if (const ProtocolInfo* protocol = find_protocol(table, value); protocol != nullptr && call(*protocol, in) != 0) {
    return true;
  }
  if (!stopped()) call_data(in);
  return false;
}

void Packet::tell_stop() {
  const Stop why = stop_;
  stop_ = Stop::no;
  const Octets nowhere{};
  const bool by_columns = columns();
  switch (why) {
    case Stop::no:
      return;
    case Stop::not_captured:
      if (by_columns) out.columns.info.append("[Packet size limited during capture]");
      add_layer_fact(short_layer);
      if (wants_items()) {
        const ItemId id = append_item(top, &short_layer, nowhere, 0, 0);
        set_text(id, text("[Packet size limited during capture: {} truncated]", protocol_name));
      }
      return;
    case Stop::fragment:
      if (by_columns) out.columns.info.append("[Unreassembled Packet]");
      add_layer_fact(unreassembled_layer);
      if (wants_items()) {
        const ItemId id = append_item(top, &unreassembled_layer, nowhere, 0, 0);
        set_text(id, text("[Unreassembled Packet: {}]", protocol_name));
      }
      return;
    case Stop::overlap:
      if (by_columns) {
        out.columns.info.append("[Reassembly error, protocol ");
        out.columns.info.append(protocol_name);
        out.columns.info.append(": New fragment overlaps old data (retransmission?)]");
      }
      add_layer_fact(malformed_layer);
      if (wants_notes()) {
        const ItemId id = takes_items() ? append_item(top, &malformed_layer, nowhere, 0, 0) : ItemId::none;
        set_text(id, text("[Reassembly error, protocol {}: {}]", protocol_name, overlap_note.field.label));
        note(id, overlap_note);
      }
      return;
    case Stop::contained:
    case Stop::reported:
    case Stop::too_deep: {
      const std::string_view tail =
          why == Stop::contained ? ": length of contained item exceeds length of containing item" : "";
      if (by_columns) {
        out.columns.info.append("[Malformed Packet");
        out.columns.info.append(tail);
        out.columns.info.append(']');
      }
      add_layer_fact(malformed_layer);
      if (wants_notes()) {
        const ItemId id = takes_items() ? append_item(top, &malformed_layer, nowhere, 0, 0) : ItemId::none;
        set_text(id, text("[Malformed Packet: {}{}]", protocol_name, tail));
        note(id, malformed_note);
      }
      return;
    }
  }
}

Octets Packet::add_source(std::string_view name, Bytes bytes) {
  Octets in;
  in.data = bytes.data();
  in.captured = in.contained = in.reported = static_cast<std::uint32_t>(bytes.size());
  if (out.sources.size() < 255) {
    in.source = static_cast<std::uint8_t>(out.sources.size());
    out.sources.push_back({name, bytes});
  }
  return in;
}

}  // namespace encap
