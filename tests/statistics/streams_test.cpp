// Streams as tshark's -z follow and -z flow show them, and as they were sent.
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/statistics/statistics.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

namespace fs = std::filesystem;

// Stands for the compiler of filters, of which the library part knows nothing: says what it was asked.
Result<PacketFilter, std::string> echo(std::string_view text) {
  return PacketFilter{std::string{text}, [](const Dissection& dissection) { return dissection.frame_number >= 18; }};
}

void read(Statistics& statistics, const std::string& name) {
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{statistics.detail(), true};
  for (const WrittenPacket& packet :
       read_packet_text(fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / (name + ".hex"))) {
    const PacketRecord record = packet.record();
    dissector.dissect(record, dissection);
    statistics.take(dissection);
  }
}

std::string text_of(const std::string& name, std::string_view asked) {
  Statistics statistics{echo};
  EXPECT_TRUE(statistics.add(asked).has_value()) << asked;
  read(statistics, name);
  std::string text;
  EXPECT_TRUE(statistics.append(text, StatisticsFormat::text).has_value());
  return text;
}

std::string error_of(std::string_view asked) {
  Statistics statistics{echo};
  const auto added = statistics.add(asked);
  return added ? "" : added.error();
}

std::string without_cr(std::string text) {
  std::erase(text, '\r');
  return text;
}

TEST(Follow, puts_a_connection_in_order) {
  EXPECT_EQ(without_cr(text_of("streams", "follow,tcp,ascii,0")),
            R"(
===================================================================
Follow: tcp,ascii
Filter: tcp.stream eq 0
Node 0: 192.0.2.1:50000
Node 1: 192.0.2.2:40000
10
0123456789
8
ABCDEFGH
8
IJKLMNOP
4
QRST
7
UVW
..
	35
[10 bytes missing in capture file].
	19
behind a gap of ten
	5
cut s
	7
 and on
	18
reset for a reason
===================================================================
)");
}

TEST(Follow, lists_what_was_sent_in_order_of_frames) {
  EXPECT_EQ(without_cr(text_of("streams", "follow,tcp,ascii,0,sent")),
            R"(
===================================================================
Follow: tcp,ascii,sent
Filter: tcp.stream eq 0
Node 0: 192.0.2.1:50000
Node 1: 192.0.2.2:40000
10  frame 4, seq 1
0123456789
10  frame 5, seq 21  [out of order]
KLMNOPQRST
11  frame 6, seq 16  [out of order]
FGHIJKLMNOP
8  frame 7, seq 11
ABCDEFGH
1  frame 9, seq 30  [sequence numbers used before: not in the stream]
x
5  frame 10, seq 1  [sequence numbers used before: not in the stream]
zzzzz
9  frame 11, seq 29  [sequence numbers of 2 of 9 bytes used before]
STUVW
..
	19  frame 12, seq 11  [out of order]
behind a gap of ten
	5  frame 14, seq 30
cut s
	7  frame 15, seq 39
 and on
13  frame 16, seq 51  [behind a gap: not in the stream]
never reached
	18  frame 17, seq 46
reset for a reason
===================================================================
)");
}

TEST(Follow, counts_offsets_of_what_a_range_leaves_out) {
  EXPECT_EQ(text_of("streams", "follow,tcp,hex,0,2-6"),
            R"(
===================================================================
Follow: tcp,hex
Filter: tcp.stream eq 0
Node 0: 192.0.2.1:50000
Node 1: 192.0.2.2:40000
0000000A  41 42 43 44 45 46 47 48                           ABCDEFGH
00000012  49 4a 4b 4c 4d 4e 4f 50                           IJKLMNOP
0000001A  51 52 53 54                                       QRST
0000001E  55 56 57 0d 0a 09 80                              UVW....
	00000000  5b 31 30 20 62 79 74 65  73 20 6d 69 73 73 69 6e  [10 byte s missin
	00000010  67 20 69 6e 20 63 61 70  74 75 72 65 20 66 69 6c  g in cap ture fil
	00000020  65 5d 00                                          e].
===================================================================
)");
}

TEST(Follow, gives_octets_in_hexadecimal) {
  EXPECT_EQ(text_of("streams", "follow,tcp,raw,1"),
            R"(
===================================================================
Follow: tcp,raw
Filter: tcp.stream eq 1
Node 0: [2001:db8::1]:50001
Node 1: [2001:db8::2]:40000
776974686f757420612068616e647368616b65
	616e73776572206f7665722049507636
===================================================================
)");
}

TEST(Follow, gives_yaml_over_ipv6) {
  EXPECT_EQ(text_of("streams", "follow,tcp,yaml,1"),
            R"(peers:
  - peer: 0
    host: 2001:db8::1
    port: 50001
  - peer: 1
    host: 2001:db8::2
    port: 40000
packets:
  - packet: 18
    peer: 0
    timestamp: 946684800.016999960
    data: !!binary |
      d2l0aG91dCBhIGhhbmRzaGFrZQ==
  - packet: 19
    peer: 1
    timestamp: 946684800.018000007
    data: !!binary |
      YW5zd2VyIG92ZXIgSVB2Ng==
)");
}

TEST(Follow, gives_yaml_of_what_was_sent) {
  EXPECT_EQ(text_of("streams", "follow,tcp,yaml,0,4-6,sent"),
            R"(peers:
  - peer: 0
    host: 192.0.2.1
    port: 50000
  - peer: 1
    host: 192.0.2.2
    port: 40000
packets:
  - packet: 7
    peer: 0
    timestamp: 946684800.006000042
    sequence: 11
    mark: ""
    data: !!binary |
      QUJDREVGR0g=
  - packet: 9
    peer: 0
    timestamp: 946684800.008000016
    sequence: 30
    mark: "sequence numbers used before: not in the stream"
    data: !!binary |
      eA==
  - packet: 10
    peer: 0
    timestamp: 946684800.008999944
    sequence: 1
    mark: "sequence numbers used before: not in the stream"
    data: !!binary |
      enp6eno=
)");
}

TEST(Follow, shows_datagrams_that_carry_something) {
  EXPECT_EQ(text_of("streams", "follow,udp,ascii,0"),
            R"(
===================================================================
Follow: udp,ascii
Filter: udp.stream eq 0
Node 0: 192.0.2.2:5001
Node 1: 192.0.2.1:5000
40
datagram ... of eighteen and more octets
	6
answer
===================================================================
)");
}

TEST(Follow, shows_messages_of_http_with_bodies_decoded) {
  EXPECT_EQ(without_cr(text_of("http_objects", "follow,http,ascii,0,27-32")),
            R"(
===================================================================
Follow: http,ascii
Filter: tcp.stream eq 0
Node 0: 192.0.2.1:50000
Node 1: 192.0.2.2:80
	3
two
37
GET /a\b|c<d>"e HTTP/1.1
Host: h


	38
HTTP/1.1 200 OK
Content-Length: 3


	3
odd
32
GET /a.b.c HTTP/1.1
Host: h


	38
HTTP/1.1 200 OK
Content-Length: 8


===================================================================
)");
}

TEST(Follow, says_nothing_of_streams_that_are_not_there) {
  EXPECT_EQ(text_of("streams", "follow,tcp,ascii,99"),
            R"(
===================================================================
Follow: tcp,ascii
Filter: tcp.stream eq 99
Node 0: :0
Node 1: :0
===================================================================
)");
}

TEST(Follow, asks_for_a_filter_between_two_ends) {
  EXPECT_EQ(text_of("streams", "follow,tcp,raw,[2001:DB8::1]:50001,[2001:db8::2]:40000,1"),
            R"(
===================================================================
Follow: tcp,raw
Filter: ((ipv6.src eq 2001:db8::1 and tcp.srcport eq 50001) and (ipv6.dst eq 2001:db8::2 and tcp.dstport eq 40000)) or ((ipv6.src eq 2001:db8::2 and tcp.srcport eq 40000) and (ipv6.dst eq 2001:db8::1 and tcp.dstport eq 50001))
Node 0: [2001:db8::1]:50001
Node 1: [2001:db8::2]:40000
776974686f757420612068616e647368616b65
===================================================================
)");
  EXPECT_EQ(text_of("streams", "follow,udp,ascii,192.0.2.1:5000,192.0.2.2:5001").substr(0, 330),
            R"(
===================================================================
Follow: udp,ascii
Filter: ((ip.src eq 192.0.2.1 and udp.srcport eq 5000) and (ip.dst eq 192.0.2.2 and udp.dstport eq 5001)) or ((ip.src eq 192.0.2.2 and udp.srcport eq 5001) and (ip.dst eq 192.0.2.1 and udp.dstport eq 5000))
Node 0: 192.0.2.2:5001
Node 1: 192.0)");
}

TEST(Follow, refuses_what_it_does_not_know) {
  for (const std::string_view wrong : {"follow,tcp",
                                       "follow,tcp,",
                                       "follow,tcp,ascii",
                                       "follow,tcp,ASCII,0",
                                       "follow,tcp,ebcdic2,0",
                                       "follow,tcp,ascii,x",
                                       "follow,tcp,ascii,-1",
                                       "follow,tcp,ascii,0x0",
                                       "follow,tcp,ascii,4294967296",
                                       "follow,tcp,ascii,0,0",
                                       "follow,tcp,ascii,0,3-2",
                                       "follow,tcp,ascii,0,2-",
                                       "follow,tcp,ascii,0,-2",
                                       "follow,tcp,ascii,0,all",
                                       "follow,udp,ascii,0,sent",
                                       "follow,tcp,ascii,192.0.2.1:80",
                                       "follow,tcp,ascii,192.0.2.1:80,192.0.2.2",
                                       "follow,tcp,ascii,192.0.2.1:70000,192.0.2.2:80",
                                       "follow,tcp,ascii,192.0.2.256:80,192.0.2.2:80",
                                       "follow,tcp,ascii,2001:db8::1:80,[2001:db8::2]:80",
                                       "follow,tcp,ascii,[192.0.2.1]:80,[192.0.2.2]:80",
                                       "follow,tcp,ascii,[2001:db8::1]:80,192.0.2.2:80",
                                       "follow,tcp,ascii,[]:80,[]:80",
                                       "follow,tls,ascii,0",
                                       "flow,tcp,wide"}) {
    EXPECT_NE(error_of(wrong), "") << wrong;
  }
}

TEST(Flow, draws_segments_between_hosts) {
  EXPECT_EQ(text_of("streams", "flow,tcp,standard"),
            R"(Conv.| Time    | 192.0.2.1                             | 2001:db8::1                           |
     |         |                   | 192.0.2.2         |                   | 2001:db8::2       |                   
0    |0.000000 |         SYN       |                   |                   |                   |Seq = 0
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.001000 |         SYN, ACK  |                   |                   |                   |Seq = 0 Ack = 1
     |         |(50000)  <------------------  (40000)  |                   |                   |
0    |0.002000 |         ACK       |                   |                   |                   |Seq = 1 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.003000 |         PSH, ACK - Len: 10            |                   |                   |Seq = 1 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.004000 |         PSH, ACK - Len: 10            |                   |                   |Seq = 21 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.005000 |         PSH, ACK - Len: 11            |                   |                   |Seq = 16 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.006000 |         PSH, ACK - Len: 8             |                   |                   |Seq = 11 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.007000 |         ACK       |                   |                   |                   |Seq = 1 Ack = 31
     |         |(50000)  <------------------  (40000)  |                   |                   |
0    |0.008000 |         ACK - Len: 1                  |                   |                   |Seq = 30 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.009000 |         PSH, ACK - Len: 5             |                   |                   |Seq = 1 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.010000 |         PSH, ACK - Len: 9             |                   |                   |Seq = 29 Ack = 1
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.011000 |         PSH, ACK - Len: 19            |                   |                   |Seq = 11 Ack = 38
     |         |(50000)  <------------------  (40000)  |                   |                   |
0    |0.012000 |         ACK       |                   |                   |                   |Seq = 38 Ack = 30
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.013000 |         PSH, ACK - Len: 9             |                   |                   |Seq = 30 Ack = 38
     |         |(50000)  <------------------  (40000)  |                   |                   |
0    |0.014000 |         PSH, ACK - Len: 7             |                   |                   |Seq = 39 Ack = 38
     |         |(50000)  <------------------  (40000)  |                   |                   |
0    |0.015000 |         PSH, ACK - Len: 13            |                   |                   |Seq = 51 Ack = 46
     |         |(50000)  ------------------>  (40000)  |                   |                   |
0    |0.016000 |         RST, ACK - Len: 18            |                   |                   |Seq = 46 Ack = 38
     |         |(50000)  <------------------  (40000)  |                   |                   |
-------------------------------------------------------------------------------------------------
1    |0.017000 |                   |                   |         ACK - Len: 19                 |Seq = 1 Ack = 1
     |         |                   |                   |(50001)  ------------------>  (40000)  |
1    |0.018000 |                   |                   |         FIN, ACK - Len: 16            |Seq = 1 Ack = 20
     |         |                   |                   |(50001)  <------------------  (40000)  |
-------------------------------------------------------------------------------------------------
2    |0.023000 |         FIN, PSH, URG - Len:          |                   |                   |Seq = 1
     |         |(9)      ------------------>  (9)      |                   |                   |
)");
}

TEST(Flow, takes_both_forms_and_none) {
  const std::string text = text_of("streams", "flow,tcp,standard");
  EXPECT_EQ(text_of("streams", "flow,tcp,network"), text);
  EXPECT_EQ(text_of("streams", "flow,tcp"), text);
  EXPECT_EQ(text_of("udp", "flow,tcp"), "");
}

TEST(Flow, counts_packets_of_its_filter_only) {
  EXPECT_EQ(text_of("streams", "flow,tcp,standard,frames from 19 on").find("Seq = 21"), std::string::npos);
}

TEST(Streams, go_to_programs_row_by_row) {
  Statistics statistics{echo};
  ASSERT_TRUE(statistics.add("follow,tcp,ascii,1,sent").has_value());
  ASSERT_TRUE(statistics.add("flow,tcp").has_value());
  read(statistics, "streams");
  std::string csv;
  std::size_t parts = 0;
  ASSERT_TRUE(statistics.append(csv, StatisticsFormat::csv, [&parts] { ++parts; }).has_value());
  EXPECT_EQ(parts, 22u);  // one for each row
  EXPECT_NE(csv.find("1,0.000000,0,192.0.2.1,50000,192.0.2.2,40000,SYN,0,0,\n"), std::string::npos) << csv;
  EXPECT_NE(csv.find("18,0,946684800.017000000,0,19,1,,d2l0aG91dCBhIGhhbmRzaGFrZQ==\n"), std::string::npos) << csv;
  std::string json;
  ASSERT_TRUE(statistics.append(json, StatisticsFormat::json).has_value());
  EXPECT_NE(json.find(R"("time":"946684800.017000000","offset":0,"length":19,"sequence":1,"mark":"","data":)"),
            std::string::npos)
      << json;
}

}  // namespace
}  // namespace encap::test
