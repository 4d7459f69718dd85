#pragma once

#include "encap/base/io_error.h"
#include "encap/base/packet_record.h"
#include "encap/base/result.h"

namespace encap {

/// Where packets come from: a capture file, an interface.
class PacketSource {
 public:
  PacketSource() = default;
  PacketSource(const PacketSource&) = default;
  PacketSource(PacketSource&&) = default;
  PacketSource& operator=(const PacketSource&) = default;
  PacketSource& operator=(PacketSource&&) = default;
  virtual ~PacketSource() = default;

  /// The next packet, or null at the end. Lifetime: the record and its octets live until the next call.
  /// Errors: whatever the medium refuses, or a packet that is not whole.
  [[nodiscard]] virtual Result<const PacketRecord*, IoError> next() = 0;
};

}  // namespace encap
