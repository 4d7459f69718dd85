#pragma once

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"

/// Tells how many streams there were before each packet, for those who then read packets in another order. Looks at the
/// headers alone.
class StreamCounter {
 public:
  /// Takes the next packet of the capture.
  [[nodiscard]] encap::SessionMemory::Counts before(const encap::PacketRecord& record, const encap::FramePlace& place) {
    const encap::SessionMemory::Counts counts = session_.counts();
    dissector_.dissect(record, place, dissection_);
    return counts;
  }

 private:
  [[nodiscard]] static encap::Dissection ends_alone() {
    encap::Dissection dissection{encap::Detail::facts};
    dissection.wants_layers = dissection.wants_notes = false;
    return dissection;
  }

  encap::SessionMemory session_{encap::SessionMemory::Depth::streams};
  encap::Dissector dissector_{&session_};
  encap::Dissection dissection_ = ends_alone();
};
