#include "dissect/protocols/ipv4_options.h"

#include <algorithm>

namespace encap {
namespace {

constexpr std::uint8_t end_of_list = 0;
constexpr std::uint8_t no_operation = 1;
constexpr std::uint8_t loose_source_route = 131;
constexpr std::uint8_t strict_source_route = 137;

constexpr ValueName classes[] = {{0, 0, "Control"},
                                 {1, 1, "Reserved for future use"},
                                 {2, 2, "Debugging and measurement"},
                                 {3, 3, "Reserved for future use"}};
constexpr ValueName numbers[] = {{0, 0, "End of Option List (EOL)"},
                                 {1, 1, "No-Operation (NOP)"},
                                 {2, 2, "Security"},
                                 {3, 3, "Loose source route"},
                                 {4, 4, "Time stamp"},
                                 {5, 5, "Extended security"},
                                 {6, 6, "Commercial IP security option"},
                                 {7, 7, "Record route"},
                                 {8, 8, "Stream identifier"},
                                 {9, 9, "Strict source route"},
                                 {10, 10, "Experimental Measurement"},
                                 {11, 11, "MTU probe"},
                                 {12, 12, "MTU Reply"},
                                 {13, 13, "Experimental Flow Control"},
                                 {14, 14, "Experimental Access Control"},
                                 {15, 15, "Ask Estrin"},
                                 {16, 16, "IMI Traffic Descriptor"},
                                 {17, 17, "Extended Internet Protocol"},
                                 {18, 18, "Traceroute"},
                                 {19, 19, "Address Extension"},
                                 {20, 20, "Router Alert"},
                                 {21, 21, "Selective Directed Broadcast"},
                                 {22, 22, "Unassigned"},
                                 {23, 23, "Dynamic Packet State"},
                                 {24, 24, "Upstream Multicast Packet"},
                                 {25, 25, "Quick-Start"},
                                 {30, 30, "RFC 3692-style experiment"}};
// RFC 791 §3.1, Security.
constexpr ValueName security_levels[] = {
    {0, 0, "Unclassified"},          {0x135e, 0x135e, "Reserved"},   {0x24bd, 0x24bd, "Reserved"},
    {0x35e2, 0x35e2, "Reserved"},    {0x4d78, 0x4d78, "Reserved"},   {0x5e26, 0x5e26, "PROG"},
    {0x6bc5, 0x6bc5, "Top secret"},  {0x789a, 0x789a, "EFTO"},       {0x89af, 0x89af, "Reserved"},
    {0x9af1, 0x9af1, "Reserved"},    {0xaf13, 0xaf13, "Restricted"}, {0xbc4d, 0xbc4d, "MMMM"},
    {0xc4d6, 0xc4d6, "Reserved"},    {0xd788, 0xd788, "Secret"},     {0xe26b, 0xe26b, "Reserved"},
    {0xf135, 0xf135, "Confidential"}};
// RFC 1108 §2.4.
constexpr ValueName classification_levels[] = {
    {0x01, 0x01, "Reserved 4"},   {0x3d, 0x3d, "Top secret"},   {0x5a, 0x5a, "Secret"},     {0x66, 0x66, "Reserved 3"},
    {0x96, 0x96, "Confidential"}, {0xab, 0xab, "Unclassified"}, {0xcc, 0xcc, "Reserved 2"}, {0xf1, 0xf1, "Reserved 1"}};
constexpr ValueName protection[] = {{0, 0, "Datagram not protected in accordance with its rules"},
                                    {1, 1, "Datagram protected in accordance with its rules"}};
constexpr ValueName termination[] = {{0, 0, "Final octet"}, {1, 1, "Additional octet present"}};
constexpr ValueName tag_types[] = {
    {0, 0, "Padding"},           {1, 1, "Restrictive Category Bitmap"}, {2, 2, "Enumerated Categories"},
    {5, 5, "Ranged Categories"}, {6, 6, "Permissive Categories"},       {7, 7, "Free Form"}};
constexpr ValueName timestamp_flags[] = {
    {0, 0, "Time stamps only"}, {1, 1, "Time stamp and address"}, {3, 3, "Time stamps for prespecified addresses"}};
constexpr ValueName router_alerts[] = {{0, 0, "Router shall examine packet"}, {1, 65535, "Reserved"}};

constexpr Field type{"ip.opt.type", "Type", FieldType::uint8};
constexpr Field copy{{"ip.opt.type.copy", "Copy on fragmentation", 0, 1}, FieldType::boolean, {.names = no_yes}};
constexpr Field option_class{{"ip.opt.type.class", "Class", 1, 2}, FieldType::uint8, {.names = classes}};
constexpr Field number{{"ip.opt.type.number", "Number", 3, 5}, FieldType::uint8, {.names = numbers}};
constexpr Field length{"ip.opt.len", "Length", FieldType::uint8};
constexpr Field pointer{"ip.opt.ptr", "Pointer", FieldType::uint8};
constexpr Field stream_id{"ip.opt.sid", "Stream Identifier", FieldType::uint16};
constexpr Field mtu{"ip.opt.mtu", "MTU", FieldType::uint16};
constexpr Field id_number{"ip.opt.id_number", "ID Number", FieldType::uint16};
constexpr Field outbound_hops{"ip.opt.ohc", "Outbound Hop Count", FieldType::uint16};
constexpr Field return_hops{"ip.opt.rhc", "Return Hop Count", FieldType::uint16};
constexpr Field originator{"ip.opt.originator", "Originator IP Address", FieldType::ipv4};
constexpr Field router_alert{"ip.opt.ra", "Router Alert", FieldType::uint16, {.names = router_alerts}};
constexpr Field address{"ip.opt.addr", "IP Address", FieldType::ipv4};
constexpr Field qs_function{{"ip.opt.qs_func", "Function", 0, 4}, FieldType::uint8, {.names = quick_start_functions}};
constexpr Field qs_rate{{"ip.opt.qs_rate", "Rate", 4, 4}, FieldType::uint8, {.names = quick_start_rates}};
constexpr Field qs_ttl{"ip.opt.qs_ttl", "QS TTL", FieldType::uint8};
constexpr Field qs_ttl_diff{"ip.opt.qs_ttl_diff", "TTL Diff", FieldType::uint8};
constexpr Field qs_unused{"ip.opt.qs_unused", "Not Used", FieldType::uint8};
constexpr Field qs_nonce{{"ip.opt.qs_nonce", "QS Nonce", 0, 30}, FieldType::uint32, {.show = Show::hex}};
constexpr Field qs_reserved{{"ip.opt.qs_reserved", "Reserved", 30, 2},
                            FieldType::uint32,
                            {.show = Show::hex, .drawn_bits = 32, .drawn_before = 30}};
constexpr QuickStartFields quick_start_fields{qs_function, qs_rate,  qs_ttl,      qs_ttl_diff,
                                              qs_unused,   qs_nonce, qs_reserved, true};
constexpr Field security{
    "ip.opt.sec_rfc791_sec", "Security", FieldType::uint16, {.show = Show::hex, .names = security_levels}};
constexpr Field compartments{"ip.opt.sec_rfc791_comp", "Compartments", FieldType::uint16};
constexpr Field handling{"ip.opt.sec_rfc791_hr", "Handling Restrictions", FieldType::string};
constexpr Field control_code{"ip.opt.sec_rfc791_tcc", "Transmission Control Code", FieldType::string};
constexpr Field classification{
    "ip.opt.sec_cl", "Classification Level", FieldType::uint8, {.show = Show::hex, .names = classification_levels}};
constexpr Field authority{
    "ip.opt.sec_prot_auth_flags", "Protection Authority Flags", FieldType::uint8, {.show = Show::hex}};
constexpr Field genser{{"ip.opt.sec_prot_auth_genser", "GENSER", 0, 1}, FieldType::boolean, {.names = protection}};
constexpr Field siop{{"ip.opt.sec_prot_auth_siop_esi", "SIOP-ESI", 1, 1}, FieldType::boolean, {.names = protection}};
constexpr Field sci{{"ip.opt.sec_prot_auth_sci", "SCI", 2, 1}, FieldType::boolean, {.names = protection}};
constexpr Field nsa{{"ip.opt.sec_prot_auth_nsa", "NSA", 3, 1}, FieldType::boolean, {.names = protection}};
constexpr Field doe{{"ip.opt.sec_prot_auth_doe", "DOE", 4, 1}, FieldType::boolean, {.names = protection}};
constexpr Field unassigned{
    {"ip.opt.sec_prot_auth_unassigned", "Unassigned", 5, 2}, FieldType::uint8, {.show = Show::hex}};
constexpr Field unassigned_more{
    {"ip.opt.sec_prot_auth_unassigned", "Unassigned", 0, 7}, FieldType::uint8, {.show = Show::hex}};
constexpr Field more_octets{
    {"ip.opt.sec_prot_auth_fti", "Field Termination Indicator", 7, 1}, FieldType::boolean, {.names = termination}};
constexpr Field additional_code{"ip.opt.ext_sec_add_sec_info_format_code",
                                "Additional Security Info Format Code",
                                FieldType::uint8,
                                {.show = Show::hex}};
constexpr Field additional_info{"ip.opt.ext_sec_add_sec_info", "Additional Security Info", FieldType::bytes};
constexpr Field recorded_route{"ip.rec_rt", "Recorded Route", FieldType::ipv4};
constexpr Field recorded_route_host{"ip.rec_rt_host", "Recorded Route Host", FieldType::string};
constexpr Field source_route{"ip.src_rt", "Source Route", FieldType::ipv4};
constexpr Field source_route_host{"ip.src_rt_host", "Source Route Host", FieldType::string};
constexpr Field empty_route{"ip.empty_rt", "Empty Route", FieldType::ipv4};
constexpr Field empty_route_host{"ip.empty_rt_host", "Empty Route Host", FieldType::string};
constexpr Field domain{"ip.cipso.doi", "DOI", FieldType::uint32};
constexpr Field tag_type{"ip.cipso.tag_type", "Tag Type", FieldType::uint8, {.names = tag_types}};
constexpr Field sensitivity{"ip.cipso.sensitivity_level", "Sensitivity Level", FieldType::uint8};
constexpr Field categories{"ip.cipso.categories", "Categories", FieldType::string};
constexpr Field tag_data{"ip.cipso.tag_data", "Tag data", FieldType::bytes};
constexpr Field overflow{{"ip.opt.overflow", "Overflow", 0, 4}, FieldType::uint8};
constexpr Field timestamp_flag{
    {"ip.opt.flag", "Flag", 4, 4}, FieldType::uint8, {.show = Show::hex, .names = timestamp_flags}};
constexpr Field timestamp{"ip.opt.time_stamp", "Time stamp", FieldType::uint32};
constexpr Field timestamp_address{"ip.opt.time_stamp_addr", "Address", FieldType::ipv4};

constexpr Note bad_length{
    {"ip.opt.len.invalid", "Invalid length for option", FieldType::none}, Severity::warning, "Protocol"};
constexpr Note before_address{{"ip.opt.ptr.before_address", "Pointer points before first address", FieldType::none},
                              Severity::warning,
                              "Protocol"};
constexpr Note middle_of_address{{"ip.opt.ptr.middle_address", "Pointer points to middle of address", FieldType::none},
                                 Severity::warning,
                                 "Protocol"};
constexpr Note past_end{
    {"ip.subopt_too_long", "Suboption would go past end of option", FieldType::none}, Severity::warning, "Protocol"};
constexpr Note extraneous{
    {"ip.opt.len.invalid", "Extraneous data in option", FieldType::none}, Severity::warning, "Protocol"};
constexpr Note four_no_operations{
    {"ip.nop", "4 NOP in a row - a router may have removed some options", FieldType::none},
    Severity::warning,
    "Protocol",
    true};
constexpr Note malformed_tag{
    {"ip.cipso.malformed", "Malformed CIPSO tag", FieldType::none}, Severity::error, "Sequence"};

// `Router Alert`, with the option's line; in `option`, as many octets as the option says it has.
using Walk = void (*)(Packet& p, ItemId tree, ItemId length_item, const Octets& option);

void end(Packet&, ItemId, ItemId, const Octets&) {}

void stream_identifier(Packet& p, ItemId tree, ItemId, const Octets& option) {
  if (p.need(option, 2, 2)) p.add(tree, stream_id, option, 2, 2);
}

void mtu_of_path(Packet& p, ItemId tree, ItemId, const Octets& option) {
  if (p.need(option, 2, 2)) p.add(tree, mtu, option, 2, 2);
}

void traceroute(Packet& p, ItemId tree, ItemId, const Octets& option) {
  p.add(tree, id_number, option, 2, 2);
  p.add(tree, outbound_hops, option, 4, 2);
  p.add(tree, return_hops, option, 6, 2);
  p.add(tree, originator, option, 8, 4);
  p.need(option, 2, 10);
}

void alert(Packet& p, ItemId tree, ItemId, const Octets& option) {
  const std::uint16_t value = p.u16(option, 2);
  if (p.wants_items()) p.append_text(tree, p.text(": {} ({})", find_name(router_alerts, value), value));
  p.add(tree, router_alert, option, 2, 2);
}

void broadcast(Packet& p, ItemId tree, ItemId, const Octets& option) {
  for (std::uint32_t at = 2; at + 4 <= option.reported && !p.stopped(); at += 4) p.add(tree, address, option, at, 4);
}

void quick_start_option(Packet& p, ItemId tree, ItemId, const Octets& option) {
  add_quick_start(p, tree, quick_start_fields, option.from(2));
}

void recorded(Packet& p, ItemId tree, ItemId pointer_item, const Octets& option, bool source_routed) {
  constexpr std::uint8_t first_address = 4;
  const std::uint8_t next = p.u8(option, 2);
  if (next < first_address) {
    p.note(pointer_item, before_address);
    return;
  }
  if (next % 4 != 0) {
    p.note(pointer_item, middle_of_address);
    return;
  }
  if (option.reported % 4 != 3) p.note(pointer_item, past_end);
  // The pointer counts octets from 1.
  for (std::uint32_t at = first_address; at + 3 <= option.reported && p.wants_items(); at += 4) {
    const Address hop = p.address(Address::Kind::ipv4, option, at - 1);
    if (p.stopped()) return;
    const std::string_view text = p.text_of(hop);
    if (source_routed && at >= next && at + 3 == option.reported) {
      add_address(p, tree, ipv4_destination, option, at - 1, text);
      return;
    }
    const bool been_there = at < next;
    const ItemId item = p.add(tree,
                              been_there      ? recorded_route
                              : source_routed ? source_route
                                              : empty_route,
                              option, at - 1, 4);
    if (at == next) p.append_text(item, " <- (next)");
    p.hidden(p.add_string(tree,
                          been_there      ? recorded_route_host
                          : source_routed ? source_route_host
                                          : empty_route_host,
                          option, at - 1, 4, text, true));
  }
}

void record_route(Packet& p, ItemId tree, ItemId, const Octets& option) {
  recorded(p, tree, p.add(tree, pointer, option, 2, 1), option, false);
}
void route(Packet& p, ItemId tree, ItemId, const Octets& option) {
  recorded(p, tree, p.add(tree, pointer, option, 2, 1), option, true);
}

void timestamps(Packet& p, ItemId tree, ItemId, const Octets& option) {
  p.need(option, 2, 1);
  p.add(tree, pointer, option, 2, 1);
  const unsigned flag = p.u8(option, 3) & 15u;
  p.add(tree, {&overflow, &timestamp_flag}, option.from(3));
  const bool with_address = flag == 1 || flag == 3;
  const std::uint32_t step = with_address ? 8 : 4;
  for (std::uint32_t at = 4; at < option.reported && p.wants_items(); at += step) {
    if (option.reported - at < step) {
      const ItemId item = p.add_text(tree, option, at, 0, past_end.field.label);
      p.note(item, past_end);
      return;
    }
    if (with_address) {
      const ItemId item = p.add(tree, timestamp_address, option, at, 4);
      if (p.u32(option, at) == 0) p.set_text(item, "Address: -");
    }
    p.add(tree, timestamp, option, at + step - 4, 4);
  }
}

// Octets of a string that may not be text: others than ASCII become U+FFFD.
void add_ascii(Packet& p, ItemId tree, const Field& field, const Octets& in, std::uint32_t offset, std::uint32_t size) {
  std::string text;
  for (const std::byte octet : p.octets(in, offset, size)) {
    if (octet == std::byte{0}) break;
    if (octet < std::byte{0x80}) {
      text += static_cast<char>(octet);
    } else {
      text += "\xef\xbf\xbd";
    }
  }
  p.add_string(tree, field, in, offset, size, text);
}

void basic_security(Packet& p, ItemId tree, ItemId, const Octets& option) {
  constexpr std::uint32_t rfc791_length = 11;
  if (option.reported == rfc791_length) {
    p.need(option, 2, 9);
    if (!p.wants_items()) return;
    p.add(tree, security, option, 2, 2);
    p.add(tree, compartments, option, 4, 2);
    add_ascii(p, tree, handling, option, 6, 2);
    add_ascii(p, tree, control_code, option, 8, 3);
    return;
  }
  p.need(option, 2, 1);
  p.add(tree, classification, option, 2, 1);
  // RFC 1108 §2.5: the lowest bit of each octet says whether there is another one.
  const Field* const named[] = {&genser, &siop, &sci, &nsa, &doe, nullptr, nullptr, &more_octets};
  bool more = true;
  for (std::uint32_t at = 3; at < option.reported && p.wants_items(); ++at) {
    if (!more) {
      p.note(tree, extraneous);
      return;
    }
    const std::uint8_t octet = p.u8(option, at);
    more = (octet & 1u) != 0;
    const ItemId item = p.add(tree, authority, option, at, 1);
    for (unsigned bit = at == 3 ? 0 : 7; bit < 8; ++bit) {
      if (named[bit] != nullptr && (octet >> (7 - bit) & 1u) != 0) {
        p.append_text(item, ", ");
        p.append_text(item, named[bit]->label);
      }
    }
    const Octets here = option.from(at);
    if (at == 3) {
      p.add(item, {&genser, &siop, &sci, &nsa, &doe, &unassigned, &more_octets}, here);
    } else {
      p.add(item, {&unassigned_more, &more_octets}, here);
    }
  }
}

void extended_security(Packet& p, ItemId tree, ItemId, const Octets& option) {
  p.need(option, 2, 1);
  p.add(tree, additional_code, option, 2, 1);
  if (option.reported > 3) p.add(tree, additional_info, option, 3, option.reported - 3);
}

void append_category(std::string& list, std::string_view separator, unsigned first) {
  if (!list.empty()) list += separator;
  list += std::to_string(first);
}

// The tags of CIPSO. Source: FIPS 188; draft-ietf-cipso-ipsecurity §3.4.
void commercial_security(Packet& p, ItemId tree, ItemId, const Octets& option) {
  p.need(option, 2, 4);
  p.add(tree, domain, option, 2, 4);
  std::uint32_t at = 6;
  while (at < option.reported && !p.stopped()) {
    const std::uint8_t tag = p.u8(option, at);
    const ItemId item = p.add(tree, tag_type, option, at, 1);
    if (tag == 0) {  // padding
      ++at;
      continue;
    }
    const std::uint32_t size = p.u8(option, at + 1);
    if (p.stopped()) return;
    const std::uint32_t after = at + size;
    const bool known = tag == 1 || tag == 2 || tag == 5 || tag == 6 || tag == 7;
    if (size < (known && tag != 7 ? 4u : 2u) || after > option.reported) {
      p.note(item, malformed_tag);
      return;
    }
    if (!known) {
      if (p.wants_items()) p.append_text(item, p.text(" ({} bytes)", size));
      at = after;
      continue;
    }
    if (tag == 7) {
      p.add(tree, tag_data, option, at + 2, size - 2);
      at = after;
      continue;
    }
    p.add(tree, sensitivity, option, at + 3, 1);
    const Bytes content = p.octets(option, at + 4, size - 4);
    std::string list;
    if (tag == 1) {
      for (unsigned bit = 0; bit < content.size() * 8; ++bit) {
        if ((std::to_integer<unsigned>(content[bit / 8]) >> (7 - bit % 8) & 1u) != 0) append_category(list, ",", bit);
      }
    } else if (tag == 2) {
      for (std::size_t i = 0; i + 2 <= content.size(); i += 2) append_category(list, ",", load_be16(content, i));
    } else {
      for (std::size_t i = 0; i + 2 <= content.size(); i += 4) {
        append_category(list, ",", load_be16(content, i));
        append_category(list, "-", i + 4 <= content.size() ? load_be16(content, i + 2) : 0u);
      }
    }
    if (!list.empty()) {
      p.add_string(tree, categories, option, at + 4, size - 4, list);
    }
    at = after;
  }
}

struct Option {
  std::uint8_t type;
  std::string_view name;
  Field field;
  std::uint8_t fixed_length;  // octets, 0: any
  Walk walk;
};

constexpr Option known_options[] = {
    {0,
     "End of Options List (EOL)",
     {"ip.options.eol", "IP Option - End of Options List (EOL)", FieldType::bytes},
     1,
     end},
    {1, "No-Operation (NOP)", {"ip.options.nop", "IP Option - No-Operation (NOP)", FieldType::bytes}, 1, end},
    {130, "Security", {"ip.options.security", "IP Option - Security", FieldType::bytes}, 0, basic_security},
    {131, "Loose Source Route", {"ip.options.route", "IP Option - Loose Source Route", FieldType::bytes}, 0, route},
    {68, "Time Stamp", {"ip.options.timestamp", "IP Option - Time Stamp", FieldType::bytes}, 0, timestamps},
    {133,
     "Extended Security",
     {"ip.options.ext_security", "IP Option - Extended Security", FieldType::bytes},
     0,
     extended_security},
    {134,
     "Commercial Security",
     {"ip.options.cipso", "IP Option - Commercial Security", FieldType::bytes},
     0,
     commercial_security},
    {7, "Record Route", {"ip.options.record_route", "IP Option - Record Route", FieldType::bytes}, 0, record_route},
    {136, "Stream ID", {"ip.options.sid", "IP Option - Stream ID", FieldType::bytes}, 4, stream_identifier},
    {137,
     "Strict Source Route",
     {"ip.options.source_route", "IP Option - Strict Source Route", FieldType::bytes},
     0,
     route},
    {11, "MTU Probe", {"ip.options.mtu_probe", "IP Option - MTU Probe", FieldType::bytes}, 4, mtu_of_path},
    {12, "MTU Reply", {"ip.options.mtu_reply", "IP Option - MTU Reply", FieldType::bytes}, 4, mtu_of_path},
    {82, "Traceroute", {"ip.options.traceroute", "IP Option - Traceroute", FieldType::bytes}, 12, traceroute},
    {148, "Router Alert", {"ip.options.routeralert", "IP Option - Router Alert", FieldType::bytes}, 4, alert},
    {149,
     "Selective Directed Broadcast",
     {"ip.options.sdb", "IP Option - Selective Directed Broadcast", FieldType::bytes},
     0,
     broadcast},
    {25, "Quick-Start", {"ip.options.qs", "IP Option - Quick-Start", FieldType::bytes}, 8, quick_start_option}};

const Option* find_option(std::uint8_t value) noexcept {
  const auto* const at = std::find_if(std::begin(known_options), std::end(known_options),
                                      [&](const Option& option) { return option.type == value; });
  return at != std::end(known_options) ? at : nullptr;
}

void add_type(Packet& p, ItemId tree, const Octets& option) {
  const ItemId item = p.add(tree, type, option, 0, 1);
  p.add(item, {&copy, &option_class, &number}, option);
}

std::uint32_t dissect_nothing(Packet&, const Octets&) { return 0; }

constexpr auto fields = [] {
  constexpr const Field* own[] = {&type,
                                  &copy,
                                  &option_class,
                                  &number,
                                  &length,
                                  &pointer,
                                  &stream_id,
                                  &mtu,
                                  &id_number,
                                  &outbound_hops,
                                  &return_hops,
                                  &originator,
                                  &router_alert,
                                  &address,
                                  &qs_function,
                                  &qs_rate,
                                  &qs_ttl,
                                  &qs_ttl_diff,
                                  &qs_unused,
                                  &qs_nonce,
                                  &qs_reserved,
                                  &security,
                                  &compartments,
                                  &handling,
                                  &control_code,
                                  &classification,
                                  &authority,
                                  &genser,
                                  &siop,
                                  &sci,
                                  &nsa,
                                  &doe,
                                  &unassigned,
                                  &more_octets,
                                  &additional_code,
                                  &additional_info,
                                  &recorded_route,
                                  &recorded_route_host,
                                  &source_route,
                                  &source_route_host,
                                  &empty_route,
                                  &empty_route_host,
                                  &domain,
                                  &tag_type,
                                  &sensitivity,
                                  &categories,
                                  &tag_data,
                                  &overflow,
                                  &timestamp_flag,
                                  &timestamp,
                                  &timestamp_address,
                                  &bad_length.field,
                                  &before_address.field,
                                  &middle_of_address.field,
                                  &past_end.field,
                                  &four_no_operations.field,
                                  &malformed_tag.field};
  std::array<const Field*, std::size(own) + std::size(known_options)> all{};
  std::size_t n = 0;
  for (const Field* field : own) all[n++] = field;
  for (const Option& option : known_options) all[n++] = &option.field;
  return all;
}();

}  // namespace

/// No layer of its own: it is here for its fields.
extern const ProtocolInfo ipv4_options_protocol{
    {"ip.options", "IPv4 Options", FieldType::protocol}, "IPv4", dissect_nothing, {}, fields};

std::uint32_t final_destination(Packet& p, const Octets& options) {
  std::uint32_t at = 0;
  while (at < options.reported && !p.stopped()) {
    const std::uint8_t option = p.u8(options, at);
    if (option == end_of_list) return 0;
    if (option == no_operation) {
      ++at;
      continue;
    }
    if (options.reported - at < 2) return 0;
    const std::uint8_t size = p.u8(options, at + 1);
    if (size < 2 || size > options.reported - at) return 0;
    if (option == loose_source_route || option == strict_source_route) {
      if (size < 3) return 0;
      const std::uint8_t next = p.u8(options, at + 2);
      return next >= 4 && next % 4 == 0 && next <= size ? at + size - 4 : 0;
    }
    at += size;
  }
  return 0;
}

void dissect_ipv4_options(Packet& p, ItemId layer, const Octets& options) {
  if (!p.need(options, 0, options.reported)) return;
  const InFull in_full{p};
  const ItemId list = p.wants_items() ? p.add_text(in_full.below(layer), options, 0, options.reported,
                                                   p.text("Options: ({} bytes)", options.reported))
                                      : ItemId::none;
  std::uint32_t at = 0;
  unsigned no_operations = 0;
  while (at < options.reported && !p.stopped()) {
    const std::uint8_t value = p.u8(options, at);
    if (p.stopped()) return;
    const Option* const option = find_option(value);
    const Octets rest = options.from(at);
    if (value == end_of_list || value == no_operation) {
      no_operations = value == no_operation ? no_operations + 1 : 0;
      if (no_operations == 4) p.note(list, four_no_operations);
      const ItemId item = p.add(list, option->field, rest, 0, 1);
      p.set_text(item, option->field.label);
      add_type(p, item, rest);
      if (value == end_of_list) return;
      ++at;
      continue;
    }
    no_operations = 0;

    const std::string_view name = option != nullptr ? option->name
                                  : p.wants_items() ? p.value("Unknown (0x{:02x})", value)
                                                    : "";
    const auto give_up = [&](std::string_view why) {
      const std::string_view line = p.value("{} ({})", name, why);
      p.note(p.add_text(list, rest, 0, 0, line), bad_length, line);
    };
    if (rest.reported < 2) {
      if (p.wants_items()) give_up("length byte past end of options");
      return;
    }
    const std::uint8_t size = p.u8(rest, 1);
    if (size < 2) {
      if (p.wants_items()) give_up(p.value("with too-short option length = {} byte{}", size, plural(size)));
      return;
    }
    if (size > rest.reported) {
      if (p.wants_items()) {
        give_up(p.value("option length = {} byte{} says option goes past end of options", size, plural(size)));
      }
      return;
    }
    if (option == nullptr) {
      if (p.wants_items()) {
        p.add_text(list, rest, 0, size, p.text("{} ({} byte{})", name, size, plural(size)));
      }
      at += size;
      continue;
    }
    const Octets octets = rest.part(0, size);
    ItemId item = ItemId::none;
    ItemId length_item = ItemId::none;
    if (p.wants_items()) {
      const std::uint32_t shown = option->fixed_length != 0 ? option->fixed_length : size;
      item = p.add(list, option->field, octets, 0, std::min<std::uint32_t>(shown, size));
      p.set_text(item, p.text("{} ({} byte{})", option->field.label, shown, plural(shown)));
      add_type(p, item, octets);
      length_item = p.add(item, length, octets, 1, 1);
      if (option->fixed_length != 0 && size != option->fixed_length) {
        p.note(length_item, bad_length,
               p.value("{} (with option length = {} byte{}; should be {})", name, size, plural(size),
                       option->fixed_length));
      }
    }
    option->walk(p, item, length_item, octets);
    if (!p.stopped()) {
      p.append_text(list, ", ");
      p.append_text(list, name);
    }
    at += size;
  }
}

}  // namespace encap
