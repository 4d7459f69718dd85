#pragma once

#include <algorithm>

#include "encap/dissect/dissection.h"

namespace encap {

/// The octets an item was read from. Lifetime: that of the dissection.
inline Bytes source_octets(const Dissection& dissection, const Item& item) noexcept {
  if (item.source >= dissection.sources.size()) return {};
  const Bytes bytes = dissection.sources[item.source].bytes;
  const std::size_t start = std::min<std::size_t>(item.offset, bytes.size());
  return bytes.subspan(start, std::min<std::size_t>(item.length, bytes.size() - start));
}

}  // namespace encap
