#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "encap/dissect/dissector.h"
#include "support/ip_packets.h"

namespace encap::test {
namespace {

using namespace std::string_view_literals;

// An acknowledgment or a SYN with 12 octets of options.
std::string packet_with(std::string_view options, std::uint8_t flags) {
  std::string segment = tcp_segment({}, 1, 1, flags);
  segment[12] = '\x80';  // eight words of header
  return ipv4_packet(6, {}, segment + std::string{options});
}

std::string info_of(std::string_view packet, Detail detail) {
  const PacketRecord record = record_of(packet);
  Dissector dissector;
  Dissection dissection{detail};
  dissector.dissect(record, dissection);
  return std::string{dissection.columns.info.text()};
}

// Two of no operation and timestamps, as most segments have them, and what is nearly that.
constexpr std::string_view timestamps_alone = "\1\1\10\12\0\0\0\7\0\0\0\5"sv;
constexpr std::string_view others[] = {"\10\12\0\0\0\7\0\0\0\5\1\1"sv, "\1\1\10\11\0\0\0\7\0\0\0\1"sv,
                                       "\1\1\5\12\0\0\0\7\0\0\0\5"sv, "\1\1\1\1\1\1\1\1\1\1\1\1"sv};

TEST(TcpOptions, timestamps_are_told_in_their_order) {
  for (const Detail detail : {Detail::columns, Detail::items}) {
    EXPECT_TRUE(info_of(packet_with(timestamps_alone, 0x10), detail).ends_with(" TSval=7 TSecr=5"));
    EXPECT_TRUE(info_of(packet_with(others[0], 0x10), detail).ends_with(" TSval=7 TSecr=5"));
  }
}

TEST(TcpOptions, the_list_says_the_same_of_them_with_and_without_items) {
  for (const std::uint8_t flags : {std::uint8_t{0x10}, std::uint8_t{0x02}}) {
    for (const std::string_view options : {timestamps_alone, others[0], others[1], others[2], others[3]}) {
      const std::string packet = packet_with(options, flags);
      for (std::size_t size = 40; size <= packet.size(); ++size) {
        const std::string cut = packet.substr(0, size);
        EXPECT_EQ(info_of(cut, Detail::columns), info_of(cut, Detail::items)) << "cut to " << size;
      }
    }
  }
}

}  // namespace
}  // namespace encap::test
