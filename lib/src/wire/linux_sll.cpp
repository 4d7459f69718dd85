#include "encap/wire/linux_sll.h"

#include <cstring>

namespace encap {

void prepend(PacketBuffer& buffer, const LinuxSllHeader& header) {
  constexpr std::uint16_t sent_to_us = 0;
  constexpr std::uint16_t arphrd_ethernet = 1;
  const MutableBytes out = buffer.prepend(LinuxSllView::header_length);
  store_field<LinuxSllField::packet_type>(out, sent_to_us);
  store_field<LinuxSllField::hardware_type>(out, arphrd_ethernet);
  store_field<LinuxSllField::address_length>(out, header.source.octets.size());
  std::memcpy(field_octets<LinuxSllField::source>(out).data(), header.source.octets.data(),
              header.source.octets.size());
  store_field<LinuxSllField::unused>(out, 0);
  store_field<LinuxSllField::type>(out, static_cast<std::uint16_t>(header.type));
}

}  // namespace encap
