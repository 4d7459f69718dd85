#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>

#include "dissect/items.h"
#include "encap/dissect/field_table.h"
#include "statistics/ends.h"
#include "statistics/kind.h"

// Source: tshark's -z io,stat. Times are whole microseconds, as there.

namespace encap {
namespace {

constexpr std::int64_t million = 1'000'000;
// Rows in which nothing was counted are left out of a table that would have more rows.
constexpr std::int64_t most_rows = 1'000'000;

enum class Calculation : std::uint8_t { frames_and_bytes, frames, bytes, count, sum, min, max, avg, load };

struct CalculationName {
  std::string_view name;
  Calculation what;
  bool takes_field;
};
constexpr CalculationName calculations[] = {
    {"FRAMES", Calculation::frames, false}, {"BYTES", Calculation::bytes, false}, {"COUNT", Calculation::count, true},
    {"SUM", Calculation::sum, true},        {"MIN", Calculation::min, true},      {"MAX", Calculation::max, true},
    {"AVG", Calculation::avg, true},        {"LOAD", Calculation::load, true}};

struct Column {
  std::string text;  // as it was written
  std::string title;
  Calculation what = Calculation::frames_and_bytes;
  std::string field{};
  bool is_time = false;
  bool field_is_named = false;  // in a filter; tshark finds no others
  PacketFilter filter{};
  bool filter_is_field = false;  // the packets that have it, which the walk through the fields tells
};

// What was counted for one column in one interval. Values are those of the field, times in nanoseconds.
struct Cell {
  std::uint64_t frames = 0;
  std::uint64_t octets = 0;
  std::uint64_t values = 0;
  std::int64_t total = 0;
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::int64_t most_average = 0;  // of those behind one packet or another, where it is asked for

  void add(std::int64_t value) noexcept {
    least = values == 0 ? value : std::min(least, value);
    most = values == 0 ? value : std::max(most, value);
    total += value;
    ++values;
  }
};

std::int64_t result(Calculation what, const Cell& cell) noexcept {
  switch (what) {
    case Calculation::frames_and_bytes:
    case Calculation::frames:
      return static_cast<std::int64_t>(cell.frames);
    case Calculation::bytes:
      return static_cast<std::int64_t>(cell.octets);
    case Calculation::count:
      return static_cast<std::int64_t>(cell.values);
    case Calculation::sum:
    case Calculation::load:  // what it comes to is put there before it is asked for
      return cell.total;
    case Calculation::min:
      return cell.least;
    case Calculation::max:
      return cell.most;
    case Calculation::avg:
      return cell.values == 0 ? 0 : cell.total / static_cast<std::int64_t>(cell.values);
  }
  return 0;
}

bool shows_time(const Column& column) noexcept { return column.is_time && column.what != Calculation::count; }

std::string result_text(const Column& column, Calculation what, const Cell& cell) {
  const std::int64_t value = result(what, cell);
  if (!shows_time(column)) return std::to_string(value);
  const std::int64_t microseconds = value / 1000;
  return fmt::format("{}{}.{:06}", microseconds < 0 ? "-" : "", std::abs(microseconds / million),
                     std::abs(microseconds % million));
}

bool has_whole_numbers(FieldType type) noexcept {
  switch (type) {
    case FieldType::uint8:
    case FieldType::uint16:
    case FieldType::uint24:
    case FieldType::uint32:
    case FieldType::uint64:
    case FieldType::int32:
    case FieldType::int64:
    case FieldType::frame_number:
    case FieldType::relative_time:
      return true;
    default:
      return false;
  }
}

std::string centred(std::string_view text, std::size_t width) {
  const std::size_t room = width > text.size() ? width - text.size() : 0;
  return std::string(room - room / 2, ' ') + std::string{text} + std::string(room / 2, ' ');
}

class IoStat final : public Statistic {
 public:
  IoStat(std::int64_t interval, unsigned decimals, std::vector<Column> columns)
      : interval_{interval}, decimals_{decimals}, columns_{std::move(columns)} {
    reads_fields_ = std::any_of(columns_.begin(), columns_.end(), [](const Column& column) {
      return !column.field.empty() || column.filter.matches || column.filter_is_field;
    });
    has_load_ = std::any_of(columns_.begin(), columns_.end(),
                            [](const Column& column) { return column.what == Calculation::load; });
    before_.resize(columns_.size());
  }

  [[nodiscard]] Detail detail() const noexcept override { return reads_fields_ ? Detail::fields : Detail::facts; }
  [[nodiscard]] FactsRead reads() const noexcept override { return {}; }

  void take(const Dissection& dissection) override {
    const std::int64_t nanoseconds = dissection.since_first.count();
    const std::int64_t at = (nanoseconds + 500) / 1000 - ((nanoseconds + 500) % 1000 < 0 ? 1 : 0);
    duration_ = std::max(duration_, at);
    // A packet that comes too late for its interval is counted in the one at hand.
    if (interval_ != 0 && at / interval_ > row_) row_ = at / interval_;
    if (dissection.facts.quote_is_cut) return;
    if (rows_.empty() || rows_.back().number != row_) rows_.push_back({row_, std::vector<Cell>(columns_.size())});
    const std::uint64_t octets = length_of(dissection);
    for (std::size_t i = 0; i < columns_.size(); ++i) count(dissection, i, octets);
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    const Layout layout{*this};
    layout.append(out, row_added);
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    std::vector<std::string> names{"start", "end"};
    for (const Column& column : columns_) {
      if (column.what == Calculation::frames_and_bytes) {
        const std::string prefix = column.text.empty() ? "" : column.text + ' ';
        names.push_back(prefix + "frames");
        names.push_back(prefix + "bytes");
      } else {
        names.push_back(column.text);
      }
    }
    return names;
  }
  void each_row(const RowVisitor& visit) const override {
    const auto seconds = [](std::int64_t microseconds) { return static_cast<double>(microseconds) / 1e6; };
    each_interval([&](std::int64_t start, std::int64_t end, const std::vector<Cell>& cells) {
      std::vector<StatisticValue> row{seconds(start), seconds(end)};
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (shows_time(columns_[i])) {
          row.emplace_back(static_cast<double>(result(columns_[i].what, cells[i])) / 1e9);
        } else {
          row.emplace_back(result(columns_[i].what, cells[i]));
        }
        if (columns_[i].what == Calculation::frames_and_bytes) row.emplace_back(cells[i].octets);
      }
      visit(row);
    });
  }

 private:
  struct Row {
    std::int64_t number;
    std::vector<Cell> cells;
  };

  void count(const Dissection& dissection, std::size_t index, std::uint64_t octets) {
    const Column& column = columns_[index];
    Cell& cell = rows_.back().cells[index];
    if (!column.filter(dissection)) return;
    bool has_field = false;
    if (!column.field.empty() || column.filter_is_field) {
      const std::string_view name = column.field.empty() ? column.filter.text : column.field;
      for_each_below(dissection, ItemId::root, [&](const Item& item) {
        if (item.field == nullptr || item.field->name != name) return;
        has_field = true;
        if (!column.field_is_named) return;
        const auto value = static_cast<std::int64_t>(item.number);
        cell.add(column.what == Calculation::load ? spread(value, before_[index]) : value);
      });
    }
    if (column.filter_is_field && !has_field) return;
    ++cell.frames;
    cell.octets += octets;
    if (column.what == Calculation::avg) cell.most_average = std::max(cell.most_average, result(column.what, cell));
  }

  // Something that took `nanoseconds` and ends in the row at hand: the rows before it that it fills are counted, in
  // differences from row to row. Returns what is left for the row at hand.
  [[nodiscard]] std::int64_t spread(std::int64_t nanoseconds, std::vector<std::int64_t>& before) const {
    const std::int64_t time = nanoseconds / 1000;
    const std::int64_t full = interval_ == 0 ? 0 : time / interval_;
    if (full <= 0) return nanoseconds;
    if (const std::int64_t first = std::max<std::int64_t>(row_ - full, 0); row_ < most_rows && first < row_) {
      if (before.size() <= static_cast<std::size_t>(row_)) before.resize(static_cast<std::size_t>(row_) + 1);
      ++before[static_cast<std::size_t>(first)];
      --before[static_cast<std::size_t>(row_)];
    }
    return (time - full * interval_) * 1000;
  }

  // Calls `visit(start, end, cells)` for every interval that begins before the last packet.
  template <class Visit>
  void each_interval(Visit visit) const {
    if (duration_ == 0) return;
    const std::vector<Cell> nothing(columns_.size());
    const std::int64_t length = interval_ == 0 ? duration_ : interval_;
    const std::int64_t count = (duration_ + length - 1) / length;
    std::size_t next = 0;
    std::vector<Cell> with_load;
    std::vector<std::int64_t> filled(columns_.size());
    std::int64_t summed = 0;  // rows whose differences are in `filled`
    for (std::int64_t number = 0; number < count; ++number) {
      if (count > most_rows) {
        if (next == rows_.size()) return;
        number = std::max(number, rows_[next].number);
        if (number >= count) return;
      }
      const bool counted = next < rows_.size() && rows_[next].number == number;
      const std::vector<Cell>& cells = counted ? rows_[next].cells : nothing;
      if (counted) ++next;
      const std::int64_t start = number * length;
      const std::int64_t end = std::min(start + length, duration_);
      if (!has_load_) {
        visit(start, end, cells);
        continue;
      }
      with_load = cells;
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (columns_[i].what != Calculation::load) continue;
        for (std::int64_t row = summed; row <= number && row < std::ssize(before_[i]); ++row) {
          filled[i] += before_[i][static_cast<std::size_t>(row)];
        }
        const std::int64_t microseconds = with_load[i].total / 1000;
        const double busy = static_cast<double>(microseconds) + static_cast<double>(filled[i] * length);
        with_load[i].total = static_cast<std::int64_t>(busy * 1e6 / static_cast<double>(end - start)) * 1000;
      }
      summed = number + 1;
      visit(start, end, with_load);
    }
  }

  // The table's measures and its lines.
  class Layout {
   public:
    explicit Layout(const IoStat& of) : of_{of} {
      whole_ = of.interval_ == 0 || of.interval_ >= of.duration_;
      decimals_ = !whole_ ? of.decimals_ : of.duration_ < 10 * million ? 3 : 1;
      digits_ = std::min<std::size_t>(std::to_string(of.duration_ / million).size(), 5);
      number_ = digits_ + (decimals_ != 0 ? decimals_ + 1 : 0);
      label_ = std::max<std::size_t>(2 * number_ + 4, 8);
      measure();
    }

    void append(std::string& out, const RowAdded& row_added) const {
      const std::string double_line(total_, '=');
      out += '\n' + double_line + '\n';
      const auto line = [&](const std::string& text) { out += fmt::format("|{:<{}}|\n", text, total_ - 2); };
      line(" IO Statistics");
      line("");
      const std::int64_t length = whole_ ? of_.duration_ : of_.interval_;
      if (decimals_ != 0) {
        line(fmt::format(" Duration: {} secs", seconds(of_.duration_, 0)));
        line(fmt::format(" Interval: {} secs", seconds(length, number_)));
      } else {
        line(fmt::format(" Duration: {}.{:6} secs", of_.duration_ / million, of_.duration_ % million));
        line(fmt::format(" Interval: {:{}} secs", length / million, digits_));
      }
      line("");
      for (std::size_t i = 0; i < of_.columns_.size(); ++i) append_filter(out, i);
      line(std::string(total_ - 2, '-'));
      append_head(out);
      of_.each_interval([&](std::int64_t start, std::int64_t end, const std::vector<Cell>& cells) {
        append_row(out, start, end, cells);
        if (row_added) row_added();
      });
      out += double_line + '\n';
    }

   private:
    [[nodiscard]] std::string seconds(std::int64_t microseconds, std::size_t width) const {
      return fmt::format("{:{}.{}f}", static_cast<double>(microseconds) / 1e6, width, decimals_);
    }

    // Widths of the columns, at least that of their titles, and of it all.
    void measure() {
      for (const Column& column : of_.columns_) {
        widths_.push_back({column.title.size(), 0});
        if (column.what == Calculation::frames_and_bytes) widths_.back() = {6, 5};
      }
      for (const Row& row : of_.rows_) {  // also of rows that begin too late to be shown
        for (std::size_t i = 0; i < row.cells.size(); ++i) {
          const Column& column = of_.columns_[i];
          if (column.what == Calculation::load) continue;
          // An average is given the width of the largest that it was on its way.
          const bool is_average = column.what == Calculation::avg;
          const Cell highest{.total = row.cells[i].most_average};
          const std::string text = is_average ? result_text(column, Calculation::sum, highest)
                                              : result_text(column, column.what, row.cells[i]);
          widths_[i][0] = std::max(widths_[i][0], text.size());
          if (widths_[i][1] != 0) {
            widths_[i][1] = std::max(widths_[i][1], std::to_string(row.cells[i].octets).size());
          }
        }
      }
      if (of_.has_load_) {
        of_.each_interval([&](std::int64_t, std::int64_t, const std::vector<Cell>& cells) {
          for (std::size_t i = 0; i < cells.size(); ++i) {
            const Column& column = of_.columns_[i];
            if (column.what != Calculation::load) continue;
            widths_[i][0] = std::max(widths_[i][0], result_text(column, column.what, cells[i]).size());
          }
        });
      }
      natural_ = label_ + 4;
      for (const auto& width : widths_) natural_ += width[0] + 3 + (width[1] != 0 ? width[1] + 3 : 0);
      total_ = std::max(natural_, (whole_ ? 30 : 25) + number_);
      for (const Column& column : of_.columns_) {
        total_ = std::max(total_, std::min(column.text.empty() ? 27 : column.text.size() + 11, widest));
      }
      if (total_ == natural_ + 1) ++total_;
    }

    void append_filter(std::string& out, std::size_t index) const {
      std::string_view text = of_.columns_[index].text;
      if (text.empty()) text = "Frames and bytes";
      const std::size_t room = total_ - 11;
      std::string head = fmt::format("{}{:>2}: ", index == 0 ? "Col" : "   ", index + 1);
      for (;;) {
        std::size_t length = text.size();
        std::size_t next = length;
        if (length > room) {  // broken at a blank where there is one
          const std::size_t blank = text.rfind(' ', room);
          length = blank == text.npos ? room : blank;
          next = blank == text.npos ? room : blank + 1;
        }
        out += fmt::format("| {}{:<{}} |\n", head, text.substr(0, length), room);
        text.remove_prefix(next);
        if (text.empty()) return;
        head = "       ";
      }
    }

    void fill(std::string& out) const {
      if (total_ > natural_) out += std::string(total_ - natural_ - 1, ' ') + '|';
      out += '\n';
    }

    void append_head(std::string& out) const {
      out += fmt::format("|{:{}}|", "", label_ + 2);
      for (std::size_t i = 0; i < widths_.size(); ++i) {
        const auto& width = widths_[i];
        out += fmt::format("{:<{}}|", i + 1, width[0] + 2 + (width[1] != 0 ? width[1] + 3 : 0));
      }
      fill(out);
      out += fmt::format("| {:<{}} |", "Interval", label_);
      for (std::size_t i = 0; i < widths_.size(); ++i) {
        const bool both = widths_[i][1] != 0;
        out += fmt::format(" {} |", centred(both ? "Frames" : std::string_view{of_.columns_[i].title}, widths_[i][0]));
        if (both) out += fmt::format(" {} |", centred("Bytes", widths_[i][1]));
      }
      fill(out);
      out += fmt::format("|{:-<{}}|", "", natural_ - 2);
      fill(out);
    }

    void append_row(std::string& out, std::int64_t start, std::int64_t end, const std::vector<Cell>& cells) const {
      const bool last = end == of_.duration_;
      std::string label;
      if (decimals_ != 0) {
        label = fmt::format("{} <> {} ", seconds(start, number_), seconds(end, number_));
      } else if (last) {
        label = fmt::format("{:{}} <> Dur", start / million, std::max<std::size_t>(number_, 2));
      } else {
        label =
            fmt::format("{:{}} <> {:{}} ", start / million, std::max<std::size_t>(number_, 2), end / million, number_);
      }
      out += fmt::format("| {:<{}}|", label, label_ + 1);
      for (std::size_t i = 0; i < cells.size(); ++i) {
        out += fmt::format(" {:>{}} |", result_text(of_.columns_[i], of_.columns_[i].what, cells[i]), widths_[i][0]);
        if (widths_[i][1] != 0) out += fmt::format(" {:>{}} |", cells[i].octets, widths_[i][1]);
      }
      fill(out);
    }

    static constexpr std::size_t widest = 102;  // that a filter's text makes it

    const IoStat& of_;
    bool whole_ = false;  // one row for all
    unsigned decimals_ = 0;
    std::size_t digits_ = 0;  // of the duration's whole seconds
    std::size_t number_ = 0;  // width of a time
    std::size_t label_ = 0;
    std::size_t natural_ = 0;  // width of the rows
    std::size_t total_ = 0;
    std::vector<std::array<std::size_t, 2>> widths_;  // of each column; the second one of bytes beside frames
  };

  std::int64_t interval_;  // microseconds; 0: the whole capture
  unsigned decimals_;      // as the interval was written
  std::vector<Column> columns_;
  bool reads_fields_;
  bool has_load_;
  std::vector<std::vector<std::int64_t>> before_;  // of each LOAD: what later packets fill of a row, in differences
  std::int64_t duration_ = 0;
  std::int64_t row_ = 0;
  std::vector<Row> rows_;  // those in which a packet came
};

// Digits behind the point that say something: 0.250 has two.
unsigned decimals_of(std::string_view text) noexcept {
  const std::size_t point = text.find('.');
  if (point == text.npos || text.find_first_of("eE") != text.npos) return 0;
  text.remove_prefix(point + 1);
  while (text.ends_with('0')) text.remove_suffix(1);
  return static_cast<unsigned>(std::min<std::size_t>(text.size(), 6));
}

// Whether a filter's text has the name as a word of its own.
bool names(std::string_view filter, std::string_view name) noexcept {
  const auto is_part = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  for (std::size_t at = filter.find(name); at != filter.npos; at = filter.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_part(filter[at - 1])) && (end == filter.size() || !is_part(filter[end]))) return true;
  }
  return false;
}

Result<Column, std::string> read_column(const StatisticArguments& arguments, std::string_view text) {
  Column column{.text = std::string{text}, .title = "Frames"};
  std::string_view filter = text;
  for (const CalculationName& known : calculations) {
    const bool begins =
        text.starts_with(known.name) && text.size() > known.name.size() && text[known.name.size()] == '(';
    if (!begins && text != known.name) continue;
    column.what = known.what;
    column.title = known.name;
    filter = {};
    const std::size_t open = known.name.size();
    std::string_view field;
    if (begins) {
      const std::size_t close = text.find(')', open);
      if (close == text.npos) return unexpected(fmt::format("{}: a closing parenthesis is missing", text));
      field = text.substr(open + 1, close - open - 1);
      filter = text.substr(close + 1);
      while (filter.starts_with(' ')) filter.remove_prefix(1);
    }
    if (!known.takes_field) {
      if (!field.empty()) return unexpected(fmt::format("{} takes no field", known.name));
      break;
    }
    if (field.empty())
      return unexpected(fmt::format("{} needs a field, as in {}(tcp.len)tcp.len", known.name, known.name));
    const FieldEntry* const entry = find_field(field);
    if (entry == nullptr) return unexpected(fmt::format("there is no field {}", field));
    if (known.what == Calculation::load && entry->field->type != FieldType::relative_time) {
      return unexpected(fmt::format("LOAD takes a field that is a duration, and {} is none", field));
    }
    if (known.what != Calculation::count && !has_whole_numbers(entry->field->type)) {
      return unexpected(fmt::format("{} has no whole numbers, as {} needs them", field, known.name));
    }
    column.field = field;
    column.is_time = entry->field->type == FieldType::relative_time;
    break;
  }
  if (find_field(filter) != nullptr) {
    column.filter.text = filter;
    column.filter_is_field = true;
    return column;
  }
  auto compiled = arguments.filter(filter);
  if (!compiled) return unexpected(std::move(compiled.error()));
  column.filter = std::move(*compiled);
  return column;
}

MadeStatistic make(const StatisticArguments& arguments) {
  constexpr std::string_view shape =
      "write io,stat,SECONDS[,FILTER]..., seconds from 0.000001 or 0 for the whole capture";
  std::string_view rest = arguments.text;
  const std::string first{rest.substr(0, rest.find(','))};
  char* end = nullptr;
  const double seconds = std::strtod(first.c_str(), &end);
  if (first.empty() || *end != '\0' || !std::isfinite(seconds) || seconds > 9e9) return unexpected(std::string{shape});
  const std::int64_t interval = seconds <= 0 ? 0 : std::llround(seconds * 1e6);
  if (seconds > 0 && interval == 0) return unexpected(std::string{shape});
  rest.remove_prefix(std::min(rest.size(), first.size()));

  std::vector<Column> columns;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the comma
    const std::string_view text = rest.substr(0, rest.find(','));
    rest.remove_prefix(text.size());
    auto column = read_column(arguments, text);
    if (!column) return unexpected(std::move(column.error()));
    columns.push_back(std::move(*column));
  }
  if (columns.empty()) columns.push_back({.text = {}, .title = "Frames"});
  for (Column& column : columns) {
    column.field_is_named =
        !column.field.empty() && std::any_of(columns.begin(), columns.end(),
                                             [&](const Column& any) { return names(any.filter.text, column.field); });
  }
  return std::make_unique<IoStat>(interval, decimals_of(first), std::move(columns));
}

constexpr StatisticKind kinds[] = {{"io,stat", ",SECONDS[,FILTER | CALCULATION(FIELD)FILTER]...",
                                    "frames and bytes by time; COUNT, SUM, MIN, MAX, AVG or LOAD of a field", make}};

}  // namespace

extern const std::span<const StatisticKind> io_stat_statistics{kinds};

}  // namespace encap
