#include <algorithm>

#include "encap/wire/ethernet.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

void check_tag(Bytes in) {
  const auto vlan = VlanView::parse(in);
  ENCAP_FUZZ_CHECK(vlan.has_value() == (in.size() >= VlanView::header_length));
  if (!vlan) return;
  touch(vlan->payload());
  ENCAP_FUZZ_CHECK(lies_within(vlan->payload(), in));
  PacketBuffer buffer;
  buffer.append(vlan->payload());
  prepend(buffer, VlanHeader{.id = vlan->id(),
                             .priority = vlan->priority(),
                             .drop_eligible = vlan->drop_eligible(),
                             .type = vlan->type()});
  ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), in));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  const auto ethernet = EthernetView::parse(in);
  ENCAP_FUZZ_CHECK(ethernet.has_value() == (in.size() >= EthernetView::header_length));
  if (!ethernet) {
    touch_value(to_string(ethernet.error()).size());
    return 0;
  }
  touch(ethernet->payload());
  ENCAP_FUZZ_CHECK(lies_within(ethernet->payload(), in));
  PacketBuffer buffer;
  buffer.append(ethernet->payload());
  prepend(buffer, EthernetHeader{
                      .source = ethernet->source(), .destination = ethernet->destination(), .type = ethernet->type()});
  ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), in));
  check_tag(ethernet->payload());
  return 0;
}
