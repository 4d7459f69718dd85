#include "dissect/link_layer.h"

#include <algorithm>
#include <fmt/compile.h>

#include "dissect/link_names.h"
#include "dissect/protocols/ethernet.h"
#include "dissect/protocols/llc.h"

namespace encap {
void set_no_addresses(Packet& p) noexcept {
  static constexpr Address nowhere{{'N', '/', 'A'}, Address::Kind::text, 3};
  p.set_protocol("N/A");
  p.set_addresses(nowhere, nowhere);
}

bool all_zero(Bytes octets) noexcept {
  return std::all_of(octets.begin(), octets.end(), [](std::byte octet) { return octet == std::byte{0}; });
}

void call_ethertype(Packet& p, const Octets& in, std::uint32_t payload_offset, std::uint16_t type, ItemId layer,
                    const Field& trailer, FrameCheck frame_check) {
  if (p.stopped()) return;
  p.add_layer_name("ethertype");
  const Octets payload = in.from(payload_offset);
  std::uint32_t own = 0;
  p.guard([&] {
    const ProtocolInfo* protocol = find_protocol(Table::ethertype, type);
    if (protocol != nullptr) own = p.call(*protocol, payload);
    if (own != 0 || p.stopped()) return;
    p.call_data(payload);
    if (!p.columns()) return;
    p.out.columns.protocol.clear();
    fmt::format_to_n(p.out.columns.protocol.reserve(6), 6, FMT_COMPILE("0x{:04x}"), type);
    p.out.columns.protocol.advance(p.out.columns.protocol.reserve(6) + 6);
    if (const std::string_view name = find_name(ethertype_names, type); !name.empty()) p.set_info(name);
  });
  if (own == 0 || own > payload.reported) own = payload.reported;
  p.protocol_name = "Ethertype";
  add_trailer(p, in, payload_offset + own, layer, trailer, frame_check);
}

void call_length_counted(Packet& p, const Octets& in, std::uint32_t payload_offset, std::uint16_t length,
                         ItemId length_item, const Note& past_end, ItemId layer, const Field& trailer,
                         FrameCheck frame_check) {
  if (p.stopped()) return;
  const Octets rest = in.from(payload_offset);
  std::uint32_t own = length;
  if (own > rest.reported) {
    own = rest.reported;
    p.note(length_item, past_end);
  }
  const Octets payload = rest.part(0, own);
  bool stopped = false;
  p.guard([&] {
    // Novell's raw frames have no LLC; their first field is all ones.
    const bool raw = rest.captured >= 2 && load_be16(rest.bytes(), 0) == 0xffff;
    if (raw) {
      p.call_data(payload);
    } else {
      p.call(llc_protocol, payload);
    }
    stopped = p.stopped();
  });
  // Who reads as much as there is of it has not seen that the capture ends there.
  if (!stopped && rest.captured <= own && rest.captured < rest.reported) p.stop(Stop::not_captured);
  add_trailer(p, in, payload_offset + own, layer, trailer, frame_check);
}

void add_trailer(Packet& p, const Octets& in, std::uint32_t payload_end, ItemId layer, const Field& trailer,
                 FrameCheck frame_check) {
  if (p.stopped() || payload_end > in.captured) return;
  const Octets rest = in.from(payload_end);
  if (rest.captured == 0) return;
  std::uint32_t length = rest.captured;
  std::uint32_t reported = rest.reported;
  std::uint32_t padding = 0;
  bool other_padding = false;
  static constexpr std::uint32_t least_frame = 60;
  // The sixty count from the frame's first octet, tags and all.
  const std::uint32_t frame_end =
      payload_end + (in.source == 0 ? static_cast<std::uint32_t>(in.data - p.out.record->bytes.data()) : 0);
  if (p.out.record->original_length >= least_frame && frame_end < least_frame) {
    padding = std::min(least_frame - frame_end, rest.reported);
    if (!p.need(rest, 0, padding)) return;
    if (!all_zero(rest.bytes().first(padding))) {
      padding = 0;
      other_padding = true;
    }
    if (padding != 0) p.add(layer, ethernet_padding, rest, 0, padding);
    length -= padding;
    reported -= padding;
  }
  bool has_check = false;
  if (frame_check == FrameCheck::perhaps && in.reported >= 64 && reported >= 4) {
    has_check = true;
    reported -= 4;
    length = length <= reported ? length : reported;
  }
  if (length != 0) {
    const ItemId id = p.add(layer, trailer, rest, padding, length);
    if (other_padding) p.note(id, ethernet_padding_bad);
  }
  if (!has_check) return;
  const std::uint32_t at = padding + length;
  if (!p.need(rest, at, 4)) return;
  const ItemId sum = p.add(layer, ethernet_fcs, rest, at, 4);
  p.append_text(sum, " [unverified]");
  p.set_text(p.generated(p.add(layer, ethernet_fcs_status, rest, at, 0, 2)), "FCS Status: Unverified");
}

void add_ether_address(Packet& p, ItemId layer, const EtherAddressFields& fields, const Octets& in,
                       std::uint32_t offset, const Note* of_group) {
  if (!p.wants_items()) return;
  const std::string_view text = p.text_of(p.address(Address::Kind::ether, in, offset));
  const Octets at = in.from(offset);
  const ItemId id = p.add(layer, fields.address, at, 0, 6);
  if (of_group != nullptr && (p.u8(at, 0) & 1) != 0) p.note(id, *of_group);
  p.hidden(p.generated(p.add_string(id, fields.resolved, at, 0, 6, text, true)));
  p.hidden(p.generated(p.add(id, fields.oui, at, 0, 3)));
  p.add(id, ethernet_address, at, 0, 6);
  p.hidden(p.generated(p.add_string(id, ethernet_address_resolved, at, 0, 6, text, true)));
  p.hidden(p.generated(p.add(id, ethernet_address_oui, at, 0, 3)));
  p.hidden(p.add(id, fields.lg, at));
  p.add(id, ethernet_lg, at);
  p.hidden(p.add(id, fields.ig, at));
  p.add(id, ethernet_ig, at);
}

}  // namespace encap
