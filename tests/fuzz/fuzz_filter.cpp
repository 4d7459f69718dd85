#include <deque>
#include <string_view>
#include <vector>

#include "encap/dissect/dissector.h"
#include "encap/filter/filter.h"
#include "support/fuzz.h"
#include "support/hex.h"

namespace {

using namespace encap;

/// Packets that a filter is asked about: TCP with options and HTTP, DNS with several addresses, IPv4 in IPv4, and one
/// that is cut.
class Packets {
 public:
  Packets() {
    add("020000000002020000000001080045000041000100004006ffff0a0000010a00000203e80050000000640000006450182000000000"
        "00474554202f20485454502f312e310d0a486f73743a2061e90d0a0d0a");
    add("02000000000202000000000108004500004d00010000401100000a0000010a00000200350035003900001234818000010002000000"
        "0001610000010001c00c00010001000000050004010203"
        "04c00c0001000100000005000401020309");
    add("02000000000202000000000108004500003000010000400400000101010102020202450000"
        "1c000100004011000003030303040404041770177100080000");
    add("020000000002020000000001080045");
  }
  void ask(Filter& filter) {
    for (const Dissection& dissection : dissections_) {
      // What a filter says of a packet does not depend on what it was asked before.
      const bool matched = filter.matches(dissection);
      ENCAP_FUZZ_CHECK(matched == filter.matches(dissection));
    }
  }

 private:
  void add(std::string_view hex) {
    octets_.push_back(test::hex_vector(hex));
    PacketRecord& record = records_.emplace_back();
    record.link_type = LinkType::ethernet;
    record.bytes = octets_.back();
    record.original_length = static_cast<std::uint32_t>(octets_.back().size());
    Dissector dissector;
    dissector.dissect(record, dissections_.emplace_back(Detail::fields));
  }

  std::deque<std::vector<std::byte>> octets_;
  std::deque<PacketRecord> records_;
  std::deque<Dissection> dissections_;
};

}  // namespace

// The text of a filter, of any octets.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Packets packets;
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  auto filter = Filter::compile(text);
  if (filter) {
    packets.ask(*filter);
  } else {
    const FilterError& error = filter.error();
    ENCAP_FUZZ_CHECK(!error.reason.empty());
    ENCAP_FUZZ_CHECK(error.offset <= text.size());
    test::touch(as_bytes(to_string(error, text)));
  }
  return 0;
}
