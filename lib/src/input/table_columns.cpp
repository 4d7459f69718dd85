#include "input/table_columns.h"

#include <algorithm>
#include <numeric>
#include <optional>

namespace encap {
namespace {

struct Names {
  TableColumn column;
  std::string_view name;
  std::array<std::string_view, 6> aliases;
};

constexpr std::array<Names, column_count> names{{
    {TableColumn::message, "message", {"payload", "data", "msg", "text", "content", "body"}},
    {TableColumn::app_protocol, "app_protocol", {"protocol", "application_protocol", "app_proto", "proto"}},
    {TableColumn::src_app, "src_app", {"source_app", "src_application", "source_application", "sender", "from"}},
    {TableColumn::dst_app,
     "dst_app",
     {"destination_app", "dst_application", "destination_application", "receiver", "to"}},
    {TableColumn::src_ip, "src_ip", {"source", "source_ip", "src", "src_addr", "ip_src", "source_address"}},
    {TableColumn::dst_ip,
     "dst_ip",
     {"destination", "destination_ip", "dst", "dst_addr", "ip_dst", "destination_address"}},
    {TableColumn::src_port, "src_port", {"source_port", "sport", "srcport"}},
    {TableColumn::dst_port, "dst_port", {"destination_port", "dest_port", "dport", "dstport"}},
    {TableColumn::transport, "transport", {"transport_protocol", "l4_protocol"}},
    {TableColumn::timestamp, "timestamp", {"time", "time_stamp", "datetime", "date"}},
    {TableColumn::msg_id, "msg_id", {"id", "no.", "no", "message_id", "msgid"}},
    {TableColumn::fault, "fault", {"faults", "impair"}},
}};

/// Lower case, blanks and hyphens as underscores, nothing around it, and no unit behind it that we assume anyway.
std::string normalised(std::string_view text) {
  static constexpr std::array<std::string_view, 8> units{"(s)",       "[s]",       "(sec)", "[sec]",
                                                         "(seconds)", "[seconds]", "(utc)", "(UTC)"};
  for (const std::string_view unit : units) {
    if (text.ends_with(unit)) text.remove_suffix(unit.size());
  }
  std::string result;
  for (char c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    result += c == ' ' || c == '-' || c == '\t' ? '_' : c;
  }
  while (!result.empty() && result.back() == '_') result.pop_back();
  return result.substr(std::min(result.find_first_not_of('_'), result.size()));
}

/// Letters to insert, drop, change or swap with their neighbour to make `a` into `b` (Damerau-Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({row[j - 1] + 1, last[j] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// The absent column a name is nearest to: one letter off, two in names of eight letters or more; none when two
/// columns are as near, or one that is there already is.
std::optional<TableColumn> nearest(std::string_view text, const std::array<bool, column_count>& taken) {
  constexpr std::size_t longest_name = 40;
  if (text.size() < 4 || text.size() > longest_name) return std::nullopt;
  std::optional<TableColumn> best;
  std::size_t best_distance = text.size() >= 8 ? 3 : 2;
  for (const Names& entry : names) {
    const std::size_t off = distance(text, entry.name);
    if (off == best_distance) best.reset();
    if (off < best_distance) {
      best = entry.column;
      best_distance = off;
    }
  }
  return best && !taken[static_cast<std::size_t>(*best)] ? best : std::nullopt;
}

}  // namespace

std::string_view name(TableColumn column) noexcept {
  return column == TableColumn::none ? "" : names[static_cast<std::size_t>(column)].name;
}

std::vector<TableColumn> match_columns(const std::vector<std::string>& header, TableKind kind, TableNotes& notes) {
  std::vector<TableColumn> columns(header.size(), TableColumn::none);
  std::vector<std::string> written;
  written.reserve(header.size());
  for (const std::string& text : header) written.push_back(normalised(text));
  std::array<bool, column_count> taken{};
  const auto take = [&](std::size_t at, TableColumn column) {
    columns[at] = column;
    taken[static_cast<std::size_t>(column)] = true;
  };
  const auto find_for_each_absent = [&](auto matches) {
    for (const Names& entry : names) {
      for (std::size_t at = 0; at < written.size() && !taken[static_cast<std::size_t>(entry.column)]; ++at) {
        if (columns[at] == TableColumn::none && matches(entry, written[at])) take(at, entry.column);
      }
    }
  };
  find_for_each_absent([](const Names& entry, const std::string& text) { return text == entry.name; });
  if (kind == TableKind::packets) {
    find_for_each_absent([](const Names& entry, const std::string& text) {
      return entry.column == TableColumn::message && text == "info";
    });
  }
  // Aliases in their order of preference, so that `message_id` is not preferred to `id`.
  for (std::size_t rank = 0; rank < std::tuple_size_v<decltype(Names::aliases)>; ++rank) {
    find_for_each_absent([rank](const Names& entry, const std::string& text) {
      return !entry.aliases[rank].empty() && text == entry.aliases[rank];
    });
  }
  for (std::size_t at = 0; at < written.size(); ++at) {
    if (columns[at] != TableColumn::none || written[at].empty()) continue;
    if (kind == TableKind::packets && written[at] == "length") continue;  // in every packet list
    if (const auto column = nearest(written[at], taken)) {
      take(at, *column);
      notes.guessed_columns.emplace_back(header[at], name(*column));
    } else {
      notes.ignored_columns.push_back(header[at]);
    }
  }
  return columns;
}

}  // namespace encap
