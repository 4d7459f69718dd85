#include "encap/render/colour.h"

#include <cstdlib>

namespace encap {
namespace {

/// Where in the Info column a word makes a rule hold.
enum class Place { anywhere, start, none };

struct Rule {
  std::string_view protocol;  ///< the Protocol column; empty: any
  Place place;
  std::string_view word;
  std::string_view colour;  ///< empty: an exception from the rules behind it
};

constexpr std::string_view red = "\x1b[1;31m";
constexpr std::string_view dark_red = "\x1b[31m";
constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view blue = "\x1b[34m";
constexpr std::string_view magenta = "\x1b[35m";
constexpr std::string_view cyan = "\x1b[36m";
constexpr std::string_view grey = "\x1b[90m";
constexpr std::string_view plain = "";

// The first that holds counts.
constexpr Rule rules[] = {{"", Place::anywhere, "[Malformed Packet", red},
                          {"", Place::anywhere, "[Packet size limited", dark_red},
                          {"", Place::anywhere, "incorrect, should be", red},
                          {"TCP", Place::start, "[TCP Window Update]", cyan},
                          {"TCP", Place::start, "[TCP Keep-Alive", cyan},
                          {"TCP", Place::start, "[TCP segment of", green},
                          {"TCP", Place::start, "[TCP ", red},
                          {"", Place::start, "[TCP ", red},
                          {"TCP", Place::anywhere, "[RST", dark_red},
                          {"TCP", Place::anywhere, "[SYN", grey},
                          {"TCP", Place::anywhere, "[FIN", grey},
                          {"TCP", Place::none, "", plain},
                          {"ICMP", Place::anywhere, "unreachable", yellow},
                          {"ICMP", Place::anywhere, "exceeded", yellow},
                          {"ICMP", Place::anywhere, "Redirect", yellow},
                          {"ICMP", Place::none, "", magenta},
                          {"ICMPv6", Place::anywhere, "Unreachable", yellow},
                          {"ICMPv6", Place::anywhere, "Exceeded", yellow},
                          {"ICMPv6", Place::anywhere, "Too Big", yellow},
                          {"ICMPv6", Place::anywhere, "Parameter Problem", yellow},
                          {"ICMPv6", Place::none, "", magenta},
                          {"ARP", Place::none, "", cyan},
                          {"HTTP", Place::none, "", green},
                          {"HTTP/JSON", Place::none, "", green},
                          {"HTTP/XML", Place::none, "", green},
                          {"UDP", Place::none, "", blue},
                          {"DNS", Place::none, "", blue},
                          {"MDNS", Place::none, "", blue},
                          {"LLMNR", Place::none, "", blue}};

bool holds(const Rule& rule, std::string_view protocol, std::string_view info) noexcept {
  if (!rule.protocol.empty() && rule.protocol != protocol) return false;
  if (rule.place == Place::start) return info.starts_with(rule.word);
  return rule.place == Place::none || info.find(rule.word) != std::string_view::npos;
}

}  // namespace

std::string_view colour_start(const Columns& columns) noexcept {
  for (const Rule& rule : rules) {
    if (holds(rule, columns.protocol.text(), columns.info.text())) return rule.colour;
  }
  return plain;
}

bool colour_is_wanted(bool is_terminal) {
  const auto value = [](const char* name) {
    const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here sets the environment
    return std::string_view{text != nullptr ? text : ""};
  };
  if (!value("NO_COLOR").empty()) return false;
  const std::string_view forced = value("CLICOLOR_FORCE");
  if (!forced.empty() && forced != "0") return true;
  return is_terminal && value("CLICOLOR") != "0" && !value("TERM").empty() && value("TERM") != "dumb";
}

}  // namespace encap
