#include <algorithm>

#include "encap/wire/ipv4.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

void check(const Ipv4View& ipv4, Bytes in) {
  touch(ipv4.bytes());
  ENCAP_FUZZ_CHECK(lies_within(ipv4.payload(), in));
  ENCAP_FUZZ_CHECK(lies_within(ipv4.options(), in));
  ENCAP_FUZZ_CHECK(ipv4.header_length() == Ipv4View::minimum_header_length + ipv4.options().size());
  ENCAP_FUZZ_CHECK(ipv4.header().size() + ipv4.payload().size() == ipv4.bytes().size());
  ENCAP_FUZZ_CHECK(ipv4.bytes().size() <= ipv4.total_length());
  ENCAP_FUZZ_CHECK((ipv4.bytes().size() == ipv4.total_length()) == (ipv4.completeness() == Completeness::whole));

  PacketBuffer buffer;
  buffer.append(ipv4.payload());
  const Ipv4Header header{.source = ipv4.source(),
                          .destination = ipv4.destination(),
                          .time_to_live = ipv4.time_to_live(),
                          .protocol = ipv4.protocol(),
                          .dscp = ipv4.dscp(),
                          .ecn = ipv4.ecn(),
                          .identification = ipv4.identification(),
                          .dont_fragment = ipv4.dont_fragment(),
                          .more_fragments = ipv4.more_fragments(),
                          .fragment_offset = static_cast<std::uint16_t>(ipv4.fragment_offset() / 8),
                          .options = ipv4.options(),
                          .forced = {.total_length = ipv4.total_length(), .checksum = ipv4.checksum()}};
  ENCAP_FUZZ_CHECK(prepend(buffer, header).has_value());
  // The reserved bit is read but never written.
  if (load_field<Ipv4Field::reserved>(in) == 0) ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), ipv4.bytes()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  const auto whole = Ipv4View::parse(in);
  const auto captured = Ipv4View::parse_captured(in);
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
