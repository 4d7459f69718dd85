#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "encap/input/message_source.h"

namespace encap {

/// The columns a message table may have.
enum class TableColumn : std::uint8_t {
  message,
  app_protocol,
  src_app,
  dst_app,
  src_ip,
  dst_ip,
  src_port,
  dst_port,
  transport,
  timestamp,
  msg_id,
  fault,
  none
};
inline constexpr std::size_t column_count = static_cast<std::size_t>(TableColumn::none);

/// What the rows of a table are.
enum class TableKind : std::uint8_t {
  messages,
  packets  ///< of Wireshark's packet list, whose column Info has the message where no other is named for it
};

/// The name of a column as the README's table has it.
[[nodiscard]] std::string_view name(TableColumn column) noexcept;

/// Which column stands where, found from the names of a header row: by name, by alias, then by a name that is nearly
/// right for a column that is absent. Fills in what was ignored and what was guessed.
[[nodiscard]] std::vector<TableColumn> match_columns(const std::vector<std::string>& header, TableKind kind,
                                                     TableNotes& notes);

}  // namespace encap
