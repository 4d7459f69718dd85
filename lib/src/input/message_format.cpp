#include "input/message_format.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "input/table_columns.h"
#include "input/table_source.h"

namespace encap {
namespace {

struct FormatText {
  MessageFormat format;
  std::string_view name;  // of --from
  std::string_view what;
};

constexpr std::array formats{
    FormatText{MessageFormat::csv, "csv", "a message table"},
    FormatText{MessageFormat::har, "har", "a HAR file"},
    FormatText{MessageFormat::dialogue, "dialogue", "a dialogue"},
    FormatText{MessageFormat::wireshark_csv, "wireshark-csv", "Wireshark's packet list as CSV"},
};

const FormatText& text_of(MessageFormat format) noexcept { return formats[static_cast<std::size_t>(format)]; }

std::string_view first_line(std::string_view text) noexcept {
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

/// The first line that says something, without comments.
std::string_view first_spoken_line(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::string_view line = first_line(text);
    if (line.find_first_not_of(" \t") != std::string_view::npos && !line.starts_with('#')) return line;
    const std::size_t end = text.find('\n');
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return {};
}

bool is_dialogue_line(std::string_view line) noexcept {
  return line == ">" || line == "<" || line.starts_with("> ") || line.starts_with("< ") || line.starts_with("@ ") ||
         line.starts_with("* ") || line.starts_with("  % Total ");
}

/// The cells of a header row, roughly: no name of a column holds a separator.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  for (const char c : line) {
    if (c == ',' || c == ';' || c == '\t' || c == '|') {
      cells.emplace_back();
    } else if (c != '"') {
      cells.back() += c;
    }
  }
  return cells;
}

std::optional<MessageFormat> guess(std::string_view text) {
  static constexpr std::size_t looked_at = 4096;
  text = text.substr(0, looked_at);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return std::nullopt;
  if (text[begin] == '{') {
    return text.find("\"log\"") == std::string_view::npos ? std::nullopt : std::optional{MessageFormat::har};
  }
  if (is_dialogue_line(first_spoken_line(text))) return MessageFormat::dialogue;

  const std::vector<std::string> cells = cells_of(first_line(text.substr(begin)));
  TableNotes notes;
  const auto has = [&cells, &notes](TableKind kind, TableColumn column) {
    const std::vector<TableColumn> columns = match_columns(cells, kind, notes);
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  };
  if (cells.size() < 2) return std::nullopt;
  if (has(TableKind::messages, TableColumn::message)) return MessageFormat::csv;
  if (has(TableKind::packets, TableColumn::message) && has(TableKind::packets, TableColumn::app_protocol))
    return MessageFormat::wireshark_csv;
  return std::nullopt;
}

}  // namespace

std::string_view name(MessageFormat format) noexcept { return text_of(format).name; }

std::string refusal_of(std::string_view first_octets, MessageFormat wanted) {
  const std::string wanted_text{text_of(wanted).what};
  if (const auto other = name_other_format(first_octets)) return "this is " + *other + ", not " + wanted_text;
  const auto found = guess(first_octets);
  if (!found || *found == wanted) return {};
  // A list of packets may have a column with their messages.
  if (*found == MessageFormat::csv && wanted == MessageFormat::wireshark_csv) return {};
  return "this is " + std::string{text_of(*found).what} + ", not " + wanted_text + ": --from " +
         std::string{name(*found)} + " reads it";
}

}  // namespace encap
