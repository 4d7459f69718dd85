#include <algorithm>
#include <array>
#include <cstring>

#include "dissect/dns_names.h"
#include "dissect/icmp_common.h"
#include "dissect/icmpv6.h"

namespace encap::icmpv6 {

ItemId Walk::add_bits(ItemId parent, const Field& field, std::uint32_t length) {
  if (parent == ItemId::none || !p.need(in, at, length)) return ItemId::none;
  std::uint64_t word = 0;
  for (const std::byte octet : p.octets(in, at, length)) word = word << 8 | std::to_integer<std::uint64_t>(octet);
  const unsigned behind = length * 8 - field.bit_offset - field.bit_width;
  return p.add(parent, field, in, at, length, word >> behind & ((std::uint64_t{1} << field.bit_width) - 1));
}

ItemId Walk::add_flags(const Field& word, std::uint32_t length, std::span<const Field* const> fields) {
  if (!p.need(in, at, length)) return ItemId::none;
  const ItemId id = p.add(tree, word, in, at, length);
  if (id != ItemId::none) {
    for (const Field* field : fields) {
      const ItemId bit = add_bits(id, *field, length);
      const std::uint64_t value = p.out.at(bit).number;
      if (field->type == FieldType::boolean) {
        if (value != 0) p.append_text(id, p.text(", {}", field->label));
      } else if (!field->look.names.empty()) {
        const std::string_view name = find_name(field->look.names, value);
        p.append_text(id, p.text(", {}: {}", field->label, name.empty() ? "Unknown" : name));
      }
    }
  }
  at += length;
  return id;
}

ItemId Walk::add_masked(ItemId parent, const Field& field, std::uint8_t word, unsigned mask, unsigned shift) {
  const std::uint32_t length = word / 8u;
  if (parent == ItemId::none || !p.need(in, at, length)) return ItemId::none;
  const unsigned whole = length == 1 ? p.u8(in, at) : p.u16(in, at);
  std::array<char, 24> drawn;
  std::size_t n = 0;
  for (unsigned bit = word; bit-- > 0;) {
    drawn[n++] = (mask >> bit & 1) == 0 ? '.' : (whole >> bit & 1) != 0 ? '1' : '0';
    if (bit != 0 && bit % 4 == 0) drawn[n++] = ' ';
  }
  const unsigned value = (whole & mask) >> shift;
  const ItemId id = p.add(parent, field, in, at, length, value);
  const std::string_view picture{drawn.data(), n};
  p.set_text(id, field.look.show == Show::hex ? p.text("{} = {}: 0x{:02x}", picture, field.label, value)
                                              : p.text("{} = {}: {}", picture, field.label, value));
  return id;
}

void Walk::say_lifetime(ItemId id) {
  const Item& item = p.out.at(id);
  if (find_name(item.field->look.names, item.number).empty()) {
    p.set_text(id, p.text("{}: {}", item.field->label, item.number));
  }
}

ItemId Walk::add_eui64(const Field& field) {
  const ItemId id = add(field, 8);
  if (id == ItemId::none) return id;
  std::string value;
  append_value(value, p.out.at(id));
  p.set_text(id, p.text("{}: {} ({})", field.label, value, value));
  return id;
}

Address Walk::prefix(std::uint32_t offset, std::uint32_t count) noexcept {
  Address address;
  const Bytes octets = p.octets(in, offset, count);
  address.kind = Address::Kind::ipv6;
  address.size = 16;
  std::memcpy(address.octets.data(), octets.data(), std::min<std::size_t>(octets.size(), 16));
  return address;
}

void add_unknown(Walk& w, std::uint32_t length) {
  const ItemId id = w.add(unknown_data, length);
  if (id != ItemId::none) w.p.note(id, unknown_data_note);
}

namespace {

// Numbers: the IANA "IPv6 Neighbor Discovery Option Formats".
constexpr ValueName types[] = {{1, 1, "Source link-layer address"},
                               {2, 2, "Target link-layer address"},
                               {3, 3, "Prefix information"},
                               {4, 4, "Redirected header"},
                               {5, 5, "MTU"},
                               {6, 6, "NBMA Shortcut Limit Option"},
                               {7, 7, "Advertisement Interval"},
                               {8, 8, "Home Agent Information"},
                               {9, 9, "Source Address List"},
                               {10, 10, "Target Address List"},
                               {11, 11, "CGA"},
                               {12, 12, "RSA Signature"},
                               {13, 13, "Timestamp"},
                               {14, 14, "Nonce"},
                               {15, 15, "Trust Anchor"},
                               {16, 16, "Certificate"},
                               {17, 17, "IP Address/Prefix Option"},
                               {18, 18, "New Router Prefix Information"},
                               {19, 19, "Link-layer Address"},
                               {20, 20, "Neighbor Advertisement Acknowledgment"},
                               {23, 23, "MAP"},
                               {24, 24, "Route Information"},
                               {25, 25, "Recursive DNS Server"},
                               {26, 26, "RA Flags Extension"},
                               {27, 27, "Handover Key Request"},
                               {28, 28, "Handover Key Reply"},
                               {29, 29, "Handover Assist Information"},
                               {30, 30, "Mobile Node Identifier Option"},
                               {31, 31, "DNS Search List Option"},
                               {32, 32, "Proxy Signature (PS)"},
                               {33, 33, "Address Registration Option"},
                               {34, 34, "6LoWPAN Context Option"},
                               {35, 35, "Authoritative Border Router"},
                               {36, 36, "6LoWPAN Capability Indication Option"},
                               {37, 37, "DHCP Captive-Portal"},
                               {38, 38, "PREF64 Option"},
                               {138, 138, "CARD Request"},
                               {139, 139, "CARD Reply"},
                               {253, 253, "RFC3692-style Experiment 1"},
                               {254, 254, "RFC3692-style Experiment 2"}};
constexpr ValueName address_codes[] = {{1, 1, "Old Care-of Address"},
                                       {2, 2, "New Care-of Address"},
                                       {3, 3, "NAR's IP address"},
                                       {4, 4, "NAR's Prefix (sent in PrRtAdv)"}};
constexpr ValueName link_codes[] = {{0, 0, "Wildcard"},
                                    {1, 1, "Link-layer Address of the New Access Point"},
                                    {2, 2, "Link-layer Address of the MN"},
                                    {3, 3, "Link-layer Address of the NAR"},
                                    {4, 4, "Link-layer Address of the source"},
                                    {5, 5, "The AP belongs to the current interface of the router"},
                                    {6, 6, "No prefix information available"},
                                    {7, 7, "No fast handovers support available"}};
constexpr ValueName naack_statuses[] = {{1, 1, "New CoA is invalid, perform address configuration"},
                                        {2, 2, "New CoA is invalid, use the supplied CoA"},
                                        {3, 3, "NCoA is invalid, use NAR's IP address as NCoA in FBU"},
                                        {4, 4, "PCoA supplied, do not send FBU"},
                                        {128, 128, "LLA is unrecognized"}};
constexpr ValueName name_types[] = {{1, 1, "DER Encoded X.501 Name"},
                                    {2, 2, "FQDN"},
                                    {3, 3, "SHA-1 Subject Key Identifier (SKI)"},
                                    {4, 4, "SHA-224 Subject Key Identifier (SKI)"},
                                    {5, 5, "SHA-256 Subject Key Identifier (SKI)"},
                                    {6, 6, "SHA-384 Subject Key Identifier (SKI)"},
                                    {7, 7, "SHA-512 Subject Key Identifier (SKI)"},
                                    {253, 254, "Reserved for Experimental Use"},
                                    {255, 255, "Reserved"}};
constexpr ValueName certificate_types[] = {{1, 1, "X.509v3 Certificate"}};
constexpr ValueName server_lifetimes[] = {{0, 0, "RDNSS address MUST no longer be used"},
                                          {0xffffffff, 0xffffffff, "Infinity"}};
constexpr ValueName search_lifetimes[] = {{0, 0, "DNSSL domain name MUST no longer be used"},
                                          {0xffffffff, 0xffffffff, "Infinity"}};
constexpr ValueName assist_codes[] = {{1, 1, "Access Network Identifier (AN ID)"}, {2, 2, "Sector ID"}};
constexpr ValueName node_codes[] = {{1, 1, "NAI"}, {2, 2, "IMSI"}};
constexpr ValueName registration_statuses[] = {
    {0, 0, "Success"}, {1, 1, "Duplicate Exists"}, {2, 2, "Neighbor Cache Full"}};
constexpr ValueName prefix_codes[] = {{0, 0, "96 bits prefix length"}, {1, 1, "64 bits prefix length"},
                                      {2, 2, "56 bits prefix length"}, {3, 3, "48 bits prefix length"},
                                      {4, 4, "40 bits prefix length"}, {5, 5, "32 bits prefix length"}};

constexpr Field option{"icmpv6.opt", "ICMPv6 Option", FieldType::none};
constexpr Field type_field{"icmpv6.opt.type", "Type", FieldType::uint8, {.names = types}};
constexpr Field length_field{"icmpv6.opt.length", "Length", FieldType::uint8};
constexpr Field opt_reserved{"icmpv6.opt.reserved", "Reserved", FieldType::none};
constexpr Field padding{"icmpv6.opt.padding", "Padding", FieldType::none};
constexpr Field mac{"icmpv6.opt.linkaddr", "Link-layer address", FieldType::bytes};
constexpr Field source_mac{"icmpv6.opt.src_linkaddr", "Source Link-layer address", FieldType::bytes};
constexpr Field target_mac{"icmpv6.opt.target_linkaddr", "Target Link-layer address", FieldType::bytes};
constexpr Field eui{"icmpv6.opt.linkaddr_eui64", "Link-layer address", FieldType::eui64};
constexpr Field source_eui{"icmpv6.opt.src_linkaddr_eui64", "Source Link-layer address", FieldType::eui64};
constexpr Field target_eui{"icmpv6.opt.target_linkaddr_eui64", "Target Link-layer address", FieldType::eui64};
constexpr Field prefix_length{"icmpv6.opt.prefix.length", "Prefix Length", FieldType::uint8};
constexpr Field prefix_flags{"icmpv6.opt.prefix.flag", "Flag", FieldType::uint8, {.show = Show::hex}};
constexpr Field prefix_l = flag("icmpv6.opt.prefix.flag.l", "On-link flag(L)", 8, 0);
constexpr Field prefix_a = flag("icmpv6.opt.prefix.flag.a", "Autonomous address-configuration flag(A)", 8, 1);
constexpr Field prefix_r = flag("icmpv6.opt.prefix.flag.r", "Router address flag(R)", 8, 2);
constexpr Field prefix_rsv = bits("icmpv6.opt.prefix.flag.reserved", "Reserved", 8, 3, 5, FieldType::uint8);
constexpr Field valid_lifetime{
    "icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field preferred_lifetime{
    "icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field prefix_field{"icmpv6.opt.prefix", "Prefix", FieldType::ipv6};
constexpr Field redirected{"icmpv6.opt.redirected_packet", "Redirected Packet", FieldType::none};
constexpr Field mtu{"icmpv6.opt.mtu", "MTU", FieldType::uint32};
constexpr Field shortcut{"icmpv6.opt.nbma.shortcut_limit", "Shortcut Limit", FieldType::uint8};
constexpr Field interval{"icmpv6.opt.advertisement_interval", "Advertisement Interval", FieldType::uint32};
constexpr Field agent_preference{"icmpv6.opt.home_agent_preference", "Home Agent Preference", FieldType::uint16};
constexpr Field agent_lifetime{"icmpv6.opt.home_agent_lifetime", "Home Agent Preference", FieldType::uint16};
constexpr Field list_address{"icmpv6.opt.ipv6_address", "IPv6 Address", FieldType::ipv6};
constexpr Field cga_pad{"icmpv6.opt.cga.pad_length", "Pad Length", FieldType::uint8};
constexpr Field cga{"icmpv6.opt.cga", "CGA", FieldType::bytes};
constexpr Field cga_modifier{"icmpv6.opt.cga.modifier", "Modifier", FieldType::bytes};
constexpr Field cga_prefix{"icmpv6.opt.cga.subnet_prefix", "Subnet Prefix", FieldType::bytes};
constexpr Field cga_count{"icmpv6.opt.cga.count", "Count", FieldType::bytes};
constexpr Field rsa_hash{"icmpv6.opt.rsa.key_hash", "Key Hash", FieldType::bytes};
constexpr Field signature{"icmpv6.opt.digital_signature_padding", "Digital Signature and Padding", FieldType::none};
constexpr Field ps_hash{"icmpv6.opt.ps.key_hash", "Key Hash", FieldType::bytes};
constexpr Field timestamp{"icmpv6.opt.timestamp", "Timestamp", FieldType::absolute_time};
constexpr Field nonce{"icmpv6.opt.nonce", "Nonce", FieldType::bytes};
constexpr Field name_type{"icmpv6.opt.name_type", "Name Type", FieldType::uint8, {.names = name_types}};
constexpr Field certificate_type{"icmpv6.opt.name_type", "Cert Type", FieldType::uint8, {.names = certificate_types}};
constexpr Field x501{"icmpv6.opt.name_x501", "DER Encoded X.501 Name", FieldType::bytes};
constexpr Field fqdn{"icmpv6.opt.name_type.fqdn", "FQDN", FieldType::string};
constexpr Field certificate{"icmpv6.x509_Certificate", "Certificate", FieldType::none};
constexpr Field address_code{"icmpv6.opt.ipa.option_code", "Option-code", FieldType::uint8, {.names = address_codes}};
constexpr Field address_prefix{"icmpv6.opt.ipa.prefix_len", "Prefix Length", FieldType::uint8};
constexpr Field address_field{"icmpv6.opt.ipa.ipv6_address", "IPv6 Address", FieldType::ipv6};
constexpr Field router_code{"icmpv6.opt.nrpi.option_code", "Option-code", FieldType::uint8};
constexpr Field router_length{"icmpv6.opt.nrpi.prefix_len", "Prefix Length", FieldType::uint8};
constexpr Field router_prefix{"icmpv6.opt.nrpi.prefix", "Prefix", FieldType::ipv6};
constexpr Field link_code{"icmpv6.opt.lla.option_code", "Option-code", FieldType::uint8, {.names = link_codes}};
constexpr Field link_address{"icmpv6.opt.lla.bytes", "Link-Layer Address", FieldType::bytes};
constexpr Field naack_code{"icmpv6.opt.naack.option_code", "Option-Code", FieldType::uint8};
constexpr Field naack_status{"icmpv6.opt.naack.status", "Status", FieldType::uint8, {.names = naack_statuses}};
constexpr Field naack_address{"icmpv6.opt.naack.supplied_ncoa", "Supplied NCoA", FieldType::ipv6};
constexpr Field map_distance = bits("icmpv6.opt.map.distance", "Distance", 8, 0, 4, FieldType::uint8);
constexpr Field map_preference = bits("icmpv6.opt.map.preference", "Preference", 8, 4, 4, FieldType::uint8);
constexpr Field map_flags{"icmpv6.opt.map.flag", "Flag", FieldType::uint8, {.show = Show::hex}};
constexpr Field map_r = flag("icmpv6.opt.map.flag.r", "RCoA Flag", 8, 0, {});
constexpr Field map_rsv = bits("icmpv6.opt.map.flag.reserved", "Reserved", 8, 1, 7, FieldType::uint8);
constexpr Field map_lifetime{"icmpv6.opt.map.valid_lifetime", "Valid Lifetime", FieldType::uint32};
constexpr Field map_address{"icmpv6.opt.map.global_address", "Global Address", FieldType::ipv6};
constexpr Field route_flags{"icmpv6.opt.route_info.flag", "Flag", FieldType::uint8, {.show = Show::hex}};
constexpr Field route_preference = bits("icmpv6.opt.route_info.flag.route_preference", "Route Preference", 8, 3, 2,
                                        FieldType::uint8, {.names = preference_names});
constexpr Field route_rsv{"icmpv6.opt.route_info.flag.reserved", "Reserved", FieldType::uint8};
constexpr Field route_lifetime{
    "icmpv6.opt.route_lifetime", "Route Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field server_lifetime{
    "icmpv6.opt.rdnss.lifetime", "Lifetime", FieldType::uint32, {.names = server_lifetimes}};
constexpr Field server{"icmpv6.opt.rdnss", "Recursive DNS Servers", FieldType::ipv6};
constexpr Field more_flags{"icmpv6.opt.efo", "Flags Expansion Option", FieldType::uint16, {.show = Show::hex}};
constexpr Field more_m = flag("icmpv6.opt.efo.m", "Managed address configuration", 16, 0);
constexpr Field more_o = flag("icmpv6.opt.efo.o", "Other configuration", 16, 1);
constexpr Field more_h = flag("icmpv6.opt.efo.h", "Home Agent", 16, 2);
constexpr Field more_prf = bits("icmpv6.opt.efo.prf", "Prf (Default Router Preference)", 16, 3, 2, FieldType::uint16,
                                {.names = preference_names});
constexpr Field more_p = flag("icmpv6.opt.efo.p", "Proxy", 16, 5);
constexpr Field more_rsv{"icmpv6.opt.efo.rsv", "Reserved", FieldType::uint16};
constexpr Field key_pad{"icmpv6.opt.hkr.pad_length", "Pad Length", FieldType::uint8};
constexpr Field key_at = bits("icmpv6.opt.hkr.at", "AT", 8, 0, 4, FieldType::uint8);
constexpr Field key_rsv = bits("icmpv6.opt.hkr.reserved", "Reserved", 8, 4, 4, FieldType::uint8);
constexpr Field key_public{"icmpv6.opt.hkr.encryption_public_key", "Handover Key Encryption Public Key",
                           FieldType::bytes};
constexpr Field key_padding{"icmpv6.opt.hkr.padding", "Padding", FieldType::bytes};
constexpr Field key_lifetime{"icmpv6.opt.hkr.lifetime", "Padding", FieldType::uint16};
constexpr Field key_encrypted{"icmpv6.opt.hkr.encrypted_handover_key", "Encrypted Handover Key", FieldType::bytes};
constexpr Field assist_code{"icmpv6.opt.hai.option_code", "Option-Code", FieldType::uint8, {.names = assist_codes}};
constexpr Field assist_length{"icmpv6.opt.hai.length", "HAI-Length", FieldType::uint8};
constexpr Field assist_value{"icmpv6.opt.hai.value", "HAI-Value", FieldType::bytes};
constexpr Field node_code{"icmpv6.opt.mn.option_code", "Option-Code", FieldType::uint8, {.names = node_codes}};
constexpr Field node_length{"icmpv6.opt.mn.length", "MN-Length", FieldType::uint8};
constexpr Field node_value{"icmpv6.opt.mn.value", "MN-Value", FieldType::bytes};
constexpr Field search_lifetime{
    "icmpv6.opt.dnssl.lifetime", "Lifetime", FieldType::uint32, {.names = search_lifetimes}};
constexpr Field search_name{"icmpv6.opt.dnssl", "Domain Names", FieldType::string};
constexpr Field registration_status{
    "icmpv6.opt.aro.status", "Status", FieldType::uint8, {.names = registration_statuses}};
constexpr Field registration_lifetime{"icmpv6.opt.aro.registration_lifetime", "Registration  Lifetime",
                                      FieldType::uint16};
constexpr Field registration_eui{"icmpv6.opt.aro.eui64", "EUI-64", FieldType::eui64};
constexpr Field context_length{"icmpv6.opt.6co.context_length", "Context Length", FieldType::uint8};
constexpr Field context_flags{"icmpv6.opt.6co.flag", "Flag", FieldType::uint8, {.show = Show::hex}};
constexpr Field context_c = flag("icmpv6.opt.6co.flag.c", "Compression Flag", 8, 3);
constexpr Field context_id = bits("icmpv6.opt.6co.flag.cid", "CID", 8, 4, 4, FieldType::uint8);
constexpr Field context_rsv = bits("icmpv6.opt.6co.flag.reserved", "Reserved", 8, 0, 3, FieldType::uint8);
constexpr Field context_lifetime{"icmpv6.opt.6co.valid_lifetime", "Lifetime", FieldType::uint16};
constexpr Field context_prefix{"icmpv6.opt.6co.context_prefix", "Context Prefix", FieldType::ipv6};
constexpr Field border_low{"icmpv6.opt.abro.version_low", "Version Low", FieldType::uint16};
constexpr Field border_high{"icmpv6.opt.abro.version_high", "Version", FieldType::uint16};
constexpr Field border_lifetime{"icmpv6.opt.abro.valid_lifetime", "Valid Lifetime", FieldType::uint16};
constexpr Field border_address{"icmpv6.opt.abro.6lbr_address", "6LBR Address", FieldType::ipv6};
constexpr Field capability_rest =
    bits("icmpv6.opt.6cio.unassigned1", "Unassigned", 16, 0, 15, FieldType::uint16, {.show = Show::hex});
constexpr Field capability_g = bits("icmpv6.opt.6cio.flag_g", "G", 16, 15, 1, FieldType::uint16, {.show = Show::hex});
constexpr Field capability_more{"icmpv6.opt.6cio.unassigned2", "Unassigned", FieldType::uint32, {.show = Show::hex}};
constexpr Field portal{"icmpv6.opt.captive_portal", "Captive Portal", FieldType::string};
constexpr Field nat_lifetime =
    bits("icmpv6.opt.pref64.scaled_lifetime", "Scaled Lifetime", 16, 0, 13, FieldType::uint16);
constexpr Field nat_code = bits("icmpv6.opt.pref64.plc", "PLC (Prefix Length Code)", 16, 13, 3, FieldType::uint16,
                                {.show = Show::hex, .names = prefix_codes});
constexpr Field nat_prefix{"icmpv6.opt.pref64.prefix", "Prefix", FieldType::ipv6};
constexpr Note undecoded{{"icmpv6.undecoded.option", "Undecoded option", FieldType::none}, Severity::note, "Undecoded"};

constexpr const Field* all_fields[] = {&option,
                                       &type_field,
                                       &length_field,
                                       &opt_reserved,
                                       &padding,
                                       &mac,
                                       &source_mac,
                                       &target_mac,
                                       &eui,
                                       &source_eui,
                                       &target_eui,
                                       &prefix_length,
                                       &prefix_flags,
                                       &prefix_l,
                                       &prefix_a,
                                       &prefix_r,
                                       &prefix_rsv,
                                       &valid_lifetime,
                                       &preferred_lifetime,
                                       &prefix_field,
                                       &redirected,
                                       &mtu,
                                       &shortcut,
                                       &interval,
                                       &agent_preference,
                                       &agent_lifetime,
                                       &list_address,
                                       &cga_pad,
                                       &cga,
                                       &cga_modifier,
                                       &cga_prefix,
                                       &cga_count,
                                       &rsa_hash,
                                       &signature,
                                       &ps_hash,
                                       &timestamp,
                                       &nonce,
                                       &name_type,
                                       &x501,
                                       &fqdn,
                                       &certificate,
                                       &address_code,
                                       &address_prefix,
                                       &address_field,
                                       &router_code,
                                       &router_length,
                                       &router_prefix,
                                       &link_code,
                                       &link_address,
                                       &naack_code,
                                       &naack_status,
                                       &naack_address,
                                       &map_distance,
                                       &map_preference,
                                       &map_flags,
                                       &map_r,
                                       &map_rsv,
                                       &map_lifetime,
                                       &map_address,
                                       &route_flags,
                                       &route_preference,
                                       &route_rsv,
                                       &route_lifetime,
                                       &server_lifetime,
                                       &server,
                                       &more_flags,
                                       &more_m,
                                       &more_o,
                                       &more_h,
                                       &more_prf,
                                       &more_p,
                                       &more_rsv,
                                       &key_pad,
                                       &key_at,
                                       &key_rsv,
                                       &key_public,
                                       &key_padding,
                                       &key_lifetime,
                                       &key_encrypted,
                                       &assist_code,
                                       &assist_length,
                                       &assist_value,
                                       &node_code,
                                       &node_length,
                                       &node_value,
                                       &search_lifetime,
                                       &search_name,
                                       &registration_status,
                                       &registration_lifetime,
                                       &registration_eui,
                                       &context_length,
                                       &context_flags,
                                       &context_c,
                                       &context_id,
                                       &context_rsv,
                                       &context_lifetime,
                                       &context_prefix,
                                       &border_low,
                                       &border_high,
                                       &border_lifetime,
                                       &border_address,
                                       &capability_rest,
                                       &capability_g,
                                       &capability_more,
                                       &portal,
                                       &nat_lifetime,
                                       &nat_code,
                                       &nat_prefix,
                                       &undecoded.field};

constexpr const Field* prefix_bits[] = {&prefix_l, &prefix_a, &prefix_r, &prefix_rsv};
constexpr const Field* map_bits[] = {&map_r, &map_rsv};
constexpr const Field* context_bits[] = {&context_c, &context_id, &context_rsv};
constexpr Part prefix_parts[] = {{&prefix_length, 1},  {&prefix_flags, 1, prefix_bits},
                                 {&valid_lifetime, 4}, {&preferred_lifetime, 4},
                                 {&opt_reserved, 4},   {&prefix_field, 16}};
constexpr Part shortcut_parts[] = {{&shortcut, 1}, {&opt_reserved, 1}, {&opt_reserved, 3}};
constexpr Part agent_parts[] = {{&opt_reserved, 2}, {&agent_preference, 2}, {&agent_lifetime, 2}};
constexpr Part address_parts[] = {{&address_code, 1}, {&address_prefix, 1}, {&opt_reserved, 4}, {&address_field, 16}};
constexpr Part router_parts[] = {{&router_code, 1}, {&router_length, 1}, {&opt_reserved, 4}, {&router_prefix, 16}};
constexpr Part map_parts[] = {{&map_flags, 1, map_bits}, {&map_lifetime, 4}, {&map_address, 16}};
constexpr Part context_parts[] = {
    {&context_length, 1}, {&context_flags, 1, context_bits}, {&opt_reserved, 2}, {&context_lifetime, 2}};
constexpr Part border_parts[] = {{&border_low, 2}, {&border_high, 2}, {&border_lifetime, 2}, {&border_address, 16}};

// One option: where it is, and its items.
struct Option {
  std::uint8_t type;
  std::uint32_t start;
  std::uint32_t length;  // octets
  ItemId tree;
  ItemId length_item;

  [[nodiscard]] std::uint32_t end() const noexcept { return start + length; }
  [[nodiscard]] std::uint32_t left(const Walk& w) const noexcept { return w.at < end() ? end() - w.at : 0; }
};

// ` 2001:db8::/64`, the octets of the prefix at `offset`.
void say_prefix(Walk& w, const Option& o, std::uint32_t offset, std::uint32_t octets, unsigned bits_given,
                std::string_view before = " ") {
  if (!w.p.wants_items() || !w.p.need(w.in, offset, octets)) return;
  w.p.append_text(o.tree, w.p.text("{}{}/{}", before, w.p.text_of(w.prefix(offset, octets)), bits_given));
}

ItemId add_prefix(Walk& w, const Field& field, std::uint32_t octets, std::uint32_t kept) {
  if (!w.p.need(w.in, w.at, octets)) return ItemId::none;
  const Address address = w.prefix(w.at, kept);
  const ItemId id =
      w.p.add_string(w.tree, field, w.in, w.at, octets, {reinterpret_cast<const char*>(address.octets.data()), 16});
  w.at += octets;
  return id;
}

// Which of the two lengths of a link-layer address it has, the link that carried the packet decides: 802.15.4 is no
// link of ours, but 16 octets hold no other address.
void dissect_link_layer_address(Walk& w, const Option& o) {
  Packet& p = w.p;
  const bool is_source = o.type == 1;
  const std::uint32_t room = o.length - 2;
  const std::uint32_t at = w.at;
  const Bytes octets = p.octets(w.in, at, room);
  if (p.stopped()) return;
  // An EUI-64 leaves six octets of padding.
  const bool is_eui64 = o.length == 16 && std::all_of(octets.begin() + 8, octets.end(),
                                                      [](std::byte octet) { return octet == std::byte{0}; });
  if (is_eui64) {
    w.add_eui64(eui);
    p.hidden(p.add(w.tree, is_source ? source_eui : target_eui, w.in, at, 8));
    w.add(padding, 6);
  } else {
    const ItemId id = w.add(mac, room);
    if (id != ItemId::none && room == 6) {
      p.set_text(id, p.text("{}: {}", mac.label, p.text_of(p.address(Address::Kind::ether, w.in, at))));
    }
    p.hidden(p.add(w.tree, is_source ? source_mac : target_mac, w.in, at, room));
    if (room != 6) return;
  }
  std::array<char, 24> text;
  std::size_t n = 0;
  for (const std::byte octet : octets.first(is_eui64 ? 8 : 6)) {
    static constexpr char digits[] = "0123456789abcdef";
    if (n != 0) text[n++] = ':';
    text[n++] = digits[std::to_integer<unsigned>(octet) >> 4];
    text[n++] = digits[std::to_integer<unsigned>(octet) & 15];
  }
  const std::string_view address{text.data(), n};
  p.append_info(is_source || is_eui64 ? " from " : " is at ");
  p.append_info(address);
  if (p.wants_items()) p.append_text(o.tree, p.text(" : {}", address));
}

void dissect_redirected(Walk& w, const Option& o) {
  w.add(opt_reserved, 6);
  w.p.add(w.tree, redirected, w.in, w.at, std::min(w.in.captured - std::min(w.at, w.in.captured), o.left(w)));
  if (!w.p.need(w.in, w.at, 1)) return;
  w.at += call_quoted(w.p, w.tree, 0x86dd, w.in.from(w.at));
}

void dissect_addresses(Walk& w, const Option& o, const Field& field) {
  while (w.at < o.end() && !w.p.stopped()) {
    const std::uint32_t at = w.at;
    const ItemId id = w.add(field, 16);
    if (id != ItemId::none) w.p.append_text(o.tree, w.p.text(" {}", w.p.text_of(w.prefix(at, 16))));
  }
}

// Source: RFC 3971 §5.1; the parameters are those of RFC 3972 §3, of which the key is left to others.
void dissect_cga(Walk& w, const Option& o) {
  const std::uint8_t pad = w.p.u8(w.in, w.at);
  w.add(cga_pad, 1);
  w.add(opt_reserved, 1);
  const std::uint32_t room = o.left(w);
  const std::uint32_t length = room > pad ? room - pad : 0;
  const ItemId tree = w.p.add(w.tree, cga, w.in, w.at, length);
  Walk inner{w.p, w.in, w.at, tree};
  inner.add(cga_modifier, 16);
  inner.add(cga_prefix, 8);
  inner.add(cga_count, 1);
  if (w.p.stopped()) return;
  w.at += length;
  w.add(padding, o.left(w));
}

void dissect_trust_anchor(Walk& w, const Option& o) {
  const std::uint8_t type = w.p.u8(w.in, w.at);
  w.add(name_type, 1);
  const std::uint8_t pad = w.p.u8(w.in, w.at);
  w.add(cga_pad, 1);
  const std::uint32_t room = o.left(w);
  const std::uint32_t length = room > pad ? room - pad : 0;
  if (type == 1) w.add(x501, length);
  if (type == 2 && w.p.need(w.in, w.at, length)) {
    std::string_view name{reinterpret_cast<const char*>(w.in.data) + w.at, length};
    name = name.substr(0, name.find('\0'));
    w.p.add_string(w.tree, fqdn, w.in, w.at, length, name);
    w.at += length;
  }
  w.add(padding, o.left(w));
}

void dissect_route(Walk& w, const Option& o) {
  const std::uint8_t length = w.p.u8(w.in, w.at);
  w.add(prefix_length, 1);
  const std::uint8_t flags = w.p.u8(w.in, w.at);
  const ItemId word = w.p.add(w.tree, route_flags, w.in, w.at, 1);
  w.add_bits(word, route_preference, 1);
  w.add_masked(word, route_rsv, 8, 0xe7);
  if (w.p.wants_items()) {
    const std::string_view name = find_name(preference_names, flags >> 3 & 3);
    w.p.append_text(word, w.p.text(", {}: {}", route_preference.label, name));
    w.p.append_text(o.tree, w.p.text(" : {}", name));
  }
  w.at += 1;
  w.add(route_lifetime, 4);
  if (o.length != 8 && o.length != 16 && o.length != 24) {
    w.p.note(o.length_item, invalid_option_length);
    return;
  }
  const std::uint32_t octets = o.length - 8;
  say_prefix(w, o, w.at, octets, length);
  if (octets != 0) add_prefix(w, prefix_field, octets, octets);
}

void dissect_search_list(Walk& w, const Option& o) {
  w.add(opt_reserved, 2);
  w.add(search_lifetime, 4);
  dns::Name name;
  while (w.at < o.end() && w.p.u8(w.in, w.at) != 0 && !w.p.stopped()) {
    const Octets message = w.in.from(w.at);
    const std::uint32_t used = dns::NameReader{w.p, message}.read(0, name);
    if (w.p.stopped() || used == 0) return;
    w.p.add_string(w.tree, search_name, w.in, w.at, used, name.text());
    if (w.p.wants_items()) w.p.append_text(o.tree, w.p.text(" {}", name.text()));
    w.at += used;
  }
  if (o.left(w) != 0) w.add(padding, o.left(w));
}

// Source: RFC 8781 §4.
void dissect_pref64(Walk& w, const Option& o) {
  static constexpr std::uint32_t kept[] = {12, 8, 7, 6, 5, 4};
  const unsigned code = w.p.u16(w.in, w.at) & 7u;
  if (w.p.stopped()) return;
  w.add_bits(w.tree, nat_lifetime, 2);
  w.add_bits(w.tree, nat_code, 2);
  w.at += 2;
  if (o.length != 16 || code >= std::size(kept)) w.p.note(o.length_item, invalid_option_length);
  if (code < std::size(kept)) {
    add_prefix(w, nat_prefix, 12, kept[code]);
  } else {
    w.at += 12;
  }
}

// A value behind its own length, and what is left.
void dissect_counted(Walk& w, const Option& o, const Field& code, const Field& length, const Field& value) {
  w.add(code, 1);
  const std::uint8_t size = w.p.u8(w.in, w.at);
  w.add(length, 1);
  w.add(value, size);
  if (w.p.stopped()) return;
  w.p.add(w.tree, padding, w.in, w.at, 0);
  // What tshark takes for the octet behind the option counts from the message's start.
  w.at = o.length;
}

void dissect_handover_key(Walk& w, const Option& o, bool is_reply) {
  const std::uint8_t pad = w.p.u8(w.in, w.at);
  w.add(key_pad, 1);
  if (!w.p.need(w.in, w.at, 1)) return;
  w.add_bits(w.tree, key_at, 1);
  w.add_bits(w.tree, key_rsv, 1);
  w.at += 1;
  if (is_reply) w.add(key_lifetime, 2);
  const std::uint32_t head = is_reply ? 6 : 4;
  const std::uint32_t length = o.length > head + pad ? o.length - head - pad : 0;
  w.add(is_reply ? key_encrypted : key_public, length);
  w.add(key_padding, pad);
}

void dissect_body(Walk& w, const Option& o) {
  Packet& p = w.p;
  const std::uint32_t at = w.at;
  switch (o.type) {
    case 1:
    case 2:
      dissect_link_layer_address(w, o);
      break;
    case 3:
      w.add(prefix_parts);
      if (!p.stopped()) say_prefix(w, o, w.at - 16, 16, p.u8(w.in, at), " : ");
      break;
    case 4:
      dissect_redirected(w, o);
      break;
    case 5:
    case 7: {
      w.add(opt_reserved, 2);
      const std::uint32_t value = p.u32(w.in, w.at);
      w.add(o.type == 5 ? mtu : interval, 4);
      if (p.wants_items()) p.append_text(o.tree, p.text(" : {}", value));
      break;
    }
    case 6:
      w.add(shortcut_parts);
      if (p.wants_items()) p.append_text(o.tree, p.text(" : {}", p.u8(w.in, at)));
      break;
    case 8:
      w.add(agent_parts);
      break;
    case 9:
    case 10:
      w.add(opt_reserved, 6);
      dissect_addresses(w, o, list_address);
      break;
    case 11:
      dissect_cga(w, o);
      break;
    case 12:
    case 32:
      w.add(opt_reserved, 2);
      w.add(o.type == 12 ? rsa_hash : ps_hash, 16);
      w.add(signature, o.left(w));
      break;
    case 13: {
      w.add(opt_reserved, 6);
      // Seconds since 1970 and 64K fractions of one. Source: RFC 3971 §5.3.1.
      const std::uint64_t value = p.u64(w.in, w.at);
      const std::uint64_t fraction = (value & 0xffff) * 1'000'000'000 >> 16;
      w.add(timestamp, 8, (value >> 16) * 1'000'000'000 + fraction);
      break;
    }
    case 14:
      w.add(nonce, o.left(w));
      break;
    case 15:
      dissect_trust_anchor(w, o);
      break;
    case 16:
      w.add(certificate_type, 1);
      w.add(opt_reserved, 1);
      p.add(w.tree, certificate, w.in, w.at, 0);
      w.add(padding, o.left(w));
      break;
    case 17:
    case 18:
      w.add(o.type == 17 ? std::span{address_parts} : std::span{router_parts});
      if (!p.stopped()) say_prefix(w, o, w.at - 16, 16, p.u8(w.in, at + 1));
      break;
    case 19:
      w.add(link_code, 1);
      w.add(link_address, o.left(w));
      break;
    case 20: {
      w.add(naack_code, 1);
      const std::uint8_t status = p.u8(w.in, w.at);
      w.add(naack_status, 1);
      if (status == 2) {
        w.add(naack_address, 16);
      } else {
        w.add(opt_reserved, o.left(w));
      }
      break;
    }
    case 23:
      if (!p.need(w.in, w.at, 1)) return;
      w.add_bits(w.tree, map_distance, 1);
      w.add_bits(w.tree, map_preference, 1);
      w.at += 1;
      w.add(map_parts);
      break;
    case 24:
      dissect_route(w, o);
      break;
    case 25:
      w.add(opt_reserved, 2);
      w.add(server_lifetime, 4);
      dissect_addresses(w, o, server);
      break;
    case 26: {
      static constexpr const Field* bits_named[] = {&more_m, &more_o, &more_h, &more_prf, &more_p};
      const ItemId word = w.add_flags(more_flags, 2, bits_named);
      w.at -= p.stopped() ? 0 : 2;
      w.add_masked(word, more_rsv, 16, 0x02ff);
      w.at += 2;
      w.add(opt_reserved, 4);
      break;
    }
    case 27:
    case 28:
      dissect_handover_key(w, o, o.type == 28);
      break;
    case 29:
      dissect_counted(w, o, assist_code, assist_length, assist_value);
      break;
    case 30:
      dissect_counted(w, o, node_code, node_length, node_value);
      break;
    case 31:
      dissect_search_list(w, o);
      break;
    case 33: {
      const std::string_view status = find_name(registration_statuses, p.u8(w.in, w.at));
      w.add(registration_status, 1);
      w.add(opt_reserved, 3);
      w.add(registration_lifetime, 2);
      const ItemId id = w.add_eui64(registration_eui);
      if (id != ItemId::none) {
        std::string value;
        append_value(value, p.out.at(id));
        p.append_text(o.tree, p.text(" : Register {} {}", value, status));
      }
      break;
    }
    case 34: {
      w.add(context_parts);
      if (o.length > 24) {
        p.note(o.length_item, invalid_option_length);
        break;
      }
      const std::uint32_t octets = o.length - 8;
      say_prefix(w, o, w.at, octets, p.u8(w.in, at));
      if (octets != 0) add_prefix(w, context_prefix, octets, octets);
      break;
    }
    case 35:
      w.add(border_parts);
      if (p.wants_items()) {
        p.append_text(o.tree, p.text(" : Version {}.{}, Valid Lifetime : {}, 6LBR : {}", p.u16(w.in, at + 2),
                                     p.u16(w.in, at), p.u16(w.in, at + 4), p.text_of(w.prefix(at + 6, 16))));
      }
      break;
    case 36:
      if (!p.need(w.in, w.at, 2)) return;
      w.add_bits(w.tree, capability_rest, 2);
      w.add_bits(w.tree, capability_g, 2);
      w.at += 2;
      w.add(capability_more, 4);
      break;
    case 37: {
      const Bytes octets = p.octets(w.in, w.at, o.left(w));
      std::string_view text{reinterpret_cast<const char*>(octets.data()), octets.size()};
      text = text.substr(0, text.find('\0'));
      p.add_string(w.tree, portal, w.in, w.at, o.left(w), text);
      w.at = o.end();
      break;
    }
    case 38:
      dissect_pref64(w, o);
      break;
    default:
      if (p.wants_items()) {
        p.note(
            o.tree, undecoded,
            p.value("Dissector for ICMPv6 Option ({}) code not implemented, Contact Wireshark developers if you want "
                    "this supported",
                    o.type));
      }
      w.add(data, o.left(w));
  }
}

}  // namespace

std::span<const Field* const> option_fields() noexcept { return all_fields; }

void dissect_options(Walk& w) {
  Packet& p = w.p;
  const ItemId parent = w.tree;
  while (w.left() > 0 && !p.stopped()) {
    if (!p.need(w.in, w.at, 2)) return;
    Option o{p.u8(w.in, w.at), w.at, p.u8(w.in, w.at + 1) * 8u, ItemId::none, ItemId::none};
    o.tree = p.add(parent, option, w.in, w.at, 1);
    p.set_length(o.tree, o.length);
    w.tree = o.tree;
    if (p.wants_items()) {
      const std::string_view name = find_name(types, o.type);
      p.append_text(o.tree, name.empty() ? p.text(" (Unknown {}", o.type) : p.text(" ({}", name));
    }
    w.add(type_field, 1);
    o.length_item = w.add(length_field, 1);
    if (p.wants_items()) p.append_text(o.length_item, p.text(" ({} bytes)", o.length));
    if (o.length == 0) {
      p.note(o.length_item, invalid_option_length, "Invalid option length (Zero)");
      break;
    }
    dissect_body(w, o);
    if (p.stopped()) break;
    if (w.at < o.end()) add_unknown(w, o.end() - w.at);
    p.append_text(o.tree, ")");
    w.at = o.end();
  }
  w.tree = parent;
}

}  // namespace encap::icmpv6
