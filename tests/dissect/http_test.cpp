#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "dissect/http_packets.h"

namespace encap::test {
namespace {

struct Case {
  std::string_view name;
  std::string_view payload;
  std::string_view tree;  // lines that must be there, in one piece
};

constexpr Case cases[] = {
    {"request", "GET /a?b=c HTTP/1.1\r\nHost: h\r\nX-Y: z\r\n\r\n",
     "        Request URI: /a?b=c\n            Request URI Path: /a\n            Request URI Query: b=c\n"
     "                Request URI Query Parameter: b=c\n        Request Version: HTTP/1.1\n    Host: h\\r\\n\n"
     "    X-Y: z\\r\\n\n    \\r\\n\n    [Full request URI: http://h/a?b=c]\n    [HTTP request 1/1]\n"},
    {"json", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
     "    File Data: 7 bytes\nJavaScript Object Notation: application/json\n    Object\n        Member: a\n"
     "            [Path with value: /a:1]\n            [Member with value: a:1]\n            Number value: 1\n"
     "            Key: a\n            [Path: /a]\n"},
    {"xml", "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 14\r\n\r\n<a b=\"c\">d</a>",
     "eXtensible Markup Language\n    <a\n        b=\"c\">\n        d\n        </a>\n"},
    {"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
     "        Data chunk (2 octets)\n            Chunk size: 2 octets\n            Chunk data: 6869\n"
     "            Chunk boundary: 0d0a\n        End of chunked encoding\n            Chunk size: 0 octets\n"
     "        \\r\\n\n    File Data: 2 bytes\nLine-based text data: text/plain (1 lines)\n    hi\n"},
    {"form", "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\na%2Bb=c+",
     "HTML Form URL Encoded: application/x-www-form-urlencoded\n    Form item: \"a+b\" = \"c \"\n"},
    {"credentials", "GET / HTTP/1.1\r\nAuthorization: Basic dXNlcjpwYXNz\r\n\r\n",
     "    Authorization: Basic dXNlcjpwYXNz\\r\\n\n        Credentials: user:pass\n"},
    {"pipelined", "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n", "        Request URI: /2\n"},
    {"multipart",
     "POST / HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=x\r\nContent-Length: 45\r\n\r\n"
     "--x\r\nContent-Type: text/plain\r\n\r\nhi\r\n--x--\r\n",
     "    First boundary: --x\\r\\n\n    Encapsulated multipart part:  (text/plain)\n"},
};

TEST(Http, shows_what_tshark_shows) {
  for (const Case& each : cases) {
    const std::string tree = tree_of(http_packet(each.payload));
    EXPECT_NE(tree.find(each.tree), std::string::npos) << each.name << "\n" << tree;
  }
}

TEST(Http, every_truncation_keeps_the_layers_before_it) {
  for (const Case& each : cases) {
    const std::string packet = http_packet(each.payload);
    for (std::size_t length = 41; length < packet.size(); ++length) {
      const std::string tree = tree_of(std::string_view{packet}.substr(0, length), packet.size());
      EXPECT_NE(tree.find("Transmission Control Protocol"), std::string::npos) << each.name << " " << length;
    }
  }
}

TEST(Http, nesting_and_unending_markup_end) {
  for (const std::string_view body : {"[", "{\"a\":", "<a>", "<!--", "<![CDATA[", "<a b=\"", "]]", "\"\\u"}) {
    std::string many;
    while (many.size() < 20'000) many += body;
    for (const std::string_view type : {"application/json", "text/xml", "multipart/x; boundary=a"}) {
      const std::string message = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string{type} + "\r\n\r\n" + many;
      EXPECT_FALSE(tree_of(http_packet(message)).empty());
    }
  }
}

}  // namespace
}  // namespace encap::test
