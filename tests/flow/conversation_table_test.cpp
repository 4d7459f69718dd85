#include "flow/conversation_table.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "support/property.h"

namespace encap::test {
namespace {

constexpr IpAddress host_1{Ipv4Address{0x0a000001}};
constexpr IpAddress host_2{Ipv4Address{0x0a000002}};

/// A client on a port of host 1, talking to port 80 of host 2.
constexpr Route route_of(std::uint16_t client_port) { return {{host_1, Port{client_port}}, {host_2, Port{80}}}; }

/// Takes the listed ones out, the one used longest ago first.
std::vector<std::uint32_t> oldest_first(ConversationTable& table) {
  std::vector<std::uint32_t> order;
  while (table.oldest() != no_index) {
    order.push_back(table.oldest());
    table.unlist(table.oldest());
  }
  return order;
}

TEST(ConversationKey, is_the_same_in_both_directions) {
  EXPECT_EQ((ConversationKey{route_of(5000), Transport::tcp}),
            (ConversationKey{route_of(5000).reversed(), Transport::tcp}));
  EXPECT_EQ(FlowKeyHash{}(ConversationKey{route_of(5000), Transport::tcp}),
            FlowKeyHash{}(ConversationKey{route_of(5000).reversed(), Transport::tcp}));
}

TEST(ConversationKey, differs_where_an_endpoint_or_the_transport_does) {
  const ConversationKey key{route_of(5000), Transport::tcp};
  EXPECT_NE(key, (ConversationKey{route_of(5001), Transport::tcp}));
  EXPECT_NE(key, (ConversationKey{route_of(5000), Transport::udp}));
  EXPECT_NE(key, (ConversationKey{{{host_1, Port{80}}, {host_2, Port{5000}}}, Transport::tcp}))
      << "the ports have changed sides";
  EXPECT_NE(key, (ConversationKey{{{host_2, Port{5000}}, {host_2, Port{80}}}, Transport::tcp}));
}

TEST(ConversationKey, hashes_apart) {
  std::set<std::size_t> hashes;
  for (std::uint16_t port = 1; port <= 5000; ++port) {
    hashes.insert(FlowKeyHash{}(ConversationKey{route_of(port), Transport::tcp}));
    hashes.insert(FlowKeyHash{}(ConversationKey{route_of(port), Transport::udp}));
    // Two IPv6 addresses that differ in the half of the interface, and in that of the network.
    for (const std::size_t octet : {5u, 15u}) {
      Ipv6Address six{{0x20, 0x01, 0x0d, 0xb8}};
      six.octets[octet] = static_cast<std::uint8_t>(port);
      six.octets[octet - 1] = static_cast<std::uint8_t>(port >> 8);
      hashes.insert(FlowKeyHash{}(ConversationKey{{{six, Port{1}}, {six, Port{2}}}, Transport::tcp}));
    }
  }
  EXPECT_EQ(hashes.size(), 20000u);
}

TEST(ConversationTable, finds_a_conversation_in_both_directions) {
  ConversationTable table{{}};
  EXPECT_EQ(table.find(route_of(5000), Transport::tcp), no_index);
  const std::uint32_t at = table.open(route_of(5000), Transport::tcp);
  EXPECT_EQ(table.find(route_of(5000), Transport::tcp), at);
  EXPECT_EQ(table.find(route_of(5000).reversed(), Transport::tcp), at);
  EXPECT_EQ(table.find(route_of(5000), Transport::udp), no_index);
  EXPECT_EQ(table.find(route_of(5001), Transport::tcp), no_index);
  EXPECT_EQ(table[at].script.route(), route_of(5000)) << "the side that opens it is the client";
  EXPECT_EQ(table[at].transport, Transport::tcp);
}

TEST(ConversationTable, keeps_conversations_of_the_same_ports_apart_by_transport) {
  ConversationTable table{{}};
  const std::uint32_t tcp = table.open(route_of(5000), Transport::tcp);
  const std::uint32_t udp = table.open(route_of(5000), Transport::udp);
  EXPECT_NE(tcp, udp);
  EXPECT_EQ(table.find(route_of(5000), Transport::tcp), tcp);
  EXPECT_EQ(table.find(route_of(5000), Transport::udp), udp);
  EXPECT_EQ(table.listed(), 2u);
}

TEST(ConversationTable, lists_by_last_use) {
  ConversationTable table{{}};
  EXPECT_EQ(table.oldest(), no_index);
  const std::uint32_t a = table.open(route_of(1), Transport::tcp);
  const std::uint32_t b = table.open(route_of(2), Transport::tcp);
  const std::uint32_t c = table.open(route_of(3), Transport::tcp);
  const std::uint32_t d = table.open(route_of(4), Transport::tcp);
  EXPECT_EQ(table.oldest(), a);
  table.touch(a);  // the oldest
  table.touch(c);  // one between others
  table.touch(c);  // the newest
  EXPECT_EQ(oldest_first(table), (std::vector<std::uint32_t>{b, d, a, c}));
  EXPECT_EQ(table.listed(), 0u);
  EXPECT_EQ(table.in_use(), 4u);
}

TEST(ConversationTable, unlists_from_front_middle_and_back) {
  ConversationTable table{{}};
  std::vector<std::uint32_t> slots;
  for (std::uint16_t port = 1; port <= 5; ++port) slots.push_back(table.open(route_of(port), Transport::tcp));
  table.unlist(slots[0]);
  table.unlist(slots[2]);
  table.unlist(slots[4]);
  table.touch(slots[2]);  // which does not bring it back
  EXPECT_EQ(table.listed(), 2u);
  EXPECT_EQ(table.find(route_of(3), Transport::tcp), no_index);
  EXPECT_EQ(oldest_first(table), (std::vector<std::uint32_t>{slots[1], slots[3]}));
}

TEST(ConversationTable, opens_anew_what_was_unlisted_while_the_old_one_ends) {
  ConversationTable table{{}};
  const std::uint32_t old = table.open(route_of(5000), Transport::tcp);
  table[old].ends = true;
  table.unlist(old);
  const std::uint32_t fresh = table.open(route_of(5000), Transport::tcp);
  EXPECT_NE(fresh, old) << "the slot of the old one is in use";
  EXPECT_TRUE(table[old].in_use);
  EXPECT_TRUE(table[old].ends);
  EXPECT_FALSE(table[fresh].ends);
  EXPECT_EQ(table.listed(), 1u);
  EXPECT_EQ(table.in_use(), 2u);
  table.erase(old);
  EXPECT_EQ(table.find(route_of(5000), Transport::tcp), fresh) << "erasing the old one leaves the new one listed";
  EXPECT_EQ(table.oldest(), fresh);
  EXPECT_EQ(table.in_use(), 1u);
}

TEST(ConversationTable, erases_what_is_still_listed) {
  ConversationTable table{{}};
  const std::uint32_t at = table.open(route_of(5000), Transport::tcp);
  table.erase(at);
  EXPECT_FALSE(table[at].in_use);
  EXPECT_EQ(table.find(route_of(5000), Transport::tcp), no_index);
  EXPECT_EQ(table.oldest(), no_index);
  EXPECT_EQ(table.listed(), 0u);
  EXPECT_EQ(table.in_use(), 0u);
}

TEST(ConversationTable, uses_erased_slots_again_as_new) {
  ConversationTable table{{}};
  const std::uint32_t first = table.open(route_of(1), Transport::tcp);
  const std::uint32_t second = table.open(route_of(2), Transport::tcp);
  Conversation& used = table[first];
  used.first_in_window = used.last_in_window = used.first_to_send = used.last_to_send = 7;
  used.asked = HttpMethod::head;
  used.ends = true;
  used.script.send(true, Timestamp{0}, as_bytes("hello"));
  table.erase(first);
  const std::uint32_t again = table.open(route_of(3), Transport::udp);
  EXPECT_EQ(again, first);
  EXPECT_EQ(table.slots(), 2u);
  const Conversation& fresh = table[again];
  EXPECT_EQ(fresh.script.route(), route_of(3));
  EXPECT_FALSE(fresh.script.busy());
  EXPECT_EQ(fresh.first_in_window, no_index);
  EXPECT_EQ(fresh.last_in_window, no_index);
  EXPECT_EQ(fresh.first_to_send, no_index);
  EXPECT_EQ(fresh.last_to_send, no_index);
  EXPECT_EQ(fresh.transport, Transport::udp);
  EXPECT_EQ(fresh.asked, HttpMethod::other);
  EXPECT_FALSE(fresh.ends);
  EXPECT_TRUE(fresh.listed);
  EXPECT_TRUE(fresh.in_use);
  EXPECT_EQ(oldest_first(table), (std::vector<std::uint32_t>{second, again}));
}

TEST(ConversationTableProperty, does_as_a_map_and_a_list) {
  check_property(100, [](Random& random) {
    ConversationTable table{{}};
    std::vector<std::pair<std::uint16_t, std::uint32_t>> by_use;  // port and slot of the listed, the oldest first
    std::vector<std::uint32_t> ending;                            // slots unlisted but in use
    for (int step = 0; step < 500; ++step) {
      const auto port = static_cast<std::uint16_t>(random.below(30));
      const auto listed = std::ranges::find(by_use, port, [](const auto& entry) { return entry.first; });
      const Route route = random.one_in(2) ? route_of(port) : route_of(port).reversed();
      ASSERT_EQ(table.find(route, Transport::tcp), listed == by_use.end() ? no_index : listed->second);
      if (listed == by_use.end()) {
        const std::uint32_t slot = table.open(route_of(port), Transport::tcp);
        ASSERT_EQ(std::ranges::find(ending, slot), ending.end());
        by_use.emplace_back(port, slot);
      } else if (random.one_in(2)) {
        table.touch(listed->second);
        std::rotate(listed, listed + 1, by_use.end());
      } else if (random.one_in(2)) {
        table.unlist(listed->second);
        ending.push_back(listed->second);
        by_use.erase(listed);
      } else {
        table.erase(listed->second);
        by_use.erase(listed);
      }
      if (!ending.empty() && random.one_in(4)) {
        table.erase(ending.back());
        ending.pop_back();
      }
      ASSERT_EQ(table.oldest(), by_use.empty() ? no_index : by_use.front().second);
      ASSERT_EQ(table.listed(), by_use.size());
      ASSERT_EQ(table.in_use(), by_use.size() + ending.size());
      ASSERT_LE(table.slots(), 500u);
    }
    std::vector<std::uint32_t> expected;
    for (const auto& [port, slot] : by_use) expected.push_back(slot);
    EXPECT_EQ(oldest_first(table), expected);
  });
}

}  // namespace
}  // namespace encap::test
