#include "base/batch_ring.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace encap::test {
namespace {

using Ring = BatchRing<std::vector<int>, 3>;

/// Empties batches on a thread of its own, as soon as there are any.
class Emptier {
 public:
  explicit Emptier(Ring& ring) : ring_{ring}, thread_{[this] { work(); }} {}
  ~Emptier() { thread_.join(); }
  Emptier(const Emptier&) = delete;
  Emptier& operator=(const Emptier&) = delete;

  std::vector<int> seen;  // to be read between `wait_for_all` and the next batch

 private:
  void work() {
    while (std::vector<int>* const batch = ring_.to_empty()) {
      seen.insert(seen.end(), batch->begin(), batch->end());
      batch->clear();
      ring_.give_back();
    }
  }

  Ring& ring_;
  std::thread thread_;
};

TEST(BatchRing, hands_batches_on_in_the_order_they_were_filled) {
  Ring ring;
  Emptier emptier{ring};
  std::vector<int> expected;
  for (int i = 0; i < 10'000; ++i) {
    std::vector<int>* const batch = ring.to_fill();
    ASSERT_NE(batch, nullptr);
    ASSERT_TRUE(batch->empty()) << "it is given back before it is filled again";
    batch->assign({i, -i});
    ring.pass_on();
    expected.insert(expected.end(), {i, -i});
  }
  ring.wait_for_all();
  EXPECT_EQ(emptier.seen, expected);
  ring.stop();
}

TEST(BatchRing, has_so_many_batches_under_way) {
  Ring ring;
  for (int i = 0; i < 3; ++i) {
    ring.to_fill()->push_back(i);
    ring.pass_on();
  }
  std::atomic<bool> has_one = false;
  std::thread filler{[&] {
    ring.to_fill()->push_back(3);
    has_one = true;
    ring.pass_on();
  }};
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  EXPECT_FALSE(has_one) << "all three are filled";
  EXPECT_EQ(ring.to_empty()->front(), 0);
  ring.to_empty()->clear();
  ring.give_back();
  filler.join();
  EXPECT_EQ(*ring.to_empty(), std::vector{1});
}

TEST(BatchRing, keeps_nobody_waiting_once_it_is_stopped) {
  Ring full;
  for (int i = 0; i < 3; ++i) {
    static_cast<void>(full.to_fill());
    full.pass_on();
  }
  Ring empty;
  std::thread filler{[&] { EXPECT_EQ(full.to_fill(), nullptr); }};
  std::thread waiter{[&] { full.wait_for_all(); }};
  std::thread emptier{[&] { EXPECT_EQ(empty.to_empty(), nullptr); }};
  full.stop();
  empty.stop();
  filler.join();
  waiter.join();
  emptier.join();
}

}  // namespace
}  // namespace encap::test
