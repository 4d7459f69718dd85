#include "encap/dissect/dissector.h"

#include "dissect/packet.h"
#include "dissect/plain_front.h"
#include "dissect/protocols/frame.h"

namespace encap {

FramePlace Dissector::place(const PacketRecord& record) noexcept {
  if (!any_) {
    any_ = true;
    first_ = last_ = record.timestamp;
  }
  const FramePlace place{++frames_, record.timestamp - first_, record.timestamp - last_,
                         any_displayed_ ? record.timestamp - last_displayed_ : Duration{}};
  last_ = record.timestamp;
  return place;
}

void Dissector::dissect(const PacketRecord& record, const FramePlace& place, Dissection& dissection) const {
  dissection.frame_number = place.number;
  dissection.record = &record;
  dissection.since_first = place.since_first;
  dissection.since_previous_captured = place.since_previous_captured;
  dissection.since_previous_displayed = place.since_previous_displayed;
  dissection.facts.clear();
  const bool facts_only = dissection.detail == Detail::facts && dissection.wants_facts;
  const bool wants_notes = dissection.wants_layers && dissection.wants_notes;
  if (facts_only && !wants_notes && session_ != nullptr && read_plain_facts(*session_, record, dissection)) return;

  dissection.columns.protocol.reset();
  dissection.columns.info.reset();
  dissection.columns.source = {};
  dissection.columns.destination = {};
  dissection.clear_items();
  Packet packet{dissection, session_};
  dissect_frame(packet, record);
}

}  // namespace encap
