#pragma once

#include <span>
#include <string_view>

#include "encap/dissect/field_table.h"

namespace encap::filter {

/// Whether a packet may be found to have a field of that name.
[[nodiscard]] inline bool is_field(std::string_view name) { return find_field(name) != nullptr; }
/// Whether the name is a field's, or may be one of a protocol that is known here.
[[nodiscard]] inline bool may_be_field(std::string_view name) {
  if (is_field(name)) return true;
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && name.find('-', dot) == std::string_view::npos && is_of_known_protocol(name);
}

/// Whether there is a function of that name.
[[nodiscard]] bool is_function(std::string_view name) noexcept;

}  // namespace encap::filter
