#include <algorithm>
#include <array>
#include <string>

#include "encap/analyze/session_memory.h"
#include "encap/base/byte_order.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/statistics.h"
#include "support/fuzz.h"

// A capture in miniature, as fuzz_dissector reads it, of which advice is asked. The second octet is also how far the
// clock goes, back where it is above 127.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  static constexpr std::array<std::uint16_t, 10> link_types{1, 0, 101, 108, 113, 276, 228, 229, 12, 147};
  constexpr std::size_t header = 4;
  Bytes in = test::input_bytes(data, size);
  Statistics statistics{[](std::string_view) { return unexpected(std::string{"no filters here"}); }};
  ENCAP_FUZZ_CHECK(statistics.add("advice").has_value());
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{statistics.detail(), true};
  statistics.ask(dissection);
  Timestamp now;
  while (in.size() >= header) {
    const std::size_t length = std::min<std::size_t>(load_be16(in, 2), in.size() - header);
    const std::uint8_t cut = load_u8(in, 1);
    now.nanoseconds += static_cast<std::int8_t>(cut) * std::int64_t{40'000'000};
    PacketRecord record;
    record.timestamp = now;
    record.link_type = static_cast<LinkType>(link_types[load_u8(in, 0) % link_types.size()]);
    record.original_length = static_cast<std::uint32_t>(length + cut);
    record.bytes = in.subspan(header, length);
    dissector.dissect(record, dissection);
    statistics.take(dissection);
    in = in.subspan(header + length);
  }
  std::string text;
  statistics.append(text, StatisticsFormat::text);
  ENCAP_FUZZ_CHECK(text.starts_with("Advice: "));
  // What is told does not depend on how often it is.
  std::string again;
  statistics.append(again, StatisticsFormat::text);
  ENCAP_FUZZ_CHECK(text == again);
  statistics.append(text, StatisticsFormat::json);
  statistics.append(text, StatisticsFormat::csv);
  return 0;
}
