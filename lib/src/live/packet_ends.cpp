#include "live/packet_ends.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "encap/wire/ethernet.h"
#include "encap/wire/icmp.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/tcp.h"

namespace encap::live {
namespace {

constexpr std::size_t mac_length = 6;
constexpr int most_extension_headers = 16;

void put_address(Ends::End& end, Bytes octets) noexcept {
  std::memcpy(end.address.data(), octets.data(), octets.size());
}

void put_in_order(Ends& ends) noexcept {
  if (ends.high < ends.low) std::swap(ends.low, ends.high);
}

/// An error quotes the packet it is about; other messages of ICMP do not. Source: RFC 792, RFC 4443 §2.1.
bool is_icmp_error(Protocol protocol, std::uint8_t type) noexcept {
  if (protocol == Protocol::icmpv6) return type < 128;
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

std::optional<PacketEnds> read_ip(Bytes network, bool may_quote) noexcept;

/// What IP carries, where `packet` has the addresses.
std::optional<PacketEnds> read_payload(PacketEnds packet, Bytes payload, bool has_ports, bool may_quote) noexcept {
  Ends& ends = packet.ends;
  const bool icmp = ends.protocol == Protocol::icmp || ends.protocol == Protocol::icmpv6;
  if (!has_ports) {
    packet.ends = packet.of_later_fragments();
  } else if (icmp && may_quote && payload.size() >= IcmpView::header_length &&
             is_icmp_error(ends.protocol, load_field<IcmpField::type>(payload))) {
    if (auto quoted = read_ip(payload.subspan(IcmpView::header_length), false)) return quoted;
  } else if ((ends.protocol == Protocol::tcp || ends.protocol == Protocol::udp) && payload.size() >= 4) {
    ends.low.port = load_field<TcpField::source_port>(payload);  // the ports of UDP are where those of TCP are
    ends.high.port = load_field<TcpField::destination_port>(payload);
  }
  put_in_order(packet.ends);
  return packet;
}

std::optional<PacketEnds> read_ipv4(Bytes network, bool may_quote) noexcept {
  const std::size_t header_length = std::size_t{load_field<Ipv4Field::ihl>(network)} * 4;
  if (network.size() < Ipv4View::minimum_header_length || header_length < Ipv4View::minimum_header_length) return {};
  PacketEnds packet;
  packet.ends.type = EtherType::ipv4;
  packet.ends.protocol = Protocol{load_field<Ipv4Field::protocol>(network)};
  put_address(packet.ends.low, field_octets<Ipv4Field::source>(network));
  put_address(packet.ends.high, field_octets<Ipv4Field::destination>(network));
  const auto offset = load_field<Ipv4Field::fragment_offset>(network);
  packet.is_fragment = offset != 0 || load_field<Ipv4Field::more_fragments>(network) != 0;
  const Bytes payload = network.subspan(std::min(header_length, network.size()));
  return read_payload(packet, payload, offset == 0, may_quote);
}

std::optional<PacketEnds> read_ipv6(Bytes network, bool may_quote) noexcept {
  if (network.size() < Ipv6View::header_length) return {};
  PacketEnds packet;
  packet.ends.type = EtherType::ipv6;
  put_address(packet.ends.low, field_octets<Ipv6Field::source>(network));
  put_address(packet.ends.high, field_octets<Ipv6Field::destination>(network));
  auto next = Protocol{load_field<Ipv6Field::next_header>(network)};
  Bytes payload = network.subspan(Ipv6View::header_length);
  bool has_ports = true;
  for (int headers = 0; headers < most_extension_headers && has_ports; ++headers) {
    const bool is_fragment_header = next == Protocol::fragment;
    if (!is_fragment_header && next != Protocol::hop_by_hop && next != Protocol::routing &&
        next != Protocol::destination_options) {
      break;
    }
    if (payload.size() < Ipv6FragmentView::header_length) break;
    if (is_fragment_header) {
      has_ports = load_field<Ipv6FragmentField::fragment_offset>(payload) == 0;
      packet.is_fragment = !has_ports || load_field<Ipv6FragmentField::more_fragments>(payload) != 0;
    }
    // RFC 8200 §4.3: in units of 8 octets, without the first; a fragment header has no length.
    const std::size_t length = is_fragment_header ? Ipv6FragmentView::header_length : (load_u8(payload, 1) + 1u) * 8u;
    next = Protocol{load_u8(payload, 0)};
    payload = payload.subspan(std::min(length, payload.size()));
  }
  packet.ends.protocol = next;
  return read_payload(packet, payload, has_ports, may_quote);
}

std::optional<PacketEnds> read_ip(Bytes network, bool may_quote) noexcept {
  if (network.empty()) return {};
  const unsigned version = load_u8(network, 0) >> 4;
  return version == 4 ? read_ipv4(network, may_quote) : version == 6 ? read_ipv6(network, may_quote) : std::nullopt;
}

/// IP behind a link header with a type, or else the link's ends as far as it has addresses.
std::optional<PacketEnds> read_typed(EtherType type, Bytes payload, Bytes macs) noexcept {
  if (type == EtherType::ipv4 || type == EtherType::ipv6) return read_ip(payload, true);
  PacketEnds packet;
  packet.ends.type = type;
  packet.ends.protocol = {};
  if (!macs.empty()) {
    put_address(packet.ends.low, macs.first(mac_length));
    put_address(packet.ends.high, macs.subspan(mac_length, mac_length));
    put_in_order(packet.ends);
  }
  return packet;
}

std::optional<PacketEnds> read_ethernet(Bytes frame) noexcept {
  if (frame.size() < EthernetView::header_length) return {};
  auto type = EtherType{load_field<EthernetField::type>(frame)};
  Bytes payload = frame.subspan(EthernetView::header_length);
  while ((type == EtherType::vlan || type == EtherType::qinq) && payload.size() >= VlanView::header_length) {
    type = EtherType{load_field<VlanField::type>(payload)};
    payload = payload.subspan(VlanView::header_length);
  }
  return read_typed(type, payload, frame.first(2 * mac_length));
}

}  // namespace

std::size_t EndsHash::operator()(const Ends& ends) const noexcept {
  std::uint64_t hash = static_cast<std::uint64_t>(ends.protocol) << 32 | static_cast<std::uint64_t>(ends.type) << 1 |
                       (ends.are_of_fragments ? 1u : 0u);
  const auto mix = [&hash](std::uint64_t value) {
    hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  };
  for (const Ends::End* end : {&ends.low, &ends.high}) {
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), end->address.data(), end->address.size());
    mix(words[0] ^ std::uint64_t{end->port} << 48);
    mix(words[1]);
  }
  return hash;
}

Ends PacketEnds::of_later_fragments() const noexcept {
  Ends hosts = ends;
  hosts.low.port = hosts.high.port = 0;
  hosts.are_of_fragments = true;
  put_in_order(hosts);
  return hosts;
}

std::optional<PacketEnds> ends_of(const PacketRecord& record) noexcept {
  constexpr std::size_t linux_sll2_header_length = 20;
  const Bytes bytes = record.bytes;
  switch (record.link_type) {
    case LinkType::ethernet:
      return read_ethernet(bytes);
    case LinkType::linux_sll:
      if (bytes.size() < LinuxSllView::header_length) return {};
      return read_typed(EtherType{load_field<LinuxSllField::type>(bytes)}, bytes.subspan(LinuxSllView::header_length),
                        {});
    case LinkType::linux_sll2:
      if (bytes.size() < linux_sll2_header_length) return {};
      return read_typed(EtherType{load_be16(bytes, 0)}, bytes.subspan(linux_sll2_header_length), {});
    case LinkType::null:
    case LinkType::loop:
      if (bytes.size() < NullLoopbackView::header_length) return {};
      return read_ip(bytes.subspan(NullLoopbackView::header_length), true);
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return read_ip(bytes, true);
  }
  return {};
}

}  // namespace encap::live
