#pragma once

#include <string>
#include <string_view>

#include "encap/input/message_source.h"

namespace encap {

/// Why a file cannot be what it is asked to be, by its first octets: what it plainly is, and what reads that. Empty
/// where nothing speaks against it.
[[nodiscard]] std::string refusal_of(std::string_view first_octets, MessageFormat wanted);

}  // namespace encap
