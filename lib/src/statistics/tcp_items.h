#pragma once

#include <cstdint>
#include <optional>

#include "dissect/items.h"

namespace encap {

/// What the items of a packet say of its TCP segment. Lifetime: that of the dissection.
struct TcpItems {
  std::uint32_t sequence_number = 0;  ///< relative, as is the other
  std::uint32_t acknowledgment_number = 0;
  std::uint16_t flags = 0;
  bool accurate_ecn = false;
  bool has_length = false;   ///< it is no fragment alone
  std::uint32_t length = 0;  ///< octets of payload on the wire
  Bytes payload{};           ///< those that were captured
};

/// Of the innermost TCP layer; nothing where there is none.
[[nodiscard]] inline std::optional<TcpItems> tcp_items(const Dissection& dissection) {
  const Item* layer = nullptr;
  for_each_layer(dissection, "tcp", [&](ItemId id) { layer = &dissection.at(id); });
  if (layer == nullptr) return std::nullopt;
  TcpItems tcp;
  std::uint32_t header = 0;
  for (ItemId id = layer->first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Item& item = dissection.at(id);
    if (item.field == nullptr) continue;
    const std::string_view name = item.field->name;
    const auto value = static_cast<std::uint32_t>(item.number);
    if (name == "tcp.seq") {
      tcp.sequence_number = value;
    } else if (name == "tcp.ack") {
      tcp.acknowledgment_number = value;
    } else if (name == "tcp.hdr_len") {
      header = value;
    } else if (name == "tcp.len") {
      tcp.length = value;
      tcp.has_length = true;
    } else if (name == "tcp.flags") {
      tcp.flags = static_cast<std::uint16_t>(value);
      for (ItemId flag = item.first_child; flag != ItemId::none; flag = dissection.at(flag).next) {
        const Field* const field = dissection.at(flag).field;
        tcp.accurate_ecn = tcp.accurate_ecn || (field != nullptr && field->name == "tcp.flags.ace");
      }
    }
  }
  Item payload = *layer;
  payload.offset += header;
  payload.length = layer->reach - std::min(layer->reach, header);
  tcp.payload = octets_of(dissection, payload);
  return tcp;
}

}  // namespace encap
