#pragma once

#include "encap/base/io_error.h"
#include "encap/base/packet_record.h"
#include "encap/base/result.h"

namespace encap {

/// Where packets go: a capture file, an interface, a counter.
class PacketSink {
 public:
  PacketSink() = default;
  PacketSink(const PacketSink&) = default;
  PacketSink(PacketSink&&) = default;
  PacketSink& operator=(const PacketSink&) = default;
  PacketSink& operator=(PacketSink&&) = default;
  virtual ~PacketSink() = default;

  /// Takes one packet; its octets are copied before this returns. Errors: whatever the medium refuses.
  [[nodiscard]] virtual Result<void, IoError> write(const PacketRecord& record) = 0;
  /// Hands on everything taken so far.
  [[nodiscard]] virtual Result<void, IoError> flush() = 0;
};

}  // namespace encap
