#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/text_writer.h"
#include "render/text.h"
#include "statistics/ends.h"
#include "statistics/frame_ranges.h"
#include "statistics/kind.h"
#include "statistics/note_table.h"

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

class Expert final : public Statistic {
 public:
  Expert(PacketFilter filter, Severity least, bool with_frames)
      : filter_{std::move(filter)}, least_{least}, with_frames_{with_frames} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }
  [[nodiscard]] FactsRead reads() const noexcept override { return {.notes = true}; }

  void take(const Dissection& dissection) override {
    if (dissection.facts.notes.empty() || !filter_(dissection)) return;
    std::size_t place = 0;
    for (const ToldNote& note : dissection.facts.notes) {
      if (note.severity < least_) continue;
      ++totals_[static_cast<std::size_t>(note.severity)];
      notes_.add({note.severity, note.group, note.protocol}, note.text, first_seen(dissection, place++),
                 dissection.frame_number, [this](const NoteRow& row, std::uint64_t frame) { add_frame(row, frame); });
    }
  }
  void settle() override {
    notes_.settle([this](const NoteRow& row, std::uint64_t frame) { add_frame(row, frame); });
  }

  [[nodiscard]] bool may_share() const noexcept override { return !filter_.matches && !with_frames_; }
  void absorb(Statistic& other) override {
    auto& theirs = static_cast<Expert&>(other);
    for (std::size_t i = 0; i < totals_.size(); ++i) totals_[i] += theirs.totals_[i];
    notes_.absorb(theirs.notes_);
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    constexpr unsigned width = 12;        // of how often a note was told
    std::vector<std::string> kind_texts;  // what stands behind that
    for (const NoteKind& kind : notes_.kinds()) {
      kind_texts.push_back(fmt::format(" {:>10} {:>18}  ", kind.group, kind.protocol));
    }
    for (const SeverityWords& words : severities) {
      const std::uint64_t total = totals_[static_cast<std::size_t>(words.severity)];
      if (total == 0) continue;
      out += fmt::format("\n{} ({})\n=============\n   Frequency      Group           Protocol  Summary\n", words.title,
                         total);
      TextWriter writer{out};
      notes_.each_of(words.severity, [&](const NoteRow& row, std::uint16_t kind) {
        writer.add(width - std::min(width, decimal_digits(row.count)), ' ');
        writer.add_decimal(row.count);
        writer.add(kind_texts[kind]);
        if (row.is_plain) {
          writer.add(row.text());
        } else {
          add_shown(writer, row.text());
        }
        writer.add('\n');
        if (with_frames_) {
          writer.add("             Frames: ");
          frames_.at(&row).append_text(writer.text());
          writer.add('\n');
        }
        if (row_added) row_added();  // takes all but what the writer has
      });
    }
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    std::vector<std::string> names{"severity", "group", "protocol", "frequency", "summary"};
    if (with_frames_) names.emplace_back("frames");
    return names;
  }
  void each_row(const RowVisitor& visit) const override {
    std::vector<StatisticValue> values;
    for (const SeverityWords& words : severities) {
      notes_.each_of(words.severity, [&](const NoteRow& row, std::uint16_t number) {
        const NoteKind& kind = notes_.kinds()[number];
        values.assign({std::string{words.argument}, std::string{kind.group}, std::string{kind.protocol},
                       std::uint64_t{row.count}, std::string{row.text()}});
        if (with_frames_) {
          std::string frames;
          frames_.at(&row).append_text(frames);
          values.emplace_back(std::move(frames));
        }
        visit(values);
      });
    }
  }

 private:
  void add_frame(const NoteRow& row, std::uint64_t frame) {
    if (with_frames_) frames_[&row].add(frame, frame_ranges_);
  }

  PacketFilter filter_;
  Severity least_;
  bool with_frames_;
  std::array<std::uint64_t, static_cast<std::size_t>(Severity::error) + 1> totals_{};
  NoteTable notes_;
  std::unordered_map<const NoteRow*, FrameRanges> frames_;
  std::uint64_t frame_ranges_ = 0;  // in all of them
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
  return std::make_unique<Expert>(std::move(*filter), least, arguments.options.frames);
}

constexpr StatisticKind kinds[] = {
    {"expert", "[,SEVERITY][,FILTER]", "notes on packets, from error, warn, note, chat or comment on", make}};

}  // namespace

extern const std::span<const StatisticKind> expert_statistics{kinds};

}  // namespace encap
