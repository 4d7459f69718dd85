#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "encap/base/bytes.h"

// What the fuzz targets share: the entry point that libFuzzer and the replay call, and a check that stays in when
// NDEBUG takes assert away.

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

#define ENCAP_FUZZ_CHECK(condition)                                                       \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

namespace encap::test {

inline Bytes input_bytes(const std::uint8_t* data, std::size_t size) { return std::as_bytes(std::span{data, size}); }

/// Where values go that are read for the reading's sake.
inline volatile unsigned sink = 0;

/// Reads every octet, so that a sanitizer sees one that is not there.
inline void touch(Bytes octets) {
  unsigned sum = 0;
  for (const std::byte octet : octets) sum += std::to_integer<unsigned>(octet);
  sink = sum;
}
/// Keeps a value from being optimised away.
template <class Value>
void touch_value(Value value) {
  sink = *reinterpret_cast<const unsigned char*>(&value);
}

/// Whether `part` lies in `whole`; an empty part may lie anywhere.
inline bool lies_within(Bytes part, Bytes whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace encap::test
