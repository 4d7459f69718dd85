#include <charconv>
#include <cmath>

#include "encap/live/pacer.h"

namespace encap {

std::optional<Pace> Pace::parse(std::string_view text) noexcept {
  Pace pace;
  if (text == "csv") return pace;
  if (text == "max") return Pace{Kind::fastest, 1};
  constexpr std::string_view times = "csv*";
  constexpr std::string_view per_second = "/s";
  if (text.starts_with(times)) {
    text.remove_prefix(times.size());
  } else if (text.ends_with(per_second)) {
    pace.kind = Kind::rate;
    text.remove_suffix(per_second.size());
  } else {
    return std::nullopt;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pace.value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(pace.value) || pace.value <= 0) {
    return std::nullopt;
  }
  return pace;
}

}  // namespace encap
