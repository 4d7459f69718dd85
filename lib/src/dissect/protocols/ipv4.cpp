#include "encap/wire/ipv4.h"

#include <algorithm>

#include "dissect/ip.h"
#include "dissect/protocols/ipv4_options.h"

namespace encap {

extern const ProtocolInfo ipv6_protocol;

namespace {

constexpr ValueName checksum_status[] = {
    {0, 0, "Bad"}, {1, 1, "Good"}, {2, 2, "Unverified"}, {3, 3, "Not present"}, {4, 4, "Illegal"}};

constexpr Field ihl{Ipv4Field::ihl, FieldType::uint8};
constexpr Field dsfield{{"ip.dsfield", "Differentiated Services Field", 8, 8}, FieldType::uint8, {.show = Show::hex}};
constexpr Field dscp{Ipv4Field::dscp, FieldType::uint8, {.names = code_point_names}};
constexpr Field ecn{Ipv4Field::ecn, FieldType::uint8, {.names = congestion_names}};
constexpr Field total_length{Ipv4Field::total_length, FieldType::uint16};
constexpr Field identification{Ipv4Field::identification, FieldType::uint16, {.show = Show::hex_dec}};
constexpr Field flags{{"ip.flags", "Flags", 48, 3}, FieldType::uint8, {.show = Show::hex}};
constexpr Field reserved{Ipv4Field::reserved, FieldType::boolean, {.names = set_or_not}};
constexpr Field dont_fragment{Ipv4Field::dont_fragment, FieldType::boolean, {.names = set_or_not}};
constexpr Field more_fragments{Ipv4Field::more_fragments, FieldType::boolean, {.names = set_or_not}};
constexpr Field fragment_offset{Ipv4Field::fragment_offset, FieldType::uint16};
constexpr Field time_to_live{Ipv4Field::time_to_live, FieldType::uint8};
constexpr Field protocol{Ipv4Field::protocol, FieldType::uint8, {.names = ip_protocol_names}};
constexpr Field checksum{Ipv4Field::checksum, FieldType::uint16, {.show = Show::hex}};
constexpr Field status{
    "ip.checksum.status", "Header checksum status", FieldType::uint8, {.names = checksum_status, .names_only = true}};

constexpr Field source{Ipv4Field::source, FieldType::ipv4};
constexpr Field source_host{"ip.src_host", "Source Host", FieldType::string};
constexpr Field current_route{"ip.cur_rt", "Current Route", FieldType::ipv4};
constexpr Field current_route_host{"ip.cur_rt_host", "Current Route Host", FieldType::string};

constexpr Field fragments{"ip.fragments", "IPv4 Fragments", FieldType::bytes};
constexpr Field fragment{"ip.fragment", "IPv4 Fragment", FieldType::frame_number};
constexpr Field overlap{"ip.fragment.overlap", "Fragment overlap", FieldType::boolean};
constexpr Field conflict{"ip.fragment.overlap.conflict", "Conflicting data in fragment overlap", FieldType::boolean};
constexpr Field multiple_tails{"ip.fragment.multipletails", "Multiple tail fragments found", FieldType::boolean};
constexpr Field too_long{"ip.fragment.toolongfragment", "Fragment too long", FieldType::boolean};
constexpr Field error{"ip.fragment.error", "Defragmentation error", FieldType::frame_number};
constexpr Field count{"ip.fragment.count", "Fragment count", FieldType::uint32};
constexpr Field reassembled_length{"ip.reassembled.length", "Reassembled IPv4 length", FieldType::uint32};
constexpr Field reassembled_data{"ip.reassembled.data", "Reassembled IPv4 data", FieldType::bytes};
constexpr FragmentFields fragment_fields{
    fragments, fragment,           overlap,          conflict,           multiple_tails,  too_long, error,
    count,     reassembled_length, reassembled_data, "Reassembled IPv4", "IPv4 fragments"};

constexpr Note bogus_version{{"ip.bogus_ip_version", "Bogus IP version", FieldType::none}, Severity::error, "Protocol"};
constexpr Note bogus_header_length{
    {"ip.bogus_header_length", "Bogus IP header length", FieldType::none}, Severity::error, "Protocol"};
constexpr Note bogus_length{{"ip.bogus_ip_length", "Bogus IP length", FieldType::none}, Severity::error, "Protocol"};
constexpr Note local_control{{"ip.ttl.lncb", "Time To Live", FieldType::none}, Severity::note, "Sequence"};
constexpr Note too_small{{"ip.ttl.too_small", "Time To Live", FieldType::none}, Severity::note, "Sequence"};

constexpr const Field* fields[] = {&ip_version,
                                   &ihl,
                                   &dsfield,
                                   &dscp,
                                   &ecn,
                                   &total_length,
                                   &identification,
                                   &flags,
                                   &reserved,
                                   &dont_fragment,
                                   &more_fragments,
                                   &fragment_offset,
                                   &time_to_live,
                                   &protocol,
                                   &checksum,
                                   &status,
                                   &source,
                                   &source_host,
                                   &Ipv4AddressField::destination,
                                   &Ipv4AddressField::destination_host,
                                   &Ipv4AddressField::any,
                                   &Ipv4AddressField::any_host,
                                   &current_route,
                                   &current_route_host,
                                   &fragments,
                                   &fragment,
                                   &overlap,
                                   &conflict,
                                   &multiple_tails,
                                   &too_long,
                                   &error,
                                   &count,
                                   &reassembled_length,
                                   &reassembled_data,
                                   &bogus_version.field,
                                   &bogus_header_length.field,
                                   &bogus_length.field,
                                   &local_control.field,
                                   &too_small.field};
constexpr Binding bindings[] = {{Table::ethertype, 0x0800}, {Table::ip_protocol, 4}, {Table::link_type, 228}};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

extern const ProtocolInfo ipv4_protocol{
    {"ip", "Internet Protocol Version 4", FieldType::protocol}, "IPv4", dissect, bindings, fields};

namespace {

void add_flags(Packet& p, ItemId layer, const Octets& in) {
  const ItemId item = p.add(layer, flags, in);
  if (item == ItemId::none) return;
  const Field* const all[] = {&reserved, &dont_fragment, &more_fragments};
  for (unsigned i = 0; i < 3; ++i) {
    if ((p.out.at(item).number >> (2 - i) & 1) != 0) {
      p.append_text(item, ", ");
      p.append_text(item, all[i]->label);
    }
  }
  p.add(item, {&reserved, &dont_fragment, &more_fragments}, in);
}

// What stands for a Time To Live that a router would not have let through, or that nobody should send.
void check_time_to_live(Packet& p, ItemId item, std::uint8_t value, std::uint32_t to, std::uint8_t protocol_number) {
  if (!p.wants_notes()) return;
  if ((to & 0xffffff00u) == 0xe0000000u) {  // the Local Network Control Block, 224.0.0.0/24: is not forwarded
    const std::uint32_t host = to & 0xff;
    if (host == 252) return;  // LLMNR sends both
    // VRRP, HSRP and mDNS tell by 255 that no router was between.
    const unsigned expected = host == 18 || host == 102 || host == 251 ? 255 : 1;
    if (value != expected) {
      p.note(item, local_control,
             p.value("\"Time To Live\" != {} for a packet sent to the Local Network Control Block (see RFC 3171)",
                     expected));
    }
    return;
  }
  constexpr std::uint8_t pim = 103;
  constexpr std::uint8_t ospf = 89;
  if (value < 5 && (to >> 28) != 0xe && protocol_number != pim && protocol_number != ospf) {
    p.note(item, too_small, p.value("\"Time To Live\" only {}", value));
  }
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  p.set_protocol("IPv4");
  p.clear_info();
  const std::uint8_t first = p.u8(in, 0);
  // Where a capture has no link layer, the version alone says which of the two it is.
  const bool is_whole_frame = in.source == 0 && in.offset == 0;
  if (first >> 4 == 6 && is_whole_frame) return p.call(ipv6_protocol, in);
  const std::uint32_t header_length = (first & 15u) * 4;
  const ItemId layer = p.add_layer(ipv4_protocol, in, 0, std::min(header_length, in.captured));
  const ItemId version_item = p.add(layer, ip_version, in);
  if (first >> 4 != 4) {
    p.append_info_format("Bogus IPv4 version ({}, must be 4)", first >> 4);
    p.note(version_item, bogus_version, "Bogus IPv4 version");
    return first >> 4 == 6 ? p.call(ipv6_protocol, in) : in.reported;
  }
  ItemId ihl_item = ItemId::none;
  if (p.wants_items()) {
    ihl_item = p.add(layer, ihl, in);
    p.out.at(ihl_item).number = header_length;  // the field counts octets, the header words of four
    p.set_text(ihl_item, p.text(".... {:04b} = Header Length: {} bytes ({})", first & 15u, header_length, first & 15u));
  }
  if (header_length < Ipv4View::minimum_header_length) {
    const std::string_view line = p.value("Bogus IP header length ({}, must be at least 20)", header_length);
    p.append_info(line);
    p.note(ihl_item, bogus_header_length, line);
    return in.reported;
  }

  const std::uint8_t services = p.u8(in, 1);
  if (p.wants_items()) {
    const ItemId item = p.add(layer, dsfield, in);
    const std::string_view name = find_name(short_code_points, services >> 2);
    p.append_text(item, p.text(" (DSCP: {}, ECN: {})", name.empty() ? "Unknown" : name,
                               find_name(short_congestion, services & 3u)));
    p.add(item, {&dscp, &ecn}, in);
  }

  std::uint32_t total = p.u16(in, 2);
  if (total == 0) {
    total = in.reported;
    if (p.wants_items()) {
      const ItemId item = p.generated(p.add(layer, total_length, in, 2, 2, total));
      p.append_text(item, " bytes (reported as 0, presumed to be because of \"TCP segmentation offload\" (TSO))");
    }
  } else if (total < header_length) {
    p.append_info_format("Bogus IP length ({}, less than header length {})", total, header_length);
    const ItemId item = p.add(layer, total_length, in);
    p.append_text(item, p.text(" bytes (bogus, less than header length {})", header_length));
    p.note(item, bogus_length);
    return in.reported;
  } else {
    const ItemId item = p.add(layer, total_length, in);
    if (total > in.reported && !p.in_error && p.wants_notes()) {
      p.note(item, bogus_length, p.value("IPv4 total length exceeds packet length ({} bytes)", in.reported));
    }
  }
  const Octets datagram = in.cut(total);
  if (layer != ItemId::none) p.out.at(layer).reach = std::min(p.out.at(layer).reach, datagram.captured);

  const std::uint16_t id = p.u16(in, 4);
  p.add(layer, identification, in);
  const std::uint16_t flags_and_offset = p.u16(in, 6);
  add_flags(p, layer, datagram);
  const bool more = (flags_and_offset & 0x2000u) != 0;
  const std::uint32_t offset = (flags_and_offset & 0x1fffu) * 8u;
  if (p.wants_items()) {
    const ItemId item = p.add(layer, fragment_offset, in);
    p.set_text(item, p.text("...{:b} {:04b} {:04b} {:04b} = Fragment Offset: {}", offset >> 15 & 1, offset >> 11 & 15,
                            offset >> 7 & 15, offset >> 3 & 15, offset));
  }
  const std::uint8_t hops = p.u8(in, 8);
  p.ip_hops = hops;
  const ItemId hops_item = p.add(layer, time_to_live, in);
  const std::uint8_t protocol_number = p.u8(in, 9);
  p.add(layer, protocol, in);
  if (p.need(in, 10, 2) && p.wants_items()) {
    p.append_text(p.add(layer, checksum, in), " [validation disabled]");
    p.generated(p.add(layer, status, in, 10, 0, 2));
  }

  const Address from = p.address(Address::Kind::ipv4, in, 12);
  if (p.stopped()) return 0;
  p.network_source = from;
  if (p.columns()) p.out.columns.source = from;
  std::string_view from_text;
  if (p.wants_items()) {
    from_text = p.text_of(from);
    p.set_text(layer, p.text("Internet Protocol Version 4, Src: {}", from_text));
    add_address(p, layer, {source, Ipv4AddressField::any, source_host, Ipv4AddressField::any_host}, in, 12, from_text);
  }

  const auto options_length = static_cast<std::uint32_t>(header_length - Ipv4View::minimum_header_length);
  const Octets options = datagram.part(Ipv4View::minimum_header_length, options_length);
  const std::uint32_t last_hop = options_length != 0 ? final_destination(p, options) : 0;
  const Address next = p.address(Address::Kind::ipv4, in, 16);
  const Address to = last_hop != 0 ? p.address(Address::Kind::ipv4, options, last_hop) : next;
  if (p.stopped()) return 0;
  p.network_destination = to;
  if (p.columns()) p.out.columns.destination = to;
  if (p.wants_items()) {
    const std::string_view next_text = p.text_of(next);
    if (last_hop != 0) {
      p.set_text(layer,
                 p.text("Internet Protocol Version 4, Src: {}, Dst: {}, Via: {}", from_text, p.text_of(to), next_text));
      p.add(layer, current_route, in, 16, 4);
      p.hidden(p.add_string(layer, current_route_host, in, 16, 4, next_text, true));
    } else {
      p.set_text(layer, p.text("Internet Protocol Version 4, Src: {}, Dst: {}", from_text, next_text));
      add_address(p, layer, ipv4_destination, in, 16, next_text);
    }
  }
  check_time_to_live(p, hops_item, hops, load_be32(Bytes{in.data + 16, 4}, 0), protocol_number);
  if (options_length != 0) dissect_ipv4_options(p, layer, options);
  if (p.stopped()) return 0;
  p.add_ends(ipv4_protocol, from, to);

  p.ip_protocol = protocol_number;

  const bool fragmented_before = p.fragmented;
  const std::uint32_t payload_length = total - header_length;
  Octets payload = datagram.from(header_length);
  bool write_info = true;
  if ((more || offset != 0) && payload_length != 0 && payload_length <= payload.captured) {
    bool illegal = false;
    payload = reassemble(p, layer, fragment_fields, {from, to, id, std::uint32_t{p.vlan} << 8 | protocol_number},
                         offset, more, payload, illegal);
    write_info = !illegal;
  } else if (offset != 0) {
    payload.data = nullptr;
  } else if (more) {
    p.fragmented = true;
    payload.fragment = true;
  }

  if (payload.data == nullptr) {
    p.clear_info();
    p.append_info_format("Fragmented IP protocol (proto={} {}, off={}, ID={:04x})", ip_protocol_name(protocol_number),
                         protocol_number, offset, id);
    p.call_data(datagram.from(header_length));
  } else if (payload.reported != 0) {
    call_ip_protocol(p, protocol_number, payload, write_info);
  }
  p.fragmented = fragmented_before;
  return datagram.reported;
}

}  // namespace
}  // namespace encap
