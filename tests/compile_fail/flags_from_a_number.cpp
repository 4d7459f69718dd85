#include "encap/wire/tcp.h"

bool opens(const encap::TcpHeader& header) {
#ifdef ENCAP_MISUSE
  return header.flags == 2;
#else
  return header.flags == encap::TcpFlags::syn;
#endif
}
