#include "encap/flow/crafter.h"

#include <gtest/gtest.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <map>

#include "encap/wire/ipv4.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "session_checker.h"
#include "support/allocation_counter.h"
#include "support/hex.h"
#include "support/same_octets.h"
#include "support/sanitizers.h"

namespace encap::test {
namespace {

using Mode = CraftOptions::Mode;
using Payload = CraftOptions::Payload;

constexpr Duration operator""_ms(unsigned long long count) { return std::chrono::milliseconds{count}; }

const Endpoint browser{Ipv4Address{0x7f000001}, Port{5074}};
const Endpoint server{Ipv4Address{0x7f000001}, Port{12345}};

Message row(const Endpoint& source, const Endpoint& destination, std::string_view payload,
            std::optional<Timestamp> at = year_2000, std::string_view protocol = "TCP") {
  Message message;
  message.file = "table.csv";
  message.line = 2;
  message.protocol = protocol;
  message.source.address = source.address;
  message.source.port = source.port;
  message.destination.address = destination.address;
  message.destination.port = destination.port;
  message.timestamp = at;
  message.payload = as_bytes(payload);
  return message;
}

/// Counts packets and keeps none.
class CountingSink final : public PacketSink {
 public:
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    ++packets;
    backwards += record.timestamp < last ? 1 : 0;
    last = record.timestamp;
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

  std::uint64_t packets = 0;
  std::uint64_t backwards = 0;
  Timestamp last{INT64_MIN};
};

/// A crafter and what it has sent.
struct CraftRun {
  explicit CraftRun(const CraftOptions& options) : crafter{options, collector} {}
  CraftRun& add(const Message& message) {
    const auto pushed = crafter.push(message);
    EXPECT_TRUE(pushed.has_value()) << (pushed ? "" : to_string(pushed.error()));
    return *this;
  }
  const std::vector<CollectedPacket>& finish() {
    EXPECT_TRUE(crafter.finish().has_value());
    return collector.packets;
  }

  PacketCollector collector;
  Crafter crafter;
};

/// What TCP carries, one text for each segment with data.
std::vector<std::string> payloads(const std::vector<CollectedPacket>& packets) {
  std::vector<std::string> texts;
  for (const CollectedPacket& packet : packets) {
    const auto ip = Ipv4View::parse(network_packet(packet));
    if (!ip || ip->protocol() != Protocol::tcp) continue;
    const auto tcp = TcpView::parse(ip->payload());
    if (tcp && !tcp->payload().empty()) texts.emplace_back(as_text(tcp->payload()));
  }
  return texts;
}

CraftOptions segments_mode() {
  CraftOptions options;
  options.mode = Mode::segments;
  options.payload = Payload::verbatim;
  options.link_type = LinkType::raw;
  return options;
}

CraftOptions verbatim() {
  CraftOptions options;
  options.payload = Payload::verbatim;
  return options;
}

constexpr auto golden = hex_bytes(
    "4500 003a 0001 0000 4006 7cbb 7f00 0001 7f00 0001 13d2 3039 0000 0000 0000 0000 5018 2000 b54e 0000"
    "474554202f626c6f6720485454502f312e31");

TEST(CrafterSegments, are_the_golden_segment) {
  CraftRun raw{segments_mode()};
  const auto& packets = raw.add(row(browser, server, "GET /blog HTTP/1.1")).finish();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].link_type, LinkType::raw);
  EXPECT_EQ(packets[0].timestamp, year_2000);
  EXPECT_TRUE(same_octets(packets[0].bytes, golden, {{Ipv4Field::all}, {TcpField::all, 20}}));
  EXPECT_EQ(raw.crafter.summary().conversations, 0u);
}

TEST(CrafterSegments, are_the_golden_segment_behind_a_null_header) {
  CraftOptions options = segments_mode();
  options.link_type.reset();
  CraftRun null{options};
  const auto& packets = null.add(row(browser, server, "GET /blog HTTP/1.1")).finish();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].link_type, LinkType::null);
  EXPECT_TRUE(same_octets(Bytes(packets[0].bytes).first(4), hex_vector("02000000")));
  EXPECT_TRUE(same_octets(Bytes(packets[0].bytes).subspan(4), golden));
}

TEST(CrafterSegments, carry_the_values_given) {
  CraftOptions options = segments_mode();
  options.identification = 0xbeef;
  options.time_to_live = 7;
  options.segments = {.flags = TcpFlags::syn | TcpFlags::ece,
                      .sequence_number = {0x01020304},
                      .acknowledgment_number = {0x0a0b0c0d},
                      .window = 17};
  CraftRun run{options};
  run.add(row(browser, server, "one")).add(row(server, browser, ""));
  const auto& packets = run.finish();
  ASSERT_EQ(packets.size(), 2u) << "an empty message is a segment too";
  for (const CollectedPacket& packet : packets) {
    const auto ip = Ipv4View::parse(packet.bytes);
    ASSERT_TRUE(ip.has_value());
    EXPECT_EQ(ip->identification(), 0xbeef);
    EXPECT_EQ(ip->time_to_live(), 7);
    EXPECT_FALSE(ip->dont_fragment());
    const auto tcp = TcpView::parse(ip->payload());
    ASSERT_TRUE(tcp.has_value());
    EXPECT_EQ(tcp->flags(), TcpFlags::syn | TcpFlags::ece);
    EXPECT_EQ(tcp->sequence_number(), SequenceNumber{0x01020304});
    EXPECT_EQ(tcp->acknowledgment_number(), SequenceNumber{0x0a0b0c0d});
    EXPECT_EQ(tcp->window(), 17);
    EXPECT_TRUE(tcp->options().empty());
  }
}

TEST(CrafterSegments, refuse_what_no_packet_carries) {
  CraftRun run{segments_mode()};
  const std::string largest(65495, 'x');
  const auto refused = run.crafter.push(row(browser, server, largest + 'x'));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(to_string(refused.error()),
            "table.csv:2: message: tcp: 65496 octets of payload, an IPv4 datagram carries 65495; "
            "--mode session cuts it into segments");
  run.add(row(browser, server, largest));
  const auto& packets = run.finish();
  ASSERT_EQ(packets.size(), 1u);
  EXPECT_EQ(packets[0].bytes.size(), 65535u);
}

TEST(CrafterDatagrams, are_whole_and_in_order) {
  CraftOptions options = verbatim();
  options.link_type = LinkType::raw;
  CraftRun run{options};
  run.add(row(browser, server, "ping", year_2000, "UDP")).add(row(server, browser, "", year_2000 + 1_ms, "UDP"));
  const auto& packets = run.finish();
  ASSERT_EQ(packets.size(), 2u);
  const auto first = UdpView::parse(Ipv4View::parse(packets[0].bytes)->payload());
  const auto second = UdpView::parse(Ipv4View::parse(packets[1].bytes)->payload());
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(as_text(first->payload()), "ping");
  EXPECT_EQ(first->source_port(), Port{5074});
  EXPECT_EQ(second->source_port(), Port{12345});
  EXPECT_TRUE(second->payload().empty());
  EXPECT_EQ(run.crafter.summary().messages, 2u) << "UDP sends empty messages";
  EXPECT_EQ(packets[1].timestamp - packets[0].timestamp, 1_ms);
}

TEST(CrafterDatagrams, above_the_mtu_leave_in_fragments) {
  CraftOptions options = verbatim();
  options.link_type = LinkType::raw;
  options.mtu = 600;
  CraftRun run{options};
  const std::string text(3000, 'u');
  const auto& packets = run.add(row(browser, server, text, year_2000, "UDP")).finish();
  std::size_t at = 0;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    const auto ip = Ipv4View::parse(packets[i].bytes);
    ASSERT_TRUE(ip.has_value());
    EXPECT_LE(ip->total_length(), 600);
    EXPECT_EQ(ip->fragment_offset(), at);
    EXPECT_EQ(ip->more_fragments(), i + 1 != packets.size());
    EXPECT_EQ(ip->identification(), Ipv4View::parse(packets[0].bytes)->identification());
    at += ip->payload().size();
  }
  EXPECT_EQ(at, 3008u);
}

TEST(CrafterDatagrams, refuse_what_none_carries) {
  CraftRun run{verbatim()};
  const auto refused = run.crafter.push(row(browser, server, std::string(70000, 'x'), year_2000, "UDP"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(to_string(refused.error()).find("udp: 70000 octets of payload, an IPv4 datagram carries 65507") !=
              std::string::npos)
      << to_string(refused.error());
}

TEST(CrafterOrder, is_by_time_and_equal_times_as_in_the_table) {
  CraftRun run{segments_mode()};
  run.add(row(browser, server, "third", year_2000 + 3_ms)).add(row(browser, server, "first", year_2000 + 1_ms));
  run.add(row(server, browser, "fourth", year_2000 + 3_ms)).add(row(browser, server, "second", year_2000 + 2_ms));
  EXPECT_EQ(payloads(run.finish()), (std::vector<std::string>{"first", "second", "third", "fourth"}));
}

TEST(CrafterOrder, a_row_out_of_the_window_leaves_late_but_not_back_in_time) {
  for (const Mode mode : {Mode::session, Mode::segments}) {
    CraftOptions options = verbatim();
    options.mode = mode;
    CraftRun run{options};
    const std::size_t rows = 2 * Crafter::window_rows;
    for (std::size_t i = 0; i < rows; ++i) {
      run.add(
          row(browser, server, "in order", year_2000 + 100_ms + Duration{static_cast<std::int64_t>(i) * 1'000'000}));
    }
    run.add(row(browser, server, "late", year_2000));
    const auto& packets = run.finish();
    EXPECT_TRUE(std::ranges::is_sorted(packets, {}, &CollectedPacket::timestamp));
    const auto texts = payloads(packets);
    ASSERT_EQ(texts.size(), rows + 1);
    EXPECT_EQ(std::ranges::count(texts, "late"), 1);
    EXPECT_NE(texts.front(), "late") << "what was in front of it had left";
    EXPECT_NE(texts.back(), "late") << "it overtakes what is in the window";
  }
}

TEST(CrafterOrder, the_window_holds_octets_too) {
  CraftRun run{verbatim()};
  const std::string large(1u << 20, 'x');
  for (int i = 0; i < 6; ++i) run.add(row(browser, server, large, year_2000 + 10_ms * (i + 1)));
  EXPECT_FALSE(run.collector.packets.empty()) << "6 MiB do not fit into the window";
}

TEST(CrafterTime, start_shifts_every_packet) {
  CraftOptions options = verbatim();
  CraftRun plain{options};
  options.start = year_2000 + std::chrono::hours{24};
  CraftRun shifted{options};
  for (CraftRun* const run : {&plain, &shifted}) {
    run->add(row(server, browser, "answer", year_2000 + 7000_ms))
        .add(row(browser, server, "question", year_2000 + 5000_ms));
  }
  const auto& before = plain.finish();
  const auto& after = shifted.finish();
  ASSERT_EQ(before.size(), after.size());
  EXPECT_EQ(after.front().timestamp, *options.start);
  for (std::size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].timestamp - before[i].timestamp, *options.start - before.front().timestamp);
  }
}

TEST(CrafterTime, rows_without_one_are_10_ms_apart) {
  CraftRun run{segments_mode()};
  for (int i = 0; i < 3; ++i) run.add(row(browser, server, "x", std::nullopt));
  const auto& packets = run.finish();
  ASSERT_EQ(packets.size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(packets[static_cast<std::size_t>(i)].timestamp, year_2000 + 10_ms * i);
}

TEST(CrafterLink, is_null_for_loopback_addresses_and_ethernet_else) {
  CraftRun loopback{verbatim()};
  loopback.add(row(browser, server, "x")).finish();
  EXPECT_EQ(loopback.crafter.link_type(), LinkType::null);
  CraftRun mixed{verbatim()};
  const Endpoint elsewhere{Ipv4Address{0x0a000001}, Port{80}};
  const auto& packets = mixed.add(row(browser, server, "x")).add(row(browser, elsewhere, "x")).finish();
  EXPECT_EQ(mixed.crafter.link_type(), LinkType::ethernet);
  for (const CollectedPacket& packet : packets) EXPECT_EQ(packet.link_type, LinkType::ethernet);
}

TEST(CrafterRefusal, of_one_endpoint_on_both_sides) {
  CraftRun run{verbatim()};
  const auto refused = run.crafter.push(row(server, server, "x"));
  ASSERT_FALSE(refused.has_value());
  EXPECT_TRUE(to_string(refused.error()).find("127.0.0.1:12345") != std::string::npos) << to_string(refused.error());
  run.add(row(browser, server, "x"));
  EXPECT_EQ(payloads(run.finish()), std::vector<std::string>{"x"}) << "the next row is welcome";
}

TEST(CrafterRefusal, of_ipv6_below_1280) {
  const IpAddress host = *IpAddress::parse("2001:db8::1");
  for (const std::uint32_t mtu : {1279u, 1280u}) {
    CraftOptions options = verbatim();
    options.mtu = mtu;
    CraftRun run{options};
    EXPECT_EQ(run.crafter.push(row({host, Port{50000}}, {host, Port{80}}, "x")).has_value(), mtu == 1280);
  }
}

/// Refuses from the packet with this number on.
class FullSink final : public PacketSink {
 public:
  explicit FullSink(int takes) : takes_{takes} {}
  [[nodiscard]] Result<void, IoError> write(const PacketRecord&) override {
    if (takes_ == 0) {
      ++refused;
      return unexpected(IoError{.operation = "write", .path = "full", .code = 28, .reason = {}});
    }
    --takes_;
    return {};
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }
  int refused = 0;

 private:
  int takes_;
};

TEST(CrafterRefusal, of_the_sink_ends_the_run) {
  for (int takes = 0; takes < 9; ++takes) {
    FullSink sink{takes};
    Crafter crafter{verbatim(), sink};
    ASSERT_TRUE(crafter.push(row(browser, server, "question")).has_value());
    ASSERT_TRUE(crafter.push(row(server, browser, "answer", year_2000 + 10_ms)).has_value());
    const auto finished = crafter.finish();
    // SYN, SYN-ACK, ACK, question, answer, its acknowledgement goes with the FIN: 5 and 3.
    ASSERT_EQ(finished.has_value(), takes >= 8) << takes;
    if (finished) continue;
    EXPECT_EQ(finished.error().path, "full");
    EXPECT_EQ(sink.refused, 1) << "nothing is tried after a refusal";
  }
}

TEST(CrafterRefusal, of_the_sink_shows_in_push) {
  FullSink sink{100};
  Crafter crafter{segments_mode(), sink};
  std::size_t pushed = 0;
  while (pushed < 2 * Crafter::window_rows) {
    if (const auto done = crafter.push(row(browser, server, "x")); !done) {
      EXPECT_TRUE(std::holds_alternative<IoError>(done.error()));
      break;
    }
    ++pushed;
  }
  EXPECT_EQ(pushed, Crafter::window_rows + 100);
  EXPECT_EQ(sink.refused, 1);
}

TEST(CrafterText, http_rows_are_joined_to_the_message_they_belong_to) {
  CraftOptions options;
  CraftRun run{options};
  const Endpoint web{Ipv4Address{0x7f000001}, Port{80}};
  auto say = [&run, at = 0](const Endpoint& from, const Endpoint& to, std::string_view text) mutable {
    run.add(row(from, to, text, year_2000 + 10_ms * at++, "HTTP"));
  };
  say(browser, web, "POST /form HTTP/1.1");
  say(browser, web, "Host: shop");
  say(browser, web, "");
  say(browser, web, "a=1");
  say(web, browser, "HTTP/1.1 200 OK");
  say(web, browser, "Content-Type: text/plain");
  say(web, browser, "");
  say(web, browser, "done");
  say(browser, web, "GET /a HTTP/1.1");
  say(browser, web, "GET /b HTTP/1.1");
  EXPECT_EQ(payloads(run.finish()),
            (std::vector<std::string>{"POST /form HTTP/1.1\r\nHost: shop\r\nContent-Length: 3\r\n\r\na=1",
                                      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ndone",
                                      "GET /a HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
                                      "GET /b HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"}));
  EXPECT_EQ(run.crafter.summary().rows_joined, 6u);
  EXPECT_EQ(run.crafter.summary().http_completed, 4u);
  EXPECT_EQ(run.crafter.summary().messages, 10u);
}

TEST(CrafterText, the_answer_to_head_keeps_its_content_length) {
  CraftRun run{CraftOptions{}};
  const Endpoint web{Ipv4Address{0x7f000001}, Port{80}};
  run.add(row(browser, web, "HEAD /large HTTP/1.1", year_2000, "HTTP"));
  run.add(row(web, browser, "HTTP/1.1 200 OK\r\nContent-Length: 123456", year_2000 + 10_ms, "HTTP"));
  const auto texts = payloads(run.finish());
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts[1], "HTTP/1.1 200 OK\r\nContent-Length: 123456\r\n\r\n");
}

TEST(CrafterText, lines_get_their_ends) {
  CraftRun run{CraftOptions{}};
  const Endpoint mail{Ipv4Address{0x7f000001}, Port{25}};
  run.add(row(mail, browser, "220 ready", year_2000, "SMTP"));
  run.add(row(browser, mail, "EHLO me\r\n", year_2000 + 10_ms, "SMTP"));
  EXPECT_EQ(payloads(run.finish()), (std::vector<std::string>{"220 ready\r\n", "EHLO me\r\n"}));
  EXPECT_EQ(run.crafter.summary().lines_completed, 1u);
}

TEST(CrafterText, control_rows_are_left_out_except_in_a_chat) {
  CraftRun run{CraftOptions{}};
  run.add(row(browser, server, "SYN")).add(row(server, browser, "SYN-ACK")).add(row(browser, server, "hello"));
  run.add(row(browser, server, "[FIN, ACK] Seq=1 Ack=1"));
  run.add(row(browser, server, "ACK", year_2000 + 10_ms, "CHAT"));
  EXPECT_EQ(payloads(run.finish()), (std::vector<std::string>{"hello", "ACK"}));
  EXPECT_EQ(run.crafter.summary().control_rows, 3u);
  EXPECT_EQ(run.crafter.summary().messages, 2u);
}

TEST(CrafterText, verbatim_is_exactly_the_row) {
  CraftRun run{verbatim()};
  const Endpoint web{Ipv4Address{0x7f000001}, Port{80}};
  run.add(row(browser, web, "GET / HTTP/1.1", year_2000, "HTTP")).add(row(browser, web, "Host: x", year_2000, "HTTP"));
  EXPECT_EQ(payloads(run.finish()), (std::vector<std::string>{"GET / HTTP/1.1", "Host: x"}));
}

TEST(CrafterText, empty_messages_open_nothing_over_tcp) {
  CraftRun run{verbatim()};
  EXPECT_TRUE(run.add(row(browser, server, "")).finish().empty());
  EXPECT_EQ(run.crafter.summary().empty_messages, 1u);
  EXPECT_EQ(run.crafter.summary().messages, 0u);
}

TEST(CrafterSummary, counts_what_the_sink_was_given) {
  CraftRun run{verbatim()};
  const Endpoint other{Ipv4Address{0x7f000001}, Port{5075}};
  run.add(row(browser, server, "one")).add(row(other, server, "two")).add(row(browser, server, "u", year_2000, "UDP"));
  const auto& packets = run.finish();
  std::uint64_t octets = 0;
  for (const CollectedPacket& packet : packets) octets += packet.bytes.size();
  const CraftSummary& summary = run.crafter.summary();
  EXPECT_EQ(summary.messages, 3u);
  EXPECT_EQ(summary.conversations, 3u);
  EXPECT_EQ(summary.packets, packets.size());
  EXPECT_EQ(summary.octets, octets);
  EXPECT_EQ(summary.closed_early, 0u);
}

/// Octets of the heap in use; 0 where the C library does not tell.
std::size_t heap_octets() {
#if defined(__GLIBC__)
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

TEST(CrafterMemory, stays_bounded_when_a_conversation_cannot_keep_up) {
  CountingSink sink;
  Crafter crafter{verbatim(), sink};
  const std::size_t before = heap_octets();
  std::size_t most = 0;
  const std::string text(200, 'm');
  constexpr int rows = under_sanitizers ? 100'000 : 200'000;
  for (int i = 0; i < rows; ++i) {
    ASSERT_TRUE(crafter.push(row(i % 2 == 0 ? browser : server, i % 2 == 0 ? server : browser, text)).has_value());
    if (i % 1000 == 0) most = std::max(most, heap_octets());
  }
  ASSERT_TRUE(crafter.finish().has_value());
  EXPECT_EQ(crafter.summary().messages, static_cast<std::uint64_t>(rows));
  EXPECT_EQ(sink.backwards, 0u);
  EXPECT_LT(most, before + 16u * 1024 * 1024) << "100,000 rows are 20 MB";
}

Endpoint client_of(std::uint32_t number) {
  return {Ipv4Address{0x0a000000u + number / 16}, Port{static_cast<std::uint16_t>(50000 + number % 16)}};
}
const Endpoint web_server{Ipv4Address{0x0aff0001}, Port{80}};

TEST(CrafterMemory, stays_bounded_with_many_conversations) {
  CountingSink sink;
  Crafter crafter{verbatim(), sink};
  const std::size_t before = heap_octets();
  std::size_t most = 0;
  constexpr std::uint32_t conversations = Crafter::most_open + (under_sanitizers ? 5'000 : 235'000);
  for (std::uint32_t i = 0; i < conversations; ++i) {
    const auto at = year_2000 + Duration{std::int64_t{i} * 10'000};
    ASSERT_TRUE(crafter.push(row(client_of(i), web_server, "x", at)).has_value());
    if (i % 1000 == 0) most = std::max(most, heap_octets());
  }
  ASSERT_TRUE(crafter.finish().has_value());
  EXPECT_EQ(crafter.summary().conversations, conversations);
  EXPECT_EQ(crafter.summary().closed_early, conversations - Crafter::most_open);
  EXPECT_EQ(sink.backwards, 0u);
  EXPECT_LT(most, before + 64u * 1024 * 1024);
}

TEST(CrafterMemory, a_conversation_closed_early_is_whole_and_may_come_back) {
  for (const Close close : {Close::fin, Close::rst, Close::none}) {
    if (under_sanitizers && close != Close::rst) continue;
    CraftOptions options = verbatim();
    options.link_type = LinkType::raw;
    options.close = close;
    CraftRun run{options};
    std::vector<SentMessage> sent;
    const auto say = [&](std::uint32_t client, Duration after) {
      const Route route{client_of(client), web_server};
      sent.push_back({route, year_2000 + after, "message " + std::to_string(client)});
      run.add(row(route.source, route.destination, sent.back().payload, sent.back().at));
    };
    constexpr std::uint32_t conversations = Crafter::most_open + 3000;
    for (std::uint32_t i = 0; i < conversations; ++i) say(i, Duration{std::int64_t{i} * 1000});
    for (std::uint32_t i = 0; i < 100; ++i) say(i, std::chrono::seconds{1});
    // Far behind the window, so that these open anew what was closed.
    for (std::uint32_t i = 0; i < Crafter::window_rows; ++i) say(20'000 + i, std::chrono::seconds{2});
    const auto& packets = run.finish();
    EXPECT_GE(run.crafter.summary().closed_early, 3000u);
    EXPECT_EQ(run.crafter.summary().conversations, conversations + 100);
    const auto findings = check_sessions(packets, sent, {.close = close});
    EXPECT_TRUE(findings.empty()) << findings.front();
  }
}

TEST(CrafterMemory, endpoints_that_come_back_at_once_wait_for_the_end_of_their_conversation) {
  CraftOptions options = verbatim();
  options.link_type = LinkType::raw;
  options.round_trip = 200_ms;
  CraftRun run{options};
  std::vector<SentMessage> sent;
  constexpr std::uint32_t clients = Crafter::most_open + 1000;
  // Each client comes back just when it is the one that was idle longest.
  for (std::uint32_t i = 0; i < clients + 2000; ++i) {
    const Route route{client_of(i % clients), web_server};
    sent.push_back({route, year_2000 + Duration{std::int64_t{i} * 1000}, "message " + std::to_string(i)});
    run.add(row(route.source, route.destination, sent.back().payload, sent.back().at));
  }
  const auto findings = check_sessions(run.finish(), sent, {.round_trip = options.round_trip});
  EXPECT_TRUE(findings.empty()) << findings.front();
}

TEST(CrafterMemory, is_not_allocated_for_each_packet) {
  for (const Mode mode : {Mode::session, Mode::segments}) {
    CraftOptions options = verbatim();
    options.mode = mode;
    CountingSink sink;
    Crafter crafter{options, sink};
    const std::string text(100, 'x');
    const auto push = [&](int from, int to) {
      for (int i = from; i < to; ++i) {
        const bool forth = i % 2 == 0;
        const auto at = year_2000 + Duration{std::int64_t{i} * 1'000'000};
        if (!crafter.push(row(forth ? browser : server, forth ? server : browser, text, at))) std::abort();
      }
    };
    push(0, 20'000);
    const std::uint64_t packets = sink.packets;
    const AllocationCounter allocations;
    push(20'000, 40'000);
    EXPECT_EQ(allocations.count(), 0u);
    EXPECT_GE(sink.packets, packets + 20'000);
  }
}

}  // namespace
}  // namespace encap::test
