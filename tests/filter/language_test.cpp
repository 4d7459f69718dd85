// The filter language, rule by rule: language.txt says which packets of packets.hex each filter selects, or what is
// wrong with it. What it says was found out by asking tshark 4.0.
#include <algorithm>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/filter/filter.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

const std::string folder = std::string{ENCAP_SOURCE_DIR} + "/tests/filter/";

struct Rule {
  std::string filter;
  std::string selected;  ///< frame numbers with blanks between them
  std::string error;     ///< what is wrong with it, in lines
};

std::vector<Rule> read_rules() {
  std::ifstream in{folder + "language.txt"};
  std::vector<Rule> rules;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("##")) continue;
    if (line.starts_with("  ->")) {
      rules.back().selected = line.substr(std::min<std::size_t>(line.size(), 5));
    } else if (line.starts_with("  | ")) {
      rules.back().error += (rules.back().error.empty() ? "" : "\n") + line.substr(4);
    } else {
      rules.push_back({line, "", ""});
    }
  }
  return rules;
}

class Language : public testing::Test {
 protected:
  /// What `filter` selects, as in a rule.
  std::string selected_by(Filter& filter) {
    SessionMemory session;
    Dissector dissector{&session};
    Dissection dissection{Detail::fields};
    std::ostringstream numbers;
    for (const WrittenPacket& packet : packets_) {
      const PacketRecord record = packet.record();
      dissector.dissect(record, dissection);
      const bool matches = filter.matches(dissection);
      // What the headers alone tell is the same.
      EXPECT_EQ(filter.matches(record).value_or(matches), matches) << "frame " << dissection.frame_number;
      if (matches) numbers << (numbers.tellp() == 0 ? "" : " ") << dissection.frame_number;
    }
    return numbers.str();
  }

  std::vector<WrittenPacket> packets_ = read_packet_text(folder + "packets.hex");
};

TEST_F(Language, is_tsharks) {
  const std::vector<Rule> rules = read_rules();
  ASSERT_GT(rules.size(), 1000u);
  for (const Rule& rule : rules) {
    auto filter = Filter::compile(rule.filter);
    if (!rule.error.empty()) {
      EXPECT_FALSE(filter.has_value()) << rule.filter;
      if (!filter) {
        EXPECT_EQ(to_string(filter.error(), rule.filter), rule.error) << rule.filter;
      }
      continue;
    }
    EXPECT_TRUE(filter.has_value()) << rule.filter;
    if (filter) {
      EXPECT_EQ(selected_by(*filter), rule.selected) << rule.filter;
    }
  }
}

}  // namespace
}  // namespace encap::test
