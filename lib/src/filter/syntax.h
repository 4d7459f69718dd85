#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "encap/base/result.h"
#include "encap/filter/filter.h"

namespace encap::filter {

/// What a node of a filter's syntax is, and what its children are.
enum class Syntax : std::uint8_t {
  disjunction,  ///< a or b or ...
  exclusive,    ///< a xor b xor ...
  conjunction,  ///< a and b and ...
  negation,     ///< not a
  test,         ///< an entity alone
  chain,        ///< a == b < c ...: entities with `comparison` nodes between them
  comparison,   ///< the operator
  membership,   ///< entity, set; `negated_membership` is its negation
  negated_membership,
  set,      ///< of elements and ranges
  range,    ///< from .. to
  search,   ///< entity, `contains` or `matches`, entity
  quantified,  ///< `any` or `all`, and a chain, membership or search
  quantifier,
  masking,   ///< a & b & ...
  sum,       ///< a + b - ...: with `sign` nodes between them
  product,   ///< a * b / ...
  sign,      ///< the operator of a sum or product, or of what it stands before
  signed_entity,
  call,      ///< function name, arguments
  sliced,    ///< entity, slices
  slice,     ///< such as 1, 2-4, 3:2, :5, 7:
  layered,   ///< field, layers
  name,      ///< a word that is not quoted
  dotted_name,  ///< the same behind a dot: a field's name and nothing else
  string,    ///< with its quotes and escapes
  raw_string,
  character
};

/// A part of a filter. Lifetime: borrows the filter's text.
struct Node {
  Syntax kind;
  std::string_view text;
  std::vector<Node> children{};
};

/// The most that parentheses, `not` and functions may lie in each other.
inline constexpr std::size_t deepest_nesting = 100;

/// Takes a text apart. Errors: what was unexpected. Precondition: there is more than blanks in it.
[[nodiscard]] Result<Node, FilterError> parse(std::string_view text);

}  // namespace encap::filter
