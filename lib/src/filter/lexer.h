#pragma once

#include <string>
#include <string_view>

#include "filter/syntax.h"

namespace encap::filter {

enum class TokenKind : std::uint8_t {
  end,
  word,
  field,      ///< `.name`
  reference,  ///< `${name}`
  string,
  character,
  range,   ///< between brackets
  number,  ///< behind #
  comparison,
  contains,
  matches,
  in,
  logical_not,
  logical_and,
  logical_or,
  logical_xor,
  any,
  all,
  plus,
  minus,
  star,
  slash,
  percent,
  ampersand,
  left_parenthesis,
  right_parenthesis,
  left_brace,
  right_brace,
  left_bracket,
  right_bracket,
  comma,
  dots,
  hash,
  other  ///< a character that means nothing here
};

struct Token {
  TokenKind kind = TokenKind::end;
  Place place{};
  std::string text{};      ///< as errors name it
  std::string value{};     ///< of a string
  std::uint64_t number{};  ///< of a character
  Relation relation{};     ///< of a comparison
};

/// Cuts a filter's text into tokens, one when it is asked for one. After a fault there is nothing but the end.
class Lexer {
 public:
  /// Lifetime: borrows both.
  Lexer(std::string_view text, Fault& fault) noexcept : text_{text}, fault_{fault} {}

  [[nodiscard]] Token next();
  /// The next one behind [ or a comma between brackets: range, comma or right_bracket.
  [[nodiscard]] Token next_in_brackets();
  /// The next one behind #: number or left_bracket.
  [[nodiscard]] Token next_behind_hash();

 private:
  [[nodiscard]] std::string_view rest() const noexcept { return text_.substr(at_); }
  [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip_blanks() noexcept;
  [[nodiscard]] Token fail(std::string reason, Place place);
  /// A token of the next `length` octets.
  [[nodiscard]] Token take(TokenKind kind, std::size_t length);
  [[nodiscard]] Token word_token();
  [[nodiscard]] Token field_token();
  [[nodiscard]] Token reference_token();
  [[nodiscard]] Token string_token(bool raw);
  [[nodiscard]] Token character_token();
  bool read_escape(std::string& into);

  std::string_view text_;
  std::size_t at_ = 0;
  Fault& fault_;
};

}  // namespace encap::filter
