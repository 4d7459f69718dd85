#include <algorithm>
#include <cstring>

#include "dissect/ip.h"
#include "dissect/protocols/ipv6.h"

namespace encap {
namespace {

constexpr ValueName types[] = {{0, 0, "Source Route"},
                               {1, 1, "Nimrod"},
                               {2, 2, "Type 2 Routing"},
                               {3, 3, "RPL Source Route"},
                               {4, 4, "Segment Routing"},
                               {5, 5, "Compact Routing Header 16"},
                               {6, 6, "Compact Routing Header 32"},
                               {253, 253, "Experiment 1"},
                               {254, 254, "Experiment 2"}};

constexpr Field next_header{"ipv6.routing.nxt", "Next Header", FieldType::uint8, {.names = ip_protocol_names}};
constexpr Field length{"ipv6.routing.len", "Length", FieldType::uint8};
constexpr Field length_octets{"ipv6.routing.len_oct", "Length", FieldType::uint16, {.unit = " bytes"}};
constexpr Field type{"ipv6.routing.type", "Type", FieldType::uint8, {.names = types}};
constexpr Field segments_left{"ipv6.routing.segleft", "Segments Left", FieldType::uint8};
constexpr Field unknown_data{"ipv6.routing.unknown_data", "Type-Specific Data", FieldType::bytes};
constexpr Field source_reserved{"ipv6.routing.src.reserved", "Reserved", FieldType::bytes};
constexpr Field source_address{"ipv6.routing.src.addr", "Address", FieldType::ipv6};
constexpr Field mobile_reserved{"ipv6.routing.mipv6.reserved", "Reserved", FieldType::bytes};
constexpr Field mobile_address{"ipv6.routing.mipv6.home_address", "Home Address", FieldType::ipv6};
constexpr Field rpl_inner{{"ipv6.routing.rpl.cmprI", "Compressed Internal Octets (CmprI)", 0, 4},
                          FieldType::uint32,
                          {.drawn_bits = 32, .drawn_before = 0}};
constexpr Field rpl_last{{"ipv6.routing.rpl.cmprE", "Compressed Final Octets (CmprE)", 4, 4},
                         FieldType::uint32,
                         {.drawn_bits = 32, .drawn_before = 4}};
constexpr Field rpl_pad{
    {"ipv6.routing.rpl.pad", "Padding Bytes", 8, 4}, FieldType::uint32, {.drawn_bits = 32, .drawn_before = 8}};
constexpr Field rpl_reserved{
    {"ipv6.routing.rpl.reserved", "Reserved", 12, 20}, FieldType::uint32, {.drawn_bits = 32, .drawn_before = 12}};
constexpr Field rpl_count{"ipv6.routing.rpl.addr_count", "Total Address Count", FieldType::int32};
constexpr Field rpl_address{"ipv6.routing.rpl.address", "Address", FieldType::bytes};
constexpr Field rpl_full_address{"ipv6.routing.rpl.full_address", "Full Address", FieldType::ipv6};
constexpr Field last_entry{"ipv6.routing.srh.last_entry", "Last Entry", FieldType::uint8};
constexpr Field flags{"ipv6.routing.srh.flags", "Flags", FieldType::uint8, {.show = Show::hex}};
constexpr Field tag{"ipv6.routing.srh.tag", "Tag", FieldType::bytes};
constexpr Field segment{"ipv6.routing.srh.addr", "Address", FieldType::ipv6};

constexpr Note deprecated{
    {"ipv6.routing.deprecated", "Routing header type is deprecated", FieldType::none}, Severity::note, "Deprecated"};
constexpr Note negative_count{
    {"ipv6.routing.rpl.addr_count_ge0",
     "Calculated total address count must be greater than or equal to 0, instead was X", FieldType::none},
    Severity::error,
    "Malformed"};

constexpr const Field* fields[] = {&next_header,
                                   &length,
                                   &length_octets,
                                   &type,
                                   &segments_left,
                                   &unknown_data,
                                   &source_reserved,
                                   &source_address,
                                   &mobile_reserved,
                                   &mobile_address,
                                   &rpl_inner,
                                   &rpl_last,
                                   &rpl_pad,
                                   &rpl_reserved,
                                   &rpl_count,
                                   &rpl_address,
                                   &rpl_full_address,
                                   &last_entry,
                                   &flags,
                                   &tag,
                                   &segment,
                                   &deprecated.field,
                                   &negative_count.field};
constexpr Binding bindings[] = {{Table::ipv6_extension, 43}};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

/// Source: RFC 8200 §4.4.
extern const ProtocolInfo ipv6_routing_protocol{
    {"ipv6.routing", "Routing Header for IPv6", FieldType::protocol}, "IPv6 Routing", dissect, bindings, fields};

namespace {

constexpr std::uint32_t fixed_length = 4;  // octets that all types have
constexpr std::uint32_t address_length = 16;

// Addresses from `at` on, the first one numbered `first`. Gives the last.
Address add_addresses(Packet& p, ItemId layer, const Field& field, const Octets& in, std::uint32_t at,
                      std::uint32_t end, unsigned first) {
  Address last;
  for (unsigned number = first; at + address_length <= end && !p.stopped(); at += address_length, ++number) {
    last = p.address(Address::Kind::ipv6, in, at);
    if (p.wants_items()) {
      p.set_text(p.add(layer, field, in, at, address_length), p.text("Address[{}]: {}", number, p.text_of(last)));
    }
  }
  return last;
}

// RFC 6554 §3: addresses without the octets they share with the packet's destination.
Address add_rpl(Packet& p, ItemId layer, const Octets& in, std::uint32_t end) {
  const std::uint32_t word = p.u32(in, fixed_length);
  p.add(layer, {&rpl_inner, &rpl_last, &rpl_pad, &rpl_reserved}, in.from(fixed_length));
  const std::uint32_t inner = address_length - (word >> 28);
  const std::uint32_t final = address_length - (word >> 24 & 15u);
  const std::int64_t octets =
      std::int64_t{end} - 8 - static_cast<std::int64_t>(word >> 20 & 15u) - static_cast<std::int64_t>(final);
  const std::int64_t count = octets < 0 ? octets / static_cast<std::int64_t>(inner) : octets / inner + 1;
  const ItemId count_item = p.generated(p.add(layer, rpl_count, in, 0, 0, static_cast<std::uint64_t>(count)));
  if (octets < 0) {
    if (p.wants_items()) {
      p.note(count_item, negative_count,
             p.value("Calculated total address count must be greater than or equal to 0, instead was {}", count));
    }
    return {};
  }
  Address full = p.ipv6->destination;
  std::uint32_t at = 8;
  for (std::int64_t number = 1; number <= count && !p.stopped(); ++number) {
    const std::uint32_t size = number == count ? final : inner;
    const Bytes own = p.octets(in, at, size);
    if (p.stopped()) break;
    std::memcpy(full.octets.data() + address_length - size, own.data(), size);
    if (p.wants_items()) {
      p.add(layer, rpl_address, in, at, size);
      const std::string_view octets_of_address{reinterpret_cast<const char*>(full.octets.data()), address_length};
      p.set_text(p.generated(p.add_string(layer, rpl_full_address, in, at, size, octets_of_address)),
                 p.text("Address[{}]: {}", number, p.text_of(full)));
    }
    at += size;
  }
  return full;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const InFull in_full{p};
  Ipv6Chain& chain = *p.ipv6;
  p.append_info(" , ", "IPv6 routing");
  const std::uint8_t next = p.u8(in, 0);
  const std::uint32_t size = (p.u8(in, 1) + 1u) * 8;
  const std::uint8_t kind = p.u8(in, 2);
  const std::uint8_t left = p.u8(in, 3);
  if (p.stopped()) return 0;
  const std::string_view name = find_name(types, kind);
  ItemId layer = ItemId::none;
  ItemId type_item = ItemId::none;
  if (p.wants_layers()) {
    layer = p.add_layer(ipv6_routing_protocol, in, 0, std::min(size, in.captured),
                        p.text("Routing Header for IPv6 ({})", name.empty() ? "Unknown" : name));
    p.add(layer, next_header, in, 0, 1);
    p.add(layer, length, in, 1, 1);
    p.generated(p.add(layer, length_octets, in, 1, 1, size));
    type_item = p.add(layer, type, in, 2, 1);
    p.add(layer, segments_left, in, 3, 1);
  }

  Address final;
  switch (kind) {
    case 0:  // RFC 5095
      if (p.need(in, fixed_length, 4)) p.add(layer, source_reserved, in, fixed_length, 4);
      final = add_addresses(p, layer, source_address, in, 8, size, 1);
      break;
    case 2:  // RFC 6275 §6.4
      if (p.need(in, fixed_length, 4)) p.add(layer, mobile_reserved, in, fixed_length, 4);
      final = add_addresses(p, layer, mobile_address, in, 8, std::min(size, 8 + address_length), 1);
      break;
    case 3:
      final = add_rpl(p, layer, in, size);
      break;
    case 4:  // RFC 8754 §2: the last segment comes first
      if (p.need(in, fixed_length, 4)) {
        p.add(layer, last_entry, in, 4, 1);
        p.add(layer, flags, in, 5, 1);
        p.add(layer, tag, in, 6, 2);
      }
      if (size >= 8 + address_length) final = p.address(Address::Kind::ipv6, in, 8);
      add_addresses(p, layer, segment, in, 8, size, 0);
      break;
    default:
      if (size > fixed_length && p.need(in, fixed_length, size - fixed_length)) {
        p.add(layer, unknown_data, in, fixed_length, size - fixed_length);
      }
  }
  if (!p.need(in, 0, size)) return 0;
  if (kind == 0 || kind == 1) p.note(type_item, deprecated);
  if (left != 0 && final.kind != Address::Kind::none) {
    p.network_destination = final;
    if (p.columns()) p.out.columns.destination = final;
  }
  chain.next = next;
  chain.rest = in.from(size);
  return size;
}

}  // namespace
}  // namespace encap
