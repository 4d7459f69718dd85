#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "encap/flow/message.h"
#include "encap/flow/packet_origin.h"
#include "encap/flow/segment.h"
#include "flow/message_window.h"

namespace encap {

/// Remembers which rows the octets of messages are from and who talks in each conversation, and tells it with every
/// packet. Memory: a few names for each slot of the conversation table.
class OriginTracker {
 public:
  /// A message of one row.
  static void start(std::vector<TrackedRow>& rows, const Message& message, Timestamp at);
  /// Puts the row of `part` behind those of the message that it became a part of, at `begin` to `end` of its payload.
  static void join(std::vector<TrackedRow>& rows, std::vector<TrackedRow>& part, std::size_t begin, std::size_t end);
  /// Finds the rows again in the payload that was made of the one they are in now.
  static void move(std::vector<TrackedRow>& rows, std::string_view from, std::string_view to) noexcept;

  /// What `--start` moves all times by.
  void shift(Duration by) noexcept { shift_ = by; }

  /// A conversation in the slot `at` of the table, which another may have had before. `reversed`: the message comes
  /// from the server.
  void open(std::uint32_t at, const Route& route, Transport transport, const Message& message, bool reversed);

  /// Lifetime: until the next call, and as long as the message.
  [[nodiscard]] const PacketOrigin& origin_of(const Segment& segment, std::uint32_t conversation,
                                              const PendingMessage* message);

 private:
  struct Known {
    ConversationOrigin origin;
    std::string client;
    std::string server;
  };

  std::deque<Known> conversations_;  // by slot
  std::uint64_t opened_ = 0;
  Duration shift_{0};
  PacketOrigin origin_;
  std::vector<TableRow> rows_;
  std::vector<RowPart> parts_;
};

}  // namespace encap
