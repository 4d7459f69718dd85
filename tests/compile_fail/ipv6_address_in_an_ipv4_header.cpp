#include "encap/wire/ipv4.h"

encap::Ipv4Header header(encap::Ipv4Address four, encap::Ipv6Address six) {
  encap::Ipv4Header result;
#ifdef ENCAP_MISUSE
  result.source = six;
#else
  result.source = four;
#endif
  static_cast<void>(four), static_cast<void>(six);
  return result;
}
