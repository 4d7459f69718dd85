#pragma once

#include <cstdint>

namespace encap::test {

/// How often this program has called operator new, in all threads.
[[nodiscard]] std::uint64_t allocation_count() noexcept;

/// Counts the allocations made since it was made itself.
///
///     const AllocationCounter allocations;
///     work();
///     EXPECT_EQ(allocations.count(), 0u);
class AllocationCounter {
 public:
  [[nodiscard]] std::uint64_t count() const noexcept { return allocation_count() - before_; }

 private:
  std::uint64_t before_ = allocation_count();
};

}  // namespace encap::test
