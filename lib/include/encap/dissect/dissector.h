#pragma once

#include <cstdint>

#include "encap/base/packet_record.h"
#include "encap/dissect/dissection.h"
#include "encap/dissect/session.h"

namespace encap {

/// Where a packet stands in its capture.
struct FramePlace {
  std::uint64_t number = 0;  ///< of its frame, counted from 1
  Duration since_first{};
  Duration since_previous_captured{};
  Duration since_previous_displayed{};  ///< 0 while none was
};

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
  void dissect(const PacketRecord& record, Dissection& dissection) { dissect(record, place(record), dissection); }

  /// The two halves of that. Places are given in the order of the packets.
  [[nodiscard]] FramePlace place(const PacketRecord& record) noexcept;
  /// Threads: packets may be read at the same time where `session` allows it.
  void dissect(const PacketRecord& record, const FramePlace& place, Dissection& dissection) const;

  /// Counts frames of the capture that hold no packet: the next packet's number is that much higher.
  void skip_frames(std::uint64_t count) noexcept { frames_ += count; }

  /// Says that the packet placed last was shown: the next one's "previous displayed" is this one.
  void displayed() noexcept {
    last_displayed_ = last_;
    any_displayed_ = true;
  }

 private:
  Session* session_;
  std::uint64_t frames_ = 0;
  Timestamp first_{};
  Timestamp last_{};
  Timestamp last_displayed_{};
  bool any_ = false;
  bool any_displayed_ = false;
};

}  // namespace encap
