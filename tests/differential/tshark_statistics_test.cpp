// Statistics of captures made by tshark and by us: every line is the same.
#include <fstream>
#include <iterator>
#include <map>

#include "differential/our_statistic.h"
#include "differential/tshark_capture.h"
#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/http_objects.h"

namespace encap::test {
namespace {

std::map<std::string, std::string> exported(const std::string& capture) {
  auto file = CaptureFileReader::open(capture);
  EXPECT_TRUE(file.has_value());
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::fields, true};
  HttpObjects objects;
  std::map<std::string, std::string> files{{".", ""}, {"..", ""}};
  while (file) {
    const auto record = file->next();
    if (!record || *record == nullptr) break;
    dissector.dissect(**record, dissection);
    objects.take(dissection, [&](const HttpObject& object) {
      std::uint64_t again = 0;
      while (!files.try_emplace(object_file_name(object.name, again), as_text(object.octets)).second) ++again;
    });
  }
  files.erase(".");
  files.erase("..");
  return files;
}

class TsharkStatistics : public Tshark {
 protected:
  /// Text on the port of HTTP that is none: tshark counts it as another HTTP packet and exports it, although it shows
  /// no HTTP in it.
  [[nodiscard]] static bool has_text_that_is_no_http() { return fs::path{GetParam()}.stem() == "http_more"; }

  /// All of them in one run of tshark, whose start takes longer than the capture.
  void compare(const std::vector<std::string>& names, const std::string& more_options = "") const {
    std::string options = "-q" + more_options;
    for (const std::string& name : names) options += " -z '" + name + "'";
    expect_the_same(lines_of(tshark(options)), lines_of(counted_in_one_pass(capture_, names)));
  }
};

TEST_P(TsharkStatistics, counts_streams_and_exported_objects_are_the_same) {
  std::vector<std::string> names{"conv,eth",
                                 "conv,ip",
                                 "conv,ipv6",
                                 "conv,tcp",
                                 "conv,udp",
                                 "endpoints,eth",
                                 "endpoints,ip",
                                 "endpoints,ipv6",
                                 "endpoints,tcp",
                                 "endpoints,udp",
                                 "plen,tree",
                                 "dns,tree",
                                 "io,stat,0",
                                 "io,stat,0,FRAMES,BYTES,ip,,udp",
                                 "io,stat,0,COUNT(ip.addr)ip.addr,SUM(frame.len)frame.len,MIN(frame.len)frame.len,"
                                 "MAX(frame.time_relative)frame.time_relative,AVG(udp.length)udp.length",
                                 "follow,tcp,ascii,0",
                                 "follow,tcp,hex,0",
                                 "follow,tcp,raw,1",
                                 "follow,tcp,yaml,0",
                                 "follow,tcp,hex,0,2-3",
                                 "follow,udp,ascii,0",
                                 "follow,udp,hex,1",
                                 "follow,http,ascii,0",
                                 "follow,http,hex,1",
                                 "flow,tcp,standard",
                                 "flow,tcp,network"};
  if (has_text_that_is_no_http()) return compare(names);
  names.emplace_back("http,tree");
  // That capture has control characters, which tshark prints as they are.
  if (fs::path{GetParam()}.stem() != "http_objects") names.emplace_back("http_req,tree");
  const fs::path theirs = folder_ / "objects";
  compare(names, " --export-objects 'http," + theirs.string() + "'");
  std::map<std::string, std::string> expected;
  for (const auto& entry : fs::directory_iterator{theirs}) {
    std::ifstream file{entry.path(), std::ios::binary};
    expected[entry.path().filename()] = {std::istreambuf_iterator<char>{file}, {}};
  }
  EXPECT_EQ(expected, exported(capture_));
}

// Notes stand apart: tshark has more of them where a filter or a hierarchy makes it build trees, and one severity for
// all of a run. Those of every severity are compared beside the list.
TEST_P(TsharkStatistics, hierarchy_and_warnings_are_the_same) {
  compare({"io,phs"});
  compare({"expert,warn"});
}

INSTANTIATE_TEST_SUITE_P(Captures, TsharkStatistics, testing::ValuesIn(captures()),
                         [](const auto& file) { return fs::path{file.param}.stem().string(); });

}  // namespace
}  // namespace encap::test
