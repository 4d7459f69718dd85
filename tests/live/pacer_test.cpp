#include "encap/live/pacer.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

namespace encap::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// Notes when packets come, and what is called in which order.
class NotingSink final : public PacketSink {
 public:
  Result<void, IoError> write(const PacketRecord&) override {
    times.push_back(Clock::now());
    calls += 'w';
    if (fails) return unexpected(IoError{"send", "lo", 0, "no more"});
    return {};
  }
  Result<void, IoError> flush() override {
    calls += 'f';
    return {};
  }

  /// Seconds from the first packet to the one of that number.
  [[nodiscard]] double at(std::size_t packet) const {
    return std::chrono::duration<double>(times.at(packet) - times.at(0)).count();
  }

  std::vector<Clock::time_point> times;
  std::string calls;
  bool fails = false;
};

Result<void, IoError> write(Pacer& pacer, Duration at) { return pacer.write({.timestamp = year_2000 + at}); }

TEST(Pacer, hands_packets_on_at_their_own_distances) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 1}};
  for (const int at : {0, 30, 30, 800}) ASSERT_TRUE(write(pacer, milliseconds{at}));
  // Never early by more than the 20 microseconds that are promised; late as far as a busy machine makes it, for which
  // there is room here and below.
  EXPECT_GE(sink.at(1), 0.0299);
  EXPECT_LT(sink.at(2), 0.7);
  EXPECT_GE(sink.at(3), 0.7999);
  EXPECT_LT(sink.at(3), 1.7);
}

TEST(Pacer, divides_the_distances_by_the_speed) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 10}};
  for (const int at : {0, 500, 1000}) ASSERT_TRUE(write(pacer, milliseconds{at}));
  EXPECT_GE(sink.at(1), 0.0499);
  EXPECT_GE(sink.at(2), 0.0999);
  EXPECT_LT(sink.at(2), 0.9);
}

TEST(Pacer, is_slower_than_the_table_where_it_is_told_to) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 0.5}};
  for (const int at : {0, 25}) ASSERT_TRUE(write(pacer, milliseconds{at}));
  EXPECT_GE(sink.at(1), 0.0499);
}

TEST(Pacer, adds_up_no_delays) {
  class SlowSink final : public PacketSink {
   public:
    Result<void, IoError> write(const PacketRecord&) override {
      last = Clock::now();
      std::this_thread::sleep_for(milliseconds{4});
      return {};
    }
    Result<void, IoError> flush() override { return {}; }
    Clock::time_point last{};
  } sink;
  double elapsed = 1;
  for (int attempt = 0; attempt < 10 && elapsed >= 0.33; ++attempt) {  // the machine may be busy with something else
    Pacer pacer{sink, {Pace::Kind::rate, 200}};
    const auto start = Clock::now();
    for (int i = 0; i <= 40; ++i) ASSERT_TRUE(write(pacer, {}));
    elapsed = std::chrono::duration<double>(sink.last - start).count();
    EXPECT_GE(elapsed, 0.1999);
  }
  EXPECT_LT(elapsed, 0.33);  // each packet takes 4 ms of the sink: 0.36 s where these added up
}

TEST(Pacer, keeps_a_rate) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::rate, 10'000}};
  constexpr std::size_t packets = 5'000;
  for (std::size_t i = 0; i <= packets; ++i) ASSERT_TRUE(write(pacer, {}));
  EXPECT_GE(sink.at(packets), 0.4999);
  EXPECT_LT(sink.at(packets), 0.8);
  // On the way, too: never ahead, and mostly in time.
  std::size_t in_time = 0;
  for (std::size_t tenth = 1; tenth <= 10; ++tenth) {
    const double due = 0.05 * static_cast<double>(tenth);
    EXPECT_GE(sink.at(tenth * packets / 10), due - 0.000'1);
    in_time += sink.at(tenth * packets / 10) < due + 0.005 ? 1 : 0;
  }
  EXPECT_GE(in_time, 3u);
}

TEST(Pacer, waits_for_nothing_at_the_fastest) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::fastest, 1}};
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(write(pacer, seconds{i}));
  EXPECT_LT(sink.at(99), 0.5);
  EXPECT_EQ(sink.calls, std::string(100, 'w'));
}

TEST(Pacer, flushes_what_waits_behind_it_before_it_waits) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 1}};
  for (const int at : {0, 0, 0, 400, 400, 800}) ASSERT_TRUE(write(pacer, milliseconds{at}));
  // Batched are packets that are due together; one that was waited for leaves at once.
  EXPECT_EQ(sink.calls, "wwwfwfwfwf");
}

TEST(Pacer, sends_at_once_what_is_late) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 1}};
  ASSERT_TRUE(write(pacer, milliseconds{0}));
  std::this_thread::sleep_for(milliseconds{30});
  for (const int at : {10, 5, -1000, 20}) ASSERT_TRUE(write(pacer, milliseconds{at}));  // some are out of order, too
  EXPECT_EQ(sink.calls, "wwwww");                                                       // a wait is behind a flush
}

TEST(Pacer, begins_anew_right_behind_the_last) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 1}};
  for (int round = 0; round < 3; ++round) {
    for (const int at : {0, 20}) ASSERT_TRUE(write(pacer, milliseconds{at}));
    pacer.restart();
  }
  EXPECT_GE(sink.at(5), 0.0599);
  EXPECT_LT(sink.at(5), 1.0);
}

TEST(Pacer, begins_anew_a_step_behind_the_last_at_a_rate) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::rate, 100}};
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(write(pacer, {}));
    pacer.restart();
  }
  EXPECT_GE(sink.at(9), 0.0899);
  EXPECT_LT(sink.at(9), 1.0);
}

TEST(Pacer, ends_a_wait_that_is_called_off_and_hands_the_packet_on) {
  static std::atomic<bool> off;
  off = false;
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 1}, [] { return off.load(); }};
  std::thread caller{[] {
    std::this_thread::sleep_for(milliseconds{30});
    off = true;
  }};
  ASSERT_TRUE(write(pacer, seconds{0}));
  ASSERT_TRUE(write(pacer, seconds{3600}));
  caller.join();
  EXPECT_EQ(sink.times.size(), 2u);
  EXPECT_LT(sink.at(1), 10);
}

TEST(Pacer, takes_times_as_far_apart_as_numbers_reach) {
  NotingSink sink;
  Pacer pacer{sink, {Pace::Kind::table, 1e-300}, [] { return true; }};
  for (const std::int64_t at : {INT64_MIN, INT64_MAX, std::int64_t{0}}) {
    ASSERT_TRUE(pacer.write({.timestamp = {at}}));
  }
  EXPECT_EQ(sink.times.size(), 3u);
  Pacer rate{sink, {Pace::Kind::rate, 1e-300}, [] { return true; }};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write(rate, {}));
  EXPECT_EQ(sink.times.size(), 6u);
}

TEST(Pacer, says_what_the_sink_says) {
  NotingSink sink;
  sink.fails = true;
  Pacer pacer{sink, {Pace::Kind::table, 1}};
  const auto written = write(pacer, {});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().reason, "no more");
}

}  // namespace
}  // namespace encap::test
