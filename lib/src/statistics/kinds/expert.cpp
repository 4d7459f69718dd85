#include <deque>
#include <fmt/format.h>
#include <tsl/robin_map.h>

#include "render/text.h"
#include "statistics/kind.h"

// Source: tshark's -z expert.

namespace encap {
namespace {

struct SeverityWords {
  Severity severity;
  std::string_view argument;
  std::string_view title;
};
// The most serious first.
constexpr SeverityWords severities[] = {{Severity::error, "error", "Errors"},
                                        {Severity::warning, "warn", "Warns"},
                                        {Severity::note, "note", "Notes"},
                                        {Severity::chat, "chat", "Chats"},
                                        {Severity::comment, "comment", "Comments"}};

struct Row {
  Severity severity;
  std::string_view group;
  std::string_view protocol;
  std::string text;
  std::uint64_t count = 0;
};

// Finds a row without making its text.
struct RowView {
  Severity severity;
  std::string_view group;
  std::string_view protocol;
  std::string_view text;

  friend bool operator==(const RowView&, const RowView&) = default;
};
struct RowViewHash {
  [[nodiscard]] std::size_t operator()(const RowView& row) const noexcept {
    return std::hash<std::string_view>{}(row.text);
  }
};

class Expert final : public Statistic {
 public:
  Expert(PacketFilter filter, Severity least) : filter_{std::move(filter)}, least_{least} {}

  [[nodiscard]] Detail detail() const noexcept override { return Detail::fields; }

  void take(const Dissection& dissection) override {
    if (dissection.facts.notes.empty() || !filter_(dissection)) return;
    for (const ToldNote& note : dissection.facts.notes) {
      if (note.severity >= least_) ++row(note).count;
    }
  }

  void append_text(std::string& out) const override {
    for (const SeverityWords& words : severities) {
      std::uint64_t total = 0;
      for (const Row& row : rows_) total += row.severity == words.severity ? row.count : 0;
      if (total == 0) continue;
      out += fmt::format("\n{} ({})\n=============\n   Frequency      Group           Protocol  Summary\n", words.title,
                         total);
      for (const Row& row : rows_) {
        if (row.severity != words.severity) continue;
        out += fmt::format("{:12} {:>10} {:>18}  ", row.count, row.group, row.protocol);
        append_shown(out, row.text);
        out += '\n';
      }
    }
  }

  [[nodiscard]] StatisticTable table() const override {
    StatisticTable table;
    table.columns = {"severity", "group", "protocol", "frequency", "summary"};
    for (const SeverityWords& words : severities) {
      for (const Row& row : rows_) {
        if (row.severity != words.severity) continue;
        table.rows.push_back(
            {std::string{words.argument}, std::string{row.group}, std::string{row.protocol}, row.count, row.text});
      }
    }
    return table;
  }

 private:
  [[nodiscard]] Row& row(const ToldNote& note) {
    RowView wanted{note.severity, note.group, note.protocol, note.text};
    if (const auto found = index_.find(wanted); found != index_.end()) return rows_[found->second];
    Row& row = rows_.emplace_back(Row{note.severity, note.group, note.protocol, std::string{note.text}});
    wanted.text = row.text;
    index_.emplace(wanted, rows_.size() - 1);
    return row;
  }

  PacketFilter filter_;
  Severity least_;
  std::deque<Row> rows_;  // in the order in which they came; stay where they are
  tsl::robin_map<RowView, std::size_t, RowViewHash> index_;
};

MadeStatistic make(const StatisticArguments& arguments) {
  std::string_view text = arguments.text;
  Severity least = Severity::comment;
  const std::string_view first = text.substr(0, text.find(','));
  for (const SeverityWords& words : severities) {
    if (first != words.argument) continue;
    least = words.severity;
    text.remove_prefix(std::min(text.size(), first.size() + 1));
    break;
  }
  auto filter = arguments.filter(text);
  if (!filter) return unexpected(std::move(filter.error()));
  return std::make_unique<Expert>(std::move(*filter), least);
}

constexpr StatisticKind kinds[] = {
    {"expert", "[,SEVERITY][,FILTER]", "notes on packets, from error, warn, note, chat or comment on", make}};

}  // namespace

extern const std::span<const StatisticKind> expert_statistics{kinds};

}  // namespace encap
