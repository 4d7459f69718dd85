#include "encap/wire/udp.h"

namespace encap {

Result<void, CraftError> prepend(PacketBuffer& buffer, const UdpHeader& header, const Route& route) {
  const IpAddress& source = route.source.address;
  if (source.family() != route.destination.address.family()) {
    return unexpected(CraftError{Layer::udp, CraftError::Code::mixed_families});
  }
  // An IPv4 packet counts its own header too, so 20 octets less are left for the datagram.
  const std::size_t room = 65535 - UdpView::header_length - (source.is_ipv4() ? 20 : 0);
  if (buffer.size() > room) {
    return unexpected(CraftError{Layer::udp, CraftError::Code::payload_too_long, buffer.size(), room});
  }
  const MutableBytes out = buffer.prepend(UdpView::header_length);
  const auto length = static_cast<std::uint16_t>(buffer.size());
  store_field<UdpField::source_port>(out, header.source_port.value);
  store_field<UdpField::destination_port>(out, header.destination_port.value);
  store_field<UdpField::length>(out, header.forced.length.value_or(length));
  store_field<UdpField::checksum>(out, 0);
  if (header.forced.checksum) {
    store_field<UdpField::checksum>(out, *header.forced.checksum);
    return {};
  }
  const std::uint16_t checksum = Checksum{}
                                     .add(PseudoHeader{source, route.destination.address, Protocol::udp, length})
                                     .add(buffer.bytes())
                                     .finish();
  store_field<UdpField::checksum>(out, checksum == 0 ? 0xffff : checksum);
  return {};
}

}  // namespace encap
