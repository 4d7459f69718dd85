#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "encap/dissect/field.h"
#include "filter/regex.h"
#include "filter/syntax.h"
#include "filter/value.h"

namespace encap::filter {

/// What gives values.
struct Operand {
  enum class Kind : std::uint8_t {
    field,     ///< those of the fields with the name `name`
    absent,    ///< none ever
    constant,  ///< `value`
    slice,     ///< parts of operands[0]'s, as octets
    negation,
    arithmetic,
    upper,
    lower,
    length,
    count,
    text,
    maximum,
    minimum,
    magnitude
  };
  Kind kind = Kind::absent;
  FieldType type = FieldType::none;
  bool any_type = false;         ///< of what nothing here fills: nobody knows its type
  const Field* field = nullptr;  ///< of a field: one that has the name
  std::size_t name = 0;
  bool has_layers = false;
  Value value{};
  std::vector<Range> ranges{};
  std::vector<Operand> operands{};
  std::vector<Arithmetic> operators{};
};

/// How the values of two operands are compared.
enum class Order : std::uint8_t { number, real, time, ipv4, ipv6, text, octets };

/// What is true or false of a packet.
struct Test {
  enum class Kind : std::uint8_t {
    everything,
    exists,       ///< operands[0] has a value
    not_empty,    ///< a value of operands[0] has octets
    not_zero,     ///< a value of operands[0] is not 0
    comparison,   ///< operands[0], operands[1]
    contains,     ///< operands[0], operands[1]
    matches,      ///< operands[0]
    membership,   ///< operands[0] in the others
    negation,     ///< of parts[0]
    conjunction,  ///< of parts
    disjunction,
    exclusion
  };
  Kind kind = Kind::everything;
  Relation relation = Relation::equal;
  Order order = Order::number;
  bool for_all = false;  ///< every value, or pair of values, must do
  std::vector<Test> parts{};
  std::vector<Operand> operands{};
  std::vector<bool> range_to_next{};
  std::optional<Regex> regex{};
  std::uint8_t in_headers = 0;  ///< bit n: of packets of kind n a glance is enough
};

/// A filter, ready to be asked.
struct Program {
  Test test;
  std::vector<std::string> names;     ///< of the fields it looks at
  bool has_layers = false;            ///< whether it asks which layer of its kind one is
  std::vector<std::string> unfilled;  ///< names of fields that nothing here fills
  std::deque<std::string> constants;  ///< what literals point to
};

/// Makes one of a text.
[[nodiscard]] Program compile(std::string_view text, Fault& fault);

}  // namespace encap::filter
