#include "encap/render/tree.h"

#include <algorithm>

#include "dissect/item_text.h"
#include "dissect/items.h"
#include "encap/render/hex.h"

namespace encap {
namespace {

constexpr std::size_t level_indent = 4;
constexpr std::size_t widest_indent = 160;

void write_line(TextWriter& out, const Item& item) {
  out.add(std::min((item.depth - 1u) * level_indent, widest_indent), ' ');
  if (item.generated) out.add('[');
  write_label(out, item);
  out.add(item.generated ? "]\n" : "\n");
}

/// The item after `id` in the order of the tree, its own children left out unless `into`.
ItemId following(const Dissection& dissection, ItemId id, bool into) {
  if (into && dissection.at(id).first_child != ItemId::none) return dissection.at(id).first_child;
  while (id != ItemId::none && dissection.at(id).next == ItemId::none) id = dissection.at(id).parent;
  return id == ItemId::none ? id : dissection.at(id).next;
}

}  // namespace

void append_tree(std::string& out, const Dissection& dissection, const TreeOptions& options) {
  TextWriter writer{out};
  bool into = true;
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = following(dissection, id, into)) {
    const Item& item = dissection.at(id);
    into = !item.hidden;
    if (item.hidden) continue;
    write_line(writer, item);
    const std::string_view name = item.field != nullptr ? item.field->name : std::string_view{};
    if (item.depth == 1 && !options.detailed.empty() &&
        std::find(options.detailed.begin(), options.detailed.end(), name) == options.detailed.end()) {
      into = false;
      continue;
    }
    if (options.dump_data && name == "data") {
      writer.add('\n');
      append_hex_dump(writer.text(), octets_of(dissection, item));
    }
  }
  writer.add('\n');
}

}  // namespace encap
