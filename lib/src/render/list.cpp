#include "encap/render/list.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/civil_time.h"
#include "base/utf8.h"
#include "encap/base/decimal.h"
#include "render/text.h"

namespace encap {
namespace {

// Widths of columns, which longer texts exceed.
constexpr std::size_t number_width = 5;
constexpr std::size_t time_width = 10;
constexpr std::size_t address_width = 12;

constexpr std::string_view arrow = "→";

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

/// Text of a line, written in place: a line of the list is made of a dozen short pieces.
class Line {
 public:
  [[nodiscard]] std::string_view text() const noexcept {
    return {text_.data(), static_cast<std::size_t>(end_ - text_.data())};
  }
  [[nodiscard]] char* end() noexcept { return end_; }
  void advance(char* to) noexcept { end_ = to; }
  void add(char c) noexcept { *end_++ = c; }
  void add(std::string_view piece) noexcept { end_ += piece.copy(end_, piece.size()); }
  void add_number(std::uint64_t number) noexcept { end_ = write_decimal(end_, number); }
  /// With blanks in front up to `width` characters.
  void add_number(std::uint64_t number, std::size_t width) noexcept {
    const unsigned digits = decimal_digits(number);
    add_blanks(digits, width);
    add_digits(number, digits);
  }
  void add_digits(std::uint64_t number, unsigned digits) noexcept { end_ = write_digits(end_, number, digits); }
  /// What `size` characters that follow need in front of them to be `width`, `widest_column` at most. Sooner than to
  /// align them later: what was just written in pieces is not there yet to be moved.
  void add_blanks(std::size_t size, std::size_t width) noexcept {
    if (size >= width) return;
    std::memset(end_, ' ', widest_column);  // a size that is known is an instruction or two
    end_ += width - size;
  }
  /// With zeros in front up to `width` digits.
  void add_padded(std::uint64_t number, std::size_t width) noexcept {
    add_digits(number, std::max(decimal_digits(number), static_cast<unsigned>(width)));
  }
  /// Puts blanks in front of what was added from `start` on, up to `width` octets, `widest_column` at most.
  void align_right(const char* start, std::size_t width) noexcept {
    const auto size = static_cast<std::size_t>(end_ - start);
    if (size >= width) return;
    char* const from = end_ - size;
    std::array<char, widest_column> moved;  // all of it, as a copy of a size that is known is an instruction or two
    std::memcpy(moved.data(), from, moved.size());
    std::memset(from, ' ', moved.size());
    std::memcpy(from + (width - size), moved.data(), moved.size());
    end_ += width - size;
  }
  /// Puts blanks behind it.
  void align_left(char* start, std::size_t width) noexcept {
    if (end_ >= start + width) return;
    std::memset(end_, ' ', widest_column);
    end_ = start + width;
  }
  /// Takes off `text`, if it is short, what it starts with that is shown as it is, and adds that.
  void add_plain(std::string_view& text) noexcept {
    if (text.size() > longest_plain) return;
    for (;;) {
      const std::size_t plain = copy_plain(end_, text);
      end_ += plain;
      text.remove_prefix(plain);
      if (!text.starts_with(arrow)) return;
      add(arrow);
      text.remove_prefix(arrow.size());
    }
  }
  /// Adds it to `out` and begins again.
  void flush(std::string& out) {
    out.append(text());
    end_ = text_.data();
  }

  static constexpr std::size_t widest_column = 16;
  static constexpr std::size_t longest_plain = 512;

 private:
  // A number, a time and two addresses of `longest_address_text` fit more than once beside the rest.
  std::array<char, 256 + 2 * longest_plain> text_;
  char* end_ = text_.data();
};

/// A point and the digits of a second that mean something.
void add_fraction(Line& line, std::uint64_t nanoseconds, unsigned decimals) {
  if (decimals == 0) return;
  static constexpr std::uint64_t powers[] = {1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
                                             10'000,        1'000,       100,        10,        1};
  line.add('.');
  line.add_digits(nanoseconds / powers[decimals], decimals);
}

void add_seconds(Line& line, std::int64_t nanoseconds, unsigned decimals, std::size_t width) {
  const bool is_negative = nanoseconds < 0;
  const std::uint64_t magnitude =
      is_negative ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  const std::uint64_t seconds = magnitude / billion;
  const unsigned digits = decimal_digits(seconds);
  line.add_blanks((is_negative ? 1 : 0) + digits + (decimals != 0 ? 1 + decimals : 0), width);
  if (is_negative) line.add('-');
  line.add_digits(seconds, digits);
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
  add_clock(line, at);
  add_fraction(line, nanoseconds, decimals);
}

/// Of `width` characters at least, blanks in front.
void add_time(Line& line, const Dissection& dissection, TimeFormat format, std::size_t width) {
  const PacketRecord& record = *dissection.record;
  if (!record.has_timestamp) return line.add_blanks(0, width);
  const unsigned decimals = record.decimals < 9 ? record.decimals : 9;
  const Timestamp at = record.timestamp;
  const auto civil = [&](const CivilTime& time, Date date) {
    const char* const start = line.end();
    add_civil(line, time, date, at.subsecond(), decimals);
    line.align_right(start, width);
  };
  switch (format) {
    case TimeFormat::relative:
      return add_seconds(line, dissection.since_first.count(), decimals, width);
    case TimeFormat::delta:
      return add_seconds(line, dissection.since_previous_captured.count(), decimals, width);
    case TimeFormat::delta_displayed:
      return add_seconds(line, dissection.since_previous_displayed.count(), decimals, width);
    case TimeFormat::epoch:
      return add_seconds(line, at.nanoseconds, decimals, width);
    case TimeFormat::absolute:
      return civil(local_time(at), Date::none);
    case TimeFormat::absolute_date:
      return civil(local_time(at), Date::month_and_day);
    case TimeFormat::absolute_day_of_year:
      return civil(local_time(at), Date::day_of_year);
    case TimeFormat::utc:
      return civil(utc_time(at), Date::none);
    case TimeFormat::utc_date:
      return civil(utc_time(at), Date::month_and_day);
    case TimeFormat::utc_day_of_year:
      return civil(utc_time(at), Date::day_of_year);
  }
}

/// The same.
void add_address(Line& line, const Address& address, std::size_t width) {
  if (address.kind == Address::Kind::ipv4) {
    line.add_blanks(ipv4_text_size(address), width);
    return line.advance(write_text(line.end(), address));
  }
  const char* const start = line.end();
  line.advance(write_text(line.end(), address));
  line.align_right(start, width);
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
  add_time(line, dissection, format, 0);
  out.append(line.text());
}

void append_list_line(std::string& out, const Dissection& dissection, TimeFormat time, char separator) {
  const Columns& columns = dissection.columns;
  Line line;
  line.add_number(dissection.frame_number, number_width);
  line.add(separator);
  add_time(line, dissection, time, time_width);
  line.add(separator);
  add_address(line, columns.source, address_width);
  line.add(separator);
  line.add(arrow);
  line.add(separator);
  char* const start = line.end();
  line.advance(write_text(line.end(), columns.destination));
  line.align_left(start, address_width);
  line.add(separator);

  const auto add_shown = [&line, &out](std::string_view text) {
    line.add_plain(text);
    if (text.empty()) return;
    line.flush(out);
    append_shown(out, text);
  };
  add_shown(columns.protocol.text());
  line.add(separator);
  line.add_number(std::max<std::uint64_t>(dissection.record->original_length, dissection.record->bytes.size()));
  line.add(separator);
  add_shown(columns.info.text());
  line.flush(out);
}

}  // namespace encap
