#include <algorithm>

#include "encap/wire/tcp.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

void check_options(Bytes in) {
  const auto options = TcpOptionsView::parse(in);
  if (!options) {
    ENCAP_FUZZ_CHECK(options.error().offset < in.size());
    touch_value(to_string(options.error()).size());
    return;
  }
  std::size_t covered = 0;
  for (const TcpOption option : *options) {
    touch(option.value);
    ENCAP_FUZZ_CHECK(lies_within(option.value, in));
    ENCAP_FUZZ_CHECK(option.kind != TcpOptionKind::end_of_list);
    covered += option.kind == TcpOptionKind::no_operation ? 1 : 2 + option.value.size();
    ENCAP_FUZZ_CHECK(covered <= in.size());
  }
  // The walk ends at the end, or at an end-of-list option.
  ENCAP_FUZZ_CHECK(covered == in.size() || load_u8(in, covered) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes in = input_bytes(data, size);
  check_options(in);  // longer ones than a header can hold, too
  const auto tcp = TcpView::parse(in);
  if (!tcp) {
    touch_value(to_string(tcp.error()).size());
    return 0;
  }
  touch(tcp->bytes());
  check_options(tcp->options());
  ENCAP_FUZZ_CHECK(tcp->bytes().size() == in.size());
  ENCAP_FUZZ_CHECK(lies_within(tcp->payload(), in));
  ENCAP_FUZZ_CHECK(tcp->header_length() == TcpView::minimum_header_length + tcp->options().size());
  ENCAP_FUZZ_CHECK(tcp->header_length() + tcp->payload().size() == in.size());

  PacketBuffer buffer;
  buffer.append(tcp->payload());
  const TcpHeader header{.source_port = tcp->source_port(),
                         .destination_port = tcp->destination_port(),
                         .sequence_number = tcp->sequence_number(),
                         .acknowledgment_number = tcp->acknowledgment_number(),
                         .flags = tcp->flags(),
                         .window = tcp->window(),
                         .urgent_pointer = tcp->urgent_pointer(),
                         .options = tcp->options(),
                         .forced = {.data_offset = {}, .checksum = tcp->checksum()}};
  if (!prepend(buffer, header, Route{})) {
    ENCAP_FUZZ_CHECK(in.size() > 65535 - 20);
    return 0;
  }
  // The reserved bits are read but never written.
  if (load_field<TcpField::reserved>(in) == 0) ENCAP_FUZZ_CHECK(std::ranges::equal(buffer.bytes(), in));
  return 0;
}
