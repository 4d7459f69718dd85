#include "dissect/link_layer.h"
#include "dissect/link_names.h"
#include "encap/wire/null_loopback.h"

namespace encap {
namespace {

// Address families as the systems that write such headers number them.
constexpr ValueName families[] = {
    {2, 2, "IP"},     {7, 7, "OSI"},    {16, 16, "Appletalk"}, {23, 23, "Netware IPX/SPX"},
    {24, 24, "IPv6"}, {28, 28, "IPv6"}, {30, 30, "IPv6"}};

constexpr Field family_field{NullLoopbackField::family, FieldType::uint32, {.names = families}};
constexpr Field type_field{"null.type", "Type", FieldType::uint16, {.show = Show::hex, .names = ethertype_names}};
constexpr const Field* fields[] = {&family_field, &type_field};

std::uint32_t dissect(Packet& p, const Octets& in);

constexpr Binding bindings[] = {{Table::link_type, 0}, {Table::link_type, 108}};

}  // namespace

extern const ProtocolInfo null_protocol{
    {"null", "Null/Loopback", FieldType::protocol}, "Null", dissect, bindings, fields};

namespace {

constexpr std::uint16_t ppp = 0xff03;

constexpr std::uint32_t swapped(std::uint32_t value) noexcept {
  return value >> 24 | (value >> 8 & 0xff00u) | (value << 8 & 0xff0000u) | value << 24;
}

// What was meant by the header, read as a little-endian number: families and types are small, so the half that is zero
// tells the order, and some systems write a family of 16 bits with two octets of something behind it.
constexpr std::uint32_t meant_by(std::uint32_t value) noexcept {
  if ((value & 0xffff0000u) != 0) {
    const bool short_family = (value & 0xff000000u) == 0 && (value & 0x00ff0000u) < 0x00060000u;
    return short_family ? value >> 16 : swapped(value);
  }
  const bool short_family = (value & 0xffu) == 0 && (value & 0xff00u) < 0x0600u;
  return short_family ? value >> 8 & 0xff : value;
}

std::uint32_t dissect(Packet& p, const Octets& in) {
  static constexpr std::uint32_t header_length = NullLoopbackView::header_length;
  // OpenBSD's form has one byte order, and is a link type of its own.
  const bool network_order = p.out.record->link_type == LinkType::loop;
  if (!network_order && p.u16(in, 0) == ppp) {
    p.call_data(in);
    return 0;
  }
  if (p.stopped()) return 0;
  set_no_addresses(p);
  p.set_info("Null/Loopback");
  const std::uint32_t header = p.u32(in, 0);
  if (p.stopped()) return 0;
  const std::uint32_t family = network_order ? header : meant_by(swapped(header));
  const bool is_type = !network_order && family > 1500;
  const ItemId layer = p.add_layer(null_protocol, in, 0, header_length);
  if (is_type) {
    p.add(layer, type_field, in, 0, 4, family & 0xffff);
  } else {
    p.add(layer, family_field, in, 0, 4, family);
  }
  const Octets payload = in.from(header_length);
  const bool is_ipv6 =
      family == NullLoopbackHeader::family_ipv6 || family == 28 || family == NullLoopbackHeader::family_ipv6_openbsd;
  if (is_type) {
    p.call(Table::ethertype, family & 0xffff, payload);
  } else if (family == NullLoopbackHeader::family_ipv4) {
    p.call(Table::ethertype, 0x0800, payload);
  } else if (is_ipv6) {
    p.call(Table::ethertype, 0x86dd, payload);
  } else {
    p.call_data(payload);
  }
  return in.reported;
}

}  // namespace
}  // namespace encap
