#include <gtest/gtest.h>

#include "encap/wire/craft_error.h"
#include "encap/wire/dissect_error.h"
#include "encap/wire/protocol.h"
#include "encap/wire/sequence_number.h"
#include "support/case_name.h"

namespace encap::test {
namespace {

struct LayerCase {
  const char* name;  // also what the layer is called
  Layer layer;
  const char* filter;
};

class LayerName : public ::testing::TestWithParam<LayerCase> {};

TEST_P(LayerName, is_that_of_the_filters) { EXPECT_STREQ(encap::name(GetParam().layer), GetParam().filter); }

INSTANTIATE_TEST_SUITE_P(Layer, LayerName,
                         ::testing::Values(LayerCase{"ethernet", Layer::ethernet, "eth"},
                                           LayerCase{"vlan", Layer::vlan, "vlan"},
                                           LayerCase{"null_loopback", Layer::null_loopback, "null"},
                                           LayerCase{"ipv4", Layer::ipv4, "ip"}, LayerCase{"ipv6", Layer::ipv6, "ipv6"},
                                           LayerCase{"ipv6_fragment", Layer::ipv6_fragment, "ipv6.fraghdr"},
                                           LayerCase{"tcp", Layer::tcp, "tcp"},
                                           LayerCase{"tcp_options", Layer::tcp_options, "tcp.options"},
                                           LayerCase{"udp", Layer::udp, "udp"}, LayerCase{"icmp", Layer::icmp, "icmp"}),
                         CaseName{});

struct DissectCase {
  const char* name;
  DissectError error;
  const char* text;
};

class DissectErrorText : public ::testing::TestWithParam<DissectCase> {};

TEST_P(DissectErrorText, says_where_and_what) { EXPECT_EQ(to_string(GetParam().error), GetParam().text); }

using Limit = DissectError::Limit;

INSTANTIATE_TEST_SUITE_P(
    DissectError, DissectErrorText,
    ::testing::Values(DissectCase{"truncated",
                                  {Layer::udp, DissectError::Code::truncated, Limit::captured, 4, 64, 40},
                                  "udp at 4: length says 64 octets, 40 captured"},
                      DissectCase{"bad_version",
                                  {Layer::ipv4, DissectError::Code::bad_version, Limit::captured, 0, 4, 6},
                                  "ip at 0: version is 6, 4 expected"},
                      DissectCase{"bad_length",
                                  {Layer::tcp, DissectError::Code::bad_length, Limit::header_length, 12, 20, 16},
                                  "tcp at 12: length is 16 octets, at least 20 needed"},
                      DissectCase{"bad_option",
                                  {Layer::tcp_options, DissectError::Code::bad_option, Limit::option_length, 3, 4, 3},
                                  "tcp.options at 3: option of 3 octets, 4 needed"}),
    CaseName{});

struct CraftCase {
  const char* name;
  CraftError error;
  const char* text;
};

class CraftErrorText : public ::testing::TestWithParam<CraftCase> {};

TEST_P(CraftErrorText, says_what_was_asked_for_and_what_fits) {
  EXPECT_EQ(to_string(GetParam().error), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(CraftError, CraftErrorText,
                         ::testing::Values(CraftCase{"payload_too_long",
                                                     {Layer::udp, CraftError::Code::payload_too_long, 70000, 65507},
                                                     "udp: 70000 octets of payload, an IPv4 datagram carries 65507"},
                                           CraftCase{"payload_too_long_for_udp_over_ipv6",
                                                     {Layer::udp, CraftError::Code::payload_too_long, 70000, 65527},
                                                     "udp: 70000 octets of payload, an IPv6 packet carries 65527"},
                                           CraftCase{"payload_too_long_for_tcp_over_ipv6",
                                                     {Layer::tcp, CraftError::Code::payload_too_long, 70000, 65515},
                                                     "tcp: 70000 octets of payload, an IPv6 packet carries 65515"},
                                           CraftCase{"payload_too_long_for_ipv6",
                                                     {Layer::ipv6, CraftError::Code::payload_too_long, 70000, 65535},
                                                     "ipv6: 70000 octets of payload, an IPv6 packet carries 65535"},
                                           CraftCase{"options_too_long",
                                                     {Layer::tcp, CraftError::Code::options_too_long, 44, 40},
                                                     "tcp: 44 octets of options, the header carries 40"},
                                           CraftCase{"options_unaligned",
                                                     {Layer::ipv4, CraftError::Code::options_unaligned, 3, 40},
                                                     "ip: 3 octets of options, not a multiple of four"},
                                           CraftCase{"mixed_families",
                                                     {Layer::tcp, CraftError::Code::mixed_families},
                                                     "tcp: source and destination are not of one address family"},
                                           CraftCase{"mtu_too_small",
                                                     {Layer::ipv4, CraftError::Code::mtu_too_small, 20, 28},
                                                     "ip: no fragment fits into an MTU of 20, it takes 28"}),
                         CaseName{});

struct DistanceCase {
  const char* name;
  std::uint32_t from;
  std::uint32_t to;
  std::int32_t distance;
};

class SequenceNumberDistance : public ::testing::TestWithParam<DistanceCase> {};

TEST_P(SequenceNumberDistance, wraps_with_the_sequence_space) {
  EXPECT_EQ(distance(SequenceNumber{GetParam().from}, SequenceNumber{GetParam().to}), GetParam().distance);
}

INSTANTIATE_TEST_SUITE_P(
    SequenceNumber, SequenceNumberDistance,
    ::testing::Values(DistanceCase{"none", 5, 5, 0}, DistanceCase{"ahead", 5, 15, 10},
                      DistanceCase{"behind", 15, 5, -10}, DistanceCase{"ahead_over_the_wrap", 0xfffffff0, 0x10, 0x20},
                      DistanceCase{"behind_over_the_wrap", 0x10, 0xfffffff0, -0x20},
                      DistanceCase{"farthest_ahead", 0, 0x7fffffff, 0x7fffffff},
                      DistanceCase{"half_way_round_counts_as_behind", 0, 0x80000000, -2147483647 - 1}),
    CaseName{});

TEST(SequenceNumber, advances_over_the_wrap) {
  static_assert(SequenceNumber{0xfffffffe} + 3 == SequenceNumber{1});
  static_assert(distance(SequenceNumber{0xfffffffe}, SequenceNumber{0xfffffffe} + 1448) == 1448);
  SUCCEED();
}

TEST(Protocol, has_the_numbers_of_the_registries) {
  EXPECT_EQ(static_cast<int>(Protocol::icmp), 1);
  EXPECT_EQ(static_cast<int>(Protocol::tcp), 6);
  EXPECT_EQ(static_cast<int>(Protocol::udp), 17);
  EXPECT_EQ(static_cast<int>(Protocol::fragment), 44);
  EXPECT_EQ(static_cast<int>(Protocol::icmpv6), 58);
  EXPECT_EQ(static_cast<int>(EtherType::ipv4), 0x0800);
  EXPECT_EQ(static_cast<int>(EtherType::ipv6), 0x86dd);
  EXPECT_EQ(static_cast<int>(EtherType::vlan), 0x8100);
  EXPECT_EQ(static_cast<int>(EtherType::qinq), 0x88a8);
}

}  // namespace
}  // namespace encap::test
