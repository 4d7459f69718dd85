#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/result.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// Why a text is no filter, and where.
struct FilterError {
  std::string reason;
  std::size_t offset = 0;  ///< of the first octet that is meant
  std::size_t length = 0;  ///< octets that are meant; 0: no place says more than another
};
/// The reason and, where there is a place, two lines below it: `filter`, and marks under the octets that are meant.
[[nodiscard]] std::string to_string(const FilterError& error, std::string_view filter);

/// A display filter in Wireshark's language, compiled once and asked for each packet.
///
///     auto filter = Filter::compile("tcp.port == 80 and http.host contains \"example\"");
///     if (filter && filter->matches(dissection)) ...
class Filter {
 public:
  /// Errors: the first thing in `text` that is wrong. An empty text matches every packet.
  [[nodiscard]] static Result<Filter, FilterError> compile(std::string_view text);

  Filter(Filter&&) noexcept;
  Filter& operator=(Filter&&) noexcept;
  ~Filter();

  /// One that asks the same, for another thread.
  [[nodiscard]] Filter clone() const;

  /// Precondition: dissected with Detail::fields or more. Not to be called by two threads at the same time.
  [[nodiscard]] bool matches(const Dissection& dissection);

  /// The same where the headers of a packet tell, which are read without a dissection: nothing, where they do not.
  [[nodiscard]] std::optional<bool> matches(const PacketRecord& record);

  /// Names of the fields it looks at.
  [[nodiscard]] const std::vector<std::string>& fields() const noexcept;
  /// Fields of known protocols that nothing here fills: comparisons with them are never true.
  [[nodiscard]] const std::vector<std::string>& unfilled() const noexcept;

 private:
  struct State;
  explicit Filter(std::unique_ptr<State> state) noexcept;
  std::unique_ptr<State> state_;
};

}  // namespace encap
