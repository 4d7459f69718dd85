#pragma once

#include <algorithm>
#include <string_view>

#include "encap/base/bytes.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// Calls `visit(item)` for every item below `top`, in the order of the tree.
template <class Visit>
void for_each_below(const Dissection& dissection, ItemId top, Visit visit) {
  ItemId id = dissection.at(top).first_child;
  while (id != ItemId::none) {
    const Item& item = dissection.at(id);
    visit(item);
    if (item.first_child != ItemId::none) {
      id = item.first_child;
      continue;
    }
    while (id != top && dissection.at(id).next == ItemId::none) id = dissection.at(id).parent;
    id = id == top ? ItemId::none : dissection.at(id).next;
  }
}

/// Calls `visit(id)` for the layers of that name at the left of the tree.
template <class Visit>
void for_each_layer(const Dissection& dissection, std::string_view name, Visit visit) {
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = dissection.at(id).next) {
    const Field* const field = dissection.at(id).field;
    if (field != nullptr && field->name == name) visit(id);
  }
}

/// Whether the packet has a layer of that name, without a look at the items.
[[nodiscard]] inline bool has_layer(const Dissection& dissection, std::string_view name) noexcept {
  for (const Field* const layer : dissection.facts.layers) {
    if (layer->name == name) return true;
  }
  return false;
}

/// The name of an item's field; empty where it has none.
[[nodiscard]] inline std::string_view name_of(const Item& item) noexcept {
  return item.field == nullptr ? std::string_view{} : item.field->name;
}
[[nodiscard]] inline bool is_named(const Item& item, std::string_view name) noexcept {
  return item.field != nullptr && item.field->name == name;
}

/// `length` octets from where an item starts, or as many as there are.
[[nodiscard]] inline Bytes octets_at(const Dissection& dissection, const Item& item, std::size_t length) noexcept {
  if (item.source >= dissection.sources.size()) return {};
  const Bytes bytes = dissection.sources[item.source].bytes;
  const std::size_t offset = std::min<std::size_t>(item.offset, bytes.size());
  return bytes.subspan(offset, std::min(length, bytes.size() - offset));
}

/// Octets that an item was read from.
[[nodiscard]] inline Bytes octets_of(const Dissection& dissection, const Item& item) noexcept {
  return octets_at(dissection, item, item.length);
}

}  // namespace encap
