#include "encap/render/json.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/civil_time.h"
#include "dissect/item_text.h"
#include "dissect/items.h"
#include "encap/dissect/field_table.h"
#include "render/json_text.h"
#include "render/line_cache.h"
#include "render/text.h"

namespace encap {
namespace {

constexpr unsigned deepest = 250;  // levels of items that are written; no packet of a real protocol has 30

// Wireshark's numbers of field types. Source: `tshark -G ftypes`, in its order.
struct TypeNumber {
  FieldType type;
  unsigned number;
};
constexpr TypeNumber type_numbers[] = {
    {FieldType::none, 0},    {FieldType::protocol, 1},       {FieldType::boolean, 2},
    {FieldType::uint8, 4},   {FieldType::uint16, 5},         {FieldType::uint24, 6},
    {FieldType::uint32, 7},  {FieldType::uint64, 11},        {FieldType::int32, 15},
    {FieldType::int64, 19},  {FieldType::absolute_time, 24}, {FieldType::relative_time, 25},
    {FieldType::string, 26}, {FieldType::ether, 29},         {FieldType::bytes, 30},
    {FieldType::ipv4, 32},   {FieldType::ipv6, 33},          {FieldType::frame_number, 35},
    {FieldType::eui64, 38}};

unsigned type_number(FieldType type) noexcept {
  const auto* const found = std::find_if(std::begin(type_numbers), std::end(type_numbers),
                                         [type](const TypeNumber& each) { return each.type == type; });
  return found != std::end(type_numbers) ? found->number : 0;
}

/// The bits of a field within the word it is drawn in; 0 when it has its octets for itself.
std::uint64_t bit_mask(const Field& field) noexcept {
  if (!field.is_bit_field()) return 0;
  const unsigned drawn =
      field.look.drawn_bits != 0 ? field.look.drawn_bits : static_cast<unsigned>(field.octet_count() * 8);
  const unsigned before = field.look.drawn_bits != 0 ? field.look.drawn_before : field.bit_offset % 8u;
  const unsigned behind = drawn - before - field.bit_width;
  return behind < 64 ? ((std::uint64_t{1} << field.bit_width) - 1) << behind : 0;
}

/// A layer, as opposed to a part of one that goes by a protocol's name and has its octets for a value.
bool is_layer(const Item& item) noexcept {
  return item.field != nullptr && item.field->type == FieldType::protocol && item.data == nullptr;
}
bool has_value(const Item& item) noexcept {
  return item.field != nullptr && item.field->type != FieldType::none && !is_layer(item);
}

}  // namespace

class JsonWriter::State {
 public:
  explicit State(const JsonFormat& format) : format_{format} {}

  void begin(std::string& out) {
    if (lines()) return;
    TextWriter text{out};
    pretty_.write_to(text);
    pretty_.begin_array();
  }
  void resume() {
    if (!lines()) pretty_.resume_array();
  }
  void end(std::string& out) {
    if (lines()) return;
    TextWriter text{out};
    pretty_.write_to(text);
    pretty_.end_array();
    text.add('\n');
  }

  void packet(std::string& out, const Dissection& dissection, const FieldSelection* fields) {
    TextWriter text{out};
    pretty_.write_to(text);
    compact_.write_to(text);
    dissection_ = &dissection;
    if (lines()) {
      write_line(text, fields);
    } else {
      write_tree(fields);
    }
  }

 private:
  // Children of one item, or for lines the fields of one layer, grouped by their keys.
  struct Node {
    std::string_view key;
    ItemId id;
    std::uint32_t order = 0;
    std::uint32_t group = 0;  // order of the first with that key
  };
  using Nodes = std::vector<Node>;

  [[nodiscard]] bool lines() const noexcept { return format_.shape == JsonFormat::Shape::lines; }
  [[nodiscard]] const Item& at(ItemId id) const noexcept { return dissection_->at(id); }

  void add_node(std::string_view key, ItemId id) {
    const auto order = static_cast<std::uint32_t>(nodes_.size());
    Node& node = nodes_.emplace_back();  // and filled where it stays: a copy would wait for what was just written
    node.key = key;
    node.id = id;
    node.order = order;
  }
  /// Puts what `nodes_` has from `start` on in an order in which those of one key follow one another, in that of the
  /// first.
  void group(std::size_t start) {
    const auto first = nodes_.begin() + static_cast<std::ptrdiff_t>(start);
    constexpr std::size_t few = 32;  // nodes; more are sorted by their keys first
    bool is_grouped = true;
    if (nodes_.size() - start <= few) {
      std::array<bool, 256> seen{};  // marks of keys
      for (auto node = first; node != nodes_.end(); ++node) {
        node->group = node->order;
        if (!std::exchange(seen[mark_of(node->key)], true)) continue;
        const auto same = std::find_if(first, node, [&](const Node& before) { return has_same_key(before, *node); });
        if (same == node) continue;
        node->group = same->group;
        is_grouped = is_grouped && node->group == (node - 1)->group;
      }
    } else {
      is_grouped = false;
      std::sort(first, nodes_.end(),
                [](const Node& a, const Node& b) { return a.key != b.key ? a.key < b.key : a.order < b.order; });
      for (auto node = first; node != nodes_.end(); ++node) {
        node->group = node != first && node->key == (node - 1)->key ? (node - 1)->group : node->order;
      }
    }
    if (is_grouped) return;
    std::sort(first, nodes_.end(),
              [](const Node& a, const Node& b) { return a.group != b.group ? a.group < b.group : a.order < b.order; });
  }
  // Names that differ mostly do so in their length or at their end.
  [[nodiscard]] static bool has_same_key(const Node& a, const Node& b) noexcept {
    if (a.key.size() != b.key.size()) return false;
    return a.key.data() == b.key.data() || a.key.empty() || (a.key.back() == b.key.back() && a.key == b.key);
  }
  /// The same for the same key, mostly another one for others.
  [[nodiscard]] static std::uint8_t mark_of(std::string_view key) noexcept {
    if (key.empty()) return 0;
    const auto at = [key](std::size_t place) { return std::size_t{static_cast<unsigned char>(key[place])}; };
    return static_cast<std::uint8_t>(key.size() * 5 + at(key.size() - 1) * 11 + at(key.size() * 3 / 4) * 47);
  }
  /// The end of the group that starts at `at`.
  [[nodiscard]] std::size_t group_end(std::size_t at, std::size_t end) const noexcept {
    std::size_t next = at + 1;
    while (next < end && nodes_[next].group == nodes_[at].group) ++next;
    return next;
  }

  /// The line of an item without a field, as it is a key or a value. Lifetime: until the next packet.
  std::string_view line_of(const Item& item) {
    if (item.field != nullptr) return item.field->name;
    return item.text;
  }

  static void value(JsonText& writer, const Item& item) {
    writer.value([&] { write_string(writer, item); });
  }
  static void write_string(JsonText& writer, const Item& item) {
    switch (item.field->type) {
      case FieldType::string:
        writer.write_string(item.string());
        break;
      case FieldType::bytes:
      case FieldType::protocol:
        writer.write_plain([&item](TextWriter& out) { out.add_octets_with_colons(item.octets()); });
        break;
      default:
        writer.write_plain([&item](TextWriter& out) { write_value(out, item); });
    }
  }

  void index(JsonText& writer) {
    const CivilTime at = local_time(dissection_->record->has_timestamp ? dissection_->record->timestamp : Timestamp{});
    writer.key("_index");
    writer.plain_string([&at](TextWriter& out) {
      out.add("packets-");
      out.add_padded(static_cast<std::uint64_t>(at.year), 4);
      out.add('-');
      out.add_padded(at.month, 2);
      out.add('-');
      out.add_padded(at.day, 2);
    });
    writer.key("_type");
    writer.string("doc");
  }

  // --- a tree ----------------------------------------------------------------------------------------------------

  void write_tree(const FieldSelection* fields) {
    pretty_.begin_object();
    index(pretty_);
    pretty_.key("_score");
    pretty_.literal("null");
    pretty_.key("_source");
    pretty_.begin_object();
    pretty_.key("layers");
    if (fields != nullptr) {
      selected(pretty_, *fields);
    } else {
      children(ItemId::root, 0);
    }
    pretty_.end_object();
    pretty_.end_object();
  }

  void selected(JsonText& writer, const FieldSelection& fields) {
    writer.begin_object();
    for (std::size_t name = 0; name < fields.names().size(); ++name) {
      const auto same_before = fields.names().begin() + static_cast<std::ptrdiff_t>(name);
      if (fields.count(name) == 0 || std::find(fields.names().begin(), same_before, *same_before) != same_before)
        continue;
      if (lines()) {
        key_with_underscores(writer, fields.names()[name], {});
      } else {
        writer.key(fields.names()[name]);
      }
      writer.begin_array();
      for (std::size_t i = 0; i < fields.count(name); ++i) writer.string(fields.value(name, i));
      writer.end_array();
    }
    writer.end_object();
  }

  void children(ItemId parent, unsigned depth) {
    pretty_.begin_object();
    const std::size_t start = nodes_.size();
    for (ItemId id = at(parent).first_child; id != ItemId::none && depth < deepest; id = at(id).next) {
      add_node(line_of(at(id)), id);
    }
    group(start);
    for (std::size_t first = start, end = nodes_.size(); first < end;) {
      const std::size_t next = group_end(first, end);
      write_group(first, next, depth);
      first = next;
    }
    nodes_.resize(start);
    pretty_.end_object();
  }

  /// One value, or an array of them.
  template <class Write>
  void values(std::size_t first, std::size_t end, Write write) {
    if (end - first > 1) pretty_.begin_array();
    for (std::size_t i = first; i < end; ++i) write(nodes_[i].id);
    if (end - first > 1) pretty_.end_array();
  }

  void write_group(std::size_t first, std::size_t end, unsigned depth) {
    const Item& item = at(nodes_[first].id);
    const std::string_view name = nodes_[first].key;
    const bool valued = has_value(item);
    if (end - first == 1 && valued && format_.text && !format_.raw) {
      pretty_.member(known_, item, name, [&] { write_string(pretty_, item); });
      if (item.first_child != ItemId::none) {
        pretty_.plain_key(name, "_tree");
        children(nodes_[first].id, depth + 1);
      }
      return;
    }
    bool parents = false;
    for (std::size_t i = first; i < end; ++i) parents = parents || at(nodes_[i].id).first_child != ItemId::none;
    if (format_.raw && (item.length > 0 || (!format_.text && item.field != nullptr))) {
      key(item, name, "_raw");
      values(first, end, [this](ItemId id) { raw(at(id)); });
    }
    if (format_.text && valued) {
      key(item, name);
      values(first, end, [this](ItemId id) { valued_or_empty(at(id)); });
    }
    if (parents) {
      key(item, name, valued ? "_tree" : "");
      values(first, end, [this, depth](ItemId id) {
        if (at(id).first_child != ItemId::none) {
          children(id, depth + 1);
        } else {
          without_value(at(id));
        }
      });
    } else if (format_.text && !valued) {
      key(item, name);
      values(first, end, [this](ItemId id) { without_value(at(id)); });
    }
  }

  /// Names of fields are plain, lines may hold anything.
  void key(const Item& item, std::string_view name, std::string_view suffix = {}) {
    if (item.field != nullptr) {
      pretty_.plain_key(name, suffix);
    } else {
      pretty_.key(name, suffix);
    }
  }

  void valued_or_empty(const Item& item) {
    if (has_value(item)) {
      value(pretty_, item);
    } else {
      pretty_.string("");
    }
  }

  /// A layer without fields is its line; everything else of that kind is empty.
  void without_value(const Item& item) {
    if (!is_layer(item)) {
      pretty_.string("");
      return;
    }
    value_.clear();
    append_label(value_, *dissection_, item);
    pretty_.string(value_);
  }

  /// A field's octets in hexadecimal; of a field of bits, its value.
  void raw_string(JsonText& writer, const Item& item) {
    writer.plain_string([&](TextWriter& out) {
      if (item.field != nullptr && item.field->is_bit_field()) {
        out.add_hex(item.number, 1, "0123456789ABCDEF");
      } else {
        out.add_octets(octets_of(*dissection_, item));
      }
    });
  }

  void raw(const Item& item) {
    pretty_.begin_array();
    raw_string(pretty_, item);
    pretty_.number(item.offset);
    pretty_.number(item.length);
    pretty_.number(item.field != nullptr ? bit_mask(*item.field) : 0);
    pretty_.number(item.field != nullptr ? type_number(item.field->type) : 0);
    pretty_.end_array();
  }

  // --- lines -----------------------------------------------------------------------------------------------------

  void write_line(TextWriter& out, const FieldSelection* fields) {
    compact_.begin_object();
    compact_.key("index");
    compact_.begin_object();
    index(compact_);
    compact_.end_object();
    compact_.end_object();
    out.add('\n');

    compact_.begin_object();
    compact_.key("timestamp");
    const Timestamp at = dissection_->record->has_timestamp ? dissection_->record->timestamp : Timestamp{};
    compact_.plain_string([&at](TextWriter& digits) {
      if (at.nanoseconds < 0) digits.add('-');
      const std::int64_t seconds = at.seconds();
      digits.add_decimal(static_cast<std::uint64_t>(seconds < 0 ? -seconds : seconds));
      digits.add_padded(at.subsecond() / 1'000'000, 3);
    });
    if (format_.info) {
      columns();
    } else {
      compact_.key("layers");
      if (fields != nullptr) {
        selected(compact_, *fields);
      } else {
        row(ItemId::root, 0);
      }
    }
    compact_.end_object();
    out.add('\n');
  }

  void columns() {
    const Columns& shown = dissection_->columns;
    const auto column = [this](const char* name, auto append) {
      compact_.key(name);
      value_.clear();
      append(value_);
      compact_.string(value_);
    };
    column("no_", [this](std::string& out) { append_decimal(out, dissection_->frame_number); });
    column("time", [this](std::string& out) { append_time(out, *dissection_, TimeFormat::relative); });
    column("source", [&](std::string& out) { append_text(out, shown.source); });
    column("destination", [&](std::string& out) { append_text(out, shown.destination); });
    column("protocol", [&](std::string& out) { append_shown(out, shown.protocol.text()); });
    column("length", [this](std::string& out) {
      append_decimal(out,
                     std::max<std::uint64_t>(dissection_->record->original_length, dissection_->record->bytes.size()));
    });
    column("info", [&](std::string& out) { append_shown(out, shown.info.text()); });
  }

  /// Takes what lies under `parent` for one row, layers inside it as one entry each.
  void gather(ItemId parent, unsigned depth) {
    for (ItemId id = at(parent).first_child; id != ItemId::none && depth < deepest; id = at(id).next) {
      const Item& item = at(id);
      add_node(item.field != nullptr ? item.field->name : std::string_view{"text"}, id);
      if (!is_layer(item)) gather(id, depth + 1);
    }
  }

  void row(ItemId parent, unsigned depth) {
    compact_.begin_object();
    const std::size_t start = nodes_.size();
    gather(parent, depth);
    group(start);
    for (std::size_t first = start, end = nodes_.size(); first < end;) {
      const std::size_t next = group_end(first, end);
      write_entry(first, next, depth);
      first = next;
    }
    nodes_.resize(start);
    compact_.end_object();
  }

  void write_entry(std::size_t first, std::size_t end, unsigned depth) {
    const Item& item = at(nodes_[first].id);
    const auto list = [&](auto write) {
      if (end - first > 1) compact_.begin_array();
      for (std::size_t i = first; i < end; ++i) write(at(nodes_[i].id), nodes_[i].id);
      if (end - first > 1) compact_.end_array();
    };
    if (format_.raw && item.field != nullptr && item.length > 0) {
      entry_key(item, "_raw");
      list([this](const Item& each, ItemId) { raw_string(compact_, each); });
    }
    entry_key(item, {});
    list([this, depth](const Item& each, ItemId id) {
      if (is_layer(each)) {
        row(id, depth + 1);
      } else {
        entry_value(each);
      }
    });
  }

  /// `tcp_tcp_srcport`: the protocol and the field; a protocol alone is its name.
  void entry_key(const Item& item, std::string_view suffix) {
    if (item.field == nullptr) {
      compact_.key("text");
      return;
    }
    const std::string_view name = item.field->name;
    if (item.field->type == FieldType::protocol) {
      key_with_underscores(compact_, name, suffix);
      return;
    }
    const FieldEntry* const entry = find_field(name);
    const std::string_view owner = entry != nullptr ? entry->protocol : name.substr(0, name.find('.'));
    name_.assign(owner);
    name_ += '_';
    name_ += name;
    key_with_underscores(compact_, name_, suffix);
  }

  void key_with_underscores(JsonText& writer, std::string_view name, std::string_view suffix) {
    value_.assign(name);
    std::replace(value_.begin(), value_.end(), '.', '_');
    writer.plain_key(value_, suffix);
  }

  void entry_value(const Item& item) {
    if (item.field == nullptr) return compact_.string(item.text);
    switch (item.field->type) {
      case FieldType::none:
        compact_.literal("null");
        break;
      case FieldType::boolean:
        compact_.literal(item.number != 0 ? "true" : "false");
        break;
      case FieldType::absolute_time:
        compact_.plain_string([&item](TextWriter& out) { write_iso(out, {static_cast<std::int64_t>(item.number)}); });
        break;
      default:
        value(compact_, item);
    }
  }

  /// As in 2023-11-14T22:13:20.000000000Z.
  static void write_iso(TextWriter& out, Timestamp time) {
    const CivilTime at = utc_time(time);
    const std::array<unsigned, 5> numbers{at.month, at.day, at.hour, at.minute, at.second};
    out.add_padded(static_cast<std::uint64_t>(at.year), 4);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      out.add("--T::"[i]);
      out.add_padded(numbers[i], 2);
    }
    out.add('.');
    out.add_padded(time.subsecond(), 9);
    out.add('Z');
  }

  JsonFormat format_;
  JsonText pretty_{JsonText::Layout::pretty};
  JsonText compact_{JsonText::Layout::compact};
  const Dissection* dissection_ = nullptr;
  Nodes nodes_;  // a stack: each level of the tree adds its own behind those of the levels above
  LineCache known_;
  std::string value_;
  std::string name_;
};

JsonWriter::JsonWriter(const JsonFormat& format) : state_{std::make_unique<State>(format)} {}
JsonWriter::JsonWriter(JsonWriter&&) noexcept = default;
JsonWriter& JsonWriter::operator=(JsonWriter&&) noexcept = default;
JsonWriter::~JsonWriter() = default;

void JsonWriter::begin(std::string& out) { state_->begin(out); }
void JsonWriter::resume() { state_->resume(); }
void JsonWriter::packet(std::string& out, const Dissection& dissection) { state_->packet(out, dissection, nullptr); }
void JsonWriter::packet(std::string& out, const Dissection& dissection, const FieldSelection& fields) {
  state_->packet(out, dissection, &fields);
}
void JsonWriter::end(std::string& out) { state_->end(out); }

}  // namespace encap
