#include <algorithm>

#include "encap/wire/null_loopback.h"
#include "support/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  using namespace encap::test;
  const Bytes in = input_bytes(data, size);
  const auto loopback = NullLoopbackView::parse(in);
  ENCAP_FUZZ_CHECK(loopback.has_value() == (in.size() >= NullLoopbackView::header_length));
  if (!loopback) return 0;
  touch(loopback->payload());
  ENCAP_FUZZ_CHECK(loopback->payload().size() == in.size() - NullLoopbackView::header_length);
  const std::uint32_t family = loopback->family();
  if (family != NullLoopbackHeader::family_ipv4 && family != NullLoopbackHeader::family_ipv6) return 0;
  PacketBuffer buffer;
  buffer.append(loopback->payload());
  prepend(buffer, NullLoopbackHeader{.family = family == NullLoopbackHeader::family_ipv4 ? IpAddress::Family::ipv4
                                                                                         : IpAddress::Family::ipv6});
  // The other byte order is read too, but not written.
  ENCAP_FUZZ_CHECK(load_u8(in, 0) == 0 || std::ranges::equal(buffer.bytes(), in));
  return 0;
}
