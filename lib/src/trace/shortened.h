#pragma once

#include <string>
#include <string_view>

namespace encap {

/// Text that others wrote, fit for one line of ours: UTF-8, controls escaped as in C, not longer than `most` octets;
/// `...` stands for what was cut off. Precondition: `most` is 3 at least.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

}  // namespace encap
