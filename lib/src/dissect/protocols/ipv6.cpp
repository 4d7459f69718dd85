#include "encap/wire/ipv6.h"

#include <algorithm>
#include <array>

#include "dissect/ip.h"
#include "dissect/protocols/ipv6.h"

namespace encap {
namespace {

constexpr Field version{Ipv6Field::version, FieldType::uint8};
constexpr Field traffic_class{
    Ipv6Field::traffic_class, FieldType::uint32, {.show = Show::hex, .drawn_bits = 32, .drawn_before = 4}};
constexpr Field dscp{{"ipv6.tclass.dscp", "Differentiated Services Codepoint", 4, 6},
                     FieldType::uint32,
                     {.names = code_point_names, .drawn_bits = 32, .drawn_before = 4}};
constexpr Field ecn{{"ipv6.tclass.ecn", "Explicit Congestion Notification", 10, 2},
                    FieldType::uint32,
                    {.names = congestion_names, .drawn_bits = 32, .drawn_before = 10}};
constexpr Field flow_label{Ipv6Field::flow_label, FieldType::uint24, {.show = Show::hex}};
constexpr Field payload_length{Ipv6Field::payload_length, FieldType::uint16};
constexpr Field next_header{Ipv6Field::next_header, FieldType::uint8, {.names = ip_protocol_names}};
constexpr Field hop_limit{Ipv6Field::hop_limit, FieldType::uint8};
constexpr Field any{"ipv6.addr", "Source or Destination Address", FieldType::ipv6};
constexpr Field any_host{"ipv6.host", "Source or Destination Host", FieldType::string};

// What an address may have embedded. Each is found under its end's name, and under one that both ends share.
struct EmbeddedFields {
  Field gateway;          // RFC 3056 §2: 6to4
  Field site;             // RFC 3056 §2
  Field teredo_server;    // RFC 4380 §4
  Field teredo_port;      // RFC 4380 §4
  Field teredo_client;    // RFC 4380 §4
  Field interface_mac;    // RFC 4291 appendix A: modified EUI-64
  Field isatap;           // RFC 5214 §6.1
  Field translated_ipv4;  // RFC 6052 §2.2
};
struct End {
  Field address;
  Field host;
  EmbeddedFields embedded;
};
constexpr End source{{Ipv6Field::source, FieldType::ipv6},
                     {"ipv6.src_host", "Source Host", FieldType::string},
                     {{"ipv6.src_6to4_gw_ipv4", "Source 6to4 Gateway IPv4", FieldType::ipv4},
                      {"ipv6.src_6to4_sla_id", "Source 6to4 SLA ID", FieldType::uint16},
                      {"ipv6.src_ts_ipv4", "Source Teredo Server IPv4", FieldType::ipv4},
                      {"ipv6.src_tc_port", "Source Teredo Port", FieldType::uint16},
                      {"ipv6.src_tc_ipv4", "Source Teredo Client IPv4", FieldType::ipv4},
                      {"ipv6.src_slaac_mac", "Source SLAAC MAC", FieldType::ether},
                      {"ipv6.src_isatap_ipv4", "Source ISATAP IPv4", FieldType::ipv4},
                      {"ipv6.src_embed_ipv4", "Source Embedded IPv4", FieldType::ipv4}}};
constexpr End destination{{Ipv6Field::destination, FieldType::ipv6},
                          {"ipv6.dst_host", "Destination Host", FieldType::string},
                          {{"ipv6.dst_6to4_gw_ipv4", "Destination 6to4 Gateway IPv4", FieldType::ipv4},
                           {"ipv6.dst_6to4_sla_id", "Destination 6to4 SLA ID", FieldType::uint16},
                           {"ipv6.dst_ts_ipv4", "Destination Teredo Server IPv4", FieldType::ipv4},
                           {"ipv6.dst_tc_port", "Destination Teredo Port", FieldType::uint16},
                           {"ipv6.dst_tc_ipv4", "Destination Teredo Client IPv4", FieldType::ipv4},
                           {"ipv6.dst_slaac_mac", "Destination SLAAC MAC", FieldType::ether},
                           {"ipv6.dst_isatap_ipv4", "Destination ISATAP IPv4", FieldType::ipv4},
                           {"ipv6.dst_embed_ipv4", "Destination Embedded IPv4", FieldType::ipv4}}};
constexpr EmbeddedFields either{
    {"ipv6.6to4_gw_ipv4", "6to4 Gateway IPv4", FieldType::ipv4}, {"ipv6.6to4_sla_id", "6to4 SLA ID", FieldType::uint16},
    {"ipv6.ts_ipv4", "Teredo Server IPv4", FieldType::ipv4},     {"ipv6.tc_port", "Teredo Port", FieldType::uint16},
    {"ipv6.tc_ipv4", "Teredo Client IPv4", FieldType::ipv4},     {"ipv6.slaac_mac", "SLAAC MAC", FieldType::ether},
    {"ipv6.isatap_ipv4", "ISATAP IPv4", FieldType::ipv4},        {"ipv6.embed_ipv4", "Embedded IPv4", FieldType::ipv4}};
constexpr Field translation_prefix{"ipv6.embed_ipv4_prefix", "Embedded IPv4 Prefix", FieldType::bytes};

constexpr Note bogus_version{
    {"ipv6.bogus_ipv6_version", "Bogus IPv6 version", FieldType::none}, Severity::error, "Malformed"};
constexpr Note invalid_header{
    {"ipv6.invalid_header", "IPv6 header must be exactly 40 bytes", FieldType::none}, Severity::error, "Malformed"};
constexpr Note exceeds_framing{
    {"ipv6.plen_exceeds_framing", "IPv6 payload length does not match expected framing length", FieldType::none},
    Severity::warning,
    "Protocol"};
constexpr Note zero_length{
    {"ipv6.plen_zero", "IPv6 payload length equals 0 (maybe because of \"TCP segmentation offload\" (TSO))",
     FieldType::none},
    Severity::chat,
    "Protocol"};
constexpr Note jumbo_missing{
    {"ipv6.opt.jumbo.missing", "IPv6 payload length equals 0 and Hop-By-Hop present and Jumbo Payload option missing",
     FieldType::none},
    Severity::error,
    "Malformed"};

constexpr std::array fields = [] {
  std::array<const Field*, 11 + 3 * 8 + 4 + 1 + 5> all{&version,    &traffic_class,  &dscp,        &ecn,
                                                       &flow_label, &payload_length, &next_header, &hop_limit,
                                                       &any,        &any_host,       &ip_version};
  std::size_t n = 11;
  for (const EmbeddedFields* e : {&source.embedded, &destination.embedded, &either}) {
    for (const Field* field : {&e->gateway, &e->site, &e->teredo_server, &e->teredo_port, &e->teredo_client,
                               &e->interface_mac, &e->isatap, &e->translated_ipv4}) {
      all[n++] = field;
    }
  }
  for (const Field* field : {&source.address, &source.host, &destination.address, &destination.host,
                             &translation_prefix, &bogus_version.field, &invalid_header.field, &exceeds_framing.field,
                             &zero_length.field, &jumbo_missing.field}) {
    all[n++] = field;
  }
  return all;
}();
constexpr Binding bindings[] = {{Table::ethertype, 0x86dd}, {Table::ip_protocol, 41}, {Table::link_type, 229}};

std::uint32_t dissect(Packet& p, const Octets& in);

}  // namespace

extern const ProtocolInfo ipv6_protocol{
    {"ipv6", "Internet Protocol Version 6", FieldType::protocol}, "IPv6", dissect, bindings, fields};

namespace {

constexpr std::uint8_t hop_by_hop = 0;
constexpr std::uint8_t no_next_header = 59;

// The end's own item, then the shared one.
void add_embedded(Packet& p, ItemId layer, const Field& own, const Field& shared, const Octets& in,
                  std::uint32_t offset, std::uint32_t length, std::string_view value) {
  p.generated(p.add_string(layer, own, in, offset, length, value));
  p.hidden(p.generated(p.add_string(layer, shared, in, offset, length, value)));
}

void add_embedded_addresses(Packet& p, ItemId layer, const End& end, const Octets& in, std::uint32_t offset) {
  const Bytes octets = p.octets(in, offset, 16);
  if (!p.wants_items()) return;
  const EmbeddedFields& own = end.embedded;
  const auto text = [&](std::size_t first, std::size_t count) {
    return std::string_view{reinterpret_cast<const char*>(octets.data()) + first, count};
  };
  const auto inverted = [&](std::size_t first, std::size_t count) {
    std::string all{text(first, count)};
    for (char& c : all) c = static_cast<char>(~c);
    return all;
  };
  if (load_be16(octets, 0) == 0x2002) {
    const std::uint16_t site = load_be16(octets, 6);
    p.generated(p.add_string(layer, own.gateway, in, offset + 2, 4, text(2, 4)));
    p.generated(p.add(layer, own.site, in, offset + 6, 2, site));
    p.hidden(p.generated(p.add_string(layer, either.gateway, in, offset + 2, 4, text(2, 4))));
    p.hidden(p.generated(p.add(layer, either.site, in, offset + 6, 2, site)));
  } else if (load_be32(octets, 0) == 0x20010000) {
    const auto port = static_cast<std::uint16_t>(~load_be16(octets, 10));
    const std::string client = inverted(12, 4);
    p.generated(p.add_string(layer, own.teredo_server, in, offset + 4, 4, text(4, 4)));
    p.generated(p.add(layer, own.teredo_port, in, offset + 10, 2, port));
    p.generated(p.add_string(layer, own.teredo_client, in, offset + 12, 4, client));
    p.hidden(p.generated(p.add_string(layer, either.teredo_server, in, offset + 4, 4, text(4, 4))));
    p.hidden(p.generated(p.add(layer, either.teredo_port, in, offset + 10, 2, port)));
    p.hidden(p.generated(p.add_string(layer, either.teredo_client, in, offset + 12, 4, client)));
  } else if (load_be32(octets, 0) == 0x0064ff9b && load_be<8>(octets, 4) == 0) {
    p.generated(p.add(layer, translation_prefix, in, offset, 12));
    p.generated(p.add_string(layer, own.translated_ipv4, in, offset + 12, 4, text(12, 4)));
    p.generated(p.add_string(layer, either.translated_ipv4, in, offset + 12, 4, text(12, 4)));
  }
  const std::uint32_t interface = load_be32(octets, 8);
  if ((interface & 0x020000ffu) == 0x020000ffu && octets[12] == std::byte{0xfe}) {
    std::string mac{text(8, 3)};
    mac[0] = static_cast<char>(mac[0] ^ 0x02);
    mac += text(13, 3);
    add_embedded(p, layer, own.interface_mac, either.interface_mac, in, offset + 8, 8, mac);
  } else if ((interface & 0xfcffffffu) == 0x00005efeu) {
    add_embedded(p, layer, own.isatap, either.isatap, in, offset + 12, 4, text(12, 4));
  }
}

// The length that a Jumbo Payload option of the hop-by-hop options at `in` gives; 0 without one that may be there.
std::uint32_t jumbo_length(const Octets& in) noexcept {
  constexpr std::uint8_t jumbo_option = 0xc2;
  const Bytes octets = in.bytes();
  if (octets.size() < 2) return 0;
  const std::size_t end = std::min(octets.size(), (std::to_integer<std::size_t>(octets[1]) + 1) * 8);
  for (std::size_t at = 2; at < end;) {
    const auto option = std::to_integer<std::uint8_t>(octets[at]);
    if (option == 0) {
      ++at;
      continue;
    }
    if (end - at < 2) return 0;
    const auto size = std::to_integer<std::size_t>(octets[at + 1]);
    if (option == jumbo_option && size == 4 && end - at >= 6) {
      const std::uint32_t length = load_be32(octets, at + 2);
      return length > Ipv6View::maximum_payload_length ? length : 0;
    }
    at += 2 + size;
  }
  return 0;
}

// Authentication, mobility and shim headers are no protocols of ours, but they are extension headers all the same.
constexpr bool is_other_extension(std::uint8_t number) noexcept {
  return number == 51 || number == 135 || number == 140;
}

void dissect_chain(Packet& p, ItemId layer, Ipv6Chain& chain) {
  Ipv6Chain* const outer = p.ipv6;
  const ItemId top = p.top;
  p.ipv6 = &chain;
  for (;;) {
    const ProtocolInfo* const extension = find_protocol(Table::ipv6_extension, chain.next);
    if (extension == nullptr) break;
    p.set_top(layer);
    const std::uint32_t left = chain.rest.reported;
    p.call(*extension, chain.rest);
    p.top = top;
    // In what an ICMP error quotes a broken header is no fault, but the chain ends with it.
    if (chain.rest.reported == left && !chain.ended && !p.stopped()) {
      p.ipv6 = outer;
      return;
    }
    chain.at_start = false;
    if (p.stopped() || chain.ended) break;
  }
  p.ipv6 = outer;
  if (p.stopped()) return;
  if (chain.ended) {
    p.call_data(chain.rest);
    return;
  }
  if (!is_other_extension(chain.next)) p.add_ends(ipv6_protocol, chain.source, chain.destination);
  p.ip_protocol = chain.next;
  if (chain.next == no_next_header) {
    p.set_info("IPv6 no next header");
    p.call_data(chain.rest);
    return;
  }
  if (const ProtocolInfo* protocol = find_protocol(Table::ip_protocol, chain.next);
      protocol != nullptr && (p.call(*protocol, chain.rest) != 0 || p.stopped())) {
    return;
  }
  if (!chain.info_is_said && !is_other_extension(chain.next)) {
    p.clear_info();
    p.append_info_format("Unknown IP Protocol: {} ({})", ip_protocol_name(chain.next), chain.next);
  }
  p.call_data(chain.rest);
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  constexpr std::uint32_t header_length = Ipv6View::header_length;
  p.set_protocol("IPv6");
  p.clear_info();
  const ItemId layer = p.add_layer(ipv6_protocol, in, 0, std::min(in.captured, header_length));
  const std::uint8_t first = p.u8(in, 0);
  const ItemId version_item = p.add(layer, version, in);
  if (in.reported < header_length) {
    p.append_info_format("Invalid IPv6 header ({} bytes, need exactly {})", in.reported, header_length);
    p.note(layer, invalid_header);
  }
  p.set_text(p.hidden(p.generated(p.add(layer, ip_version, in))),
             "0110 .... = Version: 6 [This field makes the filter match on \"ip.version == 6\" possible]");
  if (first >> 4 != 6) {
    p.append_info_format("Bogus IPv6 version ({}, must be 6)", first >> 4);
    p.note(version_item, bogus_version);
    return 0;
  }
  if (p.need(in, 0, 4) && p.wants_items()) {
    const ItemId item = p.add(layer, traffic_class, in);
    const auto services = static_cast<unsigned>(p.out.at(item).number);
    const std::string_view name = find_name(short_code_points, services >> 2);
    p.append_text(item, p.text(" (DSCP: {}, ECN: {})", name.empty() ? "Unknown" : name,
                               find_name(short_congestion, services & 3u)));
    p.add(item, {&dscp, &ecn}, in);
    p.add(layer, flow_label, in);
  }

  Ipv6Chain chain;
  chain.payload_length = p.u16(in, 4);
  const ItemId length_item = p.add(layer, payload_length, in);
  chain.next = p.u8(in, 6);
  p.add(layer, next_header, in);
  const std::uint8_t hops = p.u8(in, 7);
  p.add(layer, hop_limit, in);
  if (!p.stopped()) p.ip_hops = hops;

  chain.source = p.address(Address::Kind::ipv6, in, 8);
  if (p.stopped()) return 0;
  p.network_source = chain.source;
  if (p.columns()) p.out.columns.source = chain.source;
  std::string_view from;
  if (p.wants_items()) {
    from = p.text_of(chain.source);
    add_address(p, layer, {source.address, any, source.host, any_host}, in, 8, from);
  }
  chain.destination = p.address(Address::Kind::ipv6, in, 24);
  if (p.stopped()) return 0;
  p.network_destination = chain.destination;
  if (p.columns()) p.out.columns.destination = chain.destination;
  if (p.wants_items()) {
    const std::string_view to = p.text_of(chain.destination);
    add_address(p, layer, {destination.address, any, destination.host, any_host}, in, 24, to);
    p.set_text(layer, p.text("Internet Protocol Version 6, Src: {}, Dst: {}", from, to));
    add_embedded_addresses(p, layer, source, in, 8);
    add_embedded_addresses(p, layer, destination, in, 24);
  }

  std::uint32_t length = chain.payload_length;
  if (length == 0 && chain.next == hop_by_hop) {
    length = jumbo_length(in.from(header_length));
    chain.jumbo = length != 0;
    if (chain.jumbo) {
      p.append_text(length_item, " (Jumbogram)");
    } else {
      p.append_info("Invalid IPv6 payload length");
      p.note(length_item, jumbo_missing);
    }
  } else if (length == 0 && chain.next != no_next_header) {
    p.note(length_item, zero_length);
  }
  const std::uint32_t room = in.reported - header_length;
  if (length > room && !p.in_error && p.wants_notes()) {
    p.note(length_item, exceeds_framing, p.value("IPv6 payload length exceeds framing length ({} bytes)", room));
  }
  chain.rest = in.from(header_length).cut(length);
  const std::uint32_t used = header_length + chain.rest.reported;
  dissect_chain(p, layer, chain);
  return used;
}

}  // namespace
}  // namespace encap
