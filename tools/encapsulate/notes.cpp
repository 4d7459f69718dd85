#include "notes.h"

#include <fmt/format.h>

namespace {

std::string rows(std::uint64_t count) { return fmt::format("{} {}", count, count == 1 ? "row" : "rows"); }

/// A name out of a table, safe to print.
std::string shown(const std::string& name) {
  constexpr std::size_t longest = 60;
  return encap::printable(name, longest);
}

}  // namespace

std::vector<std::string> table_notes(const encap::TableNotes& notes) {
  std::vector<std::string> lines;
  const auto say_if = [&lines](std::uint64_t count, std::string_view what) {
    if (count != 0) lines.push_back(fmt::format("{} {}", rows(count), what));
  };
  if (!notes.ignored_columns.empty()) {
    std::string names;
    for (const std::string& name : notes.ignored_columns) names += (names.empty() ? "" : ", ") + shown(name);
    lines.push_back("columns that are not used: " + names);
  }
  for (const auto& [written, meant] : notes.guessed_columns) {
    lines.push_back(fmt::format("column \"{}\" is taken for {}", shown(written), meant));
  }
  if (notes.separator != ',') {
    lines.push_back(fmt::format("cells are separated by {}", notes.separator == '\t' ? "tabs" : fmt::format("\"{}\"", notes.separator)));
  }
  say_if(notes.blank_rows, "with empty cells only, skipped");
  say_if(notes.short_rows, "with fewer cells than the header; the missing ones count as empty");
  say_if(notes.names_in_port_cells, "with a name in a port cell, taken as the application's");
  say_if(notes.addresses_in_port_cells, "with an address in a port cell, taken as that");
  say_if(notes.names_in_address_cells, "with a name in an address cell, taken as the application's");
  say_if(notes.missing_times, "without a time, sent 10 ms after the row before");
  say_if(notes.escapes_left, R"(with \r, \n, \t or \xHH as text; --escapes reads them as C does)");
  say_if(notes.not_utf8, "whose message is not UTF-8; its octets go out as they are");
  return lines;
}

std::vector<std::string> craft_notes(const encap::CraftSummary& summary) {
  std::vector<std::string> lines;
  const auto say_if = [&lines](std::uint64_t count, std::string_view what) {
    if (count != 0) lines.push_back(fmt::format("{} {}", rows(count), what));
  };
  say_if(summary.control_rows, "that name a TCP control segment (SYN, ACK, FIN), left out: the session makes its own");
  say_if(summary.empty_messages, "with an empty message, left out: TCP has nothing to send");
  say_if(summary.unknown_protocols, "with a protocol that is not known, sent over TCP as they are");
  say_if(summary.not_http, "that say HTTP and hold none, sent as they are; Wireshark shows them as data");
  say_if(summary.text_as_binary, "with text where a binary protocol is spoken, sent as they are; Wireshark may call them malformed");
  if (summary.closed_early != 0) {
    lines.push_back(fmt::format("{} conversations were closed before their last row, because more than {} were open", summary.closed_early,
                                encap::Crafter::most_open));
  }
  return lines;
}
