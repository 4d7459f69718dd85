// Every header encap writes, octet for octet against what libtins writes for the same values.
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <span>
#include <tins/dot1q.h>
#include <tins/ethernetII.h>
#include <tins/icmp.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/rawpdu.h>
#include <tins/tcp.h>
#include <tins/udp.h>

#include "encap/wire/ethernet.h"
#include "encap/wire/icmp.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "support/dirty_buffer.h"
#include "support/hex.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

const std::uint8_t* pointer(Bytes in) { return reinterpret_cast<const std::uint8_t*>(in.data()); }

Tins::IPv4Address tins(Ipv4Address address) { return Tins::IPv4Address{to_string(address)}; }
Tins::IPv6Address tins(const Ipv6Address& address) { return Tins::IPv6Address{address.octets.data()}; }
Tins::HWAddress<6> tins(const MacAddress& address) { return Tins::HWAddress<6>{address.octets.data()}; }
Tins::RawPDU tins(Bytes payload) { return {pointer(payload), static_cast<std::uint32_t>(payload.size())}; }

// A TCP header as both libraries describe it.
struct TcpPair {
  TcpHeader ours;
  Tins::TCP theirs;
  TcpOptions options{};

  // The header of ours borrows the options, so it is made where they stay.
  [[nodiscard]] TcpHeader header() const {
    TcpHeader complete = ours;
    complete.options = options.bytes();
    return complete;
  }
};

TcpPair random_tcp(Random& random, const Route& route) {
  TcpPair tcp;
  tcp.ours = {.source_port = route.source.port,
              .destination_port = route.destination.port,
              .sequence_number = {random.any<std::uint32_t>()},
              .acknowledgment_number = {random.any<std::uint32_t>()},
              .flags = {random.any<std::uint8_t>()},
              .window = random.any<std::uint16_t>(),
              .urgent_pointer = random.any<std::uint16_t>()};
  tcp.theirs.sport(tcp.ours.source_port.value);
  tcp.theirs.dport(tcp.ours.destination_port.value);
  tcp.theirs.seq(tcp.ours.sequence_number.value);
  tcp.theirs.ack_seq(tcp.ours.acknowledgment_number.value);
  tcp.theirs.flags(tcp.ours.flags.value);
  tcp.theirs.window(tcp.ours.window);
  tcp.theirs.urg_ptr(tcp.ours.urgent_pointer);

  std::size_t used = 0;
  const auto room_for = [&](std::size_t octets) {
    if (used + octets > 40) return false;
    used += octets;
    return true;
  };
  for (std::uint64_t count = random.below(8); count > 0; --count) {
    switch (random.below(6)) {
      case 0:
        if (const auto mss = random.any<std::uint16_t>(); room_for(4)) {
          tcp.options.maximum_segment_size(mss);
          tcp.theirs.mss(mss);
        }
        break;
      case 1:
        if (const auto shift = static_cast<std::uint8_t>(random.below(15)); room_for(3)) {
          tcp.options.window_scale(shift);
          tcp.theirs.winscale(shift);
        }
        break;
      case 2:
        if (room_for(2)) {
          tcp.options.sack_permitted();
          tcp.theirs.sack_permitted();
        }
        break;
      case 3: {
        const auto value = random.any<std::uint32_t>();
        const auto reply = random.any<std::uint32_t>();
        if (room_for(10)) {
          tcp.options.timestamps(value, reply);
          tcp.theirs.timestamp(value, reply);
        }
        break;
      }
      case 4: {
        std::vector<SackBlock> blocks(1 + random.below(4));
        Tins::TCP::sack_type edges;
        for (SackBlock& block : blocks) {
          block = {{random.any<std::uint32_t>()}, {random.any<std::uint32_t>()}};
          edges.push_back(block.left.value);
          edges.push_back(block.right.value);
        }
        if (room_for(2 + 8 * blocks.size())) {
          tcp.options.sack(blocks);
          tcp.theirs.sack(edges);
        }
        break;
      }
      default:
        if (room_for(1)) {
          tcp.options.no_operation();
          tcp.theirs.add_option(Tins::TCP::option(Tins::TCP::NOP));
        }
        break;
    }
  }
  // libtins fills the last word with no-operation options. RFC 9293 §3.1 has it filled with zeros behind an
  // end-of-list option, as encap does, so libtins is handed those.
  for (; used % 4 != 0; ++used) tcp.theirs.add_option(Tins::TCP::option(Tins::TCP::EOL));
  return tcp;
}

// IPv4 options as both libraries describe them: whole words for encap, one by one for libtins.
//
// libtins 4.0 counts an option with a length octet as one octet less than it writes, against RFC 791 §3.1. So it zeroes
// the first octet of what the packet carries for each of them, and where the count falls to another word the header
// length is wrong too. Compared are headers with one such option at most, no-operations added until the words agree,
// in front of packets that begin with a zero.
std::vector<std::byte> random_ip_options(Random& random, Tins::IP& ip) {
  std::vector<std::byte> octets;
  const auto no_operation = [&] {
    ip.noop();
    octets.push_back(std::byte{1});
  };
  for (std::uint64_t count = random.below(5); count > 0; --count) no_operation();

  std::vector<std::byte> option;
  switch (random.below(4)) {
    case 0:
      option = hex_vector("94 04 0000");  // router alert, RFC 2113
      break;
    case 1:
      option = hex_vector("88 04 abcd");  // stream identifier
      break;
    case 2:
      option = hex_vector("07 0b 04 00000000 00000000");  // record route, RFC 791 §3.1
      for (std::size_t i = 3; i < option.size(); ++i) option[i] = random.any<std::byte>();
      break;
    default:
      break;
  }
  const auto words = [](std::size_t count) { return (count + 3) / 4; };
  if (!option.empty()) {
    const std::size_t size = octets.size() + option.size();
    if (words(size) != words(size - 1)) no_operation();
    const Bytes value = Bytes{option}.subspan(2);
    ip.add_option(Tins::IP::option(Tins::IP::option_identifier(std::to_integer<std::uint8_t>(option[0])), value.size(),
                                   pointer(value)));
    octets.insert(octets.end(), option.begin(), option.end());
  }
  octets.resize(words(octets.size()) * 4);
  return octets;
}

// libtins pads an Ethernet frame to the 60 octets that go over a wire; encap leaves it as it leaves the host's stack.
::testing::AssertionResult same_frame(Bytes ours, Tins::PDU& theirs) {
  const auto serialized = theirs.serialize();
  const Bytes expected = std::as_bytes(std::span{serialized});
  const bool framed = theirs.pdu_type() == Tins::PDU::ETHERNET_II;
  if (!framed || expected.size() <= ours.size()) return same_octets(ours, expected);
  const bool zeros = std::ranges::all_of(expected.subspan(ours.size()), [](std::byte b) { return b == std::byte{}; });
  if (expected.size() != 60 || !zeros) return same_octets(ours, expected);
  return same_octets(ours, expected.first(ours.size()));
}

// An odd and an even number of octets equally often; empty, one octet and full frames too.
std::vector<std::byte> random_payload(Random& random) {
  switch (random.below(4)) {
    case 0:
      return random.octets(random.below(3));
    case 1:
      return random.octets(1400 + random.below(100));
    default:
      return random.octets(random.below(200));
  }
}

MacAddress random_mac(Random& random) {
  MacAddress address;
  for (auto& octet : address.octets) octet = random.any<std::uint8_t>();
  return address;
}
Ipv6Address random_ipv6(Random& random) {
  Ipv6Address address;
  for (auto& octet : address.octets) octet = random.any<std::uint8_t>();
  return address;
}

// What lies below the network layer: its octets in `buffer`, its PDU, and the protocol it is.
struct Transport {
  std::unique_ptr<Tins::PDU> theirs;
  Protocol protocol = Protocol::no_next_header;
};

Transport random_transport(Random& random, PacketBuffer& buffer, const Route& route, bool begins_with_zero) {
  const bool four = route.source.address.is_ipv4();
  const auto payload = copy_of(buffer.bytes());
  Transport transport;
  switch (random.below(four ? 3 : 2)) {
    case 0: {
      TcpPair tcp = random_tcp(random, route);
      EXPECT_TRUE(prepend(buffer, tcp.header(), route).has_value());
      transport = {std::make_unique<Tins::TCP>(tcp.theirs), Protocol::tcp};
      break;
    }
    case 1:
      EXPECT_TRUE(prepend(buffer, UdpHeader{route.source.port, route.destination.port}, route).has_value());
      transport = {std::make_unique<Tins::UDP>(route.destination.port.value, route.source.port.value), Protocol::udp};
      break;
    default: {
      const auto identifier = random.any<std::uint16_t>();
      const auto sequence = random.any<std::uint16_t>();
      const bool reply = begins_with_zero || random.one_in(2);  // a reply is of type 0
      prepend(buffer, IcmpHeader{.type = reply ? IcmpType::echo_reply : IcmpType::echo_request,
                                 .identifier = identifier,
                                 .sequence = sequence});
      auto icmp = std::make_unique<Tins::ICMP>();
      if (reply) {
        icmp->set_echo_reply(identifier, sequence);
      } else {
        icmp->set_echo_request(identifier, sequence);
      }
      transport = {std::move(icmp), Protocol::icmp};
      break;
    }
  }
  if (!payload.empty()) transport.theirs->inner_pdu(tins(payload));
  return transport;
}

std::unique_ptr<Tins::PDU> random_ipv4_packet(Random& random, PacketBuffer& buffer) {
  const Ipv4Address source{random.any<std::uint32_t>() | 1};  // libtins takes 0.0.0.0 for "ask the host"
  const Ipv4Address destination{random.any<std::uint32_t>()};
  const bool has_options = random.one_in(3);
  const auto source_port = static_cast<std::uint16_t>(random.below(has_options ? 256 : 65536));
  const Route route{{source, Port{source_port}}, {destination, Port{random.any<std::uint16_t>()}}};
  auto ip = std::make_unique<Tins::IP>(tins(destination), tins(source));
  Ipv4Header header{.source = source,
                    .destination = destination,
                    .time_to_live = random.any<std::uint8_t>(),
                    .dscp = static_cast<std::uint8_t>(random.below(64)),
                    .ecn = static_cast<std::uint8_t>(random.below(4)),
                    .identification = random.any<std::uint16_t>(),
                    .dont_fragment = random.one_in(2)};
  if (random.one_in(4) && buffer.size() > 0) {  // a fragment: what it carries is a piece of something
    if (has_options) buffer.prepend(1)[0] = std::byte{0};
    header.more_fragments = random.one_in(2);
    header.fragment_offset = static_cast<std::uint16_t>(random.below(8192));
    header.protocol = Protocol::udp;
    ip->inner_pdu(tins(buffer.bytes()));
    ip->protocol(static_cast<std::uint8_t>(header.protocol));
  } else {
    Transport transport = random_transport(random, buffer, route, has_options);
    header.protocol = transport.protocol;
    ip->inner_pdu(transport.theirs.release());
  }
  ip->ttl(header.time_to_live);
  ip->tos(static_cast<std::uint8_t>(header.dscp << 2 | header.ecn));
  ip->id(header.identification);
  ip->flags(static_cast<Tins::IP::Flags>((header.dont_fragment ? Tins::IP::DONT_FRAGMENT : 0) |
                                         (header.more_fragments ? Tins::IP::MORE_FRAGMENTS : 0)));
  ip->fragment_offset(header.fragment_offset);
  std::vector<std::byte> options;
  if (has_options) options = random_ip_options(random, *ip);
  header.options = options;
  EXPECT_TRUE(prepend(buffer, header).has_value());
  return ip;
}

std::unique_ptr<Tins::PDU> random_ipv6_packet(Random& random, PacketBuffer& buffer) {
  const Ipv6Address source = random_ipv6(random);
  const Ipv6Address destination = random_ipv6(random);
  const Route route{{source, Port{random.any<std::uint16_t>()}}, {destination, Port{random.any<std::uint16_t>()}}};
  auto ip = std::make_unique<Tins::IPv6>(tins(destination), tins(source));
  Ipv6Header header{.source = source,
                    .destination = destination,
                    .hop_limit = random.any<std::uint8_t>(),
                    .traffic_class = random.any<std::uint8_t>(),
                    .flow_label = static_cast<std::uint32_t>(random.below(1u << 20))};
  if (random.one_in(4) && buffer.size() > 0) {
    ip->inner_pdu(tins(buffer.bytes()));
    ip->next_header(static_cast<std::uint8_t>(Protocol::udp));
    const Ipv6FragmentHeader fragment{.next_header = Protocol::udp,
                                      .fragment_offset = static_cast<std::uint16_t>(random.below(8192)),
                                      .more_fragments = random.one_in(2),
                                      .identification = random.any<std::uint32_t>()};
    std::array<std::byte, 6> words{};
    store_be16(words, 0, static_cast<std::uint16_t>(fragment.fragment_offset << 3 | (fragment.more_fragments ? 1 : 0)));
    store_be32(words, 2, fragment.identification);
    ip->add_header(Tins::IPv6::ext_header(Tins::IPv6::FRAGMENT, words.size(), pointer(words)));
    prepend(buffer, fragment);
    header.next_header = Protocol::fragment;
  } else {
    Transport transport = random_transport(random, buffer, route, false);
    header.next_header = transport.protocol;
    ip->inner_pdu(transport.theirs.release());
  }
  ip->hop_limit(header.hop_limit);
  ip->traffic_class(header.traffic_class);
  ip->flow_label(header.flow_label);
  EXPECT_TRUE(prepend(buffer, header).has_value());
  return ip;
}

// Puts 802.1Q tags and an Ethernet header around the packet, in both libraries.
std::unique_ptr<Tins::PDU> random_frame(Random& random, PacketBuffer& buffer, EtherType type,
                                        std::unique_ptr<Tins::PDU> inner) {
  for (std::uint64_t tags = random.below(3); tags > 0; --tags) {
    const VlanHeader header{.id = static_cast<std::uint16_t>(random.below(4096)),
                            .priority = static_cast<std::uint8_t>(random.below(8)),
                            .drop_eligible = random.one_in(2),
                            .type = type};
    auto tag = std::make_unique<Tins::Dot1Q>(header.id, false);
    tag->priority(header.priority);
    tag->cfi(header.drop_eligible ? 1 : 0);
    if (type == EtherType::vlan) {
      // Between two tags libtins writes 0x88a8, the type of a service tag, in front of the inner one (IEEE 802.1Q §9.5
      // has it in front of the outer one), whatever the tag says. So the inner tag is handed over as octets.
      const auto octets = inner->serialize();
      tag->payload_type(static_cast<std::uint16_t>(type));
      inner = std::make_unique<Tins::RawPDU>(octets.data(), static_cast<std::uint32_t>(octets.size()));
    }
    tag->inner_pdu(inner.release());
    inner = std::move(tag);
    prepend(buffer, header);
    type = EtherType::vlan;
  }
  const EthernetHeader header{.source = random_mac(random), .destination = random_mac(random), .type = type};
  auto frame = std::make_unique<Tins::EthernetII>(tins(header.destination), tins(header.source));
  frame->inner_pdu(inner.release());
  prepend(buffer, header);
  return frame;
}

TEST(TinsCraftProperty, writes_the_same_octets) {
  check_property(20000, [](Random& random) {
    PacketBuffer buffer = dirty_buffer(random_payload(random));
    const bool four = random.one_in(2);
    std::unique_ptr<Tins::PDU> theirs = four ? random_ipv4_packet(random, buffer) : random_ipv6_packet(random, buffer);
    if (random.one_in(2)) {
      theirs = random_frame(random, buffer, four ? EtherType::ipv4 : EtherType::ipv6, std::move(theirs));
    }
    ASSERT_TRUE(same_frame(buffer.bytes(), *theirs));
  });
}

constexpr Ipv4Address localhost{0x7f000001};
constexpr Route route{{localhost, Port{49152}}, {localhost, Port{53}}};

TEST(TinsCraft, agrees_on_a_udp_checksum_that_computes_to_zero) {
  const auto payload = hex_vector("41a2");
  PacketBuffer buffer = dirty_buffer(payload);
  ASSERT_TRUE(prepend(buffer, UdpHeader{route.source.port, route.destination.port}, route).has_value());
  ASSERT_EQ(UdpView::parse(buffer.bytes())->checksum(), 0xffff);
  ASSERT_TRUE(prepend(buffer, Ipv4Header{.source = localhost, .destination = localhost, .protocol = Protocol::udp})
                  .has_value());
  auto theirs = Tins::IP(tins(localhost), tins(localhost)) / Tins::UDP(53, 49152) / tins(payload);
  theirs.ttl(64);
  theirs.id(0);
  EXPECT_TRUE(same_frame(buffer.bytes(), theirs));
}

TEST(TinsCraft, agrees_on_the_packet_of_the_segments_mode) {
  const auto golden = hex_bytes(
      "4500 003a 0001 0000 4006 7cbb 7f00 0001 7f00 0001 13d2 3039 0000 0000 0000 0000 5018 2000 b54e 0000"
      "474554202f626c6f6720485454502f312e31");
  Tins::TCP tcp(12345, 5074);
  tcp.flags(Tins::TCP::PSH | Tins::TCP::ACK);
  tcp.window(8192);
  auto theirs = Tins::IP("127.0.0.1", "127.0.0.1") / tcp / Tins::RawPDU("GET /blog HTTP/1.1");
  theirs.ttl(64);
  theirs.id(1);
  EXPECT_TRUE(same_frame(golden, theirs));
}

}  // namespace
}  // namespace encap::test
