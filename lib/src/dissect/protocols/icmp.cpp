#include "encap/wire/icmp.h"

#include <array>
#include <bit>

#include "dissect/icmp_common.h"

namespace encap {
namespace {

// Words of Wireshark's; numbers: the IANA "ICMP Type Numbers".
constexpr ValueName types[] = {{0, 0, "Echo (ping) reply"},
                               {1, 2, "Reserved"},
                               {3, 3, "Destination unreachable"},
                               {4, 4, "Source quench (flow control)"},
                               {5, 5, "Redirect"},
                               {6, 6, "Alternate host address"},
                               {8, 8, "Echo (ping) request"},
                               {9, 9, "Router advertisement"},
                               {10, 10, "Router solicitation"},
                               {11, 11, "Time-to-live exceeded"},
                               {12, 12, "Parameter problem"},
                               {13, 13, "Timestamp request"},
                               {14, 14, "Timestamp reply"},
                               {15, 15, "Information request"},
                               {16, 16, "Information reply"},
                               {17, 17, "Address mask request"},
                               {18, 18, "Address mask reply"},
                               {19, 19, "Reserved (for security)"},
                               {30, 30, "Traceroute"},
                               {31, 31, "Datagram Conversion Error"},
                               {32, 32, "Mobile Host Redirect"},
                               {33, 33, "IPv6 Where-Are-You"},
                               {34, 34, "IPv6 I-Am-Here"},
                               {35, 35, "Mobile Registration Request"},
                               {36, 36, "Mobile Registration Reply"},
                               {37, 37, "Domain Name Request"},
                               {38, 38, "Domain Name Reply"},
                               {39, 39, "SKIP"},
                               {40, 40, "Photuris"},
                               {41, 41, "Experimental mobility protocols"},
                               {42, 42, "Extended Echo request"},
                               {43, 43, "Extended Echo reply"}};
constexpr ValueName unreachable_codes[] = {{0, 0, "Network unreachable"},
                                           {1, 1, "Host unreachable"},
                                           {2, 2, "Protocol unreachable"},
                                           {3, 3, "Port unreachable"},
                                           {4, 4, "Fragmentation needed"},
                                           {5, 5, "Source route failed"},
                                           {6, 6, "Destination network unknown"},
                                           {7, 7, "Destination host unknown"},
                                           {8, 8, "Source host isolated"},
                                           {9, 9, "Network administratively prohibited"},
                                           {10, 10, "Host administratively prohibited"},
                                           {11, 11, "Network unreachable for TOS"},
                                           {12, 12, "Host unreachable for TOS"},
                                           {13, 13, "Communication administratively filtered"},
                                           {14, 14, "Host precedence violation"},
                                           {15, 15, "Precedence cutoff in effect"}};
constexpr ValueName redirect_codes[] = {{0, 0, "Redirect for network"},
                                        {1, 1, "Redirect for host"},
                                        {2, 2, "Redirect for TOS and network"},
                                        {3, 3, "Redirect for TOS and host"}};
constexpr ValueName alternate_codes[] = {{0, 0, "Alternate address for host"}};
constexpr ValueName router_codes[] = {{0, 0, "Normal router advertisement"}, {16, 16, "Does not route common traffic"}};
constexpr ValueName exceeded_codes[] = {{0, 0, "Time to live exceeded in transit"},
                                        {1, 1, "Fragment reassembly time exceeded"}};
constexpr ValueName parameter_codes[] = {
    {0, 0, "Pointer indicates the error"}, {1, 1, "Required option missing"}, {2, 2, "Bad length"}};
constexpr ValueName photuris_codes[] = {
    {0, 0, "Bad SPI"},           {1, 1, "Authentication Failed"}, {2, 2, "Decompression Failed"},
    {3, 3, "Decryption Failed"}, {4, 4, "Need Authentication"},   {5, 5, "Need Authorization"}};
constexpr ValueName probe_codes[] = {{0, 0, "No error"}};
constexpr ValueName probe_reply_codes[] = {{0, 0, "No error"},
                                           {1, 1, "Malformed Query"},
                                           {2, 2, "No Such Interface"},
                                           {3, 3, "No Such Table Entry"},
                                           {4, 4, "Multiple Interfaces Satisfy Query"}};
constexpr ValueName probe_states[] = {{0, 0, "Reserved"}, {1, 1, "Incomplete"}, {2, 2, "Reachable"}, {3, 3, "Stale"},
                                      {4, 4, "Delay"},    {5, 5, "Probe"},      {6, 6, "Failed"}};
constexpr ValueName mobile_types[] = {{0, 0, "One byte padding extension"},
                                      {16, 16, "Mobility Agent Advertisement Extension"},
                                      {19, 19, "Prefix Lengths Extension"},
                                      {24, 24, "Challenge Extension"}};

ValueNames codes_of(std::uint8_t type) noexcept {
  switch (type) {
    case 3:
      return unreachable_codes;
    case 5:
      return redirect_codes;
    case 6:
      return alternate_codes;
    case 9:
      return router_codes;
    case 11:
      return exceeded_codes;
    case 12:
      return parameter_codes;
    case 40:
      return photuris_codes;
    case 42:
      return probe_codes;
    case 43:
      return probe_reply_codes;
    default:
      return {};
  }
}

constexpr Field type_field{IcmpField::type, FieldType::uint8};
constexpr Field code_field{IcmpField::code, FieldType::uint8};
constexpr Field checksum{IcmpField::checksum, FieldType::uint16, {.show = Show::hex}};
constexpr Field checksum_status{"icmp.checksum.status", "Checksum Status", FieldType::uint8};
constexpr Note checksum_bad{{"icmp.checksum_bad", "Bad checksum", FieldType::none}, Severity::warning, "Checksum"};
constexpr Field unused{"icmp.unused", "Unused", FieldType::bytes};
constexpr Field ident_be{{"icmp.ident", "Identifier (BE)", 32, 16}, FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field ident_le{"icmp.ident_le", "Identifier (LE)", FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field seq_be{{"icmp.seq", "Sequence Number (BE)", 48, 16}, FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field seq_le{"icmp.seq_le", "Sequence Number (LE)", FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field mtu{{"icmp.mtu", "MTU of next hop", 48, 16}, FieldType::uint16};
constexpr Field address_count{{"icmp.num_addrs", "Number of addresses", 32, 8}, FieldType::uint8};
constexpr Field entry_size{{"icmp.addr_entry_size", "Address entry size", 40, 8}, FieldType::uint8};
constexpr Field lifetime{{"icmp.lifetime", "Lifetime", 48, 16}, FieldType::uint16};
constexpr Field pointer{{"icmp.pointer", "Pointer", 32, 8}, FieldType::uint32};
constexpr Field router_address{"icmp.router_address", "Router address", FieldType::ipv4};
constexpr Field preference{"icmp.pref_level", "Preference level", FieldType::int32};
constexpr Field originate{"icmp.originate_timestamp", "Originate Timestamp", FieldType::uint32};
constexpr Field receive{"icmp.receive_timestamp", "Receive Timestamp", FieldType::uint32};
constexpr Field transmit{"icmp.transmit_timestamp", "Transmit Timestamp", FieldType::uint32};
constexpr Field address_mask{{"icmp.address_mask", "Address Mask", 64, 32}, FieldType::ipv4};
constexpr Field gateway{{"icmp.redir_gw", "Gateway Address", 32, 32}, FieldType::ipv4};
constexpr Field response_to{"icmp.resp_to", "Request frame", FieldType::frame_number};
constexpr Field response_time{"icmp.resptime", "Response time", FieldType::real};
constexpr Field data_time{"icmp.data_time", "Timestamp from icmp data", FieldType::absolute_time};
constexpr Field data_time_relative{"icmp.data_time_relative", "Timestamp from icmp data (relative)",
                                   FieldType::relative_time};
constexpr Field length_field{{"icmp.length", "Length", 40, 8}, FieldType::uint8};
constexpr Field original_length{"icmp.length.original_datagram", "Length of original datagram", FieldType::uint8};
constexpr Field probe_seq{{"icmp.ext.echo.seq", "Sequence Number", 48, 8}, FieldType::uint8, {.show = Show::dec_hex}};
constexpr Field probe_reserved{{"icmp.ext.echo.req.res", "Reserved", 56, 7}, FieldType::uint8, {.show = Show::hex}};
constexpr Field probe_local{{"icmp.ext.echo.req.local", "Local bit", 63, 1}, FieldType::boolean, {.names = set_or_not}};
constexpr Field reply_state{{"icmp.ext.echo.rsp.state", "State", 56, 3}, FieldType::uint8, {.names = probe_states}};
constexpr Field reply_reserved{{"icmp.ext.echo.rsp.res", "Reserved", 59, 2}, FieldType::uint8, {.show = Show::hex}};
constexpr Field reply_active{
    {"icmp.ext.echo.rsp.active", "Active bit", 61, 1}, FieldType::boolean, {.names = set_or_not}};
constexpr Field reply_ipv4{{"icmp.ext.echo.rsp.ipv4", "IPv4 bit", 62, 1}, FieldType::boolean, {.names = set_or_not}};
constexpr Field reply_ipv6{{"icmp.ext.echo.rsp.ipv6", "IPv6 bit", 63, 1}, FieldType::boolean, {.names = set_or_not}};
constexpr Field mobile_type{"icmp.mip.type", "Extension Type", FieldType::uint8, {.names = mobile_types}};
constexpr Field mobile_length{"icmp.mip.length", "Length", FieldType::uint8};
constexpr Field mobile_prefix{"icmp.mip.prefixlength", "Prefix Length", FieldType::uint8};
constexpr Field mobile_seq{"icmp.mip.seq", "Sequence Number", FieldType::uint16};
constexpr Field mobile_life{"icmp.mip.life", "Registration Lifetime", FieldType::uint16};
constexpr Field mobile_flags{"icmp.mip.flags", "Flags", FieldType::uint16, {.show = Show::hex}};
constexpr Field mobile_bits[] = {
    {{"icmp.mip.r", "Registration Required", 0, 1}, FieldType::boolean, {.drawn_bits = 16}},
    {{"icmp.mip.b", "Busy", 1, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 1}},
    {{"icmp.mip.h", "Home Agent", 2, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 2}},
    {{"icmp.mip.f", "Foreign Agent", 3, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 3}},
    {{"icmp.mip.m", "Minimal Encapsulation", 4, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 4}},
    {{"icmp.mip.g", "GRE", 5, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 5}},
    {{"icmp.mip.v", "VJ Comp", 6, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 6}},
    {{"icmp.mip.rt", "Reverse tunneling", 7, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 7}},
    {{"icmp.mip.u", "UDP tunneling", 8, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 8}},
    {{"icmp.mip.x", "Revocation support", 9, 1}, FieldType::boolean, {.drawn_bits = 16, .drawn_before = 9}}};
constexpr Field mobile_reserved{{"icmp.mip.reserved", "Reserved", 10, 6},
                                FieldType::uint16,
                                {.show = Show::hex, .drawn_bits = 16, .drawn_before = 10}};
constexpr Field mobile_care_of{"icmp.mip.coa", "Care-Of-Address", FieldType::ipv4};
constexpr Field mobile_challenge{"icmp.mip.challenge", "Challenge", FieldType::bytes};

constexpr const Field* own_fields[] = {&type_field,
                                       &code_field,
                                       &checksum,
                                       &checksum_status,
                                       &checksum_bad.field,
                                       &unused,
                                       &ident_be,
                                       &ident_le,
                                       &seq_be,
                                       &seq_le,
                                       &mtu,
                                       &address_count,
                                       &entry_size,
                                       &lifetime,
                                       &pointer,
                                       &router_address,
                                       &preference,
                                       &originate,
                                       &receive,
                                       &transmit,
                                       &address_mask,
                                       &gateway,
                                       &response_to,
                                       &response_time,
                                       &data_time,
                                       &data_time_relative,
                                       &length_field,
                                       &original_length,
                                       &probe_seq,
                                       &probe_reserved,
                                       &probe_local,
                                       &reply_state,
                                       &reply_reserved,
                                       &reply_active,
                                       &reply_ipv4,
                                       &reply_ipv6,
                                       &mobile_type,
                                       &mobile_length,
                                       &mobile_prefix,
                                       &mobile_seq,
                                       &mobile_life,
                                       &mobile_flags,
                                       &mobile_bits[0],
                                       &mobile_bits[1],
                                       &mobile_bits[2],
                                       &mobile_bits[3],
                                       &mobile_bits[4],
                                       &mobile_bits[5],
                                       &mobile_bits[6],
                                       &mobile_bits[7],
                                       &mobile_bits[8],
                                       &mobile_bits[9],
                                       &mobile_reserved,
                                       &mobile_care_of,
                                       &mobile_challenge};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::ip_protocol, 1}};

}  // namespace

extern const ProtocolInfo icmp_protocol{
    {"icmp", "Internet Control Message Protocol", FieldType::protocol}, "ICMP", dissect, bindings, own_fields};

namespace {

constexpr std::uint16_t swapped(std::uint16_t value) noexcept {
  return static_cast<std::uint16_t>(value << 8 | value >> 8);
}
constexpr std::uint32_t swapped(std::uint32_t value) noexcept {
  return value >> 24 | (value >> 8 & 0xff00u) | (value << 8 & 0xff0000u) | value << 24;
}

void dissect_identifier_and_sequence(Packet& p, ItemId layer, const Octets& in) {
  const std::uint16_t identifier = p.u16(in, 4);
  p.add(layer, ident_be, in);
  p.add(layer, ident_le, in, 4, 2, swapped(identifier));
  const std::uint16_t sequence = p.u16(in, 6);
  p.add(layer, seq_be, in);
  p.add(layer, seq_le, in, 6, 2, swapped(sequence));
  p.append_info_format(" id=0x{:04x}, seq={}/{}, ttl={}", identifier, sequence, swapped(sequence), p.ip_hops);
}

// When a program sent the echo: several put seconds and microseconds in front of their data, in their own byte order.
// It is taken for a time when it is no more than a day off. Returns its length in octets, 0 when there is none.
std::uint32_t find_data_time(const Packet& p, const Octets& data, std::int64_t& nanoseconds) {
  static constexpr std::int64_t day = 86'400;
  if (data.captured < 8) return 0;
  const auto looks_right = [&](std::uint64_t seconds, std::uint64_t microseconds) {
    if (seconds > 0xffff'ffffu || microseconds >= 1'000'000) return false;
    const std::int64_t off = p.time().seconds() - static_cast<std::int64_t>(seconds);
    if (off > day || off < -day) return false;
    nanoseconds = static_cast<std::int64_t>(seconds) * 1'000'000'000 + static_cast<std::int64_t>(microseconds) * 1000;
    return true;
  };
  const std::uint32_t first = load_be32(data.bytes(), 0);
  const std::uint32_t second = load_be32(data.bytes(), 4);
  if (looks_right(swapped(first), swapped(second)) || looks_right(first, second)) return 8;
  if (data.captured >= 16 && looks_right(load_be<8>(data.bytes(), 0), load_be<8>(data.bytes(), 8))) return 16;
  return 0;
}

void dissect_echo(Packet& p, ItemId layer, const Octets& in, bool is_reply) {
  dissect_identifier_and_sequence(p, layer, in);
  if (p.stopped()) return;
  if (!p.in_error) {
    const std::uint16_t sum = p.u16(in, 2);
    const std::uint32_t key = p.u32(in, 4);
    if (!is_reply) {
      // A reply differs in its type alone, and so does its checksum. Source: RFC 1624.
      note_echo_request(p, ones_complement_sum(sum, 0x0800), key);
    } else if (const EchoMemory::Request* request = match_echo_reply(p, sum, key)) {
      p.append_info_format(" (request in {})", request->frame);
      if (p.wants_items()) {
        p.generated(p.add(layer, response_to, in, 0, 0, request->frame));
        const double milliseconds = static_cast<double>((p.time() - request->time).count()) / 1e6;
        const ItemId id = p.add(layer, response_time, in, 0, 0, std::bit_cast<std::uint64_t>(milliseconds));
        p.set_text(p.generated(id), p.text("Response time: {:.3f} ms", milliseconds));
      }
    }
  }
  const Octets data = in.from(8);
  std::int64_t at = 0;
  const std::uint32_t time_length = find_data_time(p, data, at);
  if (time_length != 0 && p.wants_items()) {
    p.add(layer, data_time, data, 0, time_length, static_cast<std::uint64_t>(at));
    p.generated(p.add(layer, data_time_relative, data, 0, 0, static_cast<std::uint64_t>(p.time().nanoseconds - at)));
  }
  p.call_data(data.from(time_length), layer);
}

void dissect_timestamps(Packet& p, ItemId layer, const Octets& in) {
  static constexpr std::uint32_t day = 86'400'000;  // milliseconds
  dissect_identifier_and_sequence(p, layer, in);
  std::uint32_t at = 8;
  for (const Field* field : {&originate, &receive, &transmit}) {
    const std::uint32_t sent = p.u32(in, at);
    // Some systems send them in their own byte order.
    const bool own_order = swapped(sent) < day || sent >= day;
    const std::uint32_t meant = own_order ? swapped(sent) : sent;
    const ItemId id = p.add(layer, *field, in, at, 4);
    if (id != ItemId::none) {
      p.set_text(id, p.text("{}: {} ({} after midnight UTC)", field->label, sent, duration_text(p, meant)));
    }
    at += 4;
  }
}

// What mobility agents add to an advertisement. Source: RFC 5944 §2.1, RFC 4721.
void dissect_mobile_extensions(Packet& p, ItemId layer, const Octets& in) {
  Octets rest = in;
  while (rest.reported >= 1 && !p.stopped()) {
    const std::uint8_t type = p.u8(rest, 0);
    const std::uint8_t length = type != 0 ? p.u8(rest, 1) : 0;
    if (p.stopped()) return;
    const std::string_view name = find_name(mobile_types, type);
    const std::uint32_t all = type != 0 ? 2u + length : 1;
    const ItemId tree = p.wants_items()
                            ? p.add_text(layer, rest, 0, 0,
                                         name.empty() ? p.text("Ext: Unknown ext {}", type) : p.text("Ext: {}", name))
                            : ItemId::none;
    p.add(tree, mobile_type, rest, 0, 1);
    if (type != 0) p.add(tree, mobile_length, rest, 1, 1);
    if (type == 16) {
      p.add(tree, mobile_seq, rest, 2, 2);
      p.add(tree, mobile_life, rest, 4, 2);
      const std::uint16_t flags = p.u16(rest, 6);
      const ItemId id = p.add(tree, mobile_flags, rest, 6, 2);
      for (std::size_t i = 0; i < std::size(mobile_bits); ++i) {
        p.add(id, mobile_bits[i], rest, 6, 2, flags >> (15 - i) & 1);
        if ((flags >> (15 - i) & 1) != 0 && id != ItemId::none) p.append_text(id, p.text(", {}", mobile_bits[i].label));
      }
      p.add(id, mobile_reserved, rest, 6, 2, flags & 0x3fu);
      for (std::uint32_t at = 8; at + 4 <= all && !p.stopped(); at += 4) p.add(tree, mobile_care_of, rest, at, 4);
    } else if (type == 19) {
      for (std::uint32_t at = 2; at < all && !p.stopped(); ++at) p.add(tree, mobile_prefix, rest, at, 1);
    } else if (type == 24) {
      p.add(tree, mobile_challenge, rest, 2, length);
    }
    if (!p.need(rest, 0, all)) return;
    rest = rest.from(all);
  }
}

void dissect_router_advertisement(Packet& p, ItemId layer, const Octets& in, bool mobile) {
  const std::uint8_t count = p.u8(in, 4);
  p.add(layer, address_count, in);
  const std::uint8_t size = p.u8(in, 5);
  p.add(layer, entry_size, in);
  const std::uint16_t seconds = p.u16(in, 6);
  const ItemId id = p.add(layer, lifetime, in);
  if (id != ItemId::none) p.append_text(id, p.text(" ({})", duration_text(p, seconds * std::uint64_t{1000})));
  if (size != 2) {
    p.call_data(in.from(8), layer);
    return;
  }
  std::uint32_t at = 8;
  for (unsigned i = 0; i < count && p.need(in, at, 8); ++i, at += 8) {
    p.add(layer, router_address, in, at, 4);
    p.add(layer, preference, in, at + 4, 4);
  }
  if (mobile && !p.stopped()) dissect_mobile_extensions(p, layer, in.from(at));
}

// The second word of an error: what is unused, where the fault is, how long the quoted datagram is (RFC 4884 §4), the
// next hop's MTU (RFC 1191 §4). Returns the length given, in octets.
std::uint32_t dissect_error_word(Packet& p, ItemId layer, const Octets& in, std::uint8_t type, std::uint8_t code) {
  static constexpr std::uint8_t fragmentation_needed = 4;
  if (type == 5) {
    if (p.need(in, 4, 4)) p.add(layer, gateway, in);
    return 0;
  }
  if (!p.need(in, 4, 4)) return 0;
  const bool counts = type == 3 || type == 11 || type == 12;
  const std::uint32_t length = counts ? p.u8(in, 5) * 4u : 0;
  const bool has_mtu = type == 3 && code == fragmentation_needed;
  std::uint32_t first_unused = 4;
  if (type == 12) {
    p.add(layer, pointer, in);
    first_unused = 5;
  }
  if (length != 0) {
    if (type != 12) p.add(layer, unused, in, 4, 1);
    p.add(layer, length_field, in);
    p.generated(p.add(layer, original_length, in, 5, 0, length));
    first_unused = 6;
  }
  const std::uint32_t unused_end = has_mtu ? 6 : 8;
  if (first_unused < unused_end) p.add(layer, unused, in, first_unused, unused_end - first_unused);
  if (has_mtu) p.add(layer, mtu, in);
  return length;
}

void dissect_error(Packet& p, ItemId layer, const Octets& in, std::uint8_t type, std::uint8_t code) {
  static constexpr std::uint16_t ipv4 = 0x0800;
  // Without a length of their own, extensions follow 128 octets of the datagram. Source: RFC 4884 §5.5.
  static constexpr std::uint32_t implied_length = 128;
  const std::uint32_t length = dissect_error_word(p, layer, in, type, code);
  if (p.stopped()) {
    if (type == 4) p.out.facts.quote_is_cut = true;  // its word has no fields, the quote begins with it
    return;
  }
  Octets quoted = in.from(8);
  const std::uint32_t total = quoted.captured >= 4 ? load_be16(quoted.bytes(), 2) : 0;
  if (type == 5) {
    if (quoted.captured != 0) {
      quoted = quoted.cut((std::to_integer<std::uint32_t>(quoted.bytes()[0]) & 15) * 4 + 8);
    }
  } else if (length != 0 && quoted.reported > length && total > length) {
    quoted = quoted.cut(length);
  }
  call_quoted(p, layer, ipv4, quoted);
  if (p.stopped() || type == 5) return;
  const Octets all = in.from(8);
  if (all.reported > implied_length && total <= implied_length) {
    dissect_icmp_extensions(p, layer, all.from(length != 0 ? length : implied_length));
  }
}

void dissect_probe(Packet& p, ItemId layer, const Octets& in, bool is_reply) {
  const std::uint16_t identifier = p.u16(in, 4);
  p.add(layer, ident_be, in);
  p.add(layer, ident_le, in, 4, 2, swapped(identifier));
  if (!p.need(in, 6, 2)) return;
  p.add(layer, probe_seq, in);
  if (is_reply) {
    p.add(layer, {&reply_state, &reply_reserved, &reply_active, &reply_ipv4, &reply_ipv6}, in);
  } else {
    p.add(layer, {&probe_reserved, &probe_local}, in);
    dissect_icmp_extensions(p, layer, in.from(8));
  }
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const InFull in_full{p};
  p.set_protocol("ICMP");
  p.clear_info();
  const std::uint8_t type = p.u8(in, 0);
  const std::uint8_t code = p.u8(in, 1);
  if (!p.need(in, 4, 2)) return 0;
  const ValueNames codes = codes_of(type);
  const std::string_view code_name = find_name(codes, code);
  const bool mobile = type == 9 && !code_name.empty();
  std::string_view type_name = mobile ? "Mobile IP Advertisement" : find_name(types, type);
  if (type_name.empty()) type_name = "Unknown ICMP (obsolete or malformed?)";
  p.append_info_format("{:<20}", type_name);
  if (!code_name.empty()) {
    p.append_info_format(" ({})", code_name);
  } else if (!codes.empty()) {
    p.append_info_format(" (Unknown code: {})", code);
  }

  ItemId layer = ItemId::none;
  if (p.wants_layers()) {
    layer = p.add_layer(icmp_protocol, in, 0, in.captured);
    p.set_text(p.add(layer, type_field, in), p.text("Type: {} ({})", type, type_name));
    const ItemId id = p.add(layer, code_field, in);
    if (!code_name.empty()) {
      p.set_text(id, p.text("Code: {} ({})", code, code_name));
    } else if (!codes.empty()) {
      p.set_text(id, p.text("Code: {} (Unknown code: {})", code, code));
    }
  }
  add_internet_checksum(p, layer, {checksum, checksum_status, checksum_bad}, in, 2);

  switch (type) {
    case 0:
    case 8:
      dissect_echo(p, layer, in, type == 0);
      break;
    case 3:
    case 4:
    case 5:
    case 11:
    case 12:
      dissect_error(p, layer, in, type, code);
      break;
    case 9:
      dissect_router_advertisement(p, layer, in, mobile);
      break;
    case 13:
    case 14:
      dissect_timestamps(p, layer, in);
      break;
    case 15:
    case 16:
      dissect_identifier_and_sequence(p, layer, in);
      break;
    case 17:
    case 18:
      dissect_identifier_and_sequence(p, layer, in);
      if (p.need(in, 8, 4)) p.add(layer, address_mask, in);
      break;
    case 42:
    case 43:
      dissect_probe(p, layer, in, type == 43);
      break;
    default:
      break;
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
