// What the tests share that compare captures with tshark: the captures, its settings, how lines are compared. tshark
// reads with default preferences, without names, and with the protocols only that encap promises.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "capture/files.h"
#include "encap/capture/pcap_file_writer.h"
#include "support/packet_text.h"

namespace encap::test {

namespace fs = std::filesystem;

inline std::string run(const std::string& command) {
  std::string text;
  FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 65536> part{};
  for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) text.append(part.data(), got);
  ::pclose(pipe);
  return text;
}

inline std::string version_of_tshark() {
  static const std::string version = run("tshark --version | head -n 1");
  return version;
}

/// A folder of settings with which tshark knows the protocols only that encap promises.
inline const std::string& settings() {
  static const std::string folder = [] {
    static const TemporaryFolder folder_of_settings;
    static constexpr std::string_view promised{
        " frame eth eth_maybefcs eth_withoutfcs ethertype llc vlan ieee8021ad null raw sll ip ipv6 tcp udp udplite "
        "icmp icmpv6 arp http dns mdns llmnr data json xml data-text-lines media image-gif png image-jfif "
        "urlencoded-form mime_multipart pkthdr "};
    static constexpr std::array<std::string_view, 4> first_parts{"ipv6.", "ip.options.", "tcp.options.", "_ws"};
    std::istringstream protocols{run("tshark -G protocols")};
    std::ofstream off{folder_of_settings / "disabled_protos"};
    for (std::string line; std::getline(protocols, line);) {
      const std::string filter = line.substr(line.find_last_of('\t') + 1);
      const bool is_promised = promised.find(' ' + filter + ' ') != std::string_view::npos ||
                               std::any_of(first_parts.begin(), first_parts.end(),
                                           [&](std::string_view part) { return filter.starts_with(part); });
      if (!is_promised) off << filter << '\n';
    }
    return folder_of_settings / "";
  }();
  return folder;
}

/// Blanks folded, none at the ends, no empty lines.
inline std::vector<std::string> lines_of(const std::string& text) {
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

inline std::vector<std::string> captures() {
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

inline void expect_the_same(const std::vector<std::string>& theirs, const std::vector<std::string>& ours) {
  for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i) {
    ASSERT_EQ(theirs[i], ours[i]) << "in line " << i + 1;
  }
  EXPECT_EQ(theirs.size(), ours.size());
}

}  // namespace encap::test
