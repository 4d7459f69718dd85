// Captures that tell their rows and applications, as tshark reads them: plain and compressed.
#include <gtest/gtest.h>

#include "encap/trace/annotated_capture.h"
#include "support/case_name.h"
#include "trace/crafted.h"
#include "tshark_capture.h"

namespace encap::test {
namespace {

using Lines = std::vector<std::string>;

struct AnnotatedCase {
  const char* name;
  const char* file;
};

class TsharkReadsAnnotated : public ::testing::TestWithParam<AnnotatedCase> {
 protected:
  void SetUp() override {
    if (version_of_tshark().empty()) GTEST_SKIP() << "tshark is not installed";
  }
  void write(const CraftOptions& options, const std::vector<Row>& rows) {
    auto file = PcapngFileWriter::open(path_, {.application = "encap 1.2"}).value();
    AnnotatedCapture capture{file, {"encap", "crafted from a table"}};
    craft(options, rows, capture);
    ASSERT_TRUE(file.commit().has_value());
  }
  [[nodiscard]] Lines read(const std::string& arguments) const {
    return lines_of(run("TZ=UTC LC_ALL=C.UTF-8 tshark -r '" + path_ + "' " + arguments));
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / GetParam().file;
};

const std::vector<std::string> hosts{"browser=10.0.0.1:50000", "shop=10.0.0.2:7000",
                                     "\xd7\x97\xd7\xa0\xd7\x95\xd7\xaa=10.0.0.3:7000"};

TEST_P(TsharkReadsAnnotated, rows_in_the_comments_and_what_made_the_file) {
  write(with_hosts(hosts), {{"browser", "shop", "TCP", std::string(2000, 'x'), "seventeen"},
                            {"shop", "browser", "TCP", "yes", ""},
                            {"browser", "shop", "UDP", "", "empty"}});
  EXPECT_EQ(read("-n -Y frame.comment -T fields -E occurrence=a -E 'aggregator=&' -e frame.comment"),
            (Lines{"msg_id seventeen, row 1, octets 0-1447 of 2000",
                   "msg_id seventeen, row 1, octets 1448-1999 of 2000", "msg_id 2, row 2", "msg_id empty, row 3"}));
  EXPECT_EQ(read("-n -c 1 -T fields -e frame.interface_name -e frame.interface_description -e frame.time_epoch"),
            (Lines{"encap\tcrafted from a table\t946684801.000000000"}));
  EXPECT_EQ(read("-n -q -z expert,warn"), Lines{});
  const Lines about = lines_of(run("capinfos '" + path_ + "'"));
  EXPECT_NE(std::find(about.begin(), about.end(), "Capture application: encap 1.2"), about.end());
}

TEST_P(TsharkReadsAnnotated, applications_as_the_names_of_addresses) {
  write(with_hosts(hosts),
        {{"browser", "shop", "UDP", "hello", ""}, {"\xd7\x97\xd7\xa0\xd7\x95\xd7\xaa", "browser", "UDP", "hello", ""}});
  EXPECT_EQ(read("-N n -T fields -e ip.src_host -e ip.dst_host -e ip.src"),
            (Lines{"browser\tshop\t10.0.0.1", "\xd7\x97\xd7\xa0\xd7\x95\xd7\xaa\tbrowser\t10.0.0.3"}));
}

TEST_P(TsharkReadsAnnotated, one_name_of_all_applications_of_an_address) {
  std::vector<Row> rows{{"browser", "shop", "UDP", "hello", ""}, {"mail", "", "UDP", "hello", ""}};
  for (int i = 0; i < 20; ++i) rows.push_back({"application " + std::to_string(i), "shop", "UDP", "hello", ""});
  write({}, rows);
  const Lines names = read("-N n -T fields -e ip.src_host");
  ASSERT_EQ(names.size(), rows.size());
  EXPECT_EQ(names[0], "browser|shop");
  EXPECT_EQ(names[1], "browser|shop|mail|127.0.0.1");
  EXPECT_EQ(names.back(), "browser|shop|mail|127.0.0.1|application 0|application 1|...");
}

INSTANTIATE_TEST_SUITE_P(Files, TsharkReadsAnnotated,
                         ::testing::Values(AnnotatedCase{"plain", "a.pcapng"}, AnnotatedCase{"gzip", "a.pcapng.gz"},
                                           AnnotatedCase{"zstd", "a.pcapng.zst"}),
                         CaseName{});

}  // namespace
}  // namespace encap::test
