#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <limits>
#include <optional>
#include <utility>

#include "dissect/text.h"
#include "filter/lexer.h"
#include "filter/names.h"

namespace encap::filter {
namespace {

// A number as C writes it, with a sign, at the start of `text`. Octets read, 0: none.
std::size_t read_number(std::string_view text, std::int64_t& value) {
  std::size_t at = 0;
  while (at < text.size() && is_ascii_space(text[at])) ++at;
  const bool negative = at < text.size() && text[at] == '-';
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  int base = 10;
  if (at + 1 < text.size() && text[at] == '0') {
    const bool hex = ascii_lower(text[at + 1]) == 'x' && at + 2 < text.size() && hex_digit(text[at + 2]) >= 0;
    base = hex ? 16 : 8;
    if (hex) at += 2;
  }
  std::uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), magnitude, base);
  if (error == std::errc::invalid_argument) return 0;
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (error == std::errc::result_out_of_range || magnitude > most) magnitude = most;
  value = negative ? -static_cast<std::int64_t>(magnitude) : static_cast<std::int64_t>(magnitude);
  return static_cast<std::size_t>(end - text.data());
}

constexpr bool fits(std::int64_t value) noexcept {
  return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
}

/// Reads a filter from left to right: one function for each rule of the grammar, loosest binding first. A fault makes
/// the lexer end, so that every loop ends as well.
class Parser {
 public:
  Parser(std::string_view text, Fault& fault) : lexer_{text, fault}, fault_{fault} { token_ = lexer_.next(); }

  Sentence filter() {
    if (is(TokenKind::end)) return {};
    Sentence sentence = disjunction();
    if (!is(TokenKind::end)) unexpected();
    return sentence;
  }

 private:
  // tshark refuses what lies too deep in one another: its parser keeps this many symbols. Those that wait for what is
  // read now are counted in `pending_`.
  static constexpr unsigned most_symbols = 100;

  [[nodiscard]] bool is(TokenKind kind) const noexcept { return token_.kind == kind; }
  void unexpected() {
    if (is(TokenKind::end)) {
      fault_.set("Unexpected end of filter expression.");
    } else {
      fault_.set(fmt::format("\"{}\" was unexpected in this context.", token_.text), token_.place);
    }
    token_ = {};
  }
  // Goes on to the next token. `before`: symbols that the construct at hand has in front of this one.
  Token take(unsigned before = 0) {
    if (pending_ + before + 1 > most_symbols) {
      unexpected();
      return {};
    }
    Token taken = std::exchange(token_, fault_ ? Token{} : lexer_.next());
    if (fault_) token_ = {};
    return taken;
  }
  void expect(TokenKind kind, unsigned before = 0) {
    if (is(kind)) {
      take(before);
    } else {
      unexpected();
    }
  }
  // What `read` gives while `symbols` more wait for it.
  template <class Read>
  auto while_pending(unsigned symbols, Read read) {
    pending_ += symbols;
    auto result = read();
    pending_ -= symbols;
    return result;
  }

  // --- sentences ---------------------------------------------------------------------------------------------------
  template <class Part>
  Sentence joined(Sentence::Kind kind, TokenKind sign, Part part) {
    Sentence first = part();
    if (!is(sign)) return first;
    Sentence all{.kind = kind};
    all.parts.push_back(std::move(first));
    while (is(sign)) {
      take(1);
      all.parts.push_back(while_pending(2, part));
    }
    return all;
  }
  Sentence disjunction() {
    return joined(Sentence::Kind::disjunction, TokenKind::logical_or, [this] { return exclusion(); });
  }
  Sentence exclusion() {
    return joined(Sentence::Kind::exclusion, TokenKind::logical_xor, [this] { return conjunction(); });
  }
  Sentence conjunction() {
    return joined(Sentence::Kind::conjunction, TokenKind::logical_and, [this] { return negation(); });
  }
  Sentence negation() {
    bool negated = false;
    bool any = false;
    for (; is(TokenKind::logical_not); take(any ? 1 : 0)) {
      negated = !negated;
      any = true;
    }
    Sentence sentence = while_pending(any ? 1 : 0, [this] { return group_or_test(); });
    return negated ? negate(std::move(sentence)) : sentence;
  }
  static Sentence negate(Sentence sentence) {
    Sentence negation{.kind = Sentence::Kind::negation};
    negation.parts.push_back(std::move(sentence));
    return negation;
  }
  Sentence group_or_test() {
    if (!is(TokenKind::left_parenthesis)) return test();
    take();
    Sentence sentence = while_pending(1, [this] { return disjunction(); });
    expect(TokenKind::right_parenthesis, 2);
    return sentence;
  }

  Sentence test() {
    Quantifier quantifier = Quantifier::none;
    if (is(TokenKind::any) || is(TokenKind::all)) {
      quantifier = is(TokenKind::any) ? Quantifier::any : Quantifier::all;
      take();
    }
    Sentence sentence = while_pending(quantifier != Quantifier::none ? 1 : 0, [this] { return relation(); });
    // What is only there or not has no values to be quantified.
    if (quantifier != Quantifier::none && sentence.kind == Sentence::Kind::exists) unexpected();
    sentence.quantifier = quantifier;  // which means nothing to what is not in a set
    return sentence;
  }

  Sentence relation() {
    const bool entity_first = !is(TokenKind::left_brace) && !is(TokenKind::plus) && !is(TokenKind::minus);
    Sentence sentence{.kind = Sentence::Kind::exists};
    sentence.operands.push_back(sum_of_bits());
    const Entity::Kind kind = sentence.operands[0].kind;
    const bool plain = entity_first && kind != Entity::Kind::arithmetic && kind != Entity::Kind::negation;
    switch (token_.kind) {
      case TokenKind::comparison:
        return comparisons(std::move(sentence));
      case TokenKind::contains:
      case TokenKind::matches:
        if (!plain) break;
        sentence.kind = is(TokenKind::contains) ? Sentence::Kind::contains : Sentence::Kind::matches;
        take(1);
        sentence.operands.push_back(while_pending(2, [this] { return entity(); }));
        break;
      case TokenKind::in:
        if (plain) return membership(std::move(sentence));
        break;
      case TokenKind::logical_not:
        if (!plain) break;
        take(1);
        if (is(TokenKind::in)) return negate(membership(std::move(sentence)));
        unexpected();
        break;
      default:
        break;
    }
    return sentence;
  }

  Sentence comparisons(Sentence sentence) {
    sentence.kind = Sentence::Kind::comparison;
    while (is(TokenKind::comparison)) {
      sentence.relations.push_back({token_.relation, token_.text});
      take(1);
      sentence.operands.push_back(while_pending(2, [this] { return sum_of_bits(); }));
    }
    return sentence;
  }

  Sentence membership(Sentence sentence) {
    sentence.kind = Sentence::Kind::membership;
    take(1);
    expect(TokenKind::left_brace, 2);
    sentence.range_to_next.push_back(false);  // the one that is tested
    for (;;) {
      element(sentence);
      if (is(TokenKind::dots)) {
        take(4);
        sentence.range_to_next.back() = true;
        element(sentence);
      }
      if (!is(TokenKind::comma)) break;
      take(4);
    }
    expect(TokenKind::right_brace, 4);
    return sentence;
  }
  void element(Sentence& sentence) {
    sentence.operands.push_back(while_pending(4, [this] {
      if (is(TokenKind::plus) || is(TokenKind::minus)) return signed_entity([this] { return entity(); });
      return entity();
    }));
    sentence.range_to_next.push_back(false);
  }

  // --- entities ----------------------------------------------------------------------------------------------------
  template <class Find, class Part>
  Entity operated(Find find, Part part) {
    Entity first = part();
    std::optional<Arithmetic> sign = find(token_.kind);
    if (!sign) return first;
    Entity all{.kind = Entity::Kind::arithmetic};
    all.operands.push_back(std::move(first));
    for (; sign; sign = find(token_.kind)) {
      all.place = token_.place;  // the outermost operator is the last one
      all.text = token_.text;
      all.operators.push_back(*sign);
      take(1);
      all.operands.push_back(while_pending(2, part));
    }
    return all;
  }
  Entity sum_of_bits() {
    const auto find = [](TokenKind kind) {
      return kind == TokenKind::ampersand ? std::optional{Arithmetic::bit_and} : std::nullopt;
    };
    return operated(find, [this] { return sum(); });
  }
  Entity sum() {
    const auto find = [](TokenKind kind) {
      return kind == TokenKind::plus    ? std::optional{Arithmetic::add}
             : kind == TokenKind::minus ? std::optional{Arithmetic::subtract}
                                        : std::nullopt;
    };
    return operated(find, [this] { return product(); });
  }
  Entity product() {
    const auto find = [](TokenKind kind) {
      return kind == TokenKind::star      ? std::optional{Arithmetic::multiply}
             : kind == TokenKind::slash   ? std::optional{Arithmetic::divide}
             : kind == TokenKind::percent ? std::optional{Arithmetic::modulo}
                                          : std::nullopt;
    };
    return operated(find, [this] { return signed_operand(); });
  }
  Entity signed_operand() {
    if (!is(TokenKind::plus) && !is(TokenKind::minus)) return operand();
    return signed_entity([this] { return operand(); });
  }
  template <class Read>
  Entity signed_entity(Read read) {
    const Token sign = take();
    Entity inner = while_pending(1, read);
    if (sign.kind == TokenKind::plus) return inner;
    Entity negation{.kind = Entity::Kind::negation, .place = sign.place, .text = sign.text};
    negation.operands.push_back(std::move(inner));
    return negation;
  }
  Entity operand() {
    if (!is(TokenKind::left_brace)) return entity();
    take();
    Entity inner = while_pending(1, [this] { return sum_of_bits(); });
    expect(TokenKind::right_brace, 2);
    return inner;
  }

  Entity entity() {
    Entity entity = unsliced();
    while (is(TokenKind::left_bracket)) {
      Entity slice{.kind = Entity::Kind::slice};
      slice.text = entity.text;
      slice.ranges = ranges(slice.text);
      slice.operands.push_back(std::move(entity));
      entity = std::move(slice);
    }
    return entity;
  }
  Entity unsliced() {
    switch (token_.kind) {
      case TokenKind::word:
        return name_or_call();
      case TokenKind::field:
        return layered(simple(Entity::Kind::field));
      case TokenKind::reference: {
        Entity reference = simple(Entity::Kind::reference);
        reference.text = reference.value;
        return reference;
      }
      case TokenKind::string:
        return simple(Entity::Kind::string);
      case TokenKind::character:
        return simple(Entity::Kind::character);
      default:
        unexpected();
        return {};
    }
  }
  Entity simple(Entity::Kind kind) {
    Token token = take();
    return {.kind = kind,
            .place = token.place,
            .text = std::move(token.text),
            .value = std::move(token.value),
            .number = token.number};
  }
  Entity name_or_call() {
    Entity name = simple(Entity::Kind::word);
    return is(TokenKind::left_parenthesis) ? call(std::move(name)) : layered(std::move(name));
  }
  Entity call(Entity function) {
    function.kind = Entity::Kind::call;
    take(1);
    if (!is(TokenKind::right_parenthesis)) {
      function.operands.push_back(while_pending(2, [this] { return sum_of_bits(); }));
      while (is(TokenKind::comma)) {
        take(3);
        function.operands.push_back(while_pending(4, [this] { return sum_of_bits(); }));
      }
    }
    expect(TokenKind::right_parenthesis, 3);
    if (!is_function(function.text))
      fault_.set(fmt::format("Function '{}' does not exist", function.text), function.place);
    return function;
  }
  // A field's name with the layers that are meant.
  Entity layered(Entity field) {
    if (!is(TokenKind::hash) || fault_) return field;
    Token behind = lexer_.next_behind_hash();
    std::string text;
    if (behind.kind == TokenKind::left_bracket) {
      token_ = std::move(behind);
      field.ranges = ranges(text);
    } else if (behind.kind == TokenKind::number) {
      std::int64_t layer = 0;
      const auto [end, error] = std::from_chars(behind.text.data(), behind.text.data() + behind.text.size(), layer);
      if (error != std::errc{} || !fits(layer))
        fault_.set(fmt::format("\"{}\" causes an integer overflow.", behind.text), behind.place);
      field.ranges.push_back({static_cast<std::int32_t>(layer), 1});
      token_ = lexer_.next();
    } else {
      token_ = {};
      if (!fault_) unexpected();
    }
    if (!may_be_field(field.text)) fault_.set(fmt::format("{} is not a valid field", field.text), field.place);
    field.kind = Entity::Kind::field;
    field.has_layers = true;
    return field;
  }

  // What is between brackets; appends it to `text` as errors name it.
  std::vector<Range> ranges(std::string& text) {
    std::vector<Range> all;
    for (char separator = '[';; separator = ',') {
      token_ = lexer_.next_in_brackets();
      text += separator;
      if (!is(TokenKind::range)) {
        if (!fault_) unexpected();
        return all;
      }
      // The bracket that is missing is told before a range that is none.
      const Token written = std::exchange(token_, lexer_.next_in_brackets());
      if (fault_) return all;
      all.push_back(range(written, text));
      if (!is(TokenKind::comma)) break;
    }
    if (!fault_) take();
    text += ']';
    return all;
  }
  Range range(const Token& token, std::string& text) {
    const std::string& written = token.text;
    const auto refuse = [&](std::string reason) {
      fault_.set(std::move(reason), token.place);
      return Range{};
    };
    const std::string_view all = written;
    std::int64_t start = 0;
    std::size_t at = 0;
    if (all[0] != ':') {
      at = read_number(all, start);
      if (at == 0) return refuse(fmt::format("\"{}\" is not a valid number.", all));
      if (!fits(start)) return refuse(fmt::format("\"{}\" causes an integer overflow.", all));
    }
    while (at < all.size() && is_ascii_space(all[at])) ++at;
    const auto first = static_cast<std::int32_t>(start);
    if (at == all.size()) {
      text += fmt::format("{}:1", first);
      return {first, 1};
    }
    text += all;
    const char sign = all[at];
    const std::string_view behind = all.substr(at + 1);
    if (sign == ':' && behind.empty()) return {first, 0};
    std::int64_t second = 0;
    const std::size_t read = read_number(behind, second);
    if ((sign != ':' && sign != '-') || read == 0 || read != behind.size() || !fits(second))
      return refuse(fmt::format("\"{}\" is not a valid range.", all));
    if (sign == ':') {
      if (second > 0) return {first, static_cast<std::int32_t>(second)};
      return refuse(fmt::format("Range {} isn't valid because length {} isn't positive", all, second));
    }
    if ((start < 0) != (second < 0)) {
      return refuse(fmt::format("Range {} isn't valid because {} and {} have different signs", all, start, second));
    }
    if (start >= second)
      return refuse(fmt::format("Range {} isn't valid because {} is greater or equal than {}", all, start, second));
    const std::int64_t length = std::min<std::int64_t>(second - start + 1, std::numeric_limits<std::int32_t>::max());
    return {first, static_cast<std::int32_t>(length)};
  }

  Lexer lexer_;
  Fault& fault_;
  Token token_;
  unsigned pending_ = 1;  // the end of the text
};

}  // namespace

Sentence parse(std::string_view text, Fault& fault) { return Parser{text, fault}.filter(); }

}  // namespace encap::filter
