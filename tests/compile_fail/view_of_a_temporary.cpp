#include <vector>

#include "encap/wire/udp.h"

std::vector<std::byte> received();

bool is_datagram() {
#ifdef ENCAP_MISUSE
  return encap::UdpView::parse(received()).has_value();
#else
  const std::vector<std::byte> kept = received();
  return encap::UdpView::parse(kept).has_value();
#endif
}
