#include "encap/wire/tcp.h"

void start(encap::TcpHeader& header, encap::Port port, encap::SequenceNumber initial) {
#ifdef ENCAP_MISUSE
  header.sequence_number = port;
#else
  header.source_port = port;
  header.sequence_number = initial;
#endif
}
