#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "line.h"
#include "support/fuzz.h"

namespace {

using namespace chat;

/// The lines and mistakes a reader gives for octets that come in pieces of this size.
std::vector<std::string> lines_of(std::string_view octets, std::size_t piece) {
  std::vector<std::string> lines;
  LineReader reader;
  while (!octets.empty()) {
    const auto space = reader.space();
    ENCAP_FUZZ_CHECK(!space.empty());
    const std::size_t count = std::min({piece, space.size(), octets.size()});
    std::copy_n(octets.begin(), count, space.begin());
    reader.filled(count);
    octets.remove_prefix(count);
    while (const auto next = reader.next()) {
      if (const Mistake* const mistake = std::get_if<Mistake>(&*next)) {
        ENCAP_FUZZ_CHECK(!mistake->text.empty());
        lines.push_back("! " + mistake->text);
        continue;
      }
      const std::string_view line = std::get<std::string_view>(*next);
      ENCAP_FUZZ_CHECK(line.size() <= line_max && !check_line(line));
      lines.push_back("  " + std::string{line});
    }
  }
  return lines;
}

}  // namespace

// What a client sends. The first octet says in pieces of what size it comes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view octets{reinterpret_cast<const char*>(data) + 1, size - 1};
  const std::vector<std::string> lines = lines_of(octets, std::size_t{1} + data[0]);
  ENCAP_FUZZ_CHECK(lines == lines_of(octets, octets.size()));
  for (const std::string& line : lines) {
    if (line.front() == '!') continue;
    for (const Expect expect : {Expect::name, Expect::target, Expect::current_place}) {
      const auto parsed = parse_line(std::string_view{line}.substr(2), expect);
      if (const Mistake* const mistake = std::get_if<Mistake>(&parsed)) {
        ENCAP_FUZZ_CHECK(!mistake->text.empty());
      } else if (const Say* const say = std::get_if<Say>(&std::get<Command>(parsed))) {
        ENCAP_FUZZ_CHECK(!say->text.empty());
      }
    }
  }
  return 0;
}
