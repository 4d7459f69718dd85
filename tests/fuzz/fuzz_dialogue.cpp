#include "messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  encap::test::read_messages(encap::MessageFormat::dialogue, data, size);
  return 0;
}
