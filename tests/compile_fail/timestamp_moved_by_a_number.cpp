#include "encap/base/timestamp.h"

encap::Timestamp later(encap::Timestamp timestamp) {
#ifdef ENCAP_MISUSE
  return timestamp + 10;
#else
  return timestamp + std::chrono::milliseconds{10};
#endif
}
