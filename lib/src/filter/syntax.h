#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/filter/filter.h"

namespace encap::filter {

/// Octets of a filter's text. Length 0: nowhere.
struct Place {
  std::size_t offset = 0;
  std::size_t length = 0;
};

/// The first thing that is wrong with a filter. Who finds something else wrong later goes on as if nothing were: it is
/// not taken down.
class Fault {
 public:
  [[nodiscard]] explicit operator bool() const noexcept { return error_.has_value(); }
  void set(std::string reason, Place place = {}) {
    if (!error_) error_ = FilterError{std::move(reason), place.offset, place.length};
  }
  [[nodiscard]] FilterError& error() noexcept { return *error_; }

 private:
  std::optional<FilterError> error_;
};

/// How two values are compared, and how many pairs of values must compare so.
enum class Relation : std::uint8_t { equal, all_equal, unequal, any_unequal, greater, greater_equal, less, less_equal };

enum class Arithmetic : std::uint8_t { add, subtract, multiply, divide, modulo, bit_and };

/// `any` or `all` in front of a comparison.
enum class Quantifier : std::uint8_t { none, any, all };

/// A part of a value's octets, or some of the layers of a protocol: [2:4], [2-5], [-1], [2:].
struct Range {
  std::int32_t start = 0;   ///< negative: counted from the end
  std::int32_t length = 0;  ///< 0: to the end
};

/// What has a value, or several.
struct Entity {
  enum class Kind : std::uint8_t {
    word,        ///< a field's name, or a literal that is not quoted
    field,       ///< a field's name and nothing else: behind a dot, or with layers
    reference,   ///< ${field}
    string,      ///< "..." or r"..."
    character,   ///< '...'
    slice,       ///< of operands[0]: ranges
    call,        ///< the function called `text`, of operands
    negation,    ///< of operands[0]
    arithmetic,  ///< operands[0] operators[0] operands[1] operators[1] ..., from left to right
  };
  Kind kind = Kind::word;
  Place place{};
  std::string text{};       ///< as errors name it
  std::string value{};      ///< of a string
  std::uint64_t number{};   ///< of a character
  bool has_layers = false;  ///< of a field: only those of the layers in `ranges`
  std::vector<Range> ranges{};
  std::vector<Entity> operands{};
  std::vector<Arithmetic> operators{};
};

/// What is true of a packet or not.
struct Sentence {
  enum class Kind : std::uint8_t {
    everything,   ///< an empty filter
    exists,       ///< operands[0]
    comparison,   ///< operands[0] relations[0] operands[1] and operands[1] relations[1] operands[2] and ...
    contains,     ///< operands[0], operands[1]
    matches,      ///< operands[0], operands[1]
    membership,   ///< of operands[0] in the set of the others
    negation,     ///< of parts[0]
    conjunction,  ///< of parts
    disjunction,
    exclusion  ///< an odd number of parts is true
  };
  struct Sign {
    Relation relation;
    std::string text;  ///< as it was written
  };
  Kind kind = Kind::everything;
  Quantifier quantifier = Quantifier::none;
  std::vector<Sentence> parts{};
  std::vector<Entity> operands{};
  std::vector<Sign> relations{};
  std::vector<bool> range_to_next{};  ///< by operand of a set: it and the next one are the ends of a range
};

/// Takes a text apart.
[[nodiscard]] Sentence parse(std::string_view text, Fault& fault);

}  // namespace encap::filter
