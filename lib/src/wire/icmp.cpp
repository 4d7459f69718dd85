#include "encap/wire/icmp.h"

namespace encap {

void prepend(PacketBuffer& buffer, const IcmpHeader& header) {
  const MutableBytes out = buffer.prepend(IcmpView::header_length);
  store_field<IcmpField::type>(out, static_cast<std::uint8_t>(header.type));
  store_field<IcmpField::code>(out, header.code);
  store_field<IcmpField::checksum>(out, 0);
  store_field<IcmpField::identifier>(out, header.identifier);
  store_field<IcmpField::sequence>(out, header.sequence);
  store_field<IcmpField::checksum>(out, header.forced.checksum.value_or(Checksum{}.add(buffer.bytes()).finish()));
}

}  // namespace encap
