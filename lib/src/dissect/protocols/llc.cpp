#include "dissect/protocols/llc.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "dissect/link_layer.h"
#include "dissect/link_names.h"
#include "dissect/protocols/ethernet.h"

namespace encap {
namespace {

// Without the lowest bit, which is the I/G bit of a destination and the C/R bit of a source.
constexpr ValueName service_access_points[] = {
    {0x00 >> 1, 0x00 >> 1, "NULL LSAP"},
    {0x02 >> 1, 0x02 >> 1, "LLC Sub-Layer Management"},
    {0x04 >> 1, 0x04 >> 1, "SNA Path Control"},
    {0x06 >> 1, 0x06 >> 1, "TCP/IP"},
    {0x08 >> 1, 0x08 >> 1, "SNA"},
    {0x0c >> 1, 0x0c >> 1, "SNA"},
    {0x0e >> 1, 0x0e >> 1, "PROWAY (IEC955) Network Management and Initialization"},
    {0x10 >> 1, 0x10 >> 1, "NetWare (unofficial?)"},
    {0x14 >> 1, 0x14 >> 1, "ISO Network Layer (OSLAN 1)"},
    {0x18 >> 1, 0x18 >> 1, "Texas Instruments"},
    {0x20 >> 1, 0x20 >> 1, "ISO Network Layer (unofficial?)"},
    {0x34 >> 1, 0x34 >> 1, "ISO Network Layer (unofficial?)"},
    {0x42 >> 1, 0x42 >> 1, "Spanning Tree BPDU"},
    {0x4e >> 1, 0x4e >> 1, "EIA RS-511 Manufacturing Message Service"},
    {0x54 >> 1, 0x54 >> 1, "ISO Network Layer (OSLAN 2)"},
    {0x7e >> 1, 0x7e >> 1, "ISO 8208 (X.25 over 802.2)"},
    {0x80 >> 1, 0x80 >> 1, "XNS"},
    {0x82 >> 1, 0x82 >> 1, "BACnet"},
    {0x86 >> 1, 0x86 >> 1, "Nestar"},
    {0x8e >> 1, 0x8e >> 1, "PROWAY (IEC955) Active Station List Maintenance"},
    {0x98 >> 1, 0x98 >> 1, "ARP"},
    {0xaa >> 1, 0xaa >> 1, "SNAP"},
    {0xb4 >> 1, 0xb4 >> 1, "HP JetDirect Printer"},
    {0xba >> 1, 0xba >> 1, "Banyan Vines"},
    {0xbc >> 1, 0xbc >> 1, "Banyan Vines"},
    {0xe0 >> 1, 0xe0 >> 1, "NetWare"},
    {0xf0 >> 1, 0xf0 >> 1, "NetBIOS"},
    {0xf4 >> 1, 0xf4 >> 1, "IBM Net Management"},
    {0xf8 >> 1, 0xf8 >> 1, "HP Extended LLC"},
    {0xfa >> 1, 0xfa >> 1, "Ungermann-Bass"},
    {0xfc >> 1, 0xfc >> 1, "Remote Program Load"},
    {0xfe >> 1, 0xfe >> 1, "ISO Network Layer"}};
constexpr ValueName group[] = {{0, 0, "Individual"}, {1, 1, "Group"}};
constexpr ValueName response[] = {{0, 0, "Command"}, {1, 1, "Response"}};
constexpr ValueName frame_types[] = {
    {0, 0, "Information frame"}, {1, 1, "Supervisory frame"}, {3, 3, "Unnumbered frame"}};
constexpr ValueName supervisory[] = {
    {0, 0, "Receiver ready"}, {1, 1, "Receiver not ready"}, {2, 2, "Reject"}, {3, 3, "Selective reject"}};
constexpr ValueName commands[] = {{0x00, 0x00, "Unnumbered Information"},
                                  {0x01, 0x01, "Set Initialization Mode"},
                                  {0x03, 0x03, "Set Asynchronous Response Mode"},
                                  {0x08, 0x08, "Unnumbered Poll"},
                                  {0x0b, 0x0b, "Set Asynchronous Balanced Mode"},
                                  {0x10, 0x10, "Disconnect"},
                                  {0x13, 0x13, "Set Asynchronous Response Mode Extended"},
                                  {0x18, 0x18, "Unnumbered Acknowledge"},
                                  {0x1b, 0x1b, "Set Asynchronous Balanced Mode Extended"},
                                  {0x20, 0x20, "Set Normal Response Mode"},
                                  {0x21, 0x21, "Frame reject"},
                                  {0x23, 0x23, "Reset"},
                                  {0x2b, 0x2b, "Exchange identification"},
                                  {0x31, 0x31, "Configure"},
                                  {0x33, 0x33, "Set Normal Response Mode Extended"},
                                  {0x38, 0x38, "Test"},
                                  {0x3b, 0x3b, "Beacon"}};
constexpr ValueName responses[] = {{0x00, 0x00, "Unnumbered Information"},
                                   {0x01, 0x01, "Request Initialization Mode"},
                                   {0x03, 0x03, "Disconnected mode"},
                                   {0x08, 0x08, "Unnumbered Poll"},
                                   {0x0b, 0x0b, "Set Asynchronous Balanced Mode"},
                                   {0x10, 0x10, "Request Disconnect"},
                                   {0x13, 0x13, "Set Asynchronous Response Mode Extended"},
                                   {0x18, 0x18, "Unnumbered Acknowledge"},
                                   {0x1b, 0x1b, "Set Asynchronous Balanced Mode Extended"},
                                   {0x20, 0x20, "Set Normal Response Mode"},
                                   {0x21, 0x21, "Frame reject"},
                                   {0x23, 0x23, "Reset"},
                                   {0x2b, 0x2b, "Exchange identification"},
                                   {0x31, 0x31, "Configure"},
                                   {0x33, 0x33, "Set Normal Response Mode Extended"},
                                   {0x38, 0x38, "Test"},
                                   {0x3b, 0x3b, "Beacon"}};
// Short forms of both, for the control field's own line.
constexpr ValueName short_commands[] = {
    {0x00, 0x00, "UI"},   {0x01, 0x01, "SIM"},   {0x03, 0x03, "SARM"}, {0x08, 0x08, "UP"},    {0x0b, 0x0b, "SABM"},
    {0x10, 0x10, "DISC"}, {0x13, 0x13, "SARME"}, {0x18, 0x18, "UA"},   {0x1b, 0x1b, "SABME"}, {0x20, 0x20, "SNRM"},
    {0x21, 0x21, "FRMR"}, {0x23, 0x23, "RSET"},  {0x2b, 0x2b, "XID"},  {0x31, 0x31, "CFGR"},  {0x33, 0x33, "SNRME"},
    {0x38, 0x38, "TEST"}, {0x3b, 0x3b, "BCN"}};
constexpr ValueName short_responses[] = {
    {0x00, 0x00, "UI"},   {0x01, 0x01, "RIM"},   {0x03, 0x03, "DM"},  {0x08, 0x08, "UP"},    {0x0b, 0x0b, "SABM"},
    {0x10, 0x10, "RD"},   {0x13, 0x13, "SARME"}, {0x18, 0x18, "UA"},  {0x1b, 0x1b, "SABME"}, {0x20, 0x20, "SNRM"},
    {0x21, 0x21, "FRMR"}, {0x23, 0x23, "RSET"},  {0x2b, 0x2b, "XID"}, {0x31, 0x31, "CFGR"},  {0x33, 0x33, "SNRME"},
    {0x38, 0x38, "TEST"}, {0x3b, 0x3b, "BCN"}};
constexpr std::string_view short_supervisory[] = {"RR", "RNR", "REJ", "SREJ"};

constexpr ValueName cisco_pids[] = {{0x0102, 0x0102, "DRIP"},
                                    {0x0104, 0x0104, "PAgP"},
                                    {0x0105, 0x0105, "MLS Hello"},
                                    {0x0108, 0x0108, "RLQ BPDUs (request)"},
                                    {0x0109, 0x0109, "RLQ BPDUs (response)"},
                                    {0x010b, 0x010b, "PVSTP+"},
                                    {0x010c, 0x010c, "VLAN Bridge"},
                                    {0x0111, 0x0111, "UDLD"},
                                    {0x0139, 0x0139, "MCP"},
                                    {0x2000, 0x2000, "CDP"},
                                    {0x2001, 0x2001, "CGMP"},
                                    {0x2003, 0x2003, "VTP"},
                                    {0x2004, 0x2004, "DTP"},
                                    {0x200a, 0x200a, "STP Uplink Fast"}};
constexpr ValueName iana_pids[] = {{1, 1, "MARS Data Messages (short form)"},
                                   {2, 2, "Reserved for future NHRP use"},
                                   {3, 3, "MARS/NHRP Control Messages"},
                                   {4, 4, "MARS Data Messages (long form)"},
                                   {5, 5, "SCSP"},
                                   {6, 6, "VRID"},
                                   {7, 7, "L2TP"},
                                   {8, 8, "VPN ID"},
                                   {9, 9, "MSDP-GRE-Protocol Type"}};
constexpr ValueName apple_pids[] = {{0x809b, 0x809b, "AppleTalk"}};
constexpr ValueName extreme_pids[] = {{0x00bb, 0x00bb, "EDP"}};
constexpr ValueName foundry_pids[] = {{0x2000, 0x2000, "FDP"}};
constexpr ValueName nortel_pids[] = {
    {0x01a1, 0x01a1, "NDP flatnet hello"}, {0x01a2, 0x01a2, "NDP segment hello"}, {0x01a3, 0x01a3, "NDP bridge hello"}};
constexpr ValueName force10_pids[] = {{0x0111, 0x0111, "FEFD"}};
constexpr ValueName wlccp_pids[] = {{0, 0, "WLCCP"}};

constexpr Field dsap{{"llc.dsap", "DSAP", 0, 8}, FieldType::uint8, {.show = Show::hex}};
constexpr Field dsap_sap{{"llc.dsap.sap", "SAP", 0, 7}, FieldType::uint8};
constexpr Field dsap_ig{{"llc.dsap.ig", "IG Bit", 7, 1}, FieldType::boolean, {.names = group}};
constexpr Field ssap{{"llc.ssap", "SSAP", 8, 8}, FieldType::uint8, {.show = Show::hex}};
constexpr Field ssap_sap{{"llc.ssap.sap", "SAP", 8, 7}, FieldType::uint8};
constexpr Field ssap_cr{{"llc.ssap.cr", "CR Bit", 15, 1}, FieldType::boolean, {.names = response}};
constexpr Field control{"llc.control", "Control", FieldType::uint16, {.show = Show::hex}};
constexpr Field n_r{{"llc.control.n_r", "N(R)", 0, 7}, FieldType::uint16, {.drawn_bits = 16}};
constexpr Field n_s{{"llc.control.n_s", "N(S)", 8, 7}, FieldType::uint16, {.drawn_bits = 16, .drawn_before = 8}};
constexpr FieldLook flag_look{.names = set_or_not};
constexpr Field poll_1{{"llc.control.p", "Poll", 3, 1}, FieldType::boolean, flag_look};
constexpr Field final_1{{"llc.control.f", "Final", 3, 1}, FieldType::boolean, flag_look};
constexpr FieldLook flag_look_2{.names = set_or_not, .drawn_bits = 16, .drawn_before = 7};
constexpr Field poll_2{{"llc.control.p", "Poll", 7, 1}, FieldType::boolean, flag_look_2};
constexpr Field final_2{{"llc.control.f", "Final", 7, 1}, FieldType::boolean, flag_look_2};
constexpr Field s_type{{"llc.control.s_ftype", "Supervisory frame type", 12, 2},
                       FieldType::uint16,
                       {.show = Show::hex, .names = supervisory, .drawn_bits = 16, .drawn_before = 12}};
constexpr Field u_command{
    "llc.control.u_modifier_cmd", "Command", FieldType::uint8, {.show = Show::hex, .names = commands}};
constexpr Field u_response{
    "llc.control.u_modifier_resp", "Response", FieldType::uint8, {.show = Show::hex, .names = responses}};
constexpr Field frame_type{
    "llc.control.ftype", "Frame type", FieldType::uint16, {.show = Show::hex, .names = frame_types}};
constexpr Field type_field{
    {"llc.type", "Type", 24, 16}, FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr Field oui_field{"llc.oui", "Organization Code", FieldType::uint24};
constexpr Field pid_field{{"llc.pid", "Protocol ID", 24, 16}, FieldType::uint16, {.show = Show::hex}};

constexpr Field pid(const char* name, ValueNames names) {
  return {{name, "PID", 24, 16}, FieldType::uint16, {.show = Show::hex, .names = names}};
}

// Organisations that number protocols of their own. An organisation without a table has its PID shown bare.
// Names: as in Wireshark's list of manufacturers, of which there are only these here.
struct Organization {
  std::uint32_t oui;
  std::string_view name;
  Field pid;
};
constexpr Organization organizations[] = {
    {0x000000, "Officially Xerox, but 0:0:0:0:0:0 is more common", type_field},
    {0x00000c, "Cisco Systems, Inc", pid("llc.cisco_pid", cisco_pids)},
    {0x00005e, "ICANN, IANA Department", pid("llc.iana_pid", iana_pids)},
    {0x000081, "Bay Networks", pid("llc.nortel_pid", nortel_pids)},
    {0x0000f8, "Digital Equipment Corporation", type_field},
    {0x004096, "Cisco Systems, Inc", pid("llc.wlccp_pid", wlccp_pids)},
    {0x0080c2, "IEEE", pid_field},
    {0x00e02b, "Extreme Networks Headquarters", pid("llc.extreme_pid", extreme_pids)},
    {0x00e052, "Brocade Communications Systems LLC", pid("llc.foundry_pid", foundry_pids)},
    {0x00e081, "TYAN Computer Corp.", pid_field},
    {0x0001e8, "Force10 Networks, Inc.", pid("llc.force10_pid", force10_pids)},
    {0x080007, "Apple, Inc.", pid("llc.apple_atalk_pid", apple_pids)}};

constexpr std::uint32_t encapsulated_ethernet = 0x000000;
constexpr std::uint32_t encapsulated_ethernet_of_cisco = 0x0000f8;
constexpr std::uint32_t bridged = 0x0080c2;

constexpr const Field* fields[] = {&dsap,
                                   &dsap_sap,
                                   &dsap_ig,
                                   &ssap,
                                   &ssap_sap,
                                   &ssap_cr,
                                   &control,
                                   &n_r,
                                   &n_s,
                                   &poll_1,
                                   &final_1,
                                   &s_type,
                                   &u_command,
                                   &u_response,
                                   &frame_type,
                                   &type_field,
                                   &oui_field,
                                   &pid_field,
                                   &organizations[1].pid,
                                   &organizations[2].pid,
                                   &organizations[3].pid,
                                   &organizations[5].pid,
                                   &organizations[7].pid,
                                   &organizations[8].pid,
                                   &organizations[10].pid,
                                   &organizations[11].pid};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::link_type, 11}, {Table::link_type, 100}};  // LLC over ATM

}  // namespace

extern const ProtocolInfo llc_protocol{
    {"llc", "Logical-Link Control", FieldType::protocol}, "LLC", dissect, bindings, fields};

namespace {

std::string_view name_or(Packet& p, ValueNames names, std::uint8_t value) {
  const std::string_view name = find_name(names, value >> 1);
  return name.empty() ? p.value("0x{:02x}", value) : name;
}

void add_sap(Packet& p, ItemId layer, const Field& octet, const Field& sap, const Field& bit, const Octets& in,
             std::uint8_t value) {
  // Wireshark looks the whole octet up, so that a response has no name here.
  const std::string_view name = find_name(service_access_points, value >> 1);
  const std::string_view octet_name = (value & 1) != 0 ? std::string_view{} : name;
  const ItemId id = p.add(layer, octet, in);
  p.set_text(id, p.text("{}: {} (0x{:02x})", octet.label, octet_name.empty() ? "Unknown" : octet_name, value));
  // Drawn as bits with the number of the octet, not of the bits.
  const ItemId line = p.add(id, sap, in);
  std::string bits;
  for (int i = 7; i >= 1; --i) {
    bits += (value >> i & 1) != 0 ? '1' : '0';
    if (i == 4) bits += ' ';
  }
  if (name.empty()) {
    p.set_text(line, p.text("{}. = SAP: Unknown", bits));
  } else {
    p.set_text(line, p.text("{}. = SAP: {}", bits, name));
  }
  p.add(id, bit, in);
}

// The control field. Returns its length in octets: one of unnumbered frames, two of the others.
std::uint32_t dissect_control(Packet& p, ItemId layer, const Octets& in, bool is_response, std::uint16_t& value) {
  const std::uint8_t first = p.u8(in, 2);
  const bool wants = p.wants_items();
  if ((first & 3) == 3) {
    value = first;
    const auto modifier = static_cast<std::uint8_t>((first & 0xec) >> 2);
    const std::string_view name = find_name(is_response ? short_responses : short_commands, modifier);
    const bool poll = (first & 0x10) != 0;
    const std::string_view what = p.value("U{}, func={}", poll ? is_response ? " F" : " P" : "",
                                          name.empty() ? std::string_view{"Unknown"} : name);
    p.append_info(what);
    if (wants) {
      const ItemId id = p.add(layer, control, in, 2, 1, first);
      p.set_text(id, p.text("Control field: {} (0x{:02X})", what, first));
      if (poll) p.add(id, is_response ? final_1 : poll_1, in.from(2));
      const auto bit = [&](int at) { return (first >> at & 1) != 0 ? '1' : '0'; };
      const Field& field = is_response ? u_response : u_command;
      const std::string_view long_name = find_name(field.look.names, modifier);
      p.set_text(p.add(id, field, in, 2, 1, modifier),
                 p.text("{}{}{}. {}{}.. = {}: {} (0x{:02x})", bit(7), bit(6), bit(5), bit(3), bit(2), field.label,
                        long_name.empty() ? "Unknown" : long_name, modifier));
      p.set_text(p.add(id, frame_type, in, 2, 1, 3), ".... ..11 = Frame type: Unnumbered frame (0x3)");
    }
    return 1;
  }
  // Least significant octet first.
  const std::uint8_t second = p.u8(in, 3);
  value = static_cast<std::uint16_t>(first | second << 8);
  if (p.stopped()) return 2;
  const bool poll = (second & 1) != 0;
  const bool is_supervisory = (first & 3) == 1;
  const bool is_final = is_response && is_supervisory;
  const std::string_view mark = poll ? is_final ? " F" : " P" : "";
  const std::string_view what =
      is_supervisory ? p.value("S{}, func={}, N(R)={}", mark, short_supervisory[first >> 2 & 3], second >> 1)
                     : p.value("I{}, N(R)={}, N(S)={}", mark, second >> 1, first >> 1);
  p.append_info(what);
  if (wants) {
    const ItemId id = p.add(layer, control, in, 2, 2, value);
    p.set_text(id, p.text("Control field: {} (0x{:04X})", what, value));
    p.add(id, n_r, in, 2, 2, second >> 1);
    if (!is_supervisory) p.add(id, n_s, in, 2, 2, first >> 1);
    if (poll) p.add(id, is_final ? final_2 : poll_2, in, 2, 2, 1);
    if (is_supervisory) p.add(id, s_type, in, 2, 2, first >> 2 & 3);
    if (is_supervisory) {
      p.set_text(p.add(id, frame_type, in, 2, 2, 1), ".... .... .... ..01 = Frame type: Supervisory frame (0x1)");
    } else {
      p.set_text(p.add(id, frame_type, in, 2, 2, 0), ".... .... .... ...0 = Frame type: Information frame (0x0)");
    }
  }
  return 2;
}

void dissect_snap(Packet& p, ItemId layer, const Octets& snap, bool is_information) {
  const std::uint32_t oui = p.u24(snap, 0);
  const std::uint16_t type = p.u16(snap, 3);
  const auto* const organization = std::find_if(std::begin(organizations), std::end(organizations),
                                                [&](const Organization& o) { return o.oui == oui; });
  const bool known = organization != std::end(organizations);
  const std::string_view name = known ? organization->name : "";
  p.append_info_format("; SNAP, OUI 0x{:06X} ({}), PID 0x{:04X}", oui, known ? name : "Unknown", type);
  if (p.wants_items()) {
    const std::string_view octets = p.text("{:02x}:{:02x}:{:02x}", oui >> 16, oui >> 8 & 0xff, oui & 0xff);
    p.set_text(p.add(layer, oui_field, snap, 0, 3),
               known ? p.text("Organization Code: {:.31}", p.text("{} ({})", octets, name))
                     : p.text("Organization Code: {}", octets));
    p.add(layer, known ? organization->pid : pid_field, snap);
  }
  const Octets payload = snap.from(5);
  if (is_information && (oui == encapsulated_ethernet || oui == encapsulated_ethernet_of_cisco)) {
    p.call(Table::ethertype, type, payload);
  } else if (is_information && oui == bridged && (type == 0x0001 || type == 0x0007)) {
    p.call(ethernet_protocol, payload);
  } else {
    p.call_data(payload);
  }
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  p.set_protocol("LLC");
  p.clear_info();
  const std::uint8_t to = p.u8(in, 0);
  ItemId layer = p.add_layer(llc_protocol, in, 0, 3);
  if (p.wants_items()) add_sap(p, layer, dsap, dsap_sap, dsap_ig, in, to);
  const std::uint8_t from = p.u8(in, 1);
  if (p.wants_items()) add_sap(p, layer, ssap, ssap_sap, ssap_cr, in, from);
  const bool is_response = (from & 1) != 0;
  std::uint16_t control_value = 0;
  const std::uint32_t header_length = 2 + dissect_control(p, layer, in, is_response, control_value);
  if (p.stopped()) return 0;
  const bool is_information = (control_value & 1) == 0 || control_value == 0x03;  // I and UI frames
  static constexpr std::uint8_t snap = 0xaa;
  static constexpr std::uint8_t ip = 0x06;
  if (to == snap && from == snap) {
    dissect_snap(p, layer, in.from(header_length), is_information);
    return in.reported;
  }
  if (p.columns()) {
    p.append_info_format("; DSAP {} {}, SSAP {} {}", name_or(p, service_access_points, to & 0xfe), group[to & 1].name,
                         name_or(p, service_access_points, from & 0xfe), response[from & 1].name);
  }
  const Octets payload = in.from(header_length);
  if (is_information && to == ip) {
    p.call(Table::ethertype, 0x0800, payload);
  } else {
    p.call_data(payload);
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
