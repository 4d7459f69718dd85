#include "encap/wire/icmp.h"

#include <gtest/gtest.h>

#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

// echo request 1 of process 0x1234   type code checksum identifier sequence  "abcdefgh"
constexpr auto echo = hex_bytes("     08   00   5435     1234       0001      6162636465666768");

static_assert(IcmpView::parse(echo).value().type() == IcmpType::echo_request);
static_assert(IcmpView::parse(echo).value().identifier() == 0x1234);

TEST(IcmpView, reads_each_field_of_the_golden_message) {
  const auto icmp = IcmpView::parse(echo);
  ASSERT_TRUE(icmp.has_value());
  EXPECT_EQ(icmp->type(), IcmpType::echo_request);
  EXPECT_EQ(icmp->code(), 0);
  EXPECT_EQ(icmp->checksum(), 0x5435);
  EXPECT_EQ(icmp->identifier(), 0x1234);
  EXPECT_EQ(icmp->sequence(), 1);
  EXPECT_EQ(as_text(icmp->payload()), "abcdefgh");
  EXPECT_TRUE(same_octets(icmp->bytes(), echo));
}

class IcmpTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(IcmpTruncation, reports_needed_and_available) {
  EXPECT_TRUE(refused(IcmpView::parse(echo.first(GetParam())),
                      DissectError{Layer::icmp, DissectError::Code::truncated, DissectError::Limit::captured, 0, 8,
                                   static_cast<std::uint32_t>(GetParam())}));
}

INSTANTIATE_TEST_SUITE_P(Icmp, IcmpTruncation, ::testing::Range<std::size_t>(0, IcmpView::header_length), CaseName{});

TEST(IcmpHeader, emits_the_golden_message_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(as_bytes("abcdefgh"));
  prepend(buffer, IcmpHeader{.identifier = 0x1234, .sequence = 1});
  EXPECT_TRUE(same_octets(buffer.bytes(), echo, {{IcmpField::all}}));
}

struct MessageCase {
  const char* name;
  const char* payload;
  IcmpHeader header;
  const char* octets;
};

class IcmpMessage : public ::testing::TestWithParam<MessageCase> {};

TEST_P(IcmpMessage, is_written_with_its_checksum) {
  PacketBuffer buffer = dirty_buffer(hex_vector(GetParam().payload));
  prepend(buffer, GetParam().header);
  EXPECT_TRUE(same_octets(buffer.bytes(), hex_vector(GetParam().octets), {{IcmpField::all}}));
}

INSTANTIATE_TEST_SUITE_P(
    Icmp, IcmpMessage,
    ::testing::Values(
        MessageCase{"odd_length",
                    "61626364656667",
                    {.identifier = 0x1234, .sequence = 1},
                    "0800 549d 1234 0001 61626364656667"},
        MessageCase{"computed_zero_stays_zero", "", {.identifier = 0x1234, .sequence = 0xe5cb}, "0800 0000 1234 e5cb"},
        MessageCase{"carry_out_of_the_top_is_added_back",
                    "ffff ffff",
                    {.type = IcmpType::echo_reply, .sequence = 1},
                    "0000 fffe 0000 0001 ffff ffff"},
        MessageCase{"forced", "61", {.forced = {.checksum = 0xdead}}, "0800 dead 0000 0000 61"},
        MessageCase{
            "port_unreachable", "", {.type = IcmpType::destination_unreachable, .code = 3}, "0303 fcfc 0000 0000"}),
    CaseName{});

TEST(IcmpProperty, what_was_written_is_read_and_sums_to_ffff) {
  check_property(200, [](Random& random) {
    const IcmpHeader header{.type = IcmpType::echo_request,
                            .code = random.any<std::uint8_t>(),
                            .identifier = random.any<std::uint16_t>(),
                            .sequence = random.any<std::uint16_t>()};
    const auto payload = random.octets(random.below(300));
    PacketBuffer buffer = dirty_buffer(payload);
    prepend(buffer, header);
    const auto icmp = IcmpView::parse(buffer.bytes());
    ASSERT_TRUE(icmp.has_value());
    EXPECT_EQ(icmp->type(), header.type);
    EXPECT_EQ(icmp->code(), header.code);
    EXPECT_EQ(icmp->identifier(), header.identifier);
    EXPECT_EQ(icmp->sequence(), header.sequence);
    EXPECT_TRUE(same_octets(icmp->payload(), payload));
    EXPECT_EQ(Checksum{}.add(icmp->bytes()).sum(), 0xffff);
  });
}

}  // namespace
}  // namespace encap::test
