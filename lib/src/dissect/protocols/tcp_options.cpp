#include "dissect/protocols/tcp_options.h"

#include <algorithm>

#include "encap/wire/tcp_options.h"

namespace encap {
namespace {

constexpr ValueName kind_names[] = {{0, 0, "End of Option List"},
                                    {1, 1, "No-Operation"},
                                    {2, 2, "Maximum Segment Size"},
                                    {3, 3, "Window Scale"},
                                    {4, 4, "SACK Permitted"},
                                    {5, 5, "SACK"},
                                    {6, 6, "Echo"},
                                    {7, 7, "Echo Reply"},
                                    {8, 8, "Time Stamp Option"},
                                    {9, 9, "Partial Order Connection Permitted"},
                                    {10, 10, "Partial Order Service Profile"},
                                    {11, 11, "CC"},
                                    {12, 12, "CC.NEW"},
                                    {13, 13, "CC.ECHO"},
                                    {14, 14, "TCP Alternate Checksum Request"},
                                    {15, 15, "TCP Alternate Checksum Data"},
                                    {16, 16, "Skeeter"},
                                    {17, 17, "Bubba"},
                                    {18, 18, "Trailer Checksum Option"},
                                    {19, 19, "MD5 Signature Option"},
                                    {20, 20, "SCPS Capabilities"},
                                    {21, 21, "Selective Negative Acknowledgements"},
                                    {22, 22, "Record Boundaries"},
                                    {23, 23, "Corruption experienced"},
                                    {24, 24, "SNAP"},
                                    {25, 25, "Unassigned"},
                                    {26, 26, "TCP Compression Filter"},
                                    {27, 27, "Quick-Start Response"},
                                    {28, 28, "User Timeout Option"},
                                    {29, 29, "The TCP Authentication Option"},
                                    {30, 30, "Multipath TCP"},
                                    {34, 34, "TCP Fast Open Cookie"},
                                    {76, 76, "Riverbed Probe"},
                                    {78, 78, "Riverbed Transparency"},
                                    {172, 172, "Accurate ECN Order 0"},
                                    {174, 174, "Accurate ECN Order 1"},
                                    {253, 253, "RFC3692-style Experiment 1"},
                                    {254, 254, "RFC3692-style Experiment 2"}};
constexpr ValueName experiment_names[] = {{0x00ac, 0x00ac, "TCP ACK Rate Request"},
                                          {0x0348, 0x0348, "Host ID"},
                                          {0x0a0d, 0x0a0d, "Autonomous System Compensation"},
                                          {0x0ca0, 0x0ca0, "Capability Option"},
                                          {0x0ed0, 0x0ed0, "Extended Data Offset"},
                                          {0x454e, 0x454e, "Encryption Negotiation"},
                                          {0x5323, 0x5323, "Service Number"},
                                          {0x75ec, 0x75ec, "Timestamp Interval"},
                                          {0xacc0, 0xacc0, "Accurate ECN - Order 0"},
                                          {0xacc1, 0xacc1, "Accurate ECN - Order 1"},
                                          {0xacce, 0xacce, "Accurate ECN"},
                                          {0xe2d4, 0xe2d4, "Shared Memory communications over RMDA protocol"},
                                          {0xf989, 0xf989, "Fast Open"},
                                          {0xf990, 0xf990, "Low Latency"}};
constexpr std::uint16_t fast_open_experiment = 0xf989;
constexpr std::uint16_t accurate_ecn_experiment = 0xacc0;
constexpr ValueName rate_names[] = {
    {0, 0, "0 bit/s"},         {1, 1, "80 Kbit/s"},       {2, 2, "160 Kbit/s"},      {3, 3, "320 Kbit/s"},
    {4, 4, "640 Kbit/s"},      {5, 5, "1.28 Mbit/s"},     {6, 6, "2.56 Mbit/s"},     {7, 7, "5.12 Mbit/s"},
    {8, 8, "10.24 Mbit/s"},    {9, 9, "20.48 Mbit/s"},    {10, 10, "40.96 Mbit/s"},  {11, 11, "81.92 Mbit/s"},
    {12, 12, "163.84 Mbit/s"}, {13, 13, "327.68 Mbit/s"}, {14, 14, "655.36 Mbit/s"}, {15, 15, "1.31072 Gbit/s"}};
constexpr ValueName granularities[] = {{0, 0, "Seconds"}, {1, 1, "Minutes"}};

constexpr Field all_options{"tcp.options", "TCP Options", FieldType::bytes};
constexpr Field option_kind{"tcp.option_kind", "Kind", FieldType::uint8, {.show = Show::dec, .names = kind_names}};
constexpr Field option_len{"tcp.option_len", "Length", FieldType::uint8};

constexpr Field nop{"tcp.options.nop", "TCP Option - No-Operation (NOP)", FieldType::protocol};
constexpr Field eol{"tcp.options.eol", "TCP Option - End of Option List (EOL)", FieldType::protocol};
constexpr Field mss{"tcp.options.mss", "TCP Option - Maximum segment size", FieldType::protocol};
constexpr Field mss_val{"tcp.options.mss_val", "MSS Value", FieldType::uint16};
constexpr Field wscale{"tcp.options.wscale", "TCP Option - Window scale", FieldType::protocol};
constexpr Field wscale_shift{"tcp.options.wscale.shift", "Shift count", FieldType::uint8};
constexpr Field wscale_multiplier{"tcp.options.wscale.multiplier", "Multiplier", FieldType::uint16};
constexpr Field sack_perm{"tcp.options.sack_perm", "TCP Option - SACK permitted", FieldType::protocol};
constexpr Field sack{"tcp.options.sack", "TCP Option - SACK", FieldType::protocol};
constexpr Field sack_le{"tcp.options.sack_le", "TCP SACK Left Edge", FieldType::uint32};
constexpr Field sack_re{"tcp.options.sack_re", "TCP SACK Right Edge", FieldType::uint32};
constexpr Field sack_count{"tcp.options.sack.count", "TCP SACK Count", FieldType::uint8};
constexpr Field dsack_le{"tcp.options.sack.dsack_le", "TCP D-SACK Left Edge", FieldType::uint32};
constexpr Field dsack_re{"tcp.options.sack.dsack_re", "TCP D-SACK Right Edge", FieldType::uint32};
constexpr Field echo{"tcp.options.echo", "TCP Option - Echo", FieldType::protocol};
constexpr Field echo_value{"tcp.options.echo_value", "TCP Echo Option", FieldType::uint32};
constexpr Field timestamp{"tcp.options.timestamp", "TCP Option - Timestamps", FieldType::protocol};
constexpr Field tsval{"tcp.options.timestamp.tsval", "Timestamp value", FieldType::uint32};
constexpr Field tsecr{"tcp.options.timestamp.tsecr", "Timestamp echo reply", FieldType::uint32};
constexpr Field cc{"tcp.options.cc", "TCP Option - CC", FieldType::protocol};
constexpr Field cc_value{"tcp.options.cc_value", "TCP CC Option", FieldType::uint32};
constexpr Field md5{"tcp.options.md5", "TCP Option - TCP MD5 signature", FieldType::protocol};
constexpr Field md5_digest{"tcp.options.md5.digest", "MD5 digest", FieldType::bytes};
constexpr Field ao{"tcp.options.ao", "TCP Option - TCP AO", FieldType::protocol};
constexpr Field ao_keyid{"tcp.options.ao.keyid", "AO KeyID", FieldType::uint8};
constexpr Field ao_rnextkeyid{"tcp.options.ao.rnextkeyid", "AO RNextKeyID", FieldType::uint8};
constexpr Field ao_mac{"tcp.options.ao.mac", "AO MAC", FieldType::bytes};
constexpr Field scps{"tcp.options.scps", "TCP Option - SCPS capabilities", FieldType::protocol};
constexpr Field scps_vector{
    "tcp.options.scps.vector", "TCP SCPS Capabilities Vector", FieldType::uint8, {.show = Show::hex}};
constexpr FieldLook flag_look{.names = set_or_not};
constexpr Field scps_bets{
    {"tcp.options.scpsflags.bets", "Partial Reliability Capable (BETS)", 0, 1}, FieldType::boolean, flag_look};
constexpr Field scps_snack1{
    {"tcp.options.scpsflags.snack1", "Short Form SNACK Capable (SNACK1)", 1, 1}, FieldType::boolean, flag_look};
constexpr Field scps_snack2{
    {"tcp.options.scpsflags.snack2", "Long Form SNACK Capable (SNACK2)", 2, 1}, FieldType::boolean, flag_look};
constexpr Field scps_compress{
    {"tcp.options.scpsflags.compress", "Lossless Header Compression (COMP)", 3, 1}, FieldType::boolean, flag_look};
constexpr Field scps_nlts{
    {"tcp.options.scpsflags.nlts", "Network Layer Timestamp (NLTS)", 4, 1}, FieldType::boolean, flag_look};
constexpr Field scps_reserved{{"tcp.options.scpsflags.reserved", "Reserved", 5, 3}, FieldType::uint8};
constexpr Field scps_binding{"tcp.options.scps.binding", "Connection ID", FieldType::uint8};
constexpr Field snack{"tcp.options.snack", "TCP Option - Selective Negative Acknowledgment", FieldType::protocol};
constexpr Field snack_offset{"tcp.options.snack.offset", "TCP SNACK Offset", FieldType::uint16};
constexpr Field snack_size{"tcp.options.snack.size", "TCP SNACK Size", FieldType::uint16};
constexpr Field record{"tcp.options.scpsrec", "TCP Option - SCPS record boundary", FieldType::protocol};
constexpr Field corruption{"tcp.options.scpscor", "TCP Option - SCPS corruption experienced", FieldType::protocol};
constexpr Field quick_start{"tcp.options.qs", "TCP Option - Quick-Start", FieldType::protocol};
constexpr Field qs_rate{{"tcp.options.qs.rate", "QS Rate", 4, 4}, FieldType::uint8, {.names = rate_names}};
constexpr Field qs_ttl_diff{"tcp.options.qs.ttl_diff", "QS Rate", FieldType::uint8};
constexpr Field user_timeout{"tcp.options.user_to", "TCP Option - User Timeout", FieldType::protocol};
constexpr Field user_timeout_granularity{{"tcp.options.user_to_granularity", "Granularity", 0, 1},
                                         FieldType::boolean,
                                         {.names = granularities, .drawn_bits = 16, .drawn_before = 0}};
constexpr Field user_timeout_value{{"tcp.options.user_to_val", "User Timeout", 1, 15}, FieldType::uint16};
constexpr Field fast_open{"tcp.options.tfo", "TCP Option - TCP Fast Open", FieldType::protocol};
constexpr Field fast_open_request{"tcp.options.tfo.request", "Fast Open Cookie Request", FieldType::none};
constexpr Field fast_open_cookie{"tcp.options.tfo.cookie", "Fast Open Cookie", FieldType::bytes};
constexpr Field accurate_ecn{"tcp.options.acc_ecn", "TCP Option - Accurate ECN", FieldType::protocol};
constexpr Field ee0b{"tcp.options.acc_ecn.ee0b", "Accurate ECN Echo ECT(0) Byte Counter", FieldType::uint24};
constexpr Field eceb{"tcp.options.acc_ecn.eceb", "Accurate ECN Echo CE Byte Counter", FieldType::uint24};
constexpr Field ee1b{"tcp.options.acc_ecn.ee1b", "Accurate ECN Echo ECT(1) Byte Counter", FieldType::uint24};
constexpr Field experimental{"tcp.options.experimental", "TCP Option - Experimental", FieldType::protocol};
constexpr Field experiment_id{"tcp.options.experimental.exid",
                              "Experiment Identifier",
                              FieldType::uint16,
                              {.show = Show::hex, .names = experiment_names}};
constexpr Field experiment_data{"tcp.options.experimental.data", "Data", FieldType::bytes};
constexpr Field unknown{"tcp.options.unknown", "TCP Option - Unknown", FieldType::protocol};
constexpr Field unknown_payload{"tcp.options.unknown.payload", "Payload", FieldType::bytes};

constexpr Note wrong_length{
    {"tcp.option.len.invalid", "Invalid length for option", FieldType::none}, Severity::note, "Sequence"};
constexpr Note mss_present{{"tcp.options.mss.present", "The non-SYN packet does contain a MSS option", FieldType::none},
                           Severity::warning,
                           "Protocol"};
constexpr Note mss_absent{{"tcp.options.mss.absent", "The SYN packet does not contain a MSS option", FieldType::none},
                          Severity::note,
                          "Protocol"};
constexpr Note shift_too_large{{"tcp.options.wscale.shift.invalid", "Window scale shift exceeds 14", FieldType::none},
                               Severity::warning,
                               "Protocol"};
constexpr Note dsack{{"tcp.options.sack.dsack", "D-SACK Sequence", FieldType::none}, Severity::warning, "Sequence"};
constexpr Note block_cut{{"tcp.suboption_malformed", "suboption would go past end of option", FieldType::none},
                         Severity::error,
                         "Malformed"};
constexpr Note fast_open_syn{
    {"tcp.analysis.tfo_syn", "TCP SYN with TFO Cookie", FieldType::none}, Severity::note, "Sequence"};
constexpr Note four_nops{{"tcp.nop", "4 NOP in a row - a router may have removed some options", FieldType::none},
                         Severity::warning,
                         "Protocol"};
constexpr Note padding_not_zero{
    {"tcp.non_zero_bytes_after_eol", "Non zero bytes in option space after EOL option", FieldType::none},
    Severity::error,
    "Protocol"};

constexpr const Field* fields[] = {&wrong_length.field,
                                   &mss_present.field,
                                   &mss_absent.field,
                                   &shift_too_large.field,
                                   &dsack.field,
                                   &block_cut.field,
                                   &fast_open_syn.field,
                                   &four_nops.field,
                                   &padding_not_zero.field,
                                   &option_kind,
                                   &option_len,
                                   &nop,
                                   &eol,
                                   &mss,
                                   &mss_val,
                                   &wscale,
                                   &wscale_shift,
                                   &wscale_multiplier,
                                   &sack_perm,
                                   &sack,
                                   &sack_le,
                                   &sack_re,
                                   &sack_count,
                                   &dsack_le,
                                   &dsack_re,
                                   &echo,
                                   &echo_value,
                                   &timestamp,
                                   &tsval,
                                   &tsecr,
                                   &cc,
                                   &cc_value,
                                   &md5,
                                   &md5_digest,
                                   &ao,
                                   &ao_keyid,
                                   &ao_rnextkeyid,
                                   &ao_mac,
                                   &scps,
                                   &scps_vector,
                                   &scps_bets,
                                   &scps_snack1,
                                   &scps_snack2,
                                   &scps_compress,
                                   &scps_nlts,
                                   &scps_reserved,
                                   &scps_binding,
                                   &snack,
                                   &snack_offset,
                                   &snack_size,
                                   &record,
                                   &corruption,
                                   &quick_start,
                                   &qs_rate,
                                   &qs_ttl_diff,
                                   &user_timeout,
                                   &user_timeout_granularity,
                                   &user_timeout_value,
                                   &fast_open,
                                   &fast_open_request,
                                   &fast_open_cookie,
                                   &accurate_ecn,
                                   &ee0b,
                                   &eceb,
                                   &ee1b,
                                   &experimental,
                                   &experiment_id,
                                   &experiment_data,
                                   &unknown,
                                   &unknown_payload};

constexpr std::uint16_t syn = 0x02;
constexpr std::uint16_t ack = 0x10;

// One option on its way into the tree.
struct Option {
  Packet& p;
  ItemId item;
  Octets in;  // kind and length too
  std::uint8_t length;
  const TcpOptionsAround& around;
};

void info_number(Packet& p, std::string_view name, std::uint64_t value) {
  if (!p.columns()) return;
  auto& info = p.out.columns.info;
  constexpr std::size_t longest = 64;  // a blank, a name of ours, an equals sign and a number
  if (char* to = info.reserve(longest)) [[likely]] {
    *to++ = ' ';
    to = std::copy(name.begin(), name.end(), to);
    *to++ = '=';
    return info.advance(write_decimal(to, value));
  }
  info.append(' ');
  info.append(name);
  info.append('=');
  info.append_number(value);
}

void read_nothing(Option&) {}

void read_mss(Option& o) {
  const std::uint16_t value = o.p.u16(o.in, 2);
  o.p.add(o.item, mss_val, o.in, 2, 2);
  if (o.p.wants_items()) o.p.append_text(o.item, o.p.text(": {} bytes", value));
  info_number(o.p, "MSS", value);
}

void read_window_scale(Option& o) {
  const std::uint8_t shift = o.p.u8(o.in, 2);
  const ItemId item = o.p.add(o.item, wscale_shift, o.in, 2, 1);
  if (shift > 14) o.p.note(item, shift_too_large);  // RFC 7323 §2.3
  const std::uint32_t multiplier = 1u << std::min<unsigned>(shift, 14);
  o.p.generated(o.p.add(o.item, wscale_multiplier, o.in, 2, 1, multiplier));
  if (o.p.wants_items()) o.p.append_text(o.item, o.p.text(": {} (multiply by {})", shift, multiplier));
  info_number(o.p, "WS", multiplier);
}

void read_sack(Option& o) {
  Packet& p = o.p;
  const std::uint32_t base = o.around.acknowledgment_base;
  const auto edge = [&](const Field& field, std::string_view words, std::uint32_t offset, bool generated = false) {
    const std::uint32_t value = p.u32(o.in, offset) - base;
    if (p.wants_items()) {
      const ItemId item = p.add(o.item, field, o.in, offset, 4, value);
      p.set_text(item, p.text("{} = {} (relative)", words, value));
      if (generated) p.generated(item);
    }
    return value;
  };
  std::uint32_t count = 0;
  for (std::uint32_t at = 2; at < o.length && !p.stopped(); at += 8) {
    if (o.length - at < 4) {
      p.note(p.add_text(o.item, o.in, at, 0, "suboption would go past end of option"), block_cut);
      break;
    }
    const std::uint32_t left = edge(sack_le, "left edge", at);
    if (o.length - at < 8) {
      p.note(p.add_text(o.item, o.in, at, 0, "suboption would go past end of option"), block_cut);
      break;
    }
    const std::uint32_t right = edge(sack_re, "right edge", at + 4);
    info_number(p, "SLE", left);
    info_number(p, "SRE", right);
    if (p.wants_items()) p.append_text(o.item, p.text(" {}-{}", left, right));
    ++count;
  }
  p.generated(p.add(o.item, sack_count, o.in, 1, 1, count));
  // A first block below the acknowledgment, or within the second one, tells of octets that came twice: RFC 2883 §4.
  const std::uint32_t left = p.u32(o.in, 2);
  const std::uint32_t right = p.u32(o.in, 6);
  const auto ahead = [](std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); };
  bool twice = ahead(right, o.around.acknowledgment) >= 0;
  if (!twice && count > 1) {
    twice = ahead(p.u32(o.in, 10), left) >= 0 && ahead(right, p.u32(o.in, 14)) >= 0;
  }
  if (!twice) return;
  edge(dsack_le, "D-SACK Left Edge", 2, true);
  edge(dsack_re, "D-SACK Right Edge", 6, true);
  p.note(p.add_text(o.item, o.in, 2, 8, "D-SACK Sequence"), dsack);
}

void read_echo(Option& o) {
  const std::uint32_t value = o.p.u32(o.in, 2);
  o.p.add(o.item, echo_value, o.in, 2, 4);
  if (o.p.wants_items()) o.p.append_text(o.item, o.p.text(": {}", value));
  info_number(o.p, "ECHO", value);
}

void read_timestamps(Option& o) {
  const std::uint32_t value = o.p.u32(o.in, 2);
  const std::uint32_t echoed = o.p.u32(o.in, 6);
  o.p.add(o.item, tsval, o.in, 2, 4);
  o.p.add(o.item, tsecr, o.in, 6, 4);
  if (o.p.wants_items()) o.p.append_text(o.item, o.p.text(": TSval {}, TSecr {}", value, echoed));
  info_number(o.p, "TSval", value);
  info_number(o.p, "TSecr", echoed);
}

void read_cc(Option& o) {
  o.p.add(o.item, cc_value, o.in, 2, 4);
  info_number(o.p, "CC", o.p.u32(o.in, 2));
}

void read_md5(Option& o) { o.p.add(o.item, md5_digest, o.in, 2, 16); }

void read_ao(Option& o) {
  o.p.add(o.item, ao_keyid, o.in, 2, 1);
  o.p.add(o.item, ao_rnextkeyid, o.in, 3, 1);
  if (o.length > 4) o.p.add(o.item, ao_mac, o.in, 4, o.length - 4u);
}

void read_scps(Option& o) {
  if (o.length != 4) {
    if (o.p.wants_items()) o.p.set_text(o.item, o.p.text("Illegal SCPS Extended Capabilities ({} bytes)", o.length));
    return;
  }
  struct Capability {
    std::uint8_t mask;
    std::string_view name;
  };
  static constexpr Capability capabilities[] = {{0x80, "BETS"}, {0x40, "SNACK1"}, {0x20, "SNACK2"},
                                                {0x10, "COMP"}, {0x08, "NLTS"},   {0x07, "RESERVED"}};
  const std::uint8_t vector = o.p.u8(o.in, 2);
  Column<64> names;
  names.reset();
  for (const Capability& capability : capabilities) {
    if ((vector & capability.mask) != 0) names.append_separated(", ", capability.name);
  }
  o.p.append_info(" SCPS[");
  o.p.append_info(names.text());
  o.p.append_info("]");
  if (!o.p.wants_items()) return;
  const ItemId item = o.p.add(o.item, scps_vector, o.in, 2, 1);
  o.p.append_text(item, o.p.text(" ({})", names.text()));
  o.p.add(item, {&scps_bets, &scps_snack1, &scps_snack2, &scps_compress, &scps_nlts, &scps_reserved}, o.in.from(2));
  o.p.add(o.item, scps_binding, o.in, 3, 1);
}

void read_snack(Option& o) {
  o.p.add(o.item, snack_offset, o.in, 2, 2);
  o.p.add(o.item, snack_size, o.in, 4, 2);
}

void read_quick_start(Option& o) {
  o.p.add(o.item, qs_rate, o.in.from(2));
  o.p.add(o.item, qs_ttl_diff, o.in, 3, 1);
  o.p.append_info(" QSresp=");
  o.p.append_info(find_name(rate_names, o.p.u8(o.in, 2) & 0x0fu));
}

void read_user_timeout(Option& o) {
  o.p.add(o.item, {&user_timeout_granularity, &user_timeout_value}, o.in.from(2));
  info_number(o.p, "USER_TO", o.p.u16(o.in, 2) & 0x7fffu);
}

void read_cookie(Option& o, std::uint32_t offset) {
  if (o.length == offset) {
    o.p.add(o.item, fast_open_request, o.in, offset, 0);
    o.p.append_info(" TFO=R");
    return;
  }
  const ItemId item = o.p.add(o.item, fast_open_cookie, o.in, offset, o.length - offset);
  o.p.append_info(" TFO=C");
  if ((o.around.flags & (syn | ack)) == syn) o.p.note(item, fast_open_syn);
}
void read_fast_open(Option& o) { read_cookie(o, 2); }

// Counters of octets, from `offset` on: draft-ietf-tcpm-accurate-ecn, section 3.2.3.
void read_counters(Option& o, std::uint32_t offset, bool order) {
  struct Counter {
    const Field& field;
    std::string_view name;
  };
  static constexpr Counter first{ee0b, "EE0B"};
  static constexpr Counter congestion{eceb, "ECEB"};
  static constexpr Counter second{ee1b, "EE1B"};
  if (o.length == offset) {
    o.p.append_info(" AccECN");
    return;
  }
  const Counter* const counters[] = {order ? &second : &first, &congestion, order ? &first : &second};
  std::string_view before = order ? " (Order 1): " : " (Order 0): ";
  for (std::uint32_t i = 0; i < 3 && offset + i * 3 + 3 <= o.length; ++i) {
    const std::uint32_t value = o.p.u24(o.in, offset + i * 3);
    o.p.add(o.item, counters[i]->field, o.in, offset + i * 3, 3);
    if (o.p.wants_items()) o.p.append_text(o.item, o.p.text("{}{} {}", before, counters[i]->name, value));
    info_number(o.p, counters[i]->name, value);
    before = ", ";
  }
}

void read_accurate_ecn(Option& o) { read_counters(o, 2, o.p.u8(o.in, 0) == 174); }

void read_experiment(Option& o) {
  const std::uint16_t id = o.p.u16(o.in, 2);
  o.p.add(o.item, experiment_id, o.in, 2, 2);
  if (o.p.wants_items()) {
    const std::string_view name = find_name(experiment_names, id);
    o.p.append_text(o.item, o.p.text(": {}", name.empty() ? "Unknown" : name));
  }
  if (id == fast_open_experiment) {
    read_cookie(o, 4);
    return;
  }
  if (id == accurate_ecn_experiment || id == accurate_ecn_experiment + 1) {
    if (o.p.wants_items()) o.p.append_text(o.item, ": Accurate ECN");
    read_counters(o, 4, id != accurate_ecn_experiment);
    return;
  }
  if (o.length > 4) o.p.add(o.item, experiment_data, o.in, 4, o.length - 4u);
  if (o.p.columns()) {
    static constexpr char digits[] = "0123456789ABCDEF";
    o.p.append_info(" ExID=");
    for (int shift = 12; shift >= 0; shift -= 4) o.p.out.columns.info.append(digits[id >> shift & 15]);
  }
}

void read_unknown(Option& o) {
  if (o.length > 2) o.p.add(o.item, unknown_payload, o.in, 2, o.length - 2u);
}

// Which lengths an option may have.
enum class Lengths : std::uint8_t { exactly, at_least, experiment, counters };

struct Kind {
  std::uint8_t kind;
  Lengths lengths;
  std::uint8_t length;
  std::string_view name;  // of the list behind "Options:"
  const Field* field;
  void (*read)(Option&);
  std::string_view info{};  // said in Info whatever the length is
};
constexpr Kind kinds[] = {
    {2, Lengths::exactly, 4, "Maximum segment size", &mss, read_mss},
    {3, Lengths::exactly, 3, "Window scale", &wscale, read_window_scale},
    {4, Lengths::exactly, 2, "SACK permitted", &sack_perm, read_nothing, " SACK_PERM"},
    {5, Lengths::at_least, 2, "SACK", &sack, read_sack},
    {6, Lengths::exactly, 6, "Echo", &echo, read_echo},
    {7, Lengths::exactly, 6, "Echo reply", &echo, read_echo},
    {8, Lengths::exactly, 10, "Timestamps", &timestamp, read_timestamps},
    {11, Lengths::exactly, 6, "CC", &cc, read_cc},
    {12, Lengths::exactly, 6, "CC.NEW", &cc, read_cc},
    {13, Lengths::exactly, 6, "CC.ECHO", &cc, read_cc},
    {19, Lengths::exactly, 18, "TCP MD5 signature", &md5, read_md5, " MD5"},
    {20, Lengths::at_least, 2, "SCPS capabilities", &scps, read_scps},
    {21, Lengths::exactly, 6, "Selective Negative Acknowledgment", &snack, read_snack},
    {22, Lengths::exactly, 2, "SCPS record boundary", &record, read_nothing},
    {23, Lengths::exactly, 2, "SCPS corruption experienced", &corruption, read_nothing},
    {27, Lengths::exactly, 8, "Quick-Start", &quick_start, read_quick_start},
    {28, Lengths::exactly, 4, "User Timeout", &user_timeout, read_user_timeout},
    {29, Lengths::at_least, 4, "TCP AO", &ao, read_ao, "TCP AO"},
    {34, Lengths::at_least, 2, "TCP Fast Open", &fast_open, read_fast_open},
    {172, Lengths::counters, 0, "Accurate ECN", &accurate_ecn, read_accurate_ecn},
    {174, Lengths::counters, 0, "Accurate ECN", &accurate_ecn, read_accurate_ecn},
    {253, Lengths::experiment, 4, "Experimental", &experimental, read_experiment},
    {254, Lengths::experiment, 4, "Experimental", &experimental, read_experiment},
};
constexpr Kind unknown_kind{0, Lengths::at_least, 2, {}, &unknown, read_unknown};
constexpr std::uint8_t multipath = 30;

const Kind* find_kind(std::uint8_t kind) noexcept {
  const auto* const at = std::lower_bound(std::begin(kinds), std::end(kinds), kind,
                                          [](const Kind& k, std::uint8_t wanted) { return k.kind < wanted; });
  return at != std::end(kinds) && at->kind == kind ? at : nullptr;
}

// What is wrong with the length, or nothing.
std::string_view complaint(Packet& p, const Kind& kind, std::uint8_t length) {
  switch (kind.lengths) {
    case Lengths::exactly:
      return length == kind.length ? "" : p.value("option length should be {}", kind.length);
    case Lengths::at_least:
      return length >= kind.length ? "" : p.value("option length should be >= than {}", kind.length);
    case Lengths::experiment:
      return length >= kind.length ? "" : p.value("option length {} smaller than {}", length, kind.length);
    case Lengths::counters:
      break;
  }
  return length == 2 || length == 5 || length == 8 || length == 11
             ? ""
             : p.value("option length should be 2, 5, 8, or 11 instead of {}", length);
}

constexpr std::uint8_t end_of_list = static_cast<std::uint8_t>(TcpOptionKind::end_of_list);
constexpr std::uint8_t no_operation = static_cast<std::uint8_t>(TcpOptionKind::no_operation);

}  // namespace

extern const ProtocolInfo tcp_options_protocol{all_options, "TCP Options", nullptr, {}, fields};

void scan_tcp_options(Bytes options, TcpSegmentFacts& facts) noexcept {
  for (std::size_t at = 0; at < options.size();) {
    const std::uint8_t kind = load_u8(options, at);
    if (kind == end_of_list) return;
    if (kind == no_operation) {
      ++at;
      continue;
    }
    const std::size_t left = options.size() - at;
    const std::size_t length = left < 2 ? 0 : load_u8(options, at + 1);
    if (length < 2 || length > left) return;
    const Bytes value = options.subspan(at + 2, length - 2);
    switch (kind) {
      case static_cast<std::uint8_t>(TcpOptionKind::window_scale):
        if (length == 3) facts.window_scale = std::min<std::uint8_t>(load_u8(value, 0), 14);
        break;
      case static_cast<std::uint8_t>(TcpOptionKind::sack):
        for (std::size_t i = 0; i + 8 <= value.size() && facts.sack_count < facts.sack.size(); i += 8) {
          facts.sack[facts.sack_count++] = {load_be32(value, i), load_be32(value, i + 4)};
        }
        break;
      case 34:
        facts.fast_open = facts.fast_open || length > 2;
        break;
      case 253:
      case 254:
        if (length > 4 && load_be16(value, 0) == fast_open_experiment) facts.fast_open = true;
        break;
      default:
        break;
    }
    at += length;
  }
}

ItemId add_tcp_options(Packet& p, ItemId tcp, const Octets& in, std::uint32_t length) {
  if (!p.wants_items()) return ItemId::none;
  const ItemId list = p.add(tcp, all_options, in, 0, std::min(in.captured, length));
  p.set_text(list, p.text("Options: ({} byte{})", length, plural(length)));
  return list;
}

void dissect_tcp_options(Packet& p, ItemId list, const Octets& in, std::uint32_t all, const TcpOptionsAround& around) {
  Column<512> line;  // the names of the options, one after the other
  line.reset();
  const auto wrong = [&](std::uint32_t at, std::string_view name, std::uint8_t kind, std::string_view what) {
    if (!p.wants_items()) return;
    const std::string_view words =
        name.empty() ? p.value("Unknown (0x{:02x}) ({})", kind, what) : p.value("{} ({})", name, what);
    p.note(p.add_text(list, in, at, 0, words), wrong_length, words);
  };

  bool whole = true;
  bool has_mss = false;
  std::uint32_t nops = 0;
  std::uint32_t at = 0;
  while (at < all && !p.stopped()) {
    const std::uint8_t kind = p.u8(in, at);
    if (p.stopped()) break;
    if (kind == end_of_list || kind == no_operation) {
      nops = kind == no_operation ? nops + 1 : 0;
      if (nops == 4) p.note(list, four_nops);
      if (p.wants_items()) {
        const ItemId item = p.add(list, kind == no_operation ? nop : eol, in, at, 1);
        p.add(item, option_kind, in, at, 1);
        line.append(kind == no_operation ? ", No-Operation (NOP)" : ", End of Option List (EOL)");
      }
      ++at;
      if (kind == no_operation) continue;
      if (at < all && p.u8(in, at) != 0) {
        p.note(p.add_text(list, in, at, std::min(in.captured, all) - at, "Non-zero header padding"), padding_not_zero,
               "Non-zero header padding");
        whole = false;
        break;
      }
      continue;
    }
    nops = 0;
    const Kind* known = find_kind(kind);
    const std::string_view name = known != nullptr    ? known->name
                                  : kind == multipath ? std::string_view{"MPTCP"}
                                                      : std::string_view{};
    const std::uint32_t left = all - at;
    if (left < 2) {
      wrong(at, name, kind, "length byte past end of options");
      whole = false;
      break;
    }
    const std::uint8_t length = p.u8(in, at + 1);
    if (length < 2) {
      wrong(at, name, kind,
            length == 1 ? "with too-short option length = 1 byte" : "with too-short option length = 0 bytes");
      whole = false;
      break;
    }
    if (length > left) {
      if (p.wants_items()) {
        wrong(at, name, kind,
              p.value("option length = {} byte{} says option goes past end of options", length, plural(length)));
      }
      whole = false;
      break;
    }
    const Octets octets = in.part(at, length);
    const Kind& how = known != nullptr ? *known : unknown_kind;
    if (kind == multipath) {
      p.call_data(octets, list);
    } else {
      const ItemId item = p.add(list, *how.field, octets, 0, length);
      if (how.field == &mss) {
        has_mss = true;
        if ((around.flags & syn) == 0) p.note(item, mss_present);
      }
      p.add(item, option_kind, octets, 0, 1);
      const ItemId length_item = p.add(item, option_len, octets, 1, 1);
      if (!how.info.empty()) p.append_info(how.info);
      const std::string_view complaints = complaint(p, how, length);
      if (!complaints.empty()) {
        p.note(length_item, wrong_length, complaints);
      } else {
        Option option{p, item, octets, length, around};
        how.read(option);
      }
    }
    if (known == nullptr && kind != multipath) p.need(octets, 0, length);
    if (p.stopped()) break;
    if (list != ItemId::none) {
      line.append(", ");
      line.append(name.empty() ? p.text("Unknown (0x{:02x})", kind) : name);
    }
    at += length;
  }
  // Also where the packet has stopped.
  if (list != ItemId::none) p.out.at(list).text = p.out.arena.join(p.out.at(list).text, line.text());
  if (whole && (around.flags & syn) != 0 && !has_mss) p.note(list, mss_absent);
}

}  // namespace encap
