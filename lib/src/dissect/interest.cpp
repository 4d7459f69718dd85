#include "encap/dissect/interest.h"

#include <algorithm>

#include "dissect/protocol.h"

namespace encap {

extern const ProtocolInfo http_protocol;

namespace {

// `tcp` of `tcp.options.mss`.
std::string_view family(std::string_view name) noexcept { return name.substr(0, name.find('.')); }

// A protocol that declares the field may add it, and so may others of its family, such as those of IPv6 extension
// headers.
bool may_add(const ProtocolInfo& protocol, std::string_view name) noexcept {
  return family(protocol.layer.name) == family(name) ||
         std::any_of(protocol.fields.begin(), protocol.fields.end(),
                     [name](const Field* field) { return field->name == name; });
}

// Whether it may be the body of an HTTP message, which HTTP decodes in full only where its items are taken.
bool may_be_body(const ProtocolInfo& protocol) noexcept {
  return protocol.bindings.empty() ||
         std::any_of(protocol.bindings.begin(), protocol.bindings.end(),
                     [](const Binding& binding) { return binding.table == Table::media_type; });
}

// What every protocol may add, and what is said of all of them.
bool is_of_all(std::string_view name) noexcept {
  if (name.starts_with("_ws.col.")) return false;  // a column of the list
  return name.starts_with("_ws.") || name == "frame.protocols";
}

}  // namespace

Interest Interest::in_fields(std::span<const std::string> names) {
  Interest interest;
  if (std::any_of(names.begin(), names.end(), is_of_all)) return interest;
  interest.in_all_ = false;
  bool in_bodies = false;
  for (const ProtocolInfo* const protocol : all_protocols()) {
    if (std::none_of(names.begin(), names.end(), [&](const std::string& name) { return may_add(*protocol, name); }))
      continue;
    interest.protocols_.push_back(protocol);
    in_bodies |= may_be_body(*protocol);
  }
  if (in_bodies) interest.protocols_.push_back(&http_protocol);
  return interest;
}

bool Interest::in(const ProtocolInfo& protocol) const noexcept {
  return in_all_ || std::find(protocols_.begin(), protocols_.end(), &protocol) != protocols_.end();
}

}  // namespace encap
