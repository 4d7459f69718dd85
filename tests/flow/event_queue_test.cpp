#include "flow/event_queue.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

#include "support/property.h"

namespace encap::test {
namespace {

/// Takes everything out, in the order it leaves.
std::vector<std::uint32_t> drain(EventQueue& queue) {
  std::vector<std::uint32_t> order;
  while (!queue.empty()) {
    order.push_back(queue.top().conversation);
    queue.erase(queue.top().conversation);
  }
  return order;
}

TEST(EventQueue, lets_the_earliest_leave_first) {
  EventQueue queue;
  EXPECT_TRUE(queue.empty());
  queue.set(0, Timestamp{30});
  queue.set(1, Timestamp{10});
  queue.set(2, Timestamp{20});
  EXPECT_FALSE(queue.empty());
  EXPECT_EQ(queue.top().at, Timestamp{10});
  EXPECT_EQ(drain(queue), (std::vector<std::uint32_t>{1, 2, 0}));
}

TEST(EventQueue, lets_equal_times_leave_in_the_order_they_were_set) {
  EventQueue queue;
  std::vector<std::uint32_t> order;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const std::uint32_t conversation = (i * 37) % 100;
    queue.set(conversation, Timestamp{5});
    order.push_back(conversation);
  }
  EXPECT_EQ(drain(queue), order);
}

TEST(EventQueue, moves_what_is_set_again_behind_its_equals) {
  EventQueue queue;
  for (std::uint32_t i = 0; i < 4; ++i) queue.set(i, Timestamp{5});
  queue.set(1, Timestamp{5});
  EXPECT_EQ(drain(queue), (std::vector<std::uint32_t>{0, 2, 3, 1}));
}

TEST(EventQueue, moves_both_ways) {
  EventQueue queue;
  for (std::uint32_t i = 0; i < 5; ++i) queue.set(i, Timestamp{i});
  queue.set(0, Timestamp{9});
  queue.set(4, Timestamp{-1});
  EXPECT_EQ(drain(queue), (std::vector<std::uint32_t>{4, 1, 2, 3, 0}));
}

TEST(EventQueue, ignores_erasing_what_is_not_there) {
  EventQueue queue;
  queue.erase(3);
  queue.set(1, Timestamp{1});
  queue.erase(0);
  queue.erase(7);
  queue.erase(1);
  queue.erase(1);
  EXPECT_TRUE(queue.empty());
}

TEST(EventQueue, keeps_its_order_when_thousands_are_set_anew) {
  EventQueue queue;
  constexpr std::int64_t rounds = 5000;
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (std::uint32_t i = 0; i < 3; ++i) queue.set(i, Timestamp{10 * round + i});
    queue.set(3, Timestamp{round});  // earlier, each time
    ASSERT_EQ(queue.top().at, Timestamp{round});
    ASSERT_EQ(queue.top().conversation, round == 0 ? 0u : 3u);
  }
  EXPECT_EQ(drain(queue), (std::vector<std::uint32_t>{3, 0, 1, 2}));
}

TEST(EventQueue, says_who_will_act_soon) {
  EventQueue queue;
  EXPECT_EQ(queue.soon(), EventQueue::none);
  for (std::uint32_t i = 0; i < 10; ++i) queue.set(i, Timestamp{i});
  EXPECT_EQ(queue.soon(), 4u);
  queue.erase(0);
  EXPECT_EQ(queue.soon(), 5u);
  for (std::uint32_t i = 1; i < 6; ++i) queue.erase(i);
  EXPECT_EQ(queue.soon(), EventQueue::none) << "four are left";
}

/// The same promise, kept the slow way: a list that is searched.
class ReferenceQueue {
 public:
  void set(std::uint32_t conversation, Timestamp at) { events_[conversation] = {at, turn_++}; }
  void erase(std::uint32_t conversation) { events_.erase(conversation); }
  [[nodiscard]] bool empty() const { return events_.empty(); }
  [[nodiscard]] std::uint32_t top() const {
    return std::ranges::min_element(events_, {}, [](const auto& event) { return event.second; })->first;
  }
  [[nodiscard]] Timestamp time_of(std::uint32_t conversation) const { return events_.at(conversation).first; }

 private:
  std::map<std::uint32_t, std::pair<Timestamp, std::uint64_t>> events_;
  std::uint64_t turn_ = 0;
};

TEST(EventQueueProperty, does_as_a_list_that_is_searched) {
  check_property(200, [](Random& random) {
    EventQueue queue;
    ReferenceQueue reference;
    const std::uint64_t conversations = 1 + random.below(40);
    const std::uint64_t times = 1 + random.below(20);  // few, so that many are equal
    for (int step = 0; step < 400; ++step) {
      const auto conversation = static_cast<std::uint32_t>(random.below(conversations));
      if (random.one_in(3)) {
        queue.erase(conversation);
        reference.erase(conversation);
      } else {
        const Timestamp at{static_cast<std::int64_t>(random.below(times))};
        queue.set(conversation, at);
        reference.set(conversation, at);
      }
      ASSERT_EQ(queue.empty(), reference.empty());
      if (queue.empty()) continue;
      ASSERT_EQ(queue.top().conversation, reference.top());
      ASSERT_EQ(queue.top().at, reference.time_of(reference.top()));
    }
    for (; !reference.empty(); reference.erase(reference.top())) {
      ASSERT_FALSE(queue.empty());
      ASSERT_EQ(queue.top().conversation, reference.top());
      queue.erase(queue.top().conversation);
    }
    EXPECT_TRUE(queue.empty());
  });
}

}  // namespace
}  // namespace encap::test
