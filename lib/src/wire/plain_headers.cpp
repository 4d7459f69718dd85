#include "encap/wire/plain_headers.h"

#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/link_header.h"

namespace encap {
namespace {

constexpr EtherType unknown{};

// The two fields that stand side by side and are both 0 in what is no fragment.
constexpr HeaderField fragmentation{"ip.fragment", "Fragment", Ipv4Field::more_fragments.bit_offset,
                                    Ipv4Field::more_fragments.bit_width + Ipv4Field::fragment_offset.bit_width};

// What follows the link header, of links that say so in a way that leaves no doubt.
EtherType type_behind(const LinkHeader& header, LinkType link, Bytes packet) noexcept {
  switch (link) {
    case LinkType::ethernet:
      return *header.type;
    case LinkType::null:
    case LinkType::loop: {
      const std::uint32_t family = load_field<NullLoopbackField::family>(packet);
      return family == NullLoopbackHeader::family_ipv4 || family == NullLoopbackHeader::family_ipv4 << 24
                 ? EtherType::ipv4
                 : unknown;
    }
    case LinkType::linux_sll: {
      constexpr std::uint16_t ethernet = 1;
      constexpr std::uint16_t loopback = 772;
      const std::uint16_t hardware = load_field<LinuxSllField::hardware_type>(packet);
      return hardware == ethernet || hardware == loopback ? *header.type : unknown;
    }
    case LinkType::linux_sll2:
      return unknown;
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      if (packet.empty()) return unknown;
      return load_u8(packet, 0) >> 4 == 4 ? EtherType::ipv4 : load_u8(packet, 0) >> 4 == 6 ? EtherType::ipv6 : unknown;
  }
  return unknown;
}

}  // namespace

std::optional<PlainHeaders> plain_headers(const PacketRecord& record) noexcept {
  constexpr std::size_t ports_length = 4;
  const auto link = link_header(record.link_type, record.bytes);
  if (!link) return std::nullopt;
  const EtherType type = type_behind(*link, record.link_type, record.bytes);
  PlainHeaders headers;
  const Bytes network = headers.network = record.bytes.subspan(link->length);
  std::size_t ports_at = 0;
  if (type == EtherType::ipv4) {
    ports_at = Ipv4View::minimum_header_length;
    if (network.size() < ports_at + ports_length || load_u8(network, 0) != 0x45) return std::nullopt;
    if (load_field<fragmentation>(network) != 0) return std::nullopt;
    headers.protocol = Protocol{load_field<Ipv4Field::protocol>(network)};
  } else if (type == EtherType::ipv6) {
    ports_at = Ipv6View::header_length;
    if (network.size() < ports_at + ports_length || load_u8(network, 0) >> 4 != 6) return std::nullopt;
    headers.protocol = Protocol{load_field<Ipv6Field::next_header>(network)};
    headers.is_ipv6 = true;
  } else {
    return std::nullopt;
  }
  if (headers.protocol != Protocol::tcp && headers.protocol != Protocol::udp) return std::nullopt;
  headers.transport = network.subspan(ports_at);
  return headers;
}

}  // namespace encap
