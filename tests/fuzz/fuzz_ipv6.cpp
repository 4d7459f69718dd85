#include <algorithm>

#include "encap/wire/ipv6.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

void check_fragment(Bytes in) {
  const auto fragment = Ipv6FragmentView::parse(in);
  ENCAP_FUZZ_CHECK(fragment.has_value() == (in.size() >= Ipv6FragmentView::header_length));
  if (!fragment) return;
  ENCAP_FUZZ_CHECK(lies_within(fragment->payload(), in));
  if (load_field<Ipv6FragmentField::reserved>(in) != 0 || load_field<Ipv6FragmentField::reserved_bits>(in) != 0) return;
  PacketBuffer buffer;
  buffer.append(fragment->payload());
  prepend(buffer, Ipv6FragmentHeader{.next_header = fragment->next_header(),
                                     .fragment_offset = static_cast<std::uint16_t>(fragment->fragment_offset() / 8),
                                     .more_fragments = fragment->more_fragments(),
                                     .identification = fragment->identification()});
  ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), in));
}

void check(const Ipv6View& ipv6, Bytes in) {
  touch(ipv6.bytes());
  ENCAP_FUZZ_CHECK(lies_within(ipv6.payload(), in));
  ENCAP_FUZZ_CHECK(ipv6.payload().size() <= ipv6.payload_length());
  ENCAP_FUZZ_CHECK((ipv6.payload().size() == ipv6.payload_length()) == (ipv6.completeness() == Completeness::whole));
  PacketBuffer buffer;
  buffer.append(ipv6.payload());
  const Ipv6Header header{.source = ipv6.source(),
                          .destination = ipv6.destination(),
                          .hop_limit = ipv6.hop_limit(),
                          .next_header = ipv6.next_header(),
                          .traffic_class = ipv6.traffic_class(),
                          .flow_label = ipv6.flow_label(),
                          .forced = {.payload_length = ipv6.payload_length()}};
  ENCAP_FUZZ_CHECK(prepend(buffer, header).has_value());
  ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), ipv6.bytes()));
  if (ipv6.next_header() == Protocol::fragment) check_fragment(ipv6.payload());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  const auto whole = Ipv6View::parse(in);
  const auto captured = Ipv6View::parse_captured(in);
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
