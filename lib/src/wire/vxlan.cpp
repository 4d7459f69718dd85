#include "encap/wire/vxlan.h"

namespace encap {

void prepend(PacketBuffer& buffer, const VxlanHeader& header) {
  const MutableBytes out = buffer.prepend(VxlanHeader::length);
  store_field<VxlanField::flags>(out, 0);
  store_field<VxlanField::vni_valid>(out, 1);
  store_field<VxlanField::group_policy>(out, 0);
  store_field<VxlanField::vni>(out, header.vni);
  store_field<VxlanField::reserved>(out, 0);
}

}  // namespace encap
