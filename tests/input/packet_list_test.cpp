#include "input/packet_list.h"

#include <gtest/gtest.h>
#include <string>

#include "support/case_name.h"
#include "tables.h"

namespace encap::test {
namespace {

using Texts = std::vector<std::string>;

struct Packet {
  const char* name;
  const char* protocol;
  const char* info;
  PacketRow row;
  const char* table_protocol = "";
  const char* message = "";
  std::uint16_t source = 0;
  std::uint16_t destination = 0;
};

class PacketRows : public ::testing::TestWithParam<Packet> {};

TEST_P(PacketRows, are_what_wireshark_means) {
  const Packet& packet = GetParam();
  const PacketText text = read_packet_text(packet.protocol, packet.info);
  EXPECT_EQ(text.row, packet.row);
  EXPECT_EQ(text.source.value_or(Port{}).value, packet.source);
  EXPECT_EQ(text.destination.value_or(Port{}).value, packet.destination);
  if (packet.row != PacketRow::message) return;
  EXPECT_EQ(text.protocol, packet.table_protocol);
  EXPECT_EQ(text.message, packet.message);
}

constexpr auto message = PacketRow::message;
constexpr auto control = PacketRow::control;
constexpr auto hidden = PacketRow::hidden_data;
constexpr auto other = PacketRow::other;

INSTANTIATE_TEST_SUITE_P(
    Of, PacketRows,
    ::testing::Values(
        Packet{"request", "HTTP", "GET / HTTP/1.1 ", message, "HTTP", "GET / HTTP/1.1"},
        Packet{"response", "HTTP", "HTTP/1.1 200 OK  (text/html)", message, "HTTP", "HTTP/1.1 200 OK"},
        Packet{"json", "HTTP/JSON", "POST /a HTTP/1.1 , JSON (application/json)", message, "HTTP/JSON",
               "POST /a HTTP/1.1"},
        Packet{"behind_a_gap", "HTTP", "[TCP Previous segment not captured] , HTTP/1.1 200 OK ", message, "HTTP",
               "HTTP/1.1 200 OK"},
        Packet{"continuation", "HTTP", "Continuation", hidden},
        Packet{"sent_again", "HTTP", "[TCP Spurious Retransmission] , GET / HTTP/1.1 ", control},
        Packet{"tls", "TLSv1.3", "Client Hello", message, "TLS", "Client Hello"},
        Packet{"pop", "POP", "C: QUIT", message, "POP3", "C: QUIT"},
        Packet{"unknown", "GOPHER2", "menu", message, "GOPHER2", "menu"},
        Packet{"syn", "TCP", "54321  >  80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460", control, "", "", 54321, 80},
        Packet{"arrow", "TCP", "54321 \xe2\x86\x92 80 [ACK] Seq=1 Ack=1 Win=1 Len=0", control, "", "", 54321, 80},
        Packet{"names", "TCP", "54321 > http(80) [ACK] Seq=1 Len=0", control, "", "", 54321, 80},
        Packet{"old_names", "TCP", "http > 54321 [FIN, ACK] Seq=1 Len=0", control, "", "", 80, 54321},
        Packet{"data", "TCP", "1 \xe2\x86\x92 2 [PSH, ACK] Seq=1 Ack=1 Win=512 Len=12", hidden, "", "", 1, 2},
        Packet{"data_again", "TCP", "[TCP Retransmission] 1 > 2 [PSH, ACK] Seq=1 Len=12", control, "", "", 1, 2},
        Packet{"old_reassembly", "TCP", "[TCP segment of a reassembled PDU]", hidden},
        Packet{"datagram", "UDP", "5000 > 6000 Len=40", hidden, "", "", 5000, 6000},
        Packet{"text_of_ones_own", "TCP", "hello", message, "TCP", "hello"},
        Packet{"arp", "ARP", "Who has 10.0.0.1? Tell 10.0.0.2", other},
        Packet{"icmpv6", "ICMPv6", "Neighbor Solicitation", other}, Packet{"ethertype", "0x88e1", "Ethernet II", other},
        Packet{"nothing", "HTTP", "", hidden}),
    CaseName{});

TableRead read(const std::string& rows) {
  return read_messages(MessageFormat::wireshark_csv,
                       "\"No.\",\"Time\",\"Source\",\"Destination\",\"Protocol\",\"Length\",\"Info\"\n" + rows);
}

std::string row(const char* source, const char* destination, const char* protocol, const char* info) {
  return std::string{"\"1\",\"0.5\",\""} + source + "\",\"" + destination + "\",\"" + protocol + "\",\"60\",\"" + info +
         "\"\n";
}

TEST(PacketList, carries_ports_over_from_the_rows_before) {
  const TableRead file = read(row("10.0.0.1", "10.0.0.2", "TCP", "4000 > 22 [SYN] Seq=0 Len=0") +
                              row("10.0.0.1", "10.0.0.2", "HTTP", "GET /a HTTP/1.1 ") +
                              row("10.0.0.1", "10.0.0.2", "TCP", "5000 > 8000 [SYN] Seq=0 Len=0") +
                              row("10.0.0.2", "10.0.0.1", "HTTP", "HTTP/1.1 200 OK ") +
                              row("10.0.0.2", "10.0.0.1", "TCP", "80 > 6000 [ACK] Seq=0 Len=0") +
                              row("10.0.0.1", "10.0.0.2", "HTTP", "GET /b HTTP/1.1 ") +
                              row("10.0.0.1", "10.0.0.2", "SSHv2", "Client: Protocol") +
                              row("10.0.0.1", "10.0.0.2", "DNS", "Standard query A a") +
                              row("10.0.0.1", "10.0.0.3", "HTTP", "GET /c HTTP/1.1 ") +
                              row("10.0.0.1", "239.255.255.250", "SSDP", "M-SEARCH * HTTP/1.1 "));
  ASSERT_EQ(file.errors, Texts{});
  Texts ports;
  for (const OwnedMessage& sent : file.messages) {
    ports.push_back(sent.source.substr(sent.source.rfind('|') + 1) + " " +
                    sent.destination.substr(sent.destination.rfind('|') + 1));
  }
  EXPECT_EQ(ports, (Texts{" ", "8000 5000", "6000 80", "4000 22", " ", " ", " 1900"}));
  EXPECT_EQ(file.notes.control_packets, 3u);
  EXPECT_EQ(file.rows, 7u);
}

TEST(PacketList, passes_over_what_holds_no_message) {
  const TableRead file = read(row("02:00:00:00:00:01", "Broadcast", "ARP", "Who has 10.0.0.1?") +
                              row("10.0.0.1", "10.0.0.2", "ICMP", "Echo (ping) request") +
                              row("10.0.0.1", "10.0.0.2", "TCP", "1 > 2 [PSH, ACK] Seq=1 Len=7") +
                              row("10.0.0.1", "10.0.0.2", "HTTP", "GET / HTTP/1.1 "));
  EXPECT_EQ(file.errors, Texts{});
  EXPECT_EQ(file.payloads(), Texts{"GET / HTTP/1.1"});
  EXPECT_EQ(file.notes.other_packets, 2u);
  EXPECT_EQ(file.notes.hidden_data_packets, 1u);
  EXPECT_EQ(file.notes.ignored_columns, Texts{}) << "every packet list has a length";
}

TEST(PacketList, prefers_a_column_of_messages_and_of_ports) {
  const TableRead file = read_messages(MessageFormat::wireshark_csv,
                                       "Info,Source Port,Source,message,Dst Port,Protocol\n"
                                       "GET / HTTP/1.1,4000,10.0.0.1,POST /x HTTP/1.1,8080,HTTP\n");
  ASSERT_EQ(file.payloads(), Texts{"POST /x HTTP/1.1"});
  EXPECT_EQ(file.messages[0].source, "|10.0.0.1|4000");
}

TEST(PacketList, is_named_where_a_table_is_asked_for) {
  EXPECT_EQ(
      read_messages(MessageFormat::csv, "\"No.\",\"Time\",\"Source\",\"Protocol\",\"Info\"\n1,0,::1,HTTP,x\n").errors,
      Texts{"in: this is Wireshark's packet list as CSV, not a message table: --from wireshark-csv reads it"});
  EXPECT_EQ(read_messages(MessageFormat::csv, "{ \"log\": {").errors,
            Texts{"in: this is a HAR file, not a message table: --from har reads it"});
  EXPECT_EQ(read_messages(MessageFormat::csv, "> GET / HTTP/1.1\n").errors,
            Texts{"in: this is a dialogue, not a message table: --from dialogue reads it"});
  EXPECT_EQ(read_messages(MessageFormat::wireshark_csv, "No.,Protocol\n1,HTTP\n").errors,
            Texts{"in:1: there is no column Info among: No., Protocol"});
}

TEST(PacketList, of_many_hosts_takes_little_memory) {
  std::string rows;
  for (int host = 0; host < 20'000; ++host) {
    const std::string address = "10.1." + std::to_string(host / 250) + "." + std::to_string(host % 250);
    rows += row(address.c_str(), "10.0.0.2", "TCP", "4000 > 80 [SYN] Len=0") +
            row("10.0.0.2", address.c_str(), "HTTP", "HTTP/1.1 200 OK ");
  }
  const TableRead file = read(rows);
  ASSERT_EQ(file.messages.size(), 20'000u);
  for (const OwnedMessage& sent : file.messages) ASSERT_TRUE(sent.source.ends_with("|80")) << sent;
}

}  // namespace
}  // namespace encap::test
