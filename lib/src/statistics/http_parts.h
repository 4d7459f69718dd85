#pragma once

#include <algorithm>
#include <cstdint>

#include "dissect/items.h"

namespace encap {

/// One message of HTTP, or text in its place. Lifetime: that of the dissection.
struct HttpParts {
  ItemId layer = ItemId::none;
  Bytes head{};           ///< first line and field lines, and the empty line behind them; may be empty
  bool has_body = false;  ///< one whose codings could be taken away
  Bytes body{};           ///< without them; may be empty
};

/// Calls `visit(parts)` for every HTTP message that the packet completes.
template <class Visit>
void for_each_http_parts(const Dissection& dissection, Visit visit) {
  if (!has_layer(dissection, "http")) return;
  for_each_layer(dissection, "http", [&](ItemId id) {
    const Item& layer = dissection.at(id);
    HttpParts parts;
    parts.layer = id;
    Item head = layer;
    std::uint32_t end = layer.offset;
    bool in_head = true;
    for (ItemId child = layer.first_child; child != ItemId::none; child = dissection.at(child).next) {
      const Item& item = dissection.at(child);
      if (is_named(item, "http.file_data")) {
        parts.body = octets_of(dissection, item);
        parts.has_body = true;
      }
      if (item.source != layer.source || item.length == 0) continue;
      if (item.offset + item.length == layer.offset) head.offset = item.offset;  // an empty line in front
      if (!in_head || item.offset != end || is_named(item, "data") || is_named(item, "http.file_data")) continue;
      // The lines follow each other up to an empty one.
      end += item.length;
      const std::string_view text = as_text(octets_of(dissection, item));
      in_head = text != "\r\n" && text != "\n";
    }
    if (end == layer.offset) {
      if (!parts.has_body) return;
    } else {
      // Where there is a body the layer's length is that of the head.
      head.length = std::min(end, layer.offset + layer.length) - head.offset;
      parts.head = octets_of(dissection, head);
    }
    visit(parts);
  });
}

}  // namespace encap
