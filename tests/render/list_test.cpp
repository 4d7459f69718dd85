#include "encap/render/list.h"

#include <gtest/gtest.h>

#include "dissected.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"

namespace encap::test {
namespace {

std::string time_text(Timestamp at, unsigned decimals, TimeFormat format, Duration since_first = {}) {
  Dissected packet{unknown_ethertype, {.timestamp = at, .decimals = static_cast<std::uint8_t>(decimals)}};
  packet->since_first = since_first;
  std::string out;
  append_time(out, *packet, format);
  return out;
}

TEST(ListTime, has_the_digits_the_capture_knows) {
  constexpr Duration later{1'234'567'891};
  EXPECT_EQ(time_text({}, 9, TimeFormat::relative, later), "1.234567891");
  EXPECT_EQ(time_text({}, 6, TimeFormat::relative, later), "1.234567");
  EXPECT_EQ(time_text({}, 3, TimeFormat::relative, later), "1.234");
  EXPECT_EQ(time_text({}, 0, TimeFormat::relative, later), "1");
}

TEST(ListTime, may_lie_before_the_first_packet) {
  EXPECT_EQ(time_text({}, 6, TimeFormat::relative, Duration{-49'500'000'000}), "-49.500000");
  EXPECT_EQ(time_text({}, 6, TimeFormat::relative, Duration{-1'000}), "-0.000001");
  EXPECT_EQ(time_text({}, 9, TimeFormat::relative, Duration::min()), "-9223372036.854775808");
}

TEST(ListTime, is_shown_in_each_format_of_utc) {
  constexpr Timestamp at{1'700'000'001'001'000'000};
  EXPECT_EQ(time_text(at, 6, TimeFormat::epoch), "1700000001.001000");
  EXPECT_EQ(time_text(at, 6, TimeFormat::utc), "22:13:21.001000");
  EXPECT_EQ(time_text(at, 6, TimeFormat::utc_date), "2023-11-14 22:13:21.001000");
  EXPECT_EQ(time_text(at, 6, TimeFormat::utc_day_of_year), "2023/318 22:13:21.001000");
  EXPECT_EQ(time_text({-1}, 9, TimeFormat::utc_date), "1969-12-31 23:59:59.999999999");
}

TEST(ListTime, is_nothing_where_the_packet_has_none) {
  Dissected packet{unknown_ethertype, {.has_timestamp = false}};
  for (const auto letters : {"r", "a", "ad", "adoy", "d", "dd", "e", "u", "ud", "udoy"}) {
    std::string out;
    append_time(out, *packet, find_time_format(letters).value());
    EXPECT_EQ(out, "") << letters;
  }
  EXPECT_FALSE(find_time_format("x"));
}

TEST(ListLine, aligns_the_columns) {
  Dissected packet{unknown_ethertype, {.decimals = 6}};
  packet->columns.source = {{10, 0, 0, 1}, Address::Kind::ipv4, 4};
  packet->columns.destination = {{192, 168, 100, 200}, Address::Kind::ipv4, 4};
  packet->columns.protocol.reset();
  packet->columns.protocol.set("TCP");
  packet->columns.info.reset();
  packet->columns.info.set("what it says");
  std::string out;
  append_list_line(out, *packet);
  EXPECT_EQ(out, "    1   0.000000     10.0.0.1 → 192.168.100.200 TCP 19 what it says");
  out.clear();
  packet->columns.destination = {{10, 0, 0, 2}, Address::Kind::ipv4, 4};
  packet->frame_number = 1'234'567;
  append_list_line(out, *packet, TimeFormat::relative, '\t');
  EXPECT_EQ(out, "1234567\t  0.000000\t    10.0.0.1\t→\t10.0.0.2    \tTCP\t19\twhat it says");
}

// The columns of the number, the time and the source.
std::string front_of_line(std::uint64_t number, const PacketRecord& record, Duration since_first,
                          const Address& source) {
  Dissected packet{unknown_ethertype, record};
  packet->frame_number = number;
  packet->since_first = since_first;
  packet->columns.source = source;
  std::string out;
  append_list_line(out, *packet, TimeFormat::relative, '|');
  return out.substr(0, out.find("|→"));
}

TEST(ListLine, has_blanks_in_front_of_what_is_short) {
  const auto ipv4 = [](std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return Address{{a, b, c, d}, Address::Kind::ipv4, 4};
  };
  const Address loopback{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, Address::Kind::ipv6, 16};
  const PacketRecord micro{.decimals = 6};
  using namespace std::chrono_literals;
  EXPECT_EQ(front_of_line(1, micro, 0s, ipv4(1, 2, 3, 4)), "    1|  0.000000|     1.2.3.4");
  EXPECT_EQ(front_of_line(99'999, micro, -1us, ipv4(10, 20, 30, 40)), "99999| -0.000001| 10.20.30.40");
  EXPECT_EQ(front_of_line(100'000, micro, 100s, ipv4(100, 20, 30, 40)), "100000|100.000000|100.20.30.40");
  EXPECT_EQ(front_of_line(12, {.decimals = 3}, -49'500ms, ipv4(255, 255, 255, 255)),
            "   12|   -49.500|255.255.255.255");
  EXPECT_EQ(front_of_line(12, {.decimals = 0}, 1'234'567'890s, loopback), "   12|1234567890|         ::1");
  EXPECT_EQ(front_of_line(12, {.has_timestamp = false}, 0s, {}), "   12|          |            ");
}

TEST(ListLine, never_writes_to_the_terminal) {
  Dissected packet{unknown_ethertype};
  packet->columns.info.reset();
  packet->columns.info.set("a\x1b[31m\n\t\x7f\xff\xc2\x9b é");
  std::string out;
  append_list_line(out, *packet);
  EXPECT_TRUE(out.ends_with("a\\033[31m\\n\\t\\177\xef\xbf\xbd\\233 é")) << out;
}

struct AddressCase {
  const char* name;
  Address address;
  const char* text;
};
class ListAddress : public testing::TestWithParam<AddressCase> {};
TEST_P(ListAddress, is_written_as_inet_ntop_does) {
  std::string out;
  append_text(out, GetParam().address);
  EXPECT_EQ(out, GetParam().text);
}
INSTANTIATE_TEST_SUITE_P(
    All, ListAddress,
    testing::Values(
        AddressCase{"none", {}, ""}, AddressCase{"ipv4", {{255, 0, 10, 1}, Address::Kind::ipv4, 4}, "255.0.10.1"},
        AddressCase{"ether", {{2, 0, 0, 0xab, 0xcd, 0xef}, Address::Kind::ether, 6}, "02:00:00:ab:cd:ef"},
        AddressCase{"unspecified", {{}, Address::Kind::ipv6, 16}, "::"},
        AddressCase{"loopback", {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, Address::Kind::ipv6, 16}, "::1"},
        AddressCase{"mapped",
                    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}, Address::Kind::ipv6, 16},
                    "::ffff:192.0.2.1"},
        AddressCase{
            "compatible", {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1}, Address::Kind::ipv6, 16}, "::192.0.2.1"},
        AddressCase{"gap_inside",
                    {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}, Address::Kind::ipv6, 16},
                    "2001:db8::1:0:0:1"},
        AddressCase{"one_zero_group",
                    {{0x20, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, Address::Kind::ipv6, 16},
                    "2001:0:1:1:1:1:1:1"},
        AddressCase{"gap_at_the_end", {{0xfe, 0x80}, Address::Kind::ipv6, 16}, "fe80::"}),
    CaseName{});

TEST(ListLine, allocates_nothing_once_its_text_is_as_long_as_it_gets) {
  Dissected packet{unknown_ethertype, {}, Detail::columns};
  packet->columns.source = {{0x20, 1, 0xd, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Address::Kind::ipv6, 16};
  std::string out;
  append_list_line(out, *packet, TimeFormat::absolute_date);
  out.clear();
  const AllocationCounter allocations;
  append_list_line(out, *packet, TimeFormat::absolute_date);
  EXPECT_EQ(allocations.count(), 0u);
}

}  // namespace
}  // namespace encap::test
