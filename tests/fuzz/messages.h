#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

#include "encap/input/message_source.h"
#include "support/fuzz.h"

// What the fuzz targets of the readers of messages share.

namespace encap::test {

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

inline void touch_text(std::string_view text) { touch(as_bytes(text)); }

inline void touch_party(const Party& party) {
  touch_text(party.name);
  if (party.address) touch_text(to_string(*party.address));
  if (party.port) ENCAP_FUZZ_CHECK(party.port->value != 0);
}

/// Errors may be shown on a terminal: one line, no controls.
inline void check_failure(const Failure& failure) {
  const std::string text = to_string(failure);
  ENCAP_FUZZ_CHECK(!text.empty() && text.size() < 2000);
  for (const char c : text) ENCAP_FUZZ_CHECK(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  if (const auto* const error = std::get_if<InputError>(&failure)) ENCAP_FUZZ_CHECK(error->where.file == "in");
}

/// Reads a file of any kind to its end. The first octet of the input cuts it into pieces.
inline void read_messages(MessageFormat format, const std::uint8_t* data, std::size_t size) {
  if (size == 0) return;
  const Bytes file = input_bytes(data, size).subspan(1);
  const std::size_t piece = data[0] == 0 ? file.size() + 1 : data[0];
  auto source = open_message_source(format, "in", std::make_unique<PieceSource>(file, piece));
  if (!source) return check_failure(source.error());
  std::uint64_t rows = 0;
  std::uint64_t last_line = 0;
  for (;; ++rows) {
    const auto message = (*source)->next();
    if (!message) {
      check_failure(message.error());
      continue;
    }
    if (*message == nullptr) break;
    const Message& read = **message;
    ENCAP_FUZZ_CHECK(read.file == "in");
    ENCAP_FUZZ_CHECK(read.line != 0 && read.line >= last_line);
    last_line = read.line;
    ENCAP_FUZZ_CHECK(!read.id.empty());
    touch_text(read.id);
    touch_text(read.protocol);
    touch_party(read.source);
    touch_party(read.destination);
    touch(read.payload);
    // A field of many values has its name for each of them.
    ENCAP_FUZZ_CHECK(read.payload.size() <= file.size() * file.size() + 200);
    if (read.timestamp) {
      ENCAP_FUZZ_CHECK(read.timestamp->seconds() >= 0 && read.timestamp->seconds() <= 0xffffffff);
    }
  }
  ENCAP_FUZZ_CHECK(rows == (*source)->rows());
  ENCAP_FUZZ_CHECK(rows <= file.size() + 1);
  ENCAP_FUZZ_CHECK((*source)->octets() <= file.size() + 1);
  ENCAP_FUZZ_CHECK(*(*source)->next() == nullptr);
}

}  // namespace encap::test
