#pragma once

#include <compare>
#include <optional>

#include "filter/program.h"
#include "filter/value.h"

namespace encap::filter {

/// How values of these types are compared, the left one's saying more.
[[nodiscard]] Order natural_order(FieldType left, FieldType right) noexcept;

[[nodiscard]] std::partial_ordering compare(Order order, const Value& left, const Value& right) noexcept;

[[nodiscard]] bool holds(Relation relation, std::partial_ordering order) noexcept;

[[nodiscard]] bool is_zero(FieldType type, const Value& value) noexcept;

/// Sums, products and the like of values of one type; nothing where there is no such value.
[[nodiscard]] std::optional<Value> compute(FieldType type, Arithmetic sign, const Value& left,
                                           const Value& right) noexcept;
[[nodiscard]] std::optional<Value> negate(FieldType type, const Value& value) noexcept;

}  // namespace encap::filter
