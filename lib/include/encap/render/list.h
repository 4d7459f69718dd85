#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap {

/// What the Time column says. Source: tshark's -t. Local time is that of the process.
enum class TimeFormat : std::uint8_t {
  relative,              ///< r: seconds since the first packet
  absolute,              ///< a: time of day
  absolute_date,         ///< ad: date and time of day
  absolute_day_of_year,  ///< adoy: year, day of the year and time of day
  delta,                 ///< d: seconds since the packet before
  delta_displayed,       ///< dd: seconds since the packet shown before
  epoch,                 ///< e: seconds since 1970
  utc,                   ///< u: time of day, UTC
  utc_date,              ///< ud: date and time of day, UTC
  utc_day_of_year        ///< udoy: year, day of the year and time of day, UTC
};

/// The format with that letter of -t.
[[nodiscard]] std::optional<TimeFormat> find_time_format(std::string_view letters) noexcept;

/// Appends the Time column's text, as many digits behind the point as the capture knows; nothing for a packet without
/// a time.
void append_time(std::string& out, const Dissection& dissection, TimeFormat format);

/// Appends the packet's line of the list, without a line feed: No., Time, Source, Destination, Protocol, Length, Info.
/// `separator` stands between columns: a blank, or a tab as in `-T tabs`. Controls and what is no UTF-8 in a column
/// never reach the line.
void append_list_line(std::string& out, const Dissection& dissection, TimeFormat time = TimeFormat::relative,
                      char separator = ' ');

}  // namespace encap
