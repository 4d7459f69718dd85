// Captures read by tshark and by us: every line of the list and of the tree is the same. tshark reads with default
// preferences, without names, and with the protocols only that encap promises.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "capture/files.h"
#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/capture/pcap_file_writer.h"
#include "encap/dissect/dissector.h"
#include "encap/render/list.h"
#include "encap/render/tree.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

namespace fs = std::filesystem;

std::string run(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 65536> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) text.append(part.data(), got);
  ::pclose(pipe);
  return text;
}

std::string version_of_tshark() {
  static const std::string version = run("tshark --version | head -n 1");
  return version;
}

/// A folder of settings with which tshark knows the protocols only that encap promises.
const std::string& settings() {
  static const std::string folder = [] {
    static const TemporaryFolder folder_of_settings;
    static const std::regex promised{
        "frame|eth|eth_maybefcs|eth_withoutfcs|ethertype|llc|vlan|ieee8021ad|null|raw|sll|ip|ipv6|ipv6\\..*|"
        "ip\\.options\\..*|tcp|tcp\\.options\\..*|udp|udplite|icmp|icmpv6|arp|http|dns|mdns|llmnr|data|json|xml|"
        "data-text-lines|media|image-gif|png|image-jfif|urlencoded-form|mime_multipart|pkthdr|_ws.*"};
    std::istringstream protocols{run("tshark -G protocols")};
    std::ofstream off{folder_of_settings / "disabled_protos"};
    for (std::string line; std::getline(protocols, line);) {
      const std::string filter = line.substr(line.find_last_of('\t') + 1);
      if (!std::regex_match(filter, promised)) off << filter << '\n';
    }
    return folder_of_settings / "";
  }();
  return folder;
}

/// Blanks folded, none at the ends, no empty lines.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    std::string folded;
    for (const char c : line) {
      if (c != ' ' || (!folded.empty() && folded.back() != ' ')) folded += c;
    }
    while (!folded.empty() && folded.back() == ' ') folded.pop_back();
    if (!folded.empty()) lines.push_back(std::move(folded));
  }
  return lines;
}

struct Dissected {
  std::string list;
  std::string trees;
};

Dissected dissect_all(const std::string& capture) {
  Dissected out;
  auto file = CaptureFileReader::open(capture);
  EXPECT_TRUE(file.has_value());
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection;
  while (file) {
    const auto record = file->next();
    if (!record || *record == nullptr) break;
    dissector.dissect(**record, dissection);
    dissector.displayed();
    append_list_line(out.list, dissection);
    out.list += '\n';
    append_tree(out.trees, dissection);
  }
  return out;
}

std::vector<std::string> captures() {
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator{fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets"}) {
    if (entry.path().extension() == ".hex") found.push_back(entry.path());
  }
  for (const auto& entry : fs::directory_iterator{fs::path{ENCAP_SOURCE_DIR} / "pcaps"}) {
    if (entry.path().extension() == ".pcap") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Tshark : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (version_of_tshark().find(" 4.0.") == std::string::npos) {
      GTEST_SKIP() << "tshark 4.0 is the judge; here is: " << version_of_tshark();
    }
    capture_ = GetParam();
    if (fs::path{capture_}.extension() != ".hex") return;
    const auto packets = read_packet_text(capture_);
    capture_ = folder_ / "packets.pcap";
    auto file = PcapFileWriter::open(capture_, {});
    ASSERT_TRUE(file.has_value());
    for (const WrittenPacket& packet : packets) ASSERT_TRUE(file->write(packet.record()).has_value());
    ASSERT_TRUE(file->commit().has_value());
  }
  [[nodiscard]] std::string tshark(const std::string& arguments) const {
    return run("TZ=UTC LC_ALL=C.UTF-8 WIRESHARK_CONFIG_DIR=" + settings() + " tshark -n " + arguments + " -r '" +
               capture_ + "'");
  }

  TemporaryFolder folder_;
  std::string capture_;
};

void expect_the_same(const std::vector<std::string>& theirs, const std::vector<std::string>& ours) {
  for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i) {
    ASSERT_EQ(theirs[i], ours[i]) << "in line " << i + 1;
  }
  EXPECT_EQ(theirs.size(), ours.size());
}

TEST_P(Tshark, prints_the_same_list) { expect_the_same(lines_of(tshark("")), lines_of(dissect_all(capture_).list)); }

TEST_P(Tshark, prints_the_same_trees) {
  expect_the_same(lines_of(tshark("-V")), lines_of(dissect_all(capture_).trees));
}

INSTANTIATE_TEST_SUITE_P(Captures, Tshark, testing::ValuesIn(captures()),
                         [](const auto& file) { return fs::path{file.param}.stem().string(); });

}  // namespace
}  // namespace encap::test
