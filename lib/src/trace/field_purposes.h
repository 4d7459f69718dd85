#pragma once

#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap {

/// What a field or a layer of that name is for, as a sentence for learners; empty where nothing is written of it. A
/// name that ends in `.*` stands for all that begin so and have no sentence of their own.
[[nodiscard]] std::string_view purpose_of(std::string_view name) noexcept;

/// The same for a line of the tree. `protocol`: of its layer, for lines that have no field.
[[nodiscard]] std::string_view purpose_of(std::string_view protocol, const Item& item) noexcept;

}  // namespace encap
