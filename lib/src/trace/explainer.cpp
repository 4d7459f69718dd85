#include "encap/trace/explainer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <unordered_set>

#include "dissect/items.h"
#include "encap/analyze/session_memory.h"
#include "encap/base/input_error.h"
#include "encap/dissect/dissector.h"
#include "encap/flow/packet_origin.h"
#include "trace/field_purposes.h"

namespace encap {
namespace {

constexpr std::size_t longest_id_shown = 40;

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

std::optional<std::uint64_t> whole_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

// --- which messages --------------------------------------------------------------------------------------------------

Result<MessageSelection, std::string> MessageSelection::parse(std::string_view text) {
  MessageSelection selection;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string_view part = trimmed(text.substr(at, end - at));
    if (part.empty()) return unexpected("write a msg_id, several with commas between, or a range as in 3-7");
    if (selection.parts_.size() == most_parts)
      return unexpected(fmt::format("name {} ids or ranges at most", most_parts));
    selection.add(part);
    const Part& added = selection.parts_.back();
    if (added.is_range && added.first > added.last)
      return unexpected(fmt::format("{} comes after {}: write the lower number first", added.first, added.last));
    at = end + 1;
  }
  return selection;
}

void MessageSelection::add(std::string_view text) {
  Part part{.text = std::string{text}};
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = whole_number(trimmed(text.substr(0, dash)));
    const auto last = whole_number(trimmed(text.substr(dash + 1)));
    if (first && last) {
      part.is_range = true;
      part.first = *first;
      part.last = *last;
    }
  }
  by_text_.emplace(part.text, parts_.size());
  parts_.push_back(std::move(part));
}

bool MessageSelection::take(std::string_view id) {
  bool wanted = false;
  // A range is a name as well: tables have ids such as "1-2".
  if (const auto named = by_text_.find(std::string{id}); named != by_text_.end()) {
    parts_[named->second].matched = wanted = true;
  }
  const auto number = whole_number(id);
  if (!number) return wanted;
  for (Part& part : parts_) {
    if (part.is_range && part.first <= *number && *number <= part.last) part.matched = wanted = true;
  }
  return wanted;
}

std::vector<std::string> MessageSelection::unmatched() const {
  std::vector<std::string> texts;
  for (const Part& part : parts_) {
    if (!part.matched && by_text_.find(part.text)->second == static_cast<std::size_t>(&part - parts_.data()))
      texts.push_back(part.text);
  }
  return texts;
}

// --- layers ----------------------------------------------------------------------------------------------------------

namespace {

using Kind = ExplainedLayer::Kind;

/// Where an item's octets are among those of its layer; nothing where they are not there.
using Place = std::optional<std::uint32_t>;

bool is_header_kind(const ExplainedLayer& layer) noexcept { return layer.kind != Kind::application; }

/// A tree's item as a field: what its line says, taken apart.
ExplainedField field_of(const Dissection& dissection, const Item& item, std::string_view protocol) {
  ExplainedField field;
  std::string line;
  append_label(line, dissection, item);
  std::string_view rest = line;
  if (item.field != nullptr) {
    field.name = item.field->name;
    if (item.field->is_bit_field()) {
      if (const std::size_t equals = rest.find(" = "); equals != std::string_view::npos) {
        field.bits = rest.substr(0, equals);
        rest.remove_prefix(equals + 3);
      }
    }
    field.label = item.field->label;
    if (rest.starts_with(field.label)) {
      rest.remove_prefix(field.label.size());
      if (rest.starts_with(": ")) rest.remove_prefix(2);
    }
  }
  if (item.field == nullptr && protocol == "http")
    field.label = item.first_child == ItemId::none ? "empty line" : "start line";
  // What the dissector thinks of a checksum is not in the packet.
  if (field.name.ends_with(".checksum")) rest = rest.substr(0, rest.find(" ["));
  for (const char c : trimmed(rest)) {
    if (c != ' ' || !field.value.ends_with(' ')) field.value += c;
  }
  field.purpose = purpose_of(protocol, item);
  return field;
}

/// Protocols whose items are shown each; of others only the layer.
bool is_taken_apart(const ExplainedLayer& layer) noexcept {
  return is_header_kind(layer) || layer.protocol == "http" || layer.protocol == "dns";
}

/// Fills the fields of `layer` from below `top`; `place` says where in the layer an item's octets are.
template <class PlaceOf>
void add_fields(ExplainedLayer& layer, const Dissection& dissection, const Item& top, PlaceOf place) {
  if (!is_taken_apart(layer)) return;
  constexpr std::size_t most_fields = 2000;  // a DNS message may have thousands
  const std::uint8_t first_depth = static_cast<std::uint8_t>(top.depth + 1);
  ItemId id = top.first_child;
  while (id != ItemId::none && layer.fields.size() < most_fields) {
    const Item& item = dissection.at(id);
    const bool is_shown = !item.generated && !item.hidden && item.length != 0;
    const Place at = is_shown ? place(item) : Place{};
    if (at) {
      ExplainedField field = field_of(dissection, item, layer.protocol);
      field.offset = *at;
      field.length = item.length;
      field.depth = static_cast<std::uint8_t>(item.depth - first_depth);
      layer.fields.push_back(std::move(field));
    }
    ItemId next = at ? item.first_child : ItemId::none;
    if (next == ItemId::none) {
      for (next = id; next != ItemId::none && dissection.at(next).next == ItemId::none;) {
        next = dissection.at(next).parent;
        if (next == ItemId::none || dissection.at(next).depth <= top.depth) return;
      }
      next = dissection.at(next).next;
    }
    id = next;
  }
}

ExplainedLayer layer_of(const Dissection& dissection, const Item& item, Kind kind) {
  ExplainedLayer layer;
  layer.kind = kind;
  layer.protocol = item.field->name;
  layer.title = item.field->label;
  layer.purpose = purpose_of(layer.protocol, item);
  layer.offset = item.offset;
  if (is_header_kind(layer)) {
    const Bytes octets = octets_of(dissection, item);
    layer.octets.assign(octets.begin(), octets.end());
    const auto size = static_cast<std::uint32_t>(octets.size());
    add_fields(layer, dissection, item, [&item, size](const Item& part) -> Place {
      if (part.source != item.source || part.offset < item.offset) return std::nullopt;
      const std::uint32_t at = part.offset - item.offset;
      // What names the payload is no field of the header.
      return at < size && part.length <= size - at ? Place{at} : Place{};
    });
  }
  return layer;
}

const ExplainedField* find(const ExplainedLayer& layer, std::string_view name) noexcept {
  const auto found = std::find_if(layer.fields.begin(), layer.fields.end(),
                                  [name](const ExplainedField& field) { return field.name == name; });
  return found != layer.fields.end() ? &*found : nullptr;
}

Bytes octets_of(const ExplainedLayer& layer, const ExplainedField& field) noexcept {
  return Bytes{layer.octets}.subspan(field.offset, field.length);
}

std::optional<IpAddress> address_of(const ExplainedLayer& network, std::string_view which) {
  const ExplainedField* const field = find(network, which);
  if (field == nullptr) return std::nullopt;
  const Bytes octets = octets_of(network, *field);
  if (octets.size() == 4) return Ipv4Address{load_be32(octets, 0)};
  if (octets.size() != 16) return std::nullopt;
  Ipv6Address address;
  std::memcpy(address.octets.data(), octets.data(), octets.size());
  return address;
}

std::vector<NamedOctets> names_of(const ExplainedLayer& layer) {
  std::vector<NamedOctets> names;
  for (const ExplainedField& field : layer.fields) {
    if (field.depth != 0) continue;
    // Numbers are told twice, counted from the connection's start and as they are: the last one counts.
    if (!names.empty() && names.back().offset == field.offset && names.back().length == field.length &&
        field.bits.empty())
      names.pop_back();
    names.push_back({field.offset, field.length, field.label});
  }
  return names;
}

struct ChecksumOf {
  std::string_view protocol;
  std::string_view field;
};
constexpr ChecksumOf checksums[] = {{"ip", "ip.checksum"}, {"tcp", "tcp.checksum"}, {"udp", "udp.checksum"}};

/// Works out the checksum of a header, where it has one. `covered`: from its first octet on.
void add_checksum(ExplainedLayer& layer, Bytes covered) {
  const auto* const which = std::find_if(std::begin(checksums), std::end(checksums),
                                         [&layer](const ChecksumOf& one) { return one.protocol == layer.protocol; });
  if (which == std::end(checksums)) return;
  const ExplainedField* const field = find(layer, which->field);
  if (field == nullptr || field->offset % 2 != 0 || field->offset + std::size_t{2} > covered.size()) return;
  const bool has_pseudo_header = layer.kind == Kind::transport;
  // Of what is wrapped around the packet, only IPv4's is worked out.
  if (has_pseudo_header ? !layer.pseudo_header : layer.kind != Kind::network) return;
  layer.checksum = work_out_checksum(
      has_pseudo_header ? &*layer.pseudo_header : nullptr, covered,
      {.field = field->offset, .header = static_cast<std::uint32_t>(layer.octets.size())}, names_of(layer));
}

Kind kind_before_transport(std::string_view protocol) noexcept {
  return protocol == "ip" || protocol == "ipv6" ? Kind::network : Kind::link;
}

bool is_transport(std::string_view protocol) noexcept { return protocol == "tcp" || protocol == "udp"; }

/// What the network header says of fragments.
struct FragmentPlace {
  bool is_fragment = false;
  bool is_last = true;
  std::uint32_t offset = 0;  ///< octets
};

/// The layers of a packet as they lie in one another, the frame's own line left out.
std::vector<ItemId> layers_of(const Dissection& dissection) {
  std::vector<ItemId> layers;
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Item& item = dissection.at(id);
    if (item.field == nullptr || item.hidden || item.generated || item.length == 0) continue;
    if (item.field->name == "frame") continue;
    layers.push_back(id);
  }
  return layers;
}

FragmentPlace fragment_place(const Dissection& dissection, ItemId network) {
  FragmentPlace place;
  bool more = false;
  std::vector<ItemId> rest{dissection.at(network).first_child};
  while (!rest.empty()) {
    const ItemId id = rest.back();
    rest.pop_back();
    if (id == ItemId::none) continue;
    const Item& item = dissection.at(id);
    rest.push_back(item.next);
    rest.push_back(item.first_child);
    if (item.field == nullptr || item.generated) continue;
    const std::string_view name = item.field->name;
    if (name == "ip.flags.mf" || name == "ipv6.fraghdr.more") more = item.number != 0;
    if (name == "ip.frag_offset" || name == "ipv6.fraghdr.offset")
      place.offset = static_cast<std::uint32_t>(item.number) * 8;
  }
  place.is_fragment = more || place.offset != 0;
  place.is_last = !more;
  return place;
}

void keep_a_line(ExplainedPacket& packet) {
  packet.in_full = false;
  packet.octets = {};
  packet.layers = {};
}

void keep_a_line(ExplainedSegment& segment) {
  segment.in_full = false;
  segment.octets = {};
  segment.header.fields = {};
  segment.header.octets = {};
  segment.header.checksum.reset();
  for (ExplainedPacket& packet : segment.packets) keep_a_line(packet);
}

/// Of many, the first, the second and the last are kept in full.
template <class Kept>
void keep_ends(std::vector<Kept>& all) {
  if (all.size() > 3) keep_a_line(all[all.size() - 2]);
}

/// What is known of a connection while it is open.
struct Connection {
  std::array<std::uint64_t, 3> opened{};
  std::array<std::uint64_t, 4> closed{};
  std::uint8_t opened_count = 0;
  std::uint8_t closed_count = 0;
  std::uint8_t fins = 0;
  bool is_over = false;
  bool is_wanted = false;

  static constexpr unsigned fin = 0x01;
  static constexpr unsigned syn = 0x02;
  static constexpr unsigned rst = 0x04;

  /// A segment without payload.
  void take(std::uint64_t frame, unsigned flags) noexcept {
    const bool closes = (flags & (fin | rst)) != 0 || fins != 0;
    if ((flags & syn) != 0 || (!closes && opened_count == 2)) {
      if (opened_count < opened.size()) opened[opened_count++] = frame;
    } else if (closes && closed_count < closed.size()) {
      closed[closed_count++] = frame;
    }
    is_over = (flags & rst) != 0 || (fins == 2 && (flags & fin) == 0);
    if ((flags & fin) != 0) ++fins;
  }
};

}  // namespace

// --- the run ---------------------------------------------------------------------------------------------------------

class Explainer::Impl {
 public:
  Impl(MessageSelection wanted, PacketSink* next) : wanted_{wanted}, in_table_{std::move(wanted)}, next_{next} {
    const std::string flags{"tcp.flags"};
    flags_interest_ = Interest::in_fields({&flags, 1});
    flags_.interest = &flags_interest_;
  }

  void note_row(std::string_view id) {
    constexpr std::size_t most_names = 8;
    ++rows_;
    if (ids_.size() < most_names && std::find(ids_.begin(), ids_.end(), id) == ids_.end()) ids_.emplace_back(id);
    static_cast<void>(in_table_.take(id));
  }

  Result<void, IoError> write(const PacketRecord& record) {
    read(record);
    return next_ != nullptr ? next_->write(record) : Result<void, IoError>{};
  }
  Result<void, IoError> flush() { return next_ != nullptr ? next_->flush() : Result<void, IoError>{}; }

  Result<Explanation, std::string> finish(std::string table) {
    if (const std::vector<std::string> unknown = in_table_.unmatched(); !unknown.empty())
      return unexpected(unknown_ids(unknown));
    if (const std::vector<std::string> unsent = wanted_.unmatched(); !unsent.empty())
      return unexpected(unsent_ids(unsent));
    explanation_.table = std::move(table);
    for (ExplainedMessage& message : explanation_.messages) {
      const auto talk = connections_.find(message.conversation);
      if (talk != connections_.end()) {
        const Connection& seen = talk->second;
        message.opened_by.assign(seen.opened.begin(), seen.opened.begin() + seen.opened_count);
        message.closed_by.assign(seen.closed.begin(), seen.closed.begin() + seen.closed_count);
      }
    }
    return std::move(explanation_);
  }

 private:
  static std::string list(const std::vector<std::string>& texts) {
    constexpr std::size_t most = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(texts.size(), most); ++i)
      text += (i == 0 ? "\"" : ", \"") + printable(texts[i], longest_id_shown) + '"';
    if (texts.size() > most) text += fmt::format(" and {} more", texts.size() - most);
    return text;
  }
  [[nodiscard]] std::string unknown_ids(const std::vector<std::string>& unknown) const {
    std::string text = fmt::format("no row has the msg_id {}; ", list(unknown));
    if (ids_.empty()) return text + "the table has none";
    text += "the table has ";
    for (std::size_t i = 0; i < ids_.size(); ++i) text += (i == 0 ? "" : ", ") + printable(ids_[i], longest_id_shown);
    if (rows_ > ids_.size()) text += fmt::format(" ... ({} rows)", rows_);
    return text;
  }
  static std::string unsent_ids(const std::vector<std::string>& unsent) {
    return fmt::format("no packet carries the msg_id {}: its row was left out", list(unsent));
  }

  void read(const PacketRecord& record) {
    ++explanation_.frames;
    explanation_.link_type = record.link_type;
    const PacketOrigin* const origin = record.origin;
    if (origin == nullptr) {
      dissector_.dissect(record, plain_);
      return;
    }
    parts_.clear();
    for (const RowPart& part : origin->parts) {
      if (wanted_.take(part.row->id)) parts_.push_back(&part);
    }
    const std::uint64_t talk = origin->conversation->number;
    if (!parts_.empty()) {
      if (origin->conversation->transport == Transport::tcp) connections_[talk].is_wanted = true;
      dissector_.dissect(record, full_);
      explain(record, *origin);
    } else if (origin->conversation->transport == Transport::tcp && origin->payload_length == 0) {
      dissector_.dissect(record, flags_);
      take_flags(talk);
    } else {
      dissector_.dissect(record, plain_);
    }
  }

  void take_flags(std::uint64_t talk) {
    for (const Item& item : flags_.items) {
      if (item.field == nullptr || item.field->name != "tcp.flags") continue;
      Connection& connection = connections_[talk];
      connection.take(explanation_.frames, static_cast<unsigned>(item.number));
      if (connection.is_over && !connection.is_wanted) connections_.erase(talk);
      return;
    }
  }

  /// The message that the wanted rows of this packet are a part of; null: there are too many.
  ExplainedMessage* message_of(const PacketOrigin& origin) {
    auto& messages = explanation_.messages;
    const auto has = [](const ExplainedMessage& message, const TableRow& row) {
      return std::any_of(message.rows.begin(), message.rows.end(),
                         [&row](const ExplainedMessage::Row& one) { return one.number == row.number; });
    };
    ExplainedMessage* message = nullptr;
    for (auto known = messages.rbegin(); known != messages.rend() && message == nullptr; ++known) {
      if (has(*known, *parts_.front()->row)) message = &*known;
    }
    if (message == nullptr) {
      if (messages.size() == most_messages) {
        if (last_left_out_ != parts_.front()->row->number) ++explanation_.left_out;
        last_left_out_ = parts_.back()->row->number;
        return nullptr;
      }
      const ConversationOrigin& talk = *origin.conversation;
      message = &messages.emplace_back();
      message->conversation = talk.number;
      message->transport = talk.transport;
      message->route = origin.from_client ? talk.route : talk.route.reversed();
      message->sender = origin.from_client ? talk.client : talk.server;
      message->receiver = origin.from_client ? talk.server : talk.client;
    }
    for (const RowPart* const part : parts_) {
      const TableRow& row = *part->row;
      if (has(*message, row)) continue;
      message->rows.push_back({row.number, row.line, std::string{row.id}});
      starts_[row.number] = message->octets.size();
      message->octets.insert(message->octets.end(), row.message.begin(), row.message.end());
    }
    return message;
  }

  void explain(const PacketRecord& record, const PacketOrigin& origin) {
    ExplainedMessage* const message = message_of(origin);
    if (message == nullptr) return;
    const std::vector<ItemId> layers = layers_of(full_);
    std::size_t transport = layers.size();
    std::size_t network = layers.size();
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::string_view protocol = full_.at(layers[i]).field->name;
      if (is_transport(protocol)) transport = i;
      if (kind_before_transport(protocol) == Kind::network) network = i;
    }
    if (network == layers.size()) return;  // cannot be: every packet here is an IP packet

    ExplainedPacket packet;
    packet.frame = full_.frame_number;
    packet.since_first = full_.since_first;
    packet.size = static_cast<std::uint32_t>(record.bytes.size());
    packet.octets.assign(record.bytes.begin(), record.bytes.end());
    for (std::size_t i = 0; i < layers.size() && i != transport && i <= network; ++i) {
      const Item& item = full_.at(layers[i]);
      ExplainedLayer layer = layer_of(full_, item, kind_before_transport(item.field->name));
      add_checksum(layer, layer.octets);
      packet.layers.push_back(std::move(layer));
    }
    const Item& innermost = full_.at(layers[network]);
    const FragmentPlace place = fragment_place(full_, layers[network]);
    packet.is_fragment = place.is_fragment;
    packet.packet_size = packet.size - std::min(packet.size, first_network_offset(packet));
    packet.segment_at = innermost.offset + innermost.length;
    packet.segment_offset = place.offset;
    packet.segment_size = std::min(packet.size, origin.payload_offset + origin.payload_length) -
                          std::min({packet.size, packet.segment_at, origin.payload_offset + origin.payload_length});

    add_packet(*message, std::move(packet), origin, place);
    if (transport == layers.size()) return;
    ExplainedSegment& segment = message->segments.back();
    const Item& header = full_.at(layers[transport]);
    segment.header = layer_of(full_, header, Kind::transport);
    segment.header.offset = 0;
    const Bytes source = full_.sources[header.source].bytes;
    const Bytes covered =
        source.subspan(header.offset, std::min<std::size_t>(header.reach, source.size() - header.offset));
    segment.octets.assign(covered.begin(), covered.end());
    segment.size = static_cast<std::uint32_t>(covered.size());
    add_pseudo_header(segment, message->transport);
    add_checksum(segment.header, covered);
    for (std::size_t i = transport + 1; i < layers.size(); ++i) add_application(*message, full_.at(layers[i]), origin);
  }

  static std::uint32_t first_network_offset(const ExplainedPacket& packet) noexcept {
    for (const ExplainedLayer& layer : packet.layers) {
      if (layer.kind == Kind::network) return layer.offset;
    }
    return 0;
  }

  /// Puts the packet into the segment it belongs to, a new one where it begins one.
  void add_packet(ExplainedMessage& message, ExplainedPacket packet, const PacketOrigin& origin,
                  const FragmentPlace& place) {
    const RowPart& first = *parts_.front();
    const RowPart& last = *parts_.back();
    const std::uint64_t begin = starts_[first.row->number] + first.message_offset;
    const auto length = static_cast<std::uint32_t>(last.offset + last.length - first.offset);
    const std::uint32_t at = packet.segment_offset + (origin.payload_offset + first.offset -
                                                      std::min(packet.segment_at, origin.payload_offset));
    const bool continues = place.is_fragment && !message.segments.empty() && has_open_fragments_;
    if (!continues) {
      const bool again = std::any_of(message.segments.begin(), message.segments.end(), [begin](const auto& before) {
        return before.message_offset == begin && before.message_size != 0;
      });
      ExplainedSegment& segment = message.segments.emplace_back();
      segment.is_sent_again = again;
      segment.message_offset = begin;
      segment.message_at = at;
      keep_ends(message.segments);
    }
    ExplainedSegment& segment = message.segments.back();
    segment.message_size += length;
    segment.size = std::max(segment.size, packet.segment_offset + packet.segment_size);
    segment.packets.push_back(std::move(packet));
    keep_ends(segment.packets);
    has_open_fragments_ = place.is_fragment && !place.is_last;
  }

  static void add_pseudo_header(ExplainedSegment& segment, Transport transport) {
    for (auto layer = segment.packets.back().layers.rbegin(); layer != segment.packets.back().layers.rend(); ++layer) {
      if (layer->kind != Kind::network) continue;
      const bool is_v4 = layer->protocol == "ip";
      const auto source = address_of(*layer, is_v4 ? "ip.src" : "ipv6.src");
      const auto destination = address_of(*layer, is_v4 ? "ip.dst" : "ipv6.dst");
      if (source && destination) {
        segment.header.pseudo_header = {*source, *destination,
                                        transport == Transport::tcp ? Protocol::tcp : Protocol::udp, segment.size};
      }
      return;
    }
  }

  /// What an application's protocol makes of the message. Its octets lie in the frame, in a datagram put together of
  /// fragments, or in a PDU put together of segments that ends with this packet.
  void add_application(ExplainedMessage& message, const Item& item, const PacketOrigin& origin) {
    constexpr std::size_t most_layers = 16;
    // Data is what no protocol claims: nothing is to be said of it.
    if (message.application.size() == most_layers || item.field->name == "data") return;
    const ExplainedSegment& segment = message.segments.back();
    const ExplainedPacket& packet = segment.packets.back();
    const auto place = [&](const Item& part) -> Place {
      if (part.source >= full_.sources.size()) return std::nullopt;
      const DataSource& source = full_.sources[part.source];
      std::int64_t at = part.offset;  // in the message
      if (part.source == 0) {
        at += static_cast<std::int64_t>(segment.message_offset) - packet.segment_at - segment.message_at;
      } else if (source.name.starts_with("Reassembled TCP")) {
        const std::int64_t end = static_cast<std::int64_t>(segment.message_offset) - segment.message_at +
                                 static_cast<std::int64_t>(segment.header.octets.size()) + origin.payload_length;
        at += end - static_cast<std::int64_t>(source.bytes.size());
      } else {
        at += static_cast<std::int64_t>(segment.message_offset) - segment.message_at;
      }
      if (at < 0 || at > UINT32_MAX || static_cast<std::uint64_t>(at) + part.length > message.octets.size())
        return std::nullopt;
      // Decoded bodies are not what was sent.
      const Bytes octets = octets_of(full_, part);
      const Bytes there = Bytes{message.octets}.subspan(static_cast<std::size_t>(at), part.length);
      if (!std::equal(octets.begin(), octets.end(), there.begin(), there.end())) return std::nullopt;
      return static_cast<std::uint32_t>(at);
    };
    ExplainedLayer layer = layer_of(full_, item, Kind::application);
    // A message in other rows' company may have a part of the layer only.
    const Place whole = place(item);
    layer.offset = 0;
    if (whole) {
      layer.octets.assign(message.octets.begin() + *whole, message.octets.begin() + *whole + item.length);
    } else {
      layer.octets = message.octets;
    }
    const std::uint32_t from = whole.value_or(0);
    layer.offset = from;
    add_fields(layer, full_, item, [&](const Item& part) -> Place {
      const Place at = place(part);
      if (!at || *at < from || *at + std::size_t{part.length} > from + layer.octets.size()) return std::nullopt;
      return *at - from;
    });
    if (!whole && layer.fields.empty()) return;
    message.application.push_back(std::move(layer));
  }

  MessageSelection wanted_;
  MessageSelection in_table_;
  PacketSink* next_;
  SessionMemory session_;
  Dissector dissector_{&session_};
  Dissection full_{Detail::items};
  Dissection flags_{Detail::fields};
  Dissection plain_{Detail::facts};
  Interest flags_interest_;
  std::vector<const RowPart*> parts_;                      // wanted ones of the packet at hand
  std::unordered_map<std::uint64_t, std::size_t> starts_;  // of wanted rows in the octets of their message
  std::unordered_map<std::uint64_t, Connection> connections_;
  bool has_open_fragments_ = false;
  std::uint64_t last_left_out_ = 0;
  std::uint64_t rows_ = 0;
  std::vector<std::string> ids_;  // the first few
  Explanation explanation_;
};

Explainer::Explainer(MessageSelection wanted, PacketSink* next)
    : impl_{std::make_unique<Impl>(std::move(wanted), next)} {}
Explainer::Explainer(Explainer&&) noexcept = default;
Explainer& Explainer::operator=(Explainer&&) noexcept = default;
Explainer::~Explainer() = default;

void Explainer::note_row(std::string_view id) { impl_->note_row(id); }
Result<void, IoError> Explainer::write(const PacketRecord& record) { return impl_->write(record); }
Result<void, IoError> Explainer::flush() { return impl_->flush(); }
Result<Explanation, std::string> Explainer::finish(std::string table) { return impl_->finish(std::move(table)); }

}  // namespace encap
