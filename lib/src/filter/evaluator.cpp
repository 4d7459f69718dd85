#include "filter/evaluator.h"

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "dissect/text.h"
#include "filter/compare.h"
#include "filter/types.h"

namespace encap::filter {
namespace {

// Sums of many values by many values: what a packet and a filter can make of each other has an end.
constexpr std::size_t most_values = 65'536;

std::size_t place_of(const Field* field, std::size_t mask) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(field) / alignof(Field);
  return (address ^ address >> 7) & mask;
}

bool is_utf8(std::string_view text) noexcept {
  for (text.remove_prefix(plain_length(text)); !text.empty(); text.remove_prefix(utf8_length(text))) {
    if (utf8_length(text) == 0) return false;
  }
  return true;
}

// As strings are shown: U+FFFD where there is no UTF-8.
void append_mended(std::string& out, std::string_view text) {
  while (!text.empty()) {
    char32_t character = 0;
    const std::size_t length = utf8_length(text, character);
    if (character == replacement_character) {
      out += "\xef\xbf\xbd";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

// Whether the layer with that number is among those meant, of `last` layers.
bool is_in(const std::vector<Range>& ranges, std::uint32_t layer, std::uint32_t last) noexcept {
  return std::any_of(ranges.begin(), ranges.end(), [=](const Range& range) {
    const std::int64_t start = range.start < 0 ? std::int64_t{last} + range.start + 1 : range.start;
    return layer >= start && (range.length == 0 || layer < start + range.length);
  });
}

}  // namespace

Evaluator::Evaluator(Program program) : program_{std::move(program)}, glance_{program_.names} {
  table_.resize(64);
  found_.resize(program_.names.size());
  glanced_.reserve(2 * program_.names.size());  // items are pointed to
  mark(program_.test);
}

bool Evaluator::matches(const Dissection& dissection) {
  dissection_ = &dissection;
  values_.clear();
  arena_.reset();
  if (!found_.empty()) find_items();
  return is_true(program_.test);
}

// --- at a glance
// ------------------------------------------------------------------------------------------------------

// Finds the tests that headers answer.
void Evaluator::mark(Test& test) {
  for (Test& part : test.parts) mark(part);
  for (std::size_t kind = 0; kind < Glance::kinds; ++kind) {
    const auto is_told = [&](const Operand& operand) {
      if (test.kind == Test::Kind::exists && operand.kind == Operand::Kind::field && !operand.has_layers)
        return glance_.of(operand.name, kind) != Glance::Knowledge::open;
      return is_in_headers(operand, kind);
    };
    const bool told = test.parts.empty() && std::all_of(test.operands.begin(), test.operands.end(), is_told);
    if (!told) continue;
    test.in_headers |= static_cast<std::uint8_t>(1u << kind);
    may_glance_[kind] = true;
  }
}

bool Evaluator::is_in_headers(const Operand& operand, std::size_t kind) const {
  if (operand.kind == Operand::Kind::field) {
    if (operand.has_layers || operand.any_type) return operand.any_type;
    const Glance::Knowledge known = glance_.of(operand.name, kind);
    return known == Glance::Knowledge::values || known == Glance::Knowledge::absent;
  }
  return std::all_of(operand.operands.begin(), operand.operands.end(),
                     [&](const Operand& part) { return is_in_headers(part, kind); });
}

std::optional<bool> Evaluator::matches(const PacketRecord& record) {
  Bytes network;
  Bytes transport;
  const auto kind = Glance::kind_of(record, network, transport);
  if (!kind || !may_glance_[*kind]) return std::nullopt;
  values_.clear();
  arena_.reset();
  glanced_.clear();
  for (std::size_t name = 0; name < found_.size(); ++name) {
    found_[name].clear();
    glance_.read(name, *kind, network, transport, [&](const Item& item) {
      glanced_.push_back(item);
      found_[name].push_back({&glanced_.back(), 1});
    });
  }
  return answer(program_.test, *kind);
}

// Nothing: the headers are not enough.
std::optional<bool> Evaluator::answer(const Test& test, std::size_t kind) {
  switch (test.kind) {
    case Test::Kind::negation: {
      const auto part = answer(test.parts[0], kind);
      return part ? std::optional{!*part} : std::nullopt;
    }
    case Test::Kind::conjunction:
    case Test::Kind::disjunction: {
      const bool decides = test.kind == Test::Kind::disjunction;
      bool open = false;
      for (const Test& part : test.parts) {
        const auto told = answer(part, kind);
        if (told == decides) return decides;
        open |= !told;
      }
      return open ? std::nullopt : std::optional{!decides};
    }
    case Test::Kind::exclusion: {
      bool odd = false;
      for (const Test& part : test.parts) {
        const auto told = answer(part, kind);
        if (!told) return std::nullopt;
        odd ^= *told;
      }
      return odd;
    }
    default:
      return (test.in_headers >> kind & 1) != 0 ? std::optional{is_true(test)} : std::nullopt;
  }
}

// --- finding the fields
// -----------------------------------------------------------------------------------------------

std::size_t Evaluator::name_of(const Field* field) {
  const auto slot_of = [this](const Field* wanted) -> Entry& {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = place_of(wanted, mask);
    while (table_[at].field != nullptr && table_[at].field != wanted) at = (at + 1) & mask;
    return table_[at];
  };
  if (const Entry& known = slot_of(field); known.field != nullptr) return known.name;
  if (2 * ++known_fields_ > table_.size()) {
    const std::vector<Entry> before = std::exchange(table_, std::vector<Entry>(2 * table_.size()));
    for (const Entry& entry : before) {
      if (entry.field != nullptr) slot_of(entry.field) = entry;
    }
  }
  const auto name = std::find(program_.names.begin(), program_.names.end(), field->name);
  slot_of(field) = {field, static_cast<std::size_t>(name - program_.names.begin())};
  return slot_of(field).name;
}

void Evaluator::find_items() {
  for (auto& items : found_) items.clear();
  if (program_.has_layers) number_layers();
  const std::vector<Item>& items = dissection_->items;
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (items[i].field == nullptr) continue;
    const std::size_t name = name_of(items[i].field);
    if (name < found_.size()) found_[name].push_back({&items[i], program_.has_layers ? layers_[i] : 0});
  }
}

// Layers of one protocol are counted from 1; a field has the number of the layer it is in.
void Evaluator::number_layers() {
  const std::vector<Item>& items = dissection_->items;
  layers_.assign(items.size(), 1);  // what is in no layer is of the first one
  layer_counts_.clear();
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (!items[i].is_layer) {
      layers_[i] = layers_[static_cast<std::size_t>(items[i].parent)];
      continue;
    }
    const Field* const field = items[i].field;
    auto count = std::find_if(layer_counts_.begin(), layer_counts_.end(),
                              [field](const LayerCount& known) { return known.field == field; });
    if (count == layer_counts_.end()) count = layer_counts_.insert(count, {field, 0});
    layers_[i] = ++count->layers;
  }
}

// --- tests
// ------------------------------------------------------------------------------------------------------------

bool Evaluator::is_true(const Test& test) {
  const auto is_true_part = [this](const Test& part) { return is_true(part); };
  switch (test.kind) {
    case Test::Kind::everything:
      return true;
    case Test::Kind::exists:
      return exists(test.operands[0]);
    case Test::Kind::not_empty:
      return some_value(test.operands[0], false, [](const Value& value) { return value.size != 0; });
    case Test::Kind::not_zero: {
      const FieldType type = test.operands[0].type;
      return some_value(test.operands[0], false, [type](const Value& value) { return !is_zero(type, value); });
    }
    case Test::Kind::comparison:
      return comparison(test);
    case Test::Kind::contains:
      return search(test);
    case Test::Kind::matches:
      return match(test);
    case Test::Kind::membership:
      return membership(test);
    case Test::Kind::negation:
      return !is_true(test.parts[0]);
    case Test::Kind::conjunction:
      return std::all_of(test.parts.begin(), test.parts.end(), is_true_part);
    case Test::Kind::disjunction:
      return std::any_of(test.parts.begin(), test.parts.end(), is_true_part);
    case Test::Kind::exclusion:
      return std::count_if(test.parts.begin(), test.parts.end(), is_true_part) % 2 == 1;
  }
  return false;
}

bool Evaluator::exists(const Operand& operand) {
  if (operand.kind != Operand::Kind::field) return false;
  const auto& found = found_[operand.name];
  if (!operand.has_layers) return !found.empty();
  const std::uint32_t last = last_layer(found);
  return std::any_of(found.begin(), found.end(),
                     [&](const Found& one) { return is_in(operand.ranges, one.layer, last); });
}

// Whether `holds` is true of a value, or of all of them.
template <class Holds>
bool Evaluator::some_value(const Operand& operand, bool for_all, Holds holds) {
  const Values values = evaluate(operand);
  bool result = false;
  if (values.present) {
    const auto start = values_.begin() + static_cast<std::ptrdiff_t>(values.first);
    result = for_all ? std::all_of(start, values_.end(), holds) : std::any_of(start, values_.end(), holds);
  }
  values_.resize(values.first);
  return result;
}

bool Evaluator::comparison(const Test& test) {
  const Values left = evaluate(test.operands[0]);
  bool result = false;
  if (left.present) {
    const Values right = evaluate(test.operands[1]);
    if (right.present) {
      const auto pair_holds = [&](std::size_t i, std::size_t j) {
        return holds(test.relation, compare(test.order, values_[i], values_[j]));
      };
      result = test.for_all;
      for (std::size_t i = left.first; i < right.first && result == test.for_all; ++i) {
        for (std::size_t j = right.first; j < values_.size() && result == test.for_all; ++j) {
          if (pair_holds(i, j) != test.for_all) result = !test.for_all;
        }
      }
    }
  }
  values_.resize(left.first);
  return result;
}

bool Evaluator::search(const Test& test) {
  const Values needles = evaluate(test.operands[1]);
  // An empty literal is in nothing, an empty value in everything.
  const bool is_constant = test.operands[1].kind == Operand::Kind::constant;
  bool result = false;
  if (needles.present) {
    const std::size_t count = values_.size() - needles.first;
    const auto is_part = [&](std::string_view text, const Value& needle) {
      const std::string_view sought = needle.searched();
      if (sought.empty()) return !is_constant;
      return text.find(sought) != std::string_view::npos;
    };
    const Values all = evaluate(test.operands[0]);
    if (all.present) {
      result = test.for_all;
      for (std::size_t i = all.first; i < values_.size() && result == test.for_all; ++i) {
        for (std::size_t j = 0; j < count && result == test.for_all; ++j) {
          if (is_part(values_[i].searched(), values_[needles.first + j]) != test.for_all) result = !test.for_all;
        }
      }
    }
  }
  values_.resize(needles.first);
  return result;
}

bool Evaluator::match(const Test& test) {
  return some_value(test.operands[0], test.for_all,
                    [&](const Value& value) { return test.regex->matches(value.searched()); });
}

// With `all`, every value must be at the same element.
bool Evaluator::membership(const Test& test) {
  const Values values = evaluate(test.operands[0]);
  const std::size_t end = values_.size();
  bool result = false;
  for (std::size_t i = 1; i < test.operands.size() && values.present && !result; ++i) {
    const bool is_range = test.range_to_next[i];
    const auto is_here = [&](std::size_t value) {
      const Relation relation = is_range ? Relation::greater_equal : Relation::equal;
      return is_at(test, i, value, relation) && (!is_range || is_at(test, i + 1, value, Relation::less_equal));
    };
    result = test.for_all;
    for (std::size_t value = values.first; value < end && result == test.for_all; ++value) {
      if (is_here(value) != test.for_all) result = !test.for_all;
    }
    if (is_range) ++i;
  }
  values_.resize(values.first);
  return result;
}

// Whether a value stands so to an element of the set.
bool Evaluator::is_at(const Test& test, std::size_t element, std::size_t value, Relation relation) {
  const Value left = values_[value];
  return some_value(test.operands[element], test.for_all,
                    [&](const Value& right) { return holds(relation, compare(test.order, left, right)); });
}

// --- values
// -----------------------------------------------------------------------------------------------------------

Evaluator::Values Evaluator::evaluate(const Operand& operand) {
  switch (operand.kind) {
    case Operand::Kind::field:
      if (!operand.any_type) return field(operand);
      [[fallthrough]];
    case Operand::Kind::absent:
      return {values_.size(), false};
    case Operand::Kind::constant:
      values_.push_back(operand.value);
      return {values_.size() - 1, true};
    case Operand::Kind::slice:
      return each(operand, &Evaluator::sliced);
    case Operand::Kind::upper:
    case Operand::Kind::lower:
      return each(operand, &Evaluator::other_case);
    case Operand::Kind::length:
      return each(operand, &Evaluator::measured);
    case Operand::Kind::text:
      return each(operand, &Evaluator::written);
    case Operand::Kind::magnitude:
      return each(operand, &Evaluator::without_sign);
    case Operand::Kind::negation:
      return negation(operand);
    case Operand::Kind::arithmetic:
      return arithmetic(operand);
    case Operand::Kind::count:
      return count(operand);
    case Operand::Kind::maximum:
    case Operand::Kind::minimum:
      return extreme(operand);
  }
  return {values_.size(), false};
}

std::uint32_t Evaluator::last_layer(const std::vector<Found>& found) noexcept {
  std::uint32_t last = 0;
  for (const Found& one : found) last = std::max(last, one.layer);
  return last;
}

Evaluator::Values Evaluator::field(const Operand& operand) {
  const std::size_t first = values_.size();
  const auto& found = found_[operand.name];
  const std::uint32_t last = operand.has_layers ? last_layer(found) : 0;
  for (const Found& one : found) {
    if (!operand.has_layers || is_in(operand.ranges, one.layer, last)) values_.push_back(value_of(*one.item));
  }
  return {first, values_.size() != first};
}

Value Evaluator::value_of(const Item& item) {
  Value value;
  switch (item.field->type) {
    case FieldType::none:
      break;
    case FieldType::protocol:
      return layer_value(item);
    case FieldType::string:
      if (is_utf8(item.string())) {
        value.set_octets(item.string());
      } else {
        line_.clear();
        append_mended(line_, item.string());
        value.set_octets(arena_.copy(line_));
      }
      break;
    case FieldType::eui64:
      for (const char octet : item.string()) value.number = value.number << 8 | static_cast<unsigned char>(octet);
      value.set_octets(item.string());
      break;
    case FieldType::ipv4:
      for (const char octet : item.string()) value.number = value.number << 8 | static_cast<unsigned char>(octet);
      value.prefix = 32;
      value.set_octets(item.string());
      break;
    case FieldType::bytes:
    case FieldType::ether:
    case FieldType::ipv6:
      value.set_octets(item.string());
      break;
    case FieldType::boolean:
      value.number = item.number != 0 ? 1 : 0;
      break;
    case FieldType::absolute_time:
    case FieldType::relative_time: {
      constexpr std::int64_t second = 1'000'000'000;
      const auto nanoseconds = static_cast<std::int64_t>(item.number);
      value.number = static_cast<std::uint64_t>(nanoseconds / second);
      value.nanoseconds = static_cast<std::int32_t>(nanoseconds % second);
      if (item.field->type == FieldType::absolute_time && value.nanoseconds < 0) {
        value.nanoseconds += second;
        --value.number;
      }
      break;
    }
    default:
      value.number = item.number;
      value.is_signed = is_signed(item.field->type);
  }
  return value;
}

Value Evaluator::layer_value(const Item& item) const noexcept {
  Value value;
  if (item.data != nullptr) {
    value.set_octets(item.string());
    return value;
  }
  if (item.source >= dissection_->sources.size()) return value;
  const Bytes source = dissection_->sources[item.source].bytes;
  const Bytes from = source.subspan(std::min<std::size_t>(item.offset, source.size()));
  value.data = reinterpret_cast<const char*>(from.data());
  // A layer that marks no octets as its own has them all.
  value.size =
      static_cast<std::uint32_t>(std::min<std::size_t>(item.length != 0 ? item.length : item.reach, from.size()));
  value.reach = static_cast<std::uint32_t>(std::min<std::size_t>(item.reach, from.size()));
  return value;
}

// What `change` makes of each value.
Evaluator::Values Evaluator::each(const Operand& operand, Value (Evaluator::*change)(const Operand&, const Value&)) {
  const Values values = evaluate(operand.operands[0]);
  for (std::size_t i = values.first; i < values_.size(); ++i) values_[i] = (this->*change)(operand, values_[i]);
  return values;
}

Value Evaluator::sliced(const Operand& operand, const Value& value) {
  const auto part = [&value](const Range& range) -> std::string_view {
    const std::int64_t size = value.size;
    const std::int64_t start = range.start < 0 ? size + range.start : range.start;
    const std::int64_t length = range.length == 0 ? size - start : range.length;
    if (start < 0 || length <= 0 || start + length > size) return {};
    return value.octets().substr(static_cast<std::size_t>(start), static_cast<std::size_t>(length));
  };
  Value slice;
  if (operand.ranges.size() == 1) {
    slice.set_octets(part(operand.ranges[0]));
    if (slice.data == nullptr) slice.set_octets("");
    return slice;
  }
  line_.clear();
  for (const Range& range : operand.ranges) {
    if (line_.size() < most_values) line_ += part(range);
  }
  slice.set_octets(line_.empty() ? std::string_view{""} : arena_.copy(line_));
  return slice;
}

Value Evaluator::other_case(const Operand& operand, const Value& value) {
  Value changed;
  changed.set_octets("");
  if (value.size == 0) return changed;
  char* const text = arena_.allocate(value.size);
  std::transform(value.data, value.data + value.size, text, [&](char c) {
    if (operand.kind == Operand::Kind::lower) return ascii_lower(c);
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  changed.set_octets({text, value.size});
  return changed;
}

Value Evaluator::measured(const Operand& operand, const Value& value) {
  const FieldType type = operand.operands[0].type;
  Value length;
  if (is_octets(type) || type == FieldType::string || type == FieldType::ipv4 || type == FieldType::ipv6) {
    length.number = value.size;
  } else if (is_integer(type)) {
    length.number = type == FieldType::uint8 ? 1 : type == FieldType::uint16 ? 2 : type == FieldType::uint24 ? 3 : 4;
    if (width(type) == 64) length.number = 8;
  } else if (type == FieldType::real) {
    length.number = 8;
  }
  return length;
}

Value Evaluator::written(const Operand& operand, const Value& value) {
  const FieldType type = operand.operands[0].type;
  // Numbers in decimal, however the field is shown.
  const Field decimal{"", "", value.is_signed ? FieldType::int64 : FieldType::uint64};
  const Field as_it_is{"", "", type};
  Item item;
  item.field = is_integer(type) && type != FieldType::eui64 ? &decimal : &as_it_is;
  item.number = value.number;
  item.data = value.data;
  item.size = value.size;
  line_.clear();
  append_value(line_, item);
  Value text;
  text.set_octets(arena_.copy(line_));
  return text;
}

Value Evaluator::without_sign(const Operand& operand, const Value& value) {
  if (operand.type == FieldType::real) {
    Value positive = value;
    positive.number &= ~(std::uint64_t{1} << 63);
    return positive;
  }
  // Of times tshark looks at the seconds alone.
  const bool negative = (is_time(operand.type) || value.is_signed) && static_cast<std::int64_t>(value.number) < 0;
  return negative ? negate(operand.type, value).value_or(value) : value;
}

Evaluator::Values Evaluator::negation(const Operand& operand) {
  const Values values = evaluate(operand.operands[0]);
  std::size_t end = values.first;
  for (std::size_t i = values.first; i < values_.size(); ++i) {
    if (const auto negated = negate(operand.type, values_[i])) values_[end++] = *negated;
  }
  values_.resize(end);
  return values;
}

// Each value of one side with each of the other. Where there is no result there is one value less.
Evaluator::Values Evaluator::arithmetic(const Operand& operand) {
  Values left = evaluate(operand.operands[0]);
  for (std::size_t next = 0; next < operand.operators.size() && left.present; ++next) {
    const Values right = evaluate(operand.operands[next + 1]);
    left.present = right.present;
    const std::size_t end = values_.size();
    for (std::size_t i = left.first; i < right.first; ++i) {
      for (std::size_t j = right.first; j < end && values_.size() - end < most_values; ++j) {
        if (const auto value = computed(operand.type, operand.operators[next], values_[i], values_[j]))
          values_.push_back(*value);
      }
    }
    values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(left.first),
                  values_.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return left;
}

std::optional<Value> Evaluator::computed(FieldType type, Arithmetic sign, const Value& left, const Value& right) {
  if (sign == Arithmetic::bit_and && !is_integer(type)) return masked(type, left, right);
  return compute(type, sign, left, right);
}

Value Evaluator::masked(FieldType type, const Value& left, const Value& right) {
  Value result;
  result.set_octets("");
  if (type == FieldType::ipv4) {
    result.number = left.number & right.number;
    result.prefix = std::min(left.prefix, right.prefix);
    return result;
  }
  const std::uint32_t size = std::min(left.size, right.size);
  if (size == 0) return result;
  char* const octets = arena_.allocate(size);
  for (std::uint32_t i = 0; i < size; ++i) octets[i] = static_cast<char>(left.data[i] & right.data[i]);
  result.set_octets({octets, size});
  if (type == FieldType::ipv6) result.prefix = 0;  // as in tshark, where it equals every address
  return result;
}

Evaluator::Values Evaluator::count(const Operand& operand) {
  const Values values = evaluate(operand.operands[0]);
  Value count;
  count.number = values_.size() - values.first;
  values_.resize(values.first);
  if (values.present) values_.push_back(count);
  return values;
}

// The largest or the smallest of all values that are there.
Evaluator::Values Evaluator::extreme(const Operand& operand) {
  const std::size_t first = values_.size();
  const Relation better = operand.kind == Operand::Kind::maximum ? Relation::greater : Relation::less;
  const Order order = natural_order(operand.type, operand.type);
  std::optional<Value> best;
  for (const Operand& argument : operand.operands) {
    const Values values = evaluate(argument);
    for (std::size_t i = values.first; i < values_.size(); ++i) {
      if (!best || holds(better, compare(order, values_[i], *best))) best = values_[i];
    }
    values_.resize(first);
  }
  if (best) values_.push_back(*best);
  return {first, best.has_value()};
}

}  // namespace encap::filter
