#include "encap/base/timestamp.h"

encap::Timestamp at(std::int64_t nanoseconds) {
#ifdef ENCAP_MISUSE
  encap::Timestamp timestamp = nanoseconds;
#else
  encap::Timestamp timestamp{nanoseconds};
#endif
  return timestamp;
}
