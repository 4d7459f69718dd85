#include "encap/wire/endpoint.h"

encap::Endpoint join(encap::Ipv4Address address, encap::Port port) {
#ifdef ENCAP_MISUSE
  return {port, address};
#else
  return {address, port};
#endif
}
