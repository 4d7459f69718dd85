#include "encap/render/fields.h"

#include <algorithm>
#include <unordered_map>

#include "base/text_writer.h"
#include "dissect/items.h"
#include "encap/dissect/field_table.h"
#include "render/text.h"

namespace encap {
namespace {

enum class ColumnKind : std::uint8_t { none, number, time, source, destination, protocol, length, info };

struct NamedColumn {
  std::string_view name;
  ColumnKind kind;
};
// Titles of the list, and the names later versions of tshark have for the same columns.
constexpr std::string_view column_prefix = "_ws.col.";
constexpr NamedColumn named_columns[] = {{"No.", ColumnKind::number},        {"Time", ColumnKind::time},
                                         {"Source", ColumnKind::source},     {"Destination", ColumnKind::destination},
                                         {"Protocol", ColumnKind::protocol}, {"Length", ColumnKind::length},
                                         {"Info", ColumnKind::info},         {"number", ColumnKind::number},
                                         {"def_src", ColumnKind::source},    {"def_dst", ColumnKind::destination},
                                         {"protocol", ColumnKind::protocol}, {"packet_length", ColumnKind::length},
                                         {"info", ColumnKind::info}};

ColumnKind find_column(std::string_view name) noexcept {
  if (!name.starts_with(column_prefix)) return ColumnKind::none;
  name.remove_prefix(column_prefix.size());
  const auto* const found = std::find_if(std::begin(named_columns), std::end(named_columns),
                                         [name](const NamedColumn& column) { return column.name == name; });
  return found != std::end(named_columns) ? found->kind : ColumnKind::none;
}

void append_column(std::string& out, const Dissection& dissection, ColumnKind kind, TimeFormat time) {
  switch (kind) {
    case ColumnKind::none:
      return;
    case ColumnKind::number:
      return append_decimal(out, dissection.frame_number);
    case ColumnKind::time:
      return append_time(out, dissection, time);
    case ColumnKind::source:
      return append_text(out, dissection.columns.source);
    case ColumnKind::destination:
      return append_text(out, dissection.columns.destination);
    case ColumnKind::protocol:
      return append_shown(out, dissection.columns.protocol.text());
    case ColumnKind::length:
      return append_decimal(
          out, std::max<std::uint64_t>(dissection.record->original_length, dissection.record->bytes.size()));
    case ColumnKind::info:
      return append_shown(out, dissection.columns.info.text());
  }
}

void append_selected_value(std::string& out, const Dissection& dissection, const Item& item) {
  if (item.field == nullptr) return append_label(out, dissection, item);
  switch (item.field->type) {
    case FieldType::none:
      out += '1';
      break;
    case FieldType::protocol:
      if (item.data != nullptr) {  // a part of a layer that goes by a protocol's name
        TextWriter{out}.add_octets(item.octets());
      } else if (item.field->name == "data") {  // undissected octets are a field as well
        TextWriter{out}.add_octets(octets_of(dissection, item));
      } else if (item.text.empty() || item.text.data() == item.field->label.data()) {
        out += item.field->name;
      } else {
        append_label(out, dissection, item);
      }
      break;
    default:
      append_value(out, item);
  }
}

constexpr std::string_view text_name = "text";

}  // namespace

struct FieldSelection::State {
  struct Value {
    std::size_t name;
    std::size_t start;  // in `text`
    std::size_t end;
  };
  std::vector<std::string> names;
  std::vector<std::string> unfilled;
  std::vector<ColumnKind> columns;  // by name
  TimeFormat time;
  // Which names a field goes by; most go by none. As many entries as there are fields in the program.
  std::unordered_map<const Field*, std::vector<std::size_t>> wanted;
  std::string text;
  std::vector<Value> values;          // sorted by name, then as found
  std::vector<std::size_t> first_of;  // in `values`, by name; one more at the end

  const std::vector<std::size_t>& names_of(const Field* field) {
    const auto [entry, is_new] = wanted.try_emplace(field);
    if (is_new) {
      const std::string_view name = field != nullptr ? field->name : text_name;
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) entry->second.push_back(i);
      }
    }
    return entry->second;
  }
  template <class Append>
  void add(std::size_t name, Append append) {
    const std::size_t start = text.size();
    append(text);
    values.push_back({name, start, text.size()});
  }
  void read_items(const Dissection& dissection) {
    ItemId id = dissection.at(ItemId::root).first_child;
    while (id != ItemId::none) {
      const Item& item = dissection.at(id);
      for (const std::size_t name : names_of(item.field)) {
        add(name, [&](std::string& out) { append_selected_value(out, dissection, item); });
      }
      if (item.first_child != ItemId::none) {
        id = item.first_child;
        continue;
      }
      while (id != ItemId::none && dissection.at(id).next == ItemId::none) id = dissection.at(id).parent;
      if (id != ItemId::none) id = dissection.at(id).next;
    }
  }
};

FieldSelection::FieldSelection(std::unique_ptr<State> state) noexcept : state_{std::move(state)} {}
FieldSelection::FieldSelection(FieldSelection&&) noexcept = default;
FieldSelection& FieldSelection::operator=(FieldSelection&&) noexcept = default;
FieldSelection::~FieldSelection() = default;
FieldSelection FieldSelection::clone() const { return FieldSelection{std::make_unique<State>(*state_)}; }

Result<FieldSelection, std::vector<std::string>> FieldSelection::make(std::vector<std::string> names, TimeFormat time) {
  auto state = std::make_unique<State>();
  std::vector<std::string> unknown;
  for (const std::string& name : names) {
    const ColumnKind column = find_column(name);
    if (column == ColumnKind::none && name != text_name && find_field(name) == nullptr) {
      (is_of_known_protocol(name) ? state->unfilled : unknown).push_back(name);
    }
    state->columns.push_back(column);
  }
  if (!unknown.empty()) return unexpected(std::move(unknown));
  state->names = std::move(names);
  state->time = time;
  return FieldSelection{std::move(state)};
}

const std::vector<std::string>& FieldSelection::names() const noexcept { return state_->names; }
const std::vector<std::string>& FieldSelection::unfilled() const noexcept { return state_->unfilled; }

Detail FieldSelection::detail() const noexcept {
  Detail detail = Detail::columns;
  for (std::size_t i = 0; i < state_->names.size(); ++i) {
    if (state_->columns[i] != ColumnKind::none) continue;
    const FieldEntry* const entry = find_field(state_->names[i]);
    // The value of a layer is its line.
    const bool line = state_->names[i] == text_name || (entry != nullptr && entry->field->type == FieldType::protocol);
    detail = std::max(detail, line ? Detail::items : Detail::fields);
  }
  return detail;
}

void FieldSelection::read(const Dissection& dissection) {
  State& state = *state_;
  state.text.clear();
  state.values.clear();
  for (std::size_t i = 0; i < state.names.size(); ++i) {
    if (state.columns[i] != ColumnKind::none) {
      state.add(i, [&](std::string& out) { append_column(out, dissection, state.columns[i], state.time); });
    }
  }
  if (dissection.detail != Detail::columns) state.read_items(dissection);
  std::sort(state.values.begin(), state.values.end(), [](const State::Value& a, const State::Value& b) {
    return a.name != b.name ? a.name < b.name : a.start != b.start ? a.start < b.start : a.end < b.end;
  });
  state.first_of.clear();
  for (std::size_t name = 0, at = 0; name <= state.names.size(); ++name) {
    while (at < state.values.size() && state.values[at].name < name) ++at;
    state.first_of.push_back(at);
  }
}

std::size_t FieldSelection::count(std::size_t name) const noexcept {
  return state_->first_of[name + 1] - state_->first_of[name];
}

std::string_view FieldSelection::value(std::size_t name, std::size_t index) const noexcept {
  const State::Value& value = state_->values[state_->first_of[name] + index];
  return std::string_view{state_->text}.substr(value.start, value.end - value.start);
}

void append_fields_header(std::string& out, const FieldSelection& fields, const FieldsFormat& format) {
  for (std::size_t i = 0; i < fields.names().size(); ++i) {
    if (i != 0) out += format.separator;
    out += fields.names()[i];
  }
  out += '\n';
}

namespace {

void append_escaped_value(std::string& out, std::string_view value) {
  for (std::size_t at = 0;;) {
    const std::size_t next = std::min(value.find_first_of("\n\r\t", at), value.size());
    append_utf8(out, value.substr(at, next - at));
    if (next == value.size()) return;
    out += '\\';
    out += value[next] == '\n' ? 'n' : value[next] == '\r' ? 'r' : 't';
    at = next + 1;
  }
}

}  // namespace

void append_fields_line(std::string& out, const FieldSelection& fields, const FieldsFormat& format) {
  using Occurrence = FieldsFormat::Occurrence;
  for (std::size_t name = 0; name < fields.names().size(); ++name) {
    if (name != 0) out += format.separator;
    const std::size_t count = fields.count(name);
    if (count == 0) continue;
    const std::size_t first = format.occurrence == Occurrence::last ? count - 1 : 0;
    const std::size_t last = format.occurrence == Occurrence::first ? 0 : count - 1;
    if (format.quote != '\0') out += format.quote;
    for (std::size_t i = first; i <= last; ++i) {
      if (i != first) out += format.aggregator;
      if (format.escape) {
        append_escaped_value(out, fields.value(name, i));
      } else {
        append_utf8(out, fields.value(name, i));
      }
    }
    if (format.quote != '\0') out += format.quote;
  }
  out += '\n';
}

}  // namespace encap
