#include "notes.h"

#include <fmt/format.h>

namespace {

/// A name out of a table, safe to print.
std::string shown(const std::string& name) {
  constexpr std::size_t longest = 60;
  return encap::printable(name, longest);
}

}  // namespace

std::string counted(std::uint64_t count, std::string_view noun) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  if (count == 1) return fmt::format("{} {}", digits, noun);
  if (noun.ends_with('y')) return fmt::format("{} {}ies", digits, noun.substr(0, noun.size() - 1));  // bodies, entries
  return fmt::format("{} {}s", digits, noun);
}

std::vector<std::string> table_notes(const encap::TableNotes& notes) {
  std::vector<std::string> lines;
  const auto say_if = [&lines](std::uint64_t count, std::string_view noun, std::string_view what) {
    if (count != 0) lines.push_back(fmt::format("{} {}", counted(count, noun), what));
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
    lines.push_back(fmt::format("cells are separated by {}",
                                notes.separator == '\t' ? "tabs" : fmt::format("\"{}\"", notes.separator)));
  }
  say_if(notes.blank_rows, "row", "of empty cells, skipped");
  say_if(notes.short_rows, "row", "with fewer cells than the header, the missing ones taken as empty");
  say_if(notes.names_in_port_cells, "port cell", "with a name, taken as the application's");
  say_if(notes.addresses_in_port_cells, "port cell", "with an address, taken as that");
  say_if(notes.names_in_address_cells, "address cell", "with a name, taken as the application's");
  say_if(notes.missing_times, "row", "without a time, sent 10 ms after the row before");
  say_if(notes.escapes_left, "row", R"(with \r, \n, \t or \xHH as text; --escapes reads them as C does)");
  say_if(notes.not_utf8, "row", "whose message is not UTF-8, sent octet for octet");
  say_if(notes.control_packets, "TCP segment", "without data or sent again, left out: the session makes its own");
  say_if(notes.hidden_data_packets, "packet", "whose data the list does not show, left out");
  say_if(notes.other_packets, "packet", "of protocols that carry no messages (ARP, ICMP ...), left out");
  say_if(notes.https_messages, "message",
         "of HTTPS, written as the HTTP inside TLS, to port 80 where the URL names none");
  say_if(notes.later_http_versions, "message", "of HTTP/2 or HTTP/3, written as HTTP/1.1");
  say_if(notes.decoded_bodies, "body", "written without content and transfer codings: the file holds them decoded");
  say_if(notes.missing_bodies, "body", "that the file does not hold, sent empty");
  say_if(notes.own_connections, "request", "sent before the answer to another on its connection, given one of its own");
  say_if(notes.unanswered_requests, "request", "without a response");
  say_if(notes.entries_off_network, "entry", "with a URL that is not HTTP's (data:, blob: ...), left out");
  say_if(notes.web_socket_messages, "WebSocket message", "left out");
  return lines;
}

std::vector<std::string> craft_notes(const encap::CraftSummary& summary) {
  std::vector<std::string> lines;
  const auto say_if = [&lines](std::uint64_t count, std::string_view noun, std::string_view what) {
    if (count != 0) lines.push_back(fmt::format("{} {}", counted(count, noun), what));
  };
  say_if(summary.control_rows, "row",
         "naming a TCP control segment (SYN, ACK, FIN), left out: the session makes its own");
  say_if(summary.empty_messages, "row", "with an empty message, left out: TCP has nothing to send");
  say_if(summary.unknown_protocols, "row", "with an unknown protocol, sent unchanged");
  say_if(summary.not_http, "row", "marked HTTP without HTTP in it, sent unchanged; Wireshark shows data");
  say_if(summary.text_as_binary, "row",
         "of text for a port where a binary protocol is spoken, sent unchanged; Wireshark may call it malformed");
  say_if(summary.datagrams_lost, "row", "lost on the way by a fault, not in the packets");
  say_if(summary.not_reordered, "row", "to be reordered with nothing behind it to change places with, sent in order");
  say_if(summary.opened_again, "connection", "opened behind one that a fault had reset");
  if (summary.closed_early != 0) {
    lines.push_back(fmt::format("{} conversations were closed before their last row, because more than {} were open",
                                summary.closed_early, encap::Crafter::most_open));
  }
  return lines;
}
