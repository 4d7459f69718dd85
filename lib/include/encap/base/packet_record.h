#pragma once

#include <cstdint>

#include "encap/base/bytes.h"
#include "encap/base/link_type.h"
#include "encap/base/timestamp.h"

namespace encap {

/// One packet on its way between parts: whatever a sink writes a source reads back.
/// Lifetime: `bytes` is borrowed from whoever made the record and lives until that one makes the next.
struct PacketRecord {
  Timestamp timestamp;
  LinkType link_type = LinkType::raw;
  std::uint32_t original_length = 0;  ///< octets on the wire; more than `bytes.size()` when the capture cut the packet
  Bytes bytes;                        ///< the captured octets, link header first
};

}  // namespace encap
