#include "encap/dissect/field_table.h"

#include <algorithm>
#include <vector>

#include "dissect/packet.h"
#include "dissect/protocol.h"

namespace encap {
namespace {

bool by_name(const FieldEntry& a, const FieldEntry& b) noexcept { return a.field->name < b.field->name; }

std::vector<FieldEntry> collect() {
  std::vector<FieldEntry> entries;
  for (const ProtocolInfo* protocol : all_protocols()) {
    // What nothing leads to is a part of a protocol that has a file of its own: `tcp.options` is of `tcp`.
    std::string_view owner = protocol->layer.name;
    if (protocol->bindings.empty()) owner = owner.substr(0, owner.find('.'));
    entries.push_back({&protocol->layer, owner});
    for (const Field* field : protocol->fields) entries.push_back({field, owner});
  }
  for (const Field* field : common_fields()) {
    // `_ws.expert.message` is of `_ws.expert`.
    const std::string_view name = field->name;
    entries.push_back({field, name.substr(0, name.find('.', name.find('.') + 1))});
  }
  std::stable_sort(entries.begin(), entries.end(), by_name);
  return entries;
}

const std::vector<FieldEntry>& declared_fields() {
  static const std::vector<FieldEntry> entries = collect();
  return entries;
}

std::vector<FieldEntry> without_namesakes(std::vector<FieldEntry> entries) {
  const auto same = [](const FieldEntry& a, const FieldEntry& b) { return a.field->name == b.field->name; };
  entries.erase(std::unique(entries.begin(), entries.end(), same), entries.end());
  return entries;
}

}  // namespace

std::span<const FieldEntry> all_fields() {
  static const std::vector<FieldEntry> entries = without_namesakes(declared_fields());
  return entries;
}

std::vector<const Field*> fields_named(std::string_view name) {
  std::vector<const Field*> fields;
  for (const FieldEntry& entry : declared_fields()) {
    if (entry.field->name == name && std::find(fields.begin(), fields.end(), entry.field) == fields.end())
      fields.push_back(entry.field);
  }
  return fields;
}

std::vector<std::string_view> protocols_declaring(std::string_view name) {
  std::vector<std::string_view> protocols;
  for (const FieldEntry& entry : declared_fields()) {
    if (entry.field->name == name) protocols.push_back(entry.protocol);
  }
  return protocols;
}

const FieldEntry* find_field(std::string_view name) {
  const auto entries = all_fields();
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), name,
                       [](const FieldEntry& entry, std::string_view wanted) { return entry.field->name < wanted; });
  return at != entries.end() && at->field->name == name ? &*at : nullptr;
}

bool is_of_known_protocol(std::string_view name) {
  const FieldEntry* const entry = find_field(name.substr(0, name.find('.')));
  return entry != nullptr && entry->field->type == FieldType::protocol;
}

}  // namespace encap
