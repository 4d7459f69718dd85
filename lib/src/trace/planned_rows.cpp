#include "trace/planned_rows.h"

#include <fmt/format.h>
#include <limits>

namespace encap::trace {

IoError too_much_to_check(std::string_view what, const OctetStore& store) {
  return {"check", std::string{what}, 0,
          fmt::format("more than {} octets of messages, which is what a check holds at most", store.most())};
}

void PlannedRows::see(const Message& message) {
  const auto kept = store_.keep(message.payload);
  if (!kept) {
    table_is_too_large_ = true;
    return;
  }
  as_in_table_[message.row] = *kept;
}

Result<std::uint32_t, IoError> PlannedRows::row_of(const RowPart& part, const PacketOrigin& origin, Timestamp at) {
  const TableRow& row = *part.row;
  const auto [known, is_new] = row_numbers_.try_emplace(row.number, static_cast<std::uint32_t>(rows_.size()));
  if (!is_new) return known->second;

  const ConversationOrigin& talk = *origin.conversation;
  const auto [conversation, opens] = by_ends_.try_emplace(ConversationKey{talk.route, talk.transport},
                                                          static_cast<std::uint32_t>(conversations_.size()));
  if (opens) {
    conversations_.push_back({talk.transport, talk.route});
    sides_.push_back({talk.route, {}});
    sides_.push_back({talk.route.reversed(), {}});
    servers_.insert({talk.transport, talk.route.destination});
  }
  PlannedRow planned{.number = row.number, .line = row.line, .id = std::string{row.id}, .at = at};
  const Route route = origin.from_client ? talk.route : talk.route.reversed();
  planned.side = side_of(conversation->second, route);
  const auto text = as_in_table_.find(row.number);
  const Bytes in_table = text == as_in_table_.end() ? Bytes{} : text->second;
  if (std::ranges::equal(in_table, row.message)) {
    planned.wanted.sent = in_table;
  } else {
    const auto kept = store_.keep(row.message);
    if (!kept) return unexpected(too_much_to_check("the table", store_));
    planned.wanted.sent = *kept;
    planned.wanted.table = in_table;
  }
  if (text != as_in_table_.end()) as_in_table_.erase(text);
  sides_[planned.side].rows.push_back(static_cast<std::uint32_t>(rows_.size()));
  rows_.push_back(std::move(planned));
  return static_cast<std::uint32_t>(rows_.size() - 1);
}

Result<void, IoError> PlannedRows::expect(const PacketRecord& record) {
  if (table_is_too_large_) return unexpected(too_much_to_check("the table", store_));
  if (record.origin == nullptr || record.origin->conversation == nullptr) return {};
  for (const RowPart& part : record.origin->parts) {
    const auto row = row_of(part, *record.origin, record.timestamp);
    if (!row) return unexpected(row.error());
    rows_[*row].wanted.planned_octets += part.length;
  }
  return {};
}

void PlannedRows::end_early() {
  for (PlannedRow& row : rows_) {
    const std::uint64_t planned = row.wanted.planned_octets;
    if (planned >= row.wanted.sent.size()) continue;
    row.wanted.sent = row.wanted.sent.first(static_cast<std::size_t>(planned));
    row.wanted.table = {};
  }
}

void PlannedRows::repeat() {
  for (PlannedRow& row : rows_) row.wanted.planned_octets = std::numeric_limits<std::uint64_t>::max();
}

void PlannedRows::learn_anchors() {
  for (const PlannedRow& row : rows_) {
    for (const Bytes form : {row.wanted.sent, row.wanted.table}) {
      if (form.empty()) continue;
      anchors_.learn(form);
      row_starts_.insert(Anchors::of(form));
    }
  }
}

}  // namespace encap::trace
