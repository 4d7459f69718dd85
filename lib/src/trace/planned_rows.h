#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tsl/robin_map.h>
#include <tsl/robin_set.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/packet_record.h"
#include "encap/base/result.h"
#include "encap/flow/message.h"
#include "encap/flow/packet_origin.h"
#include "flow/conversation_key.h"
#include "trace/lane.h"
#include "trace/octet_store.h"

namespace encap::trace {

inline constexpr std::uint32_t no_index = UINT32_MAX;

struct PlannedRow {
  std::uint64_t number = 0;
  std::uint64_t line = 0;
  std::string id;
  Timestamp at{};  ///< of its first packet
  std::uint32_t side = 0;
  WantedRow wanted{};
};

/// One direction of a planned conversation.
struct PlannedSide {
  Route route{};
  std::vector<std::uint32_t> rows;
};

struct PlannedConversation {
  Transport transport = Transport::tcp;
  Route route{};  ///< from the client
};

/// The error of a check that would hold more than it may.
[[nodiscard]] IoError too_much_to_check(std::string_view what, const OctetStore& store);

/// Which octets a packet may begin with where it begins with a row: hashes of the first `anchor_length`, or of all.
class Anchors {
 public:
  [[nodiscard]] static std::uint64_t of(Bytes form) noexcept {
    return std::hash<std::string_view>{}(as_text(form.first(std::min(form.size(), anchor_length))));
  }
  void learn(Bytes form) noexcept { lengths_ |= 1u << std::min(form.size(), anchor_length); }

  /// Calls `visit(hash)` for each that `payload` may begin with.
  template <class Visit>
  void for_each_in(Bytes payload, Visit visit) const {
    const std::size_t most = std::min(payload.size(), anchor_length);
    for (std::size_t length = 1; length <= most; ++length) {
      if ((lengths_ >> length & 1u) == 0 || (length < shortest_anchor && length != payload.size())) continue;
      visit(of(payload.first(length)));
    }
  }

 private:
  static constexpr std::size_t anchor_length = 24;   // octets by which a row's beginning is known
  static constexpr std::size_t shortest_anchor = 8;  // a shorter row is known where it fills a packet

  std::uint32_t lengths_ = 0;  // a bit for each
};

/// What a capture is expected to hold: the rows of a table and the conversations that carry them.
class PlannedRows {
 public:
  /// Lifetime: borrows `store`, which the octets of the rows go into.
  explicit PlannedRows(OctetStore& store) : store_{store} {}

  /// A row as the table has it; before its packets.
  void see(const Message& message);
  /// A planned packet with its origin. Errors: the table is too large.
  [[nodiscard]] Result<void, IoError> expect(const PacketRecord& record);
  /// Of a row that was begun, what was planned is expected.
  void end_early();
  /// Copies of rows are expected, however many.
  void repeat();
  /// After the last packet, before anything is looked for by its octets.
  void learn_anchors();

  /// In the order of their first packets.
  [[nodiscard]] const std::vector<PlannedRow>& rows() const noexcept { return rows_; }
  [[nodiscard]] const std::vector<PlannedConversation>& conversations() const noexcept { return conversations_; }
  /// Two for each conversation, from the client and from the server.
  [[nodiscard]] const std::vector<PlannedSide>& sides() const noexcept { return sides_; }

  /// Which of the conversations is between these ends; no_index: none.
  [[nodiscard]] std::uint32_t find(const ConversationKey& ends) const {
    const auto found = by_ends_.find(ends);
    return found == by_ends_.end() ? no_index : found->second;
  }
  /// Which side of a planned conversation a packet of that route belongs to. Two ends that are one have one side.
  [[nodiscard]] std::uint32_t side_of(std::uint32_t conversation, const Route& route) const {
    return conversation * 2 + (sides_[std::size_t{conversation} * 2].route == route ? 0u : 1u);
  }
  [[nodiscard]] bool has_server(Transport transport, const Endpoint& endpoint) const {
    return servers_.contains({transport, endpoint});
  }
  [[nodiscard]] const Anchors& anchors() const noexcept { return anchors_; }
  /// Whether octets may be the beginning of a row.
  [[nodiscard]] bool may_begin_with(Bytes payload) const {
    bool found = false;
    anchors_.for_each_in(payload, [&](std::uint64_t hash) { found = found || row_starts_.contains(hash); });
    return found;
  }

 private:
  struct ServerHash {
    std::size_t operator()(const std::pair<Transport, Endpoint>& server) const noexcept {
      return FlowKeyHash{}({{server.second, server.second}, server.first});
    }
  };

  [[nodiscard]] Result<std::uint32_t, IoError> row_of(const RowPart& part, const PacketOrigin& origin, Timestamp at);

  OctetStore& store_;
  std::unordered_map<std::uint64_t, Bytes> as_in_table_;  // by row, until it is planned
  bool table_is_too_large_ = false;
  std::unordered_map<std::uint64_t, std::uint32_t> row_numbers_;
  std::vector<PlannedRow> rows_;
  std::vector<PlannedConversation> conversations_;
  std::vector<PlannedSide> sides_;
  tsl::robin_map<ConversationKey, std::uint32_t, FlowKeyHash> by_ends_;
  tsl::robin_set<std::pair<Transport, Endpoint>, ServerHash> servers_;
  Anchors anchors_;
  tsl::robin_set<std::uint64_t> row_starts_;
};

}  // namespace encap::trace
