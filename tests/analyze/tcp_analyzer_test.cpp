#include "analyze/tcp_analyzer.h"

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

#include "analyze/flows.h"
#include "encap/analyze/session_memory.h"
#include "support/case_name.h"

namespace encap::test {
namespace {

using std::chrono::milliseconds;

constexpr std::uint16_t fin = 0x01;
constexpr std::uint16_t syn = 0x02;
constexpr std::uint16_t rst = 0x04;
constexpr std::uint16_t psh = 0x08;
constexpr std::uint16_t ack = 0x10;
constexpr std::uint8_t no_scale = TcpSegmentFacts::no_window_scale;

// One segment and what it is to be marked as.
struct Step {
  char way;  // '>' from the client, '<' from the server
  std::uint16_t flags;
  std::uint32_t sequence;  // relative
  std::uint32_t acknowledgment;
  std::uint32_t length = 0;
  std::uint16_t window = 1000;
  int milliseconds = 1;  // after the one before
  std::uint32_t marks = 0;
  std::uint8_t window_scale = no_scale;        // of the options
  std::vector<TcpSegmentFacts::Block> sack{};  // relative
};

// The segments of one connection. Their numbers are counted from these.
class Capture {
 public:
  explicit Capture(std::uint32_t client_starts = 100, std::uint32_t server_starts = 500,
                   SessionMemory::Depth depth = SessionMemory::Depth::analysis)
      : session_{depth}, client_starts_{client_starts}, server_starts_{server_starts} {}

  const TcpAnalysis& take(const Step& step) {
    now_ += step.milliseconds * std::int64_t{1'000'000};
    const bool up = step.way == '>';
    const std::uint32_t other_starts = up ? server_starts_ : client_starts_;
    const FlowKey key = flow_key(FlowKey::Transport::tcp, ipv4(0xc0000201), 40'000, ipv4(0xc0000202), 80);
    TcpSegmentFacts facts;
    facts.frame_number = ++frames_;
    facts.time = {now_};
    facts.sequence_number = step.sequence + (up ? client_starts_ : server_starts_);
    facts.acknowledgment_number = (step.flags & ack) != 0 ? step.acknowledgment + other_starts : 0;
    facts.length = step.length;
    facts.flags = step.flags;
    facts.window = step.window;
    facts.window_scale = step.window_scale;
    for (const TcpSegmentFacts::Block& block : step.sack) {
      facts.sack[facts.sack_count++] = {block.left + other_starts, block.right + other_starts};
    }
    return session_.tcp(up ? key : reversed(key), facts);
  }
  void take_handshake() {
    take({'>', syn, 0, 0});
    take({'<', syn | ack, 0, 1});
    take({'>', ack, 1, 1});
  }

 private:
  SessionMemory session_;
  std::uint32_t client_starts_;
  std::uint32_t server_starts_;
  std::uint64_t frames_ = 0;
  std::int64_t now_ = 1'000'000'000;
};

struct Case {
  const char* name;
  std::vector<Step> steps;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

// After SYN, SYN and ACK, ACK.
const Case after_handshake[] = {
    {"in_order", {{'>', ack, 1, 1, 100}, {'<', ack, 1, 101}}},
    {"keep_alive",
     {{'>', ack, 1, 1, 100},
      {'<', ack, 1, 101},
      {'>', ack, 100, 1, 1, 1000, 1, TcpMark::keep_alive},
      {'<', ack, 1, 101, 0, 1000, 1, TcpMark::keep_alive_ack}}},
    {"previous_segment_lost_and_late",
     {{'>', ack, 1, 1, 100},
      {'>', ack, 201, 1, 100, 1000, 1, TcpMark::lost_segment},
      {'>', ack, 101, 1, 100, 1000, 1, TcpMark::out_of_order},
      {'<', ack, 1, 301}}},
    {"retransmission_after_a_while",
     {{'>', ack, 1, 1, 100}, {'>', ack, 1, 1, 100, 1000, 300, TcpMark::retransmission}}},
    {"spurious_retransmission",
     {{'>', ack, 1, 1, 100}, {'<', ack, 1, 101}, {'>', ack, 1, 1, 100, 1000, 300, TcpMark::spurious_retransmission}}},
    {"fast_retransmission",
     {{'>', ack, 1, 1, 100},
      {'>', ack, 101, 1, 100},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'>', ack, 1, 1, 100, 1000, 1, TcpMark::fast_retransmission}}},
    {"unseen_segment_is_acknowledged",
     {{'>', ack, 1, 1, 100},
      {'<', ack, 1, 151, 0, 1000, 1, TcpMark::ack_lost_segment},
      {'<', ack, 1, 151, 0, 900, 1, TcpMark::window_update},
      {'>', ack, 101, 1, 100},
      {'<', ack, 1, 201, 0, 900}}},
    {"zero_window_and_probe",
     {{'>', ack, 1, 1, 100},
      {'<', ack, 1, 101, 0, 0, 1, TcpMark::zero_window},
      {'>', ack, 101, 1, 1, 1000, 1, TcpMark::zero_window_probe},
      {'<', ack, 1, 101, 0, 0, 1, TcpMark::zero_window | TcpMark::zero_window_probe_ack}}},
    {"ports_used_again", {{'>', rst | ack, 1, 1}, {'>', syn, 7000, 0, 0, 1000, 1, TcpMark::reused_ports}}},
    {"same_syn_again_is_a_retransmission", {{'>', syn, 0, 0, 0, 1000, 300, TcpMark::retransmission}}},
    {"window_full", {{'>', ack, 1, 1, 1000, 1000, 1, TcpMark::window_full}}},
    {"window_not_quite_full", {{'>', ack, 1, 1, 999}}},
    {"window_overfull", {{'>', ack, 1, 1, 1001}}},
    {"window_of_the_answer_counts_from_its_ack",
     {{'>', ack, 1, 1, 100}, {'<', ack, 1, 101, 0, 300}, {'>', ack, 101, 1, 300, 1000, 1, TcpMark::window_full}}},
    {"fin_fills_no_window", {{'>', fin | ack, 1, 1, 1000}}},
    {"third_duplicate_ack",
     {{'>', ack, 1, 1, 100},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack}}},
    {"fast_retransmission_comes_fast",
     {{'>', ack, 1, 1, 100},
      {'>', ack, 101, 1, 100},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'>', ack, 1, 1, 100, 1000, 21, TcpMark::retransmission}}},
    {"one_duplicate_ack_makes_no_fast_retransmission",
     {{'>', ack, 1, 1, 100},
      {'>', ack, 101, 1, 100},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'>', ack, 1, 1, 100, 1000, 1, TcpMark::retransmission}}},
    {"late_segment_after_a_round_trip_is_a_retransmission",
     {{'>', ack, 1, 1, 100},
      {'>', ack, 201, 1, 100, 1000, 1, TcpMark::lost_segment},
      {'>', ack, 101, 1, 100, 1000, 3, TcpMark::retransmission}}},
    {"fin_again", {{'>', fin | ack, 1, 1}, {'>', fin | ack, 1, 1, 0, 1000, 300, TcpMark::retransmission}}},
    {"syn_and_ack_again", {{'<', syn | ack, 0, 1, 0, 1000, 300, TcpMark::retransmission}}},
    {"part_of_a_segment_again", {{'>', ack, 1, 1, 100}, {'>', ack, 51, 1, 50, 1000, 300, TcpMark::retransmission}}},
    {"reset_behind_a_gap", {{'>', rst | ack, 5000, 1}}},
    {"fin_is_no_keep_alive",
     {{'>', ack, 1, 1, 100}, {'<', ack, 1, 101}, {'>', fin | ack, 100, 1, 0, 1000, 1, TcpMark::retransmission}}},
    {"ack_of_what_was_lost_and_then_more",
     {{'>', ack, 1, 1, 100},
      {'>', ack, 201, 1, 100, 1000, 1, TcpMark::lost_segment},
      {'<', ack, 1, 301, 0, 1000, 1, TcpMark::ack_lost_segment},
      {'>', ack, 301, 1, 100},
      {'<', ack, 1, 401}}},
};

// The fewest segments that make each mark, of connections that began before the capture did.
const Case from_the_middle[] = {
    {"lost_segment", {{'>', ack, 1, 1, 10}, {'>', ack, 21, 1, 10, 1000, 1, TcpMark::lost_segment}}},
    {"lost_segment_before_an_empty_one", {{'>', ack, 1, 1, 10}, {'>', ack, 21, 1, 0, 1000, 1, TcpMark::lost_segment}}},
    {"out_of_order",
     {{'>', ack, 1, 1, 10},
      {'>', ack, 21, 1, 10, 1000, 1, TcpMark::lost_segment},
      {'>', ack, 11, 1, 10, 1000, 2, TcpMark::out_of_order}}},
    {"out_of_order_no_more",
     {{'>', ack, 1, 1, 10},
      {'>', ack, 21, 1, 10, 1000, 1, TcpMark::lost_segment},
      {'>', ack, 11, 1, 10, 1000, 3, TcpMark::retransmission}}},
    {"retransmission", {{'>', ack, 1, 1, 10}, {'>', ack, 1, 1, 10, 1000, 1, TcpMark::retransmission}}},
    {"spurious_retransmission",
     {{'>', ack, 1, 1, 10}, {'<', ack, 1, 11}, {'>', ack, 1, 1, 10, 1000, 1, TcpMark::spurious_retransmission}}},
    {"spurious_only_where_all_of_it_was_acknowledged",
     {{'>', ack, 1, 1, 10}, {'<', ack, 1, 6}, {'>', ack, 1, 1, 10, 1000, 1, TcpMark::retransmission}}},
    {"duplicate_ack", {{'<', ack, 1, 1}, {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack}}},
    {"fast_retransmission",
     {{'>', ack, 1, 1, 10},
      {'<', ack, 1, 1},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'<', ack, 1, 1, 0, 1000, 1, TcpMark::duplicate_ack},
      {'>', ack, 1, 1, 10, 1000, 1, TcpMark::fast_retransmission}}},
    {"ack_lost_segment", {{'>', ack, 1, 1, 10}, {'<', ack, 1, 21, 0, 1000, 1, TcpMark::ack_lost_segment}}},
    {"keep_alive_with_an_octet", {{'>', ack, 1, 1, 10}, {'>', ack, 10, 1, 1, 1000, 1, TcpMark::keep_alive}}},
    {"keep_alive_without", {{'>', ack, 1, 1, 10}, {'>', ack, 10, 1, 0, 1000, 1, TcpMark::keep_alive}}},
    {"no_keep_alive_with_two_octets", {{'>', ack, 1, 1, 10}, {'>', ack, 10, 1, 2}}},
    {"keep_alive_ack",
     {{'>', ack, 1, 1, 10},
      {'<', ack, 1, 11},
      {'>', ack, 10, 1, 1, 1000, 1, TcpMark::keep_alive},
      {'<', ack, 1, 11, 0, 1000, 1, TcpMark::keep_alive_ack}}},
    {"window_update", {{'<', ack, 1, 1}, {'<', ack, 1, 1, 0, 2000, 1, TcpMark::window_update}}},
    {"no_window_update_with_data", {{'<', ack, 1, 1}, {'<', ack, 1, 1, 5, 2000}}},
    {"zero_window", {{'<', ack, 1, 1, 0, 0, 1, TcpMark::zero_window}}},
    {"zero_window_with_data", {{'<', ack, 1, 1, 5, 0, 1, TcpMark::zero_window}}},
    {"no_zero_window_of_a_reset", {{'<', rst, 1, 0, 0, 0}}},
    {"no_zero_window_of_a_fin", {{'<', fin | ack, 1, 1, 0, 0}}},
    {"no_zero_window_of_a_syn", {{'>', syn, 0, 0, 0, 0}}},
    {"zero_window_probe",
     {{'>', ack, 1, 1},
      {'<', ack, 1, 1, 0, 0, 1, TcpMark::zero_window},
      {'>', ack, 1, 1, 1, 1000, 1, TcpMark::zero_window_probe}}},
    {"zero_window_probe_ack",
     {{'>', ack, 1, 1},
      {'<', ack, 1, 1, 0, 0, 1, TcpMark::zero_window},
      {'>', ack, 1, 1, 1, 1000, 1, TcpMark::zero_window_probe},
      {'<', ack, 1, 1, 0, 0, 1, TcpMark::zero_window | TcpMark::zero_window_probe_ack}}},
    {"zero_window_probe_that_is_taken",
     {{'>', ack, 1, 1},
      {'<', ack, 1, 1, 0, 0, 1, TcpMark::zero_window},
      {'>', ack, 1, 1, 1, 1000, 1, TcpMark::zero_window_probe},
      {'<', ack, 1, 2, 0, 1000, 1, TcpMark::ack_lost_segment}}},  // tshark leaves a probe out of what was sent
    {"reused_ports", {{'>', syn, 0, 0}, {'>', syn, 7000, 0, 0, 1000, 1, TcpMark::reused_ports}}},
    {"reused_ports_of_the_other_side",
     {{'>', ack, 1, 1, 10}, {'<', ack, 1, 11}, {'<', syn, 7000, 0, 0, 1000, 1, TcpMark::reused_ports}}},
    {"reused_ports_that_only_the_answer_shows",
     {{'>', ack, 1, 1}, {'<', syn | ack, 7000, 1, 0, 1000, 1, TcpMark::reused_ports}}},
    {"half_a_connection_is_never_acknowledged",
     {{'>', ack, 1, 1, 10}, {'>', ack, 11, 1, 10}, {'>', ack, 21, 1, 10}, {'>', fin | ack, 31, 1}}},
};

// Expectations were read from tshark 4.0.
void expect_marks(Capture& capture, const Case& tested) {
  for (const Step& step : tested.steps) {
    EXPECT_EQ(capture.take(step).marks, step.marks) << "step " << &step - tested.steps.data() + 1;
  }
}

class TcpAnalyzerMarks : public testing::TestWithParam<Case> {};

TEST_P(TcpAnalyzerMarks, are_those_of_tshark) {
  Capture capture;
  capture.take_handshake();
  expect_marks(capture, GetParam());
}
// 16 octets before both sides' numbers begin anew.
TEST_P(TcpAnalyzerMarks, are_the_same_where_numbers_wrap_around) {
  Capture capture{0xfffffff0, 0xfffffff0};
  capture.take_handshake();
  expect_marks(capture, GetParam());
}
TEST_P(TcpAnalyzerMarks, are_the_same_where_acknowledgments_are_not_waited_for) {
  Capture capture{100, 500, SessionMemory::Depth::marks};
  capture.take_handshake();
  expect_marks(capture, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Cases, TcpAnalyzerMarks, testing::ValuesIn(after_handshake), CaseName{});

class TcpAnalyzerFewestSegments : public testing::TestWithParam<Case> {};

TEST_P(TcpAnalyzerFewestSegments, are_marked_as_tshark_marks_them) {
  Capture capture;
  expect_marks(capture, GetParam());
}
TEST_P(TcpAnalyzerFewestSegments, are_marked_alike_where_numbers_wrap_around) {
  Capture capture{0xfffffff8, 0xfffffff8};
  expect_marks(capture, GetParam());
}
TEST_P(TcpAnalyzerFewestSegments, are_marked_alike_where_acknowledgments_are_not_waited_for) {
  Capture capture{100, 500, SessionMemory::Depth::marks};
  expect_marks(capture, GetParam());
}
INSTANTIATE_TEST_SUITE_P(Cases, TcpAnalyzerFewestSegments, testing::ValuesIn(from_the_middle), CaseName{});

TEST(TcpAnalyzer, counts_what_was_seen_before_each_segment) {
  Capture capture;
  EXPECT_EQ(capture.take({'>', syn, 0, 0}).seen, 0);
  EXPECT_EQ(capture.take({'<', syn | ack, 0, 1}).seen, 1);
  EXPECT_EQ(capture.take({'>', ack, 1, 1}).seen, 3);
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 10}).seen, 7);
  EXPECT_EQ(capture.take({'<', fin | ack, 1, 11}).seen, 15);
  EXPECT_EQ(capture.take({'>', rst, 11, 0}).seen, 31);
}

TEST(TcpAnalyzer, measures_round_trips_and_octets_in_flight) {
  Capture capture;
  capture.take({'>', syn, 0, 0});
  EXPECT_EQ(capture.take({'<', syn | ack, 0, 1, 0, 1000, 20}).ack_rtt, milliseconds{20});
  const TcpAnalysis& third = capture.take({'>', ack, 1, 1, 0, 1000, 2});
  EXPECT_EQ(third.initial_rtt, milliseconds{22});
  EXPECT_EQ(third.acked_frame, 2u);
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 100}).bytes_in_flight, 100u);
  EXPECT_EQ(capture.take({'>', ack, 101, 1, 100}).bytes_in_flight, 200u);
}

TEST(TcpAnalyzer, tells_nothing_of_acknowledgments_that_were_not_waited_for) {
  Capture capture{100, 500, SessionMemory::Depth::marks};
  capture.take_handshake();
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 10}).bytes_in_flight, 0u);
  const TcpAnalysis& answer = capture.take({'<', ack, 1, 11, 0, 1000, 5});
  EXPECT_EQ(answer.acked_frame, 0u);
  EXPECT_EQ(answer.relative_acknowledgment, 11u);
  EXPECT_EQ(answer.initial_rtt, milliseconds{2}) << "the handshake's is known all the same";
}

TEST(TcpAnalyzer, numbers_are_relative_to_the_first_ones) {
  Capture capture{0xfffffff0, 500};
  EXPECT_EQ(capture.take({'>', syn, 0, 0}).relative_sequence, 0u);
  const TcpAnalysis& answer = capture.take({'<', syn | ack, 0, 1});
  EXPECT_EQ(answer.relative_sequence, 0u);
  EXPECT_EQ(answer.relative_acknowledgment, 1u);
  const TcpAnalysis& wrapped = capture.take({'>', ack, 1001, 1, 10});
  EXPECT_EQ(wrapped.relative_sequence, 1001u);
  EXPECT_EQ(wrapped.relative_acknowledgment, 1u);
}

TEST(TcpAnalyzer, numbers_of_a_connection_that_had_begun_are_counted_from_one) {
  Capture capture;
  const TcpAnalysis& first = capture.take({'>', ack, 12'345, 678, 10});
  EXPECT_EQ(first.relative_sequence, 1u);
  EXPECT_EQ(first.relative_acknowledgment, 1u);
  EXPECT_EQ(capture.take({'<', ack, 688, 12'355, 10}).relative_sequence, 11u);
}

struct Scaling {
  const char* name;
  std::vector<Step> handshake;
  int client;  // afterwards
  int server;
};
void PrintTo(const Scaling& tested, std::ostream* out) { *out << tested.name; }

const Scaling scalings[] = {
    {"both_offer", {{'>', syn, 0, 0, 0, 1000, 1, 0, 7}, {'<', syn | ack, 0, 1, 0, 1000, 1, 0, 2}}, 7, 2},
    {"shift_of_0", {{'>', syn, 0, 0, 0, 1000, 1, 0, 0}, {'<', syn | ack, 0, 1, 0, 1000, 1, 0, 14}}, 0, 14},
    {"the_client_does_not", {{'>', syn, 0, 0}, {'<', syn | ack, 0, 1, 0, 1000, 1, 0, 2}}, -2, -2},
    {"the_server_does_not", {{'>', syn, 0, 0, 0, 1000, 1, 0, 7}, {'<', syn | ack, 0, 1}}, -2, -2},
    {"nobody_does", {{'>', syn, 0, 0}, {'<', syn | ack, 0, 1}}, -2, -2},
    {"not_captured", {{'>', ack, 0, 1}, {'<', ack, 1, 1}}, -1, -1},
    {"only_the_answer_was_captured", {{'<', syn | ack, 0, 1, 0, 1000, 1, 0, 2}}, -1, 2},
};

class TcpWindowScaling : public testing::TestWithParam<Scaling> {};

TEST_P(TcpWindowScaling, is_what_the_handshake_agreed_on) {
  Capture capture;
  for (const Step& step : GetParam().handshake) capture.take(step);
  EXPECT_EQ(capture.take({'>', ack, 1, 1}).window_scale, GetParam().client);
  EXPECT_EQ(capture.take({'<', ack, 1, 1}).window_scale, GetParam().server);
}
INSTANTIATE_TEST_SUITE_P(Cases, TcpWindowScaling, testing::ValuesIn(scalings), CaseName{});

TEST(TcpAnalyzer, a_window_is_full_as_it_is_scaled) {
  Capture capture;
  capture.take({'>', syn, 0, 0, 0, 1000, 1, 0, 7});
  capture.take({'<', syn | ack, 0, 1, 0, 1000, 1, 0, 2});
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 1000}).marks, TcpMark::window_full) << "that of a SYN is not scaled";
  capture.take({'<', ack, 1, 1001, 0, 1000});
  EXPECT_EQ(capture.take({'>', ack, 1001, 1, 1000}).marks, 0u);
  EXPECT_EQ(capture.take({'>', ack, 2001, 1, 3000}).marks, TcpMark::window_full);
}

TEST(TcpAnalyzer, initial_round_trip_is_from_the_syn_to_the_first_ack) {
  Capture capture;
  EXPECT_FALSE(capture.take({'>', syn, 0, 0}).has_initial_rtt);
  EXPECT_FALSE(capture.take({'<', syn | ack, 0, 1, 0, 1000, 20}).has_initial_rtt);
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 0, 1000, 2}).initial_rtt, milliseconds{22});
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 10, 1000, 50}).initial_rtt, milliseconds{22}) << "it stays";
}

TEST(TcpAnalyzer, initial_round_trip_counts_from_the_last_syn) {
  Capture capture;
  capture.take({'>', syn, 0, 0});
  capture.take({'>', syn, 0, 0, 0, 1000, 300});
  capture.take({'<', syn | ack, 0, 1, 0, 1000, 20});
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 0, 1000, 2}).initial_rtt, milliseconds{22});
}

TEST(TcpAnalyzer, initial_round_trip_is_not_known_without_a_syn) {
  Capture capture;
  capture.take({'<', syn | ack, 0, 1});
  EXPECT_FALSE(capture.take({'>', ack, 1, 1}).has_initial_rtt);
}

TEST(TcpAnalyzer, an_ack_tells_the_round_trip_of_the_segment_that_ends_there) {
  Capture capture;
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 100});              // frame 4
  capture.take({'>', ack, 101, 1, 100, 1000, 10});  // frame 5
  capture.take({'>', ack, 201, 1, 100, 1000, 10});  // frame 6
  const TcpAnalysis& second = capture.take({'<', ack, 1, 201, 0, 1000, 5});
  EXPECT_EQ(second.acked_frame, 5u);
  EXPECT_EQ(second.ack_rtt, milliseconds{15});
  const TcpAnalysis& within = capture.take({'<', ack, 1, 251, 0, 1000, 5});
  EXPECT_EQ(within.acked_frame, 0u);
  const TcpAnalysis& third = capture.take({'<', ack, 1, 301, 0, 1000, 5});
  EXPECT_EQ(third.acked_frame, 6u);
  EXPECT_EQ(third.ack_rtt, milliseconds{15});
  EXPECT_EQ(capture.take({'<', ack, 1, 301, 10}).acked_frame, 0u) << "once";
}

// Whichever it repeats: so does tshark, as a capture may hold segments that the card cut or joined.
TEST(TcpAnalyzer, a_retransmission_is_timed_from_the_eldest_segment_that_waits) {
  Capture capture;
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 100});              // frame 4
  capture.take({'>', ack, 101, 1, 100, 1000, 10});  // frame 5
  const TcpAnalysis& again = capture.take({'>', ack, 101, 1, 100, 1000, 300});
  EXPECT_EQ(again.marks, TcpMark::retransmission);
  EXPECT_EQ(again.rto_frame, 4u);
  EXPECT_EQ(again.rto, milliseconds{310});
  capture.take({'<', ack, 1, 101});
  const TcpAnalysis& once_more = capture.take({'>', ack, 101, 1, 100, 1000, 600});
  EXPECT_EQ(once_more.rto_frame, 5u);
  EXPECT_EQ(once_more.rto, milliseconds{901});
}

TEST(TcpAnalyzer, duplicate_acks_are_counted_from_the_one_they_repeat) {
  Capture capture;
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 100});
  capture.take({'<', ack, 1, 101});  // frame 5
  for (std::uint32_t n = 1; n <= 3; ++n) {
    const TcpAnalysis& repeated = capture.take({'<', ack, 1, 101});
    EXPECT_EQ(repeated.duplicate_ack_number, n);
    EXPECT_EQ(repeated.duplicate_ack_frame, 5u);
  }
  capture.take({'>', ack, 101, 1, 100});
  EXPECT_EQ(capture.take({'<', ack, 1, 201}).duplicate_ack_number, 0u);
  EXPECT_EQ(capture.take({'<', ack, 1, 201}).duplicate_ack_number, 1u);
}

TEST(TcpAnalyzer, octets_in_flight_are_those_between_the_lowest_and_the_highest_that_wait) {
  Capture capture;
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 100});
  capture.take({'>', ack, 101, 1, 100});
  capture.take({'<', ack, 1, 101});
  EXPECT_EQ(capture.take({'>', ack, 201, 1, 50}).bytes_in_flight, 150u);
  capture.take({'<', ack, 1, 151});  // within a segment
  EXPECT_EQ(capture.take({'>', ack, 251, 1, 50}).bytes_in_flight, 150u);
  capture.take({'<', ack, 1, 301});
  EXPECT_EQ(capture.take({'>', fin | ack, 301, 1, 10}).bytes_in_flight, 10u) << "a FIN is no octet";
}

TEST(TcpAnalyzer, octets_in_flight_are_not_known_behind_a_gap_until_an_ack_comes) {
  Capture capture;
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 100});
  EXPECT_EQ(capture.take({'>', ack, 201, 1, 100}).bytes_in_flight, 0u);
  EXPECT_EQ(capture.take({'>', ack, 301, 1, 100}).bytes_in_flight, 0u);
  capture.take({'<', ack, 1, 401});
  EXPECT_EQ(capture.take({'>', ack, 401, 1, 100}).bytes_in_flight, 100u);
}

TEST(TcpAnalyzer, octets_that_were_acknowledged_selectively_are_not_in_flight) {
  Capture capture;
  capture.take_handshake();
  for (std::uint32_t n = 0; n < 4; ++n) capture.take({'>', ack, 1 + n * 100, 1, 100});
  capture.take({'<', ack, 1, 1, 0, 1000, 1, 0, no_scale, {{101, 201}, {301, 401}}});
  EXPECT_EQ(capture.take({'>', ack, 401, 1, 100}).bytes_in_flight, 300u);
  capture.take({'<', ack, 1, 1, 0, 1000, 1, 0, no_scale, {}});
  EXPECT_EQ(capture.take({'>', ack, 501, 1, 100}).bytes_in_flight, 600u) << "blocks count until the next segment";
}

TEST(TcpAnalyzer, octets_in_flight_are_right_where_numbers_wrap_around) {
  Capture capture{0xffffff00};
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 200});
  EXPECT_EQ(capture.take({'>', ack, 201, 1, 200}).bytes_in_flight, 400u);
  capture.take({'<', ack, 1, 201});
  EXPECT_EQ(capture.take({'>', ack, 401, 1, 200}).bytes_in_flight, 400u);
}

TEST(TcpAnalyzer, pushed_octets_are_those_since_the_last_push) {
  Capture capture;
  capture.take_handshake();
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 100}).push_bytes_sent, 100u);
  EXPECT_EQ(capture.take({'>', psh | ack, 101, 1, 100}).push_bytes_sent, 200u);
  EXPECT_EQ(capture.take({'>', ack, 201, 1, 10}).push_bytes_sent, 10u);
}

TEST(TcpAnalyzer, pushed_octets_are_not_counted_while_those_in_flight_are_not_known) {
  Capture capture;
  capture.take_handshake();
  capture.take({'>', ack, 1, 1, 100});
  capture.take({'>', ack, 201, 1, 10});  // behind a gap
  capture.take({'<', ack, 1, 211});
  EXPECT_EQ(capture.take({'>', ack, 211, 1, 1}).push_bytes_sent, 101u);
}

TEST(TcpAnalyzer, times_are_those_of_the_connection) {
  Capture capture;
  EXPECT_EQ(capture.take({'>', syn, 0, 0}).since_first, Duration{0});
  const TcpAnalysis& second = capture.take({'<', syn | ack, 0, 1, 0, 1000, 20});
  EXPECT_EQ(second.since_first, milliseconds{20});
  EXPECT_EQ(second.since_previous, milliseconds{20});
  const TcpAnalysis& third = capture.take({'>', ack, 1, 1, 0, 1000, 5});
  EXPECT_EQ(third.since_first, milliseconds{25});
  EXPECT_EQ(third.since_previous, milliseconds{5});
  EXPECT_EQ(capture.take({'>', syn, 9000, 0, 0, 1000, 5}).since_first, Duration{0}) << "another connection";
}

TEST(TcpAnalyzer, a_fin_opens_or_follows_the_closing) {
  Capture capture;
  capture.take_handshake();
  const TcpAnalysis& first = capture.take({'<', fin | ack, 1, 1});
  EXPECT_TRUE(first.fin_active);
  EXPECT_FALSE(first.fin_passive);
  const TcpAnalysis& second = capture.take({'>', fin | ack, 1, 2});
  EXPECT_FALSE(second.fin_active);
  EXPECT_TRUE(second.fin_passive);
}

TEST(TcpAnalyzer, the_server_is_who_was_asked) {
  Capture capture;
  EXPECT_EQ(capture.take({'>', syn, 0, 0}).server_port, 80);
  EXPECT_EQ(capture.take({'>', ack, 1, 1}).server_port, 80);
  Capture middle;
  EXPECT_EQ(middle.take({'>', ack, 1, 1}).server_port, 0);
  EXPECT_EQ(middle.take({'<', syn | ack, 0, 1}).server_port, 80);
}

TEST(TcpAnalyzer, segments_of_unknown_length_change_nothing_but_what_was_seen) {
  SessionMemory session;
  TcpSegmentFacts facts;
  facts.flags = syn;
  facts.sequence_number = 7;
  facts.has_length = false;
  const TcpAnalysis& analysis = session.tcp(nth_flow(1), facts);
  EXPECT_EQ(analysis.relative_sequence, 7u) << "the number of the header";
  EXPECT_EQ(analysis.marks, 0u);
  facts.flags = ack;
  facts.sequence_number = 99;
  facts.has_length = true;
  const TcpAnalysis& next = session.tcp(nth_flow(1), facts);
  EXPECT_EQ(next.seen, TcpSeen::syn);
  EXPECT_EQ(next.relative_sequence, 1u);
}

// --- limits

// Sends segments of one octet that nobody acknowledges.
class OneWay {
 public:
  explicit OneWay(TcpAnalyzer& analyzer) : analyzer_{analyzer} {}

  TcpAnalysis take(unsigned from, std::uint16_t flags, std::uint32_t sequence, std::uint32_t acknowledgment,
                   std::uint32_t length) {
    TcpSegmentFacts facts;
    facts.frame_number = ++frames_;
    facts.flags = flags;
    facts.sequence_number = sequence;
    facts.acknowledgment_number = acknowledgment;
    facts.length = length;
    facts.window = 1000;
    TcpAnalysis analysis;
    analyzer_.take(connection_, from, facts, from == 0 ? 40'000 : 80, from == 0 ? 80 : 40'000, analysis);
    return analysis;
  }
  TcpAnalysis send_next() { return take(0, ack, next_++, 1, 1); }
  [[nodiscard]] TcpConnection& connection() noexcept { return connection_; }

 private:
  TcpAnalyzer& analyzer_;
  TcpConnection connection_;
  std::uint64_t frames_ = 0;
  std::uint32_t next_ = 1;
};

constexpr std::uint32_t per_side = TcpAnalyzer::unacked_limit_per_side;

TEST(TcpAnalyzerLimits, a_side_waits_for_so_many_acks_and_no_more) {
  TcpAnalyzer analyzer{true};
  OneWay connection{analyzer};
  for (std::uint32_t n = 1; n < per_side; ++n) connection.send_next();
  EXPECT_EQ(connection.send_next().bytes_in_flight, per_side);
  EXPECT_EQ(connection.send_next().bytes_in_flight, per_side) << "not waited for";
  EXPECT_EQ(connection.connection().sides[0].unacked_count, per_side);

  EXPECT_EQ(connection.take(1, ack, 1, per_side + 2, 0).acked_frame, 0u) << "of the one that was not waited for";
  EXPECT_EQ(connection.connection().sides[0].unacked_count, 0u);
  EXPECT_EQ(connection.send_next().bytes_in_flight, 1u);
}

TEST(TcpAnalyzerLimits, the_last_segment_that_is_waited_for_is_found) {
  TcpAnalyzer analyzer{true};
  OneWay connection{analyzer};
  for (std::uint32_t n = 0; n < per_side + 10; ++n) connection.send_next();
  EXPECT_EQ(connection.take(1, ack, 1, per_side + 1, 0).acked_frame, per_side);
}

TEST(TcpAnalyzerLimits, all_sides_together_wait_for_so_many_acks_and_no_more) {
  TcpAnalyzer analyzer{true};
  std::vector<std::unique_ptr<OneWay>> connections;
  std::uint32_t waiting = 0;
  while (waiting < TcpAnalyzer::unacked_limit) {
    connections.push_back(std::make_unique<OneWay>(analyzer));
    for (std::uint32_t n = 0; n < per_side; ++n) connections.back()->send_next();
    waiting += per_side;
  }
  std::uint32_t counted = 0;
  for (const auto& connection : connections) counted += connection->connection().sides[0].unacked_count;
  EXPECT_EQ(counted, TcpAnalyzer::unacked_limit);

  OneWay late{analyzer};
  late.send_next();
  EXPECT_EQ(late.connection().sides[0].unacked_count, 0u);
  analyzer.clear(connections.front()->connection());
  late.send_next();
  EXPECT_EQ(late.connection().sides[0].unacked_count, 1u) << "what another forgot is used again";
}

}  // namespace
}  // namespace encap::test
