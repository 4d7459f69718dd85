#pragma once

#include "dissect/packet.h"

namespace encap {

/// Whether a frame may end in a frame check sequence.
enum class FrameCheck : std::uint8_t { absent, perhaps };

/// Reads what an EtherType announces, from `payload_offset` of `in` on; as data, with the type for a protocol, where
/// nobody knows it. What stops the packet in there is told here, so that the layer's trailer is still shown: the octets
/// which the payload's own length leaves over go under `layer`, as `trailer`.
void call_ethertype(Packet& packet, const Octets& in, std::uint32_t payload_offset, std::uint16_t type, ItemId layer,
                    const Field& trailer, FrameCheck frame_check);

/// Reads an IEEE 802.3 frame: `length` octets of LLC from `payload_offset` on, then the trailer. `length_item` is where
/// a length past the end is noted, as `past_end`.
void call_length_counted(Packet& packet, const Octets& in, std::uint32_t payload_offset, std::uint16_t length,
                         ItemId length_item, const Note& past_end, ItemId layer, const Field& trailer,
                         FrameCheck frame_check);

/// Shows what follows octet `payload_end` of `in`: padding, a trailer, a frame check sequence.
/// Where the frame's end is not known to be one, four octets at the end of a frame of 64 octets or more are taken for
/// it. Padding is zeros up to the 60 octets that IEEE 802.3 asks for.
void add_trailer(Packet& packet, const Octets& in, std::uint32_t payload_end, ItemId layer, const Field& trailer,
                 FrameCheck frame_check);

/// An address of six octets with its LG and IG bits, found by both its own names and the common ones. `of_group` is
/// noted where it is a group's.
struct EtherAddressFields {
  Field address, resolved, oui, lg, ig;
};
void add_ether_address(Packet& packet, ItemId layer, const EtherAddressFields& fields, const Octets& in,
                       std::uint32_t offset, const Note* of_group = nullptr);

/// Where the link layer has no addresses, the columns say so: N/A, also for the protocol.
void set_no_addresses(Packet& packet) noexcept;

/// Whether all octets are zero; true of none.
[[nodiscard]] bool all_zero(Bytes octets) noexcept;

}  // namespace encap
