#pragma once

#include <cstdint>

namespace encap {

/// When octets written to a pipe or to standard output leave. A regular file appears whole at the commit in either
/// case.
enum class Delivery : std::uint8_t {
  streamed,  ///< batch by batch, as they are made; what has left cannot be taken back
  committed  ///< all at the commit; until then they wait in a nameless file in $TMPDIR, or /tmp
};

}  // namespace encap
