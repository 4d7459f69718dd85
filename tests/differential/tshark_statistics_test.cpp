// Statistics of captures made by tshark and by us: every line is the same.
#include "differential/tshark_capture.h"
#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/statistics.h"

namespace encap::test {
namespace {

std::string statistic(const std::string& capture, const std::string& name) {
  Statistics statistics{[](std::string_view) { return unexpected(std::string{"no filters here"}); }};
  EXPECT_TRUE(statistics.add(name).has_value());
  auto file = CaptureFileReader::open(capture);
  EXPECT_TRUE(file.has_value());
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{statistics.detail(), true};
  dissection.wants_layers = statistics.reads_layers();
  while (file) {
    const auto record = file->next();
    if (!record || *record == nullptr) break;
    dissector.dissect(**record, dissection);
    statistics.take(dissection);
  }
  std::string out;
  statistics.append(out, StatisticsFormat::text);
  return out;
}

class TsharkStatistics : public Tshark {
 protected:
  void compare(std::initializer_list<std::string> names) {
    for (const std::string& name : names) {
      SCOPED_TRACE(name);
      expect_the_same(lines_of(tshark("-q -z '" + name + "'")), lines_of(statistic(capture_, name)));
    }
  }
};

TEST_P(TsharkStatistics, conversations_are_the_same) {
  compare({"conv,eth", "conv,ip", "conv,ipv6", "conv,tcp", "conv,udp"});
}

TEST_P(TsharkStatistics, endpoints_are_the_same) {
  compare({"endpoints,eth", "endpoints,ip", "endpoints,ipv6", "endpoints,tcp", "endpoints,udp"});
}

TEST_P(TsharkStatistics, hierarchy_and_notes_are_the_same) { compare({"io,phs", "expert", "expert,warn"}); }

TEST_P(TsharkStatistics, trees_are_the_same) { compare({"plen,tree", "http,tree", "http_req,tree", "dns,tree"}); }

TEST_P(TsharkStatistics, counts_by_time_are_the_same) {
  compare({"io,stat,0", "io,stat,0,FRAMES,BYTES,ip,,udp",
           "io,stat,0,COUNT(ip.addr)ip.addr,SUM(frame.len)frame.len,MIN(frame.len)frame.len,"
           "MAX(frame.time_relative)frame.time_relative,AVG(udp.length)udp.length"});
}

INSTANTIATE_TEST_SUITE_P(Captures, TsharkStatistics, testing::ValuesIn(captures()),
                         [](const auto& file) { return fs::path{file.param}.stem().string(); });

}  // namespace
}  // namespace encap::test
