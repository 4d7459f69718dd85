// Statistics of packets of tests/packets, as tshark prints them.
#include "encap/statistics/statistics.h"

#include <filesystem>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "encap/analyze/session_memory.h"
#include "encap/dissect/dissector.h"
#include "encap/dissect/field_table.h"
#include "statistics/frame_ranges.h"
#include "support/packet_text.h"

namespace encap::test {
namespace {

namespace fs = std::filesystem;

Result<PacketFilter, std::string> no_filters(std::string_view text) {
  return unexpected("no filter: " + std::string{text});
}
Result<PacketFilter, std::string> even_frames(std::string_view text) {
  return PacketFilter{std::string{text}, [](const Dissection& dissection) { return dissection.frame_number % 2 == 0; }};
}

/// The statistics of a file of tests/packets.
Statistics read(const std::string& name, std::initializer_list<std::string_view> asked,
                FilterCompiler compile = no_filters, StatisticsOptions options = {}) {
  Statistics statistics{std::move(compile), options};
  for (const std::string_view text : asked) EXPECT_TRUE(statistics.add(text).has_value()) << text;
  SessionMemory session;
  Dissector dissector{&session};
  Dissection dissection{statistics.detail(), true};
  statistics.ask(dissection);
  for (const WrittenPacket& packet :
       read_packet_text(fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / (name + ".hex"))) {
    const PacketRecord record = packet.record();
    dissector.dissect(record, dissection);
    statistics.take(dissection);
  }
  return statistics;
}

std::string text_of(const std::string& name, std::string_view asked, FilterCompiler compile = no_filters,
                    StatisticsOptions options = {}) {
  std::string text;
  read(name, {asked}, std::move(compile), options).append(text, StatisticsFormat::text);
  return text;
}
std::string error_of(std::string_view asked) {
  Statistics statistics{no_filters};
  const auto added = statistics.add(asked);
  return added ? "" : added.error();
}

TEST(Statistics, counts_conversations) {
  EXPECT_EQ(text_of("udp", "conv,udp"),
            R"(================================================================================
UDP Conversations
Filter:<No Filter>
                                                           |       <-      | |       ->      | |     Total     |    Relative    |   Duration   |
                                                           | Frames  Bytes | | Frames  Bytes | | Frames  Bytes |      Start     |              |
192.0.2.1:5000             <-> 192.0.2.2:5001                   0 0 bytes         4 177 bytes       4 177 bytes     0.000000000         0.0040
2001:db8::1:5000           <-> 2001:db8::2:5001                 0 0 bytes         1 65 bytes        1 65 bytes      0.005000000         0.0000
================================================================================
)");
}

TEST(Statistics, counts_conversations_of_a_connection_in_both_directions) {
  EXPECT_EQ(text_of("dns_tcp", "conv,tcp"),
            R"(================================================================================
TCP Conversations
Filter:<No Filter>
                                                           |       <-      | |       ->      | |     Total     |    Relative    |   Duration   |
                                                           | Frames  Bytes | | Frames  Bytes | | Frames  Bytes |      Start     |              |
192.0.2.1:50000            <-> 192.0.2.2:53                     3 230 bytes       6 359 bytes       9 589 bytes     0.000000000         0.0080
================================================================================
)");
}

TEST(Statistics, counts_what_ends_send_and_receive) {
  EXPECT_EQ(text_of("dns_tcp", "endpoints,tcp"),
            R"(================================================================================
TCP Endpoints
Filter:<No Filter>
                       |  Port  ||  Packets  | |  Bytes  | | Tx Packets | | Tx Bytes | | Rx Packets | | Rx Bytes |
192.0.2.1                 50000          9           589          6             359           3             230   
192.0.2.2                    53          9           589          3             230           6             359   
================================================================================
)");
}

TEST(Statistics, shows_which_protocol_is_in_which) {
  EXPECT_EQ(text_of("dns_tcp", "io,phs"), R"(
===================================================================
Protocol Hierarchy Statistics
Filter: 

eth                                      frames:9 bytes:589
  ip                                     frames:9 bytes:589
    tcp                                  frames:9 bytes:589
      dns                                frames:2 bytes:191
        tcp.segments                     frames:1 bytes:69
===================================================================
)");
}

TEST(Statistics, lists_notes_by_severity) {
  EXPECT_EQ(text_of("udp", "expert"), R"(
Errors (3)
=============
   Frequency      Group           Protocol  Summary
           1  Malformed                UDP  Bad length value 5 < 8
           1  Malformed                UDP  Bad length value 50 > IP payload length
           1   Checksum                UDP  Illegal checksum value (0)
)");
}

TEST(Statistics, leaves_out_notes_that_are_not_severe_enough) { EXPECT_EQ(text_of("dns_tcp", "expert,error"), ""); }

TEST(Statistics, names_the_frames_that_have_a_note) {
  EXPECT_EQ(text_of("dns_tcp", "expert", no_filters, {.frames = true}), R"(
Notes (2)
=============
   Frequency      Group           Protocol  Summary
           1   Sequence                TCP  This frame initiates the connection closing
             Frames: 7
           1   Sequence                TCP  This frame undergoes the connection closing
             Frames: 8

Chats (4)
=============
   Frequency      Group           Protocol  Summary
           1   Sequence                TCP  Connection establish request (SYN): server port 53
             Frames: 1
           1   Sequence                TCP  Connection establish acknowledge (SYN+ACK): server port 53
             Frames: 2
           2   Sequence                TCP  Connection finish (FIN)
             Frames: 7-8
)");
  std::string csv;
  read("dns_tcp", {"expert"}, no_filters, {.frames = true}).append(csv, StatisticsFormat::csv);
  EXPECT_EQ(csv, R"(severity,group,protocol,frequency,summary,frames
note,Sequence,TCP,1,This frame initiates the connection closing,7
note,Sequence,TCP,1,This frame undergoes the connection closing,8
chat,Sequence,TCP,1,Connection establish request (SYN): server port 53,1
chat,Sequence,TCP,1,Connection establish acknowledge (SYN+ACK): server port 53,2
chat,Sequence,TCP,2,Connection finish (FIN),7-8
)");
}

TEST(Statistics, counts_round_trips_in_each_direction) {
  EXPECT_EQ(text_of("dns_tcp", "rtt,tcp"),
            R"(================================================================================
TCP Round-Trip Times (milliseconds)
Filter:<No Filter>
                                                                   |          | |                  <-                  | |                  ->                  |
Stream                                                             |   iRTT   | |    ACKs       Min       Avg      Max | |    ACKs       Min       Avg      Max |
     0 192.0.2.1:50000            <-> 192.0.2.2:53                       2.000          3     1.000     1.000     1.000          3     1.000     1.000     1.000 
================================================================================
)");
  std::string json;
  read("dns_tcp", {"rtt,tcp"}).append(json, StatisticsFormat::json);
  EXPECT_EQ(
      json,
      R"([{"statistic":"rtt,tcp","rows":[{"stream":0,"source":"192.0.2.1","source_port":50000,"destination":"192.0.2.2","destination_port":53,"initial_rtt":0.002,"rtts_to_source":3,"rtt_minimum_to_source":0.001,"rtt_average_to_source":0.001,"rtt_maximum_to_source":0.001,"rtts_to_destination":3,"rtt_minimum_to_destination":0.001,"rtt_average_to_destination":0.001,"rtt_maximum_to_destination":0.001}]}]
)");
}

TEST(Statistics, adds_up_what_round_trips_there_were) {
  Statistics statistics{no_filters};
  ASSERT_TRUE(statistics.add("rtt,tcp").has_value());
  using std::chrono::milliseconds;
  const Address client{{192, 0, 2, 1}, Address::Kind::ipv4, 4};
  const Address server{{192, 0, 2, 2}, Address::Kind::ipv4, 4};
  const Field* const tcp = find_field("tcp")->field;
  Dissection dissection{Detail::facts};
  const auto take = [&](bool from_client, Duration time) {
    dissection.facts.clear();
    if (from_client) {
      dissection.facts.ends.push_back({tcp, client, server, 5000, 80, 7});
    } else {
      dissection.facts.ends.push_back({tcp, server, client, 80, 5000, 7});
    }
    dissection.facts.round_trips.push_back({0, time, true, milliseconds{30}});
    statistics.take(dissection);
  };
  take(true, milliseconds{20});
  take(true, milliseconds{10});
  take(true, milliseconds{60});
  take(false, milliseconds{1});
  std::string csv;
  statistics.append(csv, StatisticsFormat::csv);
  EXPECT_EQ(csv.substr(csv.find('\n') + 1),
            "7,192.0.2.1,5000,192.0.2.2,80,0.03,3,0.01,0.03,0.06,1,0.001,0.001,0.001\n");
}

// Most are printed without the doubles that tshark prints, which differ where four decimals are rounded.
TEST(Statistics, tells_times_of_conversations_as_tshark_rounds_them) {
  const Address client{{192, 0, 2, 1}, Address::Kind::ipv4, 4};
  const Address server{{192, 0, 2, 2}, Address::Kind::ipv4, 4};
  const Field* const tcp = find_field("tcp")->field;
  const auto seconds = [](std::int64_t time) {
    return static_cast<double>(time / 1'000'000'000) + static_cast<double>(time % 1'000'000'000) / 1e9;
  };
  std::uint64_t random = 1;
  const auto next = [&random] {
    return (random = random * 6'364'136'223'846'793'005u + 1'442'695'040'888'963'407u) >> 11;
  };
  for (int i = 0; i < 3'000; ++i) {
    Statistics statistics{no_filters};
    ASSERT_TRUE(statistics.add("conv,tcp").has_value());
    auto first = static_cast<std::int64_t>(next() >> next() % 53);
    auto length = static_cast<std::int64_t>(next() >> next() % 53);
    if (i % 3 == 0) length = length / 100'000 * 100'000 + 49'998 + i % 5;
    if (i % 10 == 0) first = -first;
    Dissection dissection{Detail::facts};
    PacketRecord record;
    dissection.record = &record;
    dissection.facts.ends.push_back({tcp, client, server, 5000, 80, 0});
    for (const std::int64_t time : {first, first + length}) {
      dissection.since_first = Duration{time};
      statistics.take(dissection);
    }
    std::string text;
    ASSERT_TRUE(statistics.append(text, StatisticsFormat::text).has_value());
    const std::string expected =
        fmt::format("  {:14.9f}   {:12.4f}\n", seconds(first), seconds(first + length) - seconds(first));
    EXPECT_NE(text.find(expected), text.npos) << text << expected;
  }
}

// Whoever is given which packet: what several count is what one counts.
TEST(Statistics, that_share_the_packets_are_put_together) {
  const std::string_view asked[] = {"conv,eth",      "conv,ip",      "conv,ipv6",     "conv,tcp",
                                    "conv,udp",      "endpoints,ip", "endpoints,tcp", "endpoints,udp",
                                    "endpoints,eth", "io,phs",       "expert"};
  for (const char* const name :
       {"http", "http_more", "dns_messages", "icmp", "ip_fragments", "link", "tcp", "streams"}) {
    Statistics alone{no_filters};
    for (const std::string_view text : asked) ASSERT_TRUE(alone.add(text).has_value()) << text;
    ASSERT_TRUE(alone.may_share());
    Statistics together = alone.another();
    Statistics first = alone.another();
    Statistics second = alone.another();
    SessionMemory session;
    Dissector dissector{&session};
    Dissection dissection{alone.detail(), true};
    std::uint32_t random = 1;
    for (const WrittenPacket& packet :
         read_packet_text(fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / (std::string{name} + ".hex"))) {
      const PacketRecord record = packet.record();
      dissector.dissect(record, dissection);
      alone.take(dissection);
      random = random * 1'664'525u + 1'013'904'223u;
      (random >> 31 != 0 ? first : second).take(dissection);
    }
    together.absorb(first);
    together.absorb(second);
    std::string expected;
    std::string text;
    ASSERT_TRUE(alone.append(expected, StatisticsFormat::text).has_value());
    ASSERT_TRUE(together.append(text, StatisticsFormat::text).has_value());
    EXPECT_EQ(expected, text) << name;
  }
}

// More notes than fill the pieces they are kept in, most of them told to several.
TEST(Statistics, put_together_notes_of_several_and_go_on) {
  Statistics alone{no_filters};
  ASSERT_TRUE(alone.add("expert").has_value());
  Statistics together = alone.another();
  Statistics others[] = {alone.another(), alone.another(), alone.another()};
  Dissection dissection{Detail::facts};
  const auto tell = [&](std::uint64_t frame, Statistics& statistics) {
    dissection.frame_number = frame;
    const std::string text = fmt::format("note {}", frame * 7 % 70'001);
    dissection.facts.clear();
    dissection.facts.notes.push_back(
        {nullptr, frame % 5 == 0 ? Severity::warning : Severity::chat, "Sequence", "TCP", text});
    alone.take(dissection);
    statistics.take(dissection);
  };
  for (std::uint64_t frame = 1; frame <= 200'000; ++frame) tell(frame, others[frame % 7 % 3]);
  for (Statistics& other : others) together.absorb(other);
  for (std::uint64_t frame = 200'001; frame <= 210'000; ++frame) tell(frame, together);
  std::string expected;
  std::string text;
  ASSERT_TRUE(alone.append(expected, StatisticsFormat::text).has_value());
  ASSERT_TRUE(together.append(text, StatisticsFormat::text).has_value());
  EXPECT_TRUE(expected == text);  // of which megabytes would be shown
  EXPECT_NE(text.find("Warns (42000)"), text.npos);
}

TEST(Statistics, that_have_filters_or_more_to_tell_share_nothing) {
  for (const char* const text : {"io,phs,tcp", "io,stat,1", "follow,tcp,ascii,0", "advice", "rtt,tcp"}) {
    Statistics statistics{even_frames};
    ASSERT_TRUE(statistics.add(text).has_value()) << text;
    EXPECT_FALSE(statistics.may_share()) << text;
  }
}

TEST(FrameRanges, joins_frames_that_follow_one_another) {
  std::uint64_t ranges = 0;
  FrameRanges frames;
  const auto text = [&] {
    std::string out;
    frames.append_text(out);
    return out;
  };
  EXPECT_EQ(text(), "");
  for (const std::uint64_t frame : {1u, 1u, 2u, 3u, 7u}) frames.add(frame, ranges);
  EXPECT_EQ(text(), "1-3, 7");
  for (const std::uint64_t frame : {1000ull, 1001ull, 5'000'000'000ull, 5'000'000'001ull}) frames.add(frame, ranges);
  EXPECT_EQ(text(), "1-3, 7, 1000-1001, 5000000000-5000000001");
  EXPECT_EQ(ranges, 4u);
}

TEST(FrameRanges, says_where_there_was_no_room_for_more) {
  std::uint64_t ranges = FrameRanges::most_ranges - 1;
  FrameRanges frames;
  FrameRanges late;
  for (const std::uint64_t frame : {4u, 5u, 9u, 10u}) {
    frames.add(frame, ranges);
    late.add(frame + 10, ranges);
  }
  std::string out;
  frames.append_text(out);
  EXPECT_EQ(out, "4-5, ...");
  out.clear();
  late.append_text(out);
  EXPECT_EQ(out, "...");
}

TEST(Statistics, counts_packet_lengths_in_ranges) {
  EXPECT_EQ(text_of("dns_tcp", "plen,tree"), R"(
==================================================================================================================================
Packet Lengths:
Topic / Item       Count         Average       Min Val       Max Val       Rate (ms)     Percent       Burst Rate    Burst Start  
----------------------------------------------------------------------------------------------------------------------------------
Packet Lengths     9             65.44         54            122           1.1250        100%          0.0900        0.000        
 0-19              0             -             -             -             0.0000        0.00%         -             -            
 20-39             0             -             -             -             0.0000        0.00%         -             -            
 40-79             8             58.38         54            74            1.0000        88.89%        0.0800        0.000        
 80-159            1             122.00        122           122           0.1250        11.11%        0.0100        0.000        
 160-319           0             -             -             -             0.0000        0.00%         -             -            
 320-639           0             -             -             -             0.0000        0.00%         -             -            
 640-1279          0             -             -             -             0.0000        0.00%         -             -            
 1280-2559         0             -             -             -             0.0000        0.00%         -             -            
 2560-5119         0             -             -             -             0.0000        0.00%         -             -            
 5120 and greater  0             -             -             -             0.0000        0.00%         -             -            

----------------------------------------------------------------------------------------------------------------------------------
)");
}

TEST(Statistics, counts_http_messages_and_requests) {
  EXPECT_EQ(text_of("http", "http,tree"), R"(
=======================================================================================================================================
HTTP/Packet Counter:
Topic / Item            Count         Average       Min Val       Max Val       Rate (ms)     Percent       Burst Rate    Burst Start  
---------------------------------------------------------------------------------------------------------------------------------------
Total HTTP Packets      12                                                      1.2000        100%          0.1200        0.000        
 HTTP Response Packets  6                                                       0.6000        50.00%        0.0600        0.000        
  2xx: Success          4                                                       0.4000        66.67%        0.0400        0.000        
   200 OK               4                                                       0.4000        100.00%       0.0400        0.000        
  4xx: Client Error     1                                                       0.1000        16.67%        0.0100        0.000        
   404 Not Found        1                                                       0.1000        100.00%       0.0100        0.000        
  3xx: Redirection      1                                                       0.1000        16.67%        0.0100        0.000        
   304 Not Modified     1                                                       0.1000        100.00%       0.0100        0.000        
  ???: broken           0                                                       0.0000        0.00%         -             -            
  5xx: Server Error     0                                                       0.0000        0.00%         -             -            
  1xx: Informational    0                                                       0.0000        0.00%         -             -            
 HTTP Request Packets   6                                                       0.6000        50.00%        0.0600        0.000        
  GET                   4                                                       0.4000        66.67%        0.0400        0.000        
  POST                  1                                                       0.1000        16.67%        0.0100        0.000        
  HEAD                  1                                                       0.1000        16.67%        0.0100        0.000        
 Other HTTP Packets     0                                                       0.0000        0.00%         -             -            

---------------------------------------------------------------------------------------------------------------------------------------
)");
  EXPECT_EQ(text_of("http", "http_req,tree"), R"(
===========================================================================================================================================
HTTP/Requests:
Topic / Item                Count         Average       Min Val       Max Val       Rate (ms)     Percent       Burst Rate    Burst Start  
-------------------------------------------------------------------------------------------------------------------------------------------
HTTP Requests by HTTP Host  6                                                       0.6000        100%          0.0600        0.000        
 a                          3                                                       0.3000        50.00%        0.0300        0.000        
  /xml                      1                                                       0.1000        33.33%        0.0100        0.000        
  /2                        1                                                       0.1000        33.33%        0.0100        0.000        
  /1                        1                                                       0.1000        33.33%        0.0100        0.000        
 www.example.com            2                                                       0.2000        33.33%        0.0200        0.000        
  /login                    1                                                       0.1000        50.00%        0.0100        0.000        
  /index.html?a=1&b=2       1                                                       0.1000        50.00%        0.0100        0.000        

-------------------------------------------------------------------------------------------------------------------------------------------
)");
}

TEST(Statistics, counts_dns_messages) {
  EXPECT_EQ(text_of("dns_exchanges", "dns,tree"), R"(
==============================================================================================================================================
DNS:
Topic / Item                   Count         Average       Min Val       Max Val       Rate (ms)     Percent       Burst Rate    Burst Start  
----------------------------------------------------------------------------------------------------------------------------------------------
Total Packets                  12                                                      0.0012        100%          0.0800        0.000        
 rcode                         12                                                      0.0012        100.00%       0.0800        0.000        
  No error                     12                                                      0.0012        100.00%       0.0800        0.000        
 opcodes                       12                                                      0.0012        100.00%       0.0800        0.000        
  Standard query               12                                                      0.0012        100.00%       0.0800        0.000        
 Query/Response                12                                                      0.0012        100.00%       0.0800        0.000        
  Response                     6                                                       0.0006        50.00%        0.0400        0.000        
  Query                        6                                                       0.0006        50.00%        0.0400        0.000        
 Query Type                    12                                                      0.0012        100.00%       0.0800        0.000        
  A (Host Address)             12                                                      0.0012        100.00%       0.0800        0.000        
 Class                         12                                                      0.0012        100.00%       0.0800        0.000        
  IN                           12                                                      0.0012        100.00%       0.0800        0.000        
Payload size                   12            29.00         21            37            0.0012        100%          0.0800        0.000        
Query Stats                    0                                                       0.0000        100%          -             -            
 Qname Len                     6             3.00          3             3             0.0006                      0.0400        0.000        
 Label Stats                   0                                                       0.0000                      -             -            
  2nd Level                    6                                                       0.0006                      0.0400        0.000        
  4th Level or more            0                                                       0.0000                      -             -            
  3rd Level                    0                                                       0.0000                      -             -            
  1st Level                    0                                                       0.0000                      -             -            
Response Stats                 0                                                       0.0000        100%          -             -            
 no. of questions              12            1.00          1             1             0.0012                      0.0800        0.000        
 no. of authorities            12            0.00          0             0             0.0012                      0.0800        0.000        
 no. of answers                12            1.00          1             1             0.0012                      0.0800        0.000        
 no. of additionals            12            0.00          0             0             0.0012                      0.0800        0.000        
Service Stats                  0                                                       0.0000        100%          -             -            
 request-response time (msec)  4             1310.00       10.000000     5200.000000   0.0004                      0.0200        0.000        
 no. of retransmissions        2                                                       0.0002                      0.0200        0.000        
 no. of unsolicited responses  0                                                       0.0000                      -             -            

----------------------------------------------------------------------------------------------------------------------------------------------
)");
}

TEST(Statistics, counts_by_time) {
  EXPECT_EQ(text_of("dns_tcp", "io,stat,0.25,,COUNT(ip.addr)ip.addr,MAX(frame.time_relative)frame.time_relative"),
            R"(
======================================================
| IO Statistics                                      |
|                                                    |
| Duration: 0.008 secs                               |
| Interval: 0.008 secs                               |
|                                                    |
| Col 1: Frames and bytes                            |
|     2: COUNT(ip.addr)ip.addr                       |
|     3: MAX(frame.time_relative)frame.time_relative |
|----------------------------------------------------|
|                |1               |2      |3         |
| Interval       | Frames | Bytes | COUNT |    MAX   |
|----------------------------------------------------|
| 0.000 <> 0.008 |      9 |   589 |    18 | 0.008000 |
======================================================
)");
}

TEST(Statistics, prints_the_one_added_last_first) {
  std::string one_by_one = text_of("udp", "conv,ip") + text_of("udp", "io,phs");
  std::string together;
  read("udp", {"io,phs", "conv,ip"}).append(together, StatisticsFormat::text);
  EXPECT_EQ(together, one_by_one);
}

TEST(Statistics, counts_only_packets_that_the_filter_takes) {
  EXPECT_EQ(text_of("dns_tcp", "endpoints,ip,even", even_frames),
            R"(================================================================================
IPv4 Endpoints
Filter:even
                       |  Packets  | |  Bytes  | | Tx Packets | | Tx Bytes | | Rx Packets | | Rx Bytes |
192.0.2.2                      4           304          3             230           1              74   
192.0.2.1                      4           304          1              74           3             230   
================================================================================
)");
}

TEST(Statistics, writes_json) {
  std::string json;
  read("dns_tcp", {"conv,tcp", "endpoints,ip"}).append(json, StatisticsFormat::json);
  EXPECT_EQ(
      json,
      R"([{"statistic":"endpoints,ip","rows":[{"address":"192.0.2.1","port":null,"frames":9,"bytes":589,"frames_sent":6,"bytes_sent":359,"frames_received":3,"bytes_received":230},{"address":"192.0.2.2","port":null,"frames":9,"bytes":589,"frames_sent":3,"bytes_sent":230,"frames_received":6,"bytes_received":359}]},{"statistic":"conv,tcp","rows":[{"source":"192.0.2.1","source_port":50000,"destination":"192.0.2.2","destination_port":53,"stream":0,"frames_to_source":3,"bytes_to_source":230,"frames_to_destination":6,"bytes_to_destination":359,"frames":9,"bytes":589,"start":0.0,"duration":0.008}]}]
)");
}

TEST(Statistics, writes_csv) {
  std::string csv;
  read("http", {"http_req,tree"}).append(csv, StatisticsFormat::csv);
  EXPECT_EQ(csv, R"(path,topic,depth,count,average,minimum,maximum,rate,burst_rate,burst_start
HTTP Requests by HTTP Host,HTTP Requests by HTTP Host,0,6,,,,0.6,0.06,0
HTTP Requests by HTTP Host > a,a,1,3,,,,0.3,0.03,0
HTTP Requests by HTTP Host > a > /xml,/xml,2,1,,,,0.1,0.01,0
HTTP Requests by HTTP Host > a > /2,/2,2,1,,,,0.1,0.01,0
HTTP Requests by HTTP Host > a > /1,/1,2,1,,,,0.1,0.01,0
HTTP Requests by HTTP Host > www.example.com,www.example.com,1,2,,,,0.2,0.02,0
HTTP Requests by HTTP Host > www.example.com > /login,/login,2,1,,,,0.1,0.01,0
HTTP Requests by HTTP Host > www.example.com > /index.html?a=1&b=2,/index.html?a=1&b=2,2,1,,,,0.1,0.01,0
)");
}

TEST(Statistics, says_what_it_does_not_know) {
  EXPECT_TRUE(error_of("conv,foo").starts_with("there is no such statistic; write one of advice conv,eth conv,ip "))
      << error_of("conv,foo");
  EXPECT_EQ(error_of("conv,tcp,ip.src==1.2.3.4"), "no filter: ip.src==1.2.3.4");
  EXPECT_EQ(error_of("expert,warn,tcp"), "no filter: tcp");
  for (const std::string_view text : {"io,stat", "io,stat,", "io,stat,abc", "io,stat,0.0000001"}) {
    EXPECT_TRUE(error_of(text).starts_with("write io,stat,SECONDS")) << text;
  }
  EXPECT_EQ(error_of("io,stat,1,SUM(ip.len"), "SUM(ip.len: a closing parenthesis is missing");
  EXPECT_EQ(error_of("io,stat,1,SUM"), "SUM needs a field, as in SUM(tcp.len)tcp.len");
  EXPECT_EQ(error_of("io,stat,1,SUM(no.field)ip"), "there is no field no.field");
  EXPECT_EQ(error_of("io,stat,1,SUM(ip.src)ip.src"), "ip.src has no whole numbers, as SUM needs them");
  EXPECT_EQ(error_of("io,stat,1,FRAMES(ip.src)ip.src"), "FRAMES takes no field");
  EXPECT_EQ(error_of("io,stat,-1"), "");
}

TEST(Statistics, reads_no_more_of_a_packet_than_is_counted) {
  Statistics statistics{no_filters};
  ASSERT_TRUE(statistics.add("conv,tcp").has_value());
  ASSERT_TRUE(statistics.add("io,phs").has_value());
  EXPECT_EQ(statistics.reads(), (FactsRead{.ends = true, .layers = true}));
  ASSERT_TRUE(statistics.add("expert").has_value());
  EXPECT_EQ(statistics.detail(), Detail::facts);
  EXPECT_EQ(statistics.reads(), (FactsRead{.ends = true, .layers = true, .notes = true}));
  ASSERT_TRUE(statistics.add("http,tree").has_value());
  EXPECT_EQ(statistics.detail(), Detail::fields);
}

// What nobody reads is not put together.
TEST(Statistics, asks_for_ends_only_where_they_are_read) {
  const auto packets = read_packet_text(fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / "tcp.hex");
  const PacketRecord record = packets.front().record();
  Statistics statistics{no_filters};
  ASSERT_TRUE(statistics.add("io,phs").has_value());
  Dissection dissection{Detail::facts};
  for (const bool read : {false, true}) {
    statistics.ask(dissection);
    Dissector dissector;
    dissector.dissect(record, dissection);
    EXPECT_EQ(dissection.facts.ends.empty(), !read);
    EXPECT_FALSE(dissection.facts.layers.empty());
    ASSERT_TRUE(statistics.add("conv,tcp").has_value());
  }
}

TEST(Statistics, reads_no_layers_where_ends_alone_are_counted) {
  Statistics statistics{no_filters};
  for (const std::string_view name : {"conv,tcp", "endpoints,eth", "plen,tree", "io,stat,1"}) {
    ASSERT_TRUE(statistics.add(name).has_value()) << name;
  }
  EXPECT_EQ(statistics.detail(), Detail::facts);
  EXPECT_EQ(statistics.reads(), FactsRead{.ends = true});
  ASSERT_TRUE(statistics.add("rtt,tcp").has_value());
  EXPECT_EQ(statistics.reads(), (FactsRead{.ends = true, .round_trips = true}));
}

TEST(Statistics, takes_the_frame_for_a_layer_where_a_filter_names_it) {
  const auto first_layer = [](std::string_view filter) {
    Statistics statistics{even_frames};
    EXPECT_TRUE(statistics.add("io,phs").has_value());
    statistics.see_filter(filter);
    Dissection dissection{Detail::facts};
    Dissector dissector;
    const auto packets = read_packet_text(fs::path{ENCAP_SOURCE_DIR} / "tests" / "packets" / "udp.hex");
    const PacketRecord record = packets.front().record();
    dissector.dissect(record, dissection);
    statistics.take(dissection);
    std::string csv;
    statistics.append(csv, StatisticsFormat::csv);
    csv.erase(0, csv.find('\n') + 1);
    return csv.substr(0, csv.find(','));
  };
  EXPECT_EQ(first_layer(""), "eth");
  EXPECT_EQ(first_layer("tcp"), "eth");
  EXPECT_EQ(first_layer("http.host == \"frame.len\""), "eth");
  EXPECT_EQ(first_layer("frameshift"), "eth");
  EXPECT_EQ(first_layer("frame.len > 60"), "frame");
  EXPECT_EQ(first_layer("!(tcp||frame)"), "frame");
}

TEST(Statistics, says_row_by_row_that_text_may_be_taken) {
  const Statistics statistics = read("udp", {"expert", "conv,ip"});
  for (const StatisticsFormat format : {StatisticsFormat::text, StatisticsFormat::json, StatisticsFormat::csv}) {
    std::string whole;
    statistics.append(whole, format);
    std::string taken;
    std::string part;
    int times = 0;
    statistics.append(part, format, [&] {
      taken += part;
      part.clear();
      ++times;
    });
    EXPECT_EQ(taken + part, whole);
    EXPECT_EQ(times, 4);
  }
}

}  // namespace
}  // namespace encap::test
