#include "encap/wire/pppoe.h"

namespace encap {

void prepend(PacketBuffer& buffer, const PppHeader& header) {
  const MutableBytes out = buffer.prepend(PppHeader::length);
  store_field<PppField::protocol>(out, static_cast<std::uint16_t>(header.protocol));
}

Result<void, CraftError> prepend(PacketBuffer& buffer, const PppoeHeader& header) {
  const std::size_t payload_length = buffer.size();
  if (payload_length > PppoeHeader::maximum_payload_length) {
    return unexpected(CraftError{Layer::pppoe, CraftError::Code::payload_too_long, payload_length,
                                 PppoeHeader::maximum_payload_length});
  }
  const MutableBytes out = buffer.prepend(PppoeHeader::length);
  store_field<PppoeField::version>(out, 1);
  store_field<PppoeField::type>(out, 1);
  store_field<PppoeField::code>(out, 0);  // session data
  store_field<PppoeField::session_id>(out, header.session_id);
  store_field<PppoeField::payload_length>(out, payload_length);
  return {};
}

}  // namespace encap
