#include "flow/message_window.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <list>

#include "support/allocation_counter.h"
#include "support/property.h"

namespace encap::test {
namespace {

std::uint32_t add(MessageWindow& window, std::int64_t at, std::string_view payload) {
  const std::uint32_t slot = window.acquire();
  window[slot].at = Timestamp{at};
  window[slot].payload = payload;
  window.insert(slot);
  return slot;
}

/// The payloads in the order of the window, each followed by a blank.
std::string order_of(const MessageWindow& window) {
  std::string text;
  window.for_each([&text](const PendingMessage& message) { text.append(message.payload).push_back(' '); });
  return text;
}

std::string pop(MessageWindow& window) {
  const std::uint32_t slot = window.pop();
  std::string payload = window[slot].payload;
  window.release(slot);
  return payload;
}

TEST(MessageWindow, orders_by_time_and_keeps_the_order_of_equal_times) {
  MessageWindow window{8};
  EXPECT_TRUE(window.empty());
  add(window, 20, "c");
  add(window, 10, "a");
  add(window, 20, "d");
  add(window, 10, "b");
  add(window, 30, "e");
  EXPECT_EQ(window.size(), 5u);
  EXPECT_EQ(order_of(window), "a b c d e ");
  for (const char* const expected : {"a", "b", "c", "d", "e"}) EXPECT_EQ(pop(window), expected);
  EXPECT_TRUE(window.empty());
}

TEST(MessageWindow, is_full_at_its_capacity_and_goes_round) {
  MessageWindow window{3};
  for (int i = 0; i < 3; ++i) add(window, i, std::to_string(i));
  EXPECT_TRUE(window.full());
  for (int i = 3; i < 20; ++i) {
    EXPECT_EQ(pop(window), std::to_string(i - 3));
    EXPECT_FALSE(window.full());
    add(window, i, std::to_string(i));
    EXPECT_TRUE(window.full());
    EXPECT_EQ(order_of(window), std::to_string(i - 2) + ' ' + std::to_string(i - 1) + ' ' + std::to_string(i) + ' ');
  }
}

TEST(MessageWindow, puts_an_early_row_in_front_across_the_end_of_the_ring) {
  MessageWindow window{3};
  add(window, 1, "gone");
  add(window, 2, "gone too");
  pop(window);
  pop(window);
  add(window, 30, "c");  // in the last place of the ring
  add(window, 20, "b");
  add(window, 10, "a");
  EXPECT_EQ(order_of(window), "a b c ");
}

TEST(MessageWindow, knows_the_latest_row_it_had) {
  MessageWindow window{4};
  add(window, 20, "b");
  EXPECT_EQ(window.latest(), Timestamp{20});
  add(window, 10, "a");
  EXPECT_EQ(window.latest(), Timestamp{20});
  add(window, 30, "c");
  for (int i = 0; i < 3; ++i) pop(window);
  EXPECT_EQ(window.latest(), Timestamp{30}) << "though it has left";
}

TEST(MessageWindow, counts_the_octets_of_what_is_in_the_order) {
  MessageWindow window{4};
  const std::uint32_t first = add(window, 1, "12345");
  const std::uint32_t second = add(window, 2, "123");
  EXPECT_EQ(window.octets(), 8u);
  window.drop_payload(second);
  EXPECT_EQ(window.octets(), 5u);
  EXPECT_EQ(window[second].payload, "");
  EXPECT_EQ(window.size(), 2u) << "the row stays in the order";
  window.drop_payload(second);
  EXPECT_EQ(window.octets(), 5u);
  EXPECT_EQ(window.pop(), first);
  EXPECT_EQ(window.octets(), 0u);
  EXPECT_EQ(window[first].payload, "12345") << "the slot is in use until it is released";
  EXPECT_EQ(window.pop(), second);
  EXPECT_EQ(window.octets(), 0u);
}

TEST(MessageWindow, uses_released_slots_again_and_hands_them_out_empty) {
  MessageWindow window{4};
  const std::uint32_t slot = add(window, 1, "text");
  PendingMessage& message = window[slot];
  message.host = "shop";
  message.start_line = HttpStartLine::request;
  message.joined = true;
  message.conversation = 3;
  message.next = 4;
  window.pop();
  const std::uint32_t other = window.acquire();
  EXPECT_NE(other, slot) << "a popped slot is in use until it is released";
  window.release(slot);
  ASSERT_EQ(window.acquire(), slot);
  EXPECT_EQ(window[slot].payload, "");
  EXPECT_EQ(window[slot].host, "");
  EXPECT_EQ(window[slot].start_line, HttpStartLine::none);
  EXPECT_FALSE(window[slot].joined);
  EXPECT_EQ(window[slot].conversation, no_index);
  EXPECT_EQ(window[slot].next, no_index);
}

TEST(MessageWindow, keeps_the_memory_of_short_texts_and_frees_that_of_long_ones) {
  MessageWindow window{2};
  const std::uint32_t slot = add(window, 1, std::string(1000, 'x'));
  window.pop();
  window.release(slot);
  {
    const AllocationCounter allocations;
    const std::uint32_t again = window.acquire();
    window[again].payload.assign(1000, 'y');
    window.insert(again);
    EXPECT_EQ(allocations.count(), 0u);
  }
  window[slot].payload.assign(100000, 'z');
  window.release(slot);
  EXPECT_LT(window[slot].payload.capacity(), 4096u);
}

TEST(MessageWindow, keeps_slots_in_place_while_others_are_acquired) {
  MessageWindow window{4096};
  const std::uint32_t slot = add(window, 1, "short");
  const PendingMessage* const message = &window[slot];
  const char* const text = window[slot].payload.data();
  for (std::int64_t i = 0; i < 4000; ++i) add(window, i, "other");
  EXPECT_EQ(&window[slot], message);
  EXPECT_EQ(window[slot].payload.data(), text);
  EXPECT_EQ(window[slot].payload, "short");
}

TEST(MessageWindowProperty, does_as_a_list_kept_in_order) {
  struct Row {
    std::int64_t at;
    std::string payload;
    std::uint32_t slot;
  };
  check_property(200, [](Random& random) {
    const std::size_t capacity = 1 + random.below(12);
    MessageWindow window{capacity};
    std::list<Row> reference;
    const std::uint64_t times = 1 + random.below(10);
    for (int step = 0; step < 300; ++step) {
      if (reference.size() < capacity && !random.one_in(3)) {
        Row row{static_cast<std::int64_t>(random.below(times)), std::string(random.below(20), 'x'), 0};
        row.payload += std::to_string(step);
        row.slot = add(window, row.at, row.payload);
        const auto later = std::ranges::find_if(reference, [&](const Row& other) { return other.at > row.at; });
        reference.insert(later, std::move(row));
      } else if (!reference.empty() && random.one_in(3)) {
        Row& row = *std::next(reference.begin(), static_cast<std::ptrdiff_t>(random.below(reference.size())));
        window.drop_payload(row.slot);
        row.payload.clear();
      } else if (!reference.empty()) {
        const std::uint32_t slot = window.pop();
        ASSERT_EQ(slot, reference.front().slot);
        ASSERT_EQ(window[slot].payload, reference.front().payload);
        window.release(slot);
        reference.pop_front();
      }
      std::string expected;
      std::size_t octets = 0;
      for (const Row& row : reference) {
        expected.append(row.payload).push_back(' ');
        octets += row.payload.size();
      }
      ASSERT_EQ(order_of(window), expected);
      ASSERT_EQ(window.octets(), octets);
      ASSERT_EQ(window.size(), reference.size());
      ASSERT_EQ(window.full(), reference.size() == capacity);
      ASSERT_EQ(window.empty(), reference.empty());
    }
  });
}

}  // namespace
}  // namespace encap::test
