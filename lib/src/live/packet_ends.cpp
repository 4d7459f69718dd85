#include "live/packet_ends.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/hash_words.h"
#include "encap/wire/icmp.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/link_header.h"
#include "encap/wire/tcp.h"
#include "wire/ipv6_extension.h"

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
    const auto extension = ipv6_extension(next, payload);
    if (!extension) break;
    if (next == Protocol::fragment) {
      has_ports = load_field<Ipv6FragmentField::fragment_offset>(payload) == 0;
      packet.is_fragment = !has_ports || load_field<Ipv6FragmentField::more_fragments>(payload) != 0;
    }
    next = extension->next;
    payload = payload.subspan(std::min(extension->length, payload.size()));
  }
  packet.ends.protocol = next;
  return read_payload(packet, payload, has_ports, may_quote);
}

std::optional<PacketEnds> read_ip(Bytes network, bool may_quote) noexcept {
  if (network.empty()) return {};
  const unsigned version = load_u8(network, 0) >> 4;
  return version == 4 ? read_ipv4(network, may_quote) : version == 6 ? read_ipv6(network, may_quote) : std::nullopt;
}

/// Of what is not IP: the link's ends as far as it has addresses.
PacketEnds read_link(EtherType type, Bytes macs) noexcept {
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

}  // namespace

std::size_t EndsHash::operator()(const Ends& ends) const noexcept {
  std::array<std::uint64_t, 5> words{};
  std::memcpy(&words[0], ends.low.address.data(), ends.low.address.size());
  std::memcpy(&words[2], ends.high.address.data(), ends.high.address.size());
  words[4] = std::uint64_t{ends.low.port} << 48 | std::uint64_t{ends.high.port} << 32 |
             static_cast<std::uint64_t>(ends.type) << 16 | static_cast<std::uint64_t>(ends.protocol) << 8 |
             (ends.are_of_fragments ? 1u : 0u);
  return short_hash(words);
}

Ends PacketEnds::of_later_fragments() const noexcept {
  Ends hosts = ends;
  hosts.low.port = hosts.high.port = 0;
  hosts.are_of_fragments = true;
  put_in_order(hosts);
  return hosts;
}

std::optional<PacketEnds> ends_of(const PacketRecord& record) noexcept {
  const auto link = link_header(record.link_type, record.bytes);
  if (!link) return {};
  if (!link->type || link->type == EtherType::ipv4 || link->type == EtherType::ipv6)
    return read_ip(record.bytes.subspan(link->length), true);
  const bool has_macs = record.link_type == LinkType::ethernet;
  return read_link(*link->type, has_macs ? record.bytes.first(2 * mac_length) : Bytes{});
}

}  // namespace encap::live
