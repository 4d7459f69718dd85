#include "dissect/packet.h"

#include <algorithm>
#include <cstring>

#include "dissect/item_text.h"
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

namespace {

// Not in each of those who add items.
[[gnu::noinline]] void make_room(std::vector<Item>& items) { items.reserve(2 * items.size() + 64); }

/// The number that `octets` are, the first 8 of them if there are more.
std::uint64_t number_of(Bytes octets) noexcept {
  switch (octets.size()) {
    case 0:
      return 0;
    case 1:
      return load_u8(octets, 0);
    case 2:
      return load_be16(octets, 0);
    case 4:
      return load_be32(octets, 0);
    default: {
      std::uint64_t number = 0;
      for (const std::byte octet : octets.first(std::min<std::size_t>(octets.size(), 8))) {
        number = number << 8 | std::to_integer<std::uint64_t>(octet);
      }
      return number;
    }
  }
}

/// Whether the value of a field is octets, as opposed to a number.
constexpr bool has_octets(FieldType type) noexcept {
  return type == FieldType::protocol ||  // a part of a layer that goes by a protocol's name, such as an option
         type >= FieldType::string;
}
static_assert(FieldType::real < FieldType::string);  // numbers are in front of it, and what is octets behind

}  // namespace

inline Packet::Added Packet::append(ItemId parent, const Field* field, const Octets& in, std::uint32_t offset,
                                    std::uint32_t length) {
  std::vector<Item>& items = out.items;
  if (items.size() == items.capacity()) [[unlikely]]
    make_room(items);
  // Or the compiler would make ready for moving them at each.
  if (items.size() == items.capacity()) __builtin_unreachable();
  Item& item = items.emplace_back();
  Item* const all = items.data();
  const auto id = static_cast<ItemId>(&item - all);
  const auto at = [all](ItemId place) -> Item& { return all[static_cast<std::size_t>(place)]; };
  Item& above = at(parent);
  const ItemId before = std::exchange(above.last_child, id);
  (before == ItemId::none ? above.first_child : at(before).next) = id;
  item.field = field;
  item.offset = in.offset + offset;
  item.length = length;
  item.parent = parent;
  item.source = in.source;
  item.depth = static_cast<std::uint8_t>(above.depth + (above.depth != 255 ? 1 : 0));
  return {item, id};
}

ItemId Packet::append_item(ItemId parent, const Field* field, const Octets& in, std::uint32_t offset,
                           std::uint32_t length) {
  return append(parent, field, in, offset, length).id;
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
  if (!need(in, offset, length)) return ItemId::none;
  const auto [item, id] = append(parent, &field, in, offset, length);
  if (has_octets(field.type)) {
    item.data = reinterpret_cast<const char*>(in.data + offset);
    item.size = length;
  } else if (field.type != FieldType::none) {
    item.number = number_of({in.data + offset, length});
    if (field.type == FieldType::int32 && length == 4) {
      item.number = static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(item.number)});
    }
  }
  return id;
}

ItemId Packet::add_number(ItemId parent, const Field& field, const Octets& in, std::uint32_t offset,
                          std::uint32_t length, std::uint64_t value) {
  if (length != 0 && !need(in, offset, length)) return ItemId::none;
  const auto [item, id] = append(parent, &field, in, offset, length);
  item.number = value;
  return id;
}

ItemId Packet::add_declared(ItemId parent, const Field& field, const Octets& in) {
  const auto first = static_cast<std::uint32_t>(field.first_octet());
  const auto count = static_cast<std::uint32_t>(field.octet_count());
  if (!field.is_bit_field()) return add_read(parent, field, in, first, count);
  if (!need(in, first, count)) return ItemId::none;
  const auto [item, id] = append(parent, &field, in, first, count);
  const unsigned behind = count * 8u - field.bit_offset % 8u - field.bit_width;
  const std::uint64_t mask = (std::uint64_t{1} << field.bit_width) - 1;
  item.number = number_of({in.data + first, count}) >> behind & mask;
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

ItemId Packet::add_text(ItemId parent, const Octets& in, std::uint32_t offset, std::uint32_t length,
                        std::string_view line) {
  if (parent == ItemId::none || !wants_items()) return ItemId::none;
  if (length != 0 && !need(in, offset, length)) return ItemId::none;
  const ItemId id = append_item(parent, nullptr, in, offset, length);
  out.at(id).text = line;
  return id;
}

// What the line of an item says. Lifetime: until the next call.
std::string_view Packet::line_of(const Item& item) {
  if (!item.text.empty() && item.text.size() <= longest_line) return item.text;
  std::string& line = out.arena.cleared_line();
  append_label(line, out, item);
  return line;
}

void Packet::append_text(ItemId item, std::string_view more) {
  if (!wants_lines() || item == ItemId::none || stopped()) return;
  const std::string_view line = line_of(out.at(item));
  // What does not fit is left out without a word, unlike in a line that is written at once.
  if (line.size() <= longest_line && line.size() + more.size() > longest_line) {
    std::size_t end = longest_line - line.size();
    while (end > 0 && (static_cast<unsigned char>(more[end]) & 0xc0) == 0x80) --end;
    more = more.substr(0, end);
  }
  out.at(item).text = out.arena.join(line, more);
}

void Packet::prepend_text(ItemId item, std::string_view more) {
  if (!wants_lines() || item == ItemId::none || stopped()) return;
  out.at(item).text = out.arena.join(more, line_of(out.at(item)));
}

std::string_view Packet::formatted(fmt::string_view format, fmt::format_args args) {
  fmt::memory_buffer made;
  fmt::vformat_to(std::back_inserter(made), format, args);
  return out.arena.copy({made.data(), made.size()});
}

std::string_view Packet::filled(const PlainFormat& format, const Filling* fillings) {
  const std::size_t room = format.room(fillings);
  char* const start = out.arena.allocate(room);
  const auto size = static_cast<std::size_t>(format.write(start, fillings) - start);
  out.arena.give_back(room - size);
  return {start, size};
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
  const std::string_view message = (line.empty() ? kind.field.label : line).substr(0, longest_line);
  if (counts_notes() && !kind.of_tree) {
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
  char* const start = out.arena.allocate(longest_address_text);
  const auto size = static_cast<std::size_t>(write_text(start, address) - start);
  out.arena.give_back(longest_address_text - size);
  return {start, size};
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
