#include <algorithm>

#include "encap/wire/icmp.h"
#include "support/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  using namespace encap::test;
  const Bytes in = input_bytes(data, size);
  const auto icmp = IcmpView::parse(in);
  ENCAP_FUZZ_CHECK(icmp.has_value() == (in.size() >= IcmpView::header_length));
  if (!icmp) {
    touch_value(to_string(icmp.error()).size());
    return 0;
  }
  touch(icmp->bytes());
  ENCAP_FUZZ_CHECK(lies_within(icmp->payload(), in));
  ENCAP_FUZZ_CHECK(icmp->payload().size() + IcmpView::header_length == in.size());
  PacketBuffer buffer;
  buffer.append(icmp->payload());
  IcmpHeader header{.type = icmp->type(),
                    .code = icmp->code(),
                    .identifier = icmp->identifier(),
                    .sequence = icmp->sequence(),
                    .forced = {.checksum = icmp->checksum()}};
  prepend(buffer, header);
  ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), in));

  buffer.clear();
  buffer.append(icmp->payload());
  header.forced = {};
  prepend(buffer, header);
  ENCAP_FUZZ_CHECK(Checksum{}.add(buffer.bytes()).sum() == 0xffff);
  return 0;
}
