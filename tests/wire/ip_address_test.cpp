#include "encap/wire/ip_address.h"

#include <arpa/inet.h>
#include <cstring>
#include <gtest/gtest.h>

#include "encap/wire/endpoint.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

/// What the system's own inet_pton makes of a text: the octets, or none.
std::vector<std::byte> by_system(int family, const char* text) {
  std::vector<std::byte> octets(family == AF_INET ? 4 : 16);
  if (::inet_pton(family, text, octets.data()) != 1) octets.clear();
  return octets;
}

std::string text_by_system(const Ipv6Address& address) {
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(AF_INET6, address.octets.data(), text, sizeof text);
}

std::vector<std::byte> octets_of(const std::optional<Ipv4Address>& address) {
  return address ? copy_of(IpAddress{*address}.octets()) : std::vector<std::byte>{};
}
std::vector<std::byte> octets_of(const std::optional<Ipv6Address>& address) {
  return address ? copy_of(IpAddress{*address}.octets()) : std::vector<std::byte>{};
}

struct TextCase {
  const char* name;
  const char* text;
  bool valid;
};

class Ipv4AddressText : public ::testing::TestWithParam<TextCase> {};

TEST_P(Ipv4AddressText, is_read_as_the_system_reads_it) {
  const auto address = Ipv4Address::parse(GetParam().text);
  ASSERT_EQ(address.has_value(), GetParam().valid);
  EXPECT_TRUE(same_octets(octets_of(address), by_system(AF_INET, GetParam().text)));
  EXPECT_EQ(address ? to_string(*address) : GetParam().text, GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Ipv4Address, Ipv4AddressText,
    ::testing::Values(TextCase{"loopback", "127.0.0.1", true}, TextCase{"zero", "0.0.0.0", true},
                      TextCase{"broadcast", "255.255.255.255", true}, TextCase{"ends_in_zero", "10.20.30.0", true},
                      TextCase{"empty", "", false}, TextCase{"three_parts", "1.2.3", false},
                      TextCase{"five_parts", "1.2.3.4.5", false}, TextCase{"part_of_256", "1.2.3.256", false},
                      TextCase{"part_of_four_digits", "1.2.3.1000", false}, TextCase{"leading_zero", "1.2.3.04", false},
                      TextCase{"double_zero", "00.0.0.0", false}, TextCase{"empty_part", "1..3.4", false},
                      TextCase{"dot_at_the_end", "1.2.3.4.", false}, TextCase{"dot_at_the_start", ".1.2.3.4", false},
                      TextCase{"blank_in_front", " 1.2.3.4", false}, TextCase{"blank_behind", "1.2.3.4 ", false},
                      TextCase{"sign", "1.2.3.-4", false}, TextCase{"plus", "1.2.3.+4", false},
                      TextCase{"hexadecimal", "0x7f.0.0.1", false}, TextCase{"one_number", "2130706433", false},
                      TextCase{"letters", "localhost", false}, TextCase{"newline_behind", "1.2.3.4\n", false},
                      TextCase{"port_behind", "1.2.3.4:80", false}),
    CaseName{});

class Ipv6AddressText : public ::testing::TestWithParam<TextCase> {};

TEST_P(Ipv6AddressText, is_read_as_the_system_reads_it) {
  const auto address = Ipv6Address::parse(GetParam().text);
  ASSERT_EQ(address.has_value(), GetParam().valid);
  EXPECT_TRUE(same_octets(octets_of(address), by_system(AF_INET6, GetParam().text)));
}

INSTANTIATE_TEST_SUITE_P(
    Ipv6Address, Ipv6AddressText,
    ::testing::Values(
        TextCase{"any", "::", true}, TextCase{"loopback", "::1", true}, TextCase{"gap_at_the_end", "1::", true},
        TextCase{"gap_in_the_middle", "2001:db8::1", true}, TextCase{"full", "1:2:3:4:5:6:7:8", true},
        TextCase{"upper_case", "2001:DB8::ABCD", true}, TextCase{"leading_zeros", "2001:0db8::0001", true},
        TextCase{"gap_of_one_group", "1:2:3::5:6:7:8", true},
        TextCase{"gap_of_one_group_at_the_end", "1:2:3:4:5:6:7::", true},
        TextCase{"gap_of_one_group_at_the_start", "::2:3:4:5:6:7:8", true},
        TextCase{"mapped_ipv4", "::ffff:1.2.3.4", true},
        TextCase{"dotted_tail_after_six_groups", "1:2:3:4:5:6:1.2.3.4", true},
        TextCase{"dotted_tail_behind_a_gap", "1:2::1.2.3.4", true}, TextCase{"dotted_tail_alone", "::1.2.3.4", true},
        TextCase{"empty", "", false}, TextCase{"one_colon", ":", false}, TextCase{"three_colons", ":::", false},
        TextCase{"two_gaps", "1::2::3", false}, TextCase{"seven_groups", "1:2:3:4:5:6:7", false},
        TextCase{"nine_groups", "1:2:3:4:5:6:7:8:9", false},
        TextCase{"eight_groups_and_a_gap", "1:2:3:4::5:6:7:8", false},
        TextCase{"gap_behind_eight_groups", "1:2:3:4:5:6:7:8::", false},
        TextCase{"group_of_five_digits", "12345::", false}, TextCase{"colon_at_the_end", "1:2:3:4:5:6:7:8:", false},
        TextCase{"single_colon_at_the_end", "1::2:", false}, TextCase{"single_colon_at_the_start", ":1::2", false},
        TextCase{"not_hexadecimal", "::g", false}, TextCase{"zone", "fe80::1%eth0", false},
        TextCase{"prefix_length", "::1/128", false}, TextCase{"brackets", "[::1]", false},
        TextCase{"dotted_in_front", "1.2.3.4::", false},
        TextCase{"dotted_tail_after_seven_groups", "1:2:3:4:5:6:7:1.2.3.4", false},
        TextCase{"dotted_tail_with_no_room_for_the_gap", "1:2:3:4:5:6::1.2.3.4", false},
        TextCase{"dotted_tail_out_of_range", "::1.2.3.256", false}, TextCase{"short_dotted_tail", "::1.2.3", false},
        TextCase{"blank", ":: 1", false}, TextCase{"sign", "::-1", false}, TextCase{"ipv4", "1.2.3.4", false}),
    CaseName{});

struct CanonicalCase {
  const char* name;
  const char* given;
  const char* canonical;
};

class Ipv6AddressCanonical : public ::testing::TestWithParam<CanonicalCase> {};

TEST_P(Ipv6AddressCanonical, is_the_form_of_rfc_5952) {
  const auto address = Ipv6Address::parse(GetParam().given);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(to_string(*address), GetParam().canonical);
  EXPECT_EQ(to_string(*address), text_by_system(*address));
}

INSTANTIATE_TEST_SUITE_P(
    Ipv6Address, Ipv6AddressCanonical,
    ::testing::Values(CanonicalCase{"no_leading_zeros", "2001:0db8::0001", "2001:db8::1"},
                      CanonicalCase{"lower_case", "2001:DB8::ABCD", "2001:db8::abcd"},
                      CanonicalCase{"any", "0:0:0:0:0:0:0:0", "::"},
                      CanonicalCase{"loopback", "0:0:0:0:0:0:0:1", "::1"},
                      CanonicalCase{"gap_at_the_end", "1:0:0:0:0:0:0:0", "1::"},
                      CanonicalCase{"one_zero_group_is_written_out", "2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
                      CanonicalCase{"longest_run", "2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
                      CanonicalCase{"first_of_equal_runs", "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
                      CanonicalCase{"no_zero_group", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
                      CanonicalCase{"mapped_ipv4", "::ffff:102:304", "::ffff:1.2.3.4"}),
    CaseName{});

TEST(Ipv4AddressProperty, is_written_and_read_as_the_system_does) {
  check_property(2000, [](Random& random) {
    const Ipv4Address address{random.any<std::uint32_t>()};
    const std::string text = to_string(address);
    EXPECT_TRUE(same_octets(by_system(AF_INET, text.c_str()), IpAddress{address}.octets()));
    EXPECT_EQ(Ipv4Address::parse(text), address);
  });
}

TEST(Ipv6AddressProperty, is_written_and_read_as_the_system_does) {
  check_property(5000, [](Random& random) {
    Ipv6Address address;
    // Zero groups are what the text form is about.
    for (std::size_t group = 0; group < 8; ++group) {
      if (random.one_in(2)) continue;
      address.octets[2 * group] = random.one_in(2) ? random.any<std::uint8_t>() : std::uint8_t{0};
      address.octets[2 * group + 1] = random.any<std::uint8_t>();
    }
    // The C library writes what was an "IPv4-compatible" address with a dotted tail; RFC 5952 does not.
    const bool compatible =
        std::all_of(address.octets.begin(), address.octets.begin() + 12, [](std::uint8_t octet) { return octet == 0; });
    const std::string text = to_string(address);
    EXPECT_TRUE(compatible || text == text_by_system(address)) << text << " is not " << text_by_system(address);
    EXPECT_EQ(Ipv6Address::parse(text), address) << text;
  });
}

TEST(IpAddressProperty, takes_and_refuses_bent_texts_as_the_system_does) {
  static constexpr std::string_view letters = "0123456789abcdefF:::...g %";
  check_property(20000, [](Random& random) {
    std::string text = random.one_in(2) ? "2001:db8::1:1.2.3.4" : random.one_in(2) ? "10.20.30.40" : "1:2:3:4:5:6:7:8";
    for (std::uint64_t edits = 1 + random.below(4); edits != 0 && !text.empty(); --edits) {
      const std::size_t at = random.below(text.size());
      const char letter = letters[random.below(letters.size())];
      switch (random.below(3)) {
        case 0:
          text[at] = letter;
          break;
        case 1:
          text.insert(at, 1, letter);
          break;
        default:
          text.erase(at, 1);
      }
    }
    SCOPED_TRACE(text);
    EXPECT_TRUE(same_octets(octets_of(Ipv4Address::parse(text)), by_system(AF_INET, text.c_str())));
    EXPECT_TRUE(same_octets(octets_of(Ipv6Address::parse(text)), by_system(AF_INET6, text.c_str())));
  });
}

TEST(IpAddress, holds_either_family) {
  constexpr IpAddress four{Ipv4Address{0x7f000001}};
  constexpr IpAddress six{Ipv6Address{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}}};
  static_assert(four.is_ipv4() && four.ipv4() == Ipv4Address{0x7f000001} && four.is_loopback());
  static_assert(!six.is_ipv4() && six.is_loopback() && six.family() == IpAddress::Family::ipv6);
  EXPECT_TRUE(same_octets(four.octets(), hex_vector("7f000001")));
  EXPECT_TRUE(same_octets(six.octets(), hex_vector("00000000000000000000000000000001")));
  EXPECT_EQ(to_string(four), "127.0.0.1");
  EXPECT_EQ(to_string(six), "::1");
  EXPECT_NE(IpAddress{Ipv4Address{0}}, IpAddress{Ipv6Address{}}) << "the same octets, another family";
}

TEST(IpAddress, reads_either_family_and_brackets_around_ipv6_alone) {
  EXPECT_EQ(IpAddress::parse("127.0.0.1"), IpAddress{Ipv4Address{0x7f000001}});
  EXPECT_EQ(IpAddress::parse("2001:db8::1"), IpAddress{*Ipv6Address::parse("2001:db8::1")});
  EXPECT_EQ(IpAddress::parse("[2001:db8::1]"), IpAddress{*Ipv6Address::parse("2001:db8::1")});
  for (const char* text : {"[127.0.0.1]", "[]", "[::1", "::1]", "[[::1]]", "", "host"}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
}

struct KindCase {
  const char* name;
  const char* address;
  bool loopback;
  bool multicast;
};

class IpAddressKind : public ::testing::TestWithParam<KindCase> {};

TEST_P(IpAddressKind, is_told_from_the_octets) {
  const auto address = IpAddress::parse(GetParam().address);
  ASSERT_TRUE(address.has_value());
  EXPECT_EQ(address->is_loopback(), GetParam().loopback);
  EXPECT_EQ(address->is_multicast(), GetParam().multicast);
}

INSTANTIATE_TEST_SUITE_P(IpAddress, IpAddressKind,
                         ::testing::Values(KindCase{"loopback", "127.0.0.1", true, false},
                                           KindCase{"end_of_loopback", "127.255.255.255", true, false},
                                           KindCase{"below_loopback", "126.255.255.255", false, false},
                                           KindCase{"above_loopback", "128.0.0.0", false, false},
                                           KindCase{"first_multicast", "224.0.0.0", false, true},
                                           KindCase{"last_multicast", "239.255.255.255", false, true},
                                           KindCase{"above_multicast", "240.0.0.0", false, false},
                                           KindCase{"broadcast", "255.255.255.255", false, false},
                                           KindCase{"loopback_ipv6", "::1", true, false},
                                           KindCase{"any_ipv6", "::", false, false},
                                           KindCase{"multicast_ipv6", "ff02::1", false, true},
                                           KindCase{"link_local_ipv6", "fe80::1", false, false}),
                         CaseName{});

TEST(Ipv4Address, knows_broadcast) {
  static_assert(Ipv4Address{0xffffffff}.is_broadcast());
  static_assert(!Ipv4Address{0xfffffffe}.is_broadcast());
  SUCCEED();
}

TEST(Endpoint, is_written_with_brackets_around_ipv6) {
  EXPECT_EQ(to_string(Endpoint{*IpAddress::parse("10.0.0.1"), Port{80}}), "10.0.0.1:80");
  EXPECT_EQ(to_string(Endpoint{*IpAddress::parse("2001:db8::1"), Port{65535}}), "[2001:db8::1]:65535");
}

TEST(Route, reversed_swaps_its_ends) {
  constexpr Route route{{Ipv4Address{1}, Port{2}}, {Ipv4Address{3}, Port{4}}};
  static_assert(route.reversed() == Route{{Ipv4Address{3}, Port{4}}, {Ipv4Address{1}, Port{2}}});
  static_assert(route.reversed().reversed() == route);
  SUCCEED();
}

}  // namespace
}  // namespace encap::test
