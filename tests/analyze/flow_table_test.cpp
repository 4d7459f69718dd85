#include "analyze/flow_table.h"

#include <gtest/gtest.h>
#include <memory>
#include <unordered_set>

#include "analyze/flows.h"
#include "support/allocation_counter.h"

namespace encap::test {
namespace {

using Transport = FlowKey::Transport;

struct Tables {
  FlowCounts counts{};
  FlowTable table{counts};
};

constexpr auto limit = static_cast<std::uint32_t>(FlowTable::limit);

// Flows 0 .. limit, one more than there is room for: the first of them has gone, and no other has been seen since.
void fill(FlowTable& table) {
  for (std::uint32_t n = 0; n <= limit; ++n) static_cast<void>(table.find(nth_flow(n)));
}

TEST(FlowTable, both_directions_are_one_flow) {
  Tables t;
  const FlowKey key = nth_flow(1);
  const auto first = t.table.find(key);
  EXPECT_TRUE(first.is_new);
  EXPECT_TRUE(first.conversation.flow.forward);
  const auto answer = t.table.find(reversed(key));
  EXPECT_FALSE(answer.is_new);
  EXPECT_EQ(&answer.conversation, &first.conversation);
  EXPECT_FALSE(answer.conversation.flow.forward);
  EXPECT_TRUE(t.table.find(key).conversation.flow.forward);
}

TEST(FlowTable, who_sent_the_first_packet_goes_forward_whichever_end_is_lower) {
  Tables t;
  const FlowKey key = nth_flow(1);
  EXPECT_TRUE(t.table.find(reversed(key)).conversation.flow.forward);
  EXPECT_FALSE(t.table.find(key).conversation.flow.forward);
}

TEST(FlowTable, a_side_keeps_its_number_whoever_comes_first) {
  Tables t;
  const unsigned side = t.table.find(nth_flow(1)).conversation.sending_side();
  EXPECT_EQ(t.table.find(reversed(nth_flow(1))).conversation.sending_side(), 1 - side);
  EXPECT_EQ(t.table.find(reversed(nth_flow(2))).conversation.sending_side(), 1 - side);
}

TEST(FlowTable, ports_tell_directions_apart_between_equal_addresses) {
  Tables t;
  const FlowKey key = flow_key(Transport::udp, ipv4(0x7f000001), 5000, ipv4(0x7f000001), 53);
  EXPECT_TRUE(t.table.find(key).is_new);
  const auto answer = t.table.find(reversed(key));
  EXPECT_FALSE(answer.is_new);
  EXPECT_FALSE(answer.conversation.flow.forward);
}

TEST(FlowTable, every_part_of_the_key_tells_flows_apart) {
  const FlowKey key = nth_flow(1);
  std::vector<FlowKey> others(6, key);
  others[0].transport = Transport::udp;
  others[1].source = ipv4(0x0a0000ff);
  others[2].destination = ipv4(0xc00002ff);
  others[3].source_port = 1;
  others[4].destination_port = 1;
  others[5].source.kind = others[5].destination.kind = Address::Kind::ipv6;
  Tables t;
  EXPECT_TRUE(t.table.find(key).is_new);
  for (const FlowKey& other : others) EXPECT_TRUE(t.table.find(other).is_new) << &other - others.data();
}

// The ports of two ends must not change places: 1 and 2 talk, and 1 and 2 with the ports the other way round.
TEST(FlowTable, exchanged_ports_are_another_flow) {
  Tables t;
  EXPECT_TRUE(t.table.find(flow_key(Transport::tcp, ipv4(1), 10, ipv4(2), 20)).is_new);
  EXPECT_TRUE(t.table.find(flow_key(Transport::tcp, ipv4(1), 20, ipv4(2), 10)).is_new);
}

TEST(FlowTable, flows_are_counted_per_transport_across_the_tables_that_share_the_counts) {
  FlowCounts counts{};
  FlowTable one{counts};
  FlowTable other{counts};
  EXPECT_EQ(one.find(nth_flow(1)).conversation.flow.index, 0u);
  EXPECT_EQ(other.find(nth_flow(2)).conversation.flow.index, 1u);
  EXPECT_EQ(one.find(nth_flow(1, Transport::udp)).conversation.flow.index, 0u);
  EXPECT_EQ(one.find(nth_flow(3)).conversation.flow.index, 2u);
  EXPECT_EQ(one.find(nth_flow(1)).conversation.flow.index, 0u);
}

struct Remembered final : FlowMemory {};

TEST(FlowTable, restart_begins_with_the_packet_at_hand_and_forgets_the_application) {
  Tables t;
  const FlowKey key = nth_flow(1);
  static_cast<void>(t.table.find(key));
  KnownFlow& flow = t.table.find(reversed(key)).conversation;
  const unsigned side = flow.sending_side();
  static_cast<void>(flow.flow.remember<Remembered>());

  t.table.restart(flow, Transport::tcp);

  EXPECT_EQ(flow.flow.index, 1u);
  EXPECT_TRUE(flow.flow.forward);
  EXPECT_EQ(flow.flow.memory, nullptr);
  EXPECT_EQ(flow.sending_side(), side);
  EXPECT_FALSE(t.table.find(key).conversation.flow.forward);
  EXPECT_TRUE(t.table.find(reversed(key)).conversation.flow.forward);
}

TEST(FlowTable, one_flow_more_than_the_limit_makes_the_eldest_go) {
  Tables t;
  fill(t.table);
  EXPECT_FALSE(t.table.find(nth_flow(limit)).is_new);
  EXPECT_FALSE(t.table.find(nth_flow(1)).is_new);
  const auto gone = t.table.find(nth_flow(0));
  EXPECT_TRUE(gone.is_new);
  EXPECT_EQ(gone.conversation.flow.index, limit + 1);
}

TEST(FlowTable, a_flow_seen_since_the_hand_passed_is_spared) {
  Tables t;
  fill(t.table);
  static_cast<void>(t.table.find(nth_flow(1)));  // whose turn it is
  static_cast<void>(t.table.find(nth_flow(limit + 1)));
  EXPECT_FALSE(t.table.find(nth_flow(1)).is_new);
  EXPECT_FALSE(t.table.find(nth_flow(3)).is_new);
  EXPECT_TRUE(t.table.find(nth_flow(2)).is_new);
}

TEST(FlowTable, a_flow_seen_constantly_stays) {
  Tables t;
  const FlowKey key = nth_flow(0);
  static_cast<void>(t.table.find(key));
  for (std::uint32_t n = 1; n < 4 * limit; ++n) {
    static_cast<void>(t.table.find(nth_flow(n)));
    if (n % 1000 == 0) {
      ASSERT_FALSE(t.table.find(key).is_new) << n;
    }
  }
  EXPECT_EQ(t.table.find(key).conversation.flow.index, 0u);
}

TEST(FlowTable, the_newest_flows_are_all_there) {
  Tables t;
  for (std::uint32_t n = 0; n < 3 * limit; ++n) static_cast<void>(t.table.find(nth_flow(n)));
  for (std::uint32_t n = 2 * limit; n < 3 * limit; ++n) ASSERT_FALSE(t.table.find(nth_flow(n)).is_new) << n;
}

TEST(FlowTable, a_full_table_uses_its_entries_again_and_allocates_nothing) {
  Tables t;
  std::unordered_set<const KnownFlow*> entries;
  entries.reserve(2 * FlowTable::limit);
  for (std::uint32_t n = 0; n < 2 * limit; ++n) entries.insert(&t.table.find(nth_flow(n)).conversation);
  EXPECT_EQ(entries.size(), FlowTable::limit + 1);

  const AllocationCounter allocations;
  for (std::uint32_t n = 2 * limit; n < 6 * limit; ++n) static_cast<void>(t.table.find(nth_flow(n)));
  EXPECT_EQ(allocations.count(), 0u);
  for (std::uint32_t n = 5 * limit; n < 6 * limit; ++n) entries.insert(&t.table.find(nth_flow(n)).conversation);
  EXPECT_EQ(entries.size(), FlowTable::limit + 1);
}

TEST(FlowTable, an_entry_used_again_remembers_nothing_of_the_flow_before) {
  TcpPduStore store;
  Tables t;
  KnownFlow& eldest = t.table.find(nth_flow(0)).conversation;
  static_cast<void>(eldest.flow.remember<Remembered>());
  eldest.flow.seen = true;
  eldest.tcp = std::make_unique<KnownTcp>(store);
  for (std::uint32_t n = 1; n <= limit; ++n) static_cast<void>(t.table.find(nth_flow(n)));

  KnownFlow& next = t.table.find(reversed(nth_flow(limit + 1))).conversation;
  ASSERT_EQ(&next, &eldest);
  EXPECT_EQ(next.flow.memory, nullptr);
  EXPECT_EQ(next.flow.application, nullptr);
  EXPECT_FALSE(next.flow.seen);
  EXPECT_TRUE(next.flow.forward);
  EXPECT_EQ(next.flow.index, limit + 1);
  EXPECT_NE(next.tcp, nullptr) << "its memory is used again";
}

}  // namespace
}  // namespace encap::test
