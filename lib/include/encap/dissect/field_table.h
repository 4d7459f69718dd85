#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "encap/dissect/field.h"

namespace encap {

/// A field that packets may be found to have, and whose it is.
struct FieldEntry {
  const Field* field;
  std::string_view protocol;  ///< filter name of the protocol that declares it, such as "tcp"
};

/// Every field, the protocols' own among them, sorted by name; one entry for each name. Made when first asked for.
[[nodiscard]] std::span<const FieldEntry> all_fields();

/// The field with that name, such as "tcp.srcport" or "tcp"; null where there is none.
[[nodiscard]] const FieldEntry* find_field(std::string_view name);

/// All that go by that name, such as what several protocols declare alike. O(number of fields).
[[nodiscard]] std::vector<const Field*> fields_named(std::string_view name);

/// Filter names of the protocols that declare a field of that name. O(number of fields).
[[nodiscard]] std::vector<std::string_view> protocols_declaring(std::string_view name);

/// Whether `name` is of a protocol that is known here, field of it or not: `tcp.anything`.
[[nodiscard]] bool is_of_known_protocol(std::string_view name);

}  // namespace encap
