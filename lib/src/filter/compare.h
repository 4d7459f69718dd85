#pragma once

#include "filter/program.h"
#include "filter/value.h"

namespace encap::filter {

/// How values of these types are compared, the left one's saying more.
[[nodiscard]] Order natural_order(FieldType left, FieldType right) noexcept;

/// Below, at or above 0 as `left` is less than, equal to or greater than `right`.
[[nodiscard]] int compare(Order order, const Value& left, const Value& right) noexcept;

[[nodiscard]] bool holds(Relation relation, int order) noexcept;

[[nodiscard]] bool is_zero(FieldType type, const Value& value) noexcept;

/// Sums, products and the like of values of one type; nothing where there is no such value.
[[nodiscard]] std::optional<Value> compute(FieldType type, Arithmetic sign, const Value& left,
                                           const Value& right) noexcept;
[[nodiscard]] std::optional<Value> negate(FieldType type, const Value& value) noexcept;

}  // namespace encap::filter
