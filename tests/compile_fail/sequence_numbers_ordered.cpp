#include "encap/wire/sequence_number.h"

bool is_new(encap::SequenceNumber seen, encap::SequenceNumber number) {
#ifdef ENCAP_MISUSE
  return seen < number;
#else
  return distance(seen, number) > 0;
#endif
}
