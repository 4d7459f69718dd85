#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <tsl/robin_set.h>

#include "render/text.h"
#include "statistics/ends.h"
#include "statistics/frame_ranges.h"
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

// What many notes have in common. The names live as long as the program.
struct Kind {
  Severity severity;
  std::string_view group;
  std::string_view protocol;

  friend bool operator==(const Kind&, const Kind&) = default;
};

// A note, however many packets have it: 40 octets and its text.
struct Row {
  std::uint64_t count;
  std::uint64_t first_seen_at;
  const char* text;
  std::uint32_t size;
  std::uint32_t hash;
  std::uint32_t kind;

  [[nodiscard]] std::string_view summary() const noexcept { return {text, size}; }
};

// What a row is found by.
struct Sought {
  std::uint32_t kind;
  std::string_view summary;
  std::uint32_t hash;
};

struct RowHash {
  using is_transparent = void;
  const std::vector<Row>* rows;
  [[nodiscard]] std::size_t operator()(std::uint32_t row) const noexcept { return (*rows)[row].hash; }
  [[nodiscard]] std::size_t operator()(const Sought& sought) const noexcept { return sought.hash; }
};
struct RowEqual {
  using is_transparent = void;
  const std::vector<Row>* rows;
  [[nodiscard]] bool operator()(std::uint32_t a, std::uint32_t b) const noexcept { return a == b; }
  [[nodiscard]] bool operator()(std::uint32_t row, const Sought& sought) const noexcept {
    const Row& one = (*rows)[row];
    return one.hash == sought.hash && one.kind == sought.kind && one.summary() == sought.summary;
  }
  [[nodiscard]] bool operator()(const Sought& sought, std::uint32_t row) const noexcept { return (*this)(row, sought); }
};

void append_right(std::string& out, std::uint64_t number, std::size_t width) {
  char digits[20];
  const auto size = static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, number).ptr - digits);
  if (size < width) out.append(width - size, ' ');
  out.append(digits, size);
}

class Expert final : public Statistic {
 public:
  Expert(PacketFilter filter, Severity least, bool with_frames)
      : filter_{std::move(filter)}, least_{least}, with_frames_{with_frames} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }

  void take(const Dissection& dissection) override {
    if (dissection.facts.notes.empty() || !filter_(dissection)) return;
    std::size_t place = 0;
    for (const ToldNote& note : dissection.facts.notes) {
      if (note.severity >= least_) count(note, dissection, place++);
    }
  }

  [[nodiscard]] bool may_share() const noexcept override { return !filter_.matches && !with_frames_; }
  void absorb(Statistic& other) override {
    auto& theirs = static_cast<Expert&>(other);
    for (std::size_t i = 0; i < totals_.size(); ++i) totals_[i] += theirs.totals_[i];
    rows_.reserve(rows_.size() + theirs.rows_.size());
    index_.reserve(rows_.size() + theirs.rows_.size());
    for (const Row& row : theirs.rows_) {
      const std::uint32_t kind = kind_of(theirs.kinds_[row.kind]);
      Row& ours = rows_[place_of(kind, row.summary(), row.first_seen_at, false)];
      ours.count += row.count;
      ours.first_seen_at = std::min(ours.first_seen_at, row.first_seen_at);
    }
    absorbed_.push_back(std::move(theirs.texts_));
    theirs.index_.clear();
    theirs.rows_ = {};
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    std::vector<std::string> between;
    for (const Kind& kind : kinds_) between.push_back(fmt::format(" {:>10} {:>18}  ", kind.group, kind.protocol));
    for (const SeverityWords& words : severities) {
      const std::uint64_t total = totals_[static_cast<std::size_t>(words.severity)];
      if (total == 0) continue;
      out += fmt::format("\n{} ({})\n=============\n   Frequency      Group           Protocol  Summary\n", words.title,
                         total);
      each_of(words.severity, [&](const Row& row, const Kind&, std::size_t place) {
        append_right(out, row.count, 12);
        out += between[row.kind];
        append_shown(out, row.summary());
        out += '\n';
        if (with_frames_) {
          out += "             Frames: ";
          frames_[place].append_text(out);
          out += '\n';
        }
        if (row_added) row_added();
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
      each_of(words.severity, [&](const Row& row, const Kind& kind, std::size_t place) {
        values.assign({std::string{words.argument}, std::string{kind.group}, std::string{kind.protocol}, row.count,
                       std::string{row.summary()}});
        if (with_frames_) {
          std::string frames;
          frames_[place].append_text(frames);
          values.emplace_back(std::move(frames));
        }
        visit(values);
      });
    }
  }

 private:
  // Calls `visit(row, kind, place)` for the rows of that severity, in the order in which they came.
  template <class Visit>
  void each_of(Severity severity, Visit visit) const {
    std::vector<std::uint32_t> places;
    for (std::size_t place = 0; place < rows_.size(); ++place) {
      if (kinds_[rows_[place].kind].severity == severity) places.push_back(static_cast<std::uint32_t>(place));
    }
    if (!absorbed_.empty()) {
      std::stable_sort(places.begin(), places.end(), [this](std::uint32_t a, std::uint32_t b) {
        return rows_[a].first_seen_at < rows_[b].first_seen_at;
      });
    }
    for (const std::uint32_t place : places) visit(rows_[place], kinds_[rows_[place].kind], place);
  }

  void count(const ToldNote& note, const Dissection& dissection, std::size_t place_in_frame) {
    ++totals_[static_cast<std::size_t>(note.severity)];
    const std::size_t place = place_of(kind_of({note.severity, note.group, note.protocol}), note.text,
                                       first_seen(dissection, place_in_frame));
    ++rows_[place].count;
    if (with_frames_) frames_[place].add(dissection.frame_number, frame_ranges_);
  }

  // The row of a note, made where there is none yet; with a copy of the text, or with one that lives as long.
  [[nodiscard]] std::size_t place_of(std::uint32_t kind, std::string_view summary, std::uint64_t seen_at,
                                     bool copied = true) {
    const auto hash =
        static_cast<std::uint32_t>(std::hash<std::string_view>{}(summary) + std::size_t{kind} * 0x9e3779b9u);
    const Sought sought{kind, summary, hash};
    if (const auto found = index_.find(sought, hash); found != index_.end()) return *found;
    const std::string_view text = copied ? texts_.copy(summary) : summary;
    rows_.push_back({0, seen_at, text.data(), static_cast<std::uint32_t>(text.size()), hash, kind});
    index_.insert(static_cast<std::uint32_t>(rows_.size() - 1));
    if (with_frames_) frames_.emplace_back();
    return rows_.size() - 1;
  }

  // Kinds are a few dozen; the one of the note before is likely that of the next.
  [[nodiscard]] std::uint32_t kind_of(const Kind& kind) {
    if (latest_ < kinds_.size() && kinds_[latest_] == kind) return latest_;
    latest_ = static_cast<std::uint32_t>(std::find(kinds_.begin(), kinds_.end(), kind) - kinds_.begin());
    if (latest_ == kinds_.size()) kinds_.push_back(kind);
    return latest_;
  }

  PacketFilter filter_;
  Severity least_;
  bool with_frames_;
  std::array<std::uint64_t, static_cast<std::size_t>(Severity::error) + 1> totals_{};
  std::vector<Kind> kinds_;
  std::uint32_t latest_ = 0;
  std::vector<Row> rows_;        // in the order in which they came, those that were absorbed behind
  std::vector<Arena> absorbed_;  // the texts of those
  Arena texts_;
  std::vector<FrameRanges> frames_;  // of the rows
  std::uint64_t frame_ranges_ = 0;   // in all of them
  // Places in `rows_`; the hashes are kept, so that a place is looked at for a likely find only.
  tsl::robin_set<std::uint32_t, RowHash, RowEqual, std::allocator<std::uint32_t>, true> index_{64, RowHash{&rows_},
                                                                                               RowEqual{&rows_}};
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
