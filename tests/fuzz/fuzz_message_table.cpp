#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "encap/input/message_reader.h"
#include "messages.h"

namespace {

using namespace encap;
using namespace encap::test;

void check_message(const Message& message, Bytes table, bool escapes) {
  ENCAP_FUZZ_CHECK(message.line >= 2);  // behind the header row
  ENCAP_FUZZ_CHECK(!message.id.empty());
  touch_text(message.id);
  touch_text(message.protocol);
  touch_party(message.source);
  touch_party(message.destination);
  touch(message.payload);
  if (message.timestamp) {
    ENCAP_FUZZ_CHECK(message.timestamp->seconds() >= 0 && message.timestamp->seconds() <= 0xffffffff);
  }
  ENCAP_FUZZ_CHECK(message.faults.fragment % 8 == 0 && message.faults.delay_milliseconds <= Faults::longest_delay);
  // Text shrinks on its way, by quotes and by escapes, and never grows.
  ENCAP_FUZZ_CHECK(message.payload.size() <= table.size());
  if (!escapes) ENCAP_FUZZ_CHECK(std::ranges::find(message.payload, std::byte{0xff}) == message.payload.end());
}

/// The parser takes 48 MiB for each table and uses what the table fills. The address sanitizer marks them all, which
/// takes a hundred times as long as the reading; so one block serves every run.
struct ParserBlock {
  static constexpr std::size_t size = std::size_t{48} << 20;
  static constexpr std::size_t used = std::size_t{16} << 10;  // longer inputs leave traces behind, which nothing reads
  void* memory = nullptr;
  bool lent = false;
};
ParserBlock parser_block;

}  // namespace

void* operator new[](std::size_t size) {
  if (size == ParserBlock::size && !parser_block.lent) {
    if (parser_block.memory == nullptr) parser_block.memory = std::malloc(size);
    if (parser_block.memory == nullptr) throw std::bad_alloc{};
    std::memset(parser_block.memory, 0, ParserBlock::used);
    parser_block.lent = true;
    return parser_block.memory;
  }
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc{};
}
void operator delete[](void* memory) noexcept {
  if (memory != nullptr && memory == parser_block.memory) {
    parser_block.lent = false;
  } else {
    std::free(memory);
  }
}
void operator delete[](void* memory, std::size_t) noexcept { operator delete[](memory); }

/// The first octet chooses how the rest is read: the lowest bit reads escapes, the highest a packet list, the others
/// cut it into pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes table = input_bytes(data, size).subspan(1);
  const bool escapes = (data[0] & 1) != 0;
  const bool packet_list = (data[0] & 0x80) != 0;
  const std::size_t cut = (data[0] & 0x7f) / 2;
  const std::size_t piece = cut == 0 ? table.size() + 1 : cut;
  auto reader = MessageReader::open("in", std::make_unique<PieceSource>(table, piece),
                                    {.escapes = escapes, .packet_list = packet_list});
  if (!reader) {
    check_failure(reader.error());
    return 0;
  }
  std::uint64_t rows = 0;
  std::uint64_t last_line = 0;
  for (;; ++rows) {
    const auto message = reader->next();
    if (!message) {
      check_failure(message.error());
      continue;
    }
    if (*message == nullptr) break;
    check_message(**message, table, escapes);
    ENCAP_FUZZ_CHECK((*message)->line > last_line);
    last_line = (*message)->line;
  }
  ENCAP_FUZZ_CHECK(rows == reader->rows());
  ENCAP_FUZZ_CHECK(rows <= table.size());
  ENCAP_FUZZ_CHECK(reader->octets() >= table.size() && reader->octets() <= table.size() + 1);
  ENCAP_FUZZ_CHECK(*reader->next() == nullptr);
  return 0;
}
