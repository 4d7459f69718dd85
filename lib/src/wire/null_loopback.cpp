#include "encap/wire/null_loopback.h"

namespace encap {

void prepend(PacketBuffer& buffer, const NullLoopbackHeader& header) {
  const MutableBytes out = buffer.prepend(NullLoopbackView::header_length);
  store_le32(
      out, NullLoopbackField::family.first_octet(),
      header.family == IpAddress::Family::ipv4 ? NullLoopbackHeader::family_ipv4 : NullLoopbackHeader::family_ipv6);
}

}  // namespace encap
