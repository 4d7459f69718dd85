#pragma once

#include <tl/expected.hpp>
#include <utility>

namespace encap {

/// A value or the reason there is none, with the member names of std::expected, so that it becomes an alias of that
/// type when the language level moves.
template <class T, class E>
using Result = tl::expected<T, E>;

/// Wraps an error for return from a function whose type is `Result<T, E>`.
template <class E>
[[nodiscard]] constexpr auto unexpected(E&& error) {
  return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace encap
