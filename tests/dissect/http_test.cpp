#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "encap/dissect/dissector.h"
#include "encap/render/tree.h"

namespace encap {
namespace {

// An IPv4 packet from port 49152 to port 80 of 192.0.2.0/24 that carries `payload`, checksums left to the card.
std::string packet_of(std::string_view payload) {
  using namespace std::string_literals;
  std::string packet =
      "\x45\0\0\0\0\1\0\0\x40\6\0\0\xc0\0\2\1\xc0\0\2\2"s
      "\xc0\0\0\x50\0\0\0\1\0\0\0\1\x50\x18\x20\0\0\0\0\0"s;
  packet += payload;
  packet[2] = static_cast<char>(packet.size() >> 8);
  packet[3] = static_cast<char>(packet.size() & 0xff);
  return packet;
}

std::string tree_of(std::string_view packet, std::size_t original) {
  PacketRecord record;
  record.link_type = LinkType::raw;
  record.bytes = std::as_bytes(std::span{packet.data(), packet.size()});
  record.original_length = static_cast<std::uint32_t>(original);
  Dissector dissector;
  Dissection dissection;
  dissector.dissect(record, dissection);
  std::string text;
  append_tree(text, dissection);
  return text;
}
std::string tree_of(std::string_view payload) {
  const std::string packet = packet_of(payload);
  return tree_of(packet, packet.size());
}

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
    const std::string tree = tree_of(each.payload);
    EXPECT_NE(tree.find(each.tree), std::string::npos) << each.name << "\n" << tree;
  }
}

TEST(Http, every_truncation_keeps_the_layers_before_it) {
  for (const Case& each : cases) {
    const std::string packet = packet_of(each.payload);
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
      EXPECT_FALSE(tree_of("HTTP/1.1 200 OK\r\nContent-Type: " + std::string{type} + "\r\n\r\n" + many).empty());
    }
  }
}

}  // namespace
}  // namespace encap
