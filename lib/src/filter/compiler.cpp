#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "filter/compare.h"
#include "filter/literal.h"
#include "filter/names.h"
#include "filter/program.h"
#include "filter/types.h"

namespace encap::filter {
namespace {

using Kind = Operand::Kind;

struct Function {
  std::string_view name;
  Kind kind;
  bool takes_many = false;
};
constexpr Function functions[] = {{"upper", Kind::upper},       {"lower", Kind::lower},  {"len", Kind::length},
                                  {"count", Kind::count},       {"string", Kind::text},  {"max", Kind::maximum, true},
                                  {"min", Kind::minimum, true}, {"abs", Kind::magnitude}};

const Function* find_function(std::string_view name) noexcept {
  const auto* const found =
      std::find_if(std::begin(functions), std::end(functions), [name](const Function& f) { return f.name == name; });
  return found != std::end(functions) ? found : nullptr;
}

bool is_literal(const Entity& entity) {
  return entity.kind == Entity::Kind::string || entity.kind == Entity::Kind::character ||
         (entity.kind == Entity::Kind::word && !is_field(entity.text));
}

// A word that is no field here, though it may be one of tshark's.
bool may_be_unfilled(const Entity& entity) {
  return entity.kind == Entity::Kind::word && !is_field(entity.text) && may_be_field(entity.text);
}

/// Turns what was read into what is asked, and finds what does not go together.
class Compiler {
 public:
  Compiler(Program& program, Fault& fault) noexcept : program_{program}, fault_{fault} {}

  Test test(const Sentence& sentence) {
    switch (sentence.kind) {
      case Sentence::Kind::everything:
        return {};
      case Sentence::Kind::exists:
        return existence(sentence.operands[0]);
      case Sentence::Kind::comparison:
        return chain(sentence);
      case Sentence::Kind::contains:
        return search(sentence);
      case Sentence::Kind::matches:
        return match(sentence);
      case Sentence::Kind::membership:
        return membership(sentence);
      case Sentence::Kind::negation:
        return joined(Test::Kind::negation, sentence);
      case Sentence::Kind::conjunction:
        return joined(Test::Kind::conjunction, sentence);
      case Sentence::Kind::disjunction:
        return joined(Test::Kind::disjunction, sentence);
      case Sentence::Kind::exclusion:
        return joined(Test::Kind::exclusion, sentence);
    }
    return {};
  }

 private:
  Test joined(Test::Kind kind, const Sentence& sentence) {
    Test all{.kind = kind};
    for (const Sentence& part : sentence.parts) all.parts.push_back(test(part));
    return all;
  }

  // --- fields ------------------------------------------------------------------------------------------------------
  Operand field(std::string_view name, const Entity& entity) {
    Operand operand{.kind = Kind::field, .name = place_of(name, program_.names), .has_layers = entity.has_layers};
    operand.ranges = entity.ranges;
    program_.has_layers = program_.has_layers || entity.has_layers;
    const FieldEntry* const entry = find_field(name);
    if (entry == nullptr) {
      operand.any_type = true;
      (void)place_of(name, program_.unfilled);
      return operand;
    }
    operand.field = entry->field;
    operand.type = entry->field->type;
    for (const Field* other : fields_named(name)) {
      if (operand.field->look.names.empty() && !other->look.names.empty()) operand.field = other;
    }
    return operand;
  }
  // Where the name is among the others; it is added when it is not.
  static std::size_t place_of(std::string_view name, std::vector<std::string>& names) {
    const auto known = std::find(names.begin(), names.end(), name);
    const auto place = static_cast<std::size_t>(known - names.begin());
    if (known == names.end()) names.emplace_back(name);
    return place;
  }
  Operand reference(const Entity& entity) {
    Operand operand;  // nobody looks at a packet whose value this would be
    operand.type = find_field(entity.text)->field->type;
    return operand;
  }
  static std::string name_of(const Entity& entity) {
    if (entity.kind != Entity::Kind::reference) return entity.text;
    return fmt::format("{} <{}>", entity.text, short_name(find_field(entity.text)->field->type));
  }

  // --- operands ----------------------------------------------------------------------------------------------------
  // What is not a literal by itself. `wanted`: what literals in it are read as; null: it must not start with one.
  Operand operand(const Entity& entity, const Operand* wanted) {
    switch (entity.kind) {
      case Entity::Kind::slice:
        return slice(entity);
      case Entity::Kind::call:
        return call(entity);
      case Entity::Kind::negation:
        return negation(entity, wanted);
      case Entity::Kind::arithmetic:
        return arithmetic(entity, wanted);
      case Entity::Kind::reference:
        return reference(entity);
      default:
        return field(entity.text, entity);
    }
  }

  Operand slice(const Entity& entity) {
    const Entity& whole = entity.operands[0];
    Operand slice{.kind = Kind::slice, .type = FieldType::bytes, .ranges = entity.ranges};
    if ((is_literal(whole) && !may_be_unfilled(whole)) || whole.kind == Entity::Kind::reference) {
      fault_.set(fmt::format("Range is not supported for entity {}", name_of(whole)), whole.place);
      return slice;
    }
    slice.operands.push_back(operand(whole, nullptr));
    const Operand& inner = slice.operands[0];
    if (!inner.any_type && !can_be_sliced(inner.type)) {
      fault_.set(fmt::format("\"{}\" is a {} and cannot be sliced into a sequence of bytes.", whole.text,
                             long_name(inner.type)),
                 whole.place);
    }
    return slice;
  }

  Operand constant(LiteralValue read, FieldType type) {
    Operand constant{.kind = Kind::constant, .type = type, .value = read.value};
    constant.value.set_octets(program_.constants.emplace_back(std::move(read.storage)));
    return constant;
  }
  // A literal as what can stand beside `beside`. `field`: whose values' names count.
  Operand literal(const Entity& entity, const Operand& beside, const Field* field) {
    if (beside.any_type) {
      if (may_be_unfilled(entity)) return this->field(entity.text, entity);
      return constant({}, FieldType::bytes);
    }
    auto read = read_literal(entity, beside.type, field);
    if (read) return constant(std::move(*read), beside.type);
    if (may_be_unfilled(entity)) return this->field(entity.text, entity);
    fault_.set(std::move(read.error()), entity.place);
    return {};
  }
  Operand arithmetic_literal(const Entity& entity, const Operand* beside) {
    if (beside == nullptr) {
      fault_.set("Constant arithmetic expression on the LHS is invalid.", entity.place);
      return {};
    }
    if (entity.kind != Entity::Kind::word) {
      fault_.set(fmt::format("{} is not a valid arithmetic operand.", entity.text), entity.place);
      return {};
    }
    return literal(entity, *beside, nullptr);
  }
  Operand part_of_arithmetic(const Entity& entity, const Operand* beside) {
    if (is_literal(entity) && (beside != nullptr || !may_be_unfilled(entity)))
      return arithmetic_literal(entity, beside);
    return operand(entity, beside);
  }
  void check_sign(const Operand& operand, Arithmetic sign, Place place) {
    if (operand.any_type || can_compute(operand.type, sign)) return;
    fault_.set(fmt::format("{} cannot {}.", short_name(operand.type), sign_text(sign)), place);
  }

  Operand negation(const Entity& entity, const Operand* wanted) {
    const Entity& inner = entity.operands[0];
    Operand negated = part_of_arithmetic(inner, wanted);
    if (!negated.any_type && !can_be_negated(negated.type))
      fault_.set(fmt::format("{} cannot -.", short_name(negated.type)), inner.place);
    if (negated.kind == Kind::constant && is_integer(negated.type)) {
      const int bits = width(negated.type);
      if (negated.value.number >= std::uint64_t{1} << (bits - 1)) {
        fault_.set(fmt::format("{}: {} overflows gint{}", inner.text, negated.value.number, bits), inner.place);
      }
    }
    Operand negation{
        .kind = Kind::negation, .type = negated.type, .any_type = negated.any_type, .field = negated.field};
    negation.operands.push_back(std::move(negated));
    return negation;
  }

  Operand arithmetic(const Entity& entity, const Operand* wanted) {
    Operand all{.kind = Kind::arithmetic, .operators = entity.operators};
    const Entity& first = entity.operands[0];
    all.operands.push_back(part_of_arithmetic(first, wanted));
    check_sign(all.operands[0], entity.operators[0], first.place);
    for (std::size_t i = 1; i < entity.operands.size(); ++i) {
      const Entity& next = entity.operands[i];
      const Operand& before = all.operands[0];
      const Arithmetic sign = entity.operators[i - 1];
      if (i > 1) check_sign(before, sign, first.place);
      Operand right = part_of_arithmetic(next, &before);
      check_sign(right, sign, next.place);
      if (!before.any_type && !right.any_type && !can_be_compared(before.type, right.type)) {
        fault_.set(fmt::format("{} and {} are not type compatible.", first.text, next.text), next.place);
      }
      all.operands.push_back(std::move(right));
    }
    all.type = all.operands[0].type;
    all.any_type = all.operands[0].any_type;
    all.field = all.operands[0].field;
    return all;
  }

  // --- functions ---------------------------------------------------------------------------------------------------
  Operand call(const Entity& entity) {
    const Function& function = *find_function(entity.text);
    Operand result{.kind = function.kind, .type = FieldType::uint32};
    if (entity.operands.empty()) {
      fault_.set(fmt::format("Function {} needs at least 1 arguments.", function.name), entity.place);
      return result;
    }
    if (entity.operands.size() > 1 && !function.takes_many) {
      fault_.set(fmt::format("Function {} can only accept 1 arguments.", function.name), entity.place);
      return result;
    }
    switch (function.kind) {
      case Kind::maximum:
      case Kind::minimum:
        extreme(entity, result);
        break;
      case Kind::magnitude:
        magnitude(entity.operands[0], result);
        break;
      default:
        of_field(entity, result);
    }
    return result;
  }

  void of_field(const Entity& entity, Operand& result) {
    const Entity& argument = entity.operands[0];
    const bool of_strings = result.kind == Kind::upper || result.kind == Kind::lower;
    if (of_strings || result.kind == Kind::text) result.type = FieldType::string;
    const bool named =
        argument.kind == Entity::Kind::field || (argument.kind == Entity::Kind::word && may_be_field(argument.text));
    if (named) result.operands.push_back(field(argument.text, argument));
    const bool is_string = named && (result.operands[0].any_type || result.operands[0].type == FieldType::string);
    if (of_strings && !is_string) {
      fault_.set(fmt::format("Only string type fields can be used as parameter for {}()", entity.text), argument.place);
    } else if (!named) {
      fault_.set(fmt::format("Only fields can be used as parameter for {}()", entity.text), argument.place);
    } else if (result.kind == Kind::text && !can_be_written(result.operands[0])) {
      fault_.set(fmt::format("String conversion for field \"{}\" is not supported", argument.text), argument.place);
    }
  }
  static bool can_be_written(const Operand& operand) noexcept {
    switch (operand.type) {
      case FieldType::none:
        return operand.any_type;
      case FieldType::protocol:
      case FieldType::boolean:
      case FieldType::absolute_time:
      case FieldType::relative_time:
      case FieldType::string:
      case FieldType::bytes:
        return false;
      default:
        return true;
    }
  }

  void extreme(const Entity& entity, Operand& result) {
    for (const Entity& argument : entity.operands) {
      const bool first = result.operands.empty();
      const bool refused = argument.kind == Entity::Kind::slice || argument.kind == Entity::Kind::string ||
                           argument.kind == Entity::Kind::character ||
                           (first && is_literal(argument) && !may_be_unfilled(argument));
      if (refused) {
        fault_.set(fmt::format("Argument '{}' is not valid for {}()", argument.text, entity.text), argument.place);
        return;
      }
      const Operand* const beside = first ? nullptr : &result.operands[0];
      Operand operand =
          is_literal(argument) && !first ? literal(argument, *beside, nullptr) : this->operand(argument, beside);
      if (!first && !operand.any_type && !beside->any_type && operand.type != beside->type) {
        fault_.set(fmt::format("Arguments to '{}' must have the same type (expected {}, got {})", entity.text,
                               short_name(beside->type), short_name(operand.type)),
                   argument.place);
      }
      result.operands.push_back(std::move(operand));
    }
    result.type = result.operands[0].type;
    result.any_type = result.operands[0].any_type;
  }

  void magnitude(const Entity& argument, Operand& result) {
    const auto refuse = [&](std::string_view kind) {
      fault_.set(fmt::format("Type {} is not valid for abs", kind), argument.place);
    };
    switch (argument.kind) {
      case Entity::Kind::string:
        return refuse("STRING");
      case Entity::Kind::character:
        return refuse("CHARCONST");
      case Entity::Kind::slice:
        return refuse("SLICE");
      case Entity::Kind::reference:
        return refuse("REFERENCE");
      default:
        break;
    }
    if (is_literal(argument) && !may_be_unfilled(argument)) {
      fault_.set("Need a field or field-like value on the LHS.", argument.place);
      return;
    }
    result.operands.push_back(operand(argument, nullptr));
    const Operand& inner = result.operands[0];
    if (!inner.any_type && !can_be_negated(inner.type) && inner.type != FieldType::boolean)
      fault_.set(fmt::format("'{}' is not a valid argument to 'abs'()", argument.text), argument.place);
    result.type = inner.type;
    result.any_type = inner.any_type;
  }

  // --- tests -------------------------------------------------------------------------------------------------------
  Test existence(const Entity& entity) {
    Test exists{.kind = Test::Kind::exists};
    if (entity.kind == Entity::Kind::call) {
      fault_.set("You cannot test whether a function is present.", entity.place);
      return exists;
    }
    if ((is_literal(entity) && !may_be_unfilled(entity)) || entity.kind == Entity::Kind::reference) {
      fault_.set(fmt::format("{} is neither a field nor a protocol name.", name_of(entity)), entity.place);
      return exists;
    }
    exists.operands.push_back(operand(entity, nullptr));
    if (entity.kind == Entity::Kind::slice) exists.kind = Test::Kind::not_empty;
    if (entity.kind == Entity::Kind::arithmetic || entity.kind == Entity::Kind::negation) {
      exists.kind = Test::Kind::not_zero;
      exists.order = natural_order(exists.operands[0].type, exists.operands[0].type);
    }
    return exists;
  }

  // The left side of `sign`.
  Operand left_side(const Entity& entity, std::string_view sign) {
    if (is_literal(entity) && !may_be_unfilled(entity)) {
      fault_.set(fmt::format("Left side of {} expression must be a field or function, not {}.", sign, name_of(entity)),
                 entity.place);
      return {};
    }
    return operand(entity, nullptr);
  }

  // What stands for a side in errors: of arithmetic what it starts with.
  static const Entity& speaker(const Entity& entity) {
    const bool is_compound = entity.kind == Entity::Kind::arithmetic || entity.kind == Entity::Kind::negation;
    return is_compound ? speaker(entity.operands[0]) : entity;
  }

  void check_takes_part(const Entity& entity, const Operand& operand, bool may, std::string_view sign) {
    if (operand.any_type || may) return;
    const Entity& named = speaker(entity);
    fault_.set(
        fmt::format("{}{} (type={}) cannot participate in {} comparison.",
                    named.kind == Entity::Kind::call ? "Function " : "", named.text, long_name(operand.type), sign),
        named.place);
  }

  // The right side of a comparison with `left`, which goes with it.
  Operand right_side(const Entity& entity, const Entity& left_entity, const Operand& left) {
    if (is_literal(entity)) return literal(entity, left, names_for(left_entity, left));
    Operand right = operand(entity, &left);
    check_goes_with(left_entity, left, entity, right);
    return right;
  }
  // Whose values' names literals beside `left` may use.
  static const Field* names_for(const Entity& entity, const Operand& left) {
    return entity.kind != Entity::Kind::call ? left.field : nullptr;
  }

  void check_can_be_octets(const Entity& entity, const Operand& operand) {
    if (operand.any_type || can_be_sliced(operand.type)) return;
    fault_.set(fmt::format("{}\"{}\" is a {} and cannot be converted into a sequence of bytes.",
                           entity.kind == Entity::Kind::call ? "Function " : "", entity.text, long_name(operand.type)),
               entity.place);
  }

  void check_goes_with(const Entity& left_entity, const Operand& left, const Entity& right_entity,
                       const Operand& right) {
    const Entity& left_named = speaker(left_entity);
    if (right_entity.kind == Entity::Kind::slice) return check_can_be_octets(left_named, left);
    if (left_named.kind == Entity::Kind::slice) return check_can_be_octets(right_entity, right);
    if (left.any_type || right.any_type || can_be_compared(left.type, right.type)) return;
    const bool left_call = left_named.kind == Entity::Kind::call;
    const bool right_call = right_entity.kind == Entity::Kind::call;
    std::string reason;
    if (left_call && right_call) {
      reason = fmt::format("Return values of function {} (type={}) and function {} (type={})", left_named.text,
                           long_name(left.type), left_named.text, long_name(right.type));
    } else if (right_call) {
      reason = fmt::format("{} (type={}) and return value of {}() (type={})", name_of(left_named), long_name(left.type),
                           right_entity.text, long_name(right.type));
    } else if (left_call && right.kind == Kind::field) {
      reason = fmt::format("Function {} and {}", right.field->label, right_entity.text);
    } else {
      reason = fmt::format("{} and {}", name_of(left_named), name_of(right_entity));
    }
    fault_.set(reason + " are not of compatible types.", right_entity.place);
  }

  Test chain(const Sentence& sentence) {
    Test all{.kind = Test::Kind::conjunction};
    for (std::size_t i = 0; i < sentence.relations.size(); ++i) {
      all.parts.push_back(
          comparison(sentence.operands[i], sentence.relations[i], sentence.operands[i + 1], sentence.quantifier));
    }
    if (all.parts.size() != 1) return all;
    Test only = std::move(all.parts[0]);
    return only;
  }

  Test comparison(const Entity& left, const Sentence::Sign& sign, const Entity& right, Quantifier quantifier) {
    Test test{.kind = Test::Kind::comparison, .relation = sign.relation};
    Operand values = left_side(left, fmt::format("\"{}\"", sign.text));
    if (fault_) return test;
    check_takes_part(left, values, values.type != FieldType::none, sign.text);
    Operand others = right_side(right, left, values);
    test.order = natural_order(values.type, others.type);
    test.for_all = quantifier == Quantifier::all || (quantifier == Quantifier::none && is_for_all(sign.relation));
    test.operands.push_back(std::move(values));
    test.operands.push_back(std::move(others));
    return test;
  }
  static bool is_for_all(Relation relation) noexcept {
    return relation == Relation::unequal || relation == Relation::all_equal;
  }

  Test search(const Sentence& sentence) {
    Test test{.kind = Test::Kind::contains, .for_all = sentence.quantifier == Quantifier::all};
    const Entity& left = sentence.operands[0];
    const Entity& right = sentence.operands[1];
    Operand values = left_side(left, "contains");
    if (fault_) return test;
    check_takes_part(left, values, can_be_searched(values.type), "contains");
    Operand others;
    if (is_literal(right) && !values.any_type) {
      auto read = read_searched(right, values.type);
      if (read) {
        others = constant(std::move(*read), values.type);
      } else {
        fault_.set(std::move(read.error()), right.place);
      }
    } else {
      others = right_side(right, left, values);
    }
    // For a slice only the layer's own octets are searched, as for another slice.
    if (right.kind == Entity::Kind::slice) values = whole(std::move(values));
    test.operands.push_back(std::move(values));
    test.operands.push_back(std::move(others));
    return test;
  }

  static Operand whole(Operand operand) {
    Operand slice{.kind = Kind::slice, .type = FieldType::bytes, .any_type = operand.any_type, .ranges = {Range{}}};
    slice.operands.push_back(std::move(operand));
    return slice;
  }

  Test match(const Sentence& sentence) {
    Test test{.kind = Test::Kind::matches, .for_all = sentence.quantifier == Quantifier::all};
    const Entity& left = sentence.operands[0];
    const Entity& right = sentence.operands[1];
    if (right.kind != Entity::Kind::string)
      fault_.set("Matches requires a double quoted string on the right side.", right.place);
    Operand values = left_side(left, "matches");
    if (fault_) return test;
    check_takes_part(left, values, can_be_searched(values.type), "matches");
    auto regex = Regex::compile(right.value);
    if (regex) {
      test.regex = std::move(*regex);
    } else {
      fault_.set(fmt::format("Regex compilation error: {}.", regex.error()));
    }
    test.operands.push_back(std::move(values));
    return test;
  }

  Test membership(const Sentence& sentence) {
    Test test{.kind = Test::Kind::membership,
              .for_all = sentence.quantifier == Quantifier::all,
              .range_to_next = sentence.range_to_next};
    const Entity& left = sentence.operands[0];
    const bool is_named =
        left.kind == Entity::Kind::field || (left.kind == Entity::Kind::word && may_be_field(left.text));
    if (!is_named) {
      fault_.set("Only a field may be tested for membership in a set.", left.place);
      return test;
    }
    test.operands.push_back(operand(left, nullptr));
    const Operand values = test.operands[0];
    check_takes_part(left, values, values.type != FieldType::none, "in");
    for (std::size_t i = 1; i < sentence.operands.size(); ++i) {
      const Entity& element = sentence.operands[i];
      if (element.kind == Entity::Kind::slice) fault_.set("A slice may not appear inside a set.");
      if (fault_) return test;
      test.operands.push_back(right_side(element, left, values));
    }
    test.order = natural_order(values.type, values.type);
    return test;
  }

  Program& program_;
  Fault& fault_;
};

}  // namespace

bool is_function(std::string_view name) noexcept { return find_function(name) != nullptr; }

Program compile(std::string_view text, Fault& fault) {
  Program program;
  const Sentence sentence = parse(text, fault);
  if (!fault) program.test = Compiler{program, fault}.test(sentence);
  return program;
}

}  // namespace encap::filter
