#include "encap/wire/ip_address.h"

encap::Ipv4Address localhost() {
#ifdef ENCAP_MISUSE
  return encap::Ipv4Address{"127.0.0.1"};
#else
  return encap::Ipv4Address::parse("127.0.0.1").value();
#endif
}
