#include "dissect/icmp_common.h"

#include <algorithm>

#include "encap/wire/checksum.h"

namespace encap {
namespace {

EchoMemory* memory_of(Packet& p) {
  if (p.session == nullptr || p.stopped()) return nullptr;
  return &p.session->flow({FlowKey::Transport::icmp, p.network_source, p.network_destination, 0, 0})
              .remember<EchoMemory>();
}

}  // namespace

void note_echo_request(Packet& p, std::uint16_t reply_checksum, std::uint32_t identifier_and_sequence) {
  EchoMemory* memory = memory_of(p);
  if (memory == nullptr) return;
  const EchoMemory::Request request{identifier_and_sequence, reply_checksum, false, p.frame_number(), p.time()};
  if (memory->requests.size() < EchoMemory::most_requests) {
    memory->requests.push_back(request);
  } else {
    memory->requests[memory->next] = request;
    memory->next = (memory->next + 1) % EchoMemory::most_requests;
  }
}

const EchoMemory::Request* match_echo_reply(Packet& p, std::uint16_t checksum, std::uint32_t identifier_and_sequence) {
  EchoMemory* memory = memory_of(p);
  if (memory == nullptr) return nullptr;
  auto& requests = memory->requests;
  // The newest first: it replaces older ones that look the same.
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EchoMemory::Request& request = requests[(memory->next + requests.size() - 1 - i) % requests.size()];
    if (request.identifier_and_sequence != identifier_and_sequence || request.reply_checksum != checksum) continue;
    if (request.answered) return nullptr;
    request.answered = true;
    return &request;
  }
  return nullptr;
}

void add_internet_checksum(Packet& p, ItemId parent, const ChecksumFields& fields, const Octets& in,
                           std::uint32_t offset, std::uint64_t initial_sum) {
  const std::uint16_t sent = p.u16(in, offset);
  if (!p.wants_items()) return;
  const ItemId item = p.add(parent, fields.checksum, in, offset, 2);
  const auto verdict = [&](std::uint64_t status, std::string_view words) {
    p.set_text(p.generated(p.add(parent, fields.status, in, offset, 0, status)), p.text("Checksum Status: {}", words));
  };
  if (p.in_error || p.fragmented || in.captured < in.reported) {
    p.append_text(item, p.in_error ? " [unverified] [in ICMP error packet]" : " [unverified] [fragmented datagram]");
    verdict(2, "Unverified");
    return;
  }
  const std::uint16_t left = fold_carries(initial_sum + sum_words(in.bytes()));
  if (left == 0xffff) {
    p.append_text(item, " [correct]");
    verdict(1, "Good");
    return;
  }
  // Taking the sent word out of the sum leaves what should have been sent.
  const std::uint16_t should_be =
      static_cast<std::uint16_t>(~ones_complement_sum(left, static_cast<std::uint16_t>(~sent)));
  p.append_text(item, p.text(" incorrect, should be 0x{:04x}", should_be));
  p.note(item, fields.bad, p.value("{} [should be 0x{:04x}]", fields.bad.field.label, should_be));
  verdict(0, "Bad");
}

std::uint32_t call_quoted(Packet& p, ItemId layer, std::uint16_t ethertype, const Octets& in) {
  if (p.stopped()) return 0;
  struct Saved {
    bool in_error, writable;
    ItemId top;
    Address source, destination;
    Flow* flow;
    std::uint8_t protocol, hops;
    bool fragmented;
  } const saved{p.in_error, p.writable,    p.top,     p.network_source, p.network_destination,
                p.flow,     p.ip_protocol, p.ip_hops, p.fragmented};
  p.in_error = true;
  p.writable = false;
  p.set_top(layer);
  const ProtocolInfo* const ip = find_protocol(Table::ethertype, ethertype);
  std::uint32_t used = ip != nullptr ? p.call(*ip, in) : 0;
  if (used == 0 && !p.stopped()) {
    p.call_data(in);
    used = in.captured;
  }
  p.in_error = saved.in_error;
  p.writable = saved.writable;
  p.top = saved.top;
  p.network_source = saved.source;
  p.network_destination = saved.destination;
  p.flow = saved.flow;
  p.ip_protocol = saved.protocol;
  p.ip_hops = saved.hops;
  p.fragmented = saved.fragmented;
  return used;
}

std::string_view duration_text(Packet& p, std::uint64_t milliseconds) {
  struct Unit {
    std::uint64_t milliseconds;
    std::string_view name;
  };
  static constexpr Unit units[] = {{86'400'000, "day"}, {3'600'000, "hour"}, {60'000, "minute"}};
  std::string_view text;
  for (const Unit& unit : units) {
    const std::uint64_t count = milliseconds / unit.milliseconds;
    milliseconds %= unit.milliseconds;
    if (count != 0) text = p.text("{}{}{} {}{}", text, text.empty() ? "" : ", ", count, unit.name, plural(count));
  }
  if (milliseconds == 0) return text.empty() ? std::string_view{"0 seconds"} : text;
  const std::string_view separator = text.empty() ? "" : ", ";
  const std::uint64_t seconds = milliseconds / 1000;
  if (milliseconds % 1000 == 0) return p.text("{}{}{} second{}", text, separator, seconds, plural(seconds));
  return p.text("{}{}{}.{:03} seconds", text, separator, seconds, milliseconds % 1000);
}

namespace {

constexpr ValueName classes[] = {{1, 1, "MPLS Label Stack Class"},
                                 {2, 2, "Interface Information Object"},
                                 {3, 3, "Interface Identification Object"}};
constexpr ValueName roles[] = {{0, 0, "IP interface upon which datagram arrived"},
                               {1, 1, "sub-IP component of an IP interface upon which datagram arrived"},
                               {2, 2, "IP interface through which datagram would be forwarded"},
                               {3, 3, "IP next-hop to which datagram would be forwarded"}};
constexpr ValueName identified_by[] = {{1, 1, "Identifies Interface By Name"},
                                       {2, 2, "Identifies Interface By Index"},
                                       {3, 3, "Identifies Interface By Address"}};
constexpr ValueName present[] = {{0, 0, "Not Present"}, {1, 1, "Present"}};
constexpr ValueName address_families[] = {{1, 1, "IPv4"}, {2, 2, "IPv6"}};

constexpr Field extensions{"icmp.ext", "ICMP Multi-Part Extensions", FieldType::none};
constexpr Field version{{"icmp.ext.version", "Version", 0, 4}, FieldType::uint8};
constexpr Field reserved{{"icmp.ext.res", "Reserved", 4, 12}, FieldType::uint16, {.show = Show::hex}};
constexpr Field checksum{"icmp.ext.checksum", "Checksum", FieldType::uint16, {.show = Show::hex}};
constexpr Field checksum_status{"icmp.ext.checksum.status", "Checksum Status", FieldType::uint8};
constexpr Note checksum_bad{{"icmp.ext.checksum_bad", "Bad checksum", FieldType::none}, Severity::warning, "Checksum"};
constexpr Field length_field{{"icmp.ext.length", "Length", 0, 16}, FieldType::uint16};
constexpr Field class_field{{"icmp.ext.class", "Class", 16, 8}, FieldType::uint8, {.names = classes}};
constexpr Field ctype{{"icmp.ext.ctype", "C-Type", 24, 8}, FieldType::uint8};
constexpr Field identification_ctype{{"icmp.ext.ctype", "C-Type", 24, 8}, FieldType::uint8};
constexpr Field data{"icmp.ext.data", "Data", FieldType::bytes};
constexpr Field label{{"icmp.mpls.label", "Label", 0, 20}, FieldType::uint24, {.drawn_bits = 24}};
constexpr Field exp{
    {"icmp.mpls.exp", "Experimental", 20, 3}, FieldType::uint24, {.drawn_bits = 24, .drawn_before = 20}};
constexpr Field stack_bit{{"icmp.mpls.s", "Stack bit", 23, 1},
                          FieldType::boolean,
                          {.names = set_or_not, .drawn_bits = 24, .drawn_before = 23}};
constexpr Field ttl{{"icmp.mpls.ttl", "Time to live", 24, 8}, FieldType::uint8};
constexpr Field mpls_data{"icmp.mpls.data", "Data", FieldType::bytes};
constexpr Field role{{"icmp.int_info.role", "Interface Role", 24, 2}, FieldType::uint8, {.names = roles}};
constexpr Field info_reserved{{"icmp.int_info.reserved", "Reserved", 26, 2}, FieldType::uint8};
constexpr Field has_index{{"icmp.int_info.ifindex", "ifIndex", 28, 1}, FieldType::boolean};
constexpr Field has_address{{"icmp.int_info.ipaddr", "IP Address", 29, 1}, FieldType::boolean, {.names = present}};
constexpr Field has_name{
    {"icmp.int_info.name_present", "Interface Name", 30, 1}, FieldType::boolean, {.names = present}};
constexpr Field has_mtu{{"icmp.int_info.mtu_present", "MTU", 31, 1}, FieldType::boolean, {.names = present}};
constexpr Field index_field{"icmp.int_info.index", "Interface Index", FieldType::uint32};
constexpr Field afi{"icmp.int_info.afi", "Address Family Identifier", FieldType::uint16, {.names = address_families}};
constexpr Field info_ipv4{"icmp.int_info.ipv4", "Source", FieldType::ipv4};
constexpr Field info_ipv6{"icmp.int_info.ipv6", "Source", FieldType::ipv6};
constexpr Field info_unknown{"icmp.int_info.ipunknown", "Source", FieldType::bytes};
constexpr Field name_length{"icmp.int_info.name_length", "Name Length", FieldType::uint8};
constexpr Field name_field{"icmp.int_info.name", "Name", FieldType::string};
constexpr Field mtu{"icmp.int_info.mtu", "Maximum Transmission Unit", FieldType::uint32};
constexpr Field ident_name{"icmp.int_ident.name", "Name", FieldType::string};
constexpr Field ident_index{"icmp.int_ident.index", "Interface Index", FieldType::uint32};
constexpr Field ident_afi{
    "icmp.int_ident.afi", "Address Family Identifier", FieldType::uint16, {.names = address_families}};
constexpr Field ident_length{"icmp.int_ident.addr_length", "Address Length", FieldType::uint8};
constexpr Field ident_reserved{"icmp.int_ident.reserved", "Reserved", FieldType::bytes};
constexpr Field ident_ipv4{"icmp.int_ident.ipv4", "Address", FieldType::ipv4};
constexpr Field ident_ipv6{"icmp.int_ident.ipv6", "Address", FieldType::ipv6};
constexpr Field ident_address{"icmp.int_ident.address", "Address", FieldType::bytes};
constexpr const Field* extension_fields[] = {&extensions,
                                             &version,
                                             &reserved,
                                             &checksum,
                                             &checksum_status,
                                             &checksum_bad.field,
                                             &length_field,
                                             &class_field,
                                             &ctype,
                                             &data,
                                             &label,
                                             &exp,
                                             &stack_bit,
                                             &ttl,
                                             &mpls_data,
                                             &role,
                                             &info_reserved,
                                             &has_index,
                                             &has_address,
                                             &has_name,
                                             &has_mtu,
                                             &index_field,
                                             &afi,
                                             &info_ipv4,
                                             &info_ipv6,
                                             &info_unknown,
                                             &name_length,
                                             &name_field,
                                             &mtu,
                                             &ident_name,
                                             &ident_index,
                                             &ident_afi,
                                             &ident_length,
                                             &ident_reserved,
                                             &ident_ipv4,
                                             &ident_ipv6,
                                             &ident_address};

constexpr std::uint16_t ipv4_family = 1;
constexpr std::uint16_t ipv6_family = 2;

// MPLS label stack entries. Source: RFC 4950 §3.
void dissect_mpls(Packet& p, ItemId tree, const Octets& object) {
  p.set_text(tree, "MPLS Stack Entry");
  const std::uint8_t kind = p.u8(object, 3);
  p.add(tree, ctype, object);
  Octets rest = object.from(4);
  if (kind == 1) {
    while (rest.reported >= 4 && !p.stopped()) {
      const std::uint32_t entry = p.u32(rest, 0);
      if (p.wants_items()) {
        const ItemId id = p.add_text(
            tree, rest, 0, 4,
            p.text("Label: {}, Exp: {}, S: {}, TTL: {}", entry >> 12, entry >> 9 & 7, entry >> 8 & 1, entry & 0xff));
        p.add(id, {&label, &exp, &stack_bit, &ttl}, rest);
      }
      rest = rest.from(4);
    }
  }
  if (rest.reported != 0) p.add(tree, mpls_data, rest, 0, rest.reported);
}

// Source: RFC 5837 §4.
void dissect_interface_information(Packet& p, ItemId tree, const Octets& object) {
  p.set_text(tree, "Interface Information Object");
  const std::uint8_t kind = p.u8(object, 3);
  const ItemId bits = p.add(tree, ctype, object);
  p.add(bits, {&role, &info_reserved, &has_index, &has_address, &has_name, &has_mtu}, object);
  std::uint32_t at = 4;
  const auto left = [&] { return at < object.reported ? object.reported - at : 0; };
  if ((kind & 0x08) != 0 && left() >= 4) {
    p.add(tree, index_field, object, at, 4);
    at += 4;
  }
  if ((kind & 0x04) != 0 && left() >= 4) {
    const std::uint16_t family = p.u16(object, at);
    p.add(tree, afi, object, at, 2);
    at += 4;
    const std::uint32_t size = family == ipv4_family ? 4 : family == ipv6_family ? 16 : left();
    if (left() < size) return;
    p.add(tree, family == ipv4_family ? info_ipv4 : family == ipv6_family ? info_ipv6 : info_unknown, object, at, size);
    at += size;
  }
  if ((kind & 0x02) != 0 && left() >= 1) {
    const std::uint8_t size = p.u8(object, at);
    const ItemId name = p.add_text(tree, object, at, 0, "Interface Name Sub-Object");
    p.add(name, name_length, object, at, 1);
    if (size > 0 && size - 1u <= left() - 1) p.add(name, name_field, object, at + 1, size - 1u);
    at += size;
  }
  if ((kind & 0x01) != 0 && left() >= 4) p.add(tree, mtu, object, at, 4);
}

// Source: RFC 8335 §2.1.
void dissect_interface_identification(Packet& p, ItemId tree, const Octets& object) {
  p.set_text(tree, "Interface Identification Object");
  const std::uint8_t kind = p.u8(object, 3);
  const std::string_view how = find_name(identified_by, kind);
  const ItemId id = p.add(tree, identification_ctype, object);
  p.set_text(id, p.text("C-Type: {} ({})", kind, how.empty() ? "Unknown" : how));
  const Octets rest = object.from(4);
  if (kind == 1) {
    p.add(tree, ident_name, rest, 0, rest.reported);
  } else if (kind == 2) {
    p.add(tree, ident_index, rest, 0, 4);
  } else if (kind == 3) {
    const std::uint16_t family = p.u16(rest, 0);
    const std::uint8_t size = p.u8(rest, 2);
    p.add(tree, ident_afi, rest, 0, 2);
    p.add(tree, ident_length, rest, 2, 1);
    p.add(tree, ident_reserved, rest, 3, 1);
    const bool known = (family == ipv4_family && size == 4) || (family == ipv6_family && size == 16);
    p.add(tree, !known ? ident_address : family == ipv4_family ? ident_ipv4 : ident_ipv6, rest, 4, size);
  }
}

}  // namespace

std::span<const Field* const> icmp_extension_fields() noexcept { return extension_fields; }

void dissect_icmp_extensions(Packet& p, ItemId layer, const Octets& in) {
  if (in.reported == 0) return;
  static constexpr std::uint8_t supported = 2;
  const ItemId tree = p.add(layer, extensions, in, 0, 0);
  const std::uint8_t has_version = p.u8(in, 0) >> 4;
  p.add(tree, version, in, 0, 1, has_version);
  p.set_text(p.takes_items() && tree != ItemId::none ? p.out.at(tree).last_child : ItemId::none,
             p.text("Version: {}", has_version));
  p.add(tree, reserved, in);
  add_internet_checksum(p, tree, {checksum, checksum_status, checksum_bad}, in, 2);
  if (has_version != supported) {
    p.append_text(tree, " (unsupported version)");
    return;
  }
  Octets rest = in.from(4);
  while (rest.reported >= 4 && !p.stopped()) {
    const std::uint16_t length = p.u16(rest, 0);
    const std::uint8_t kind = p.u8(rest, 2);
    if (p.stopped()) return;
    const std::string_view name = find_name(classes, kind);
    const ItemId object_tree =
        p.add_text(tree, rest, 0, 0, name.empty() ? p.text("Unknown object class {}", kind) : name);
    p.add(object_tree, length_field, rest);
    p.add(object_tree, class_field, rest);
    if (length < 4 || length > rest.reported) {
      p.add(object_tree, ctype, rest);
      p.append_text(object_tree, " (bad length)");
      return;
    }
    const Octets object = rest.part(0, length);
    if (kind == 1) {
      dissect_mpls(p, object_tree, object);
    } else if (kind == 2) {
      dissect_interface_information(p, object_tree, object);
    } else if (kind == 3) {
      dissect_interface_identification(p, object_tree, object);
    } else {
      p.add(object_tree, ctype, object);
      if (length > 4) p.add(object_tree, data, object, 4, length - 4u);
    }
    rest = rest.from(length);
  }
}

}  // namespace encap
