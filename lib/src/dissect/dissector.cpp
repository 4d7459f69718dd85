#include "encap/dissect/dissector.h"

#include "dissect/packet.h"
#include "dissect/protocols/frame.h"

namespace encap {

void Dissector::dissect(const PacketRecord& record, Dissection& dissection) {
  if (!any_) {
    any_ = true;
    first_ = last_ = last_displayed_ = record.timestamp;
  }
  dissection.frame_number = ++frames_;
  dissection.record = &record;
  dissection.since_first = record.timestamp - first_;
  dissection.since_previous_captured = record.timestamp - last_;
  dissection.since_previous_displayed = record.timestamp - last_displayed_;
  last_ = record.timestamp;

  dissection.columns.protocol.reset();
  dissection.columns.info.reset();
  dissection.columns.source = {};
  dissection.columns.destination = {};
  dissection.items.clear();
  dissection.items.emplace_back();
  dissection.sources.clear();
  dissection.arena.reset();

  Packet packet{dissection, session_};
  dissect_frame(packet, record);
}

}  // namespace encap
