#include <algorithm>
#include <array>
#include <string>

#include "encap/base/byte_order.h"
#include "encap/trace/capture_comparison.h"
#include "support/edited_capture.h"
#include "support/fuzz.h"

// Two captures in miniature: packets one after the other, each with its link type and the captures it is in (1 octet),
// what is changed of it in the right one (1 octet: how many octets the payload loses at its end, or a place that is
// changed) and its length (2 octets).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace encap;
  static constexpr std::array link_types{LinkType::raw, LinkType::null, LinkType::ethernet, LinkType::linux_sll};
  constexpr std::size_t header = 4;
  Bytes in = test::input_bytes(data, size);
  BothSides<test::EditedCapture> captures;
  for (std::int64_t n = 0; in.size() >= header; ++n) {
    const unsigned how = load_u8(in, 0);
    const unsigned change = load_u8(in, 1);
    const std::size_t length = std::min<std::size_t>(load_be16(in, 2), in.size() - header);
    PacketRecord record;
    record.timestamp = {n * 1'000'000};
    record.link_type = link_types[how % link_types.size()];
    record.bytes = in.subspan(header, length);
    if ((how & 4) == 0) captures[0].add(record);
    if ((how & 8) == 0) {
      captures[1].add(record);
      auto& octets = captures[1].packets().back().octets;
      if (change != 0 && !octets.empty()) octets[change % octets.size()] ^= std::byte{0x11};
      if ((how & 16) != 0)
        octets.erase(octets.end() - std::min<std::ptrdiff_t>(std::ssize(octets), change % 8), octets.end());
    }
    in = in.subspan(header + length);
  }

  CaptureComparison comparison{{.most_packets = 64, .most_octets = 4096}};
  for (std::size_t side = 0; side < 2; ++side) {
    test::EditedSource source{captures[side]};
    comparison.read(side, side == 0 ? "left" : "right", source);
  }
  comparison.compare();

  // Every packet that was kept has its place: in one pair, alone, or in a conversation of its own.
  for (std::size_t side = 0; side < 2; ++side) {
    std::uint64_t told = 0;
    for (const LoneConversation& lone : comparison.only_in(side)) told += lone.packets;
    for (const ComparedConversation& talk : comparison.conversations()) {
      std::uint64_t here = 0;
      for (const AlignedPackets& pair : talk.pairs) here += pair.packets[side] == AlignedPackets::none ? 0u : 1u;
      ENCAP_FUZZ_CHECK(here == talk.packets[side]);
      told += here;
    }
    const ComparedCapture& capture = comparison.capture(side);
    ENCAP_FUZZ_CHECK(told == capture.compared);
    ENCAP_FUZZ_CHECK(capture.compared + capture.others + capture.beyond == capture.packets);
  }
  for (const FieldAgreement& field : comparison.fields())
    ENCAP_FUZZ_CHECK(field.agree + field.by_nature <= field.packets && field.packets <= comparison.aligned());
  std::uint64_t differences = 0;
  std::vector<FieldDifference> of_pair;
  for (const ComparedConversation& talk : comparison.conversations()) {
    for (const AlignedPackets& pair : talk.pairs) {
      comparison.differences(pair, of_pair);
      differences += of_pair.size();
    }
    differences -= talk.differences + talk.by_nature;
  }
  ENCAP_FUZZ_CHECK(differences == 0);
  std::string text;
  append_text(text, comparison, {.everything = size % 2 == 0}, {});
  append_json(text, comparison, {});
  test::touch(as_bytes(text));
  return 0;
}
