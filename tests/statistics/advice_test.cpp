// What -z advice must not say, and what the examples of docs/advice.md do not show.
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/base/byte_order.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/statistics.h"
#include "encap/wire/checksum.h"
#include "support/ip_packets.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t rst = 0x04;
constexpr std::uint8_t psh = 0x08;
constexpr std::uint8_t ack = 0x10;

constexpr std::int64_t millisecond = 1'000'000;

/// A capture of raw IP packets with right checksums, and what advice says of it.
class Capture {
 public:
  /// `time` in milliseconds.
  void add(double time, std::string packet, std::uint32_t cut = 0) {
    complete(packet);
    packets_.push_back({static_cast<std::int64_t>(time * millisecond), std::move(packet), cut});
  }
  void tcp(double time, const Ends& ends, std::uint32_t sequence, std::uint32_t acknowledgment, int flags,
           std::string_view payload = {}, std::uint16_t window = 8192) {
    add(time,
        ipv4_packet(6, ends,
                    tcp_segment(ends, sequence, acknowledgment, static_cast<std::uint8_t>(flags), payload, window),
                    ++identification_));
  }
  /// SYN, SYN-ACK and ACK; the client's octets start at 101, the server's at 301.
  void handshake(double time, const Ends& ends) {
    tcp(time, ends, 100, 0, syn);
    tcp(time + 0.1, ends.reversed(), 300, 101, syn | ack);
    tcp(time + 0.2, ends, 101, 301, ack);
  }
  /// The next packets' IP identification is one more than this.
  void set_identification(std::uint16_t identification) { identification_ = identification; }
  void again(std::size_t packet, double time) {
    packets_.push_back(packets_[packet]);
    packets_.back().time = static_cast<std::int64_t>(time * millisecond);
  }
  /// Of the packet added last.
  [[nodiscard]] std::string& last() { return packets_.back().octets; }

  /// In one line, however it was wrapped.
  [[nodiscard]] std::string text() const {
    std::istringstream words{told(StatisticsFormat::text)};
    std::string line;
    for (std::string word; words >> word;) line += (line.empty() ? "" : " ") + word;
    return line;
  }
  /// The names of the findings, with blanks between.
  [[nodiscard]] std::string findings() const {
    std::set<std::string> names;
    std::istringstream lines{told(StatisticsFormat::csv)};
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) names.insert(line.substr(0, line.find(',')));
    std::string all;
    for (const std::string& name : names) all += (all.empty() ? "" : " ") + name;
    return all;
  }

 private:
  struct Packet {
    std::int64_t time;
    std::string octets;
    std::uint32_t cut;
  };

  static void set(std::string& packet, std::size_t at, std::uint16_t value) {
    packet[at] = static_cast<char>(value >> 8);
    packet[at + 1] = static_cast<char>(value & 0xff);
  }
  static void complete(std::string& packet) {
    set(packet, 10, 0);
    set(packet, 10, Checksum{}.add(as_bytes(std::string_view{packet}.substr(0, 20))).finish());
    const Bytes octets = as_bytes(packet);
    const std::uint8_t protocol = load_u8(octets, 9);
    if ((protocol != 6 && protocol != 17) || (load_be16(octets, 6) & 0x3fff) != 0) return;
    const std::size_t at = 20 + (protocol == 6 ? 16 : 6);
    set(packet, at, 0);
    const PseudoHeader pseudo{Ipv4Address{load_be32(octets, 12)}, Ipv4Address{load_be32(octets, 16)},
                              static_cast<Protocol>(protocol), static_cast<std::uint32_t>(packet.size() - 20)};
    set(packet, at, Checksum{}.add(pseudo).add(octets.subspan(20)).finish());
  }
  [[nodiscard]] std::string told(StatisticsFormat format) const {
    Statistics statistics{[](std::string_view) { return unexpected(std::string{"no filters here"}); }};
    EXPECT_TRUE(statistics.add("advice").has_value());
    SessionMemory session;
    Dissector dissector{&session};
    Dissection dissection{statistics.detail(), true};
    statistics.ask(dissection);
    for (const Packet& packet : packets_) {
      PacketRecord record = record_of(packet.octets, LinkType::raw, {packet.time});
      record.original_length += packet.cut;
      dissector.dissect(record, dissection);
      statistics.take(dissection);
    }
    std::string out;
    statistics.append(out, format);
    return out;
  }

  std::vector<Packet> packets_;
  std::uint16_t identification_ = 1000;
};

constexpr Ends client{0xc0000201, 0xc0000202, 50'000, 12'345};
constexpr Ends browser{0xc0000201, 0xc0000202, 50'000, 80};
const Ends server = client.reversed();

TEST(Advice, has_nothing_to_say_of_no_packets) { EXPECT_EQ(Capture{}.text(), "Advice: no findings in 0 packets"); }

TEST(Advice, has_nothing_to_say_of_a_healthy_connection) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "hello");
  capture.tcp(2, server, 301, 106, psh | ack, "hi");
  capture.tcp(3, client, 106, 303, fin | ack);
  capture.tcp(4, server, 303, 107, fin | ack);
  capture.tcp(5, client, 107, 304, ack);
  EXPECT_EQ(capture.findings(), "");
}

// --- messages that are hidden
// -----------------------------------------------------------------------------------------

TEST(Advice, tells_how_many_messages_are_hidden_and_where) {
  Capture capture;
  for (int i = 0; i < 5; ++i) capture.tcp(i * 200, client, 7, 0, psh | ack, "message " + std::to_string(i));
  const std::string text = capture.text();
  EXPECT_NE(text.find("4 of the 5 segments with data are hidden"), text.npos) << text;
  EXPECT_NE(text.find("sequence number 7 (raw)"), text.npos) << text;
  EXPECT_NE(text.find("frames 2, 3, 4, 5."), text.npos) << text;
}

TEST(Advice, a_keep_alive_with_an_octet_of_nothing_hides_no_message) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "a");
  capture.tcp(2, server, 301, 102, ack);
  capture.tcp(20'000, client, 101, 301, ack, std::string_view{"\0", 1});
  capture.tcp(20'001, server, 301, 102, ack);
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, octets_sent_again_in_larger_segments_are_no_conflict) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "hello ");
  capture.tcp(2, client, 107, 301, psh | ack, "world");
  capture.tcp(400, client, 101, 301, psh | ack, "hello world");
  capture.tcp(401, server, 301, 112, ack);
  EXPECT_EQ(capture.findings(), "tcp.retransmissions");
}

// --- resets
// -----------------------------------------------------------------------------------------------------------

TEST(Advice, an_rst_that_answers_another_number_is_no_answer_of_a_kernel_that_knows_nothing) {
  Capture capture;
  capture.tcp(0, client, 101, 301, psh | ack, "hello");
  capture.tcp(1, server, 77, 0, rst, {}, 0);
  EXPECT_EQ(capture.findings(), "rst.aborted");
}

TEST(Advice, an_rst_of_a_host_that_spoke_before_is_an_end) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "hello");
  capture.tcp(2, server, 301, 106, rst | ack, {}, 0);
  EXPECT_EQ(capture.findings(), "rst.aborted");
}

TEST(Advice, an_rst_behind_its_own_fin_is_no_finding) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, fin | ack);
  capture.tcp(2, server, 301, 102, psh | ack, "bye");
  capture.tcp(3, client, 102, 0, rst, {}, 0);
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, a_refused_connection_is_told_once_however_often_it_is_tried) {
  Capture capture;
  for (int i = 0; i < 3; ++i) {
    capture.tcp(i * 500, client, 100, 0, syn);
    capture.tcp(i * 500 + 0.1, server, 0, 101, rst | ack, {}, 0);
  }
  EXPECT_EQ(capture.findings(), "rst.nobody-listens");
  EXPECT_NE(capture.text().find("in frames 2, 4, 6"), std::string::npos) << capture.text();
}

TEST(Advice, a_syn_that_is_answered_at_last_is_no_finding) {
  Capture capture;
  capture.tcp(0, client, 100, 0, syn);
  capture.tcp(1000, client, 100, 0, syn);
  capture.tcp(1001, server, 300, 101, syn | ack);
  capture.tcp(1002, client, 101, 301, ack);
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, a_syn_at_the_end_of_the_capture_may_still_be_answered) {
  Capture capture;
  capture.tcp(0, client, 100, 0, syn);
  EXPECT_EQ(capture.findings(), "");
}

// --- HTTP
// -------------------------------------------------------------------------------------------------------------

TEST(Advice, a_header_may_come_in_pieces) {
  Capture capture;
  capture.handshake(0, browser);
  capture.tcp(1, browser, 101, 301, psh | ack, "GET / HTTP/1.1\r\n");
  capture.tcp(2, browser, 117, 301, psh | ack, "Host: a\r\n\r");
  capture.tcp(3, browser, 127, 301, psh | ack, "\n");
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, a_header_of_which_more_was_to_come_is_no_finding) {
  Capture capture;
  capture.handshake(0, browser);
  capture.tcp(1, browser, 101, 301, ack, "GET / HTTP/1.1\r\nCookie: and so on");
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, a_header_that_the_capture_cut_is_no_finding_of_http) {
  Capture capture;
  capture.handshake(0, browser);
  std::string packet = tcp_packet(browser, 101, 301, psh | ack, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::uint32_t cut = 8;
  packet.resize(packet.size() - cut);
  capture.add(1, packet, cut);
  EXPECT_EQ(capture.findings(), "capture.snapped");
}

TEST(Advice, a_body_may_come_later_and_be_cut_by_the_end_of_the_capture) {
  Capture capture;
  capture.handshake(0, browser);
  capture.tcp(1, browser, 101, 301, psh | ack, "POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\n");
  capture.tcp(2, browser, 140, 301, psh | ack, "12345");
  EXPECT_EQ(capture.findings(), "");
  capture.tcp(3, browser, 145, 301, fin | ack);
  EXPECT_EQ(capture.findings(), "http.content-length");
  EXPECT_NE(capture.text().find("Content-Length says 10, and 5 octets of body came: frame 4."), std::string::npos)
      << capture.text();
}

TEST(Advice, a_response_to_head_has_no_body) {
  Capture capture;
  capture.handshake(0, browser);
  capture.tcp(1, browser, 101, 301, psh | ack, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  capture.tcp(2, browser.reversed(), 301, 129, psh | ack, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
  capture.tcp(3, browser.reversed(), 340, 129, fin | ack);
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, words_that_are_methods_make_no_http) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "GET up, stand up");
  capture.tcp(2, client, 117, 301, psh | ack, "OPTIONS are many");
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, http_on_a_free_port_is_no_finding) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, the_lower_port_says_whose_the_connection_is) {
  Ends ends = browser;
  ends.source_port = 57'000;  // IRC's for Wireshark, if port 80 did not come first
  Capture capture;
  capture.handshake(0, ends);
  capture.tcp(1, ends, 101, 301, psh | ack, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(capture.findings(), "");
  ends.destination_port = 12'345;
  Capture other;
  other.handshake(0, ends);
  other.tcp(1, ends, 101, 301, psh | ack, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(other.findings(), "http.unusual-port");
}

// --- what was captured twice, and what was sent twice
// --------------------------------------------------------------------

TEST(Advice, duplicate_acknowledgments_without_identifications_are_no_copies) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "hello");
  for (int i = 0; i < 6; ++i) {
    capture.set_identification(0xffff);  // the next one is 0
    capture.tcp(2 + i * 0.01, server, 301, 101, ack);
  }
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, a_sender_with_one_identification_for_all_may_say_the_same_again) {
  Capture capture;
  for (int i = 0; i < 12; ++i) {
    capture.add(i * 20, ipv4_packet(17, client, udp_datagram(client, i % 3 == 2 ? "other" : "same"), 1));
  }
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, copies_of_segments_are_not_taken_for_retransmissions) {
  Capture capture;
  capture.handshake(0, client);
  std::uint32_t sequence = 101;
  for (int i = 0; i < 6; ++i) {
    capture.tcp(1 + i, client, sequence, 301, psh | ack, "hello");
    capture.again(3 + static_cast<std::size_t>(i) * 2, 1.01 + i);
    sequence += 5;
  }
  EXPECT_EQ(capture.findings(), "duplicate.capture");
  EXPECT_NE(capture.text().find("6 of the copies are marked"), std::string::npos) << capture.text();
}

TEST(Advice, segments_sent_again_are_told_by_where_they_were_lost) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "hello");
  capture.tcp(2, client, 111, 301, psh | ack, "there");    // "dear " was lost before
  capture.tcp(300, client, 106, 301, psh | ack, "dear ");  // fills the gap
  capture.tcp(600, client, 111, 301, psh | ack, "there");  // was seen
  const std::string text = capture.text();
  EXPECT_EQ(capture.findings(), "tcp.retransmissions");
  EXPECT_NE(text.find("1 with the first copy in the capture: frame 7"), text.npos) << text;
  EXPECT_NE(text.find("1 without it: frame 6"), text.npos) << text;
}

// --- the others
// ----------------------------------------------------------------------------------------------------------

TEST(Advice, says_who_closed_the_window_and_for_how_long) {
  Capture capture;
  capture.handshake(0, client);
  capture.tcp(1, client, 101, 301, psh | ack, "hello");
  capture.tcp(2, server, 301, 106, ack, {}, 0);
  capture.tcp(1502, server, 301, 106, ack, {}, 4096);
  const std::string text = capture.text();
  EXPECT_EQ(capture.findings(), "tcp.zero-window");
  EXPECT_NE(text.find("192.0.2.2:12345 closed its window 1 time, in frame 5"), text.npos) << text;
  EXPECT_NE(text.find("1.5 s (frame 5 to frame 6)"), text.npos) << text;
}

TEST(Advice, fragments_in_any_order_that_make_a_datagram_are_no_finding) {
  Capture capture;
  const std::string datagram = udp_datagram(client, std::string(40, 'x'));
  capture.add(0, ipv4_packet(17, client, datagram.substr(24), 5, 3));
  capture.add(1, ipv4_packet(17, client, datagram.substr(0, 24), 5, 0x2000));
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, says_which_octets_of_a_datagram_are_missing) {
  Capture capture;
  const std::string datagram = udp_datagram(client, std::string(40, 'x'));
  capture.add(0, ipv4_packet(17, client, datagram.substr(0, 16), 5, 0x2000));
  capture.add(1, ipv4_packet(17, client, datagram.substr(32), 5, 4));
  EXPECT_EQ(capture.findings(), "ip.fragment-missing");
  EXPECT_NE(capture.text().find("octets 16 to 31 are missing"), std::string::npos) << capture.text();
}

TEST(Advice, a_checksum_of_zero_in_udp_is_none) {
  Capture capture;
  capture.add(0, udp_packet(client, "hello"));
  capture.last()[26] = capture.last()[27] = 0;
  EXPECT_EQ(capture.findings(), "");
}

TEST(Advice, a_wrong_checksum_is_not_one_that_was_left_to_the_card) {
  Capture capture;
  capture.tcp(0, client, 1, 1, psh | ack, "hello");
  capture.last()[36] = static_cast<char>(capture.last()[36] ^ 1);
  EXPECT_EQ(capture.findings(), "checksum.wrong");
}

TEST(Advice, a_letter_at_a_time_is_no_other_program_where_it_is_all_there_is) {
  const Ends loopback{0x7f000001, 0x7f000001, 50'000, 12'345};
  Capture capture;
  capture.handshake(0, loopback);
  for (std::uint32_t i = 0; i < 20; ++i) capture.tcp(1 + i, loopback, 101 + i, 301, psh | ack, "x");
  EXPECT_EQ(capture.findings(), "");
}

// Beyond 8192 connections the older ones are forgotten, and told before that.
TEST(Advice, nothing_is_lost_with_connections_that_are_forgotten) {
  Capture capture;
  Ends ends = client;
  constexpr int connections = 9000;
  for (int i = 0; i < connections; ++i) {
    ends.source_port = static_cast<std::uint16_t>(10'000 + i);
    capture.tcp(i, ends, 100, 0, syn);
    capture.tcp(i + 0.1, ends.reversed(), 0, 101, rst | ack, {}, 0);
  }
  EXPECT_EQ(capture.findings(), "rst.nobody-listens");
  EXPECT_NE(capture.text().find("and 8995 more cases like it"), std::string::npos) << capture.text();
}

}  // namespace
}  // namespace encap::test
