#include "encap/render/json.h"

#include <algorithm>
#include <array>
#include <rapidjson/prettywriter.h>
#include <rapidjson/writer.h>
#include <vector>

#include "base/civil_time.h"
#include "dissect/items.h"
#include "encap/dissect/field_table.h"
#include "render/text.h"

namespace encap {
namespace {

constexpr unsigned deepest = 250;  // levels of items that are written; no packet of a real protocol has 30

/// Where RapidJSON puts its characters. An end tag of HTML is escaped as tshark does it, so that a page may embed the
/// text.
struct TextStream {
  using Ch = char;
  std::string* out = nullptr;
  void Put(char c) {
    if (c == '/' && out->back() == '<') out->push_back('\\');
    out->push_back(c);
  }
  void Flush() {}
};

using Pretty = rapidjson::PrettyWriter<TextStream>;
using Compact = rapidjson::Writer<TextStream>;

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

void append_octets(std::string& out, Bytes bytes, bool colons) {
  static constexpr char digits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (colons && i != 0) out += ':';
    out += digits[std::to_integer<unsigned>(bytes[i]) >> 4];
    out += digits[std::to_integer<unsigned>(bytes[i]) & 15];
  }
}

}  // namespace

class JsonWriter::State {
 public:
  explicit State(const JsonFormat& format) : format_{format} {}

  void begin(std::string& out) {
    if (lines()) return;
    stream_.out = &out;
    pretty_.SetIndent(' ', 2);
    pretty_.StartArray();
  }
  void end(std::string& out) {
    if (lines()) return;
    stream_.out = &out;
    pretty_.EndArray();
    out += '\n';
  }

  void packet(std::string& out, const Dissection& dissection, const FieldSelection* fields) {
    stream_.out = &out;
    dissection_ = &dissection;
    if (lines()) {
      write_line(out, fields);
    } else {
      write_tree(fields);
    }
  }

 private:
  // Children of one item, or for lines the fields of one layer, grouped by their keys.
  struct Node {
    std::string_view key;
    ItemId id;
    std::size_t order;
    std::size_t group;  // order of the first with that key
  };
  using Nodes = std::vector<Node>;

  [[nodiscard]] bool lines() const noexcept { return format_.shape == JsonFormat::Shape::lines; }
  [[nodiscard]] const Item& at(ItemId id) const noexcept { return dissection_->at(id); }

  /// Sorts what `nodes_` has from `start` on so that those of one key follow one another, in the order of the first.
  void group(std::size_t start) {
    const auto first = nodes_.begin() + static_cast<std::ptrdiff_t>(start);
    std::sort(first, nodes_.end(),
              [](const Node& a, const Node& b) { return a.key != b.key ? a.key < b.key : a.order < b.order; });
    for (auto node = first; node != nodes_.end(); ++node) {
      node->group = node != first && node->key == (node - 1)->key ? (node - 1)->group : node->order;
    }
    std::sort(first, nodes_.end(),
              [](const Node& a, const Node& b) { return a.group != b.group ? a.group < b.group : a.order < b.order; });
  }
  /// The end of the group that starts at `at`.
  [[nodiscard]] std::size_t group_end(std::size_t at, std::size_t end) const noexcept {
    std::size_t next = at + 1;
    while (next < end && nodes_[next].group == nodes_[at].group) ++next;
    return next;
  }

  /// What is written as a string, free for the next one after that.
  template <class Append>
  std::string_view scratch(Append append) {
    scratch_.clear();
    append(scratch_);
    return scratch_;
  }
  template <class Writer>
  void string(Writer& writer, std::string_view text) {
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  template <class Writer>
  void key(Writer& writer, std::string_view name, std::string_view suffix = {}) {
    const std::string_view text = scratch([&](std::string& out) {
      append_utf8(out, name);
      out += suffix;
    });
    writer.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }
  template <class Writer>
  void text(Writer& writer, std::string_view value) {
    string(writer, scratch([&](std::string& out) { append_utf8(out, value); }));
  }

  /// The line of an item without a field, as it is a key or a value. Lifetime: until the next packet.
  std::string_view line_of(const Item& item) {
    if (item.field != nullptr) return item.field->name;
    return item.text;
  }

  template <class Writer>
  void value(Writer& writer, const Item& item) {
    if (item.field->type == FieldType::bytes || item.field->type == FieldType::protocol) {
      string(writer, scratch([&](std::string& out) { append_octets(out, item.octets(), true); }));
      return;
    }
    value_.clear();
    append_value(value_, item);
    text(writer, value_);
  }

  template <class Writer>
  void index(Writer& writer) {
    const CivilTime at = local_time(dissection_->record->has_timestamp ? dissection_->record->timestamp : Timestamp{});
    writer.Key("_index");
    string(writer, scratch([&](std::string& out) {
             out += "packets-";
             append_padded(out, static_cast<std::uint64_t>(at.year), 4);
             out += '-';
             append_padded(out, at.month, 2);
             out += '-';
             append_padded(out, at.day, 2);
           }));
    writer.Key("_type");
    writer.String("doc");
  }

  // --- a tree ----------------------------------------------------------------------------------------------------

  void write_tree(const FieldSelection* fields) {
    pretty_.StartObject();
    index(pretty_);
    pretty_.Key("_score");
    pretty_.Null();
    pretty_.Key("_source");
    pretty_.StartObject();
    pretty_.Key("layers");
    if (fields != nullptr) {
      selected(pretty_, *fields);
    } else {
      children(ItemId::root, 0);
    }
    pretty_.EndObject();
    pretty_.EndObject();
  }

  template <class Writer>
  void selected(Writer& writer, const FieldSelection& fields) {
    writer.StartObject();
    for (std::size_t name = 0; name < fields.names().size(); ++name) {
      const auto same_before = fields.names().begin() + static_cast<std::ptrdiff_t>(name);
      if (fields.count(name) == 0 || std::find(fields.names().begin(), same_before, *same_before) != same_before)
        continue;
      if (lines()) {
        writer_key_with_underscores(writer, fields.names()[name], {});
      } else {
        key(writer, fields.names()[name]);
      }
      writer.StartArray();
      for (std::size_t i = 0; i < fields.count(name); ++i) text(writer, fields.value(name, i));
      writer.EndArray();
    }
    writer.EndObject();
  }

  void children(ItemId parent, unsigned depth) {
    pretty_.StartObject();
    const std::size_t start = nodes_.size();
    for (ItemId id = at(parent).first_child; id != ItemId::none && depth < deepest; id = at(id).next) {
      nodes_.push_back({line_of(at(id)), id, nodes_.size(), 0});
    }
    group(start);
    for (std::size_t first = start, end = nodes_.size(); first < end;) {
      const std::size_t next = group_end(first, end);
      write_group(first, next, depth);
      first = next;
    }
    nodes_.resize(start);
    pretty_.EndObject();
  }

  /// One value, or an array of them.
  template <class Write>
  void values(std::size_t first, std::size_t end, Write write) {
    if (end - first > 1) pretty_.StartArray();
    for (std::size_t i = first; i < end; ++i) write(nodes_[i].id);
    if (end - first > 1) pretty_.EndArray();
  }

  void write_group(std::size_t first, std::size_t end, unsigned depth) {
    const Item& item = at(nodes_[first].id);
    const std::string_view name = nodes_[first].key;
    const bool valued = has_value(item);
    bool parents = false;
    for (std::size_t i = first; i < end; ++i) parents = parents || at(nodes_[i].id).first_child != ItemId::none;
    if (format_.raw && (item.length > 0 || (!format_.text && item.field != nullptr))) {
      key(pretty_, name, "_raw");
      values(first, end, [this](ItemId id) { raw(at(id)); });
    }
    if (format_.text && valued) {
      key(pretty_, name);
      values(first, end, [this](ItemId id) { valued_or_empty(at(id)); });
    }
    if (parents) {
      key(pretty_, name, valued ? "_tree" : "");
      values(first, end, [this, depth](ItemId id) {
        if (at(id).first_child != ItemId::none) {
          children(id, depth + 1);
        } else {
          without_value(at(id));
        }
      });
    } else if (format_.text && !valued) {
      key(pretty_, name);
      values(first, end, [this](ItemId id) { without_value(at(id)); });
    }
  }

  void valued_or_empty(const Item& item) {
    if (has_value(item)) {
      value(pretty_, item);
    } else {
      pretty_.String("");
    }
  }

  /// A layer without fields is its line; everything else of that kind is empty.
  void without_value(const Item& item) {
    if (!is_layer(item)) {
      pretty_.String("");
      return;
    }
    value_.clear();
    append_label(value_, *dissection_, item);
    text(pretty_, value_);
  }

  /// A field's octets in hexadecimal; of a field of bits, its value.
  std::string_view raw_text(const Item& item) {
    return scratch([&](std::string& out) {
      if (item.field != nullptr && item.field->is_bit_field()) {
        char digits[16];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, item.number, 16).ptr);
        for (char& c : out) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
      } else {
        append_octets(out, octets_of(*dissection_, item), false);
      }
    });
  }

  void raw(const Item& item) {
    pretty_.StartArray();
    string(pretty_, raw_text(item));
    pretty_.Uint(item.offset);
    pretty_.Uint(item.length);
    pretty_.Uint64(item.field != nullptr ? bit_mask(*item.field) : 0);
    pretty_.Uint(item.field != nullptr ? type_number(item.field->type) : 0);
    pretty_.EndArray();
  }

  // --- lines -----------------------------------------------------------------------------------------------------

  void write_line(std::string& out, const FieldSelection* fields) {
    compact_.Reset(stream_);
    compact_.StartObject();
    compact_.Key("index");
    compact_.StartObject();
    index(compact_);
    compact_.EndObject();
    compact_.EndObject();
    out += '\n';

    compact_.Reset(stream_);
    compact_.StartObject();
    compact_.Key("timestamp");
    const Timestamp at = dissection_->record->has_timestamp ? dissection_->record->timestamp : Timestamp{};
    string(compact_, scratch([&](std::string& digits) {
             if (at.nanoseconds < 0) digits += '-';
             const std::int64_t seconds = at.seconds();
             append_decimal(digits, static_cast<std::uint64_t>(seconds < 0 ? -seconds : seconds));
             append_padded(digits, at.subsecond() / 1'000'000, 3);
           }));
    if (format_.info) {
      columns();
    } else {
      compact_.Key("layers");
      if (fields != nullptr) {
        selected(compact_, *fields);
      } else {
        row(ItemId::root, 0);
      }
    }
    compact_.EndObject();
    out += '\n';
  }

  void columns() {
    const Columns& shown = dissection_->columns;
    const auto column = [this](const char* name, auto append) {
      compact_.Key(name);
      string(compact_, scratch(append));
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
      nodes_.push_back({item.field != nullptr ? item.field->name : std::string_view{"text"}, id, nodes_.size(), 0});
      if (!is_layer(item)) gather(id, depth + 1);
    }
  }

  void row(ItemId parent, unsigned depth) {
    compact_.StartObject();
    const std::size_t start = nodes_.size();
    gather(parent, depth);
    group(start);
    for (std::size_t first = start, end = nodes_.size(); first < end;) {
      const std::size_t next = group_end(first, end);
      write_entry(first, next, depth);
      first = next;
    }
    nodes_.resize(start);
    compact_.EndObject();
  }

  void write_entry(std::size_t first, std::size_t end, unsigned depth) {
    const Item& item = at(nodes_[first].id);
    const auto list = [&](auto write) {
      if (end - first > 1) compact_.StartArray();
      for (std::size_t i = first; i < end; ++i) write(at(nodes_[i].id), nodes_[i].id);
      if (end - first > 1) compact_.EndArray();
    };
    if (format_.raw && item.field != nullptr && item.length > 0) {
      entry_key(item, "_raw");
      list([this](const Item& each, ItemId) { string(compact_, raw_text(each)); });
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
      compact_.Key("text");
      return;
    }
    const std::string_view name = item.field->name;
    if (item.field->type == FieldType::protocol) {
      writer_key_with_underscores(compact_, name, suffix);
      return;
    }
    const FieldEntry* const entry = find_field(name);
    const std::string_view owner = entry != nullptr ? entry->protocol : name.substr(0, name.find('.'));
    name_.assign(owner);
    name_ += '_';
    name_ += name;
    writer_key_with_underscores(compact_, name_, suffix);
  }

  template <class Writer>
  void writer_key_with_underscores(Writer& writer, std::string_view name, std::string_view suffix) {
    const std::string_view text = scratch([&](std::string& out) {
      append_utf8(out, name);
      std::replace(out.begin(), out.end(), '.', '_');
      out += suffix;
    });
    writer.Key(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  }

  void entry_value(const Item& item) {
    if (item.field == nullptr) return text(compact_, item.text);
    switch (item.field->type) {
      case FieldType::none:
        compact_.Null();
        break;
      case FieldType::boolean:
        compact_.Bool(item.number != 0);
        break;
      case FieldType::absolute_time:
        string(compact_, scratch([&](std::string& out) { append_iso(out, {static_cast<std::int64_t>(item.number)}); }));
        break;
      default:
        value(compact_, item);
    }
  }

  /// As in 2023-11-14T22:13:20.000000000Z.
  static void append_iso(std::string& out, Timestamp time) {
    const CivilTime at = utc_time(time);
    const std::array<unsigned, 5> numbers{at.month, at.day, at.hour, at.minute, at.second};
    append_padded(out, static_cast<std::uint64_t>(at.year), 4);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      out += "--T::"[i];
      append_padded(out, numbers[i], 2);
    }
    out += '.';
    append_padded(out, time.subsecond(), 9);
    out += 'Z';
  }

  JsonFormat format_;
  TextStream stream_;
  Pretty pretty_{stream_};
  Compact compact_{stream_};
  const Dissection* dissection_ = nullptr;
  Nodes nodes_;  // a stack: each level of the tree adds its own behind those of the levels above
  std::string scratch_;
  std::string value_;
  std::string name_;
};

JsonWriter::JsonWriter(const JsonFormat& format) : state_{std::make_unique<State>(format)} {}
JsonWriter::JsonWriter(JsonWriter&&) noexcept = default;
JsonWriter& JsonWriter::operator=(JsonWriter&&) noexcept = default;
JsonWriter::~JsonWriter() = default;

void JsonWriter::begin(std::string& out) { state_->begin(out); }
void JsonWriter::packet(std::string& out, const Dissection& dissection) { state_->packet(out, dissection, nullptr); }
void JsonWriter::packet(std::string& out, const Dissection& dissection, const FieldSelection& fields) {
  state_->packet(out, dissection, &fields);
}
void JsonWriter::end(std::string& out) { state_->end(out); }

}  // namespace encap
