#include <algorithm>
#include <array>

#include "encap/base/byte_order.h"
#include "support/fuzz.h"
#include "support/read_through.h"

// A capture in miniature: packets one after the other, each with its link type (1 octet: an index), what the capture
// cut off (1 octet) and its length (2 octets), so that what one packet says is remembered when the next is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  static constexpr std::array<std::uint16_t, 10> link_types{1, 0, 101, 108, 113, 276, 228, 229, 12, 147};
  constexpr std::size_t header = 4;
  Bytes in = test::input_bytes(data, size);
  test::ReadThrough reader;
  for (std::int64_t n = 0; in.size() >= header; ++n) {
    const std::size_t length = std::min<std::size_t>(load_be16(in, 2), in.size() - header);
    PacketRecord record;
    record.timestamp = {n * 1'000'000};
    record.link_type = static_cast<LinkType>(link_types[load_u8(in, 0) % link_types.size()]);
    record.original_length = static_cast<std::uint32_t>(length + load_u8(in, 1));
    record.bytes = in.subspan(header, length);
    reader.read(record);
    in = in.subspan(header + length);
  }
  return 0;
}
