#include "encap/wire/plain_headers.h"

#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"

namespace encap {
namespace {

enum class Version : std::uint8_t { none, ipv4, ipv6 };

Version of_ethertype(std::uint16_t type) noexcept {
  return type == 0x0800 ? Version::ipv4 : type == 0x86dd ? Version::ipv6 : Version::none;
}

// Which IP follows the link header. Takes that header off `octets`.
Version take_link_header(LinkType link, Bytes& octets) noexcept {
  const auto take = [&octets](std::size_t length) { octets = octets.subspan(length); };
  switch (link) {
    case LinkType::ethernet: {
      if (octets.size() < EthernetView::header_length) return Version::none;
      auto type = load_field<EthernetField::type>(octets);
      take(EthernetView::header_length);
      while ((type == 0x8100 || type == 0x88a8) && octets.size() >= 4) {
        type = load_be16(octets, 2);
        take(4);
      }
      return of_ethertype(type);
    }
    case LinkType::null:
    case LinkType::loop: {
      if (octets.size() < NullLoopbackView::header_length) return Version::none;
      const std::uint32_t family = load_be32(octets, 0);
      take(NullLoopbackView::header_length);
      return family == NullLoopbackHeader::family_ipv4 || family == NullLoopbackHeader::family_ipv4 << 24
                 ? Version::ipv4
                 : Version::none;
    }
    case LinkType::linux_sll: {
      if (octets.size() < LinuxSllView::header_length) return Version::none;
      const std::uint16_t hardware = load_field<LinuxSllField::hardware_type>(octets);
      const std::uint16_t type = load_field<LinuxSllField::type>(octets);
      take(LinuxSllView::header_length);
      constexpr std::uint16_t ethernet = 1;
      constexpr std::uint16_t loopback = 772;
      return hardware == ethernet || hardware == loopback ? of_ethertype(type) : Version::none;
    }
    case LinkType::linux_sll2:
      return Version::none;
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      if (octets.empty()) return Version::none;
      return load_u8(octets, 0) >> 4 == 4   ? Version::ipv4
             : load_u8(octets, 0) >> 4 == 6 ? Version::ipv6
                                            : Version::none;
  }
  return Version::none;
}

}  // namespace

std::optional<PlainHeaders> plain_headers(const PacketRecord& record) noexcept {
  constexpr std::size_t ports_length = 4;
  PlainHeaders headers;
  headers.network = record.bytes;
  const Version version = take_link_header(record.link_type, headers.network);
  const Bytes network = headers.network;
  std::size_t ports_at = 0;
  if (version == Version::ipv4) {
    ports_at = Ipv4View::minimum_header_length;
    if (network.size() < ports_at + ports_length || load_u8(network, 0) != 0x45) return std::nullopt;
    if (load_field<Ipv4Field::more_fragments>(network) != 0 || load_field<Ipv4Field::fragment_offset>(network) != 0) {
      return std::nullopt;
    }
    headers.protocol = Protocol{load_field<Ipv4Field::protocol>(network)};
  } else if (version == Version::ipv6) {
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
