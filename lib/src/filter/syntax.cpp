#include "filter/syntax.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/parse_tree.hpp>

#include "filter/address_token.h"

namespace encap::filter {
namespace grammar {

using namespace tao::pegtl;

// --- words ---------------------------------------------------------------------------------------------------------

struct blanks : star<one<' ', '\t', '\n'>> {};
struct word_char : ranges<'a', 'z', 'A', 'Z', '0', '9', '_', '_', '-', '-'> {};
struct word_start : ranges<'a', 'z', 'A', 'Z', '0', '9', '_', '_'> {};
struct word : seq<word_start, star<word_char>, star<one<'.'>, plus<word_char>>> {};
struct word_end : not_at<sor<word_char, seq<one<'.'>, word_char>>> {};

template <char... C>
struct keyword : seq<string<C...>, word_end, blanks> {};
struct k_and : keyword<'a', 'n', 'd'> {};
struct k_or : keyword<'o', 'r'> {};
struct k_xor : keyword<'x', 'o', 'r'> {};
struct k_not : keyword<'n', 'o', 't'> {};
struct k_in : keyword<'i', 'n'> {};
struct k_any : keyword<'a', 'n', 'y'> {};
struct k_all : keyword<'a', 'l', 'l'> {};
struct k_contains : keyword<'c', 'o', 'n', 't', 'a', 'i', 'n', 's'> {};
struct k_matches : keyword<'m', 'a', 't', 'c', 'h', 'e', 's'> {};
struct k_bitwise_and : keyword<'b', 'i', 't', 'w', 'i', 's', 'e', '_', 'a', 'n', 'd'> {};
struct comparison_word
    : seq<sor<string<'e', 'q'>, string<'n', 'e'>, string<'g', 't'>, string<'g', 'e'>, string<'l', 't'>,
              string<'l', 'e'>, string<'a', 'n', 'y', '_', 'e', 'q'>, string<'a', 'n', 'y', '_', 'n', 'e'>,
              string<'a', 'l', 'l', '_', 'e', 'q'>, string<'a', 'l', 'l', '_', 'n', 'e'>>,
          word_end> {};
struct reserved : sor<k_and, k_or, k_xor, k_not, k_in, k_any, k_all, k_contains, k_matches, k_bitwise_and,
                      comparison_word> {};

// --- entities ------------------------------------------------------------------------------------------------------

struct masking;
struct disjunction;

struct quoted_char : sor<seq<one<'\\'>, any>, not_one<'"', '\\'>> {};
struct string_text : seq<one<'"'>, star<quoted_char>, must<one<'"'>>> {};
struct raw_char : sor<string<'\\', '"'>, not_one<'"'>> {};
struct raw_string_text : seq<one<'r', 'R'>, one<'"'>, star<raw_char>, must<one<'"'>>> {};
struct character_text : seq<one<'\''>, star<sor<seq<one<'\\'>, any>, not_one<'\'', '\\'>>>, must<one<'\''>>> {};

/// IPv6 and IPv4 addresses with a prefix length, and octets with colons between them.
struct address_text {
  using rule_t = address_text;
  using subs_t = empty_list;
  template <apply_mode, rewind_mode, template <typename...> class, template <typename...> class, typename Input,
            typename... States>
  static bool match(Input& in, States&&...) {
    const std::size_t length = address_token({in.current(), in.size()});
    in.bump(length);
    return length != 0;
  }
};
struct name_text : seq<not_at<reserved>, word> {};
struct name : sor<address_text, name_text> {};
struct dotted_name : seq<one<'.'>, word> {};

struct integer : seq<opt<one<'-'>>, plus<digit>> {};
struct slice : sor<seq<integer, blanks, one<':'>, blanks, opt<plus<digit>>>, seq<integer, blanks, one<'-'>, blanks, integer>,
                   seq<one<':'>, blanks, plus<digit>>, integer> {};
struct slices : seq<one<'['>, blanks, must<slice>, blanks, star<one<','>, blanks, must<slice>, blanks>, must<one<']'>>> {};
struct one_layer : integer {};
struct layers : seq<one<'#'>, sor<one_layer, seq<one<'['>, blanks, must<slice>, blanks, star<one<','>, blanks, must<slice>, blanks>,
                                             must<one<']'>>>>> {};

struct arguments : seq<must<masking>, star<one<','>, blanks, must<masking>>> {};
struct call : seq<name_text, blanks, one<'('>, blanks, opt<not_at<one<')'>>, arguments>, must<one<')'>>> {};
struct braces : seq<one<'{'>, blanks, must<masking>, must<one<'}'>>> {};
struct layered : seq<sor<dotted_name, name>, opt<layers>> {};
struct string_literal : string_text {};
struct raw_string_literal : raw_string_text {};
struct character_literal : character_text {};
struct bare : sor<raw_string_literal, string_literal, character_literal, call, braces, layered> {};
struct atom : seq<bare, star<slices>, blanks> {};
struct sign : one<'+', '-'> {};
struct signed_entity : sor<seq<sign, blanks, must<atom>>, atom> {};
struct product_sign : one<'*', '/', '%'> {};
struct product : seq<signed_entity, star<product_sign, blanks, must<signed_entity>>> {};
struct sum : seq<product, star<sign, blanks, must<product>>> {};
struct mask_sign : sor<seq<one<'&'>, not_at<one<'&'>>, blanks>, k_bitwise_and> {};
struct masking : seq<sum, star<mask_sign, must<sum>>> {};

// --- tests ---------------------------------------------------------------------------------------------------------

struct comparison
    : sor<string<'=', '=', '='>, string<'=', '='>, string<'!', '=', '='>, string<'!', '='>, string<'~', '='>,
          string<'>', '='>, string<'>'>, string<'<', '='>, string<'<'>, comparison_word> {};
struct range_end : seq<string<'.', '.'>, blanks, must<masking>> {};
struct element : seq<masking, opt<range_end>> {};
struct set : seq<one<'{'>, blanks, must<element>, star<one<','>, blanks, must<element>>, must<one<'}'>>, blanks> {};
struct not_in : seq<sor<k_not, seq<one<'!'>, blanks>>, k_in> {};
struct membership_of : seq<k_in, must<set>> {};
struct negated_membership_of : seq<not_in, must<set>> {};
struct search_word : sor<k_contains, k_matches, seq<one<'~'>, not_at<one<'='>>, blanks>> {};
struct search_for : seq<search_word, must<masking>> {};
struct compare_with : plus<comparison, blanks, must<masking>> {};
struct relation : sor<membership_of, negated_membership_of, search_for, compare_with> {};
struct quantifier : sor<k_any, k_all> {};
struct quantified : seq<quantifier, must<masking>, must<relation>> {};
struct test : seq<masking, opt<relation>> {};

struct not_sign : sor<seq<one<'!'>, not_at<one<'='>>, blanks>, k_not> {};
struct group : seq<one<'('>, blanks, must<disjunction>, must<one<')'>>, blanks> {};
struct negation;
struct operand : sor<negation, group, quantified, test> {};
struct negation : seq<not_sign, must<operand>> {};
struct and_sign : sor<seq<string<'&', '&'>, blanks>, k_and> {};
struct xor_sign : sor<seq<string<'^', '^'>, blanks>, k_xor> {};
struct or_sign : sor<seq<string<'|', '|'>, blanks>, k_or> {};
struct conjunction : seq<operand, star<and_sign, must<operand>>> {};
struct exclusive : seq<conjunction, star<xor_sign, must<conjunction>>> {};
struct disjunction : seq<exclusive, star<or_sign, must<exclusive>>> {};
struct filter : seq<blanks, must<disjunction>, must<eof>> {};

template <typename Rule>
using selected = parse_tree::selector<
    Rule,
    parse_tree::store_content::on<disjunction, exclusive, conjunction, negation, comparison, membership_of,
                                  negated_membership_of, set, range_end, element, search_for, search_word, quantified,
                                  quantifier, test, masking, sum, product, sign, product_sign, signed_entity, call, atom,
                                  slice, one_layer, layered, layers, name, name_text, dotted_name, string_literal,
                                  raw_string_literal, character_literal, compare_with>>;

}  // namespace grammar
}  // namespace encap::filter
