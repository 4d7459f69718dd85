#include "encap/wire/gre.h"

namespace encap {

void prepend(PacketBuffer& buffer, const GreHeader& header) {
  const MutableBytes out = buffer.prepend(GreHeader::minimum_length + (header.key ? GreHeader::key_length : 0));
  store_field<GreField::flags_and_version>(out, 0);
  store_field<GreField::key_present>(out, header.key ? 1 : 0);
  store_field<GreField::protocol_type>(out, static_cast<std::uint16_t>(header.protocol_type));
  if (header.key) store_field<GreField::key>(out, *header.key);
}

}  // namespace encap
