#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace encap::trace {

/// Which of the values belong to a longest subsequence that does not fall: those that need not move for all to be in
/// order. Cost: O(n log n).
template <class Value>
[[nodiscard]] std::vector<bool> longest_run(std::span<const Value> values) {
  std::vector<std::size_t> ends;  // of the runs of each length, the one that ends lowest
  std::vector<std::size_t> before(values.size(), SIZE_MAX);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = std::upper_bound(ends.begin(), ends.end(), values[i],
                                     [&](const Value& value, std::size_t end) { return value < values[end]; });
    if (at != ends.begin()) before[i] = *(at - 1);
    if (at == ends.end()) {
      ends.push_back(i);
    } else {
      *at = i;
    }
  }
  std::vector<bool> in_run(values.size(), false);
  for (std::size_t i = ends.empty() ? SIZE_MAX : ends.back(); i != SIZE_MAX; i = before[i]) in_run[i] = true;
  return in_run;
}

}  // namespace encap::trace
