#include "flow/encapsulate_behind.h"

#include <cerrno>
#include <gtest/gtest.h>
#include <optional>

#include "encap/flow/crafter.h"
#include "session_checker.h"
#include "support/allocation_counter.h"
#include "support/property.h"

namespace encap::test {
namespace {

constexpr Route route{{Ipv4Address{0x0a000001}, Port{5000}}, {Ipv4Address{0x0a000002}, Port{80}}};

Segment segment_of(Bytes payload, std::uint32_t number, Transport transport = Transport::tcp) {
  return {.timestamp = year_2000 + Duration{number},
          .route = route,
          .transport = transport,
          .payload = payload,
          .sequence_number = {number},
          .flags = TcpFlags::ack};
}

/// Takes so many packets and refuses the rest.
class LimitedSink final : public PacketSink {
 public:
  explicit LimitedSink(int takes) : takes_{takes} {}
  Result<void, IoError> write(const PacketRecord&) override {
    ++asked;
    if (takes_-- > 0) return {};
    return unexpected(IoError{"write", "full", ENOSPC, {}});
  }
  Result<void, IoError> flush() override { return {}; }

  int asked = 0;

 private:
  int takes_;
};

TEST(EncapsulateBehindProperty, sends_what_the_encapsulator_sends) {
  check_property(40, [](Random& random) {
    PacketCollector at_once;
    PacketCollector later;
    Encapsulator expected{{}};
    Encapsulator encapsulator{{}};
    EncapsulateBehind behind{encapsulator, later};
    for (std::uint64_t left = random.below(3000); left != 0; --left) {
      // Of any size; a few leave in fragments, and one alone may be more than a batch of others.
      std::vector<std::byte> payload = random.octets(random.below(random.one_in(100) ? 60'000 : 200));
      const Segment segment =
          segment_of(payload, random.any<std::uint32_t>(), payload.size() > 1000 ? Transport::udp : Transport::tcp);
      ASSERT_TRUE(expected.send(segment, at_once).has_value());
      ASSERT_TRUE(behind.send(segment).has_value());
      payload.assign(payload.size(), std::byte{0xee});  // it was copied
      if (random.one_in(500)) {
        ASSERT_TRUE(behind.drain().has_value());
        ASSERT_EQ(later.packets.size(), at_once.packets.size());
      }
    }
    ASSERT_TRUE(behind.drain().has_value());
    EXPECT_EQ(later.packets, at_once.packets);
    EXPECT_EQ(encapsulator.packets(), expected.packets());
    EXPECT_EQ(encapsulator.octets(), expected.octets());
  });
}

TEST(EncapsulateBehind, stops_where_the_sink_refuses) {
  for (const int takes : {0, 1, 5000}) {
    LimitedSink sink{takes};
    Encapsulator encapsulator{{}};
    EncapsulateBehind behind{encapsulator, sink};
    std::optional<IoError> told;
    for (std::uint32_t i = 0; i < 50'000 && !told; ++i) {
      if (const auto sent = behind.send(segment_of({}, i)); !sent) told = sent.error();
    }
    ASSERT_TRUE(told.has_value()) << takes;
    EXPECT_EQ(told->code, ENOSPC);
    const auto drained = behind.drain();
    ASSERT_FALSE(drained.has_value());
    EXPECT_EQ(drained.error().path, "full");
    EXPECT_EQ(sink.asked, takes + 1) << "nothing is tried after a refusal";
    EXPECT_FALSE(behind.send(segment_of({}, 0)).has_value()) << "and nothing is taken any more";
  }
}

TEST(EncapsulateBehind, tells_of_a_refusal_when_it_is_drained) {
  LimitedSink sink{1};
  Encapsulator encapsulator{{}};
  EncapsulateBehind behind{encapsulator, sink};
  for (std::uint32_t i = 0; i < 3; ++i) ASSERT_TRUE(behind.send(segment_of({}, i)).has_value());
  EXPECT_FALSE(behind.drain().has_value());
  EXPECT_EQ(sink.asked, 2);
}

TEST(EncapsulateBehind, may_be_left_at_any_time) {
  for (const std::uint32_t segments : {0u, 1u, 1023u, 1024u, 1025u, 20'000u}) {
    PacketCollector sink;
    Encapsulator encapsulator{{}};
    EncapsulateBehind behind{encapsulator, sink};
    for (std::uint32_t i = 0; i < segments; ++i) ASSERT_TRUE(behind.send(segment_of({}, i)).has_value());
  }
}

TEST(EncapsulateBehind, allocates_nothing_for_each_segment) {
  LimitedSink sink{1'000'000};
  Encapsulator encapsulator{{}};
  EncapsulateBehind behind{encapsulator, sink};
  const std::vector<std::byte> payload(100);
  const auto send = [&](std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      if (!behind.send(segment_of(payload, i))) std::abort();
    }
    if (!behind.drain()) std::abort();
  };
  send(20'000);
  const AllocationCounter allocations;
  send(20'000);
  EXPECT_EQ(allocations.count(), 0u);
  EXPECT_EQ(sink.asked, 40'000);
}

/// The way of a table: rows of some conversations over TCP and UDP, some with faults, out of order now and then.
void push_rows(Random& random, std::uint64_t rows, Crafter& crafter) {
  std::string payload;
  for (std::uint64_t i = 0; i < rows; ++i) {
    const bool forth = random.one_in(2);
    const bool datagram = random.one_in(4);
    payload.assign(random.one_in(50) ? random.below(20'000) : random.below(300), static_cast<char>('a' + i % 26));
    Message message;
    message.file = "table.csv";
    message.line = i + 2;
    message.protocol = datagram ? "UDP" : random.one_in(3) ? "HTTP" : "TCP";
    if (message.protocol == "HTTP") payload.insert(0, forth ? "GET /" : "200 ");
    Party client{"client", Ipv4Address{0x7f000001}, Port{static_cast<std::uint16_t>(5000 + random.below(20))}};
    Party server{"server", Ipv4Address{0x7f000001}, Port{80}};
    message.source = forth ? client : server;
    message.destination = forth ? server : client;
    message.timestamp = year_2000 + Duration{static_cast<std::int64_t>(i * 100'000 - random.below(1'000'000))};
    message.payload = as_bytes(payload);
    if (random.one_in(20)) message.faults.add(Fault::lost);
    static_cast<void>(crafter.push(message));  // a datagram may be too long
    if (random.one_in(1000)) {
      ASSERT_TRUE(crafter.drain().has_value());
    }
  }
}

TEST(CrafterBehindProperty, makes_the_packets_that_it_makes_at_once) {
  check_property(20, [](Random& random) {
    CraftOptions options;
    options.seed = random.next();
    const std::uint64_t rows = random.below(12'000);
    const std::uint64_t seed = random.next();
    PacketCollector at_once;
    PacketCollector later;
    CraftSummary made;
    {
      Crafter crafter{options, at_once};
      Random its_own{seed};
      push_rows(its_own, rows, crafter);
      ASSERT_TRUE(crafter.finish().has_value());
      made = crafter.summary();
    }
    options.packets_behind = true;
    Crafter crafter{options, later};
    Random its_own{seed};
    push_rows(its_own, rows, crafter);
    const std::uint64_t counted = crafter.summary().packets;
    ASSERT_EQ(later.packets.size(), counted) << "the sink has all that are counted";
    ASSERT_TRUE(crafter.finish().has_value());
    ASSERT_EQ(later.packets.size(), at_once.packets.size());
    EXPECT_EQ(later.packets, at_once.packets);
    EXPECT_EQ(crafter.summary().packets, made.packets);
    EXPECT_EQ(crafter.summary().octets, made.octets);
    EXPECT_EQ(crafter.summary().messages, made.messages);
    EXPECT_EQ(crafter.link_type(), LinkType::null);
  });
}

TEST(CrafterBehind, counts_all_packets_that_were_made) {
  PacketCollector sink;
  CraftOptions options;
  options.mode = CraftOptions::Mode::segments;
  options.payload = CraftOptions::Payload::verbatim;
  options.packets_behind = true;
  Crafter crafter{options, sink};
  Random random{1};
  push_rows(random, Crafter::window_rows, crafter);
  EXPECT_EQ(crafter.summary().packets, 0u) << "all are in the window";
  Message message;
  message.protocol = "TCP";
  message.timestamp = year_2000 + std::chrono::hours{1};
  message.payload = as_bytes("one more");
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(crafter.push(message).has_value());
  EXPECT_EQ(crafter.summary().packets, 10u);
  EXPECT_EQ(sink.packets.size(), 10u);
}

TEST(CrafterBehind, tells_of_a_sink_that_refuses) {
  LimitedSink sink{100};
  CraftOptions options;
  options.packets_behind = true;
  Crafter crafter{options, sink};
  Random random{1};
  push_rows(random, 200, crafter);
  const auto finished = crafter.finish();
  ASSERT_FALSE(finished.has_value());
  EXPECT_EQ(finished.error().code, ENOSPC);
  EXPECT_EQ(sink.asked, 101);
}

}  // namespace
}  // namespace encap::test
