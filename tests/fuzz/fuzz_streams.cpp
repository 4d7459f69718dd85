#include <algorithm>
#include <array>
#include <string>

#include "encap/analyze/session_memory.h"
#include "encap/base/byte_order.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/http_objects.h"
#include "encap/statistics/statistics.h"
#include "support/fuzz.h"

// A statistic's name (1 octet for its length, then the text), and a capture in miniature behind it as in
// fuzz_dissector: everything that follows streams reads it, in each form.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  static constexpr std::array<std::uint16_t, 10> link_types{1, 0, 101, 108, 113, 276, 228, 229, 12, 147};
  constexpr std::size_t header = 4;
  Bytes in = test::input_bytes(data, size);
  if (in.empty()) return 0;
  Statistics statistics{
      [](std::string_view text) -> Result<PacketFilter, std::string> { return PacketFilter{std::string{text}}; }};
  const std::size_t name_length = std::min<std::size_t>(load_u8(in, 0), in.size() - 1);
  static_cast<void>(statistics.add(as_text(in.subspan(1, name_length))));
  in = in.subspan(1 + name_length);
  for (const std::string_view name : {"follow,tcp,ascii,0", "follow,tcp,hex,0,sent", "follow,tcp,yaml,1",
                                      "follow,udp,raw,0", "follow,http,hex,0", "flow,tcp"}) {
    ENCAP_FUZZ_CHECK(statistics.add(name).has_value());
  }
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields, true};
  HttpObjects objects;
  for (std::int64_t n = 0; in.size() >= header; ++n) {
    const std::size_t length = std::min<std::size_t>(load_be16(in, 2), in.size() - header);
    PacketRecord record;
    record.timestamp = {n * 1'000'000};
    record.link_type = static_cast<LinkType>(link_types[load_u8(in, 0) % link_types.size()]);
    record.original_length = static_cast<std::uint32_t>(length + load_u8(in, 1));
    record.bytes = in.subspan(header, length);
    record.decimals = static_cast<std::uint8_t>(n % 10);
    dissector.dissect(record, dissection);
    statistics.take(dissection);
    objects.take(dissection, [](const HttpObject& object) {
      test::touch(object.octets);
      for (const std::uint64_t again : {std::uint64_t{0}, std::uint64_t{1}, UINT64_MAX}) {
        const std::string name = object_file_name(object.name, again);
        ENCAP_FUZZ_CHECK(!name.empty() && name.size() <= 255);
        ENCAP_FUZZ_CHECK(name.find('/') == name.npos && name.find('\0') == name.npos);
      }
    });
    in = in.subspan(header + length);
  }
  std::string out;
  static_cast<void>(statistics.append(out, StatisticsFormat::text));
  static_cast<void>(statistics.append(out, StatisticsFormat::csv));
  static_cast<void>(statistics.append(out, StatisticsFormat::json));
  test::touch(as_bytes(out));
  return 0;
}
