#include "encap/analyze/session_memory.h"

#include <array>
#include <gtest/gtest.h>
#include <string_view>
#include <thread>
#include <vector>

#include "analyze/flow_table.h"
#include "analyze/flows.h"
#include "analyze/tcp_pdu_store.h"
#include "support/property.h"

namespace encap::test {
namespace {

using Transport = FlowKey::Transport;
using State = Reassembly::State;

constexpr std::uint16_t syn = 0x02;
constexpr std::uint16_t ack = 0x10;

Bytes octets(std::string_view text) { return std::as_bytes(std::span{text}); }

// The flows of one lane, one after the other.
class FlowsOfLane {
 public:
  explicit FlowsOfLane(unsigned lane, std::uint32_t first = 0) : lane_{lane}, number_{first} {}

  FlowKey next(Transport transport = Transport::tcp) {
    for (;;) {
      const FlowKey key = nth_flow(number_++, transport);
      if (SessionMemory::lane_of(key) == lane_) return key;
    }
  }

 private:
  unsigned lane_;
  std::uint32_t number_;
};

TcpSegmentFacts segment(std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                        std::uint32_t length = 0) {
  TcpSegmentFacts facts;
  facts.flags = flags;
  facts.sequence_number = sequence;
  facts.acknowledgment_number = acknowledgment;
  facts.length = length;
  facts.window = 1000;
  return facts;
}

TEST(SessionLanesProperty, both_directions_of_a_flow_are_in_one_lane) {
  check_property(10'000, [](Random& random) {
    const bool ipv6 = random.one_in(2);
    const auto address = [&] {
      Address any{{}, ipv6 ? Address::Kind::ipv6 : Address::Kind::ipv4, static_cast<std::uint8_t>(ipv6 ? 16 : 4)};
      for (std::size_t i = 0; i < any.size; ++i) any.octets[i] = random.any<std::uint8_t>();
      return any;
    };
    const Address source = address();
    const Address destination = random.one_in(4) ? source : address();
    const FlowKey key = flow_key(random.one_in(2) ? Transport::tcp : Transport::udp, source,
                                 random.any<std::uint16_t>(), destination, random.any<std::uint16_t>());
    EXPECT_LT(SessionMemory::lane_of(key), SessionMemory::lanes);
    EXPECT_EQ(SessionMemory::lane_of(key), SessionMemory::lane_of(reversed(key)));
  });
}

struct Crowd {
  const char* name;
  FlowKey (*flow)(std::uint16_t number);
};

// What captures are full of; each lane is to have two fifths of it at least.
const Crowd crowds[] = {
    {"clients_of_one_server", [](std::uint16_t n) { return nth_flow(n); }},
    {"clients_of_one_server_in_many_networks", [](std::uint16_t n) { return nth_flow(std::uint32_t{n} << 8); }},
    {"ports_of_one_client",
     [](std::uint16_t n) {
       return flow_key(Transport::tcp, ipv4(0xc0000201), static_cast<std::uint16_t>(49'152 + n), ipv4(0xc0000202), 80);
     }},
    {"every_other_port_of_one_client",  // as Linux gives them
     [](std::uint16_t n) {
       const auto port = static_cast<std::uint16_t>(32'768 + 2 * n);
       return flow_key(Transport::tcp, ipv4(0xc0000201), port, ipv4(0xc0000202), 443);
     }},
    {"connections_of_the_loopback",
     [](std::uint16_t n) {
       const auto port = static_cast<std::uint16_t>(40'000 + n);
       return flow_key(Transport::tcp, ipv4(0x7f000001), port, ipv4(0x7f000001), 8080);
     }},
    {"ipv6_hosts",
     [](std::uint16_t n) {
       Address client{{0x20, 0x01, 0x0d, 0xb8}, Address::Kind::ipv6, 16};
       Address server = client;
       client.octets[14] = static_cast<std::uint8_t>(n >> 8);
       client.octets[15] = static_cast<std::uint8_t>(n);
       server.octets[7] = 1;
       return flow_key(Transport::udp, client, 40'000, server, 53);
     }},
};

TEST(SessionLanes, share_what_captures_are_full_of) {
  for (const Crowd& crowd : crowds) {
    int in_lane_0 = 0;
    for (std::uint16_t n = 0; n < 5000; ++n) in_lane_0 += SessionMemory::lane_of(crowd.flow(n)) == 0 ? 1 : 0;
    EXPECT_GE(in_lane_0, 2000) << crowd.name;
    EXPECT_LE(in_lane_0, 3000) << crowd.name;
  }
}

TEST(SessionMemory, what_is_expected_is_no_flow_and_changes_none) {
  SessionMemory session;
  for (std::uint32_t n = 0; n < 20; ++n) {
    for (std::uint32_t ahead = 0; ahead < 5; ++ahead) session.expect(SessionMemory::hash_of(nth_flow(n + ahead)));
    EXPECT_EQ(session.tcp(nth_flow(n), segment(ack, 1, 1)).flow->index, n);
    session.expect(SessionMemory::hash_of(reversed(nth_flow(n))));
    EXPECT_EQ(session.tcp(reversed(nth_flow(n)), segment(ack, 1, 1)).flow->index, n);
  }
}

TEST(SessionMemory, flows_are_counted_per_transport_whatever_their_lane) {
  SessionMemory session;
  for (std::uint32_t n = 0; n < 10; ++n) {
    EXPECT_EQ(session.flow(nth_flow(n, Transport::udp)).index, n);
    EXPECT_EQ(session.tcp(nth_flow(n), segment(ack, 1, 1)).flow->index, n);
  }
  for (std::uint32_t n = 0; n < 10; ++n) {
    EXPECT_EQ(session.flow(reversed(nth_flow(n, Transport::udp))).index, n);
    EXPECT_EQ(session.tcp(reversed(nth_flow(n)), segment(ack, 1, 1)).flow->index, n);
  }
}

TEST(SessionMemory, used_ports_begin_another_flow_that_knows_no_pdu_of_the_one_before) {
  SessionMemory session;
  const FlowKey key = nth_flow(1);
  const TcpAnalysis& first = session.tcp(key, segment(syn, 100, 0));
  ASSERT_NE(first.pdus->begin(1, 9, 1), nullptr);
  first.pdus->until_fin = true;
  first.pdus->fin_frame = 1;

  const TcpAnalysis& again = session.tcp(key, segment(syn, 7000, 0));

  EXPECT_EQ(again.marks, TcpMark::reused_ports);
  EXPECT_EQ(again.flow->index, 1u);
  EXPECT_EQ(again.relative_sequence, 0u);
  EXPECT_EQ(again.pdus->find(1), nullptr);
  EXPECT_FALSE(again.pdus->until_fin);
  EXPECT_EQ(again.pdus->fin_frame, 0u);
}

TEST(SessionMemory, each_side_has_pdus_of_its_own) {
  SessionMemory session;
  TcpPdus* const client = session.tcp(nth_flow(1), segment(ack, 1, 1)).pdus;
  TcpPdus* const server = session.tcp(reversed(nth_flow(1)), segment(ack, 1, 1)).pdus;
  EXPECT_NE(client, server);
  EXPECT_EQ(session.tcp(nth_flow(1), segment(ack, 1, 1)).pdus, client);
}

TEST(SessionMemory, a_flow_that_was_forgotten_gives_back_the_room_of_its_pdus) {
  SessionMemory session;
  FlowsOfLane flows{0};
  const std::vector<std::byte> much(23u << 20);
  for (int i = 0; i < 2; ++i) {
    TcpPdus& pdus = *session.tcp(flows.next(), segment(ack, 1, 1)).pdus;
    TcpPdus::Pdu* const pdu = pdus.begin(1, 0x40000000, 1);
    ASSERT_NE(pdu, nullptr);
    ASSERT_EQ(pdus.add(*pdu, 1, 0, much, true).state, State::pending);
  }
  // Whoever takes their place has no PDUs.
  for (std::size_t i = 0; i < FlowTable::limit + 10; ++i) static_cast<void>(session.flow(flows.next(Transport::udp)));

  TcpPdus& pdus = *session.tcp(flows.next(), segment(ack, 1, 1)).pdus;
  TcpPdus::Pdu* const pdu = pdus.begin(1, 0x40000000, 1);
  ASSERT_NE(pdu, nullptr);
  EXPECT_EQ(pdus.add(*pdu, 1, 0, much, true).state, State::pending);
}

TEST(SessionMemory, lanes_that_are_told_how_many_there_were_number_flows_as_one_reader_does) {
  constexpr std::uint32_t packets = 200;
  const auto key_of = [](std::uint32_t packet) {
    return nth_flow(packet % 7 * packet % 61, packet % 3 == 0 ? Transport::udp : Transport::tcp);
  };
  const auto index_in = [&](SessionMemory& session, std::uint32_t packet) {
    const FlowKey key = key_of(packet);
    // A SYN now and then, which starts anew where ports are used again.
    return key.transport == Transport::udp
               ? session.flow(key).index
               : session.tcp(key, segment(packet % 5 == 0 ? syn : ack, packet, 1)).flow->index;
  };
  SessionMemory alone{SessionMemory::Depth::streams};
  std::vector<SessionMemory::Counts> before;
  std::vector<std::uint32_t> expected;
  for (std::uint32_t packet = 0; packet < packets; ++packet) {
    before.push_back(alone.counts());
    expected.push_back(index_in(alone, packet));
  }
  ASSERT_GT(alone.counts()[0], 30U);
  ASSERT_GT(alone.counts()[1], 10U);

  SessionMemory session;
  std::vector<std::uint32_t> numbered(packets);
  constexpr std::uint32_t last_apart = 150;
  for (unsigned lane = 0; lane < SessionMemory::lanes; ++lane) {
    for (std::uint32_t packet = 0; packet < last_apart; ++packet) {
      if (SessionMemory::lane_of(key_of(packet)) != lane) continue;
      session.count_from(lane, before[packet]);
      numbered[packet] = index_in(session, packet);
    }
  }
  session.count_from(before[last_apart]);
  for (std::uint32_t packet = last_apart; packet < packets; ++packet) numbered[packet] = index_in(session, packet);
  EXPECT_EQ(numbered, expected);
  EXPECT_EQ(session.counts(), alone.counts());
}

TEST(SessionMemory, lanes_do_not_share_the_room_for_pdus) {
  SessionMemory session;
  const std::vector<std::byte> much(30u << 20);
  ASSERT_GT(2 * much.size(), TcpPduStore::limit);
  for (unsigned lane = 0; lane < SessionMemory::lanes; ++lane) {
    TcpPdus& pdus = *session.tcp(FlowsOfLane{lane}.next(), segment(ack, 1, 1)).pdus;
    TcpPdus::Pdu* const pdu = pdus.begin(1, 0x40000000, 1);
    ASSERT_NE(pdu, nullptr);
    EXPECT_EQ(pdus.add(*pdu, 1, 0, much, true).state, State::pending) << lane;
  }
}

TEST(SessionMemory, fragments_become_a_datagram) {
  SessionMemory session;
  FragmentKey key{ipv4(0xc0000201), ipv4(0xc0000202)};
  key.identification = 7;
  FragmentKey other = key;
  other.protocol = 17;
  EXPECT_EQ(session.fragment(key, 1, 8, false, octets("world")).state, State::pending);
  EXPECT_EQ(session.fragment(other, 2, 0, true, octets("another.")).state, State::pending);
  static_cast<void>(session.tcp(nth_flow(1), segment(ack, 1, 1)));
  const Reassembly whole = session.fragment(key, 3, 0, true, octets("hello,  "));
  ASSERT_EQ(whole.state, State::complete);
  EXPECT_EQ((std::string_view{reinterpret_cast<const char*>(whole.bytes.data()), whole.bytes.size()}), "hello,  world");
  ASSERT_EQ(whole.pieces.size(), 2u);
  EXPECT_EQ(whole.pieces[0].frame, 3u);
}

struct Counted final : FlowMemory {
  std::uint32_t packets = 0;
};

// What a thread sees of its lane's flows: handshakes, octets, losses, PDUs, memories. One number for each step.
std::vector<std::uint64_t> use_lane(SessionMemory& session, unsigned lane) {
  constexpr int flow_count = 300;
  constexpr std::uint32_t rounds = 30;
  std::vector<std::uint64_t> seen;
  std::uint64_t frame = 0;
  const auto take = [&](const FlowKey& key, TcpSegmentFacts facts) -> const TcpAnalysis& {
    facts.frame_number = ++frame;
    facts.time = {static_cast<std::int64_t>(frame) * 1'000'000};
    const TcpAnalysis& analysis = session.tcp(key, facts);
    seen.push_back(analysis.marks);
    seen.push_back(analysis.bytes_in_flight);
    seen.push_back(analysis.acked_frame);
    return analysis;
  };
  FlowsOfLane names{lane};
  std::vector<FlowKey> flows;
  for (int i = 0; i < flow_count; ++i) flows.push_back(names.next(i % 3 == 0 ? Transport::udp : Transport::tcp));
  for (std::uint32_t round = 0; round < rounds; ++round) {
    for (const FlowKey& key : flows) {
      if (key.transport == Transport::udp) {
        Flow& flow = session.flow(round % 2 == 0 ? key : reversed(key));
        seen.push_back(++flow.remember<Counted>().packets);
        seen.push_back(flow.forward ? 1 : 0);
        continue;
      }
      const std::uint32_t base = round / 10 * 1'000'000;  // ports are used again every ten rounds
      if (round % 10 == 0) {
        take(key, segment(syn, base, 0));
        take(reversed(key), segment(syn | ack, base, base + 1));
      }
      const std::uint32_t sequence = base + 1 + round % 10 * 300;
      const TcpAnalysis& half = take(key, segment(ack, sequence, base + 1, 100));
      TcpPdus::Pdu* pdu = half.pdus->begin(half.relative_sequence, half.relative_sequence + 200, frame);
      if (pdu == nullptr) continue;
      seen.push_back(static_cast<std::uint64_t>(half.pdus->add(*pdu, frame, 0, octets("half"), true).state));
      TcpPdus& pdus = *take(key, segment(ack, sequence + 200, base + 1, 100)).pdus;  // one was lost
      seen.push_back(static_cast<std::uint64_t>(pdus.add(*pdu, frame, 4, octets("whole"), false).state));
      take(reversed(key), segment(ack, base + 1, sequence + 300));
    }
  }
  return seen;
}

TEST(SessionMemory, two_threads_see_in_their_lanes_what_one_would_see) {
  std::array<std::vector<std::uint64_t>, SessionMemory::lanes> expected;
  {
    SessionMemory session;
    for (unsigned lane = 0; lane < SessionMemory::lanes; ++lane) expected[lane] = use_lane(session, lane);
  }
  SessionMemory session;
  std::array<std::vector<std::uint64_t>, SessionMemory::lanes> seen;
  {
    std::vector<std::thread> threads;
    for (unsigned lane = 0; lane < SessionMemory::lanes; ++lane) {
      threads.emplace_back([&, lane] { seen[lane] = use_lane(session, lane); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(seen, expected);
  EXPECT_FALSE(seen[0].empty());
}

// Whichever comes first: every flow has an index, and none has that of another.
TEST(SessionMemory, two_threads_count_every_flow_once) {
  constexpr std::size_t flows_each = 5000;
  SessionMemory session;
  std::array<std::vector<std::uint32_t>, SessionMemory::lanes> indices;
  {
    std::vector<std::thread> threads;
    for (unsigned lane = 0; lane < SessionMemory::lanes; ++lane) {
      threads.emplace_back([&, lane] {
        FlowsOfLane flows{lane};
        for (std::size_t i = 0; i < flows_each; ++i) {
          indices[lane].push_back(session.tcp(flows.next(), segment(ack, 1, 1)).flow->index);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<bool> given(SessionMemory::lanes * flows_each);
  for (const auto& of_lane : indices) {
    for (const std::uint32_t index : of_lane) {
      ASSERT_LT(index, given.size());
      EXPECT_FALSE(given[index]) << index;
      given[index] = true;
    }
  }
}

}  // namespace
}  // namespace encap::test
