#include <algorithm>

#include "dissect/link_layer.h"
#include "dissect/link_names.h"
#include "dissect/protocols/ethernet.h"
#include "dissect/protocols/llc.h"
#include "encap/wire/linux_sll.h"

namespace encap {
namespace {

constexpr ValueName packet_types[] = {{0, 0, "Unicast to us"},
                                      {1, 1, "Broadcast"},
                                      {2, 2, "Multicast"},
                                      {3, 3, "Unicast to another host"},
                                      {4, 4, "Sent by us"}};
// Below the EtherTypes. Source: linux/if_ether.h.
constexpr ValueName linux_types[] = {
    {0x0001, 0x0001, "Raw 802.3"},  {0x0003, 0x0003, "Ethernet"}, {0x0004, 0x0004, "802.2 LLC"},
    {0x0007, 0x0007, "PPP (HDLC)"}, {0x000c, 0x000c, "CAN"},      {0x000d, 0x000d, "CAN FD"},
    {0x0017, 0x0017, "IrDA LAP"},   {0x00f5, 0x00f5, "ISI"},      {0x00f6, 0x00f6, "IEEE 802.15.4"}};
constexpr ValueName gre_types[] = {{0x0800, 0x0800, "IP"},
                                   {0x0806, 0x0806, "ARP"},
                                   {0x6558, 0x6558, "Transparent Ethernet bridging"},
                                   {0x86dd, 0x86dd, "IPv6"}};

constexpr Field packet_type{LinuxSllField::packet_type, FieldType::uint16, {.names = packet_types}};
constexpr Field hardware_type{LinuxSllField::hardware_type, FieldType::uint16, {.names = hardware_type_names}};
constexpr Field address_length{LinuxSllField::address_length, FieldType::uint16};
constexpr Field source_ether{LinuxSllField::source, FieldType::ether};
constexpr Field source_ipv4{"sll.src.ipv4", "Source", FieldType::ipv4};
constexpr Field source_other{"sll.src.other", "Source", FieldType::bytes};
constexpr Field unused{"sll.unused", "Unused", FieldType::bytes};
constexpr Field linux_type{"sll.ltype", "Protocol", FieldType::uint16, {.show = Show::hex, .names = linux_types}};
constexpr Field gre_type{"sll.gretype", "Protocol", FieldType::uint16, {.show = Show::hex, .names = gre_types}};
constexpr Field ether_type{LinuxSllField::type, FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr Field trailer{"sll.trailer", "Trailer", FieldType::bytes};
constexpr Field interface_index{"sll.ifindex", "Interface index", FieldType::uint32};
constexpr const Field* fields[] = {&packet_type, &hardware_type, &address_length, &source_ether,
                                   &source_ipv4, &source_other,  &unused,         &linux_type,
                                   &gre_type,    &ether_type,    &trailer,        &interface_index};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::link_type, 113}, {Table::link_type, 276}};

}  // namespace

extern const ProtocolInfo sll_protocol{
    {"sll", "Linux cooked-mode capture", FieldType::protocol}, "SLL", dissect, bindings, fields};

namespace {

// The two versions hold the same facts in different places.
struct Layout {
  std::string_view title;
  std::uint32_t type, index, hardware_type, packet_type, packet_type_width, address_length, address_length_width,
      address, header_length;
  static constexpr std::uint32_t nowhere = ~0u;
};
constexpr Layout version_1{"Linux cooked capture v1", 14, Layout::nowhere, 2, 0, 2, 4, 2, 6, 16};
constexpr Layout version_2{"Linux cooked capture v2", 0, 4, 8, 10, 1, 11, 1, 12, 20};

constexpr std::uint16_t greatest_linux_type = 1536;
constexpr std::uint16_t gre_device = 778;
constexpr std::uint16_t netlink_device = 824;
constexpr std::uint32_t room_for_address = 8;

std::uint32_t number(Packet& p, const Octets& in, std::uint32_t at, std::uint32_t width) {
  return width == 1 ? p.u8(in, at) : p.u16(in, at);
}

void add_source(Packet& p, ItemId layer, const Octets& in, std::uint32_t at, std::uint32_t length) {
  if (length == 6) {
    p.add(layer, source_ether, in, at, 6);
  } else if (length == 4) {
    p.add(layer, source_ipv4, in, at, 4);
  } else if (length != 0) {
    p.add(layer, source_other, in, at, std::min(length, room_for_address));
  }
}

const Field& type_field(std::uint16_t hardware, std::uint16_t type) noexcept {
  return type <= greatest_linux_type ? linux_type : hardware == gre_device ? gre_type : ether_type;
}

void call_payload(Packet& p, const Octets& in, const Layout& layout, std::uint16_t hardware, std::uint16_t type,
                  ItemId layer) {
  const Octets payload = in.from(layout.header_length);
  if (type <= greatest_linux_type) {
    if (type == 4) {
      p.call(llc_protocol, payload);
    } else if (type == 3) {
      p.call(ethernet_protocol, payload);
    } else {
      p.call_data(payload);
    }
  } else if (hardware == gre_device) {
    if (const ProtocolInfo* protocol = find_protocol(Table::ethertype, type)) p.call(*protocol, payload);
  } else {
    call_ethertype(p, in, layout.header_length, type, layer, trailer, FrameCheck::absent);
  }
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  const bool second = p.out.record->link_type == LinkType::linux_sll2;
  const Layout& layout = second ? version_2 : version_1;
  const std::uint16_t hardware = p.u16(in, layout.hardware_type);
  if (p.stopped() || hardware == netlink_device) return 0;  // Netlink is a protocol of its own, not one of ours
  // Wireshark reads version 2's as if it had 16 bits as well: with the address length behind it.
  const std::uint16_t kind = p.u16(in, layout.packet_type);
  if (p.stopped()) return 0;
  p.set_protocol("SLL");
  if (const std::string_view name = find_name(packet_types, kind); !name.empty()) {
    p.set_info(name);
  } else {
    p.set_info({});
    p.append_info_format("Unknown ({})", kind);
  }
  const ItemId layer = p.add_layer(sll_protocol, in, 0, layout.header_length, layout.title);
  const std::uint32_t length = number(p, in, layout.address_length, layout.address_length_width);
  if (!second) {
    p.add(layer, packet_type, in, layout.packet_type, layout.packet_type_width);
    p.add(layer, hardware_type, in, layout.hardware_type, 2);
    p.add(layer, address_length, in, layout.address_length, layout.address_length_width);
  }
  if (length == 6) {
    const Address from = p.address(Address::Kind::ether, in, layout.address);
    if (!p.stopped()) p.set_addresses(from, {});
  } else if (length == 4) {
    const Address from = p.address(Address::Kind::ipv4, in, layout.address);
    if (!p.stopped()) p.set_addresses(from, {});
  }
  const std::uint16_t type = p.u16(in, layout.type);
  const std::uint32_t own = std::min(length, room_for_address);
  if (second) {
    // The protocol comes first here.
    static_cast<void>(p.need(in, 0, layout.header_length));
    p.add(layer, type_field(hardware, type), in, layout.type, 2, type);
    p.add(layer, interface_index, in, layout.index, 4);
    p.add(layer, hardware_type, in, layout.hardware_type, 2);
    p.add(layer, packet_type, in, layout.packet_type, layout.packet_type_width);
    p.add(layer, address_length, in, layout.address_length, layout.address_length_width);
  }
  add_source(p, layer, in, layout.address, length);
  if (own < room_for_address) p.add(layer, unused, in, layout.address + own, room_for_address - own);
  if (p.stopped()) return 0;
  if (!second) p.add(layer, type_field(hardware, type), in, layout.type, 2, type);
  call_payload(p, in, layout, hardware, type, layer);
  return in.reported;
}

}  // namespace
}  // namespace encap
