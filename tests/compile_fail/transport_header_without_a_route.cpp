#include "encap/wire/udp.h"

bool write(encap::PacketBuffer& buffer, const encap::UdpHeader& header, const encap::Route& route) {
#ifdef ENCAP_MISUSE
  static_cast<void>(route);
  return prepend(buffer, header).has_value();
#else
  return prepend(buffer, header, route).has_value();
#endif
}
