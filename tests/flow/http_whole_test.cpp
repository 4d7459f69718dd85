// Text that is a whole HTTP message already goes out octet for octet; text that is nearly one is mended where it must
// be.
#include <gtest/gtest.h>

#include "encap/flow/http_text.h"
#include "support/case_name.h"

namespace encap::test {
namespace {

struct WholeCase {
  const char* name;
  std::string_view text;
};

class WholeHttp : public ::testing::TestWithParam<WholeCase> {};

TEST_P(WholeHttp, comes_out_as_it_was) {
  std::string out;
  EXPECT_FALSE(complete_http(GetParam().text, "shop", HttpMethod::other, out));
  EXPECT_EQ(out, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    HttpText, WholeHttp,
    ::testing::Values(
        WholeCase{"request", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
        WholeCase{"request_with_body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"},
        WholeCase{"response", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
        WholeCase{"response_without_reason", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"},
        WholeCase{"blanks_behind_a_field", "GET / HTTP/1.1\r\nHost: a  \r\nAccept: */*\t\r\n\r\n"},
        WholeCase{"empty_field", "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        WholeCase{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
        WholeCase{"chunked_with_extensions",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n00;c\r\n\r\n"},
        WholeCase{"chunked_with_trailers",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA\r\nhello, you\r\n0\r\nDigest: x\r\n\r\n"},
        WholeCase{"compressed_in_chunks",
                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n"}),
    CaseName{});

struct MendCase {
  const char* name;
  std::string_view text;
  std::string_view mended;
};

class MendedHttp : public ::testing::TestWithParam<MendCase> {};

TEST_P(MendedHttp, is_whole) {
  std::string out;
  EXPECT_TRUE(complete_http(GetParam().text, "shop", HttpMethod::other, out));
  EXPECT_EQ(out, GetParam().mended);
}

INSTANTIATE_TEST_SUITE_P(
    HttpText, MendedHttp,
    ::testing::Values(
        MendCase{"status_line_gets_its_second_blank", "HTTP/1.1 404", "HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n"},
        MendCase{"chunks_get_their_last",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n"},
        MendCase{"what_only_begins_like_a_chunk_is_content",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nadd more",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nadd more\r\n0\r\n\r\n"},
        MendCase{"a_chunk_longer_than_the_text_is_content",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhello\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nff\r\nhello\r\n\r\n0\r\n\r\n"}),
    CaseName{});

TEST(HttpText, tells_requests_from_prose_that_begins_with_a_method) {
  EXPECT_EQ(http_start_line("GET out of here"), HttpStartLine::none);
  EXPECT_EQ(http_start_line("POST it to me, please"), HttpStartLine::none);
  EXPECT_EQ(http_start_line("GET index.html"), HttpStartLine::request);
  EXPECT_EQ(http_start_line("GET /index.html (again)"), HttpStartLine::request);
  EXPECT_EQ(http_start_line("GET http://a/b c"), HttpStartLine::request);
  EXPECT_EQ(http_start_line("OPTIONS * HTTP/1.1"), HttpStartLine::request);
  EXPECT_EQ(http_start_line("GET a b HTTP/1.1"), HttpStartLine::request);
}

}  // namespace
}  // namespace encap::test
