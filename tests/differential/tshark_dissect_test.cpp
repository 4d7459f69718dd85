// Captures read by tshark and by us: every line of the list and of the tree is the same.
#include "differential/our_statistic.h"
#include "differential/tshark_capture.h"
#include "encap/analyze/session_memory.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/dissect/dissector.h"
#include "encap/render/list.h"
#include "encap/render/tree.h"

namespace encap::test {
namespace {

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

// The list ends with the last packet, the notes follow it.
TEST_P(Tshark, prints_the_same_list_and_notes) {
  const std::vector<std::string> both = lines_of(tshark("-z expert"));
  const std::vector<std::string> list = lines_of(dissect_all(capture_).list);
  const auto notes = both.begin() + static_cast<std::ptrdiff_t>(std::min(list.size(), both.size()));
  {
    SCOPED_TRACE("the list");
    expect_the_same({both.begin(), notes}, list);
  }
  SCOPED_TRACE("the notes");
  expect_the_same({notes, both.end()}, lines_of(counted_in_one_pass(capture_, {"expert"})));
}

TEST_P(Tshark, prints_the_same_trees) {
  expect_the_same(lines_of(tshark("-V")), lines_of(dissect_all(capture_).trees));
}

INSTANTIATE_TEST_SUITE_P(Captures, Tshark, testing::ValuesIn(captures()),
                         [](const auto& file) { return fs::path{file.param}.stem().string(); });

}  // namespace
}  // namespace encap::test
