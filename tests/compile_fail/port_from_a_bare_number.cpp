#include "encap/wire/endpoint.h"

encap::Endpoint server() {
#ifdef ENCAP_MISUSE
  return {encap::Ipv4Address{0x7f000001}, 80};
#else
  return {encap::Ipv4Address{0x7f000001}, encap::Port{80}};
#endif
}
