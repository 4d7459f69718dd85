#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "encap/input/message_reader.h"
#include "support/fuzz.h"

namespace {

using namespace encap;
using namespace encap::test;

/// Octets in pieces of one size, as a pipe hands them out.
class PieceSource final : public ByteSource {
 public:
  PieceSource(Bytes octets, std::size_t size) : rest_{octets}, size_{size} {}
  Result<std::size_t, IoError> read(MutableBytes out) override {
    const std::size_t count = std::min({out.size(), size_, rest_.size()});
    std::copy_n(rest_.begin(), count, out.begin());
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  Bytes rest_;
  std::size_t size_;
};

void touch_text(std::string_view text) { touch(as_bytes(text)); }

void touch_party(const Party& party) {
  touch_text(party.name);
  if (party.address) touch_text(to_string(*party.address));
  if (party.port) ENCAP_FUZZ_CHECK(party.port->value != 0);
}

/// Errors may be shown on a terminal: one line, no controls.
void check(const Failure& failure) {
  const std::string text = to_string(failure);
  ENCAP_FUZZ_CHECK(!text.empty() && text.size() < 2000);
  for (const char c : text) ENCAP_FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  if (const auto* const error = std::get_if<InputError>(&failure)) ENCAP_FUZZ_CHECK(error->where.file == "t.csv");
}

void check(const Message& message, Bytes table, bool escapes) {
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

/// The first octet chooses how the rest is read: the lowest bit reads escapes, the others cut it into pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes table = input_bytes(data, size).subspan(1);
  const bool escapes = (data[0] & 1) != 0;
  const std::size_t piece = data[0] < 2 ? table.size() + 1 : data[0] / 2;
  auto reader = MessageReader::open("t.csv", std::make_unique<PieceSource>(table, piece), {.escapes = escapes});
  if (!reader) {
    check(reader.error());
    return 0;
  }
  std::uint64_t rows = 0;
  std::uint64_t last_line = 0;
  for (;; ++rows) {
    const auto message = reader->next();
    if (!message) {
      check(message.error());
      continue;
    }
    if (*message == nullptr) break;
    check(**message, table, escapes);
    ENCAP_FUZZ_CHECK((*message)->line > last_line);
    last_line = (*message)->line;
  }
  ENCAP_FUZZ_CHECK(rows == reader->rows());
  ENCAP_FUZZ_CHECK(rows <= table.size());
  ENCAP_FUZZ_CHECK(reader->octets() >= table.size() && reader->octets() <= table.size() + 1);
  ENCAP_FUZZ_CHECK(*reader->next() == nullptr);
  return 0;
}
