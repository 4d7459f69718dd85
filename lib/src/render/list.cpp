#include "encap/render/list.h"

#include <algorithm>

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

/// A point and the digits of a second that mean something.
void append_fraction(std::string& out, std::uint64_t nanoseconds, unsigned decimals) {
  if (decimals == 0) return;
  for (unsigned i = decimals; i < 9; ++i) nanoseconds /= 10;
  out += '.';
  append_padded(out, nanoseconds, decimals);
}

void append_seconds(std::string& out, std::int64_t nanoseconds, unsigned decimals) {
  auto magnitude = static_cast<std::uint64_t>(nanoseconds);
  if (nanoseconds < 0) {
    out += '-';
    magnitude = ~magnitude + 1;
  }
  append_decimal(out, magnitude / billion);
  append_fraction(out, magnitude % billion, decimals);
}

enum class Date { none, month_and_day, day_of_year };

void append_civil(std::string& out, const CivilTime& at, Date date, std::uint32_t nanoseconds, unsigned decimals) {
  if (date != Date::none) {
    append_padded(out, static_cast<std::uint64_t>(at.year), 4);
    if (date == Date::month_and_day) {
      out += '-';
      append_padded(out, at.month, 2);
      out += '-';
      append_padded(out, at.day, 2);
    } else {
      out += '/';
      append_padded(out, at.day_of_year, 3);
    }
    out += ' ';
  }
  append_padded(out, at.hour, 2);
  out += ':';
  append_padded(out, at.minute, 2);
  out += ':';
  append_padded(out, at.second, 2);
  append_fraction(out, nanoseconds, decimals);
}

}  // namespace

std::optional<TimeFormat> find_time_format(std::string_view letters) noexcept {
  for (const NamedFormat& named : formats) {
    if (named.letters == letters) return named.format;
  }
  return std::nullopt;
}

void append_time(std::string& out, const Dissection& dissection, TimeFormat format) {
  const PacketRecord& record = *dissection.record;
  if (!record.has_timestamp) return;
  const unsigned decimals = record.decimals < 9 ? record.decimals : 9;
  const Timestamp at = record.timestamp;
  switch (format) {
    case TimeFormat::relative:
      return append_seconds(out, dissection.since_first.count(), decimals);
    case TimeFormat::delta:
      return append_seconds(out, dissection.since_previous_captured.count(), decimals);
    case TimeFormat::delta_displayed:
      return append_seconds(out, dissection.since_previous_displayed.count(), decimals);
    case TimeFormat::epoch:
      return append_seconds(out, at.nanoseconds, decimals);
    case TimeFormat::absolute:
      return append_civil(out, local_time(at), Date::none, at.subsecond(), decimals);
    case TimeFormat::absolute_date:
      return append_civil(out, local_time(at), Date::month_and_day, at.subsecond(), decimals);
    case TimeFormat::absolute_day_of_year:
      return append_civil(out, local_time(at), Date::day_of_year, at.subsecond(), decimals);
    case TimeFormat::utc:
      return append_civil(out, utc_time(at), Date::none, at.subsecond(), decimals);
    case TimeFormat::utc_date:
      return append_civil(out, utc_time(at), Date::month_and_day, at.subsecond(), decimals);
    case TimeFormat::utc_day_of_year:
      return append_civil(out, utc_time(at), Date::day_of_year, at.subsecond(), decimals);
  }
}

void append_list_line(std::string& out, const Dissection& dissection, TimeFormat time, char separator) {
  const Columns& columns = dissection.columns;
  std::size_t start = out.size();
  append_decimal(out, dissection.frame_number);
  align_right(out, start, number_width);
  out += separator;

  start = out.size();
  append_time(out, dissection, time);
  align_right(out, start, time_width);
  out += separator;

  start = out.size();
  append_text(out, columns.source);
  align_right(out, start, address_width);
  out += separator;
  out += "→";
  out += separator;
  start = out.size();
  append_text(out, columns.destination);
  align_left(out, start, address_width);
  out += separator;

  append_shown(out, columns.protocol.text());
  out += separator;
  append_decimal(out, std::max<std::uint64_t>(dissection.record->original_length, dissection.record->bytes.size()));
  out += separator;
  append_shown(out, columns.info.text());
}

}  // namespace encap
