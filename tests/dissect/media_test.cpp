#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "dissect/http_packets.h"

namespace encap::test {
namespace {

using namespace std::string_literals;

struct Case {
  std::string_view name;
  std::string_view type;
  std::string body;
  std::string_view lines;  // that must be there, in one piece
};

const std::string jfif = "\xff\xd8\xff\xe0\0\x10JFIF\0\1\2\1\0\x48\0\x60\0\0"s;

const Case cases[] = {
    {"jfif", "image/jpeg", jfif + "\xff\xd9"s,
     "    Marker: Start of Image (0xffd8)\n"
     "    Marker segment: Reserved for application segments - 0 (0xFFE0)\n"
     "        Marker: Reserved for application segments - 0 (0xffe0)\n        Length: 16\n"
     "        Identifier: JFIF\n        Version: 1.2\n            Major Version: 1\n            Minor Version: 2\n"
     "        Units: Dots per inch (1)\n        Xdensity: 72\n        Ydensity: 96\n        Xthumbnail: 0\n"
     "        Ythumbnail: 0\n    Marker: End of Image (0xffd9)\n"},
    {"jfif_scan", "image/jpeg", jfif + "\xff\xda\0\x08\1\1\x23\0\x3f\0\x12\xff\0\x34\xff\xff\xd9"s,
     "        Number of image components in scan: 1\n        Scan component selector: 1\n"
     "        0010 .... = DC entropy coding table destination selector: 2\n"
     "        .... 0011 = AC entropy coding table destination selector: 3\n"
     "        Start of spectral or predictor selection: 0\n        End of spectral selection: 63\n"},
    {"jfif_fill", "image/jpeg", jfif + "\xff\xff\xff\xd9"s,
     "    Fill bytes: ffff\n    Marker: End of Image (0xffd9)\n"},
    {"jfif_frame", "image/jpeg", jfif + "\xff\xc0\0\x0b\x08\0\x10\0\x20\1\1\x21\0"s,
     "        Sample Precision (bits): 8\n        Lines: 16\n        Samples per line: 32\n"
     "        Number of image components in frame: 1\n        Component identifier: 1\n"
     "        0010 .... = Horizontal sampling factor: 2\n        .... 0001 = Vertical sampling factor: 1\n"
     "        Quantization table destination selector: 0\n"},
    {"jfif_reserved", "image/jpeg", jfif + "\xff\x02"s, "    Marker: Unknown (0xff02) (Reserved)\n"},
    {"exif", "image/jpeg",
     "\xff\xd8\xff\xe1\0\x16"
     "Exif\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0"s,
     "        Endianness: big endian\n        Start offset of IFD starting from the TIFF header start: 8 bytes\n"},
    {"png", "image/png", "\x89PNG\r\n\x1a\n\0\0\0\4gAMA\0\1\x86\xa0\1\2\3\4"s,
     "    Image gamma (gAMA)\n        Len: 4\n        Chunk: gAMA\n"},
    {"gif", "image/gif",
     "GIF89a\3\0\4\0\0\0\0\x3b"
     "past it"s,
     "Compuserve GIF, Version: GIF89a\n    Version: GIF89a\n    Screen width: 3\n    Screen height: 4\n"},
    {"last_part_without_line", "multipart/mixed; boundary=x", "--x\r\nContent-Type: text/plain\r\n\r\nhi--x--\r\n",
     "        Line-based text data: text/plain (1 lines)\n            hi\n    Last boundary: --x--\\r\\n\n"},
    {"parts_end_in_line_feeds", "multipart/mixed; boundary=x",
     "--x\r\nContent-Type: text/plain\r\n\r\nhi\n--x\nContent-Type: text/plain\r\n\r\nho\n--x--",
     "    Boundary: \\n--x\\n\n    Encapsulated multipart part:  (text/plain)\n"
     "        Content-Type: text/plain\\r\\n\\r\\n\n        Line-based text data: text/plain (1 lines)\n"
     "            ho\n    Last boundary: \\n--x--\n"},
    {"headers_end_in_line_feeds", "multipart/mixed; boundary=x", "--x\nContent-Type: text/plain\n\nhi\n--x--\n",
     "    Encapsulated multipart part: \n[Malformed Packet: MIME multipart]\n"},
    {"form_value_is_not_encoded", "application/x-www-form-urlencoded", "a=%zz",
     "    Form item: \"a\"\n        Key: a\n"},
    {"comment", "text/xml", "<a><!-- b --></a>", "    <a>\n        <!-- b -->\n        </a>\n"},
    {"comment_too_short", "text/xml", "<!-->", "    Unrecognized text\n"},
    {"media", "a/b; c=d", "\x01\x02", "Media Type\n    Media type: a/b; c=d (2 bytes)\n"},
};

TEST(Media, shows_what_tshark_shows) {
  for (const Case& each : cases) {
    const std::string packet = http_response(each.type, each.body);
    const std::string tree = tree_of(packet);
    EXPECT_NE(tree.find(each.lines), std::string::npos) << each.name << "\n" << tree;
  }
}

TEST(Media, every_truncation_keeps_the_layers_before_it) {
  for (const Case& each : cases) {
    const std::string packet = http_response(each.type, each.body);
    for (std::size_t length = 40; length < packet.size(); ++length) {
      const std::string tree = tree_of(std::string_view{packet}.substr(0, length), packet.size());
      EXPECT_NE(tree.find("Transmission Control Protocol"), std::string::npos) << each.name << " " << length;
    }
    for (std::size_t length = 1; length < each.body.size(); ++length) {
      const std::string shorter = http_response(each.type, std::string_view{each.body}.substr(0, length));
      EXPECT_NE(tree_of(shorter).find("File Data: "), std::string::npos) << each.name << " " << length;
    }
  }
}

TEST(Media, long_bodies_end) {
  for (const Case& each : cases) {
    std::string body = each.body;
    while (body.size() + each.body.size() < 60'000) body += each.body;
    const std::string packet = http_response(each.type, body);
    EXPECT_NE(tree_of(packet).find("File Data: "), std::string::npos) << each.name;
  }
}

}  // namespace
}  // namespace encap::test
