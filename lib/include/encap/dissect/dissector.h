#pragma once

#include <cstdint>

#include "encap/base/packet_record.h"
#include "encap/dissect/dissection.h"
#include "encap/dissect/session.h"

namespace encap {

/// Reads packets layer by layer.
///
///     Dissector dissector{&session};
///     Dissection dissection;
///     dissector.dissect(record, dissection);
class Dissector {
 public:
  /// `session` is what it remembers between packets; null: every packet is read alone. Lifetime: borrows it.
  explicit Dissector(Session* session = nullptr) noexcept : session_{session} {}

  /// Reads one packet, the next of its capture, into `dissection`, whose `detail` says how much is wanted.
  /// Lifetime: `dissection` borrows from `record`.
  void dissect(const PacketRecord& record, Dissection& dissection);

  /// Counts frames of the capture that hold no packet: the next packet's number is that much higher.
  void skip_frames(std::uint64_t count) noexcept { frames_ += count; }

  /// Says that the packet just dissected was shown: the next one's "previous displayed" is this one.
  void displayed() noexcept { last_displayed_ = last_; }

 private:
  Session* session_;
  std::uint64_t frames_ = 0;
  Timestamp first_{};
  Timestamp last_{};
  Timestamp last_displayed_{};
  bool any_ = false;
};

}  // namespace encap
