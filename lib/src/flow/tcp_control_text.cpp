#include "encap/flow/tcp_control_text.h"

#include <algorithm>
#include <array>

namespace encap {
namespace {

constexpr std::array<std::string_view, 9> flag_names{"SYN", "ACK", "FIN", "RST", "PSH", "URG", "ECE", "ECN", "CWR"};
constexpr std::string_view separators = " ,-/+_&";

/// What such a text may start with. Few messages do.
constexpr auto may_start = [] {
  std::array<bool, 256> made{};
  for (const char c : {' ', '[', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}) {
    made[static_cast<unsigned char>(c)] = true;
  }
  for (const std::string_view name : flag_names) {
    made[static_cast<unsigned char>(name.front())] = true;
    made[static_cast<unsigned char>(name.front() | 0x20)] = true;
  }
  return made;
}();

void skip(std::string_view& text, std::string_view any_of) noexcept {
  text.remove_prefix(std::min(text.find_first_not_of(any_of), text.size()));
}

/// Takes the names of flags off the front, in any case; returns how many there were.
int take_flags(std::string_view& text) noexcept {
  int count = 0;
  for (;;) {
    std::string_view rest = text;
    if (count != 0) skip(rest, separators);
    const auto named = std::find_if(flag_names.begin(), flag_names.end(), [rest](std::string_view name) {
      return rest.size() >= name.size() &&
             std::equal(name.begin(), name.end(), rest.begin(), [](char a, char b) { return a == (b & ~0x20); }) &&
             (rest.size() == name.size() || (rest[name.size()] & ~0x20) < 'A' || (rest[name.size()] & ~0x20) > 'Z');
    });
    if (named == flag_names.end()) return count;
    text = rest.substr(named->size());
    ++count;
  }
}

/// Takes `54321 > 80 ` off the front, with the arrows that packet lists print.
void skip_ports(std::string_view& text) noexcept {
  static constexpr std::array<std::string_view, 3> arrows{"\xe2\x86\x92", "->", ">"};
  static constexpr std::string_view digits = "0123456789";
  std::string_view rest = text;
  skip(rest, digits);
  if (rest.size() == text.size()) return;
  skip(rest, " ");
  const auto arrow = std::find_if(arrows.begin(), arrows.end(), [rest](auto mark) { return rest.starts_with(mark); });
  if (arrow == arrows.end()) return;
  rest.remove_prefix(arrow->size());
  skip(rest, " ");
  skip(rest, digits);
  skip(rest, " ");
  text = rest;
}

}  // namespace

bool is_tcp_control_text(std::string_view text) noexcept {
  if (text.empty() || !may_start[static_cast<unsigned char>(text.front())]) return false;
  skip(text, " ");
  skip_ports(text);
  const bool bracket = text.starts_with('[');
  if (bracket) text.remove_prefix(1);
  if (take_flags(text) == 0) return false;
  if (bracket) return text.starts_with(']');
  skip(text, " ");
  return text.empty() || text.starts_with("Seq=") || text.starts_with("seq=");
}

}  // namespace encap
