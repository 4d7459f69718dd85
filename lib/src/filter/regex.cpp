#include "filter/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <array>
#include <pcre2.h>

namespace encap::filter {

struct Regex::Code {
  explicit Code(pcre2_code* compiled) noexcept
      : code{compiled}, match{pcre2_match_data_create_from_pattern(compiled, nullptr)} {}
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code() {
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
  pcre2_code* code;
  pcre2_match_data* match;
};

Result<Regex, std::string> Regex::compile(std::string_view pattern) {
  int error = 0;
  std::size_t at = 0;
  pcre2_code* const code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(),
                                         PCRE2_CASELESS | PCRE2_NEVER_UTF, &error, &at, nullptr);
  if (code == nullptr) {
    std::array<PCRE2_UCHAR, 256> reason{};
    pcre2_get_error_message(error, reason.data(), reason.size());
    return unexpected(std::string{reinterpret_cast<const char*>(reason.data())});
  }
  // Where there is no compiler for this machine the expression is interpreted.
  (void)pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
  return Regex{std::make_shared<const Code>(code)};
}

bool Regex::matches(std::string_view text) const noexcept {
  return code_->match != nullptr && pcre2_match(code_->code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0,
                                                0, code_->match, nullptr) >= 0;
}

}  // namespace encap::filter
