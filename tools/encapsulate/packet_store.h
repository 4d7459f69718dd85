#pragma once

#include <cstddef>
#include <vector>

#include "encap/base/packet_sink.h"

/// Packets in memory, to be sent without the work of making them. Of more packets than there is room for it keeps none.
class PacketStore final : public encap::PacketSink {
 public:
  static constexpr std::size_t most_octets = std::size_t{256} << 20;  // with 16 more for each packet

  encap::Result<void, encap::IoError> write(const encap::PacketRecord& record) override;
  encap::Result<void, encap::IoError> flush() override { return {}; }

  /// Whether all are there that came.
  [[nodiscard]] bool is_complete() const noexcept { return !overflowed_; }
  /// Hands all of them on. Errors: that of `sink`, where it ends.
  [[nodiscard]] encap::Result<void, encap::IoError> replay(encap::PacketSink& sink) const;

 private:
  using Block = std::vector<std::byte>;

  std::vector<Block> blocks_;  // of whole packets, each behind its Head
  std::size_t octets_ = 0;
  encap::LinkType link_type_{};  // of all of them
  bool overflowed_ = false;
};
