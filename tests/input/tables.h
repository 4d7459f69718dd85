#pragma once

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "encap/input/message_reader.h"
#include "support/property.h"

namespace encap::test {

/// A message with text of its own, to look at when its reader has gone on.
struct OwnedMessage {
  std::uint64_t line = 0;
  std::string id;
  std::string protocol;
  std::string source;  ///< `name|address|port`, without what the table does not say
  std::string destination;
  std::optional<Transport> transport;
  std::optional<Timestamp> timestamp;
  std::string payload;
  Faults faults{};

  friend bool operator==(const OwnedMessage&, const OwnedMessage&) = default;
};

inline std::string describe(const Party& party) {
  std::string text{party.name};
  text += '|';
  if (party.address) text += to_string(*party.address);
  text += '|';
  if (party.port) text += std::to_string(party.port->value);
  return text;
}

inline OwnedMessage own(const Message& message) {
  return {message.line,
          std::string{message.id},
          std::string{message.protocol},
          describe(message.source),
          describe(message.destination),
          message.transport,
          message.timestamp,
          std::string{as_text(message.payload)},
          message.faults};
}

inline std::ostream& operator<<(std::ostream& out, const OwnedMessage& message) {
  return out << message.line << ' ' << message.id << ' ' << message.protocol << ' ' << message.source << " -> "
             << message.destination << ' ' << ::testing::PrintToString(message.payload);
}

/// Octets in pieces of random sizes, as a pipe hands them out.
class PieceSource final : public ByteSource {
 public:
  PieceSource(Bytes octets, std::uint64_t seed, std::size_t longest)
      : rest_{octets}, random_{seed}, longest_{longest} {}

  Result<std::size_t, IoError> read(MutableBytes out) override {
    const std::size_t wanted = std::min<std::size_t>(1 + random_.below(longest_), out.size());
    const std::size_t count = std::min(wanted, rest_.size());
    std::copy_n(rest_.begin(), count, out.begin());
    rest_ = rest_.subspan(count);
    return count;
  }

 private:
  Bytes rest_;
  Random random_;
  std::size_t longest_;
};

/// Everything a table gave: its rows in order, messages and errors apart, and its notes.
struct TableRead {
  std::vector<OwnedMessage> messages;
  std::vector<std::string> errors;
  TableNotes notes;
  std::uint64_t rows = 0;

  [[nodiscard]] std::vector<std::string> payloads() const {
    std::vector<std::string> texts;
    for (const OwnedMessage& message : messages) texts.push_back(message.payload);
    return texts;
  }
};

/// Takes messages and errors out of a reader up to its end. A reader that does not end is cut off.
template <class Reader>
void drain(Reader& reader, TableRead& read) {
  for (int rows = 0; rows < 1'000'000; ++rows) {
    const auto message = reader.next();
    if (!message) {
      read.errors.push_back(to_string(message.error()));
    } else if (*message == nullptr) {
      read.notes = reader.notes();
      read.rows = reader.rows();
      return;
    } else {
      read.messages.push_back(own(**message));
    }
  }
  ADD_FAILURE() << "the table does not end";
}

inline TableRead read_table(std::unique_ptr<ByteSource> source, MessageReader::Options options = {}) {
  TableRead read;
  auto reader = MessageReader::open("t.csv", std::move(source), options);
  if (reader) {
    drain(*reader, read);
  } else {
    read.errors.push_back(to_string(reader.error()));
  }
  return read;
}

inline TableRead read_table(std::string_view text, MessageReader::Options options = {}) {
  return read_table(memory_source(as_bytes(text)), options);
}

/// Reads a file of any kind as `open_message_source` does; errors call it `in`.
inline TableRead read_messages(MessageFormat format, std::unique_ptr<ByteSource> source) {
  TableRead read;
  auto reader = open_message_source(format, "in", std::move(source));
  if (reader) {
    drain(**reader, read);
  } else {
    read.errors.push_back(to_string(reader.error()));
  }
  return read;
}

inline TableRead read_messages(MessageFormat format, std::string_view text) {
  return read_messages(format, memory_source(as_bytes(text)));
}

}  // namespace encap::test
