#include "dissect/link_layer.h"
#include "dissect/link_names.h"

namespace encap {
namespace {

// Source: IEEE 802.1Q-2014 §9.6, table I-2 for the words of the priorities.
constexpr ValueName priorities[] = {{0, 0, "Best Effort (default)"},
                                    {1, 1, "Background"},
                                    {2, 2, "Excellent Effort"},
                                    {3, 3, "Critical Applications"},
                                    {4, 4, "Video, < 100ms latency and jitter"},
                                    {5, 5, "Voice, < 10ms latency and jitter"},
                                    {6, 6, "Internetwork Control"},
                                    {7, 7, "Network Control"}};
constexpr ValueName eligible[] = {{0, 0, "Ineligible"}, {1, 1, "Eligible"}};

constexpr Field priority{
    {"vlan.priority", "Priority", 0, 3}, FieldType::uint16, {.names = priorities, .drawn_bits = 16}};
constexpr Field dei{
    {"vlan.dei", "DEI", 3, 1}, FieldType::boolean, {.names = eligible, .drawn_bits = 16, .drawn_before = 3}};
constexpr Field id{{"vlan.id", "ID", 4, 12}, FieldType::uint16};
constexpr Field type_field{
    {"vlan.etype", "Type", 16, 16}, FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr Field length_field{{"vlan.len", "Length", 16, 16}, FieldType::uint16};
constexpr Field trailer{"vlan.trailer", "Trailer", FieldType::bytes};
constexpr Note past_end{{"vlan.len.past_end", "Length field value goes past the end of the payload", FieldType::none},
                        Severity::error,
                        "Malformed"};
constexpr const Field* fields[] = {&priority, &dei, &id, &type_field, &length_field, &trailer, &past_end.field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::ethertype, 0x8100}};

}  // namespace

extern const ProtocolInfo vlan_protocol{
    {"vlan", "802.1Q Virtual LAN", FieldType::protocol}, "VLAN", dissect, bindings, fields};

namespace {

std::uint32_t dissect(Packet& p, const Octets& in) {
  p.set_protocol("VLAN");
  p.clear_info();
  const std::uint16_t tag = p.u16(in, 0);
  p.append_info_format("PRI: {}  DEI: {}  ID: {}", tag >> 13, tag >> 12 & 1, tag & 0xfff);
  ItemId layer = ItemId::none;
  if (p.wants_layers()) {
    layer = p.add_layer(vlan_protocol, in, 0, 4,
                        p.text("802.1Q Virtual LAN, PRI: {}, DEI: {}, ID: {}", tag >> 13, tag >> 12 & 1, tag & 0xfff));
    p.add(layer, {&priority, &dei, &id}, in);
  }
  const std::uint16_t type = p.u16(in, 2);
  if (type <= 1500) {
    call_length_counted(p, in, 4, type, p.add(layer, length_field, in), past_end, layer, trailer, FrameCheck::absent);
  } else {
    p.add(layer, type_field, in);
    call_ethertype(p, in, 4, type, layer, trailer, FrameCheck::absent);
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
