#pragma once

#include <gtest/gtest.h>
#include <string>

namespace encap::test {

/// Names a parametrised test after its case, so that `ctest -R` finds it: cases have a member `name`. Plain sizes are
/// prefixes of a packet: `first_12_octets`.
struct CaseName {
  template <class Case>
  std::string operator()(const ::testing::TestParamInfo<Case>& of) const {
    return of.param.name;
  }
  std::string operator()(const ::testing::TestParamInfo<std::size_t>& of) const {
    return "first_" + std::to_string(of.param) + "_octets";
  }
};

}  // namespace encap::test
