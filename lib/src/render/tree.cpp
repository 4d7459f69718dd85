#include "encap/render/tree.h"

#include <algorithm>
#include <cstring>

#include "dissect/item_text.h"
#include "dissect/items.h"
#include "encap/render/hex.h"
#include "render/line_cache.h"

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
/// The line of an item that has one of its own. Nothing is done unless it is of the usual length.
bool write_text_line(TextWriter& out, const Item& item) {
  if (item.text.size() > longest_line) return false;
  const std::size_t indent = std::min((item.depth - 1u) * level_indent, widest_indent);
  char* to = out.reserve(widest_indent + longest_line + std::string_view{"[]\n"}.size());
  constexpr std::size_t most_often = 16;
  std::memset(to, ' ', most_often);  // a size that is known is an instruction or two
  if (indent > most_often) std::memset(to + most_often, ' ', indent - most_often);
  to += indent;
  if (item.generated) *to++ = '[';
  to = std::copy(item.text.begin(), item.text.end(), to);
  if (item.generated) *to++ = ']';
  *to++ = '\n';
  out.advance(to);
  return true;
}
void write_line(TextWriter& out, const Item& item, LineCache* known) {
  if (!item.text.empty() && write_text_line(out, item)) return;
  if (known == nullptr || !item.text.empty()) return write_line(out, item);
  known->add(out, item, item.depth * 2u + (item.generated ? 1 : 0), [&] { write_line(out, item); });
}

/// The item after `id` in the order of the tree, its own children left out unless `into`.
ItemId following(const Dissection& dissection, ItemId id, bool into) {
  if (into && dissection.at(id).first_child != ItemId::none) return dissection.at(id).first_child;
  while (id != ItemId::none && dissection.at(id).next == ItemId::none) id = dissection.at(id).parent;
  return id == ItemId::none ? id : dissection.at(id).next;
}

/// `known`: may be null.
void write_tree(std::string& out, const Dissection& dissection, const TreeOptions& options, LineCache* known) {
  TextWriter writer{out};
  bool into = true;
  for (ItemId id = dissection.at(ItemId::root).first_child; id != ItemId::none; id = following(dissection, id, into)) {
    const Item& item = dissection.at(id);
    into = !item.hidden;
    if (item.hidden) continue;
    write_line(writer, item, known);
    if (item.depth == 1 && !options.detailed.empty() &&
        std::find(options.detailed.begin(), options.detailed.end(), name_of(item)) == options.detailed.end()) {
      into = false;
      continue;
    }
    if (item.is_layer && options.dump_data && is_named(item, "data")) {
      writer.add('\n');
      append_hex_dump(writer.text(), octets_of(dissection, item));
    }
  }
  writer.add('\n');
}

}  // namespace

void append_tree(std::string& out, const Dissection& dissection, const TreeOptions& options) {
  write_tree(out, dissection, options, nullptr);
}

class TreeWriter::State {
 public:
  explicit State(const TreeOptions& options) : options_{options} {}
  void packet(std::string& out, const Dissection& dissection) { write_tree(out, dissection, options_, &lines_); }

 private:
  TreeOptions options_;
  LineCache lines_;
};

TreeWriter::TreeWriter(const TreeOptions& options) : state_{std::make_unique<State>(options)} {}
TreeWriter::TreeWriter(TreeWriter&&) noexcept = default;
TreeWriter& TreeWriter::operator=(TreeWriter&&) noexcept = default;
TreeWriter::~TreeWriter() = default;

void TreeWriter::packet(std::string& out, const Dissection& dissection) { state_->packet(out, dissection); }

}  // namespace encap
