#include <array>

#include "dissect/icmpv6.h"

namespace encap::icmpv6 {
namespace {

constexpr FieldLook hexadecimal{.show = Show::hex};

constexpr ValueName modes[] = {{0, 0, "No Downward routes maintained by RPL"},
                               {1, 1, "Non-Storing Mode of Operation"},
                               {2, 2, "Storing Mode of Operation with no multicast support"},
                               {3, 3, "Storing Mode of Operation with multicast support"},
                               {4, 4, "P2P Route Discovery Mode of Operation"}};
constexpr ValueName algorithms[] = {{0, 0, "Encryption: CCM with AES-128 / Signature: RSA with SHA-256"}};
constexpr ValueName types[] = {
    {0, 0, "1-byte padding"},        {1, 1, "n-byte padding"},        {2, 2, "DAG Metric container"},
    {3, 3, "Routing Information"},   {4, 4, "DODAG configuration"},   {5, 5, "RPL Target"},
    {6, 6, "Transit Information"},   {7, 7, "Solicited Information"}, {8, 8, "Prefix Information"},
    {9, 9, "RPL Target Descriptor"}, {10, 10, "P2P Route Discovery"}};
constexpr ValueName yes_or_no[] = {{0, 0, "No"}, {1, 1, "Yes"}};
constexpr ValueName true_or_false[] = {{0, 0, "False"}, {1, 1, "True"}};

constexpr Field dis_flags{"icmpv6.rpl.dis.flags", "Flags", FieldType::uint8};
constexpr Field dio_instance{"icmpv6.rpl.dio.instance", "RPLInstanceID", FieldType::uint8};
constexpr Field dio_version{"icmpv6.rpl.dio.version", "Version", FieldType::uint8};
constexpr Field dio_rank{"icmpv6.rpl.dio.rank", "Rank", FieldType::uint16};
constexpr Field dio_flags{"icmpv6.rpl.dio.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field dio_g = flag("icmpv6.rpl.dio.flag.g", "Grounded (G)", 8, 0, {});
constexpr Field dio_zero = flag("icmpv6.rpl.dio.flag.0", "Zero", 8, 1, {});
constexpr Field dio_mode = bits("icmpv6.rpl.dio.flag.mop", "Mode of Operation (MOP)", 8, 2, 3, FieldType::uint8,
                                {.show = Show::hex, .names = modes});
constexpr Field dio_preference = bits("icmpv6.rpl.dio.flag.preference", "DODAG Preference", 8, 5, 3, FieldType::uint8);
constexpr Field dio_dtsn{"icmpv6.rpl.dio.dtsn", "Destination Advertisement Trigger Sequence Number (DTSN)",
                         FieldType::uint8};
constexpr Field dio_dodag{"icmpv6.rpl.dio.dagid", "DODAGID", FieldType::ipv6};
constexpr Field dao_instance{"icmpv6.rpl.dao.instance", "RPLInstanceID", FieldType::uint8};
constexpr Field dao_flags{"icmpv6.rpl.dao.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field dao_k = flag("icmpv6.rpl.dao.flag.k", "DAO-ACK Request (K)", 8, 0, {});
constexpr Field dao_d = flag("icmpv6.rpl.dao.flag.d", "DODAGID Present (D)", 8, 1, {});
constexpr Field dao_rsv = bits("icmpv6.rpl.dao.flag.rsv", "Reserved", 8, 2, 6, FieldType::uint8);
constexpr Field dao_sequence{"icmpv6.rpl.dao.sequence", "DAO Sequence", FieldType::uint8};
constexpr Field dao_dodag{"icmpv6.rpl.dao.dodagid", "DODAGID", FieldType::ipv6};
constexpr Field ack_instance{"icmpv6.rpl.daoack.instance", "RPLInstanceID", FieldType::uint8};
constexpr Field ack_flags{"icmpv6.rpl.daoack.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field ack_d = flag("icmpv6.rpl.daoack.flag.d", "DODAGID Present (D)", 8, 0, {});
constexpr Field ack_rsv = bits("icmpv6.rpl.daoack.flag.rsv", "Reserved", 8, 1, 7, FieldType::uint8);
constexpr Field ack_sequence{"icmpv6.rpl.daoack.sequence", "DAO-ACK Sequence", FieldType::uint8};
constexpr Field ack_status{"icmpv6.rpl.daoack.status", "Status", FieldType::uint8};
constexpr Field ack_dodag{"icmpv6.rpl.daoack.dodagid", "DODAGID", FieldType::ipv6};
constexpr Field cc_instance{"icmpv6.rpl.cc.instance", "RPLInstanceID", FieldType::uint8};
constexpr Field cc_flags{"icmpv6.rpl.cc.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field cc_r = flag("icmpv6.rpl.cc.flag.r", "Response (R)", 8, 0, {});
constexpr Field cc_rsv = bits("icmpv6.rpl.cc.flag.rsv", "Reserved", 8, 1, 7, FieldType::uint8);
constexpr Field cc_nonce{"icmpv6.rpl.cc.nonce", "CC Nonce", FieldType::uint16, hexadecimal};
constexpr Field cc_dodag{"icmpv6.rpl.cc.dodagid", "DODAGID", FieldType::ipv6};
constexpr Field cc_counter{"icmpv6.rpl.cc.destination_counter", "Destination Counter", FieldType::uint32};
constexpr Field secure_flags{"icmpv6.rpl.secure.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field secure_t = flag("icmpv6.rpl.secure.flag.t", "Counter is Time (T)", 8, 0, {});
constexpr Field secure_t_rsv = bits("icmpv6.rpl.secure.flag.rsv", "Reserved", 8, 1, 7, FieldType::uint8);
constexpr Field secure_algorithm{"icmpv6.rpl.secure.algorithm", "Algorithm", FieldType::uint8, {.names = algorithms}};
constexpr Field secure_kim = bits("icmpv6.rpl.secure.kim", "Key Identifier Mode (KIM)", 8, 0, 2, FieldType::uint8);
constexpr Field secure_lvl = bits("icmpv6.rpl.secure.lvl", "Security Level (LVL)", 8, 5, 3, FieldType::uint8);
constexpr Field secure_rsv = bits("icmpv6.rpl.secure.rsv", "Reserved", 8, 2, 3, FieldType::uint8);
constexpr Field secure_counter{"icmpv6.rpl.secure.counter", "Counter", FieldType::uint32};
constexpr Field key_source{"icmpv6.rpl.secure.key.source", "Key Source", FieldType::bytes};
constexpr Field key_index{"icmpv6.rpl.secure.key.index", "Key Source", FieldType::uint8};
constexpr Field dro_instance{"icmpv6.rpl.p2p.dro.instance", "RPLInstanceID", FieldType::uint8};
constexpr Field dro_version{"icmpv6.rpl.p2p.dro.version", "Version", FieldType::uint8};
constexpr Field dro_flags{"icmpv6.rpl.p2p.dro.flag", "Flags", FieldType::uint16, hexadecimal};
constexpr Field dro_stop = flag("icmpv6.rpl.p2p.dro.flag.stop", "Stop", 16, 0, yes_or_no);
constexpr Field dro_ack = flag("icmpv6.rpl.p2p.dro.flag.ack", "Ack", 16, 1, yes_or_no);
constexpr Field dro_seq = bits("icmpv6.rpl.p2p.dro.flag.seq", "Seq", 16, 2, 2, FieldType::uint16);
constexpr Field dro_rsv = bits("icmpv6.rpl.p2p.dro.flag.reserved", "Reserved", 16, 4, 12, FieldType::uint16);
constexpr Field dro_dodag{"icmpv6.rpl.p2p.dro.dagid", "DODAGID", FieldType::ipv6};
constexpr Field droack_flags{"icmpv6.rpl.p2p.droack.flag", "Flags", FieldType::uint16, hexadecimal};
constexpr Field droack_seq = bits("icmpv6.rpl.p2p.droack.flag.seq", "Seq", 16, 0, 2, FieldType::uint16);
constexpr Field droack_rsv = bits("icmpv6.rpl.p2p.droack.flag.reserved", "Reserved", 16, 2, 14, FieldType::uint16);
constexpr Note must_be_zero{
    {"icmpv6.rpl.p2p.dro.zero", "This field MUST be set to zero", FieldType::none}, Severity::warning, "Protocol"};

constexpr Field type_field{"icmpv6.rpl.opt.type", "Type", FieldType::uint8, {.names = types}};
constexpr Field length_field{"icmpv6.rpl.opt.length", "Length", FieldType::uint8};
constexpr Field opt_reserved{"icmpv6.rpl.opt.reserved", "Reserved", FieldType::none};
constexpr Field padn{"icmpv6.rpl.opt.padn", "Paddn", FieldType::none};
constexpr Field route_length{"icmpv6.rpl.opt.route.prefix_length", "Prefix Length", FieldType::uint8};
constexpr Field route_flags{"icmpv6.rpl.opt.route.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field route_preference =
    bits("icmpv6.rpl.opt.route.pref", "Preference", 8, 3, 2, FieldType::uint8, {.names = preference_names});
constexpr Field route_rsv{"icmpv6.rpl.opt.route.reserved", "Reserved", FieldType::uint8};
constexpr Field route_lifetime{
    "icmpv6.rpl.opt.route.lifetime", "Route Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field route_prefix{"icmpv6.rpl.opt.route.prefix", "Prefix", FieldType::ipv6};
constexpr Field config_flags{"icmpv6.rpl.opt.config.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field config_rsv = bits("icmpv6.rpl.opt.config.reserved", "Reserved", 8, 0, 4, FieldType::uint8);
constexpr Field config_auth = flag("icmpv6.rpl.opt.config.auth", "Authentication Enabled", 8, 4);
constexpr Field config_pcs = bits("icmpv6.rpl.opt.config.pcs", "Path Control Size", 8, 5, 3, FieldType::uint8);
constexpr Field config_doublings{"icmpv6.rpl.opt.config.interval_double", "DIOIntervalDoublings", FieldType::uint8};
constexpr Field config_min{"icmpv6.rpl.opt.config.interval_min", "DIOIntervalMin", FieldType::uint16};
constexpr Field config_redundancy{"icmpv6.rpl.opt.config.redundancy", "DIORedundancyConstant", FieldType::uint8};
constexpr Field config_rank{"icmpv6.rpl.opt.config.max_rank_inc", "MaxRankInc", FieldType::uint16};
constexpr Field config_hop{"icmpv6.rpl.opt.config.min_hop_rank_inc", "MinHopRankInc", FieldType::uint16};
constexpr Field config_ocp{"icmpv6.rpl.opt.config.ocp", "OCP (Objective Code Point)", FieldType::uint16};
constexpr Field config_more{"icmpv6.rpl.opt.config.rsv", "Reserved", FieldType::uint8};
constexpr Field config_lifetime{"icmpv6.rpl.opt.config.def_lifetime", "Default Lifetime", FieldType::uint8};
constexpr Field config_unit{"icmpv6.rpl.opt.config.lifetime_unit", "Lifetime Unit", FieldType::uint16};
constexpr Field target_flags{"icmpv6.rpl.opt.target.flag", "Reserved", FieldType::none};
constexpr Field target_length{"icmpv6.rpl.opt.target.prefix_length", "Target Length", FieldType::uint8};
constexpr Field target_prefix{"icmpv6.rpl.opt.target.prefix", "Target", FieldType::ipv6};
constexpr Field transit_flags{"icmpv6.rpl.opt.transit.flag", "Flags", FieldType::uint8, hexadecimal};
constexpr Field transit_e = flag("icmpv6.rpl.opt.transit.flag.e", "External", 8, 0);
constexpr Field transit_rsv = bits("icmpv6.rpl.opt.transit.flag.rsv", "Reserved", 8, 1, 7, FieldType::uint8);
constexpr Field transit_control{"icmpv6.rpl.opt.transit.pathctl", "Path Control", FieldType::uint8};
constexpr Field transit_sequence{"icmpv6.rpl.opt.transit.pathseq", "Path Sequence", FieldType::uint8};
constexpr Field transit_lifetime{"icmpv6.rpl.opt.transit.pathlifetime", "Path Lifetime", FieldType::uint8};
constexpr Field transit_parent{"icmpv6.rpl.opt.transit.parent", "Parent Address", FieldType::ipv6};
constexpr Field asked_instance{"icmpv6.rpl.opt.solicited.instance", "Instance", FieldType::uint8};
constexpr Field asked_flags{"icmpv6.rpl.opt.solicited.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field asked_v = flag("icmpv6.rpl.opt.solicited.flag.v", "Version predicate", 8, 0, true_or_false);
constexpr Field asked_i = flag("icmpv6.rpl.opt.solicited.flag.i", "InstanceID predicate", 8, 1, true_or_false);
constexpr Field asked_d = flag("icmpv6.rpl.opt.solicited.flag.d", "DODAGID predicate", 8, 2, true_or_false);
constexpr Field asked_rsv = bits("icmpv6.rpl.opt.solicited.flag.rsv", "Reserved", 8, 3, 5, FieldType::uint8);
constexpr Field asked_dodag{"icmpv6.rpl.opt.solicited.dodagid", "DODAGID", FieldType::ipv6};
constexpr Field asked_version{"icmpv6.rpl.opt.solicited.version", "Version", FieldType::uint8};
constexpr Field prefix_length{"icmpv6.rpl.opt.prefix.length", "Prefix Length", FieldType::uint8};
constexpr Field prefix_flags{"icmpv6.rpl.opt.prefix.flag", "Flag", FieldType::uint8, hexadecimal};
constexpr Field prefix_l = flag("icmpv6.rpl.opt.prefix.flag.l", "On Link", 8, 0);
constexpr Field prefix_a = flag("icmpv6.rpl.opt.config.flag.a", "Auto Address Config", 8, 1);
constexpr Field prefix_r = flag("icmpv6.rpl.opt.config.flag.r", "Router Address", 8, 2);
constexpr Field prefix_rsv = bits("icmpv6.rpl.opt.config.flag.rsv", "Reserved", 8, 3, 5, FieldType::uint8);
constexpr Field prefix_valid{
    "icmpv6.rpl.opt.prefix.valid_lifetime", "Valid Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field prefix_preferred{
    "icmpv6.rpl.opt.prefix.preferred_lifetime", "Preferred Lifetime", FieldType::uint32, {.names = infinity_name}};
constexpr Field prefix_field{"icmpv6.rpl.opt.prefix", "Destination Prefix", FieldType::ipv6};
constexpr Field descriptor{"icmpv6.rpl.opt.targetdesc.descriptor", "Descriptor", FieldType::uint32, hexadecimal};
constexpr Note undecoded{
    {"icmpv6.undecoded.rpl_option", "Undecoded RPL Option", FieldType::none}, Severity::note, "Undecoded"};

constexpr const Field* all[] = {&dis_flags,
                                &dio_instance,
                                &dio_version,
                                &dio_rank,
                                &dio_flags,
                                &dio_g,
                                &dio_zero,
                                &dio_mode,
                                &dio_preference,
                                &dio_dtsn,
                                &dio_dodag,
                                &dao_instance,
                                &dao_flags,
                                &dao_k,
                                &dao_d,
                                &dao_rsv,
                                &dao_sequence,
                                &dao_dodag,
                                &ack_instance,
                                &ack_flags,
                                &ack_d,
                                &ack_rsv,
                                &ack_sequence,
                                &ack_status,
                                &ack_dodag,
                                &cc_instance,
                                &cc_flags,
                                &cc_r,
                                &cc_rsv,
                                &cc_nonce,
                                &cc_dodag,
                                &cc_counter,
                                &secure_flags,
                                &secure_t,
                                &secure_t_rsv,
                                &secure_algorithm,
                                &secure_kim,
                                &secure_lvl,
                                &secure_rsv,
                                &secure_counter,
                                &key_source,
                                &key_index,
                                &dro_instance,
                                &dro_version,
                                &dro_flags,
                                &dro_stop,
                                &dro_ack,
                                &dro_seq,
                                &dro_rsv,
                                &dro_dodag,
                                &droack_flags,
                                &droack_seq,
                                &droack_rsv,
                                &must_be_zero.field,
                                &type_field,
                                &length_field,
                                &opt_reserved,
                                &padn,
                                &route_length,
                                &route_flags,
                                &route_preference,
                                &route_rsv,
                                &route_lifetime,
                                &route_prefix,
                                &config_flags,
                                &config_rsv,
                                &config_auth,
                                &config_pcs,
                                &config_doublings,
                                &config_min,
                                &config_redundancy,
                                &config_rank,
                                &config_hop,
                                &config_ocp,
                                &config_more,
                                &config_lifetime,
                                &config_unit,
                                &target_flags,
                                &target_length,
                                &target_prefix,
                                &transit_flags,
                                &transit_e,
                                &transit_rsv,
                                &transit_control,
                                &transit_sequence,
                                &transit_lifetime,
                                &transit_parent,
                                &asked_instance,
                                &asked_flags,
                                &asked_v,
                                &asked_i,
                                &asked_d,
                                &asked_rsv,
                                &asked_dodag,
                                &asked_version,
                                &prefix_length,
                                &prefix_flags,
                                &prefix_l,
                                &prefix_a,
                                &prefix_r,
                                &prefix_rsv,
                                &prefix_valid,
                                &prefix_preferred,
                                &prefix_field,
                                &descriptor,
                                &undecoded.field};

constexpr const Field* dio_bits[] = {&dio_g, &dio_zero, &dio_mode, &dio_preference};
constexpr const Field* dao_bits[] = {&dao_k, &dao_d, &dao_rsv};
constexpr const Field* ack_bits[] = {&ack_d, &ack_rsv};
constexpr const Field* cc_bits[] = {&cc_r, &cc_rsv};
constexpr const Field* time_bits[] = {&secure_t, &secure_t_rsv};
constexpr const Field* key_bits[] = {&secure_kim, &secure_lvl, &secure_rsv};
constexpr const Field* dro_bits[] = {&dro_stop, &dro_ack, &dro_seq, &dro_rsv};
constexpr const Field* droack_bits[] = {&droack_seq, &droack_rsv};
constexpr const Field* config_bits[] = {&config_rsv, &config_auth, &config_pcs};
constexpr const Field* transit_bits[] = {&transit_e, &transit_rsv};
constexpr const Field* asked_bits[] = {&asked_v, &asked_i, &asked_d, &asked_rsv};
constexpr const Field* prefix_bits[] = {&prefix_l, &prefix_a, &prefix_r, &prefix_rsv};

constexpr Part dis[] = {{&dis_flags, 1}, {&reserved, 1}};
constexpr Part dio[] = {{&dio_instance, 1}, {&dio_version, 1}, {&dio_rank, 2}, {&dio_flags, 1, dio_bits},
                        {&dio_dtsn, 1},     {&dio_flags, 1},   {&reserved, 1}, {&dio_dodag, 16}};
constexpr Part dao[] = {{&dao_instance, 1}, {&dao_flags, 1, dao_bits}, {&reserved, 1}, {&dao_sequence, 1}};
constexpr Part ack[] = {{&ack_instance, 1}, {&ack_flags, 1, ack_bits}, {&ack_sequence, 1}, {&ack_status, 1}};
constexpr Part cc[] = {{&cc_instance, 1}, {&cc_flags, 1, cc_bits}, {&cc_nonce, 2}, {&cc_dodag, 16}, {&cc_counter, 4}};
constexpr Part secure[] = {{&secure_flags, 1, time_bits},
                           {&secure_algorithm, 1},
                           {&secure_flags, 1, key_bits},
                           {&secure_flags, 1},
                           {&secure_counter, 4}};
constexpr Part config[] = {{&config_flags, 1, config_bits},
                           {&config_doublings, 1},
                           {&config_min, 1},
                           {&config_redundancy, 1},
                           {&config_rank, 2},
                           {&config_hop, 2},
                           {&config_ocp, 2},
                           {&config_more, 1},
                           {&config_lifetime, 1},
                           {&config_unit, 2}};
constexpr Part transit[] = {
    {&transit_flags, 1, transit_bits}, {&transit_control, 1}, {&transit_sequence, 1}, {&transit_lifetime, 1}};
constexpr Part asked[] = {{&asked_instance, 1}, {&asked_flags, 1, asked_bits}, {&asked_dodag, 16}, {&asked_version, 1}};
constexpr Part prefix[] = {{&prefix_length, 1}, {&prefix_flags, 1, prefix_bits},
                           {&prefix_valid, 4},  {&prefix_preferred, 4},
                           {&opt_reserved, 4},  {&prefix_field, 16}};

// A prefix of 0, 8 or 16 octets behind `head` octets of an option; any other length is none.
void dissect_prefix(Walk& w, const Field& field, std::uint32_t octets, ItemId length_item, std::uint8_t length) {
  Packet& p = w.p;
  if (octets != 0 && octets != 8 && octets != 16) {
    p.note(length_item, invalid_option_length);
    return;
  }
  if (!p.need(w.in, w.at, octets)) return;
  const Address address = w.prefix(w.at, octets);
  if (octets != 0) {
    p.add_string(w.tree, field, w.in, w.at, octets, {reinterpret_cast<const char*>(address.octets.data()), 16});
  }
  if (p.wants_items()) p.append_text(w.tree, p.text(" {}/{}", p.text_of(address), length));
  w.at += octets;
}

void dissect_option(Walk& w, std::uint8_t type, std::uint32_t length, ItemId length_item) {
  Packet& p = w.p;
  const std::uint32_t at = w.at;
  switch (type) {
    case 1: {
      const ItemId id = w.add(padn, length);
      if (id != ItemId::none) p.append_text(id, p.text(" (Length : {} bytes)", length));
      break;
    }
    case 2:
    case 10:
      // Their objects are not shown.
      if (p.need(w.in, w.at, length)) w.at += length;
      break;
    case 3: {
      const std::uint8_t bits_given = p.u8(w.in, at);
      w.add(route_length, 1);
      const std::uint8_t flags = p.u8(w.in, w.at);
      const ItemId word = p.add(w.tree, route_flags, w.in, w.at, 1);
      w.add_bits(word, route_preference, 1);
      w.add_masked(word, route_rsv, 8, 0xe7);
      if (p.wants_items()) {
        p.append_text(word, p.text(", {}: {}", route_preference.label, find_name(preference_names, flags >> 3 & 3)));
      }
      w.at += 1;
      w.add(route_lifetime, 4);
      dissect_prefix(w, route_prefix, length - 6, length_item, bits_given);
      break;
    }
    case 4:
      w.add(config);
      break;
    case 5: {
      w.add(target_flags, 1);
      const std::uint8_t bits_given = p.u8(w.in, w.at);
      w.add(target_length, 1);
      dissect_prefix(w, target_prefix, length - 2, length_item, bits_given);
      break;
    }
    case 6:
      w.add(transit);
      if (length > 4) {
        w.add(transit_parent, 16);
        if (p.wants_items()) p.append_text(w.tree, p.text(" {}", p.text_of(w.prefix(w.at - 16, 16))));
      }
      break;
    case 7:
      w.add(asked);
      break;
    case 8:
      w.add(prefix);
      if (p.wants_items()) {
        p.append_text(w.tree, p.text(" {}/{}", p.text_of(w.prefix(w.at - 16, 16)), p.u8(w.in, at)));
      }
      break;
    case 9:
      w.add(descriptor, 4);
      break;
    default:
      if (p.wants_items()) {
        p.note(w.tree, undecoded,
               p.value("Dissector for ICMPv6 RPL Option ({}) code not implemented, Contact Wireshark developers if you "
                       "want this supported",
                       type));
      }
      w.add(data, length);
  }
}

void dissect_rpl_options(Walk& w) {
  Packet& p = w.p;
  const ItemId parent = w.tree;
  while (w.left() > 0 && !p.stopped()) {
    const std::uint8_t type = p.u8(w.in, w.at);
    w.tree = p.add_text(parent, w.in, w.at, 1, "ICMPv6 RPL Option");
    if (p.wants_items()) {
      const std::string_view name = find_name(types, type);
      p.append_text(w.tree, name.empty() ? p.text(" (Unknown {}", type) : p.text(" ({}", name));
    }
    w.add(type_field, 1);
    if (type != 0) {
      const std::uint32_t length = p.u8(w.in, w.at);
      const ItemId item = w.add(length_field, 1);
      if (p.stopped()) break;
      const std::uint32_t end = w.at + length;
      p.set_length(w.tree, length + 2);
      dissect_option(w, type, length, item);
      if (p.stopped()) break;
      if (w.at < end) add_unknown(w, end - w.at);
      w.at = end;
    }
    p.append_text(w.tree, ")");
  }
  w.tree = parent;
}

}  // namespace

std::span<const Field* const> rpl_fields() noexcept { return all; }

void dissect_rpl(Walk& w, std::uint8_t code) {
  static constexpr std::uint8_t secured = 0x80;
  static constexpr std::uint8_t consistency_check = 0x8a;
  Packet& p = w.p;
  const unsigned message = code == consistency_check ? consistency_check : code & ~unsigned{secured};
  if ((code & secured) != 0) {
    const std::uint32_t at = w.at;
    w.add(secure);
    const unsigned level = p.u8(w.in, at + 2) & 7u;
    if (level == 2 || level == 3) w.add(key_source, 8);
    if (level == 0 || level == 2 || level == 3) w.add(key_index, 1);
    if (p.stopped()) return;
  }
  switch (message) {
    case 0:
      w.add(dis);
      break;
    case 1:
      w.add(dio);
      break;
    case 2: {
      const bool has_dodag = (p.u8(w.in, w.at + 1) & 0x40) != 0;
      if (p.stopped()) p.forget_stop();
      w.add(dao);
      if (has_dodag) w.add(dao_dodag, 16);
      break;
    }
    case 3: {
      const bool has_dodag = (p.u8(w.in, w.at + 1) & 0x80) != 0;
      if (p.stopped()) p.forget_stop();
      w.add(ack);
      if (has_dodag) w.add(ack_dodag, 16);
      break;
    }
    case 4:
    case 5: {
      w.add(dro_instance, 1);
      const std::uint8_t version = p.u8(w.in, w.at);
      const ItemId item = w.add(dro_version, 1);
      if (version != 0 && item != ItemId::none) p.note(item, must_be_zero);
      if (message == 4) {
        w.add_flags(dro_flags, 2, dro_bits);
      } else {
        w.add_flags(droack_flags, 2, droack_bits);
      }
      w.add(dro_dodag, 16);
      if (message == 5) return;
      break;
    }
    case consistency_check:
      w.add(cc);
      break;
    default:
      return;
  }
  if (!p.stopped()) dissect_rpl_options(w);
}

}  // namespace encap::icmpv6
