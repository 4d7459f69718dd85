#include "encap/wire/udp.h"

std::byte first_of(const encap::UdpView& udp) {
#ifdef ENCAP_MISUSE
  udp.payload()[0] = std::byte{0};
#endif
  return udp.payload()[0];
}
