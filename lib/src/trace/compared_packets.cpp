#include "trace/compared_packets.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>

#include "dissect/items.h"
#include "encap/base/byte_order.h"
#include "encap/dissect/field_table.h"
#include "encap/wire/tcp.h"

namespace encap::trace {
namespace {

constexpr std::size_t most_links = 8;

/// Where the fields of a transport are that say what a packet is.
struct Transports {
  std::size_t stream, source_port, destination_port, payload;
};
constexpr std::array<Transports, 2> transports{
    {{place_of("tcp.stream"), place_of("tcp.srcport"), place_of("tcp.dstport"), place_of("tcp.payload", Kept::octets)},
     {place_of("udp.stream"), place_of("udp.srcport"), place_of("udp.dstport"),
      place_of("udp.payload", Kept::octets)}}};
static_assert(static_cast<int>(Transport::tcp) == 0 && static_cast<int>(Transport::udp) == 1);

constexpr std::size_t ipv4_source = place_of("ip.src");
constexpr std::size_t ipv4_destination = place_of("ip.dst");
constexpr std::size_t ipv6_source = place_of("ipv6.src");
constexpr std::size_t ipv6_destination = place_of("ipv6.dst");
constexpr std::size_t tcp_length = place_of("tcp.len");
constexpr std::size_t tcp_sequence = place_of("tcp.seq");
constexpr std::size_t tcp_acknowledgment = place_of("tcp.ack");
constexpr std::size_t tcp_flags = place_of("tcp.flags");
constexpr std::size_t udp_length = place_of("udp.length");

constexpr std::uint64_t bit(std::size_t place) noexcept { return std::uint64_t{1} << place; }

constexpr std::uint64_t fields_of_transports = [] {
  std::uint64_t fields = 0;
  for (std::size_t place = 0; place < compared_fields.size(); ++place) {
    if (!compared_fields[place].name.starts_with("ip")) fields |= bit(place);
  }
  return fields;
}();

std::optional<IpAddress> address(const Item* version_4, const Item* version_6) noexcept {
  if (version_4 != nullptr && version_4->size == 4) return Ipv4Address{load_be32(version_4->octets(), 0)};
  if (version_6 == nullptr) return std::nullopt;
  Ipv6Address found;
  if (version_6->size != found.octets.size()) return std::nullopt;
  std::memcpy(found.octets.data(), version_6->data, found.octets.size());
  return found;
}

PacketKind kind_of(TcpFlags flags, std::uint32_t length) noexcept {
  if (flags.has(TcpFlags::syn)) return flags.has(TcpFlags::ack) ? PacketKind::syn_ack : PacketKind::syn;
  if (flags.has(TcpFlags::rst)) return PacketKind::rst;
  if (length != 0) return PacketKind::data;
  return flags.has(TcpFlags::fin) ? PacketKind::fin : PacketKind::ack;
}

}  // namespace

FieldPlaces::FieldPlaces() {
  for (std::size_t place = 0; place < compared_fields.size(); ++place) {
    shown_as_[place] = find_field(compared_fields[place].name)->field;
    if (compared_fields[place].kept == Kept::step) continue;
    for (const Field* const field : fields_named(compared_fields[place].name)) places_.emplace(field, place);
  }
}

/// False: there is no transport, or not all of it.
bool KeptCapture::read_layers(const Dissection& dissection) {
  reading_.has = 0;
  std::optional<Transport> transport;
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const std::string_view layer = name_of(dissection.at(id));
    const bool is_transport = layer == "tcp" || layer == "udp";
    if (layer == "ip" || layer == "ipv6") {
      reading_.has = 0;
      transport.reset();
    } else if (is_transport) {
      reading_.has &= ~fields_of_transports;
      transport = layer == "tcp" ? Transport::tcp : Transport::udp;
    } else {
      continue;
    }
    for_each_below(dissection, id, [this](const Item& item) {
      const std::size_t place = places_->of(item.field);
      if (place == SIZE_MAX) return;
      std::string& list = lists_[place];
      const bool is_first = !read(place);
      reading_.has |= bit(place);
      if (is_first) {
        reading_.values[place] = item.number;
        reading_.items[place] = &item;
        list.clear();
      }
      if (compared_fields[place].kept != Kept::list) return;
      if (!list.empty()) list += ',';
      append_value(list, item);
    });
  }
  if (!transport) return false;
  transport_ = static_cast<std::uint8_t>(*transport);
  const Transports& at = transports[transport_];
  const bool has_addresses =
      (read(ipv4_source) && read(ipv4_destination)) || (read(ipv6_source) && read(ipv6_destination));
  const bool has_rest = *transport == Transport::udp
                            ? read(udp_length)
                            : read(tcp_length) && read(tcp_sequence) && read(tcp_acknowledgment) && read(tcp_flags);
  return has_addresses && has_rest && read(at.stream) && read(at.source_port) && read(at.destination_port);
}

void KeptCapture::name_link(const Dissection& dissection) {
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Item& layer = dissection.at(id);
    if (layer.field == nullptr || !layer.is_layer) continue;
    if (layer.field->name == "frame" || layer.field->name == "pkt_comment") continue;  // not of the packet
    std::vector<std::string_view>& links = summary_.links;
    if (std::find(links.begin(), links.end(), layer.field->label) == links.end() && links.size() < most_links)
      links.push_back(layer.field->label);
    return;
  }
}

void KeptCapture::add_steps(KeptConversation& conversation, bool from_client) {
  for (std::size_t i = 0; i < stepping_fields.size(); ++i) {
    const std::size_t place = stepping_fields[i];
    const std::size_t of = place_of(compared_fields[place].name);
    const std::uint32_t now = read(of) ? static_cast<std::uint32_t>(number(of)) : 0;
    const std::uint32_t before = std::exchange(conversation.last[from_client ? 0 : 1][i], now);
    if (now == 0 || before == 0) continue;
    // As far as the field is wide, numbers go round.
    const std::uint32_t grown = now - before;
    const bool is_short = places_->shown_as(of).type == FieldType::uint16;
    const std::int64_t step = is_short ? static_cast<std::int16_t>(grown) : static_cast<std::int32_t>(grown);
    reading_.has |= bit(place);
    reading_.values[place] = static_cast<std::uint64_t>(step);
  }
}

void KeptCapture::take(const Dissection& dissection) {
  ++summary_.packets;
  name_link(dissection);
  if (!read_layers(dissection)) {
    ++summary_.others;
    return;
  }
  if (packets_.size() >= most_packets_) {
    ++summary_.beyond;
    return;
  }
  const Transports& at = transports[transport_];
  const auto item = [this](std::size_t place) { return read(place) ? reading_.items[place] : nullptr; };
  const auto source = address(item(ipv4_source), item(ipv6_source));
  const auto destination = address(item(ipv4_destination), item(ipv6_destination));
  if (!source || !destination) {
    ++summary_.others;
    return;
  }
  ++summary_.compared;
  const Route route{{*source, Port{static_cast<std::uint16_t>(number(at.source_port))}},
                    {*destination, Port{static_cast<std::uint16_t>(number(at.destination_port))}}};

  KeptPacket packet;
  packet.frame = dissection.frame_number;
  packet.time = dissection.record->timestamp;
  packet.values = values_.size();
  if (static_cast<Transport>(transport_) == Transport::tcp) {
    packet.sequence_number = static_cast<std::uint32_t>(number(tcp_sequence));
    packet.acknowledgment_number = static_cast<std::uint32_t>(number(tcp_acknowledgment));
    packet.length = static_cast<std::uint32_t>(number(tcp_length));
    packet.kind = kind_of({static_cast<std::uint8_t>(number(tcp_flags))}, packet.length);
  } else {
    packet.kind = PacketKind::datagram;
    packet.length = read(at.payload) ? reading_.items[at.payload]->size : 0;
  }

  const std::uint64_t stream = number(at.stream) << 1 | transport_;
  const auto [known, is_new] = numbers_.try_emplace(stream, static_cast<std::uint32_t>(conversations_.size()));
  packet.conversation = known->second;
  if (is_new) {
    KeptConversation talk;
    talk.transport = static_cast<Transport>(transport_);
    talk.route = packet.kind == PacketKind::syn_ack ? route.reversed() : route;
    conversations_.push_back(std::move(talk));
    ++summary_.conversations;
  }
  KeptConversation& conversation = conversations_[packet.conversation];
  packet.from_client = route.source == conversation.route.source;
  const auto index = static_cast<std::uint32_t>(packets_.size());
  conversation.packets.push_back(index);
  if (packet.kind == PacketKind::data) conversation.data[packet.from_client ? 0 : 1].push_back(index);
  add_steps(conversation, packet.from_client);

  if (read(at.payload)) {
    const auto payload = store_.keep(reading_.items[at.payload]->octets());
    packet.payload_is_kept = payload.has_value();
    if (payload) {
      packet.payload = *payload;
    } else {
      ++summary_.without_payload;
    }
  }
  packet.has = reading_.has;
  std::string text;
  for (std::size_t place = 0; place < compared_fields.size(); ++place) {
    if (!read(place)) continue;
    std::uint64_t value = number(place);
    const FieldType type = places_->shown_as(place).type;
    if (compared_fields[place].kept == Kept::list) {
      value = texts_->number_of(lists_[place]);
    } else if (type == FieldType::ipv4 || type == FieldType::ipv6) {
      text.clear();
      append_value(text, *reading_.items[place]);
      value = texts_->number_of(text);
    }
    values_.push_back(value);
  }
  packets_.push_back(packet);
}

void KeptCapture::turn(KeptConversation& conversation) {
  conversation.route = conversation.route.reversed();
  std::swap(conversation.data[0], conversation.data[1]);
  for (const std::uint32_t index : conversation.packets) packets_[index].from_client = !packets_[index].from_client;
}

void KeptCapture::sort_data() {
  for (KeptConversation& conversation : conversations_) {
    for (std::vector<std::uint32_t>& data : conversation.data) {
      std::stable_sort(data.begin(), data.end(), [this](std::uint32_t a, std::uint32_t b) {
        return packets_[a].sequence_number < packets_[b].sequence_number;
      });
    }
  }
}

std::uint64_t KeptCapture::value(const KeptPacket& packet, std::size_t place) const noexcept {
  return values_[packet.values + static_cast<std::size_t>(std::popcount(packet.has & (bit(place) - 1)))];
}

std::string KeptCapture::text(const KeptPacket& packet, std::size_t place) const {
  if (!has(packet, place)) return {};
  const std::uint64_t number = value(packet, place);
  const Field& field = places_->shown_as(place);
  if (compared_fields[place].kept == Kept::step) return fmt::format("{:+}", static_cast<std::int64_t>(number));
  if (compared_fields[place].kept == Kept::list || field.type == FieldType::ipv4 || field.type == FieldType::ipv6)
    return texts_->text(number);
  if (field.type == FieldType::protocol) return "present";
  Item item;
  item.field = &field;
  item.number = number;
  std::string text;
  append_value(text, item);
  return text;
}

}  // namespace encap::trace
