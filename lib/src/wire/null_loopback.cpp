#include "encap/wire/null_loopback.h"

namespace encap {

void prepend(PacketBuffer& buffer, const NullLoopbackHeader& header) {
  const MutableBytes out = buffer.prepend(NullLoopbackView::header_length);
  const bool ipv4 = header.family == IpAddress::Family::ipv4;
  if (header.network_order) {
    store_field<NullLoopbackField::family>(
        out, ipv4 ? NullLoopbackHeader::family_ipv4 : NullLoopbackHeader::family_ipv6_openbsd);
  } else {
    store_le32(out, NullLoopbackField::family.first_octet(),
               ipv4 ? NullLoopbackHeader::family_ipv4 : NullLoopbackHeader::family_ipv6);
  }
}

}  // namespace encap
