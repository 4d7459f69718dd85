#include "encap/render/colour.h"

#include <gtest/gtest.h>

namespace encap::test {
namespace {

std::string_view colour_of(std::string_view protocol, std::string_view info) {
  static Columns columns;
  columns.protocol.reset();
  columns.protocol.set(protocol);
  columns.info.reset();
  columns.info.set(info);
  return colour_start(columns);
}

TEST(Colour, tells_apart_what_a_reader_looks_for) {
  const auto bad = colour_of("TCP", "[TCP Retransmission] 1 → 2 [ACK] Seq=1");
  const auto reset = colour_of("TCP", "1 → 2 [RST] Seq=1");
  const auto http = colour_of("HTTP", "GET / HTTP/1.1 ");
  const auto dns = colour_of("DNS", "Standard query 0x0000 A example.com");
  EXPECT_NE(bad, "");
  EXPECT_NE(bad, reset);
  EXPECT_NE(http, dns);
  EXPECT_EQ(colour_of("UDP", "[Malformed Packet]"), bad);
  EXPECT_NE(colour_of("TCP", "[TCP Window Update] 1 → 2"), bad);
  EXPECT_EQ(colour_of("TCP", "1 → 2 [ACK] Seq=1"), "");
}

TEST(Colour, is_not_fooled_by_what_a_message_says) {
  EXPECT_EQ(colour_of("HTTP", "GET /[RST HTTP/1.1 "), colour_of("HTTP", "GET / HTTP/1.1 "));
}

}  // namespace
}  // namespace encap::test
