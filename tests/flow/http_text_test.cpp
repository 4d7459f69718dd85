#include "encap/flow/http_text.h"

#include <array>
#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/property.h"

namespace encap::test {
namespace {

std::string complete(std::string_view text, HttpMethod method = HttpMethod::other) {
  std::string out = "left from the message before";
  const bool differs = complete_http(text, "shop", method, out);
  EXPECT_EQ(differs, out != text);
  return out;
}

struct CompletionCase {
  const char* name;
  std::string_view text;
  std::string_view completed;
  HttpMethod method = HttpMethod::other;
};

class HttpCompletion : public ::testing::TestWithParam<CompletionCase> {};

TEST_P(HttpCompletion, makes_a_whole_message) {
  EXPECT_EQ(complete(GetParam().text, GetParam().method), GetParam().completed);
}

TEST_P(HttpCompletion, leaves_its_own_result_alone) {
  std::string again;
  EXPECT_FALSE(complete_http(GetParam().completed, "elsewhere", GetParam().method, again));
  EXPECT_EQ(again, GetParam().completed);
}

INSTANTIATE_TEST_SUITE_P(
    StartLine, HttpCompletion,
    ::testing::Values(
        CompletionCase{"request_without_version", "GET /blog", "GET /blog HTTP/1.1\r\nHost: shop\r\n\r\n"},
        CompletionCase{"request_with_version", "GET /blog HTTP/1.1", "GET /blog HTTP/1.1\r\nHost: shop\r\n\r\n"},
        CompletionCase{"request_to_what_ends_like_a_version", "GET /HTTP/1.1",
                       "GET /HTTP/1.1 HTTP/1.1\r\nHost: shop\r\n\r\n"},
        CompletionCase{"request_keeps_an_older_version", "GET / HTTP/1.0", "GET / HTTP/1.0\r\nHost: shop\r\n\r\n"},
        CompletionCase{"blanks_around_it_go", "  GET /blog \t", "GET /blog HTTP/1.1\r\nHost: shop\r\n\r\n"},
        CompletionCase{"response_without_version", "200 OK", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"response_with_version", "HTTP/1.0 404 Not Found",
                       "HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"response_with_a_remark", "200 OK (image/png)",
                       "HTTP/1.1 200 OK (image/png)\r\nContent-Length: 0\r\n\r\n"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    LineBreak, HttpCompletion,
    ::testing::Values(CompletionCase{"lf_becomes_crlf", "GET / HTTP/1.1\nHost: a\nAccept: */*\n\n",
                                     "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"},
                      CompletionCase{"mixed_become_crlf", "GET / HTTP/1.1\r\nHost: a\nAccept: */*\r\n",
                                     "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n"},
                      CompletionCase{"of_the_body_stay", "200 OK\n\nline\nline\r\n",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nline\nline\r\n"},
                      CompletionCase{"missing_empty_line", "GET / HTTP/1.1\r\nHost: a",
                                     "GET / HTTP/1.1\r\nHost: a\r\n\r\n"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(HostField, HttpCompletion,
                         ::testing::Values(CompletionCase{"is_added_behind_the_others", "GET / HTTP/1.1\nAccept: */*",
                                                          "GET / HTTP/1.1\r\nAccept: */*\r\nHost: shop\r\n\r\n"},
                                           CompletionCase{"is_kept", "GET / HTTP/1.1\nHost: elsewhere:8080",
                                                          "GET / HTTP/1.1\r\nHost: elsewhere:8080\r\n\r\n"},
                                           CompletionCase{"is_kept_in_any_case", "GET / HTTP/1.1\nhOST: a",
                                                          "GET / HTTP/1.1\r\nhOST: a\r\n\r\n"},
                                           CompletionCase{"is_not_for_responses", "304 Not Modified",
                                                          "HTTP/1.1 304 Not Modified\r\n\r\n"}),
                         CaseName{});

INSTANTIATE_TEST_SUITE_P(
    ContentLength, HttpCompletion,
    ::testing::Values(
        CompletionCase{"zero_of_a_post", "POST /login",
                       "POST /login HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"zero_of_a_put", "PUT /a", "PUT /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"zero_of_a_patch", "PATCH /a", "PATCH /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"none_of_a_delete", "DELETE /a", "DELETE /a HTTP/1.1\r\nHost: shop\r\n\r\n"},
        CompletionCase{"of_a_body_a_get_has", "GET /a\n\nhi",
                       "GET /a HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi"},
        CompletionCase{"added_behind_fields", "200 OK\nServer: s\n\nhello",
                       "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 5\r\n\r\nhello"},
        CompletionCase{"counts_octets_not_characters", "200 OK\n\n\xc3\xa9",
                       "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\xc3\xa9"},
        CompletionCase{"too_small_is_corrected", "200 OK\nContent-Length: 3\n\nhello",
                       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
        CompletionCase{"too_large_is_corrected_in_its_place", "200 OK\ncontent-length: 99\nServer: s\n\nhello",
                       "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nServer: s\r\n\r\nhello"},
        CompletionCase{"no_number_is_corrected", "200 OK\nContent-Length: 5 octets\n\nhello",
                       "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"},
        CompletionCase{"of_a_request_is_corrected", "POST / HTTP/1.1\nHost: a\nContent-Length: 9\n\nhi",
                       "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"},
        CompletionCase{"right_is_kept_as_written", "200 OK\nContent-Length:5\n\nhello",
                       "HTTP/1.1 200 OK\r\nContent-Length:5\r\n\r\nhello"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    WithoutBody, HttpCompletion,
    ::testing::Values(
        CompletionCase{"answer_to_head_gets_no_length", "200 OK", "HTTP/1.1 200 OK\r\n\r\n", HttpMethod::head},
        CompletionCase{"answer_to_head_keeps_its_length", "200 OK\nContent-Length: 5120",
                       "HTTP/1.1 200 OK\r\nContent-Length: 5120\r\n\r\n", HttpMethod::head},
        CompletionCase{"status_100", "100 Continue", "HTTP/1.1 100 Continue\r\n\r\n"},
        CompletionCase{"status_101_keeps_its_fields", "101 Switching Protocols\nUpgrade: websocket",
                       "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"},
        CompletionCase{"status_204", "HTTP/1.1 204 No Content", "HTTP/1.1 204 No Content\r\n\r\n"},
        CompletionCase{"status_304_keeps_its_length", "304 Not Modified\nContent-Length: 77",
                       "HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n"},
        CompletionCase{"status_200_to_connect", "200 Connection established",
                       "HTTP/1.1 200 Connection established\r\n\r\n", HttpMethod::connect},
        CompletionCase{"status_407_to_connect_has_one", "407 Proxy Authentication Required",
                       "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", HttpMethod::connect},
        CompletionCase{"status_205_is_none_of_them", "205 Reset Content",
                       "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"connect_request", "CONNECT example.org:443",
                       "CONNECT example.org:443 HTTP/1.1\r\nHost: shop\r\n\r\n", HttpMethod::connect}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Chunked, HttpCompletion,
    ::testing::Values(
        CompletionCase{"body_becomes_one_chunk", "200 OK\nTransfer-Encoding: chunked\n\nhello, chunked world",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\nhello, chunked world\r\n0\r\n\r\n"},
        CompletionCase{"no_body_becomes_the_last_chunk", "200 OK\ntransfer-encoding: Chunked",
                       "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n"},
        CompletionCase{"chunks_stay", "200 OK\nTransfer-Encoding: chunked\n\n5\r\nhello\r\n0\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
        CompletionCase{"last_chunk_alone_stays", "200 OK\nTransfer-Encoding: chunked\n\n0\r\n\r\n",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        CompletionCase{"request_gets_no_length", "POST /\nTransfer-Encoding: chunked\n\nhi",
                       "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: shop\r\n\r\n2\r\nhi\r\n0\r\n\r\n"},
        CompletionCase{"answer_to_head_has_no_chunks", "200 OK\nTransfer-Encoding: chunked",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HttpMethod::head},
        CompletionCase{"another_coding_is_not_chunked", "200 OK\nTransfer-Encoding: identity\n\nhi",
                       "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Body, HttpCompletion,
    ::testing::Values(CompletionCase{"right_behind_the_start_line", "200 OK\n<html>hi</html>",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n<html>hi</html>"},
                      CompletionCase{"right_behind_the_fields", "200 OK\nServer: s\n{\"a\": 1}",
                                     "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 8\r\n\r\n{\"a\": 1}"},
                      CompletionCase{"behind_an_empty_line_of_blanks", "200 OK\nServer: s\n \t\nname: value",
                                     "HTTP/1.1 200 OK\r\nServer: s\r\nContent-Length: 11\r\n\r\nname: value"},
                      CompletionCase{"line_that_starts_with_a_colon_is_no_field", "200 OK\n: hi",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n: hi"},
                      CompletionCase{"line_with_a_blank_in_its_name_is_no_field", "200 OK\nDear all: hi",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nDear all: hi"},
                      CompletionCase{"may_hold_empty_lines", "200 OK\n\na\n\nb",
                                     "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\na\n\nb"}),
    CaseName{});

INSTANTIATE_TEST_SUITE_P(
    Semicolon, HttpCompletion,
    ::testing::Values(
        CompletionCase{"stands_for_a_line_break", "GET / HTTP/1.1; Host: example.org; Accept: */*",
                       "GET / HTTP/1.1\r\nHost: example.org\r\nAccept: */*\r\n\r\n"},
        CompletionCase{
            "before_a_parameter_stays", "200 OK; Content-Type: text/html; charset=utf-8; Server: s",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: s\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"before_a_parameter_of_the_last_field_stays", "200 OK; Content-Type: text/html; charset=utf-8",
                       "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{
            "before_a_body_behind_a_parameter", "200 OK; Content-Type: text/html; charset=utf-8; <p>a; b</p>",
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 11\r\n\r\n<p>a; b</p>"},
        CompletionCase{
            "before_cookie_attributes_stays", "200 OK; Set-Cookie: id=1; Path=/; HttpOnly; SameSite=Lax",
            "HTTP/1.1 200 OK\r\nSet-Cookie: id=1; Path=/; HttpOnly; SameSite=Lax\r\nContent-Length: 0\r\n\r\n"},
        CompletionCase{"between_cookies_stays", "GET / HTTP/1.1; Host: a; Cookie: id=1; theme=dark",
                       "GET / HTTP/1.1\r\nHost: a\r\nCookie: id=1; theme=dark\r\n\r\n"},
        CompletionCase{"before_a_weight_stays", "GET /; Host: a; Accept: text/html; q=0.9",
                       "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html; q=0.9\r\n\r\n"},
        CompletionCase{"before_a_form_is_the_empty_line",
                       "POST /login; Host: a; Content-Type: application/x-www-form-urlencoded; user=bob&pass=1",
                       "POST /login HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                       "Content-Length: 15\r\n\r\nuser=bob&pass=1"},
        CompletionCase{"before_json_is_the_empty_line",
                       "POST /; Host: a; Content-Type: application/json; {\"a\": 1; 2}",
                       "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n"
                       "{\"a\": 1; 2}"},
        CompletionCase{
            "in_a_browser_name_stays",
            "GET / HTTP/1.1; Host: a; User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko; Accept: */*",
            "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko\r\n"
            "Accept: */*\r\n\r\n"},
        CompletionCase{"in_a_browser_name_at_the_end_stays", "GET /; Host: a; User-Agent: M (X11; Linux; rv:109.0) G",
                       "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: M (X11; Linux; rv:109.0) G\r\n\r\n"},
        CompletionCase{"in_a_text_with_line_breaks_stays", "GET / HTTP/1.1\nHost: a\nX: b; Y: c",
                       "GET / HTTP/1.1\r\nHost: a\r\nX: b; Y: c\r\n\r\n"},
        CompletionCase{"without_a_blank_stays", "GET /a;Host:b", "GET /a;Host:b HTTP/1.1\r\nHost: shop\r\n\r\n"}),
    CaseName{});

TEST(HttpText, completed_from_semicolons_differs_from_what_it_was) {
  std::string out;
  EXPECT_TRUE(complete_http("GET / HTTP/1.1; Host: a", "shop", HttpMethod::other, out));
}

struct StartLineCase {
  const char* name;
  std::string_view text;
  HttpStartLine expected;
};

class HttpStartLineOf : public ::testing::TestWithParam<StartLineCase> {};

TEST_P(HttpStartLineOf, text_is_told) { EXPECT_EQ(http_start_line(GetParam().text), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    Http, HttpStartLineOf,
    ::testing::Values(StartLineCase{"request", "GET /index.html HTTP/1.1\r\n", HttpStartLine::request},
                      StartLineCase{"request_without_version", "GET /x", HttpStartLine::request},
                      StartLineCase{"request_behind_blanks", " \t POST /x", HttpStartLine::request},
                      StartLineCase{"request_with_fields", "DELETE /x HTTP/1.1\nHost: a", HttpStartLine::request},
                      StartLineCase{"request_with_a_host_as_target", "CONNECT example.org:443", HttpStartLine::request},
                      StartLineCase{"request_of_webdav", "PROPFIND /files", HttpStartLine::request},
                      StartLineCase{"response", "HTTP/1.1 200 OK", HttpStartLine::response},
                      StartLineCase{"response_without_version", "404 Not Found", HttpStartLine::response},
                      StartLineCase{"response_without_reason", "HTTP/1.1 200", HttpStartLine::response},
                      StartLineCase{"response_with_a_remark", "200 OK (image/png)", HttpStartLine::response},
                      StartLineCase{"response_behind_blanks", "  200 OK", HttpStartLine::response},
                      StartLineCase{"response_named_in_words", "Response 200 OK", HttpStartLine::none},
                      StartLineCase{"version_without_status", "HTTP/1.1 is a protocol", HttpStartLine::none},
                      StartLineCase{"version_without_digit", "HTTP/x 200 OK", HttpStartLine::none},
                      StartLineCase{"status_behind_a_stray_return", "\r200 OK", HttpStartLine::none},
                      StartLineCase{"status_alone", "200", HttpStartLine::none},
                      StartLineCase{"status_of_four_digits", "2000 OK", HttpStartLine::none},
                      StartLineCase{"status_below_100", "099 Low", HttpStartLine::none},
                      StartLineCase{"status_above_599", "600 High", HttpStartLine::none},
                      StartLineCase{"method_alone", "GET", HttpStartLine::none},
                      StartLineCase{"method_with_its_target_on_the_next_line", "GET\n/x", HttpStartLine::none},
                      StartLineCase{"method_in_lower_case", "get /x", HttpStartLine::none},
                      StartLineCase{"method_that_goes_on", "GETTING /x", HttpStartLine::none},
                      StartLineCase{"prose", "Hello, did you get /x?", HttpStartLine::none},
                      StartLineCase{"field_line", "Host: example.org", HttpStartLine::none},
                      StartLineCase{"json", "{\"GET\": \"/x\"}", HttpStartLine::none},
                      StartLineCase{"empty", "", HttpStartLine::none},
                      StartLineCase{"empty_line", "\r\n", HttpStartLine::none},
                      StartLineCase{"blanks", " \t ", HttpStartLine::none}),
    CaseName{});

TEST(HttpText, names_its_version_only_where_it_stands_in_the_first_line) {
  EXPECT_TRUE(names_http_version("HTTP/1.1 200 OK"));
  EXPECT_TRUE(names_http_version("GET / HTTP/1.0\r\n"));
  EXPECT_FALSE(names_http_version("GET /"));
  EXPECT_FALSE(names_http_version("200 OK\nServer: a HTTP/1.1 one"));
  EXPECT_FALSE(names_http_version(""));
}

TEST(HttpText, tells_the_methods_an_answer_depends_on) {
  EXPECT_EQ(http_method("HEAD / HTTP/1.1"), HttpMethod::head);
  EXPECT_EQ(http_method(" HEAD /"), HttpMethod::head);
  EXPECT_EQ(http_method("CONNECT a:443"), HttpMethod::connect);
  EXPECT_EQ(http_method("GET /HEAD"), HttpMethod::other);
  EXPECT_EQ(http_method("HEADER /"), HttpMethod::other);
  EXPECT_EQ(http_method("head /"), HttpMethod::other);
  EXPECT_EQ(http_method(""), HttpMethod::other);
}

/// A text as tables hold them: pieces of HTTP, whole or bent, in any order behind a start line.
std::string random_message(Random& random) {
  static constexpr std::array<std::string_view, 10> starts{
      "GET /a", "POST /b HTTP/1.1", "HEAD / HTTP/1.0", "CONNECT h:443",     " PUT /c ",
      "200 OK", "HTTP/1.1 404 No",  "204 None",        "HTTP/1.1 101 Swap", "304 Same (png)"};
  static constexpr std::array<std::string_view, 22> pieces{"Host: a",
                                                           "host:b",
                                                           "Content-Length: 3",
                                                           "content-length: x",
                                                           "Transfer-Encoding: chunked",
                                                           "X: y; z=1",
                                                           "Accept: */*",
                                                           " folded: line",
                                                           "no field",
                                                           "{\"a\": 1}",
                                                           "",
                                                           " ",
                                                           "0",
                                                           "5",
                                                           "hello",
                                                           ":",
                                                           "; ",
                                                           "; A: b",
                                                           "\xc3\xa9",
                                                           "\r",
                                                           "a=b&c=d",
                                                           "charset=utf-8"};
  static constexpr std::array<std::string_view, 4> breaks{"\n", "\r\n", "; ", ""};
  std::string text{starts[random.below(starts.size())]};
  const std::uint64_t count = random.below(9);
  for (std::uint64_t i = 0; i < count; ++i) {
    text.append(breaks[random.below(breaks.size())]).append(pieces[random.below(pieces.size())]);
  }
  if (random.one_in(3)) text.append(breaks[random.below(2)]);
  return text;
}

TEST(HttpTextProperty, a_completed_message_is_complete) {
  check_property(20000, [](Random& random) {
    const std::string text = random_message(random);
    const auto method = static_cast<HttpMethod>(random.below(3));
    if (http_start_line(text) == HttpStartLine::none) return;  // a piece joined to the start line spoiled it
    const std::string once = complete(text, method);
    EXPECT_EQ(http_start_line(once), http_start_line(text)) << text;
    EXPECT_TRUE(names_http_version(once)) << text;
    EXPECT_NE(once.find("\r\n\r\n"), std::string::npos) << text;
    std::string twice;
    EXPECT_FALSE(complete_http(once, "shop", method, twice)) << "text: " << text << "\nonce: " << once;
    EXPECT_EQ(twice, once) << text;
  });
}

}  // namespace
}  // namespace encap::test
