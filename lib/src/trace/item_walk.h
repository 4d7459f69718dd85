#pragma once

#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap::trace {

[[nodiscard]] inline std::string_view name_of(const Item& item) noexcept {
  return item.field == nullptr ? "" : item.field->name;
}

/// Calls `visit(item)` for every item below `top`.
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

}  // namespace encap::trace
