#include "encap/live/live_run.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "live/fake_line.h"
#include "live/live_packets.h"

namespace encap::test {
namespace {

using std::chrono::milliseconds;

std::atomic<bool> cancelled = false;
bool is_cancelled() { return cancelled; }

const NetworkInterface loopback{"lo", {}, {"127.0.0.1", "::1"}, true, true};

/// Notes what it is told to send; what it sends is heard at once where there is somebody to hear it.
class FakeSender final : public LiveSender {
 public:
  Result<void, IoError> write(const PacketRecord& record) override {
    if (counts_.packets == room) return unexpected(IoError{"send", "lo", 0, "no more"});
    ++counts_.packets;
    calls += 'w';
    if (heard_by != nullptr) heard_by->give(octets_of(record.bytes));
    if (cancels_itself) cancelled = true;
    return {};
  }
  Result<void, IoError> flush() override {
    calls += 'f';
    return {};
  }
  Result<void, IoError> finish() override {
    calls += 'e';
    return {};
  }
  [[nodiscard]] LinkType link_type() const noexcept override { return LinkType::raw; }
  [[nodiscard]] LiveSenderCounts counts() const noexcept override { return counts_; }

  std::string calls;
  std::uint64_t room = UINT64_MAX;
  FakeSource* heard_by = nullptr;
  bool cancels_itself = false;

 private:
  LiveSenderCounts counts_;
};

/// Keeps when packets are to leave.
class TimesSink final : public PacketSink {
 public:
  Result<void, IoError> write(const PacketRecord& record) override {
    times.push_back(record.timestamp - year_2000);
    return {};
  }
  Result<void, IoError> flush() override { return {}; }
  std::vector<Duration> times;
};

/// A round of datagrams between two addresses, 100 ms apart.
LiveRound round_of(std::vector<Octets> packets) {
  return [packets = std::move(packets)](PacketSink& sink) -> Result<void, IoError> {
    Timestamp time = year_2000;
    for (const Octets& packet : packets) {
      PacketRecord record = raw(packet);
      record.timestamp = time;
      time = time + Duration{milliseconds{100}};
      if (auto written = sink.write(record); !written) return written;
    }
    return {};
  };
}
Octets datagram(std::string_view source, std::string_view destination) {
  return udp_packet({{IpAddress::parse(source).value(), Port{5'000}}, {IpAddress::parse(destination).value(), Port{9}}},
                    as_bytes("ping"));
}
const Octets here = datagram("127.0.0.1", "127.0.0.2");
const Octets abroad = datagram("127.0.0.1", "192.0.2.1");

class LiveRun : public ::testing::Test {
 protected:
  void SetUp() override { cancelled = false; }

  KeepingSink packets;
  TimesSink timed;
  FakeSender sender;
};

TEST_F(LiveRun, is_planned_with_every_packet_and_its_time) {
  struct Case {
    Pace pace;
    std::vector<Duration> times;
  };
  for (const Case& one : {Case{{Pace::Kind::table, 1}, {milliseconds{0}, milliseconds{100}, milliseconds{200}}},
                          Case{{Pace::Kind::table, 4}, {milliseconds{0}, milliseconds{25}, milliseconds{50}}},
                          Case{{Pace::Kind::rate, 1000}, {milliseconds{0}, milliseconds{1}, milliseconds{2}}}}) {
    KeepingSink all;
    TimesSink planned;
    const LivePlan plan = plan_live_run(loopback, {.pace = one.pace}, round_of({here, here, here}), all, &planned);
    EXPECT_TRUE(plan.made);
    EXPECT_FALSE(plan.ends_early);
    EXPECT_EQ(all.kept.size(), 3u);
    EXPECT_EQ(planned.times, one.times) << one.pace.value;
  }
}

TEST_F(LiveRun, is_planned_without_times_where_nobody_asks_for_them) {
  EXPECT_TRUE(plan_live_run(loopback, {}, round_of({here, here}), packets, nullptr).made);
  EXPECT_EQ(packets.kept.size(), 2u);
}

TEST_F(LiveRun, is_refused_where_the_kernel_would_send_packets_elsewhere) {
  struct Case {
    const char* name;
    Octets packet;
  };
  for (const Case& one : {Case{"to another host", abroad}, Case{"from one", datagram("192.0.2.1", "127.0.0.1")},
                          Case{"IPv6", datagram("::1", "2001:db8::1")}}) {
    for (const Via via : {Via::ip, Via::sockets}) {
      KeepingSink before;
      const LivePlan plan = plan_live_run(loopback, {.via = via}, round_of({here, one.packet, here}), before, nullptr);
      EXPECT_FALSE(plan.made) << one.name;
      ASSERT_TRUE(plan.elsewhere) << one.name;
      EXPECT_EQ(before.kept, std::vector<Octets>{here}) << one.name;
    }
  }
  const LivePlan plan = plan_live_run(loopback, {}, round_of({abroad}), packets, nullptr);
  EXPECT_EQ(to_string(plan.elsewhere->source), "127.0.0.1");
  EXPECT_EQ(to_string(plan.elsewhere->destination), "192.0.2.1");
}

TEST_F(LiveRun, takes_addresses_of_others_where_no_kernel_answers_or_it_is_meant) {
  EXPECT_TRUE(plan_live_run(loopback, {.via = Via::wire}, round_of({abroad}), packets, nullptr).made);
  const NetworkInterface ethernet{"eth0", {}, {"192.0.2.7"}, true, false};
  EXPECT_TRUE(plan_live_run(ethernet, {.via = Via::ip}, round_of({abroad}), packets, nullptr).made);
  EXPECT_EQ(packets.kept.size(), 2u);
}

TEST_F(LiveRun, leaves_packets_without_addresses_to_the_sender) {
  for (const std::size_t length : {0u, 1u, 19u}) {
    const Octets cut(here.begin(), here.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_TRUE(plan_live_run(loopback, {}, round_of({cut}), packets, nullptr).made) << length;
  }
  const Octets ipv6 = datagram("::1", "2001:db8::1");
  EXPECT_TRUE(plan_live_run(loopback, {}, round_of({Octets(ipv6.begin(), ipv6.begin() + 39)}), packets, nullptr).made);
}

TEST_F(LiveRun, is_planned_as_far_as_it_goes) {
  const LivePlan plan = plan_live_run(loopback, {.count = 2}, round_of({here, here, here}), packets, &timed);
  EXPECT_TRUE(plan.made);
  EXPECT_TRUE(plan.ends_early);
  EXPECT_EQ(packets.kept.size(), 2u);
  EXPECT_EQ(timed.times.size(), 2u);
  EXPECT_FALSE(plan_live_run(loopback, {.count = 3}, round_of({here, here, here}), packets, nullptr).ends_early);
  cancelled = true;
  EXPECT_TRUE(plan_live_run(loopback, {.is_cancelled = is_cancelled}, round_of({here}), packets, nullptr).ends_early);
  EXPECT_EQ(packets.kept.size(), 5u);
}

TEST_F(LiveRun, says_why_a_round_could_not_be_planned) {
  packets.room = 1;
  const LivePlan plan = plan_live_run(loopback, {}, round_of({here, here}), packets, &timed);
  ASSERT_FALSE(plan.made);
  EXPECT_EQ(plan.made.error().reason, "no space left");
  EXPECT_FALSE(plan.elsewhere);
  EXPECT_FALSE(plan.ends_early);
  EXPECT_EQ(timed.times.size(), 1u);
}

constexpr Pace fastest{Pace::Kind::fastest, 1};

TEST_F(LiveRun, sends_every_round_and_waits_for_what_was_sent) {
  const LiveOutcome outcome = send_live_run({.pace = fastest, .rounds = 3}, round_of({here, here}), sender, nullptr);
  EXPECT_TRUE(outcome.sent);
  EXPECT_TRUE(outcome.kept);
  EXPECT_FALSE(outcome.ended_early);
  EXPECT_EQ(sender.counts().packets, 6u);
  EXPECT_TRUE(sender.calls.ends_with("wfe")) << sender.calls;
}

TEST_F(LiveRun, sends_so_many_packets_in_all_rounds_together) {
  const LiveOutcome outcome =
      send_live_run({.pace = fastest, .rounds = 3, .count = 5}, round_of({here, here}), sender, nullptr);
  EXPECT_TRUE(outcome.sent);
  EXPECT_TRUE(outcome.ended_early);
  EXPECT_EQ(sender.counts().packets, 5u);
  EXPECT_TRUE(sender.calls.ends_with("wfe")) << sender.calls;
}

TEST_F(LiveRun, sends_one_round_right_behind_the_other) {
  const LiveOutcome outcome =
      send_live_run({.pace = {Pace::Kind::table, 10}, .rounds = 2}, round_of({here, here}), sender, nullptr);
  EXPECT_EQ(sender.counts().packets, 4u);
  EXPECT_GE(outcome.seconds, 0.0199);  // two rounds of 10 ms, with nothing in between
  EXPECT_LT(outcome.seconds, 5);
}

TEST_F(LiveRun, ends_with_the_first_error_of_the_sender) {
  sender.room = 3;
  const LiveOutcome outcome = send_live_run({.pace = fastest, .rounds = 9}, round_of({here, here}), sender, nullptr);
  ASSERT_FALSE(outcome.sent);
  EXPECT_EQ(outcome.sent.error().reason, "no more");
  EXPECT_TRUE(outcome.ended_early);
  EXPECT_EQ(sender.calls, "wwwf");
}

TEST_F(LiveRun, ends_where_it_is_cancelled_and_waits_for_nothing) {
  sender.cancels_itself = true;
  const LiveOutcome outcome = send_live_run({.pace = fastest, .rounds = 9, .is_cancelled = is_cancelled},
                                            round_of({here, here}), sender, nullptr);
  EXPECT_TRUE(outcome.sent);
  EXPECT_TRUE(outcome.ended_early);
  EXPECT_EQ(sender.calls, "wf");
}

TEST_F(LiveRun, tells_the_recorder_of_each_packet_before_it_leaves) {
  FakeSource line;
  sender.heard_by = &line;
  LiveRecorder recorder{line, [&line] { line.stop(); }, packets, {.quiet = milliseconds{2000}}};
  LiveOutcome outcome;
  const std::vector<Octets> all{here, datagram("127.0.0.3", "127.0.0.4"), datagram("::1", "::1")};
  outcome = send_live_run({.pace = fastest}, round_of(all), sender, &recorder);
  EXPECT_TRUE(outcome.kept);
  EXPECT_EQ(packets.kept, all);
  EXPECT_EQ(recorder.counts().others, 0u);
  EXPECT_TRUE(packets.flushed);
}

TEST_F(LiveRun, waits_longer_for_packets_that_come_as_they_were_sent_than_for_those_of_the_kernel) {
  const auto taken_by = [&](Via via) {
    FakeSource line;  // nothing comes
    LiveRecorder recorder{line, [&line] { line.stop(); }, packets, {.quiet = milliseconds{300}}};
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(send_live_run({.via = via, .pace = fastest}, round_of({here}), sender, &recorder).kept);
    return std::chrono::steady_clock::now() - start;
  };
  EXPECT_GE(taken_by(Via::ip), milliseconds{1200});
  EXPECT_LT(taken_by(Via::sockets), milliseconds{1200});
}

TEST_F(LiveRun, keeps_the_errors_of_recorder_and_sender_apart) {
  packets.room = 0;
  FakeSource line;
  sender.heard_by = &line;
  LiveRecorder recorder{line, [&line] { line.stop(); }, packets, {.quiet = milliseconds{2000}}};
  const LiveOutcome outcome = send_live_run({.pace = fastest}, round_of({here}), sender, &recorder);
  EXPECT_TRUE(outcome.sent);
  ASSERT_FALSE(outcome.kept);
  EXPECT_EQ(outcome.kept.error().reason, "no space left");
}

}  // namespace
}  // namespace encap::test
