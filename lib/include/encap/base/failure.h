#pragma once

#include <string>
#include <variant>

#include "encap/base/input_error.h"
#include "encap/base/io_error.h"

namespace encap {

/// What ends a step that reads input and moves bytes: a mistake in the input, or a refusal of the system.
using Failure = std::variant<InputError, IoError>;

[[nodiscard]] inline std::string to_string(const Failure& failure) {
  return std::visit([](const auto& error) { return to_string(error); }, failure);
}

}  // namespace encap
