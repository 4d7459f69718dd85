#pragma once

#include <gtest/gtest.h>
#include <string>

#include "encap/base/result.h"
#include "encap/wire/craft_error.h"
#include "encap/wire/dissect_error.h"

namespace encap::test {

inline std::string describe(const DissectError& error) {
  return to_string(error) + " (code " + std::to_string(static_cast<int>(error.code)) + ", limit " +
         std::to_string(static_cast<int>(error.limit)) + ")";
}
inline std::string describe(const CraftError& error) {
  return to_string(error) + " (code " + std::to_string(static_cast<int>(error.code)) + ", value " +
         std::to_string(error.value) + ", maximum " + std::to_string(error.maximum) + ")";
}

/// Whether a result is this very error, with every member as given; a mismatch prints both.
template <class Value, class Error>
::testing::AssertionResult refused(const Result<Value, Error>& result, const Error& expected) {
  if (result.has_value()) return ::testing::AssertionFailure() << "not refused; expected: " << describe(expected);
  if (result.error() == expected) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "refused with: " << describe(result.error())
                                       << "\n     expected: " << describe(expected);
}

}  // namespace encap::test
