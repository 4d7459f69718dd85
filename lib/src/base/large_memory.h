#pragma once

#include <cstddef>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace encap {

/// Memory for containers that grow to many megabytes. Large pieces lie in pages of 2 MiB, where the system has such: it
/// makes a page when that is touched for the first time, which takes far longer for ten thousands of small ones.
template <class T>
class LargeAllocator {
 public:
  using value_type = T;
  static constexpr std::size_t page_size = std::size_t{2} << 20;  ///< octets; what has as many fills a page

  LargeAllocator() = default;
  template <class Other>
  LargeAllocator(const LargeAllocator<Other>&) noexcept {}  // NOLINT(google-explicit-constructor): as allocators are

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    if (size < page_size) return static_cast<T*>(::operator new(size));
    void* const there = ::operator new(size, large_page);
#ifdef __linux__
    // Advice only: without such pages all is as before.
    static_cast<void>(::madvise(there, size - size % page_size, MADV_HUGEPAGE));
#endif
    return static_cast<T*>(there);
  }
  void deallocate(T* there, std::size_t count) noexcept {
    if (count * sizeof(T) < page_size) {
      ::operator delete(there);
    } else {
      ::operator delete(there, large_page);
    }
  }

  friend bool operator==(const LargeAllocator&, const LargeAllocator&) noexcept { return true; }

 private:
  static constexpr std::align_val_t large_page{page_size};
};

}  // namespace encap
