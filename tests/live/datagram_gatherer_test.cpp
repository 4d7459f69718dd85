#include "live/datagram_gatherer.h"

#include <gtest/gtest.h>
#include <string>

namespace encap::live {
namespace {

DatagramGatherer::Key key(std::uint32_t identification) {
  return {Ipv4Address{0x7f000001}, Ipv4Address{0x7f000002}, identification, Protocol::udp};
}

TEST(DatagramGatherer, puts_fragments_of_several_datagrams_together) {
  DatagramGatherer gatherer;
  EXPECT_TRUE(gatherer.add(key(1), 0, true, as_bytes("12345678")).taken);
  EXPECT_TRUE(gatherer.add(key(2), 0, true, as_bytes("abcdefgh")).taken);
  const auto first = gatherer.add(key(1), 8, false, as_bytes("9"));
  ASSERT_TRUE(first.whole);
  EXPECT_EQ(as_text(*first.whole), "123456789");
  const auto second = gatherer.add(key(2), 8, false, as_bytes("i"));
  ASSERT_TRUE(second.whole);
  EXPECT_EQ(as_text(*second.whole), "abcdefghi");
}

TEST(DatagramGatherer, leaves_out_what_is_out_of_order) {
  DatagramGatherer gatherer;
  EXPECT_FALSE(gatherer.add(key(1), 8, true, as_bytes("12345678")).taken);
  EXPECT_TRUE(gatherer.add(key(1), 0, true, as_bytes("12345678")).taken);
  EXPECT_FALSE(gatherer.add(key(1), 16, true, as_bytes("12345678")).taken);
  EXPECT_FALSE(gatherer.add(key(1), 8, false, as_bytes("12345678")).taken);
}

TEST(DatagramGatherer, begins_anew_where_a_datagram_does) {
  DatagramGatherer gatherer;
  EXPECT_TRUE(gatherer.add(key(1), 0, true, as_bytes("12345678")).taken);
  EXPECT_TRUE(gatherer.add(key(1), 8, true, as_bytes("12345678")).taken);
  EXPECT_TRUE(gatherer.add(key(1), 0, true, as_bytes("abcdefgh")).taken);
  const auto whole = gatherer.add(key(1), 8, false, as_bytes("i")).whole;
  ASSERT_TRUE(whole);
  EXPECT_EQ(as_text(*whole), "abcdefghi");
}

TEST(DatagramGatherer, is_bounded_in_datagrams_and_octets) {
  DatagramGatherer gatherer;
  for (std::uint32_t i = 0; i <= DatagramGatherer::most_datagrams; ++i) {
    EXPECT_TRUE(gatherer.add(key(i), 0, true, as_bytes("12345678")).taken);
  }
  EXPECT_FALSE(gatherer.add(key(0), 8, false, as_bytes("9")).taken);  // the oldest made room
  EXPECT_TRUE(gatherer.add(key(1), 8, false, as_bytes("9")).whole);
  const std::string most(65528, 'x');
  EXPECT_TRUE(gatherer.add(key(1), 0, true, as_bytes(most)).taken);
  EXPECT_FALSE(gatherer.add(key(1), most.size(), false, as_bytes("12345678")).taken);
}

}  // namespace
}  // namespace encap::live
