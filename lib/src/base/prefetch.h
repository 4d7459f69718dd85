#pragma once

namespace encap {

/// Starts to fetch what lies at an address into the cache, so that reading it soon does not wait as long. Any address
/// will do.
inline void prefetch([[maybe_unused]] const void* at) noexcept {
#if defined(__GNUC__)
  __builtin_prefetch(at);
#endif
}

}  // namespace encap
