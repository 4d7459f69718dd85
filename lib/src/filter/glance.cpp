#include "filter/glance.h"

#include <algorithm>
#include <span>

#include "encap/dissect/field_table.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/plain_headers.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"

namespace encap::filter {
namespace {

// A layer of plain packets.
struct Layer {
  std::string_view name;
  std::span<const HeaderField* const> fields;
};
constexpr Layer network_layers[] = {{"ip", Ipv4Field::all}, {"ipv6", Ipv6Field::all}};
constexpr Layer transport_layers[] = {{"tcp", TcpField::all}, {"udp", UdpField::all}};
// Those that stand in the place of others: no plain packet has them.
constexpr std::string_view never[] = {"arp", "icmp", "icmpv6", "udplite"};

// Fields that have the value of either of two.
struct Either {
  std::string_view name;
  std::array<const HeaderField*, 2> places;
};
constexpr Either eithers[] = {{"ip.addr", {&Ipv4Field::source, &Ipv4Field::destination}},
                              {"ipv6.addr", {&Ipv6Field::source, &Ipv6Field::destination}},
                              {"tcp.port", {&TcpField::source_port, &TcpField::destination_port}},
                              {"udp.port", {&UdpField::source_port, &UdpField::destination_port}}};

// Their values are octets, the header counts words.
constexpr std::string_view counted_in_words[] = {"ip.hdr_len", "tcp.hdr_len"};

template <class Names>
bool contains(const Names& names, std::string_view name) noexcept {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Whether what is shown of the field is what stands there in the header.
bool is_as_written(const Field& field, const HeaderField& place) noexcept {
  switch (field.type) {
    case FieldType::boolean:
    case FieldType::uint8:
    case FieldType::uint16:
    case FieldType::uint32:
    case FieldType::ipv4:
    case FieldType::ipv6:
      break;
    default:
      return false;
  }
  return field.bit_offset == place.bit_offset && field.bit_width == place.bit_width &&
         !contains(counted_in_words, field.name);
}

}  // namespace

Glance::Glance(const std::vector<std::string>& names) {
  for (std::size_t kind = 0; kind < kinds; ++kind) {
    for (const std::string& name : names) known_[kind].push_back(find(name, (kind & 1) != 0, (kind & 2) != 0));
  }
}

std::optional<std::size_t> Glance::kind_of(const PacketRecord& record, Bytes& network, Bytes& transport) {
  const auto headers = plain_headers(record);
  if (!headers) return std::nullopt;
  network = headers->network;
  transport = headers->transport;
  const bool is_udp = headers->protocol == Protocol::udp;
  const std::size_t header_length = is_udp ? UdpView::header_length : TcpView::minimum_header_length;
  if (transport.size() < header_length) return std::nullopt;
  const std::size_t payload_length =
      headers->is_ipv6 ? load_field<Ipv6Field::payload_length>(network)
                       : load_field<Ipv4Field::total_length>(network) - Ipv4View::minimum_header_length;
  if (payload_length < header_length || payload_length > 65'535) return std::nullopt;
  const std::size_t told_length =
      is_udp ? load_field<UdpField::length>(transport) : load_field<TcpField::data_offset>(transport) * std::size_t{4};
  if (told_length < header_length || told_length > payload_length) return std::nullopt;
  return (headers->is_ipv6 ? 1u : 0u) | (is_udp ? 2u : 0u);
}

Glance::Known Glance::find(std::string_view name, bool is_ipv6, bool is_udp) {
  Known known;
  const FieldEntry* const entry = find_field(name);
  if (entry == nullptr) return known;
  known.field = entry->field;
  std::vector<std::string_view> protocols = protocols_declaring(name);
  std::erase_if(protocols, [&](std::string_view protocol) {
    return protocol == network_layers[is_ipv6 ? 0 : 1].name || protocol == transport_layers[is_udp ? 0 : 1].name ||
           contains(never, protocol);
  });
  if (protocols.empty()) {
    known.knowledge = Knowledge::absent;
    return known;
  }
  const Layer& network = network_layers[is_ipv6 ? 1 : 0];
  const Layer& transport = transport_layers[is_udp ? 1 : 0];
  const bool in_network = protocols.front() == network.name;
  // What several protocols have may be in any of them.
  if (protocols.size() > 1 || (!in_network && protocols.front() != transport.name)) return known;
  known.in_network = in_network;
  if (name == protocols.front()) {
    known.knowledge = Knowledge::layer;
    return known;
  }
  if (const auto* const either =
          std::find_if(std::begin(eithers), std::end(eithers), [name](const Either& e) { return e.name == name; });
      either != std::end(eithers)) {
    known.knowledge = Knowledge::values;
    known.places = either->places;
    known.count = 2;
    return known;
  }
  for (const HeaderField* place : (in_network ? network : transport).fields) {
    if (place->name != name || !is_as_written(*known.field, *place)) continue;
    known.knowledge = Knowledge::values;
    known.places[0] = place;
    known.count = 1;
  }
  return known;
}

Item Glance::item(const Field& field, const HeaderField& place, Bytes header) {
  Item item{.field = &field};
  const Bytes octets = header.subspan(place.first_octet(), place.octet_count());
  if (place.bit_width > 32 || field.type == FieldType::ipv4) {
    item.data = reinterpret_cast<const char*>(octets.data());
    item.size = static_cast<std::uint32_t>(octets.size());
    return item;
  }
  for (const std::byte octet : octets) item.number = item.number << 8 | std::to_integer<std::uint64_t>(octet);
  item.number >>= octets.size() * 8 - place.bit_offset % 8 - place.bit_width;
  item.number &= (std::uint64_t{1} << place.bit_width) - 1;
  return item;
}

}  // namespace encap::filter
