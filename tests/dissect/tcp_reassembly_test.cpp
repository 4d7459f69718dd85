// HTTP messages in several segments: what the list says of each, as tshark 4.0 says it.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "support/case_name.h"
#include "support/ip_packets.h"

namespace encap::test {
namespace {

constexpr std::uint8_t fin = 0x01;
constexpr std::uint8_t ack = 0x10;

// One segment of the server: it starts `at` octets into what the server sends.
struct Segment {
  std::uint32_t at;
  std::string octets;
  std::string expected;  // protocol and Info
  std::uint8_t flags = ack;
};
struct Case {
  const char* name;
  std::vector<Segment> segments;
};
void PrintTo(const Case& tested, std::ostream* out) { *out << tested.name; }

const std::string until_the_end = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";  // 45 octets
const std::string of_ten_octets = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n";  // 65

const std::string begun = "TCP HTTP/1.1 200 OK  [TCP segment of a reassembled PDU]";
const std::string whole = "HTTP HTTP/1.1 200 OK  (text/plain)";

// A segment that is shown as such.
std::string tcp(const char* flags, std::uint32_t at, std::size_t length, const char* marks = "") {
  return std::string{"TCP "} + marks + "80 → 49152 " + flags + " Seq=" + std::to_string(at + 1) +
         " Ack=19 Win=8192 Len=" + std::to_string(length);
}
const std::string of_pdu = " [TCP segment of a reassembled PDU]";
constexpr const char* lost = "[TCP Previous segment not captured] ";

const Case cases[] = {
    {"in_order", {{0, of_ten_octets + "abcd", begun}, {69, "efghij", whole}}},
    {"with_half_of_the_next_one_behind_it",
     {{0, of_ten_octets + "abcd", begun},
      {69, "efghij" + of_ten_octets + "ABCD", whole + "HTTP/1.1 200 OK "},
      {144, "EFGHIJ", whole}}},
    {"with_all_of_the_next_one_behind_it",
     {{0, of_ten_octets + "abcd", begun}, {69, "efghij" + of_ten_octets + "ABCDEFGHIJ", whole + whole.substr(5)}}},
    {"with_a_json_text_behind_it",
     {{0, of_ten_octets + "abcd", begun},
      {69, "efghijHTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
       whole + "HTTP/1.1 200 OK , JavaScript Object Notation (application/json)"}}},
    {"ended_by_a_fin",
     {{0, until_the_end + "abc", begun}, {48, "def", tcp("[ACK]", 48, 3) + of_pdu}, {51, "", whole, fin | ack}}},
    {"ended_by_a_fin_with_octets", {{0, until_the_end + "abc", begun}, {48, "def", whole, fin | ack}}},
    {"a_fin_ends_no_message_that_knows_its_length",
     {{0, of_ten_octets + "abcd", begun}, {69, "", tcp("[FIN, ACK]", 69, 0), fin | ack}}},
    {"a_fin_comes_before_the_last_octets",
     {{0, until_the_end + "abc", begun},
      {51, "", tcp("[FIN, ACK]", 51, 0, lost), fin | ack},
      {48, "def", tcp("[ACK]", 48, 3, "[TCP Out-Of-Order] ")}}},
    {"a_second_fin_ends_nothing",
     {{0, until_the_end + "abc", begun},
      {48, "", whole, fin | ack},
      {48, "", tcp("[FIN, ACK]", 48, 0, "[TCP Retransmission] "), fin | ack}}},
    {"a_gap_keeps_it_waiting",
     {{0, of_ten_octets + "ab", begun},
      {72, "hij", tcp("[ACK]", 72, 3, lost) + of_pdu},
      {75, of_ten_octets + "ABCDEFGHIJ", whole}}},
    {"what_fills_the_gap_late_is_not_read",
     {{0, of_ten_octets + "ab", begun},
      {72, "hij", tcp("[ACK]", 72, 3, lost) + of_pdu},
      {67, "cdefg", tcp("[ACK]", 67, 5, "[TCP Out-Of-Order] ")}}},
};

class TcpReassembly : public testing::TestWithParam<Case> {};

TEST_P(TcpReassembly, is_shown_as_tshark_shows_it) {
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{Detail::columns};
  std::int64_t time = 0;
  const Ends client;
  const std::string get = "GET / HTTP/1.1\r\n\r\n";
  const auto dissect = [&](const std::string& packet) -> std::string {
    dissector.dissect(record_of(packet, LinkType::raw, {time += 1'000'000}), dissection);
    return std::string{dissection.columns.protocol.text()} + ' ' + std::string{dissection.columns.info.text()};
  };
  static_cast<void>(dissect(tcp_packet(client, 1, 1, ack, get)));
  for (const Segment& segment : GetParam().segments) {
    const auto acknowledged = static_cast<std::uint32_t>(1 + get.size());
    std::string line =
        dissect(tcp_packet(client.reversed(), 1 + segment.at, acknowledged, segment.flags, segment.octets));
    EXPECT_EQ(line, segment.expected);
  }
}
INSTANTIATE_TEST_SUITE_P(Http, TcpReassembly, testing::ValuesIn(cases), CaseName{});

}  // namespace
}  // namespace encap::test
