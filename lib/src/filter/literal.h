#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/dissect/field.h"
#include "filter/syntax.h"
#include "filter/value.h"

namespace encap::filter {

/// A literal as a value. Octets of it are in `storage`, which must be kept.
struct LiteralValue {
  Value value{};
  std::string storage{};
};

/// Reads a literal as a value of `type`. `field`: whose values have names that may stand for them; null: none.
/// Errors: why it is none. Precondition: `literal` is a word, a string or a character.
[[nodiscard]] Result<LiteralValue, std::string> read_literal(const Entity& literal, FieldType type, const Field* field);
/// Reads a literal as what values of `type` are searched for.
[[nodiscard]] Result<LiteralValue, std::string> read_searched(const Entity& literal, FieldType type);

/// Octets as they are written: aabb, aa:bb, aa-bb, aa.bb, aabb.ccdd, 0xaa.
[[nodiscard]] std::optional<std::string> read_octets(std::string_view text);

enum class TimeFault : std::uint8_t { none, no_time, data_behind };
/// Reads a date and a time of day, as "2011-07-04 12:34:56" or "Nov 12, 1999 08:55:44.123".
[[nodiscard]] TimeFault read_absolute_time(std::string_view text, Value& value);
/// Reads seconds with a fraction.
[[nodiscard]] bool read_relative_time(std::string_view text, Value& value);

}  // namespace encap::filter
