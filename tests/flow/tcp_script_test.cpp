#include "encap/flow/tcp_script.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <optional>

#include "encap/flow/crafter.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/tcp.h"
#include "session_checker.h"
#include "support/property.h"
#include "support/same_octets.h"

namespace encap::test {
namespace {

/// What a run is made from: rows in the order of a table, and the options that matter to a session.
struct Case {
  std::vector<SentMessage> rows;
  SessionRules rules;
  std::uint64_t seed = 0;
  LinkType link_type = LinkType::raw;
};

/// Crafts the rows, payload verbatim.
std::vector<CollectedPacket> craft(const Case& made) {
  CraftOptions options;
  options.payload = CraftOptions::Payload::verbatim;
  options.mtu = made.rules.mtu;
  options.round_trip = made.rules.round_trip;
  options.close = made.rules.close;
  options.seed = made.seed;
  options.link_type = made.link_type;
  PacketCollector collector;
  Crafter crafter{options, collector};
  for (const SentMessage& row : made.rows) {
    Message message;
    message.protocol = "TCP";
    message.source = {{}, row.route.source.address, row.route.source.port};
    message.destination = {{}, row.route.destination.address, row.route.destination.port};
    message.timestamp = row.at;
    message.payload = as_bytes(row.payload);
    const auto pushed = crafter.push(message);
    if (!pushed) ADD_FAILURE() << to_string(pushed.error());
  }
  const auto finished = crafter.finish();
  if (!finished) ADD_FAILURE() << to_string(finished.error());
  return std::move(collector.packets);
}

/// The rows in the order they are sent: by time, equal times as in the table.
std::vector<SentMessage> by_time(std::vector<SentMessage> rows) {
  std::ranges::stable_sort(rows, {}, &SentMessage::at);
  return rows;
}

::testing::AssertionResult is_what_hosts_send(const Case& made, const std::vector<CollectedPacket>& packets) {
  const auto findings = check_sessions(packets, by_time(made.rows), made.rules);
  if (findings.empty()) return ::testing::AssertionSuccess();
  auto result = ::testing::AssertionFailure();
  result << packets.size() << " packets, mtu " << made.rules.mtu << ", round trip " << made.rules.round_trip.count()
         << " ns, close " << static_cast<int>(made.rules.close) << '\n';
  for (const std::string& finding : findings) result << "  " << finding << '\n';
  return result;
}

std::string text_of(Random& random, std::size_t size) {
  const auto octets = random.octets(size);
  return std::string{as_text(octets)};
}

Route route_of(Random& random, bool six, std::uint16_t number) {
  const Port client{static_cast<std::uint16_t>(49152 + number)};
  // Some ports tell who serves, some do not.
  const Port server{static_cast<std::uint16_t>(random.one_in(3) ? 80 : 40000 + random.below(3))};
  if (six) {
    const Ipv6Address host{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    const Ipv6Address other{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2}};
    return {{host, client}, {other, server}};
  }
  return {{Ipv4Address{0x0a000001}, client}, {Ipv4Address{0x0a000002}, server}};
}

/// At most `octets` of payload in all, so that every row of a case lies in the window at once.
Case any_case(Random& random, std::size_t octets) {
  Case made;
  made.seed = random.next();
  const bool six = random.one_in(3);
  const std::uint32_t least = six ? 1280 : TcpScript::least_mtu;
  switch (random.below(4)) {
    case 0:
      made.rules.mtu = 1500;
      break;
    case 1:
      made.rules.mtu = least + static_cast<std::uint32_t>(random.below(400));
      break;
    case 2:
      made.rules.mtu = 65535 - static_cast<std::uint32_t>(random.below(3));
      break;
    default:
      made.rules.mtu = least + static_cast<std::uint32_t>(random.below(65536 - least));
      break;
  }
  switch (random.below(5)) {
    case 0:
      made.rules.round_trip = Duration{0};
      break;
    case 1:
      made.rules.round_trip = std::chrono::microseconds{200};
      break;
    case 2:
      made.rules.round_trip = Duration{random.below(2'000'000)};
      break;
    case 3:
      made.rules.round_trip = Duration{random.below(200'000'000)};
      break;
    default:
      made.rules.round_trip = Duration{random.below(2'000'000'001)};
      break;
  }
  made.rules.close = static_cast<Close>(random.below(3));
  made.link_type = random.one_in(2) ? LinkType::raw : LinkType::null;

  std::vector<Route> routes;
  const std::size_t conversations = 1 + random.below(20);
  for (std::uint16_t i = 0; i < conversations; ++i) routes.push_back(route_of(random, six, i));
  const std::uint64_t spread = std::uint64_t{1} << random.below(36);  // up to a minute, in nanoseconds
  for (std::size_t i = 1 + random.below(120); i > 0; --i) {
    const std::size_t most = std::size_t{1} << random.below(18);
    const std::size_t size =
        std::min<std::size_t>(1 + (random.one_in(20) ? random.below(200'000) : random.below(most)), octets);
    if (size == 0) break;
    octets -= size;
    const Route& route = routes[random.below(routes.size())];
    const Timestamp at = random.one_in(3) && !made.rows.empty()
                             ? made.rows.back().at
                             : year_2000 + Duration{static_cast<std::int64_t>(random.below(spread))};
    made.rows.push_back({random.one_in(2) ? route : route.reversed(), at, text_of(random, size)});
  }
  return made;
}

TEST(TcpScriptProperty, any_messages_are_conversations_two_hosts_could_have_had) {
  check_property(120, [](Random& random) {
    const Case made = any_case(random, 700'000);
    EXPECT_TRUE(is_what_hosts_send(made, craft(made)));
  });
}

TEST(TcpScriptProperty, long_messages_both_ways_keep_within_the_window) {
  check_property(60, [](Random& random) {
    Case made = any_case(random, 1);
    made.rows.clear();
    const Route route = route_of(random, made.rules.mtu >= 1280 && random.one_in(2), 0);
    for (int i = 0; i < 4; ++i) {
      made.rows.push_back(
          {random.one_in(2) ? route : route.reversed(), year_2000, text_of(random, 100'000 + random.below(100'001))});
    }
    EXPECT_TRUE(is_what_hosts_send(made, craft(made)));
  });
}

TEST(TcpScriptProperty, the_same_table_and_seed_give_the_same_packets) {
  check_property(20, [](Random& random) {
    Case made = any_case(random, 50'000);
    const auto packets = craft(made);
    EXPECT_TRUE(packets == craft(made));
    ++made.seed;
    const auto others = craft(made);
    ASSERT_EQ(packets.size(), others.size());
    const auto sequence_number = [](const CollectedPacket& packet) {
      const Bytes network = network_packet(packet);
      return load_be32(network, (load_u8(network, 0) >> 4 == 4 ? 20u : 40u) + 4u);
    };
    EXPECT_NE(sequence_number(packets.front()), sequence_number(others.front())) << "another seed, another ISN";
  });
}

// The checker itself: a good run with one thing made wrong is found out.

Case good_case() {
  const Route route{{Ipv4Address{0x0a000001}, Port{49152}}, {Ipv4Address{0x0a000002}, Port{80}}};
  Case made;
  const Timestamp later = year_2000 + std::chrono::milliseconds{100};
  made.rows = {{route, year_2000, std::string(5000, 'q')}, {route.reversed(), later, "answer"}};
  return made;
}

struct WrongCase {
  const char* name;
  void (*spoil)(std::vector<CollectedPacket>& packets);
};

class SessionChecker : public ::testing::TestWithParam<WrongCase> {};

TEST_P(SessionChecker, finds_it_out) {
  const Case made = good_case();
  auto packets = craft(made);
  ASSERT_TRUE(is_what_hosts_send(made, packets));
  GetParam().spoil(packets);
  EXPECT_FALSE(is_what_hosts_send(made, packets));
}

INSTANTIATE_TEST_SUITE_P(
    Wrong, SessionChecker,
    ::testing::Values(WrongCase{"a_lost_packet", [](auto& packets) { packets.erase(packets.begin() + 4); }},
                      WrongCase{"a_lost_last_packet", [](auto& packets) { packets.pop_back(); }},
                      WrongCase{"a_lost_handshake", [](auto& packets) { packets.erase(packets.begin()); }},
                      WrongCase{"a_packet_twice",
                                [](auto& packets) {
                                  const CollectedPacket again = packets[5];
                                  packets.insert(packets.begin() + 6, again);
                                }},
                      WrongCase{"two_packets_swapped", [](auto& packets) { std::swap(packets[3], packets[4]); }},
                      WrongCase{"a_changed_octet", [](auto& packets) { packets[3].bytes.back() ^= std::byte{1}; }},
                      WrongCase{"a_time_going_back",
                                [](auto& packets) { packets[5].timestamp = packets[4].timestamp - Duration{1}; }},
                      WrongCase{"another_identification", [](auto& packets) { packets[3].bytes[5] ^= std::byte{1}; }},
                      WrongCase{"no_df", [](auto& packets) { packets[3].bytes[6] = std::byte{0}; }},
                      WrongCase{"an_answer_too_early",
                                [](auto& packets) { packets[1].timestamp = packets[0].timestamp; }}),
    [](const auto& of) { return std::string{of.param.name}; });

}  // namespace
}  // namespace encap::test
