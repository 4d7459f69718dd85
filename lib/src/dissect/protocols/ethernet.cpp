#include "dissect/protocols/ethernet.h"

#include "dissect/link_layer.h"
#include "dissect/link_names.h"
#include "encap/wire/ethernet.h"

// Not shown: the names that the manufacturers' list gives to the first three octets (eth.*.oui_resolved).

namespace encap {
namespace {

constexpr ValueName administered[] = {{0, 0, "Globally unique address (factory default)"},
                                      {1, 1, "Locally administered address (this is NOT the factory default)"}};
constexpr ValueName cast[] = {{0, 0, "Individual address (unicast)"}, {1, 1, "Group address (multicast/broadcast)"}};
constexpr ValueName check_states[] = {{0, 0, "Bad"}, {1, 1, "Good"}, {2, 2, "Unverified"}, {3, 3, "Not present"}};

constexpr FieldLook lg_look{.names = administered, .drawn_bits = 24, .drawn_before = 6};
constexpr FieldLook ig_look{.names = cast, .drawn_bits = 24, .drawn_before = 7};

}  // namespace

constexpr Note ethernet_padding_bad{
    {"eth.padding_bad",
     "Didn't find padding of zeros, and an undecoded trailer exists. There may be padding of non-zeros.",
     FieldType::none},
    Severity::note,
    "Protocol"};
constexpr Field ethernet_padding{"eth.padding", "Padding", FieldType::bytes};
constexpr Field ethernet_trailer{"eth.trailer", "Trailer", FieldType::bytes};
constexpr Field ethernet_fcs{"eth.fcs", "Frame check sequence", FieldType::uint32, {.show = Show::hex}};
constexpr Field ethernet_fcs_status{"eth.fcs.status", "FCS Status", FieldType::uint8, {.names = check_states}};
constexpr Field ethernet_address{"eth.addr", "Address", FieldType::ether};
constexpr Field ethernet_address_resolved{"eth.addr_resolved", "Address (resolved)", FieldType::string};
constexpr Field ethernet_address_oui{"eth.addr.oui", "Address OUI", FieldType::uint24};
constexpr Field ethernet_lg{{"eth.lg", "LG bit", 6, 1}, FieldType::boolean, lg_look};
constexpr Field ethernet_ig{{"eth.ig", "IG bit", 7, 1}, FieldType::boolean, ig_look};

namespace {

constexpr EtherAddressFields destination{{EthernetField::destination, FieldType::ether},
                                         {"eth.dst_resolved", "Destination (resolved)", FieldType::string},
                                         {"eth.dst.oui", "Destination OUI", FieldType::uint24},
                                         {{"eth.dst.lg", "LG bit", 6, 1}, FieldType::boolean, lg_look},
                                         {{"eth.dst.ig", "IG bit", 7, 1}, FieldType::boolean, ig_look}};
constexpr EtherAddressFields source{{EthernetField::source, FieldType::ether},
                                    {"eth.src_resolved", "Source (resolved)", FieldType::string},
                                    {"eth.src.oui", "Source OUI", FieldType::uint24},
                                    {{"eth.src.lg", "LG bit", 6, 1}, FieldType::boolean, lg_look},
                                    {{"eth.src.ig", "IG bit", 7, 1}, FieldType::boolean, ig_look}};
constexpr Field type_field{EthernetField::type, FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr Field length_field{{"eth.len", "Length", 96, 16}, FieldType::uint16};
constexpr Field invalid_field{
    {"eth.invalid_lentype", "Invalid length/type", 96, 16}, FieldType::uint16, {.show = Show::hex_dec}};
constexpr Note invalid_note{
    {"eth.invalid_lentype.expert", "Invalid length/type", FieldType::none}, Severity::warning, "Protocol"};
constexpr Note group_source{
    {"eth.src_not_group", "Source MAC must not be a group address: IEEE 802.3-2002, Section 3.2.3(b)", FieldType::none},
    Severity::warning,
    "Protocol"};
constexpr Note past_end{{"eth.len.past_end", "Length field value goes past the end of the payload", FieldType::none},
                        Severity::error,
                        "Malformed"};

constexpr const Field* fields[] = {&destination.address,
                                   &destination.resolved,
                                   &destination.oui,
                                   &source.address,
                                   &source.resolved,
                                   &source.oui,
                                   &length_field,
                                   &type_field,
                                   &invalid_field,
                                   &ethernet_address,
                                   &ethernet_address_resolved,
                                   &ethernet_address_oui,
                                   &ethernet_padding,
                                   &ethernet_trailer,
                                   &ethernet_fcs,
                                   &ethernet_fcs_status,
                                   &destination.lg,
                                   &destination.ig,
                                   &source.lg,
                                   &source.ig,
                                   &ethernet_lg,
                                   &ethernet_ig,
                                   &ethernet_padding_bad.field,
                                   &invalid_note.field,
                                   &group_source.field,
                                   &past_end.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::link_type, 1}, {Table::ip_protocol, 143}};

}  // namespace

extern const ProtocolInfo ethernet_protocol{
    {"eth", "Ethernet", FieldType::protocol}, "Ethernet", dissect, bindings, fields};

namespace {

// Lengths of IEEE 802.3 frames end here, types begin there; what lies between is neither. Source: IEEE 802.3 §3.2.6.
constexpr std::uint16_t greatest_length = 1500;
constexpr std::uint16_t least_type = 0x0600;

void add_addresses(Packet& p, ItemId layer, const Octets& in) {
  add_ether_address(p, layer, destination, in, 0);
  add_ether_address(p, layer, source, in, 6, &group_source);
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  static constexpr auto header_length = static_cast<std::uint32_t>(EthernetView::header_length);
  p.set_protocol("Ethernet");
  const Address to = p.address(Address::Kind::ether, in, 0);
  if (p.columns()) p.out.columns.destination = to;
  const Address from = p.address(Address::Kind::ether, in, 6);
  const std::uint16_t type = p.u16(in, 12);
  if (p.stopped()) return 0;
  p.add_ends(ethernet_protocol, from, to);
  if (!p.takes_items()) {
    p.add_layer(ethernet_protocol, in, 0, 0);
    if ((from.octets[0] & 1u) != 0) p.note(ItemId::none, group_source);
  }
  p.set_addresses(from, to);
  ItemId layer = ItemId::none;

  if (type > greatest_length && type < least_type) {
    p.set_info({});
    p.append_info_format("Ethernet Unknown: Invalid length/type: 0x{:04x} ({})", type, type);
    if (p.wants_items()) {
      layer = p.add_layer(ethernet_protocol, in, 0, header_length,
                          p.text("Ethernet Unknown, Src: {}, Dst: {}", p.text_of(from), p.text_of(to)));
      add_addresses(p, layer, in);
    }
    if (p.wants_notes()) {
      p.note(p.add(layer, invalid_field, in), invalid_note, p.value("Invalid length/type: 0x{:04x} ({})", type, type));
    }
    p.call_data(in.from(header_length));
    return in.reported;
  }

  if (type != 0 && type <= greatest_length) {
    const Octets payload = in.from(header_length);
    const bool raw = payload.captured >= 2 && load_be16(payload.bytes(), 0) == 0xffff;
    const std::string_view line = raw ? "IEEE 802.3 Ethernet Raw " : "IEEE 802.3 Ethernet ";
    p.set_info(line);
    if (p.wants_items()) {
      layer = p.add_layer(ethernet_protocol, in, 0, header_length, line);
      add_addresses(p, layer, in);
    }
    call_length_counted(p, in, header_length, type, p.add(layer, length_field, in), past_end, layer, ethernet_trailer,
                        FrameCheck::perhaps);
    return in.reported;
  }

  p.set_info("Ethernet II");
  if (p.wants_items()) {
    layer = p.add_layer(ethernet_protocol, in, 0, header_length,
                        p.text("Ethernet II, Src: {}, Dst: {}", p.text_of(from), p.text_of(to)));
    add_addresses(p, layer, in);
    p.add(layer, type_field, in);
  }
  call_ethertype(p, in, header_length, type, layer, ethernet_trailer, FrameCheck::perhaps);
  return in.reported;
}

}  // namespace
}  // namespace encap
