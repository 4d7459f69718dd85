#include "encap/wire/tcp.h"

#include <gtest/gtest.h>

#include "encap/wire/ipv4.h"
#include "encap/wire/null_loopback.h"
#include "support/case_name.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/refused.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

using Code = DissectError::Code;
using Limit = DissectError::Limit;

constexpr Ipv4Address localhost{0x7f000001};
constexpr Route loopback{{localhost, Port{5074}}, {localhost, Port{12345}}};
constexpr Route route{{Ipv4Address{0x0a000001}, Port{49152}}, {Ipv4Address{0x0a000002}, Port{80}}};
constexpr Ipv6Address host_1{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
constexpr Ipv6Address host_2{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
constexpr Route route_6{{host_1, Port{49152}}, {host_2, Port{80}}};

// 10.0.0.1:49152 -> 10.0.0.2:80     ports     sequence acknowledg.  offset flags window  checksum urgent  "hello"
constexpr auto segment = hex_bytes("c000 0050 00000001 00000002      50 38 2000           777a 0005        68656c6c6f");

// 10.0.0.1:49152 -> 10.0.0.2:80, SYN          options: MSS 1460, SACK permitted, timestamps, no-operation, scale 7
constexpr auto syn =
    hex_bytes("c000 0050 fffffff0 00000000 a002 ffff 2f56 0000 020405b4 0402 080a1122334400000000 01 030307");

TcpHeader header_of(const Route& on) {
  return {.source_port = on.source.port,
          .destination_port = on.destination.port,
          .sequence_number = {1},
          .acknowledgment_number = {2},
          .flags = TcpFlags::psh | TcpFlags::ack,
          .window = 8192};
}

static_assert(TcpView::parse(segment).value().window() == 8192);
static_assert(TcpView::parse(syn).value().options().size() == 20);
static_assert(TcpView::parse(syn).value().flags() == TcpFlags::syn);

TEST(TcpView, reads_each_field_of_the_golden_segment) {
  const auto tcp = TcpView::parse(segment);
  ASSERT_TRUE(tcp.has_value());
  EXPECT_EQ(tcp->source_port(), Port{49152});
  EXPECT_EQ(tcp->destination_port(), Port{80});
  EXPECT_EQ(tcp->sequence_number(), SequenceNumber{1});
  EXPECT_EQ(tcp->acknowledgment_number(), SequenceNumber{2});
  EXPECT_EQ(tcp->header_length(), 20u);
  EXPECT_EQ(tcp->flags(), TcpFlags::psh | TcpFlags::ack | TcpFlags::urg);
  EXPECT_EQ(tcp->window(), 8192);
  EXPECT_EQ(tcp->checksum(), 0x777a);
  EXPECT_EQ(tcp->urgent_pointer(), 5);
  EXPECT_TRUE(tcp->options().empty());
  EXPECT_EQ(as_text(tcp->payload()), "hello");
  EXPECT_TRUE(same_octets(tcp->bytes(), segment));
}

TEST(TcpView, reads_the_options_of_the_golden_syn) {
  const auto tcp = TcpView::parse(syn);
  ASSERT_TRUE(tcp.has_value());
  EXPECT_EQ(tcp->header_length(), 40u);
  EXPECT_EQ(tcp->sequence_number(), SequenceNumber{0xfffffff0});
  EXPECT_EQ(tcp->flags(), TcpFlags::syn);
  EXPECT_TRUE(same_octets(tcp->options(), syn.subspan(20)));
  EXPECT_TRUE(tcp->payload().empty());
}

class TcpTruncation : public ::testing::TestWithParam<std::size_t> {};

TEST_P(TcpTruncation, reports_needed_and_available) {
  const std::size_t size = GetParam();
  const auto available = static_cast<std::uint32_t>(size);
  EXPECT_TRUE(refused(TcpView::parse(syn.first(size)),
                      size < 20 ? DissectError{Layer::tcp, Code::truncated, Limit::captured, 0, 20, available}
                                : DissectError{Layer::tcp, Code::truncated, Limit::header_length, 12, 40, available}));
}

INSTANTIATE_TEST_SUITE_P(Tcp, TcpTruncation, ::testing::Range<std::size_t>(0, syn.size()), CaseName{});

struct DataOffsetCase {
  const char* name;
  std::uint8_t words;
  DissectError expected;
};

class TcpDataOffset : public ::testing::TestWithParam<DataOffsetCase> {};

TEST_P(TcpDataOffset, that_contradicts_is_refused) {
  auto octets = copy_of(segment);
  store_field<TcpField::data_offset>(octets, GetParam().words);
  EXPECT_TRUE(refused(TcpView::parse(octets), GetParam().expected));
}

INSTANTIATE_TEST_SUITE_P(
    Tcp, TcpDataOffset,
    ::testing::Values(
        DataOffsetCase{"of_zero", 0, {Layer::tcp, Code::bad_length, Limit::header_length, 12, 20, 0}},
        DataOffsetCase{
            "one_word_below_the_fixed_header", 4, {Layer::tcp, Code::bad_length, Limit::header_length, 12, 20, 16}},
        DataOffsetCase{
            "one_word_above_what_is_there", 7, {Layer::tcp, Code::truncated, Limit::header_length, 12, 28, 25}},
        DataOffsetCase{"as_large_as_it_goes", 15, {Layer::tcp, Code::truncated, Limit::header_length, 12, 60, 25}}),
    CaseName{});

TEST(TcpView, reads_the_header_length_below_the_reserved_bits_and_the_flags_apart_from_them) {
  auto octets = copy_of(segment);
  octets[12] |= std::byte{0x0f};
  const auto tcp = TcpView::parse(octets);
  ASSERT_TRUE(tcp.has_value());
  EXPECT_EQ(tcp->header_length(), 20u);
  EXPECT_EQ(tcp->flags().value, 0x38);
}

TEST(TcpHeader, emits_the_golden_segment_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer(as_bytes("hello"));
  TcpHeader header = header_of(route);
  header.flags = header.flags | TcpFlags::urg;
  header.urgent_pointer = 5;
  ASSERT_TRUE(prepend(buffer, header, route).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), segment, {{TcpField::all}}));
}

TEST(TcpHeader, emits_the_golden_syn_over_a_dirty_buffer) {
  PacketBuffer buffer = dirty_buffer();
  const TcpOptions options =
      TcpOptions{}.maximum_segment_size(1460).sack_permitted().timestamps(0x11223344, 0).no_operation().window_scale(7);
  ASSERT_TRUE(prepend(buffer,
                      TcpHeader{.source_port = route.source.port,
                                .destination_port = route.destination.port,
                                .sequence_number = {0xfffffff0},
                                .acknowledgment_number = {},
                                .flags = TcpFlags::syn,
                                .options = options.bytes()},
                      route)
                  .has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), syn, {{TcpField::all}}));
}

// 127.0.0.1:5074 -> 127.0.0.1:12345, what a raw-socket exercise sends for the message "GET /blog HTTP/1.1".
constexpr auto blog = hex_bytes(
    "4500 003a 0001 0000 4006 7cbb 7f00 0001 7f00 0001"
    "13d2 3039 0000 0000 0000 0000 5018 2000 b54e 0000"
    "474554202f626c6f6720485454502f312e31");

TEST(TcpHeader, emits_the_golden_loopback_packet_octet_for_octet) {
  PacketBuffer buffer = dirty_buffer(as_bytes("GET /blog HTTP/1.1"));
  TcpHeader tcp = header_of(loopback);
  tcp.sequence_number = {};
  tcp.acknowledgment_number = {};
  ASSERT_TRUE(prepend(buffer, tcp, loopback).has_value());
  ASSERT_TRUE(
      prepend(buffer, Ipv4Header{.source = localhost, .destination = localhost, .identification = 1}).has_value());
  EXPECT_TRUE(same_octets(buffer.bytes(), blog, {{Ipv4Field::all}, {TcpField::all, 20}}));
  prepend(buffer, NullLoopbackHeader{});
  EXPECT_TRUE(same_octets(buffer.bytes().first(4), hex_vector("0200 0000"), {{NullLoopbackField::all}}));
  EXPECT_TRUE(same_octets(buffer.bytes().subspan(4), blog));
}

struct ChecksumCase {
  const char* name;
  const char* payload;
  Route route;
  std::optional<std::uint16_t> forced;
  std::uint16_t checksum;
};

class TcpChecksum : public ::testing::TestWithParam<ChecksumCase> {};

TEST_P(TcpChecksum, is_written) {
  PacketBuffer buffer = dirty_buffer(hex_vector(GetParam().payload));
  TcpHeader header = header_of(GetParam().route);
  header.forced.checksum = GetParam().forced;
  ASSERT_TRUE(prepend(buffer, header, GetParam().route).has_value());
  EXPECT_EQ(TcpView::parse(buffer.bytes())->checksum(), GetParam().checksum);
}

constexpr Route web{{localhost, Port{49152}}, {localhost, Port{80}}};

INSTANTIATE_TEST_SUITE_P(Tcp, TcpChecksum,
                         ::testing::Values(ChecksumCase{"odd_length_over_ipv6", "68656c6c6f", route_6, {}, 0x302d},
                                           ChecksumCase{"no_payload", "", web, {}, 0xd176},
                                           // TCP has no special zero: unlike UDP's, it is sent as it was computed.
                                           ChecksumCase{"computed_zero_stays_zero", "d174", web, {}, 0x0000},
                                           ChecksumCase{
                                               "carry_out_of_the_top_is_added_back", "ffff ffff", web, {}, 0xd172},
                                           ChecksumCase{"forced", "68656c6c6f", web, 0xdead, 0xdead},
                                           ChecksumCase{"forced_zero", "68656c6c6f", web, 0, 0}),
                         CaseName{});

TEST(TcpHeader, forces_a_data_offset) {
  PacketBuffer buffer = dirty_buffer(as_bytes("hello"));
  TcpHeader header = header_of(route);
  header.forced.data_offset = 4;
  ASSERT_TRUE(prepend(buffer, header, route).has_value());
  EXPECT_EQ(load_field<TcpField::data_offset>(buffer.bytes()), 4);
  EXPECT_EQ(buffer.size(), 25u);
}

TEST(TcpHeader, refuses_what_the_packet_cannot_carry) {
  PacketBuffer buffer;
  TcpHeader header = header_of(route);
  const std::vector<std::byte> zeros(65535);
  header.options = Bytes{zeros}.first(44);
  EXPECT_TRUE(
      refused(prepend(buffer, header, route), CraftError{Layer::tcp, CraftError::Code::options_too_long, 44, 40}));
  header.options = Bytes{zeros}.first(6);
  EXPECT_TRUE(
      refused(prepend(buffer, header, route), CraftError{Layer::tcp, CraftError::Code::options_unaligned, 6, 40}));
  header.options = Bytes{zeros}.first(40);
  buffer.append(Bytes{zeros}.first(65456));
  EXPECT_TRUE(refused(prepend(buffer, header, route),
                      CraftError{Layer::tcp, CraftError::Code::payload_too_long, 65456, 65455}));
  EXPECT_EQ(buffer.size(), 65456u) << "a refused header leaves the buffer alone";
  EXPECT_TRUE(prepend(buffer, header, route_6).has_value()) << "IPv6 does not count its own header";
  buffer.clear();
  buffer.append(Bytes{zeros}.first(65455));
  EXPECT_TRUE(prepend(buffer, header, route).has_value());
}

TEST(TcpHeader, refuses_addresses_of_two_families) {
  PacketBuffer buffer;
  const Route mixed{{host_1, Port{1}}, {localhost, Port{2}}};
  EXPECT_TRUE(
      refused(prepend(buffer, header_of(mixed), mixed), CraftError{Layer::tcp, CraftError::Code::mixed_families}));
}

struct FlagsCase {
  const char* name;
  const char* letters;
  std::optional<TcpFlags> expected;
};

class TcpFlagsText : public ::testing::TestWithParam<FlagsCase> {};

TEST_P(TcpFlagsText, is_read) { EXPECT_EQ(TcpFlags::parse(GetParam().letters), GetParam().expected); }

INSTANTIATE_TEST_SUITE_P(
    TcpFlags, TcpFlagsText,
    ::testing::Values(FlagsCase{"push_ack", "PA", TcpFlags{0x18}}, FlagsCase{"ack_push", "AP", TcpFlags{0x18}},
                      FlagsCase{"lower_case", "pa", TcpFlags{0x18}}, FlagsCase{"syn", "S", TcpFlags{0x02}},
                      FlagsCase{"fin_ack", "FA", TcpFlags{0x11}}, FlagsCase{"reset", "R", TcpFlags{0x04}},
                      FlagsCase{"all", "FSRPAUEC", TcpFlags{0xff}}, FlagsCase{"urgent", "U", TcpFlags{0x20}},
                      FlagsCase{"ecn_echo_and_cwr", "EC", TcpFlags{0xc0}}, FlagsCase{"none", "", TcpFlags{0}},
                      FlagsCase{"twice_the_same", "AA", TcpFlags{0x10}}, FlagsCase{"unknown_letter", "PX", {}},
                      FlagsCase{"a_number", "0x18", {}}, FlagsCase{"blanks", "P A", {}}),
    CaseName{});

TEST(TcpFlags, has_means_all_of_them) {
  constexpr TcpFlags flags = TcpFlags::syn | TcpFlags::ack;
  static_assert(flags.has(TcpFlags::syn) && flags.has(TcpFlags::syn | TcpFlags::ack));
  EXPECT_FALSE(flags.has(TcpFlags::syn | TcpFlags::fin));
  EXPECT_TRUE(flags.has(TcpFlags{}));
}

TEST(TcpProperty, what_was_written_is_read_and_sums_to_ffff) {
  check_property(300, [](Random& random) {
    const Route between{{Ipv4Address{random.any<std::uint32_t>()}, Port{random.any<std::uint16_t>()}},
                        {Ipv4Address{random.any<std::uint32_t>()}, Port{random.any<std::uint16_t>()}}};
    const auto payload = random.octets(random.below(1500));
    const auto options = random.octets(4 * random.below(11));
    const TcpHeader header{.source_port = between.source.port,
                           .destination_port = between.destination.port,
                           .sequence_number = {random.any<std::uint32_t>()},
                           .acknowledgment_number = {random.any<std::uint32_t>()},
                           .flags = {random.any<std::uint8_t>()},
                           .window = random.any<std::uint16_t>(),
                           .urgent_pointer = random.any<std::uint16_t>(),
                           .options = options};
    PacketBuffer buffer = dirty_buffer(payload);
    ASSERT_TRUE(prepend(buffer, header, between).has_value());
    const auto tcp = TcpView::parse(buffer.bytes());
    ASSERT_TRUE(tcp.has_value());
    EXPECT_EQ(tcp->source_port(), header.source_port);
    EXPECT_EQ(tcp->destination_port(), header.destination_port);
    EXPECT_EQ(tcp->sequence_number(), header.sequence_number);
    EXPECT_EQ(tcp->acknowledgment_number(), header.acknowledgment_number);
    EXPECT_EQ(tcp->flags(), header.flags);
    EXPECT_EQ(tcp->window(), header.window);
    EXPECT_EQ(tcp->urgent_pointer(), header.urgent_pointer);
    EXPECT_EQ(load_field<TcpField::reserved>(buffer.bytes()), 0);
    EXPECT_TRUE(same_octets(tcp->options(), options));
    EXPECT_TRUE(same_octets(tcp->payload(), payload));
    const PseudoHeader pseudo_header{between.source.address, between.destination.address, Protocol::tcp,
                                     static_cast<std::uint32_t>(tcp->bytes().size())};
    EXPECT_EQ(Checksum{}.add(pseudo_header).add(tcp->bytes()).sum(), 0xffff);
  });
}

}  // namespace
}  // namespace encap::test
