#include "dissect/http_plain.h"

#include <gtest/gtest.h>
#include <string>

namespace encap::http::test {
namespace {

using namespace std::string_view_literals;

TEST(PlainHttp, requests_and_responses_without_a_body_are_plain) {
  constexpr std::string_view request = "GET /a HTTP/1.1\r\nHost: h:80\r\nX-Y: z\r\n\r\n";
  const std::string two = std::string{request} + "HEAD / HTTP/1.1\r\n\r\n";
  PlainMessage asked;
  ASSERT_TRUE(read_plain_message(two, asked));
  EXPECT_EQ(asked.kind, Kind::asks);
  EXPECT_EQ(asked.method, "GET");
  EXPECT_EQ(asked.first_line, "GET /a HTTP/1.1");
  EXPECT_EQ(asked.size, request.size());

  constexpr std::string_view response = "HTTP/1.1 404 Not Found\r\ncontent-length:  0\r\nDate: x\r\n\r\n";
  PlainMessage answered;
  ASSERT_TRUE(read_plain_message(response, answered));
  EXPECT_EQ(answered.kind, Kind::answers);
  EXPECT_EQ(answered.code, 404u);
  EXPECT_EQ(answered.size, response.size());
}

TEST(PlainHttp, responses_of_codes_that_have_no_body_are_plain_without_a_length) {
  for (const std::string_view text : {"HTTP/1.1 204 No Content\r\n\r\nabc", "HTTP/1.1 304 Not Modified\r\n\r\nabc"}) {
    PlainMessage answered;
    ASSERT_TRUE(read_plain_message(text, answered)) << text;
    EXPECT_EQ(answered.size, text.size() - 3);
  }
}

TEST(PlainHttp, names_have_letters_digits_and_hyphens_only_wherever_they_stand) {
  const std::string allowed = "0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (unsigned octet = 0; octet < 256; ++octet) {
        std::string name(size, 'x');
        name[at] = static_cast<char>(octet);
        const bool ends_there = octet == ':' && at != 0;  // and the rest of it is a value
        PlainMessage message;
        EXPECT_EQ(read_plain_message("GET / HTTP/1.1\r\n" + name + ": v\r\n\r\n", message),
                  ends_there || allowed.find(name[at]) != std::string::npos)
            << "octet " << octet << " at " << at << " of " << size;
      }
    }
  }
}

// Whatever has to be looked at more closely is left to the reader of all messages.
TEST(PlainHttp, everything_else_is_not) {
  constexpr std::string_view others[] = {
      "",
      "GET / HTTP/1.1",
      "GET / HTTP/1.1\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n",
      "GET / HTTP/1.1\nHost: h\n\n",
      "GET / HTTP/1.1\r\nHost: h\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: \0h\r\n\r\n"sv,
      "GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n",
      "GET /\x7f HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nNo colon\r\n\r\n",
      "GET / HTTP/1.1\r\n: empty\r\n\r\n",
      "GET / HTTP/1.1\r\nBad name: x\r\n\r\n",
      "GET / HTTP/1.1\r\nBad_name: x\r\n\r\n",
      "GET / HTTP/1.1\r\nICY-Name: x\r\n\r\n",
      "GET / HTTP/1.1\r\nM-Name: x\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\na",
      "POST / HTTP/1.1\r\nContent-Length: 00\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 0 \r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
      "POST / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
      "POST / HTTP/1.1\r\ntransfer-ENCODING: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n",
      "GET / HTTP/1.1\r\nHTTP2-Settings: AAA\r\n\r\n",
      "CONNECT a:1 HTTP/1.1\r\n\r\n",
      "M-GET / HTTP/1.1\r\n\r\n",
      "NOTIFY / HTTP/1.1\r\n\r\n",
      "Host: h\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\n",
      "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\na",
      "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
      "HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
      "ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
  };
  for (const std::string_view text : others) {
    PlainMessage message;
    EXPECT_FALSE(read_plain_message(text, message)) << text;
  }
}

}  // namespace
}  // namespace encap::http::test
