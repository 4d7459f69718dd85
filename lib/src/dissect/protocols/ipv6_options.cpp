#include "dissect/protocols/ipv6_options.h"

#include <algorithm>
#include <array>

#include "dissect/ip.h"
#include "dissect/protocols/ipv6.h"

namespace encap {
namespace {

constexpr std::uint8_t pad1 = 0;
constexpr std::uint8_t padn = 1;

constexpr ValueName types[] = {{0, 0, "Pad1"},
                               {1, 1, "PadN"},
                               {4, 4, "Tunnel Encapsulation Limit"},
                               {5, 5, "Router Alert"},
                               {7, 7, "CALIPSO"},
                               {8, 8, "SMF_DPD"},
                               {15, 15, "Performance and Diagnostic Metrics"},
                               {30, 30, "Experimental (0x1E)"},
                               {38, 38, "Quick-Start"},
                               {48, 48, "Path MTU Option"},
                               {49, 49, "IOAM Option"},
                               {62, 62, "Experimental (0x3E)"},
                               {65, 65, "Tunnel Payload Forwarding (TPF) Information"},
                               {94, 94, "Experimental (0x5E)"},
                               {99, 99, "RPL Option"},
                               {109, 109, "MPL Option"},
                               {126, 126, "Experimental (0x7E)"},
                               {138, 138, "Endpoint Identification"},
                               {139, 139, "ILNP Nonce"},
                               {140, 140, "Line-Identification Option"},
                               {158, 158, "Experimental (0x9E)"},
                               {190, 190, "Experimental (0xBE)"},
                               {194, 194, "Jumbo Payload"},
                               {201, 201, "Home Address"},
                               {222, 222, "Experimental (0xDE)"},
                               {238, 238, "IP_DFF"},
                               {254, 254, "Experimental (0xFE)"}};
constexpr ValueName actions[] = {{0, 0, "Skip and continue"},
                                 {1, 1, "Discard"},
                                 {2, 2, "Discard and send ICMP Parameter Problem"},
                                 {3, 3, "Discard and send ICMP if not multicast"}};
constexpr ValueName router_alerts[] = {{0, 0, "MLD"}, {1, 1, "RSVP"}, {2, 2, "Active Network"}};
constexpr ValueName tagger_types[] = {{0, 0, "NULL"}, {1, 1, "DEFAULT"}, {2, 2, "IPv4"}, {3, 3, "IPv6"}};
constexpr ValueName seed_lengths[] = {{0, 0, "0"},
                                      {1, 1, "16-bit unsigned integer"},
                                      {2, 2, "64-bit unsigned integer"},
                                      {3, 3, "128-bit unsigned integer"}};
constexpr ValueName ioam_types[] = {
    {0, 0, "Pre-allocated Trace"}, {1, 1, "Incremental Trace"}, {2, 2, "Proof of Transit"}, {3, 3, "Edge to Edge"}};

constexpr Field option_field{"ipv6.opt", "IPv6 Option", FieldType::none};
constexpr Field type{"ipv6.opt.type", "Type", FieldType::uint8, {.show = Show::hex, .names = types}};
constexpr Field action{{"ipv6.opt.type.action", "Action", 0, 2}, FieldType::uint8, {.names = actions}};
constexpr Field change{{"ipv6.opt.type.change", "May Change", 2, 1}, FieldType::boolean, {.names = no_yes}};
constexpr Field rest{{"ipv6.opt.type.rest", "Low-Order Bits", 3, 5}, FieldType::uint8, {.show = Show::hex}};
constexpr Field length{"ipv6.opt.length", "Length", FieldType::uint8};
constexpr Field pad1_field{"ipv6.opt.pad1", "Pad1", FieldType::none};
constexpr Field padn_field{"ipv6.opt.padn", "PadN", FieldType::bytes};
constexpr Field least_mtu{"ipv6.opt.pmtu.min", "Minimum Reported PMTU", FieldType::uint16};
constexpr Field returned_mtu{"ipv6.opt.pmtu.rtn", "Return Minimum PMTU", FieldType::uint16};
constexpr Field return_flag{"ipv6.opt.pmtu.r_flag", "Return Flag", FieldType::boolean};
constexpr Field router_alert{"ipv6.opt.router_alert", "Router Alert", FieldType::uint16, {.names = router_alerts}};
constexpr Field tunnel_limit{"ipv6.opt.tel", "Tunnel Encapsulation Limit", FieldType::uint8};
constexpr Field jumbo{"ipv6.opt.jumbo", "Payload Length", FieldType::uint32};
constexpr Field calipso_domain{"ipv6.opt.calipso.doi", "CALIPSO Domain of Interpretation", FieldType::uint32};
constexpr Field calipso_length{"ipv6.opt.calipso.cmpt.length", "Compartment Length", FieldType::uint8};
constexpr Field calipso_level{"ipv6.opt.calipso.sens_level", "Sensitivity Level", FieldType::uint8};
constexpr Field calipso_checksum{"ipv6.opt.calipso.checksum", "Checksum", FieldType::uint16, {.show = Show::hex}};
constexpr Field calipso_bitmap{"ipv6.opt.calipso.cmpt_bitmap", "Compartment Bitmap", FieldType::bytes};
constexpr Field hash_bit{{"ipv6.opt.smf_dpd.hash_bit", "H-bit", 0, 1}, FieldType::boolean};
constexpr Field tagger_type{
    {"ipv6.opt.smf_dpd.tid_type", "TaggerID Type", 1, 3}, FieldType::uint8, {.names = tagger_types}};
constexpr Field tagger_length{{"ipv6.opt.smf_dpd.tid_len", "TaggerID Length", 4, 4}, FieldType::uint8};
constexpr Field tagger{"ipv6.opt.smf_dpd.tagger_id", "TaggerID", FieldType::bytes};
constexpr Field tagged{"ipv6.opt.smf_dpd.ident", "Identifier", FieldType::bytes};
constexpr Field hash_assist{"ipv6.opt.smf_dpd.hav", "Hash Assist Value", FieldType::bytes};
constexpr Field scale_received{"ipv6.opt.pdm.scale_dtlr", "Scale DTLR", FieldType::uint8};
constexpr Field scale_sent{"ipv6.opt.pdm.scale_dtls", "Scale DTLS", FieldType::uint8};
constexpr Field this_packet{"ipv6.opt.pdm.psn_this_pkt", "PSN This Packet", FieldType::uint16};
constexpr Field last_received{"ipv6.opt.pdm.psn_last_recv", "PSN Last Received", FieldType::uint16};
constexpr Field delta_received{"ipv6.opt.pdm.delta_last_recv", "Delta Time Last Received", FieldType::uint16};
constexpr Field delta_sent{"ipv6.opt.pdm.delta_last_sent", "Delta Time Last Sent", FieldType::uint16};
constexpr Field qs_function{{"ipv6.opt.qs_func", "Function", 0, 4}, FieldType::uint8, {.names = quick_start_functions}};
constexpr Field qs_rate{{"ipv6.opt.qs_rate", "Rate", 4, 4}, FieldType::uint8, {.names = quick_start_rates}};
constexpr Field qs_ttl{"ipv6.opt.qs_ttl", "QS TTL", FieldType::uint8};
constexpr Field qs_ttl_diff{"ipv6.opt.qs_ttl_diff", "TTL Diff", FieldType::uint8};
constexpr Field qs_unused{"ipv6.opt.qs_unused", "Not Used", FieldType::uint8};
constexpr Field qs_nonce{{"ipv6.opt.qs_nonce", "QS Nonce", 0, 30}, FieldType::uint32, {.show = Show::hex}};
constexpr Field qs_reserved{{"ipv6.opt.qs_reserved", "Reserved", 30, 2},
                            FieldType::uint32,
                            {.show = Show::hex, .drawn_bits = 32, .drawn_before = 30}};
constexpr QuickStartFields quick_start_fields{qs_function, qs_rate,  qs_ttl,      qs_ttl_diff,
                                              qs_unused,   qs_nonce, qs_reserved, false};
constexpr Field ioam_reserved{"ipv6.opt.ioam.rsv", "Reserved", FieldType::uint8};
constexpr Field ioam_type{"ipv6.opt.ioam.opt_type", "Option-Type", FieldType::uint8, {.names = ioam_types}};
constexpr Field tunnel_information{
    "ipv6.opt.tpf_information", "TPF Information", FieldType::uint32, {.show = Show::hex}};
constexpr Field home_address{"ipv6.opt.mipv6.home_address", "MIPv6 Home Address", FieldType::ipv6};
constexpr Field rpl_flag{"ipv6.opt.rpl.flag", "Flag", FieldType::uint8, {.show = Show::hex}};
constexpr Field rpl_down{{"ipv6.opt.rpl.flag.o", "Down", 0, 1}, FieldType::boolean};
constexpr Field rpl_rank_error{{"ipv6.opt.rpl.flag.r", "Rank Error", 1, 1}, FieldType::boolean};
constexpr Field rpl_forwarding_error{{"ipv6.opt.rpl.flag.f", "Forwarding Error", 2, 1}, FieldType::boolean};
constexpr Field rpl_reserved{{"ipv6.opt.rpl.flag.rsv", "Reserved", 3, 5}, FieldType::uint8, {.show = Show::hex}};
constexpr Field rpl_instance{"ipv6.opt.rpl.instance_id", "RPLInstanceID", FieldType::uint8, {.show = Show::hex}};
constexpr Field rpl_rank{"ipv6.opt.rpl.sender_rank", "Sender Rank", FieldType::uint16, {.show = Show::hex}};
constexpr Field ilnp_nonce{"ipv6.opt.ilnp_nonce", "ILNP Nonce", FieldType::bytes};
constexpr Field line_length{"ipv6.opt.lio.length", "LineIDLen", FieldType::uint8};
constexpr Field line_id{"ipv6.opt.lio.line_id", "Line ID", FieldType::string};
constexpr Field mpl_flag{"ipv6.opt.mpl.flag", "Flag", FieldType::uint8, {.show = Show::hex}};
constexpr Field mpl_seed_length{
    {"ipv6.opt.mpl.flag.s", "Seed ID Length", 0, 2}, FieldType::uint8, {.names = seed_lengths}};
constexpr Field mpl_largest{{"ipv6.opt.mpl.flag.m", "Largest Sequence", 2, 1}, FieldType::boolean};
constexpr Field mpl_version{{"ipv6.opt.mpl.flag.v", "Version", 3, 1}, FieldType::boolean};
constexpr Field mpl_reserved{{"ipv6.opt.mpl.flag.rsv", "Reserved", 4, 4}, FieldType::uint8, {.show = Show::hex}};
constexpr Field mpl_sequence{"ipv6.opt.mpl.sequence", "Sequence", FieldType::uint8, {.show = Show::hex}};
constexpr Field mpl_seed{"ipv6.opt.mpl.seed_id", "Seed ID", FieldType::bytes};
constexpr Field dff_flags{"ipv6.opt.dff.flags", "Flags", FieldType::uint8, {.show = Show::hex}};
constexpr Field dff_version{{"ipv6.opt.dff.flag.ver", "Version (VER)", 0, 2}, FieldType::uint8};
constexpr Field dff_duplicate{{"ipv6.opt.dff.flag.dup", "Duplicate (DUP)", 2, 1}, FieldType::boolean};
constexpr Field dff_return{{"ipv6.opt.dff.flag.ret", "Return (RET)", 3, 1}, FieldType::boolean};
constexpr Field dff_reserved{{"ipv6.opt.dff.flag.rsv", "Reserved", 4, 4}, FieldType::uint8, {.show = Show::hex}};
constexpr Field dff_sequence{
    "ipv6.opt.dff.sequence_number", "Sequence Number", FieldType::uint16, {.show = Show::dec_hex}};
constexpr Field experimental{"ipv6.opt.experimental", "Experimental Option", FieldType::bytes};
constexpr Field unknown_data{"ipv6.opt_unknown_data", "Unknown Data", FieldType::bytes};
constexpr Field unknown{"ipv6.opt.unknown", "Unknown Option Payload", FieldType::bytes};

constexpr Note wrong_header{{"ipv6.opt.header_mismatch", "Wrong options extension header for type", FieldType::none},
                            Severity::warning,
                            "Protocol"};
constexpr Note invalid_length{
    {"ipv6.opt.invalid_len", "Invalid IPv6 option length", FieldType::none}, Severity::error, "Malformed"};
constexpr Note not_interpreted{
    {"ipv6.opt.unknown_data.expert", "Unknown Data (not interpreted)", FieldType::none}, Severity::note, "Undecoded"};
constexpr Note deprecated{
    {"ipv6.opt.deprecated", "Option type is deprecated", FieldType::none}, Severity::note, "Deprecated"};
constexpr Note jumbo_prohibited{
    {"ipv6.opt.jumbo.prohibited",
     "When IPv6 payload length does not equal 0 a Jumbo Payload option must not be present", FieldType::none},
    Severity::warning,
    "Protocol"};
constexpr Note jumbo_truncated{
    {"ipv6.opt.jumbo.truncated", "Jumbo Payload option present and jumbo length < 65536", FieldType::none},
    Severity::warning,
    "Protocol"};
constexpr Note seed_is_source{{"ipv6.opt.mpl.ipv6_src_seed_id", "Seed ID is the IPv6 Source Address", FieldType::none},
                              Severity::comment,
                              "Protocol"};

constexpr const Field* fields[] = {&option_field,
                                   &type,
                                   &action,
                                   &change,
                                   &rest,
                                   &length,
                                   &pad1_field,
                                   &padn_field,
                                   &least_mtu,
                                   &returned_mtu,
                                   &return_flag,
                                   &router_alert,
                                   &tunnel_limit,
                                   &jumbo,
                                   &calipso_domain,
                                   &calipso_length,
                                   &calipso_level,
                                   &calipso_checksum,
                                   &calipso_bitmap,
                                   &hash_bit,
                                   &tagger_type,
                                   &tagger_length,
                                   &tagger,
                                   &tagged,
                                   &hash_assist,
                                   &scale_received,
                                   &scale_sent,
                                   &this_packet,
                                   &last_received,
                                   &delta_received,
                                   &delta_sent,
                                   &qs_function,
                                   &qs_rate,
                                   &qs_ttl,
                                   &qs_ttl_diff,
                                   &qs_unused,
                                   &qs_nonce,
                                   &qs_reserved,
                                   &ioam_reserved,
                                   &ioam_type,
                                   &tunnel_information,
                                   &home_address,
                                   &rpl_flag,
                                   &rpl_down,
                                   &rpl_rank_error,
                                   &rpl_forwarding_error,
                                   &rpl_reserved,
                                   &rpl_instance,
                                   &rpl_rank,
                                   &ilnp_nonce,
                                   &line_length,
                                   &line_id,
                                   &mpl_flag,
                                   &mpl_seed_length,
                                   &mpl_largest,
                                   &mpl_version,
                                   &mpl_reserved,
                                   &mpl_sequence,
                                   &mpl_seed,
                                   &dff_flags,
                                   &dff_version,
                                   &dff_duplicate,
                                   &dff_return,
                                   &dff_reserved,
                                   &dff_sequence,
                                   &experimental,
                                   &unknown_data,
                                   &unknown,
                                   &wrong_header.field,
                                   &invalid_length.field,
                                   &not_interpreted.field,
                                   &deprecated.field,
                                   &jumbo_prohibited.field,
                                   &jumbo_truncated.field,
                                   &seed_is_source.field};

// One option while it is read. `at` is behind what was read of it.
struct Option {
  ItemId tree;
  ItemId type_item;
  ItemId length_item;
  Octets in;  // from its type on, to the end of the packet: an option may say less than its fields need
  std::uint32_t size;
  std::uint32_t at = 2;
};

void add(Packet& p, Option& option, const Field& field, std::uint32_t size) {
  if (p.need(option.in, option.at, size)) p.add(option.tree, field, option.in, option.at, size);
  option.at += size;
}
// What the option says it still has.
void add_remaining(Packet& p, Option& option, const Field& field) {
  const std::uint32_t end = option.size + 2;
  add(p, option, field, end - std::min(end, option.at));
}
ItemId add_flags(Packet& p, Option& option, const Field& flags, std::initializer_list<const Field*> booleans,
                 std::initializer_list<const Field*> bits, std::string_view first = {}) {
  const std::uint8_t value = p.u8(option.in, option.at);
  if (!p.wants_items()) {
    ++option.at;
    return ItemId::none;
  }
  const ItemId item = p.add(option.tree, flags, option.in, option.at, 1);
  p.append_text(item, first);
  for (const Field* field : booleans) {
    if ((value >> (7 - field->bit_offset) & 1) != 0) p.append_text(item, p.text(", {}", field->label));
  }
  p.add(item, bits, option.in.from(option.at));
  ++option.at;
  return item;
}

void tunnel_encapsulation_limit(Packet& p, Option& o) { add(p, o, tunnel_limit, 1); }
void alert(Packet& p, Option& o) { add(p, o, router_alert, 2); }
void quick_start(Packet& p, Option& o) {
  add_quick_start(p, o.tree, quick_start_fields, o.in.from(2));
  o.at = 8;
}
void path_mtu(Packet& p, Option& o) {
  add(p, o, least_mtu, 2);
  const std::uint16_t returned = p.u16(o.in, o.at);
  p.add(o.tree, returned_mtu, o.in, o.at, 2, returned & 0xfffeu);
  p.add(o.tree, return_flag, o.in, o.at, 2, returned & 1u);
  o.at += 2;
}
void jumbo_payload(Packet& p, Option& o) {
  const std::uint32_t value = p.u32(o.in, o.at);
  const ItemId item = p.add(o.tree, jumbo, o.in, o.at, 4);
  if (value < 65536) p.note(item, jumbo_truncated);
  if (p.ipv6->payload_length != 0) p.note(o.tree, jumbo_prohibited);
  o.at += 4;
}
void calipso(Packet& p, Option& o) {  // RFC 5570 §5.1
  add(p, o, calipso_domain, 4);
  const std::uint32_t words = p.u8(o.in, o.at);
  add(p, o, calipso_length, 1);
  add(p, o, calipso_level, 1);
  add(p, o, calipso_checksum, 2);
  add(p, o, calipso_bitmap, words * 4);
}
void duplicate_detection(Packet& p, Option& o) {  // RFC 6621 §6.1.1
  const std::uint8_t first = p.u8(o.in, o.at);
  const Octets here = o.in.from(o.at);
  p.add(o.tree, hash_bit, here);
  if ((first & 0x80u) != 0) {
    add_remaining(p, o, hash_assist);
    return;
  }
  p.add(o.tree, {&tagger_type, &tagger_length}, here);
  ++o.at;
  if ((first >> 4 & 7u) != 0) add(p, o, tagger, (first & 15u) + 1u);
  if (o.at < o.size + 2) add_remaining(p, o, tagged);
}
void metrics(Packet& p, Option& o) {  // RFC 8250 §3.2
  add(p, o, scale_received, 1);
  add(p, o, scale_sent, 1);
  for (const Field* field : {&this_packet, &last_received, &delta_received, &delta_sent}) add(p, o, *field, 2);
}
void in_situ(Packet& p, Option& o) {  // RFC 9486 §3; what the option types hold is left as octets
  add(p, o, ioam_reserved, 1);
  add(p, o, ioam_type, 1);
}
void tunnel_payload(Packet& p, Option& o) { add(p, o, tunnel_information, 4); }
void rpl(Packet& p, Option& o) {  // RFC 6553 §3
  add_flags(p, o, rpl_flag, {&rpl_down, &rpl_rank_error, &rpl_forwarding_error},
            {&rpl_down, &rpl_rank_error, &rpl_forwarding_error, &rpl_reserved});
  add(p, o, rpl_instance, 1);
  add(p, o, rpl_rank, 2);
}
void mpl(Packet& p, Option& o) {  // RFC 7731 §6.1
  const unsigned seed = p.u8(o.in, o.at) >> 6;
  if (seed == 0) p.note(o.type_item, seed_is_source);
  add_flags(p, o, mpl_flag, {&mpl_largest, &mpl_version}, {&mpl_seed_length, &mpl_largest, &mpl_version, &mpl_reserved},
            p.wants_items() ? p.text(", Seed ID Length: {}", find_name(seed_lengths, seed)) : "");
  add(p, o, mpl_sequence, 1);
  static constexpr std::uint8_t octets[] = {0, 2, 8, 16};
  if (seed != 0) add(p, o, mpl_seed, octets[seed]);
}
void endpoint(Packet& p, Option& o) {
  p.note(o.type_item, deprecated);
  const std::uint32_t at = o.at;
  add_remaining(p, o, unknown);
  if (o.at >= at && p.wants_items()) p.note(p.out.at(o.tree).last_child, not_interpreted);
}
void nonce(Packet& p, Option& o) { add_remaining(p, o, ilnp_nonce); }
void line_identification(Packet& p, Option& o) {  // RFC 6788 §5.1
  const std::uint32_t size = p.u8(o.in, o.at);
  add(p, o, line_length, 1);
  add(p, o, line_id, size);
}
void home(Packet& p, Option& o) {  // RFC 6275 §6.3
  const Address address = p.address(Address::Kind::ipv6, o.in, o.at);
  add(p, o, home_address, 16);
  if (p.stopped()) return;
  p.network_source = address;
  if (p.columns()) p.out.columns.source = address;
}
void depth_first(Packet& p, Option& o) {  // RFC 6971 §9.1
  add_flags(p, o, dff_flags, {&dff_duplicate, &dff_return}, {&dff_version, &dff_duplicate, &dff_return, &dff_reserved});
  add(p, o, dff_sequence, 2);
}
void experiment(Packet& p, Option& o) { add_remaining(p, o, experimental); }

enum class Where : std::uint8_t { anywhere, hop_by_hop, destination };

struct Kind {
  std::uint8_t type;
  Where where;
  std::uint8_t fixed_length;          // octets behind the length, 0: any
  std::string_view length_complaint;  // in front of `(3 bytes)`
  void (*walk)(Packet&, Option&);
};
constexpr Kind kinds[] = {
    {4, Where::destination, 1, "Tunnel Encapsulation Limit: Invalid length", tunnel_encapsulation_limit},
    {5, Where::hop_by_hop, 2, "Router alert: Invalid Length", alert},
    {7, Where::hop_by_hop, 0, "CALIPSO: Invalid Length", calipso},
    {8, Where::hop_by_hop, 0, "", duplicate_detection},
    {15, Where::destination, 10, "PDM: Invalid length", metrics},
    {30, Where::anywhere, 0, "", experiment},
    {38, Where::hop_by_hop, 6, "Quick-Start: Invalid Length", quick_start},
    {48, Where::hop_by_hop, 4, "PMTU Option: Invalid Length", path_mtu},
    {49, Where::hop_by_hop, 0, "", in_situ},
    {62, Where::anywhere, 0, "", experiment},
    {65, Where::destination, 0, "", tunnel_payload},
    {94, Where::anywhere, 0, "", experiment},
    {99, Where::hop_by_hop, 0, "", rpl},
    {109, Where::hop_by_hop, 0, "", mpl},
    {126, Where::anywhere, 0, "", experiment},
    {138, Where::anywhere, 0, "", endpoint},
    {139, Where::destination, 0, "", nonce},
    {140, Where::destination, 0, "", line_identification},
    {158, Where::anywhere, 0, "", experiment},
    {190, Where::anywhere, 0, "", experiment},
    {194, Where::hop_by_hop, 4, "Jumbo Payload: Invalid length", jumbo_payload},
    {201, Where::destination, 16, "Home Address: Invalid length", home},
    {222, Where::anywhere, 0, "", experiment},
    {238, Where::hop_by_hop, 3, "IPv6 DFF: Invalid length", depth_first},
    {254, Where::anywhere, 0, "", experiment}};

const Kind* find_kind(std::uint8_t value) noexcept {
  const auto* const at =
      std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& kind) { return kind.type == value; });
  return at != std::end(kinds) ? at : nullptr;
}

std::uint32_t dissect_nothing(Packet&, const Octets&) { return 0; }

// Reads the option at the start of `in`. Returns its length.
std::uint32_t dissect_option(Packet& p, ItemId layer, const Octets& in, Ipv6OptionsHeader header) {
  const std::uint8_t value = p.u8(in, 0);
  const std::string_view name = find_name(types, value);
  const ItemId tree = p.add(layer, option_field, in, 0, 1);
  const ItemId type_item = p.add(tree, type, in, 0, 1);
  if (value == pad1) {
    p.set_text(tree, name);
    p.add(tree, pad1_field, in, 0, 1);
    return 1;
  }
  if (p.wants_items()) p.set_text(tree, name.empty() ? p.text("Unknown IPv6 Option ({})", value) : name);
  const Kind* const kind = find_kind(value);
  if (kind != nullptr && p.wants_items()) {
    if ((kind->where == Where::hop_by_hop && header != Ipv6OptionsHeader::hop_by_hop) ||
        (kind->where == Where::destination && header != Ipv6OptionsHeader::destination)) {
      p.note(type_item, wrong_header,
             p.value("{} must use a {} options header", name,
                     kind->where == Where::hop_by_hop ? "hop-by-hop" : "destination"));
    }
  }
  p.add(type_item, {&action, &change, &rest}, in);
  const std::uint8_t size = p.u8(in, 1);
  if (p.stopped()) return 0;
  Option option{tree, type_item, p.add(tree, length, in, 1, 1), in, size};
  p.set_length(tree, std::min(2u + size, in.captured));
  if (value == padn) {
    add_remaining(p, option, padn_field);
    if (size == 0 && p.wants_items()) p.set_text(p.out.at(tree).last_child, "PadN: <none>");
    return 2u + size;
  }
  if (kind == nullptr) {
    add_remaining(p, option, unknown);
    if (p.wants_items()) p.note(p.out.at(tree).last_child, not_interpreted);
    return 2u + size;
  }
  if (p.wants_items()) {
    constexpr std::uint8_t calipso_type = 7;
    if ((kind->fixed_length != 0 && size != kind->fixed_length) || (value == calipso_type && size < 8)) {
      p.note(option.length_item, invalid_length, p.value("{} ({} bytes)", kind->length_complaint, size));
    }
  }
  kind->walk(p, option);
  const std::uint32_t end = 2u + size;
  if (option.at < end && !p.stopped()) {
    add_remaining(p, option, unknown_data);
    if (p.wants_items()) p.note(p.out.at(tree).last_child, not_interpreted);
  }
  return std::max(end, option.at);
}

}  // namespace

/// No layer of its own: it is here for its fields.
extern const ProtocolInfo ipv6_options_protocol{
    {"ipv6.options", "IPv6 Options", FieldType::protocol}, "IPv6", dissect_nothing, {}, fields};

std::uint32_t dissect_ipv6_options(Packet& p, const Octets& in, Ipv6OptionsHeader header,
                                   const Ipv6OptionsFields& own) {
  const InFull in_full{p};
  Ipv6Chain& chain = *p.ipv6;
  p.append_info(" , ", own.info);
  const std::uint8_t next = p.u8(in, 0);
  const std::uint8_t units = p.u8(in, 1);
  if (p.stopped()) return 0;
  const std::uint32_t size = (units + 1u) * 8;
  const ItemId layer = p.add_layer(own.protocol, in, 0, std::min(size, in.captured));
  if (own.not_first != nullptr && !chain.at_start) p.note(layer, *own.not_first);
  p.add(layer, own.next_header, in, 0, 1);
  p.add(layer, own.length, in, 1, 1);
  p.generated(p.add(layer, own.length_octets, in, 1, 1, size));
  for (std::uint32_t at = 2; at < size && !p.stopped();) at += dissect_option(p, layer, in.from(at), header);
  if (p.stopped()) return 0;
  chain.next = next;
  chain.rest = in.from(size);
  return size;
}

}  // namespace encap
