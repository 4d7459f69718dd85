#pragma once

#include <algorithm>
#include <cstdint>

#include "statistics/items.h"

namespace encap {

/// One message of HTTP, or what came in its place. Lifetime: that of the dissection.
struct HttpParts {
  ItemId layer = ItemId::none;
  Bytes head{};           ///< first line and field lines, and the empty line behind them; may be empty
  Bytes body{};           ///< without chunks and content codings
  bool has_body = false;  ///< which may be empty all the same, once it is decoded
  bool decoded = true;    ///< false: its coding is not known, or what it says it is it is not
};

/// Calls `visit(parts)` for every HTTP message that the packet completes.
template <class Visit>
void for_each_http_parts(const Dissection& dissection, Visit visit) {
  if (!has_layer(dissection, "http")) return;
  for_each_layer(dissection, "http", [&](ItemId id) {
    const Item& layer = dissection.at(id);
    HttpParts parts;
    parts.layer = id;
    std::uint32_t end = layer.offset;
    bool in_head = true;
    for (ItemId child = layer.first_child; child != ItemId::none; child = dissection.at(child).next) {
      const Item& item = dissection.at(child);
      const std::string_view name = item.field == nullptr ? std::string_view{} : item.field->name;
      if (name == "http.file_data") {
        parts.body = octets_of(dissection, item);
        parts.has_body = true;
      } else if (name == "data" && !parts.has_body) {
        parts.body = octets_of(dissection, item);
        parts.has_body = true;
        parts.decoded = false;
      }
      // The lines of the head follow each other.
      in_head = in_head && item.source == layer.source;
      if (in_head && item.offset == end) end += item.length;
    }
    Item head = layer;
    head.length = std::min(end - layer.offset, layer.length);
    parts.head = octets_of(dissection, head);
    visit(parts);
  });
}

}  // namespace encap
