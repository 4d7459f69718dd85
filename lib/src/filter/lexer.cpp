#include "filter/lexer.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "dissect/text.h"
#include "encap/wire/ip_address.h"
#include "filter/escape.h"
#include "filter/names.h"

namespace encap::filter {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_hex(char c) noexcept { return hex_digit(c) >= 0; }
constexpr bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool starts_word(char c) noexcept { return is_letter(c) || is_digit(c) || c == '_'; }
constexpr bool is_in_word(char c) noexcept { return starts_word(c) || c == '-'; }
constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\n'; }

struct NamedToken {
  std::string_view text;
  TokenKind kind;
  Relation relation = Relation::equal;
};

constexpr NamedToken words[] = {{"and", TokenKind::logical_and},
                                {"or", TokenKind::logical_or},
                                {"xor", TokenKind::logical_xor},
                                {"not", TokenKind::logical_not},
                                {"in", TokenKind::in},
                                {"any", TokenKind::any},
                                {"all", TokenKind::all},
                                {"contains", TokenKind::contains},
                                {"matches", TokenKind::matches},
                                {"bitwise_and", TokenKind::ampersand},
                                {"eq", TokenKind::comparison, Relation::equal},
                                {"any_eq", TokenKind::comparison, Relation::equal},
                                {"all_eq", TokenKind::comparison, Relation::all_equal},
                                {"ne", TokenKind::comparison, Relation::unequal},
                                {"all_ne", TokenKind::comparison, Relation::unequal},
                                {"any_ne", TokenKind::comparison, Relation::any_unequal},
                                {"gt", TokenKind::comparison, Relation::greater},
                                {"ge", TokenKind::comparison, Relation::greater_equal},
                                {"lt", TokenKind::comparison, Relation::less},
                                {"le", TokenKind::comparison, Relation::less_equal}};

// Longer ones before those they start with.
constexpr NamedToken signs[] = {{"===", TokenKind::comparison, Relation::all_equal},
                                {"==", TokenKind::comparison, Relation::equal},
                                {"!==", TokenKind::comparison, Relation::any_unequal},
                                {"!=", TokenKind::comparison, Relation::unequal},
                                {"~=", TokenKind::comparison, Relation::any_unequal},
                                {">=", TokenKind::comparison, Relation::greater_equal},
                                {">", TokenKind::comparison, Relation::greater},
                                {"<=", TokenKind::comparison, Relation::less_equal},
                                {"<", TokenKind::comparison, Relation::less},
                                {"~", TokenKind::matches},
                                {"!", TokenKind::logical_not},
                                {"&&", TokenKind::logical_and},
                                {"&", TokenKind::ampersand},
                                {"||", TokenKind::logical_or},
                                {"^^", TokenKind::logical_xor},
                                {"+", TokenKind::plus},
                                {"-", TokenKind::minus},
                                {"*", TokenKind::star},
                                {"/", TokenKind::slash},
                                {"%", TokenKind::percent},
                                {"(", TokenKind::left_parenthesis},
                                {")", TokenKind::right_parenthesis},
                                {"{", TokenKind::left_brace},
                                {"}", TokenKind::right_brace},
                                {"[", TokenKind::left_bracket},
                                {"]", TokenKind::right_bracket},
                                {",", TokenKind::comma},
                                {"..", TokenKind::dots},
                                {"#", TokenKind::hash}};

// Words with dots between them: tcp.port, 2020-07-04, 10.0.0.1.
std::size_t dotted_words(std::string_view text) noexcept {
  std::size_t at = 0;
  if (text.empty() || !starts_word(text[0])) return 0;
  for (;;) {
    while (at < text.size() && is_in_word(text[at])) ++at;
    if (at + 1 >= text.size() || text[at] != '.' || !is_in_word(text[at + 1])) return at;
    ++at;
  }
}

// Octets of two digits with separators of one kind between them.
std::size_t separated_octets(std::string_view text, char separator) noexcept {
  const auto octet_at = [text](std::size_t at) {
    return at + 1 < text.size() && is_hex(text[at]) && is_hex(text[at + 1]);
  };
  if (!octet_at(0)) return 0;
  std::size_t at = 2;
  while (at < text.size() && text[at] == separator && octet_at(at + 1)) at += 3;
  return at;
}

// What is no word because colons are in it: aa:bb, :aa, :aa-bb, :abc.
std::size_t octets_with_colons(std::string_view text) noexcept {
  if (text.empty()) return 0;
  if (text[0] != ':') {
    const std::size_t length = separated_octets(text, ':');
    return length > 2 ? length : 0;
  }
  const std::string_view behind = text.substr(1);
  std::size_t length = 0;
  while (length < behind.size() && is_hex(behind[length])) ++length;
  for (const char separator : {':', '.', '-'}) length = std::max(length, separated_octets(behind, separator));
  return length != 0 ? length + 1 : 0;
}

// Digits of a prefix length behind an address, and the slash.
std::size_t prefix_length(std::string_view text, std::size_t most) noexcept {
  if (text.empty() || text[0] != '/') return 0;
  std::size_t digits = 0;
  while (digits < most && digits + 1 < text.size() && is_digit(text[digits + 1])) ++digits;
  return digits != 0 ? digits + 1 : 0;
}

// The longest start of `text` that is an address, with its prefix length.
template <class Address>
std::size_t address(std::string_view text, std::size_t longest, std::size_t prefix_digits, bool (*may_hold)(char)) {
  std::size_t length = 0;
  while (length < text.size() && length < longest && may_hold(text[length])) ++length;
  while (length >= 2 && !Address::parse(text.substr(0, length))) --length;
  return length >= 2 ? length + prefix_length(text.substr(length), prefix_digits) : 0;
}

std::size_t ipv4_address(std::string_view text) {
  if (text.empty() || !is_digit(text[0])) return 0;
  return address<Ipv4Address>(text, 15, 2, [](char c) { return is_digit(c) || c == '.'; });
}

std::size_t ipv6_address(std::string_view text) {
  const std::size_t colon = text.substr(0, 5).find(':');
  if (colon == std::string_view::npos) return 0;
  return address<Ipv6Address>(text, 45, 3, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
}

}  // namespace

void Lexer::skip_blanks() noexcept {
  while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
}

Token Lexer::fail(std::string reason, Place place) {
  fault_.set(std::move(reason), place);
  at_ = text_.size();
  return {};
}

Token Lexer::take(TokenKind kind, std::size_t length) {
  Token token{.kind = kind, .place = {at_, length}, .text = std::string{text_.substr(at_, length)}};
  at_ += length;
  return token;
}

Token Lexer::next() {
  if (fault_) return {};
  skip_blanks();
  if (at_ >= text_.size()) return {};
  const char c = peek();
  const auto octet = static_cast<unsigned char>(c);
  if (octet < 0x20 || octet >= 0x7f)
    return fail("Non-printable ASCII characters may only appear inside double-quotes.", {at_, 1});
  if (c == '"') return string_token(false);
  if ((c == 'r' || c == 'R') && peek(1) == '"') return string_token(true);
  if (c == '\'') return character_token();
  if (c == '$') return reference_token();
  if (c == '.' && starts_word(peek(1))) return field_token();
  if (Token token = word_token(); token.kind != TokenKind::end || fault_) return token;
  for (const NamedToken& sign : signs) {
    if (!rest().starts_with(sign.text)) continue;
    Token token = take(sign.kind, sign.text.size());
    token.relation = sign.relation;
    return token;
  }
  return take(TokenKind::other, 1);
}

Token Lexer::word_token() {
  const std::string_view text = rest();
  const std::size_t word = dotted_words(text);
  const std::size_t length = std::max({word, octets_with_colons(text), ipv4_address(text), ipv6_address(text)});
  if (length == 0) return {};
  if (length == word) {
    const auto* const known = std::find_if(std::begin(words), std::end(words),
                                           [&](const NamedToken& w) { return w.text == text.substr(0, word); });
    if (known != std::end(words)) {
      Token token = take(known->kind, length);
      token.relation = known->relation;
      return token;
    }
  }
  return take(TokenKind::word, length);
}

Token Lexer::field_token() {
  const std::size_t length = dotted_words(rest().substr(1));
  const std::string name{text_.substr(at_ + 1, length)};
  if (!may_be_field(name))
    return fail(fmt::format("\"{}\" is not a valid protocol or protocol field.", name), {at_, length + 1});
  Token token = take(TokenKind::field, length + 1);
  token.text = name;
  return token;
}

// The value of a field in a packet that somebody looks at: nobody does here.
Token Lexer::reference_token() {
  if (starts_word(peek(1))) {
    ++at_;
    Token token = word_token();
    token.kind = TokenKind::other;
    return token;
  }
  const std::size_t end = rest().find('}');
  if (peek(1) != '{' || end == std::string_view::npos) return take(TokenKind::other, 1);
  const std::string name{text_.substr(at_ + 2, end - 2)};
  const FieldEntry* const entry = find_field(name);
  if (entry == nullptr || entry->field->type == FieldType::protocol)
    return fail(fmt::format("macro '{}' does not exist", name.substr(0, name.find(':'))), {});
  Token token = take(TokenKind::reference, end + 1);
  token.place = {token.place.offset + 2, name.size()};
  token.text = "$";
  token.value = name;
  return token;
}

// Appends what an escape stands for. Whether it is one.
bool Lexer::read_escape(std::string& into) {
  const Escape escape = filter::read_escape(rest());
  const std::string_view text = rest().substr(0, escape.length);
  const Place place{at_, escape.length};
  switch (escape.kind) {
    case Escape::Kind::octet:
      into += static_cast<char>(escape.value);
      break;
    case Escape::Kind::code_point:
      append_utf8(into, escape.value);
      break;
    case Escape::Kind::unknown:
      fault_.set(fmt::format("{} is not a valid character escape sequence", text), place);
      return false;
    case Escape::Kind::too_large:
      fault_.set(fmt::format("{} is larger than 255.", text), place);
      return false;
    case Escape::Kind::no_character:
      fault_.set(fmt::format("{} is not a valid universal character name", text), place);
      return false;
  }
  at_ += escape.length;
  return true;
}

Token Lexer::string_token(bool raw) {
  Token token{.kind = TokenKind::string, .place = {at_, 0}};
  at_ += raw ? 2 : 1;
  const std::size_t start = at_;
  while (at_ < text_.size() && text_[at_] != '"') {
    const bool escaped = text_[at_] == '\\';
    if (escaped && at_ + 1 == text_.size()) return fail("The final quote was missing from a quoted string.", {at_, 1});
    if (escaped && !raw) {
      if (!read_escape(token.value)) return {};
      continue;
    }
    // A raw string does not end at a quote behind a backslash, and keeps both.
    const std::size_t length = escaped && text_[at_ + 1] == '"' ? 2 : 1;
    token.value += text_.substr(at_, length);
    at_ += length;
  }
  if (at_ >= text_.size()) return fail("The final quote was missing from a quoted string.", {text_.size(), 1});
  token.text = '"' + std::string{text_.substr(start, at_ - start)} + '"';
  ++at_;
  token.place.length = at_ - token.place.offset;
  return token;
}

Token Lexer::character_token() {
  const std::size_t start = at_++;
  while (at_ < text_.size() && text_[at_] != '\'') at_ += text_[at_] == '\\' ? 2 : 1;
  if (at_ >= text_.size()) return fail("The final quote was missing from a character constant.", {text_.size(), 1});
  ++at_;
  const Place place{start, at_ - start};
  const std::string quoted{text_.substr(start, place.length)};
  const std::string_view inside = std::string_view{quoted}.substr(1, quoted.size() - 2);
  Token token{.kind = TokenKind::character, .place = place, .text = quoted};
  if (inside.empty()) return fail("Empty character constant.", place);
  std::size_t length = 1;
  if (inside[0] != '\\') {
    if (inside[0] < 0x20 || inside[0] == 0x7f) {
      return fail(fmt::format("Non-printable value '0x{:02x}' in character constant.",
                              static_cast<std::uint64_t>(static_cast<signed char>(inside[0]))),
                  place);
    }
    token.number = static_cast<unsigned char>(inside[0]);
  } else {
    const Escape escape = filter::read_escape(inside);
    length = escape.length;
    token.number = escape.value;
    if (escape.kind == Escape::Kind::unknown)
      return fail(fmt::format("{} isn't a valid character constant.", quoted), place);
    if (escape.kind == Escape::Kind::too_large)
      return fail(fmt::format("{} is too large to be a valid character constant.", quoted), place);
    if (escape.kind == Escape::Kind::no_character)
      return fail(fmt::format("{} is not a valid universal character name", quoted), place);
    if (inside == "\\n") length = 0;  // refused by tshark, as if something followed
  }
  if (length != inside.size())
    return fail(fmt::format("{} is too long to be a valid character constant.", quoted), place);
  return token;
}

Token Lexer::next_in_brackets() {
  if (fault_) return {};
  skip_blanks();
  if (at_ >= text_.size()) return fail("The right bracket was missing from a slice.", {text_.size(), 1});
  if (peek() == ']') return take(TokenKind::right_bracket, 1);
  if (peek() == ',') return take(TokenKind::comma, 1);
  std::size_t length = std::min(rest().find_first_of("],"), rest().size());
  while (is_blank(text_[at_ + length - 1])) --length;
  return take(TokenKind::range, length);
}

Token Lexer::next_behind_hash() {
  if (fault_ || at_ >= text_.size()) return {};
  if (peek() == '[') return take(TokenKind::left_bracket, 1);
  std::size_t digits = 0;
  while (is_digit(peek(digits))) ++digits;
  if (digits == 0) return fail(fmt::format("Expected digit or \"[\", not \"{}\"", peek()), {at_, 1});
  return take(TokenKind::number, digits);
}

}  // namespace encap::filter
