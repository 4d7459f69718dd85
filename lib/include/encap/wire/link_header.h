#pragma once

#include <optional>

#include "encap/base/link_type.h"
#include "encap/wire/ethernet.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"

namespace encap {

/// What stands in front of a packet on its link.
struct LinkHeader {
  std::size_t length = 0;           ///< octets, VLAN tags among them
  std::optional<EtherType> type{};  ///< of what follows, where the header has an EtherType
};

/// The link header of a packet. A VLAN tag that is cut off is no part of it: then the type is that of the tag. Nothing
/// where the packet ends within its link header.
[[nodiscard]] constexpr std::optional<LinkHeader> link_header(LinkType link, Bytes packet) noexcept {
  switch (link) {
    case LinkType::ethernet: {
      if (packet.size() < EthernetView::header_length) return std::nullopt;
      std::size_t length = EthernetView::header_length;
      auto type = EtherType{load_field<EthernetField::type>(packet)};
      while ((type == EtherType::vlan || type == EtherType::qinq) &&
             packet.size() - length >= VlanView::header_length) {
        type = EtherType{load_field<VlanField::type>(packet.subspan(length))};
        length += VlanView::header_length;
      }
      return LinkHeader{length, type};
    }
    case LinkType::null:
    case LinkType::loop:
      if (packet.size() < NullLoopbackView::header_length) return std::nullopt;
      return LinkHeader{NullLoopbackView::header_length};
    case LinkType::linux_sll:
      if (packet.size() < LinuxSllView::header_length) return std::nullopt;
      return LinkHeader{LinuxSllView::header_length, EtherType{load_field<LinuxSllField::type>(packet)}};
    case LinkType::linux_sll2:
      if (packet.size() < LinuxSll2Field::header_length) return std::nullopt;
      return LinkHeader{LinuxSll2Field::header_length, EtherType{load_field<LinuxSll2Field::type>(packet)}};
    case LinkType::raw:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return LinkHeader{};
  }
  return std::nullopt;
}

}  // namespace encap
