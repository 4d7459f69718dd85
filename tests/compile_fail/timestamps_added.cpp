#include "encap/base/timestamp.h"

auto between(encap::Timestamp from, encap::Timestamp to) {
#ifdef ENCAP_MISUSE
  return to + from;
#else
  return to - from;
#endif
}
