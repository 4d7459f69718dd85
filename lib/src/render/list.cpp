#include "encap/render/list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/civil_time.h"
#include "render/text.h"

namespace encap {
namespace {

// Widths of columns, which longer texts exceed.
constexpr std::size_t number_width = 5;
constexpr std::size_t time_width = 10;
constexpr std::size_t address_width = 12;

constexpr std::uint64_t billion = 1'000'000'000;

struct NamedFormat {
  std::string_view letters;
  TimeFormat format;
};
constexpr NamedFormat formats[] = {{"r", TimeFormat::relative},       {"a", TimeFormat::absolute},
                                   {"ad", TimeFormat::absolute_date}, {"adoy", TimeFormat::absolute_day_of_year},
                                   {"d", TimeFormat::delta},          {"dd", TimeFormat::delta_displayed},
                                   {"e", TimeFormat::epoch},          {"u", TimeFormat::utc},
                                   {"ud", TimeFormat::utc_date},      {"udoy", TimeFormat::utc_day_of_year}};

/// Text of one line but for Info, written in place: a line of the list is made of a dozen short pieces.
class Line {
 public:
  [[nodiscard]] std::string_view text() const noexcept {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }
  [[nodiscard]] char* end() noexcept { return end_; }
  void advance(char* to) noexcept { end_ = to; }
  void add(char c) noexcept { *end_++ = c; }
  void add(std::string_view piece) noexcept { end_ += piece.copy(end_, piece.size()); }
  void add_number(std::uint64_t number) noexcept { end_ = std::to_chars(end_, end_ + 20, number).ptr; }
  /// With zeros in front up to `width` digits.
  void add_padded(std::uint64_t number, std::size_t width) noexcept {
    char* const start = end_;
    add_number(number);
    const auto size = static_cast<std::size_t>(end_ - start);
    if (size < width) {
      std::memmove(start + (width - size), start, size);
      std::memset(start, '0', width - size);
      end_ += width - size;
    }
  }
  /// Puts blanks in front of what was added from `start` on, up to `width` octets.
  void align_right(const char* start, std::size_t width) noexcept {
    const auto size = static_cast<std::size_t>(end_ - start);
    if (size >= width) return;
    char* const from = end_ - size;
    std::memmove(from + (width - size), from, size);
    std::memset(from, ' ', width - size);
    end_ += width - size;
  }
  /// Puts blanks behind it.
  void align_left(const char* start, std::size_t width) noexcept {
    while (end_ < start + width) *end_++ = ' ';
  }

 private:
  // A number, a time and two addresses of `longest_address_text` fit more than once.
  std::array<char, 256> text_;
  char* end_ = text_.data();
};

/// A point and the digits of a second that mean something.
void add_fraction(Line& line, std::uint64_t nanoseconds, unsigned decimals) {
  if (decimals == 0) return;
  static constexpr std::uint64_t powers[] = {1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                             10'000,        1'000,       100,        10,        1};
  line.add('.');
  line.add_padded(nanoseconds / powers[decimals], decimals);
}

void add_seconds(Line& line, std::int64_t nanoseconds, unsigned decimals) {
  auto magnitude = static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) {
    line.add('-');
    magnitude = ~magnitude + 1;
  }
  line.add_number(magnitude / billion);
  add_fraction(line, magnitude % billion, decimals);
}

enum class Date { none, month_and_day, day_of_year };

void add_civil(Line& line, const CivilTime& at, Date date, std::uint32_t nanoseconds, unsigned decimals) {
  if (date != Date::none) {
    line.add_padded(static_cast<std::uint64_t>(at.year), 4);
    if (date == Date::month_and_day) {
      line.add('-');
      line.add_padded(at.month, 2);
      line.add('-');
      line.add_padded(at.day, 2);
    } else {
      line.add('/');
      line.add_padded(at.day_of_year, 3);
    }
    line.add(' ');
  }
  line.add_padded(at.hour, 2);
  line.add(':');
  line.add_padded(at.minute, 2);
  line.add(':');
  line.add_padded(at.second, 2);
  add_fraction(line, nanoseconds, decimals);
}

void add_time(Line& line, const Dissection& dissection, TimeFormat format) {
  const PacketRecord& record = *dissection.record;
  if (!record.has_timestamp) return;
  const unsigned decimals = record.decimals < 9 ? record.decimals : 9;
  const Timestamp at = record.timestamp;
  switch (format) {
    case TimeFormat::relative:
      return add_seconds(line, dissection.since_first.count(), decimals);
    case TimeFormat::delta:
      return add_seconds(line, dissection.since_previous_captured.count(), decimals);
    case TimeFormat::delta_displayed:
      return add_seconds(line, dissection.since_previous_displayed.count(), decimals);
    case TimeFormat::epoch:
      return add_seconds(line, at.nanoseconds, decimals);
    case TimeFormat::absolute:
      return add_civil(line, local_time(at), Date::none, at.subsecond(), decimals);
    case TimeFormat::absolute_date:
      return add_civil(line, local_time(at), Date::month_and_day, at.subsecond(), decimals);
    case TimeFormat::absolute_day_of_year:
      return add_civil(line, local_time(at), Date::day_of_year, at.subsecond(), decimals);
    case TimeFormat::utc:
      return add_civil(line, utc_time(at), Date::none, at.subsecond(), decimals);
    case TimeFormat::utc_date:
      return add_civil(line, utc_time(at), Date::month_and_day, at.subsecond(), decimals);
    case TimeFormat::utc_day_of_year:
      return add_civil(line, utc_time(at), Date::day_of_year, at.subsecond(), decimals);
  }
}

}  // namespace

std::optional<TimeFormat> find_time_format(std::string_view letters) noexcept {
  for (const NamedFormat& named : formats) {
    if (named.letters == letters) return named.format;
  }
  return std::nullopt;
}

void append_time(std::string& out, const Dissection& dissection, TimeFormat format) {
  Line line;
  add_time(line, dissection, format);
  out.append(line.text());
}

void append_list_line(std::string& out, const Dissection& dissection, TimeFormat time, char separator) {
  const Columns& columns = dissection.columns;
  Line line;
  const char* start = line.end();
  line.add_number(dissection.frame_number);
  line.align_right(start, number_width);
  line.add(separator);

  start = line.end();
  add_time(line, dissection, time);
  line.align_right(start, time_width);
  line.add(separator);

  start = line.end();
  line.advance(write_text(line.end(), columns.source));
  line.align_right(start, address_width);
  line.add(separator);
  line.add("→");
  line.add(separator);
  start = line.end();
  line.advance(write_text(line.end(), columns.destination));
  line.align_left(start, address_width);
  line.add(separator);
  out.append(line.text());

  append_shown(out, columns.protocol.text());
  Line length;
  length.add(separator);
  length.add_number(std::max<std::uint64_t>(dissection.record->original_length, dissection.record->bytes.size()));
  length.add(separator);
  out.append(length.text());
  append_shown(out, columns.info.text());
}

}  // namespace encap
