#include <algorithm>

#include "encap/wire/udp.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

void check(const UdpView& udp, Bytes in) {
  touch(udp.bytes());
  ENCAP_FUZZ_CHECK(lies_within(udp.bytes(), in));
  ENCAP_FUZZ_CHECK(udp.payload().size() + UdpView::header_length == udp.bytes().size());
  ENCAP_FUZZ_CHECK(udp.bytes().size() <= udp.length());
  ENCAP_FUZZ_CHECK((udp.bytes().size() == udp.length()) == (udp.completeness() == Completeness::whole));
  PacketBuffer buffer;
  buffer.append(udp.payload());
  const UdpHeader header{.source_port = udp.source_port(),
                         .destination_port = udp.destination_port(),
                         .forced = {.length = udp.length(), .checksum = udp.checksum()}};
  if (!prepend(buffer, header, Route{})) {
    ENCAP_FUZZ_CHECK(udp.bytes().size() > 65535 - 20);
    return;
  }
  ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), udp.bytes()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  const auto whole = UdpView::parse(in);
  const auto captured = UdpView::parse_captured(in);
  if (whole) {
    check(*whole, in);
    ENCAP_FUZZ_CHECK(captured.has_value());
    ENCAP_FUZZ_CHECK(captured->bytes().size() == whole->bytes().size());
  } else {
    touch_value(to_string(whole.error()).size());
  }
  if (captured) check(*captured, in);
  return 0;
}
