#include "encap/flow/encapsulator.h"

#include <array>
#include <cerrno>
#include <gtest/gtest.h>

#include "encap/wire/ethernet.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/linux_sll.h"
#include "encap/wire/null_loopback.h"
#include "encap/wire/udp.h"
#include "support/allocation_counter.h"
#include "support/case_name.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

/// Keeps all it is given.
class KeepingSink final : public PacketSink {
 public:
  struct Kept {
    Timestamp timestamp;
    LinkType link_type;
    std::uint32_t original_length;
    std::vector<std::byte> octets;
  };
  Result<void, IoError> write(const PacketRecord& record) override {
    packets.push_back({record.timestamp, record.link_type, record.original_length, copy_of(record.bytes)});
    return {};
  }
  Result<void, IoError> flush() override { return {}; }

  std::vector<Kept> packets;
};

/// Keeps nothing and allocates nothing; refuses from one packet on.
class CountingSink final : public PacketSink {
 public:
  explicit CountingSink(std::uint64_t refused_from = UINT64_MAX) : refused_from_{refused_from} {}
  Result<void, IoError> write(const PacketRecord& record) override {
    if (packets++ >= refused_from_) return unexpected(IoError{"write", "full.pcap", ENOSPC, {}});
    octets += record.bytes.size();
    return {};
  }
  Result<void, IoError> flush() override { return {}; }

  std::uint64_t packets = 0;
  std::uint64_t octets = 0;

 private:
  std::uint64_t refused_from_;
};

Route route(std::string_view source, std::string_view destination) {
  return {{IpAddress::parse(source).value(), Port{49152}}, {IpAddress::parse(destination).value(), Port{53}}};
}

Segment datagram(const Route& on, Bytes payload) {
  return {.timestamp = year_2000,
          .route = on,
          .transport = Transport::udp,
          .payload = payload,
          .identification = 0x1234,
          .dont_fragment = false};
}

struct LinkCase {
  const char* name;
  LinkType link_type;
  const char* source;
  const char* destination;
  const char* packet;
};

class EncapsulatorLink : public ::testing::TestWithParam<LinkCase> {};

TEST_P(EncapsulatorLink, is_the_golden_packet) {
  const LinkCase& of = GetParam();
  Encapsulator encapsulator{{.link_type = of.link_type}};
  KeepingSink sink;
  ASSERT_TRUE(encapsulator.send(datagram(route(of.source, of.destination), as_bytes("ping")), sink).has_value());
  ASSERT_EQ(sink.packets.size(), 1u);
  const KeepingSink::Kept& packet = sink.packets.front();
  EXPECT_TRUE(same_octets(packet.octets, hex_vector(of.packet)));
  EXPECT_EQ(packet.link_type, of.link_type);
  EXPECT_EQ(packet.original_length, packet.octets.size());
  EXPECT_EQ(packet.timestamp, year_2000);
}

// Network header, in two lines, then the datagram. Made-up link addresses of IPv4 hosts hold the IPv4 address.
INSTANTIATE_TEST_SUITE_P(
    Flow, EncapsulatorLink,
    ::testing::Values(LinkCase{"raw_ipv4", LinkType::raw, "127.0.0.1", "127.0.0.1",
                               "4500 0020 1234 0000 4011 6a97 7f00 0001 7f00 0001 c000 0035 000c 62cd 7069 6e67"},
                      LinkCase{"raw_ipv6", LinkType::raw, "2001:db8::1", "2001:db8::2",
                               "6000 0000 000c 1140 2001 0db8 0000 0000 0000 0000 0000 0001"
                               "2001 0db8 0000 0000 0000 0000 0000 0002 c000 0035 000c 055b 7069 6e67"},
                      LinkCase{
                          "null_ipv4", LinkType::null, "127.0.0.1", "127.0.0.1",
                          "0200 0000 4500 0020 1234 0000 4011 6a97 7f00 0001 7f00 0001 c000 0035 000c 62cd 7069 6e67"},
                      LinkCase{"null_ipv6", LinkType::null, "::1", "::1",
                               "1e00 0000 6000 0000 000c 1140 0000 0000 0000 0000 0000 0000 0000 0001"
                               "0000 0000 0000 0000 0000 0000 0000 0001 c000 0035 000c 60ce 7069 6e67"},
                      LinkCase{"ethernet_ipv4", LinkType::ethernet, "10.0.0.1", "10.0.0.2",
                               "0200 0a00 0002 0200 0a00 0001 0800"
                               "4500 0020 1234 0000 4011 5497 0a00 0001 0a00 0002 c000 0035 000c 4ccd 7069 6e67"},
                      LinkCase{"ethernet_ipv4_multicast", LinkType::ethernet, "10.0.0.1", "239.255.255.250",
                               "0100 5e7f fffa 0200 0a00 0001 0800"
                               "4500 0020 1234 0000 4011 6e9e 0a00 0001 efff fffa c000 0035 000c 66d4 7069 6e67"},
                      LinkCase{"ethernet_ipv4_broadcast", LinkType::ethernet, "10.0.0.1", "255.255.255.255",
                               "ffff ffff ffff 0200 0a00 0001 0800"
                               "4500 0020 1234 0000 4011 5e99 0a00 0001 ffff ffff c000 0035 000c 56cf 7069 6e67"},
                      LinkCase{"ethernet_ipv6", LinkType::ethernet, "2001:db8::1", "2001:db8::2",
                               "0206 bea3 b764 0206 bea3 b761 86dd"
                               "6000 0000 000c 1140 2001 0db8 0000 0000 0000 0000 0000 0001"
                               "2001 0db8 0000 0000 0000 0000 0000 0002 c000 0035 000c 055b 7069 6e67"},
                      LinkCase{"ethernet_ipv6_multicast", LinkType::ethernet, "2001:db8::1", "ff02::fb",
                               "3333 0000 00fb 0206 bea3 b761 86dd"
                               "6000 0000 000c 1140 2001 0db8 0000 0000 0000 0000 0000 0001"
                               "ff02 0000 0000 0000 0000 0000 0000 00fb c000 0035 000c 3318 7069 6e67"},
                      LinkCase{"linux_sll_ipv4", LinkType::linux_sll, "10.0.0.1", "10.0.0.2",
                               "0000 0001 0006 0200 0a00 0001 0000 0800"
                               "4500 0020 1234 0000 4011 5497 0a00 0001 0a00 0002 c000 0035 000c 4ccd 7069 6e67"},
                      LinkCase{"linux_sll_ipv6", LinkType::linux_sll, "2001:db8::1", "2001:db8::2",
                               "0000 0001 0006 0206 bea3 b761 0000 86dd"
                               "6000 0000 000c 1140 2001 0db8 0000 0000 0000 0000 0000 0001"
                               "2001 0db8 0000 0000 0000 0000 0000 0002 c000 0035 000c 055b 7069 6e67"}),
    CaseName{});

TEST(Encapsulator, makes_the_segment_of_a_raw_socket_exercise) {
  constexpr auto golden = hex_bytes(
      "4500 003a 0001 0000 4006 7cbb 7f00 0001 7f00 0001   13d2 3039 0000 0000 0000 0000 5018 2000 b54e 0000"
      "474554202f626c6f6720485454502f312e31");
  Segment segment{.timestamp = year_2000,
                  .route = route("127.0.0.1", "127.0.0.1"),
                  .payload = as_bytes("GET /blog HTTP/1.1"),
                  .flags = TcpFlags::psh | TcpFlags::ack,
                  .window = 8192,
                  .identification = 1};
  segment.route.source.port = Port{5074};
  segment.route.destination.port = Port{12345};
  Encapsulator encapsulator{{}};
  KeepingSink sink;
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  EXPECT_TRUE(same_octets(sink.packets.at(0).octets, golden, {{Ipv4Field::all}, {TcpField::all, 20}}));
}

TEST(Encapsulator, writes_every_tcp_field_of_a_segment) {
  const Segment segment{.timestamp = year_2000,
                        .route = route("10.0.0.1", "10.0.0.2"),
                        .payload = as_bytes("hi"),
                        .sequence_number = {0x01020304},
                        .acknowledgment_number = {0x05060708},
                        .flags = TcpFlags::syn | TcpFlags::ack,
                        .window = 0x1122,
                        .options = TcpOptions{}.maximum_segment_size(1460).sack_permitted(),
                        .identification = 0xabcd,
                        .dont_fragment = true};
  Encapsulator encapsulator{{.time_to_live = 7}};
  KeepingSink sink;
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  const auto ip = Ipv4View::parse(Bytes{sink.packets.at(0).octets});
  ASSERT_TRUE(ip.has_value());
  EXPECT_EQ(ip->time_to_live(), 7);
  EXPECT_EQ(ip->identification(), 0xabcd);
  EXPECT_TRUE(ip->dont_fragment());
  EXPECT_EQ(ip->protocol(), Protocol::tcp);
  const auto tcp = TcpView::parse(ip->payload());
  ASSERT_TRUE(tcp.has_value());
  EXPECT_EQ(tcp->source_port(), Port{49152});
  EXPECT_EQ(tcp->destination_port(), Port{53});
  EXPECT_EQ(tcp->sequence_number(), SequenceNumber{0x01020304});
  EXPECT_EQ(tcp->acknowledgment_number(), SequenceNumber{0x05060708});
  EXPECT_EQ(tcp->flags(), TcpFlags::syn | TcpFlags::ack);
  EXPECT_EQ(tcp->window(), 0x1122);
  EXPECT_TRUE(same_octets(tcp->options(), hex_vector("0204 05b4 0402 0000")));
  EXPECT_EQ(as_text(tcp->payload()), "hi");
}

TEST(Encapsulator, uses_the_link_type_set_before_the_first_packet) {
  Encapsulator encapsulator{{}};
  EXPECT_EQ(encapsulator.link_type(), LinkType::raw);
  encapsulator.set_link_type(LinkType::null);
  EXPECT_EQ(encapsulator.link_type(), LinkType::null);
  KeepingSink sink;
  ASSERT_TRUE(encapsulator.send(datagram(route("127.0.0.1", "127.0.0.1"), {}), sink).has_value());
  EXPECT_EQ(sink.packets.at(0).link_type, LinkType::null);
  EXPECT_EQ(sink.packets.at(0).octets.size(), 4u + 20 + 8);
}

/// Puts the fragments of one IPv4 packet together and checks what each says (RFC 791 §3.2); the payload comes out.
std::vector<std::byte> reassembled_ipv4(const KeepingSink& sink, std::size_t mtu, const Segment& segment) {
  std::vector<std::byte> whole;
  for (const KeepingSink::Kept& packet : sink.packets) {
    const bool last = &packet == &sink.packets.back();
    const auto ip = Ipv4View::parse(Bytes{packet.octets});
    if (!ip) {
      ADD_FAILURE() << to_string(ip.error());
      return {};
    }
    EXPECT_EQ(packet.timestamp, segment.timestamp);
    EXPECT_EQ(packet.original_length, packet.octets.size());
    EXPECT_EQ(ip->total_length(), packet.octets.size());
    EXPECT_EQ(Checksum{}.add(ip->header()).sum(), 0xffff);
    EXPECT_EQ(ip->identification(), segment.identification);
    EXPECT_EQ(ip->protocol(), segment.transport == Transport::udp ? Protocol::udp : Protocol::tcp);
    EXPECT_EQ(ip->source(), segment.route.source.address.ipv4());
    EXPECT_EQ(ip->destination(), segment.route.destination.address.ipv4());
    EXPECT_EQ(ip->fragment_offset(), whole.size());
    EXPECT_EQ(ip->more_fragments(), !last);
    EXPECT_FALSE(ip->dont_fragment());
    EXPECT_LE(packet.octets.size(), mtu);
    if (!last) {
      EXPECT_EQ(ip->payload().size(), (mtu - 20) / 8 * 8) << "as much as fits, in units of eight octets";
    }
    EXPECT_FALSE(ip->payload().empty());
    whole.insert(whole.end(), ip->payload().begin(), ip->payload().end());
  }
  return whole;
}

/// As `reassembled_ipv4`, with Fragment headers (RFC 8200 §4.5).
std::vector<std::byte> reassembled_ipv6(const KeepingSink& sink, std::size_t mtu, const Segment& segment) {
  std::vector<std::byte> whole;
  for (const KeepingSink::Kept& packet : sink.packets) {
    const bool last = &packet == &sink.packets.back();
    const auto ip = Ipv6View::parse(Bytes{packet.octets});
    const auto fragment = Ipv6FragmentView::parse(ip ? ip->payload() : Bytes{});
    if (!ip || !fragment) {
      ADD_FAILURE() << "no Fragment header behind an IPv6 header";
      return {};
    }
    EXPECT_EQ(ip->next_header(), Protocol::fragment);
    EXPECT_EQ(ip->payload_length() + 40u, packet.octets.size());
    EXPECT_EQ(ip->source(), segment.route.source.address.ipv6());
    EXPECT_EQ(ip->destination(), segment.route.destination.address.ipv6());
    EXPECT_EQ(fragment->next_header(), segment.transport == Transport::udp ? Protocol::udp : Protocol::tcp);
    EXPECT_EQ(fragment->identification(), segment.identification);
    EXPECT_EQ(fragment->fragment_offset(), whole.size());
    EXPECT_EQ(fragment->more_fragments(), !last);
    EXPECT_LE(packet.octets.size(), mtu);
    if (!last) {
      EXPECT_EQ(fragment->payload().size(), (mtu - 48) / 8 * 8) << "as much as fits, in units of eight octets";
    }
    EXPECT_FALSE(fragment->payload().empty());
    whole.insert(whole.end(), fragment->payload().begin(), fragment->payload().end());
  }
  return whole;
}

/// Whether a transport message holds the payload, and its checksum covers it.
void expect_transport_of(Bytes whole, const Segment& segment) {
  const bool is_udp = segment.transport == Transport::udp;
  const PseudoHeader pseudo_header{segment.route.source.address, segment.route.destination.address,
                                   is_udp ? Protocol::udp : Protocol::tcp, static_cast<std::uint32_t>(whole.size())};
  EXPECT_EQ(Checksum{}.add(pseudo_header).add(whole).sum(), 0xffff);
  if (is_udp) {
    const auto udp = UdpView::parse(whole);
    ASSERT_TRUE(udp.has_value());
    EXPECT_EQ(udp->length(), whole.size());
    EXPECT_TRUE(same_octets(udp->payload(), segment.payload));
  } else {
    const auto tcp = TcpView::parse(whole);
    ASSERT_TRUE(tcp.has_value());
    EXPECT_TRUE(same_octets(tcp->payload(), segment.payload));
  }
}

TEST(EncapsulatorFragments, of_ipv4_are_the_golden_packets) {
  std::vector<std::byte> payload(120, std::byte{'a'});
  Encapsulator encapsulator{{.mtu = 128}};
  KeepingSink sink;
  ASSERT_TRUE(encapsulator.send(datagram(route("10.0.0.1", "10.0.0.2"), payload), sink).has_value());
  ASSERT_EQ(sink.packets.size(), 2u);
  // 104 octets are 13 units of eight: more to come at offset 0, then the last at offset 13.
  EXPECT_TRUE(same_octets(Bytes{sink.packets[0].octets}.first(28),
                          hex_vector("4500 007c 1234 2000 4011 343b 0a00 0001 0a00 0002 c000 0035 0080 57e3"),
                          {{Ipv4Field::all}, {UdpField::all, 20}}));
  EXPECT_TRUE(same_octets(Bytes{sink.packets[1].octets}.first(20),
                          hex_vector("4500 002c 1234 000d 4011 547e 0a00 0001 0a00 0002"), {{Ipv4Field::all}}));
  EXPECT_EQ(sink.packets[0].octets.size(), 124u);
  EXPECT_EQ(sink.packets[1].octets.size(), 44u);
}

TEST(EncapsulatorFragments, reassemble_to_the_datagram_whatever_the_mtu) {
  std::vector<std::size_t> mtus{1500};
  for (std::size_t mtu = 128; mtu <= 200; ++mtu) mtus.push_back(mtu);
  Random random{1};
  const auto payload = random.octets(4001);
  for (const std::size_t mtu : mtus) {
    SCOPED_TRACE("mtu " + std::to_string(mtu));
    for (const bool six : {false, true}) {
      const Segment segment =
          datagram(six ? route("2001:db8::1", "2001:db8::2") : route("10.0.0.1", "10.0.0.2"), payload);
      Encapsulator encapsulator{{.mtu = static_cast<std::uint32_t>(mtu)}};
      KeepingSink sink;
      ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
      EXPECT_GT(sink.packets.size(), 1u);
      EXPECT_EQ(encapsulator.packets(), sink.packets.size());
      expect_transport_of(six ? reassembled_ipv6(sink, mtu, segment) : reassembled_ipv4(sink, mtu, segment), segment);
    }
  }
}

TEST(EncapsulatorFragments, begin_one_octet_above_the_mtu) {
  const std::vector<std::byte> payload(1000);
  for (const bool six : {false, true}) {
    const Route on = six ? route("::1", "::1") : route("127.0.0.1", "127.0.0.1");
    const std::uint32_t packet_size = 1000 + 8 + (six ? 40 : 20);
    for (const std::uint32_t mtu : {packet_size, packet_size - 1}) {
      Encapsulator encapsulator{{.mtu = mtu}};
      CountingSink sink;
      ASSERT_TRUE(encapsulator.send(datagram(on, payload), sink).has_value());
      EXPECT_EQ(sink.packets, mtu == packet_size ? 1u : 2u);
    }
  }
}

TEST(EncapsulatorFragments, carry_the_longest_datagram_there_is) {
  const auto on = route("10.0.0.1", "10.0.0.2");
  const std::size_t most = Encapsulator::most_payload(Transport::udp, IpAddress::Family::ipv4);
  EXPECT_EQ(most, 65507u);
  Random random{2};
  const auto payload = random.octets(most);
  const Segment segment = datagram(on, payload);
  Encapsulator encapsulator{{.mtu = 1500}};
  KeepingSink sink;
  ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
  expect_transport_of(reassembled_ipv4(sink, 1500, segment), segment);
}

TEST(Encapsulator, knows_what_a_packet_carries_at_most) {
  EXPECT_EQ(Encapsulator::most_payload(Transport::tcp, IpAddress::Family::ipv4), 65535u - 20 - 20);
  EXPECT_EQ(Encapsulator::most_payload(Transport::udp, IpAddress::Family::ipv4), 65535u - 20 - 8);
  EXPECT_EQ(Encapsulator::most_payload(Transport::tcp, IpAddress::Family::ipv6), 65535u - 20);
  EXPECT_EQ(Encapsulator::most_payload(Transport::udp, IpAddress::Family::ipv6), 65535u - 8);
  for (const bool six : {false, true}) {
    for (const Transport transport : {Transport::tcp, Transport::udp}) {
      Segment segment = datagram(six ? route("::1", "::1") : route("127.0.0.1", "127.0.0.1"), {});
      const std::vector<std::byte> payload(
          Encapsulator::most_payload(transport, segment.route.source.address.family()));
      segment.transport = transport;
      segment.payload = payload;
      segment.dont_fragment = true;
      Encapsulator encapsulator{{}};
      CountingSink sink;
      ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
      EXPECT_EQ(sink.octets, six ? 65575u : 65535u) << "the payload fills the packet";
    }
  }
}

TEST(EncapsulatorFragments, are_not_made_of_what_may_not_be_fragmented) {
  const std::vector<std::byte> payload(4000, std::byte{'x'});
  for (const bool six : {false, true}) {
    Segment segment = datagram(six ? route("::1", "::1") : route("127.0.0.1", "127.0.0.1"), payload);
    segment.dont_fragment = true;
    Encapsulator encapsulator{{.mtu = 1500}};
    KeepingSink sink;
    ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
    ASSERT_EQ(sink.packets.size(), 1u);
    const Bytes packet = sink.packets[0].octets;
    EXPECT_EQ(packet.size(), 4000u + 8 + (six ? 40 : 20));
    if (six) {
      EXPECT_EQ(Ipv6View::parse(packet)->next_header(), Protocol::udp);
    } else {
      EXPECT_TRUE(Ipv4View::parse(packet)->dont_fragment());
      EXPECT_FALSE(Ipv4View::parse(packet)->more_fragments());
    }
  }
}

TEST(EncapsulatorProperty, segments_arrive_as_they_were_whether_cut_or_not) {
  check_property(300, [](Random& random) {
    const bool six = random.one_in(2);
    const auto payload = random.octets(random.below(3000));
    Segment segment = datagram(six ? route("2001:db8::1", "ff02::fb") : route("10.0.0.1", "224.0.0.251"), payload);
    segment.timestamp = year_2000 + Duration{random.below(1'000'000'000)};
    segment.transport = random.one_in(2) ? Transport::tcp : Transport::udp;
    segment.identification = random.any<std::uint16_t>();
    segment.options.timestamps(random.any<std::uint32_t>(), random.any<std::uint32_t>());
    const auto mtu = static_cast<std::uint32_t>(128 + random.below(1400));
    Encapsulator encapsulator{{.mtu = mtu}};
    KeepingSink sink;
    ASSERT_TRUE(encapsulator.send(segment, sink).has_value());
    ASSERT_FALSE(sink.packets.empty());
    if (six && sink.packets.size() == 1) {
      const auto ip = Ipv6View::parse(Bytes{sink.packets[0].octets});
      ASSERT_TRUE(ip.has_value());
      EXPECT_LE(sink.packets[0].octets.size(), mtu);
      expect_transport_of(ip->payload(), segment);
    } else {
      expect_transport_of(six ? reassembled_ipv6(sink, mtu, segment) : reassembled_ipv4(sink, mtu, segment), segment);
    }
  });
}

TEST(Encapsulator, counts_packets_and_their_octets_with_link_headers) {
  const std::vector<std::byte> payload(3000);
  Encapsulator encapsulator{{.link_type = LinkType::ethernet, .mtu = 1500}};
  EXPECT_EQ(encapsulator.packets(), 0u);
  EXPECT_EQ(encapsulator.octets(), 0u);
  CountingSink sink;
  ASSERT_TRUE(encapsulator.send(datagram(route("10.0.0.1", "10.0.0.2"), as_bytes("ping")), sink).has_value());
  EXPECT_EQ(encapsulator.packets(), 1u);
  EXPECT_EQ(encapsulator.octets(), 14u + 20 + 8 + 4);
  ASSERT_TRUE(encapsulator.send(datagram(route("10.0.0.1", "10.0.0.2"), payload), sink).has_value());
  EXPECT_EQ(encapsulator.packets(), 4u) << "fragments are packets";
  EXPECT_EQ(encapsulator.octets(), 46u + 3 * (14 + 20) + 8 + 3000);
  EXPECT_EQ(sink.octets, encapsulator.octets());
}

TEST(Encapsulator, hands_on_what_the_sink_refuses_and_stops_there) {
  const std::vector<std::byte> payload(9000);
  for (const bool fragmented : {false, true}) {
    Segment segment = datagram(route("10.0.0.1", "10.0.0.2"), payload);
    segment.dont_fragment = !fragmented;
    Encapsulator encapsulator{{}};
    CountingSink sink{fragmented ? 2u : 0u};
    const auto sent = encapsulator.send(segment, sink);
    ASSERT_FALSE(sent.has_value());
    EXPECT_EQ(sent.error().operation, "write");
    EXPECT_EQ(sent.error().path, "full.pcap");
    EXPECT_EQ(sent.error().code, ENOSPC);
    EXPECT_EQ(sink.packets, fragmented ? 3u : 1u) << "nothing is sent behind the refused packet";
  }
}

TEST(Encapsulator, allocates_nothing_once_its_buffers_have_grown) {
  Random random{3};
  const auto payload = random.octets(9000);
  const std::array routes{route("10.0.0.1", "10.0.0.2"), route("2001:db8::1", "2001:db8::2")};
  for (const LinkType link : {LinkType::null, LinkType::ethernet, LinkType::linux_sll, LinkType::raw}) {
    Encapsulator encapsulator{{.link_type = link}};
    CountingSink sink;
    const auto send_all = [&](std::size_t size) {
      for (const Route& on : routes) {
        for (const bool whole : {false, true}) {
          Segment segment = datagram(on, Bytes{payload}.first(size));
          segment.dont_fragment = whole;
          segment.transport = whole ? Transport::tcp : Transport::udp;
          if (!encapsulator.send(segment, sink)) std::abort();
        }
      }
    };
    send_all(payload.size());
    const AllocationCounter allocations;
    for (std::size_t size = 0; size <= payload.size(); size += 90) send_all(size);
    EXPECT_EQ(allocations.count(), 0u);
  }
}

}  // namespace
}  // namespace encap::test
