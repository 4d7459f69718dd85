#pragma once

#include <cstdint>

#include "encap/base/timestamp.h"

namespace encap {

/// A moment as a calendar and a clock show it.
struct CivilTime {
  int year;
  unsigned month;        ///< 1..12
  unsigned day;          ///< 1..31
  unsigned day_of_year;  ///< 1..366
  unsigned hour;
  unsigned minute;
  unsigned second;
  const char* zone;  ///< such as "UTC" or "CET". Lifetime: until this thread asks for a local time again
};

[[nodiscard]] CivilTime utc_time(Timestamp at) noexcept;
/// In the zone of the process, as the environment variable TZ names it.
[[nodiscard]] CivilTime local_time(Timestamp at) noexcept;

/// Adds `22:13:20` to whatever takes characters with `add` and numbers with `add_padded`.
template <class Out>
void add_clock(Out& out, const CivilTime& at) {
  out.add_padded(at.hour, 2);
  out.add(':');
  out.add_padded(at.minute, 2);
  out.add(':');
  out.add_padded(at.second, 2);
}

}  // namespace encap
