#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"

namespace encap {
namespace {

constexpr std::uint16_t fin = 0x01;
constexpr std::uint16_t syn = 0x02;
constexpr std::uint16_t rst = 0x04;
constexpr std::uint16_t ack = 0x10;

// One segment and what it is to be marked as. The client's first number is 100, the server's 500.
struct Step {
  char way;  // '>' from the client, '<' from the server
  std::uint16_t flags;
  std::uint32_t sequence;  // relative
  std::uint32_t acknowledgment;
  std::uint32_t length = 0;
  std::uint16_t window = 1000;
  int milliseconds = 1;  // after the one before
  std::uint32_t marks = 0;
};

Address host(std::uint8_t last) {
  Address address{Address::Kind::ipv4, 4};
  address.octets = {192, 0, 2, last};
  return address;
}

class Capture {
 public:
  const TcpAnalysis& take(const Step& step) {
    now_ += step.milliseconds * std::int64_t{1'000'000};
    const bool up = step.way == '>';
    FlowKey key{FlowKey::Transport::tcp, host(up ? 1 : 2), host(up ? 2 : 1)};
    key.source_port = up ? 40'000 : 80;
    key.destination_port = up ? 80 : 40'000;
    TcpSegmentFacts facts;
    facts.frame_number = ++frames_;
    facts.time = {now_};
    facts.sequence_number = step.sequence + (up ? 100 : 500);
    facts.acknowledgment_number = (step.flags & ack) != 0 ? step.acknowledgment + (up ? 500 : 100) : 0;
    facts.length = step.length;
    facts.flags = step.flags;
    facts.window = step.window;
    return session_.tcp(key, facts);
  }

 private:
  SessionMemory session_;
  std::uint64_t frames_ = 0;
  std::int64_t now_ = 1'000'000'000;
};

struct Case {
  const char* name;
  std::vector<Step> after_handshake;
};

const Case cases[] = {
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
};

class TcpAnalyzerMarks : public testing::TestWithParam<Case> {};

// Every expectation was read from tshark 4.0.
TEST_P(TcpAnalyzerMarks, are_those_of_tshark) {
  Capture capture;
  std::vector<Step> steps{{'>', syn, 0, 0}, {'<', syn | ack, 0, 1}, {'>', ack, 1, 1}};
  const auto& rest = GetParam().after_handshake;
  steps.insert(steps.end(), rest.begin(), rest.end());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(capture.take(steps[i]).marks, steps[i].marks) << "segment " << i + 1;
  }
}
INSTANTIATE_TEST_SUITE_P(Cases, TcpAnalyzerMarks, testing::ValuesIn(cases),
                         [](const auto& tested) { return std::string{tested.param.name}; });

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
  EXPECT_EQ(capture.take({'<', syn | ack, 0, 1, 0, 1000, 20}).ack_rtt, std::chrono::milliseconds{20});
  const TcpAnalysis& third = capture.take({'>', ack, 1, 1, 0, 1000, 2});
  EXPECT_EQ(third.initial_rtt, std::chrono::milliseconds{22});
  EXPECT_EQ(third.acked_frame, 2u);
  EXPECT_EQ(capture.take({'>', ack, 1, 1, 100}).bytes_in_flight, 100u);
  EXPECT_EQ(capture.take({'>', ack, 101, 1, 100}).bytes_in_flight, 200u);
}

TEST(TcpPdus, are_whole_when_their_last_octet_is_there) {
  Capture capture;
  TcpPdus& pdus = *capture.take({'>', ack, 1, 1, 3}).pdus;
  const auto octets = [](std::string_view text) { return std::as_bytes(std::span{text}); };
  TcpPdus::Pdu* pdu = pdus.begin(1, 7, 1);
  ASSERT_NE(pdu, nullptr);
  EXPECT_EQ(pdus.add(*pdu, 1, 0, octets("abc"), true).state, Reassembly::State::pending);
  EXPECT_EQ(pdus.find_before(4), pdu);
  const Reassembly whole = pdus.add(*pdu, 2, 2, octets("Cdef"), false);  // one octet comes twice, differently
  ASSERT_EQ(whole.state, Reassembly::State::complete);
  EXPECT_EQ((std::string_view{reinterpret_cast<const char*>(whole.bytes.data()), whole.bytes.size()}), "abcdef");
  EXPECT_EQ(whole.complete_in, 2u);
  ASSERT_EQ(whole.pieces.size(), 2u);
  EXPECT_TRUE(whole.pieces[1].overlap);
  EXPECT_TRUE(whole.pieces[1].conflict);
}

TEST(TcpPdus, wait_at_a_gap) {
  Capture capture;
  TcpPdus& pdus = *capture.take({'>', ack, 1, 1, 3}).pdus;
  const auto octets = [](std::string_view text) { return std::as_bytes(std::span{text}); };
  TcpPdus::Pdu* pdu = pdus.begin(1, 10, 1);
  ASSERT_NE(pdu, nullptr);
  EXPECT_EQ(pdus.add(*pdu, 1, 0, octets("abc"), true).state, Reassembly::State::pending);
  EXPECT_EQ(pdus.add(*pdu, 2, 6, octets("ghi"), false).state, Reassembly::State::pending);
  EXPECT_EQ(pdus.add(*pdu, 3, 3, octets("def"), true).state, Reassembly::State::complete);
}

}  // namespace
}  // namespace encap
