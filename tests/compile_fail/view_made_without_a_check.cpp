#include "encap/wire/udp.h"

std::uint16_t length(encap::Bytes in) {
#ifdef ENCAP_MISUSE
  return encap::UdpView{in}.length();
#else
  return encap::UdpView::parse(in).value().length();
#endif
}
