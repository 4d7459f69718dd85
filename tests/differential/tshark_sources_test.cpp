// Captures of files that are no table: tshark sees the HTTP that each of them holds, and nothing wrong.
#include <string>

#include "encap/flow/crafter.h"
#include "encap/input/message_source.h"
#include "support/case_name.h"
#include "tshark_capture.h"

namespace encap::test {
namespace {

struct SourceCase {
  const char* name;
  MessageFormat format;
  const char* sample;
  /// Fields of each HTTP message: stream, method, target, host, status, length, body's type.
  std::vector<std::string> http;
};

class TsharkSees : public testing::TestWithParam<SourceCase> {
 protected:
  void SetUp() override {
    if (version_of_tshark().find(" 4.0.") == std::string::npos) {
      GTEST_SKIP() << "tshark 4.0 is the judge; here is: " << version_of_tshark();
    }
    const std::string sample = std::string{ENCAP_SOURCE_DIR} + "/samples/" + GetParam().sample;
    auto octets = open_file_source(sample);
    ASSERT_TRUE(octets.has_value());
    auto source = open_message_source(GetParam().format, sample, std::move(*octets));
    ASSERT_TRUE(source.has_value()) << to_string(source.error());
    auto file = PcapFileWriter::open(capture_, {});
    ASSERT_TRUE(file.has_value());
    Crafter crafter{{}, *file};
    for (;;) {
      const auto message = (*source)->next();
      ASSERT_TRUE(message.has_value()) << to_string(message.error());
      if (*message == nullptr) break;
      const auto pushed = crafter.push(**message);
      ASSERT_TRUE(pushed.has_value()) << to_string(pushed.error());
    }
    ASSERT_TRUE(crafter.finish().has_value());
    ASSERT_TRUE(file->commit().has_value());
  }
  [[nodiscard]] std::string tshark(const std::string& arguments) const {
    return run("TZ=UTC LC_ALL=C.UTF-8 tshark -n -r '" + capture_ + "' " + arguments);
  }

  TemporaryFolder folder_;
  std::string capture_ = folder_ / "capture.pcap";
};

TEST_P(TsharkSees, the_http_of_the_file) {
  EXPECT_EQ(lines_of(tshark("-Y http -T fields -E 'separator= ' -e tcp.stream -e http.request.method "
                            "-e http.request.uri -e http.host -e http.response.code -e http.content_length "
                            "-e http.content_type")),
            GetParam().http);
}

TEST_P(TsharkSees, nothing_wrong_with_it) {
  EXPECT_EQ(lines_of(tshark("-q -z expert,warn,tcp -z expert,warn,http")), std::vector<std::string>{});
}

INSTANTIATE_TEST_SUITE_P(
    Of, TsharkSees,
    testing::Values(
        SourceCase{"har",
                   MessageFormat::har,
                   "har/shop.har",
                   {"0 GET / shop.example", "0 200 102 text/html; charset=utf-8", "0 GET /logo.png?size=1 shop.example",
                    "0 200 70 image/png", "0 POST /basket shop.example 25 application/x-www-form-urlencoded", "0 303 0",
                    "1 GET /app.js cdn.example", "2 GET /font.woff2 cdn.example", "2 304", "1 200 21 text/javascript",
                    "3 GET /pixel.gif ads.example", "4 GET /live shop.example", "4 101"}},
        SourceCase{"dialogue",
                   MessageFormat::dialogue,
                   "dialogue/http.txt",
                   {"0 GET /index.html shop.example", "0 200 12 text/plain", "0 POST /order shop.example 17 text/plain",
                    "0 201 0"}},
        SourceCase{"curl",
                   MessageFormat::dialogue,
                   "dialogue/curl.txt",
                   {"0 GET / shop.example", "0 200 62 text/html", "0 HEAD /tea shop.example", "0 200 1200",
                    "1 GET /price api.example", "1 200 13 application/json"}},
        SourceCase{"wireshark_csv",
                   MessageFormat::wireshark_csv,
                   "wireshark/packets.csv",
                   {"0 GET /index.html 192.0.2.10", "0 200 0", "0 POST /order 192.0.2.10 0", "0 204"}}),
    CaseName{});

}  // namespace
}  // namespace encap::test
