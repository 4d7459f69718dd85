#pragma once

#include <cstdint>
#include <iterator>
#include <string_view>

#include "encap/dissect/dissection.h"

namespace encap {

/// The number that takes the place of three flags where a connection speaks Accurate ECN.
[[nodiscard]] constexpr unsigned ace_of(std::uint16_t flags_word) noexcept { return flags_word >> 6 & 7u; }

/// The names of the flags that are set; `room` is where they are put together.
[[nodiscard]] inline std::string_view flag_words(std::uint16_t value, bool ace, Column<128>& room) {
  switch (ace ? 0 : value) {  // nearly all there are
    case 0x010:
      return "ACK";
    case 0x018:
      return "PSH, ACK";
    default:
      break;
  }
  static constexpr std::string_view names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"};
  room.reset();
  for (std::size_t bit = 0; bit < (ace ? 6 : std::size(names)); ++bit) {
    if ((value >> bit & 1) != 0) room.append_separated(", ", names[bit]);
  }
  if (ace) {
    room.append_separated(", ", "ACE=");
    room.append_number(ace_of(value));
  }
  if ((value & 0xe00) != 0) room.append_separated(", ", "Reserved");
  if (value == 0 && !ace) room.append("<None>");
  return room.text();
}

}  // namespace encap
