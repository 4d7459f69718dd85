#include "dissect/link_layer.h"
#include "dissect/link_names.h"

namespace encap {
namespace {

// Source: IEEE 802.1ad.
constexpr Field priority{{"ieee8021ad.priority", "Priority", 0, 3}, FieldType::uint16, {.drawn_bits = 16}};
constexpr Field dei{{"ieee8021ad.dei", "DEI", 3, 1}, FieldType::uint16, {.drawn_bits = 16, .drawn_before = 3}};
constexpr Field id{{"ieee8021ad.id", "ID", 4, 12}, FieldType::uint16};
// Its type and trailer have the Ethernet layer's names.
constexpr Field type_field{
    {"eth.type", "Type", 16, 16}, FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr Field trailer{"eth.trailer", "Trailer", FieldType::bytes};
constexpr const Field* fields[] = {&priority, &dei, &id, &type_field, &trailer};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::ethertype, 0x88a8}};

}  // namespace

extern const ProtocolInfo ieee8021ad_protocol{
    {"ieee8021ad", "IEEE 802.1ad", FieldType::protocol}, "802.1ad", dissect, bindings, fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  p.set_protocol("802.1ad");
  p.clear_info();
  const std::uint16_t tag = p.u16(in, 0);
  const std::uint16_t type = p.u16(in, 2);
  p.append_info_format("PRI: {}  DROP: {}  ID: {}", tag >> 13, tag >> 12 & 1, tag & 0xfff);
  ItemId layer = ItemId::none;
  if (p.wants_layers()) {
    layer = p.add_layer(ieee8021ad_protocol, in, 0, 4, p.text("IEEE 802.1ad, ID: {}", tag & 0xfff));
    p.add(layer, {&priority, &dei, &id, &type_field}, in);
  }
  call_ethertype(p, in, 4, type, layer, trailer, FrameCheck::absent);
  return in.reported;
}

}  // namespace
}  // namespace encap
