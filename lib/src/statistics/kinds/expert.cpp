#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/hash_index.h"
#include "base/large_list.h"
#include "base/large_memory.h"
#include "base/prefetch.h"
#include "base/text_writer.h"
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

// A note, however many packets have it: half a cache line and its text.
struct Row {
  std::uint64_t count;  // 0: it was counted in another row
  std::uint64_t first_seen_at;
  const char* text;
  std::uint32_t hash;
  std::uint16_t size;
  std::uint16_t kind;

  [[nodiscard]] std::string_view summary() const noexcept { return {text, size}; }
};
static_assert(sizeof(Row) == 32);

constexpr std::size_t longest_summary = 0xffff;  // far more than any note has

// Texts that stay where they are until the end, one behind the other.
class Texts {
 public:
  [[nodiscard]] std::string_view copy(std::string_view text) {
    if (chunks_.empty() || chunks_.back().capacity() - chunks_.back().size() < text.size()) {
      chunks_.emplace_back().reserve(chunks_.size() == 1 ? first_chunk : Chunk::allocator_type::page_size);
    }
    Chunk& chunk = chunks_.back();
    const std::size_t at = chunk.size();
    chunk.insert(chunk.end(), text.begin(), text.end());
    return {chunk.data() + at, text.size()};
  }
  /// Keeps those of `other` as well, which is empty then. New ones go into what room it has.
  void take_over(Texts& other) {
    for (Chunk& chunk : other.chunks_) chunks_.push_back(std::move(chunk));
    other.chunks_.clear();
  }

 private:
  using Chunk = std::vector<char, LargeAllocator<char>>;
  static constexpr std::size_t first_chunk = std::size_t{128} << 10;
  static_assert(first_chunk > longest_summary);

  std::vector<Chunk> chunks_;
};

// The notes that were told, each once, in the order in which they came.
//
// A capture may have a million of them, and where one is found is nowhere near: its slot, its row and its text are each
// waited for. So what is told waits while more is, and they are fetched meanwhile.
class Notes {
 public:
  /// Counts a note of that kind, in time. Calls `visit(place, frame)` for a note that has its place now.
  template <class Visit>
  void add(const Kind& kind, std::string_view text, std::uint64_t seen_at, std::uint64_t frame, Visit visit) {
    find_absorbed();
    Waiting& latest = waiting(0);
    if (told_ - settled_ == waiting_.size()) count(latest, visit);
    latest.text = text.substr(0, longest_summary);
    latest.kind = number_of(kind);
    latest.hash = hash_of(latest.kind, latest.text);
    latest.seen_at = seen_at;
    latest.frame = frame;
    latest.likely = HashIndex::none;
    index_.fetch_early(latest.hash);
    ++told_;
    Waiting& earlier = waiting(2);
    earlier.likely = index_.find(earlier.hash, [](std::uint32_t) { return true; });
    if (earlier.likely != HashIndex::none) prefetch(&rows_[earlier.likely]);
    if (const Waiting& earliest = waiting(3); earliest.likely != HashIndex::none) {
      prefetch(rows_[earliest.likely].text);
    }
  }
  /// Counts those that wait.
  template <class Visit>
  void settle(Visit visit) {
    while (settled_ < told_) count(waiting_[settled_ % waiting_.size()], visit);
  }

  /// Adds those of `other`, of which nothing is left. Precondition: nothing waits in either.
  void absorb(Notes& other) {
    if (rows_.size() < other.rows_.size()) std::swap(*this, other);
    find_absorbed();
    std::vector<std::uint16_t> numbers;
    for (const Kind& kind : other.kinds_) numbers.push_back(number_of(kind));
    const std::uint32_t first = rows_.take_over(other.rows_);
    texts_.take_over(other.texts_);
    for (const std::uint32_t part : other.parts_) parts_.push_back(first + part);
    absorbed_ = first;
    std::array<std::uint32_t, 16> fetched{};  // rows whose slots are on their way
    std::size_t next = 0;
    for (std::uint32_t at = rows_.next(first); at != rows_.end(); at = rows_.next(at + 1)) {
      Row& row = rows_[at];
      row.hash = of_kind(of_kind(row.hash, row.kind), numbers[row.kind]);
      row.kind = numbers[row.kind];
      index_.fetch_early(row.hash);
      const std::uint32_t before = std::exchange(fetched[next++ % fetched.size()], at);
      if (next > fetched.size()) count_once(before);
    }
    for (std::size_t i = 0; i < std::min(next, fetched.size()); ++i) count_once(fetched[i]);
    other = Notes{};
  }

  [[nodiscard]] std::span<const Kind> kinds() const noexcept { return kinds_; }
  [[nodiscard]] const Kind& kind_of(const Row& row) const noexcept { return kinds_[row.kind]; }
  [[nodiscard]] const Row& row(std::uint32_t place) const noexcept { return rows_[place]; }
  /// Calls `visit(row, place)` for the rows of that severity, in the order in which they came.
  template <class Visit>
  void each_of(Severity severity, Visit visit) const {
    struct Part {
      std::uint32_t at;
      std::uint32_t end;
    };
    const auto go_on = [&](Part& part) {
      const auto is_other = [&](const Row& row) { return row.count == 0 || kind_of(row).severity != severity; };
      while ((part.at = rows_.next(part.at)) < part.end && is_other(rows_[part.at])) ++part.at;
      return part.at < part.end;
    };
    std::vector<Part> parts;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      Part part{parts_[i], i + 1 < parts_.size() ? std::min(parts_[i + 1], rows_.end()) : rows_.end()};
      if (go_on(part)) parts.push_back(part);
    }
    while (!parts.empty()) {
      const auto earliest = std::min_element(parts.begin(), parts.end(), [this](const Part& a, const Part& b) {
        return rows_[a.at].first_seen_at < rows_[b.at].first_seen_at;
      });
      visit(rows_[earliest->at], earliest->at);
      ++earliest->at;
      if (!go_on(*earliest)) parts.erase(earliest);
    }
  }

 private:
  // A note that was told and has no place yet.
  struct Waiting {
    std::string text;
    std::uint64_t seen_at = 0;
    std::uint64_t frame = 0;
    std::uint32_t hash = 0;
    std::uint32_t likely = HashIndex::none;  // its place, as far as its hash says
    std::uint16_t kind = 0;
  };

  // The one that was told so many ago.
  [[nodiscard]] Waiting& waiting(std::size_t ago) noexcept { return waiting_[(told_ - ago) % waiting_.size()]; }
  template <class Visit>
  void count(const Waiting& note, Visit visit) {
    std::uint32_t place = find(note.hash, note.kind, note.text);
    if (place == HashIndex::none) place = insert(note.hash, note.kind, texts_.copy(note.text), note.seen_at);
    ++rows_[place].count;
    visit(place, note.frame);
    ++settled_;
  }

  [[nodiscard]] static std::uint32_t hash_of(std::uint16_t kind, std::string_view summary) noexcept {
    return of_kind(static_cast<std::uint32_t>(std::hash<std::string_view>{}(summary)), kind);
  }
  // Makes the hash of a text that of a note of that kind, and the other way round.
  [[nodiscard]] static std::uint32_t of_kind(std::uint32_t hash, std::uint16_t kind) noexcept {
    return hash ^ kind * 0x9e3779b9u;
  }

  [[nodiscard]] std::uint32_t find(std::uint32_t hash, std::uint16_t kind, std::string_view summary) const {
    return index_.find(
        hash, [&](std::uint32_t place) { return rows_[place].kind == kind && rows_[place].summary() == summary; });
  }
  // `summary` lives as long as the rows.
  [[nodiscard]] std::uint32_t insert(std::uint32_t hash, std::uint16_t kind, std::string_view summary,
                                     std::uint64_t seen_at) {
    const std::uint32_t place =
        rows_.push_back({0, seen_at, summary.data(), hash, static_cast<std::uint16_t>(summary.size()), kind});
    if (rows_.size() == many) index_.reserve(64 * many);  // there will be more: in steps it would take pages in vain
    index_.insert(hash, place);
    return place;
  }
  // Rows that were absorbed differ from each other, and are looked for only when more comes.
  void find_absorbed() {
    if (!absorbed_) return;
    for (std::uint32_t at = rows_.next(*absorbed_); at != rows_.end(); at = rows_.next(at + 1)) {
      const Row& row = rows_[at];
      if (row.count != 0 && find(row.hash, row.kind, row.summary()) == HashIndex::none) index_.insert(row.hash, at);
    }
    absorbed_.reset();
  }
  // Where a row that was absorbed is one that was there, it is counted in the one that came first.
  void count_once(std::uint32_t place) {
    Row& theirs = rows_[place];
    const std::uint32_t found = find(theirs.hash, theirs.kind, theirs.summary());
    if (found == HashIndex::none) return;
    Row& ours = rows_[found];
    if (ours.first_seen_at < theirs.first_seen_at) {
      ours.count += std::exchange(theirs.count, 0);
    } else {
      theirs.count += std::exchange(ours.count, 0);
      index_.replace(theirs.hash, found, place);
    }
  }

  // Kinds are a few dozen; the one of the note before is likely that of the next.
  [[nodiscard]] std::uint16_t number_of(const Kind& kind) {
    if (latest_ < kinds_.size() && kinds_[latest_] == kind) return latest_;
    latest_ = static_cast<std::uint16_t>(std::find(kinds_.begin(), kinds_.end(), kind) - kinds_.begin());
    if (latest_ == kinds_.size()) kinds_.push_back(kind);
    return latest_;
  }

  std::vector<Kind> kinds_;
  std::uint16_t latest_ = 0;
  static constexpr std::size_t many = 2048;

  LargeList<Row> rows_;
  std::vector<std::uint32_t> parts_{0};  // where those begin that came in order: one's own, then those of each absorbed
  Texts texts_;
  HashIndex index_;
  std::optional<std::uint32_t> absorbed_;  // from there on the index knows no row
  std::array<Waiting, 4> waiting_;
  std::uint64_t told_ = 0;
  std::uint64_t settled_ = 0;
};

class Expert final : public Statistic {
 public:
  Expert(PacketFilter filter, Severity least, bool with_frames)
      : filter_{std::move(filter)}, least_{least}, with_frames_{with_frames} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }

  void take(const Dissection& dissection) override {
    if (dissection.facts.notes.empty() || !filter_(dissection)) return;
    std::size_t place = 0;
    for (const ToldNote& note : dissection.facts.notes) {
      if (note.severity < least_) continue;
      ++totals_[static_cast<std::size_t>(note.severity)];
      notes_.add({note.severity, note.group, note.protocol}, note.text, first_seen(dissection, place++),
                 dissection.frame_number, [this](std::uint32_t row, std::uint64_t frame) { add_frame(row, frame); });
    }
  }
  void settle() override {
    notes_.settle([this](std::uint32_t row, std::uint64_t frame) { add_frame(row, frame); });
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
    for (const Kind& kind : notes_.kinds()) {
      kind_texts.push_back(fmt::format(" {:>10} {:>18}  ", kind.group, kind.protocol));
    }
    for (const SeverityWords& words : severities) {
      const std::uint64_t total = totals_[static_cast<std::size_t>(words.severity)];
      if (total == 0) continue;
      out += fmt::format("\n{} ({})\n=============\n   Frequency      Group           Protocol  Summary\n", words.title,
                         total);
      TextWriter writer{out};
      notes_.each_of(words.severity, [&](const Row& row, std::uint32_t place) {
        writer.add(width - std::min(width, decimal_digits(row.count)), ' ');
        writer.add_decimal(row.count);
        writer.add(kind_texts[row.kind]);
        add_shown(writer, row.summary());
        writer.add('\n');
        if (with_frames_) {
          writer.add("             Frames: ");
          frames_[place].append_text(writer.text());
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
      notes_.each_of(words.severity, [&](const Row& row, std::uint32_t place) {
        const Kind& kind = notes_.kind_of(row);
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
  void add_frame(std::uint32_t row, std::uint64_t frame) {
    if (!with_frames_) return;
    if (row >= frames_.size()) frames_.resize(std::size_t{row} + 1);
    frames_[row].add(frame, frame_ranges_);
  }

  PacketFilter filter_;
  Severity least_;
  bool with_frames_;
  std::array<std::uint64_t, static_cast<std::size_t>(Severity::error) + 1> totals_{};
  Notes notes_;
  std::vector<FrameRanges> frames_;  // of the rows
  std::uint64_t frame_ranges_ = 0;   // in all of them
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
