#include "encap/live/live_recorder.h"

#include <atomic>
#include <chrono>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "encap/capture/live_capture.h"
#include "encap/live/live_sender.h"
#include "live/fake_line.h"
#include "live/network_namespace.h"
#include "support/hex.h"

namespace encap::test {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view addresses = "7f000001 7f000002";
constexpr std::string_view addresses_back = "7f000002 7f000001";

std::vector<std::byte> udp(std::string_view between, std::string_view ports) {
  std::string text{"4500 0020 0001 0000 4011 7cc9"};
  text.append(between).append(ports).append("000c 0000 70696e67");
  return hex_vector(text);
}
std::vector<std::byte> first_fragment(std::string_view between, std::string_view ports) {
  std::string text{"4500 001c 0007 2000 4011 0000"};
  text.append(between).append(ports).append("0014 0000");
  return hex_vector(text);
}
std::vector<std::byte> later_fragment(std::string_view between) {
  std::string text{"4500 001c 0007 0001 4011 0000"};
  text.append(between).append("0011223344556677");
  return hex_vector(text);
}
std::vector<std::byte> unreachable(std::string_view between, const std::vector<std::byte>& quoted) {
  std::string text{"45c0 0038 0000 0000 4001 0000"};
  std::vector<std::byte> bytes = hex_vector(text.append(between).append("0303 0000 00000000"));
  bytes.insert(bytes.end(), quoted.begin(), quoted.end() - 4);
  return bytes;
}

using Packets = std::vector<std::vector<std::byte>>;

struct Recording {
  explicit Recording(LiveRecorderOptions options = {.quiet = milliseconds{30}})
      : recorder{source, [this] { source.stop(); }, sink, options} {}

  /// Finishes once all that was given has been read, however busy the machine is.
  Result<void, IoError> finish(std::uint64_t sent) {
    EXPECT_TRUE(until([this] { return recorder.counts().heard + recorder.counts().others == source.given; }));
    return recorder.finish(sent);
  }

  FakeSource source;
  KeepingSink sink;
  LiveRecorder recorder;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

TEST(LiveRecorder, keeps_both_directions_of_what_it_was_told_of) {
  Recording run;
  const auto there = udp(addresses, "c0000035");
  const auto back = udp(addresses_back, "0035c000");
  const auto other = udp(addresses, "c0010035");
  run.source.give(there);  // before it was told: of somebody else
  ASSERT_TRUE(until([&] { return run.recorder.counts().others == 1; }));
  ASSERT_TRUE(run.recorder.expect(raw(there)));
  for (const auto& packet : {there, other, back}) run.source.give(packet);
  ASSERT_TRUE(run.finish(1));
  EXPECT_EQ(run.sink.kept, (Packets{there, back}));
  EXPECT_TRUE(run.sink.flushed);
  EXPECT_EQ(run.recorder.counts().heard, 2u);
  EXPECT_EQ(run.recorder.counts().others, 2u);
}

TEST(LiveRecorder, keeps_icmp_errors_that_quote_it) {
  Recording run;
  const auto ours = udp(addresses, "c0000035");
  const auto error = unreachable(addresses_back, ours);
  ASSERT_TRUE(run.recorder.expect(raw(ours)));
  run.source.give(unreachable(addresses_back, udp(addresses, "c0010035")));
  run.source.give(error);
  ASSERT_TRUE(run.finish(0));
  EXPECT_EQ(run.sink.kept, Packets{error});
}

TEST(LiveRecorder, keeps_fragments_of_it) {
  Recording run;
  ASSERT_TRUE(run.recorder.expect(raw(udp(addresses, "c0000035"))));
  // That the kernel makes, of what was told whole: as soon as the first one is there.
  run.source.give(later_fragment(addresses));
  run.source.give(first_fragment(addresses, "c0000035"));
  run.source.give(later_fragment(addresses));
  ASSERT_TRUE(run.finish(0));
  EXPECT_EQ(run.sink.kept, (Packets{first_fragment(addresses, "c0000035"), later_fragment(addresses)}));
}

TEST(LiveRecorder, keeps_fragments_that_it_was_told_of_in_any_order) {
  Recording run;
  ASSERT_TRUE(run.recorder.expect(raw(later_fragment(addresses))));
  ASSERT_TRUE(run.recorder.expect(raw(first_fragment(addresses, "c0000035"))));
  run.source.give(later_fragment(addresses));
  run.source.give(first_fragment(addresses, "c0000035"));
  ASSERT_TRUE(run.finish(2));
  EXPECT_EQ(run.sink.kept.size(), 2u);
}

TEST(LiveRecorder, keeps_packets_of_others_from_the_first_one_told_where_that_is_wanted) {
  Recording run{{.everything = true, .quiet = milliseconds{30}}};
  const auto ours = udp(addresses, "c0000035");
  const auto other = udp(addresses, "c0010035");
  run.source.give(other);
  ASSERT_TRUE(until([&] { return run.recorder.counts().others == 1; }));
  ASSERT_TRUE(run.recorder.expect(raw(ours)));
  for (const auto& packet : {other, ours, hex_vector("00")}) run.source.give(packet);
  ASSERT_TRUE(run.finish(1));
  EXPECT_EQ(run.sink.kept, (Packets{other, ours, hex_vector("00")}));
}

TEST(LiveRecorder, keeps_packets_of_others_where_there_are_more_conversations_than_it_knows) {
  Recording run;
  const auto other = udp(addresses, "c0010035");
  std::vector<std::byte> packet = udp(addresses, "00000036");
  for (std::size_t i = 0; i <= LiveRecorder::most_conversations; ++i) {
    if (i == LiveRecorder::most_conversations) {
      run.source.give(other);
      ASSERT_TRUE(until([&] { return run.recorder.counts().others == 1; }));
    }
    packet[20] = static_cast<std::byte>(i >> 8 & 0xff);  // the source port
    packet[21] = static_cast<std::byte>(i & 0xff);
    packet[18] = static_cast<std::byte>(i >> 16);  // an octet of the destination
    ASSERT_TRUE(run.recorder.expect(raw(packet)));
  }
  run.source.give(other);
  ASSERT_TRUE(run.finish(0));
  EXPECT_EQ(run.sink.kept, Packets{other});  // only the second one
}

TEST(LiveRecorder, hears_of_every_conversation_while_packets_come) {
  Recording run;
  constexpr unsigned conversations = 5'000;
  for (unsigned i = 0; i < conversations; ++i) {
    std::vector<std::byte> packet = udp(addresses, "00000035");
    packet[20] = static_cast<std::byte>(i >> 8);
    packet[21] = static_cast<std::byte>(i & 0xff);
    ASSERT_TRUE(run.recorder.expect(raw(packet)));
    run.source.give(std::move(packet));
  }
  ASSERT_TRUE(run.finish(conversations));
  EXPECT_EQ(run.sink.kept.size(), conversations);
}

TEST(LiveRecorder, waits_until_it_is_quiet) {
  Recording run{{.quiet = milliseconds{400}}};
  const auto ours = udp(addresses, "c0000035");
  ASSERT_TRUE(run.recorder.expect(raw(ours)));
  std::thread answers{[&] {
    for (int i = 0; i < 10; ++i) {
      run.source.give(ours);
      std::this_thread::sleep_for(milliseconds{60});
    }
  }};
  const auto start = Clock::now();
  ASSERT_TRUE(run.recorder.finish(1));
  answers.join();
  EXPECT_GE(seconds_since(start), 0.6);
  EXPECT_EQ(run.sink.kept.size(), 10u);
}

TEST(LiveRecorder, does_not_wait_for_packets_of_others) {
  Recording run{{.quiet = milliseconds{50}, .longest = milliseconds{20'000}}};
  ASSERT_TRUE(run.recorder.expect(raw(udp(addresses, "c0000035"))));
  std::atomic<bool> over = false;
  std::thread noise{[&] {
    while (!over) {
      run.source.give(udp(addresses, "c0010035"));
      std::this_thread::sleep_for(milliseconds{5});
    }
  }};
  const auto start = Clock::now();
  ASSERT_TRUE(run.recorder.finish(0));
  EXPECT_LT(seconds_since(start), 5);
  over = true;
  noise.join();
}

TEST(LiveRecorder, waits_longer_for_what_was_sent_but_not_for_ever) {
  Recording run{{.quiet = milliseconds{200}}};
  const auto ours = udp(addresses, "c0000035");
  ASSERT_TRUE(run.recorder.expect(raw(ours)));
  std::thread late{[&] {
    std::this_thread::sleep_for(milliseconds{300});
    run.source.give(ours);
  }};
  ASSERT_TRUE(run.recorder.finish(1));
  late.join();
  EXPECT_EQ(run.sink.kept.size(), 1u);

  Recording lost{{.quiet = milliseconds{20}}};
  ASSERT_TRUE(lost.recorder.expect(raw(ours)));
  const auto start = Clock::now();
  ASSERT_TRUE(lost.recorder.finish(1));
  EXPECT_GE(seconds_since(start), 0.079);
  EXPECT_LT(seconds_since(start), 4);
}

TEST(LiveRecorder, ends_after_the_longest_time_whatever_comes) {
  Recording run{{.quiet = milliseconds{10'000}, .longest = milliseconds{100}}};
  const auto start = Clock::now();
  ASSERT_TRUE(run.recorder.finish(0));
  EXPECT_GE(seconds_since(start), 0.099);
  EXPECT_LT(seconds_since(start), 5);
}

TEST(LiveRecorder, waits_for_no_answers_once_it_is_called_off) {
  Recording run{{.quiet = milliseconds{10'000}, .longest = milliseconds{10'000}}};
  const auto start = Clock::now();
  ASSERT_TRUE(run.recorder.finish(3, [] { return true; }));
  EXPECT_LT(seconds_since(start), 2);
}

TEST(LiveRecorder, says_when_the_file_is_full) {
  Recording run;
  run.sink.room = 1;
  const auto ours = udp(addresses, "c0000035");
  ASSERT_TRUE(run.recorder.expect(raw(ours)));
  run.source.give(ours);
  run.source.give(ours);
  ASSERT_TRUE(until([&] { return !run.recorder.expect(raw(ours)); }));
  EXPECT_EQ(run.recorder.expect(raw(ours)).error().reason, "no space left");
  const auto finished = run.recorder.finish(2);
  ASSERT_FALSE(finished);
  EXPECT_EQ(finished.error().reason, "no space left");
}

TEST(LiveRecorder, says_when_the_source_fails) {
  Recording run;
  run.source.fail();
  const auto ours = udp(addresses, "c0000035");
  ASSERT_TRUE(until([&] { return !run.recorder.expect(raw(ours)); }));
  EXPECT_EQ(run.recorder.finish(0).error().reason, "it is gone");
}

TEST(LiveRecorder, stops_where_it_is_not_finished) {
  Recording run;
  ASSERT_TRUE(run.recorder.expect(raw(udp(addresses, "c0000035"))));
}

TEST(LiveRecorder, keeps_all_that_is_sent_on_loopback_and_the_answers) {
  if (const auto refusal = NetworkNamespace::enter()) GTEST_SKIP() << *refusal;
  const auto lo = find_network_interface("lo");
  ASSERT_TRUE(lo);
  auto sender = open_live_sender(*lo, Via::ip);
  ASSERT_TRUE(sender) << to_string(sender.error());
  auto capture = LiveCapture::open({.interface = "lo"});
  ASSERT_TRUE(capture) << to_string(capture.error());
  KeepingSink sink;
  LiveRecorder recorder{*capture, [&] { capture->stop(); }, sink};
  constexpr std::size_t packets = 100;  // the kernel limits how many ICMP errors it sends
  const auto packet = udp(addresses, "c0000035");
  for (std::size_t i = 0; i < packets; ++i) {
    ASSERT_TRUE(recorder.expect(raw(packet)));
    ASSERT_TRUE((*sender)->write(raw(packet)));
  }
  ASSERT_TRUE((*sender)->flush());
  ASSERT_TRUE(recorder.finish(packets));
  std::size_t datagrams = 0;
  for (const auto& kept : sink.kept) datagrams += kept.size() == 14 + packet.size();
  EXPECT_EQ(datagrams, packets);
  EXPECT_GT(sink.kept.size(), packets);  // nobody listens on port 53
  EXPECT_EQ(capture->counts().dropped, 0u);
}

}  // namespace
}  // namespace encap::test
