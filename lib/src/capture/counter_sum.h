#pragma once

#include <cstdint>
#include <utility>

namespace encap {

/// What a counter of 32 bits has counted altogether, which starts anew at 0 behind 4294967295.
class CounterSum {
 public:
  /// From here on.
  void start(std::uint32_t now) noexcept { last_ = now; }
  /// Precondition: it went round once at most since the last look.
  void see(std::uint32_t now) noexcept { total_ += std::uint32_t{now - std::exchange(last_, now)}; }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

 private:
  std::uint32_t last_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace encap
