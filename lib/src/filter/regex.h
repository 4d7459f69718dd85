#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "encap/base/result.h"

namespace encap::filter {

/// A regular expression of Perl's kind over octets; letters of ASCII match in either case.
class Regex {
 public:
  /// Errors: why `pattern` is none.
  [[nodiscard]] static Result<Regex, std::string> compile(std::string_view pattern);

  /// Whether some part of `text` matches. Allocates nothing but for expressions that step back very far.
  [[nodiscard]] bool matches(std::string_view text) const noexcept;

 private:
  struct Code;
  explicit Regex(std::shared_ptr<const Code> code) noexcept : code_{std::move(code)} {}
  std::shared_ptr<const Code> code_;
};

}  // namespace encap::filter
