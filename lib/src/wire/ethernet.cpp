#include "encap/wire/ethernet.h"

namespace encap {

MacAddress MacAddress::made_for(const IpAddress& address) noexcept {
  if (address.is_ipv4()) {
    const std::uint32_t value = address.ipv4().value;
    const auto octet = [value](unsigned shift) { return static_cast<std::uint8_t>(value >> shift); };
    if (address.ipv4().is_broadcast()) return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
    if (address.is_multicast())
      return {{0x01, 0x00, 0x5e, static_cast<std::uint8_t>(octet(16) & 0x7f), octet(8), octet(0)}};
    return {{0x02, 0x00, octet(24), octet(16), octet(8), octet(0)}};
  }
  const auto octets = address.ipv6().octets;
  if (address.is_multicast()) return {{0x33, 0x33, octets[12], octets[13], octets[14], octets[15]}};
  // FNV-1a over the whole address, so that hosts of different networks get different addresses.
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const std::uint8_t octet : octets) hash = (hash ^ octet) * 0x100000001b3u;
  MacAddress made{{0x02, 0x06, 0, 0, 0, 0}};
  for (unsigned i = 2; i < 6; ++i) made.octets[i] = static_cast<std::uint8_t>(hash >> (8 * i));
  return made;
}

std::string to_string(const MacAddress& address) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t octet : address.octets) {
    if (!text.empty()) text += ':';
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

namespace {
std::uint64_t number(const MacAddress& address) noexcept {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : address.octets) value = value << 8 | octet;
  return value;
}
}  // namespace

void prepend(PacketBuffer& buffer, const EthernetHeader& header) {
  const MutableBytes out = buffer.prepend(EthernetView::header_length);
  store_field<EthernetField::destination>(out, number(header.destination));
  store_field<EthernetField::source>(out, number(header.source));
  store_field<EthernetField::type>(out, static_cast<std::uint16_t>(header.type));
}

void prepend(PacketBuffer& buffer, const VlanHeader& header) {
  const MutableBytes out = buffer.prepend(VlanView::header_length);
  store_field<VlanField::priority>(out, header.priority);
  store_field<VlanField::drop_eligible>(out, header.drop_eligible ? 1 : 0);
  store_field<VlanField::id>(out, header.id);
  store_field<VlanField::type>(out, static_cast<std::uint16_t>(header.type));
}

}  // namespace encap
