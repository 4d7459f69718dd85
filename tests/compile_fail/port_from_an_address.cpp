#include "encap/wire/endpoint.h"

encap::Port port_of(const encap::Endpoint& endpoint) {
#ifdef ENCAP_MISUSE
  return encap::Port{endpoint.address.ipv4()};
#else
  return encap::Port{endpoint.port};
#endif
}
