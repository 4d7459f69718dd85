#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "encap/base/input_error.h"
#include "encap/base/link_type.h"
#include "encap/base/result.h"
#include "encap/wire/endpoint.h"
#include "encap/wire/packet_buffer.h"
#include "encap/wire/protocol.h"

namespace encap {

/// Headers that stand between the link header and a packet: tags, labels, tunnels.
namespace outer {

/// The two ends of a tunnel, both of one family. What goes from the higher port to the lower one (at equal ports from
/// the lower address to the higher one) goes from `first` to `second`, so clients are mostly behind `first`.
struct Ends {
  IpAddress first;
  IpAddress second;
  friend bool operator==(const Ends&, const Ends&) = default;
};
inline constexpr Ends ipv4_ends{Ipv4Address{0xc0000201}, Ipv4Address{0xc0000202}};  ///< RFC 5737: 192.0.2.1, .2
inline constexpr Ends ipv6_ends{
    Ipv6Address{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
    Ipv6Address{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}}};  ///< RFC 3849: 2001:db8::1, ::2

/// An 802.1Q or 802.1ad tag.
struct Tag {
  EtherType announced_by = EtherType::vlan;  ///< `qinq` for a service tag
  std::uint16_t id = 0;                      ///< 0..4094
  std::uint8_t priority = 0;                 ///< 0..7
  friend bool operator==(const Tag&, const Tag&) = default;
};
/// One entry of an MPLS label stack; the last before something else has the bottom-of-stack bit.
struct Label {
  std::uint32_t label = 16;  ///< 16..1048575
  friend bool operator==(const Label&, const Label&) = default;
};
/// PPPoE and PPP, as in a session that is already there.
struct Pppoe {
  std::uint16_t session_id = 1;  ///< 1..65534
  friend bool operator==(const Pppoe&, const Pppoe&) = default;
};
/// An IP header: RFC 2003, RFC 4213 §3, RFC 2473, and RFC 4023 around MPLS.
struct Ip {
  Ends ends = ipv4_ends;
  friend bool operator==(const Ip&, const Ip&) = default;
};
/// IP and GRE. Around what needs Ethernet (a tag, PPPoE) it bridges Ethernet frames.
struct Gre {
  Ends ends = ipv4_ends;
  std::optional<std::uint32_t> key{};
  friend bool operator==(const Gre&, const Gre&) = default;
};
/// IP, UDP, VXLAN, and the header of the Ethernet frame inside.
struct Vxlan {
  Ends ends = ipv4_ends;
  std::uint32_t vni = 0;  ///< 0..16777215
  friend bool operator==(const Vxlan&, const Vxlan&) = default;
};

}  // namespace outer

using OuterLayer = std::variant<outer::Tag, outer::Label, outer::Pppoe, outer::Ip, outer::Gre, outer::Vxlan>;

/// Layers around a packet at most, every tag and label counted.
inline constexpr std::size_t most_outer_layers = 32;

/// A layer as the command line names it, for help and manual.
struct OuterShape {
  std::string_view shape;  ///< `vlan:ID[:PCP]`
  std::string_view makes;  ///< the headers that it stands for
};
[[nodiscard]] std::span<const OuterShape> outer_shapes() noexcept;

/// Reads layers, outermost first: one, or several with commas between them. A comma in front of a digit belongs to the
/// layer. Errors: a name, excerpt and reason without a place.
[[nodiscard]] Result<std::vector<OuterLayer>, InputError> parse_outer_layers(std::string_view text);

/// Whether each layer may stand where it is, and a link type carries the outermost one; without `link_type`, Ethernet.
/// Errors: a name, excerpt (the layer's name) and reason without a place.
[[nodiscard]] Result<void, InputError> check(std::span<const OuterLayer> layers, std::optional<LinkType> link_type);

/// Octets of the largest network packet that fits into all length fields of the layers, at most 65535.
[[nodiscard]] std::uint32_t most_wrapped(std::span<const OuterLayer> layers);

/// What a packet under construction begins with: for the header that is to announce it.
struct Front {
  EtherType type = EtherType::ipv4;
  IpAddress source;  ///< of the outermost IP header
  IpAddress destination;
};

/// Puts the layers in front of the network packet in `buffer`, which goes along `route`. A pure function of its
/// arguments; outer IPv4 headers have identification 0 and DF, as packets that are never fragmented may have it
/// (RFC 6864 §4.1). Preconditions: `check` accepts the layers, the packet is no longer than `most_wrapped`.
Front wrap(PacketBuffer& buffer, std::span<const OuterLayer> layers, const Route& route, std::uint8_t time_to_live);

}  // namespace encap
