#include "encap/wire/mpls.h"

namespace encap {

void prepend(PacketBuffer& buffer, const MplsHeader& header) {
  const MutableBytes out = buffer.prepend(MplsHeader::length);
  store_field<MplsField::label>(out, header.label);
  store_field<MplsField::traffic_class>(out, header.traffic_class);
  store_field<MplsField::bottom_of_stack>(out, header.bottom_of_stack ? 1 : 0);
  store_field<MplsField::time_to_live>(out, header.time_to_live);
}

}  // namespace encap
