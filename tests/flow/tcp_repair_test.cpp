// Connections in which something goes wrong: what passes is what two hosts would send, and every row arrives.
#include "flow/tcp_repair.h"

#include <array>
#include <gtest/gtest.h>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "encap/flow/crafter.h"
#include "encap/wire/checksum.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/tcp.h"
#include "encap/wire/udp.h"
#include "session_checker.h"
#include "support/property.h"

namespace encap::test {
namespace {

constexpr Endpoint client{Ipv4Address{0x0a000001}, Port{50000}};
constexpr Endpoint server{Ipv4Address{0x0a000002}, Port{40000}};

struct FaultyRow {
  bool from_client = true;
  int at = 0;  // milliseconds
  std::string text;
  std::string fault{};
  Transport transport = Transport::tcp;
  std::uint16_t client_port = 50000;
};

/// Checks of each packet that its origin says what it carries.
class OriginChecker final : public PacketSink {
 public:
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override {
    EXPECT_NE(record.origin, nullptr);
    const PacketOrigin& origin = *record.origin;
    EXPECT_EQ(origin.payload_offset + origin.payload_length, record.bytes.size());
    std::size_t next = 0;
    for (const RowPart& part : origin.parts) {
      EXPECT_EQ(part.offset, next);
      next = part.offset + part.length;
      EXPECT_EQ(as_text(record.bytes.subspan(origin.payload_offset + part.offset, part.length)),
                as_text(part.row->message.subspan(part.message_offset, part.length)));
      seen.insert({part.row->number, part.message_offset, part.length});
    }
    EXPECT_EQ(next, origin.payload_length);
    return packets.write(record);
  }
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

  PacketCollector packets;
  std::multiset<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>> seen;  // row, offset, length
};

struct Crafted {
  std::vector<CollectedPacket> packets;
  CraftSummary summary;
  std::multiset<std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>> seen;
  std::vector<std::string> errors;
};

Crafted craft(const std::vector<FaultyRow>& rows, CraftOptions options = {}) {
  options.payload = CraftOptions::Payload::verbatim;
  options.link_type = LinkType::raw;
  options.origins = true;
  OriginChecker sink;
  Crafter crafter{options, sink};
  Crafted crafted;
  std::uint64_t number = 0;
  for (const FaultyRow& row : rows) {
    Message message;
    message.file = "t.csv";
    message.row = ++number;
    message.line = number + 1;
    message.transport = row.transport;
    const Endpoint other{client.address, Port{row.client_port}};
    const Endpoint& source = row.from_client ? other : server;
    const Endpoint& destination = row.from_client ? server : other;
    message.source = {"", source.address, source.port};
    message.destination = {"", destination.address, destination.port};
    message.timestamp = year_2000 + std::chrono::milliseconds{row.at};
    message.payload = as_bytes(row.text);
    message.faults = Faults::parse(row.fault).value();
    const auto pushed = crafter.push(message);
    if (!pushed) crafted.errors.push_back(to_string(pushed.error()));
  }
  EXPECT_TRUE(crafter.finish().has_value());
  crafted.packets = std::move(sink.packets.packets);
  crafted.summary = crafter.summary();
  crafted.seen = std::move(sink.seen);
  return crafted;
}

struct Read {
  Ipv4View ip;
  TcpView tcp;
  bool intact;  // checksums
};

std::optional<Read> read(const CollectedPacket& packet) {
  const auto ip = Ipv4View::parse(Bytes{packet.bytes});
  if (!ip || ip->protocol() != Protocol::tcp || ip->more_fragments() || ip->fragment_offset() != 0) return std::nullopt;
  const auto tcp = TcpView::parse(ip->payload());
  if (!tcp) return std::nullopt;
  const PseudoHeader pseudo{ip->source(), ip->destination(), Protocol::tcp,
                            static_cast<std::uint32_t>(ip->payload().size())};
  return Read{
      *ip, *tcp,
      Checksum{}.add(pseudo).add(ip->payload()).sum() == 0xffff && Checksum{}.add(ip->header()).sum() == 0xffff};
}

/// What the packets of each connection carry, put together by sequence number as a receiver does that sees what the
/// tap sees; and that hosts acknowledge what had passed half a round trip before, and nothing else.
class Listener {
 public:
  Listener(const std::vector<CollectedPacket>& packets, Duration half_trip) : half_trip_{half_trip} {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      frame_ = i + 1;
      if (i > 0 && packets[i].timestamp < packets[i - 1].timestamp) say("passes before the one before");
      if (const auto segment = read(packets[i])) hear(*segment, packets[i].timestamp);
    }
    for (auto& [port, pair] : sides_) {
      for (const std::size_t from : {0u, 1u}) {
        if (pair[from].fin && pair[1 - from].acknowledged != pair[from].stream.size() + 2)
          say("a side was never told that all has arrived");
      }
    }
  }

  /// What a side sent, in all connections of the client's port.
  std::string stream(std::uint16_t port, bool from_client) {
    return before_[port][from_client ? 0 : 1] + sides_[port][from_client ? 0 : 1].stream;
  }

  std::vector<std::string> findings;
  std::map<std::string, int> counted;

 private:
  struct Side {
    SequenceNumber iss;
    std::string stream;                          // in order
    std::map<std::uint32_t, std::string> ahead;  // by relative number
    std::vector<std::pair<Timestamp, std::uint32_t>> reached;
    std::uint32_t acknowledged = 0;
    bool fin = false;
  };

  void say(const std::string& text) { findings.push_back("frame " + std::to_string(frame_) + ": " + text); }

  void hear(const Read& segment, Timestamp at) {
    const bool from_client = segment.tcp.destination_port() == server.port;
    const std::uint16_t port = (from_client ? segment.tcp.source_port() : segment.tcp.destination_port()).value;
    auto& pair = sides_[port];
    Side& side = pair[from_client ? 0 : 1];
    Side& peer = pair[from_client ? 1 : 0];
    const TcpFlags flags = segment.tcp.flags();
    if (flags == TcpFlags::syn) {
      before_[port][0] += pair[0].stream;
      before_[port][1] += pair[1].stream;
      pair = {};
    }
    if (flags.has(TcpFlags::syn)) side.iss = segment.tcp.sequence_number();
    const std::uint32_t number = segment.tcp.sequence_number().value - side.iss.value;
    if (flags.has(TcpFlags::ack) && segment.intact) {
      const std::uint32_t acknowledged = segment.tcp.acknowledgment_number().value - peer.iss.value;
      std::uint32_t known = 0;
      for (const auto& [passed, reached] : peer.reached) {
        if (passed + half_trip_ <= at) known = reached;
      }
      if (acknowledged > known)
        say("acknowledges " + std::to_string(acknowledged) + ", " + std::to_string(known) + " has arrived");
      side.acknowledged = std::max(side.acknowledged, acknowledged);
    }
    if (!segment.intact) return static_cast<void>(++counted["spoiled"]);
    if (flags.has(TcpFlags::rst)) ++counted["reset"];
    std::string_view data = as_text(segment.tcp.payload());
    if (!data.empty()) take(side, number, data);
    if (flags.has(TcpFlags::fin)) side.fin = true;
    const std::uint32_t reached = static_cast<std::uint32_t>(side.stream.size()) + 1 + (side.fin ? 1 : 0);
    side.reached.emplace_back(at, reached);
  }

  void take(Side& side, std::uint32_t number, std::string_view data) {
    const std::size_t offset = number - 1;
    if (offset < side.stream.size()) {
      const std::size_t old = std::min(data.size(), side.stream.size() - offset);
      if (side.stream.substr(offset, old) != data.substr(0, old)) say("other octets than before");
      ++counted["again"];
      data.remove_prefix(old);
      if (!data.empty()) side.stream += data;
    } else if (offset > side.stream.size()) {
      ++counted["ahead"];
      side.ahead[number] = data;
    } else {
      side.stream += data;
    }
    while (!side.ahead.empty() && side.ahead.begin()->first - 1 <= side.stream.size()) {
      const auto [at, text] = *side.ahead.begin();
      side.ahead.erase(side.ahead.begin());
      if (at - 1 + text.size() > side.stream.size()) side.stream += text.substr(side.stream.size() - (at - 1));
    }
  }

  Duration half_trip_;
  std::size_t frame_ = 0;
  std::map<std::uint16_t, std::array<Side, 2>> sides_;
  std::map<std::uint16_t, std::array<std::string, 2>> before_;
};

testing::AssertionResult all_arrives(const std::vector<FaultyRow>& rows, const Crafted& crafted, Duration half_trip) {
  Listener listener{crafted.packets, half_trip};
  std::map<std::pair<std::uint16_t, bool>, std::string> expected;
  for (const FaultyRow& row : rows) expected[{row.client_port, row.from_client}] += row.text;
  for (const auto& [side, text] : expected) {
    if (listener.stream(side.first, side.second) != text)
      listener.findings.push_back("port " + std::to_string(side.first) + (side.second ? " client" : " server") + ": " +
                                  std::to_string(listener.stream(side.first, side.second).size()) + " octets of " +
                                  std::to_string(text.size()) + " arrived, or others");
  }
  if (listener.findings.empty()) return testing::AssertionSuccess();
  auto result = testing::AssertionFailure();
  for (const std::string& finding : listener.findings) result << finding << '\n';
  return result;
}

std::vector<FaultyRow> talk(const std::string& fault, std::size_t at) {
  std::vector<FaultyRow> rows{{true, 0, "one"},    {true, 100, "two two"}, {true, 110, "three"}, {true, 120, "four"},
                              {true, 130, "five"}, {false, 140, "answer"}, {true, 300, "last"}};
  rows[at].fault = fault;
  return rows;
}

TEST(TcpRepair, delivers_every_row_whatever_its_fault) {
  for (const char* fault :
       {"lost", "lost:before", "duplicate", "reorder", "retransmit", "overlap", "bad-checksum", "bad-ip-checksum",
        "zero-window", "rst", "delay:50", "lost+duplicate", "reorder+duplicate", "overlap+retransmit+zero-window",
        "rst+lost", "lost+zero-window", "bad-checksum+rst+delay:300", "reorder+lost:before"}) {
    for (std::size_t at = 0; at < 7; ++at) {
      SCOPED_TRACE(std::string{fault} + " in row " + std::to_string(at + 1));
      const auto rows = talk(fault, at);
      const Crafted crafted = craft(rows);
      EXPECT_TRUE(crafted.errors.empty());
      EXPECT_EQ(crafted.summary.messages, rows.size());
      EXPECT_TRUE(all_arrives(rows, crafted, std::chrono::microseconds{100}));
    }
  }
}

TEST(TcpRepair, leaves_everything_else_as_it_is) {
  const Crafted clean = craft(talk("", 1));
  const Crafted late = craft(talk("lost", 6));
  // Up to the lost row nothing differs; behind it everything is later.
  ASSERT_GT(late.packets.size(), 14u);
  for (std::size_t i = 0; i < 14; ++i) EXPECT_EQ(clean.packets[i], late.packets[i]) << "frame " << i + 1;
}

TEST(TcpRepair, sends_again_after_the_timeout_at_the_end) {
  const auto rows = talk("lost", 6);
  const Crafted crafted = craft(rows);
  std::vector<Timestamp> times;
  for (const CollectedPacket& packet : crafted.packets) {
    const auto segment = read(packet);
    if (segment && as_text(segment->tcp.payload()) == "last") times.push_back(packet.timestamp);
  }
  ASSERT_EQ(times.size(), 2u);
  EXPECT_EQ(times[1] - times[0], TcpRepair::least_timeout + std::chrono::microseconds{200});
}

TEST(TcpRepair, sends_again_at_the_third_duplicate_and_names_what_arrived) {
  const Crafted crafted = craft(talk("lost", 1));
  std::vector<std::string> lines;
  for (const CollectedPacket& packet : crafted.packets) {
    const auto segment = read(packet);
    ASSERT_TRUE(segment.has_value());
    std::string line{as_text(segment->tcp.payload())};
    const auto options = TcpOptionsView::parse(segment->tcp.options());
    ASSERT_TRUE(options.has_value());
    for (const TcpOption option : *options) {
      if (option.kind == TcpOptionKind::sack)
        line += "sack of " + std::to_string(load_be32(option.value, 4) - load_be32(option.value, 0));
    }
    if (!line.empty()) lines.push_back(line);
  }
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two two", "three", "sack of 5", "four", "sack of 9", "five",
                                             "sack of 13", "two two", "answer", "last"}));
}

TEST(TcpRepair, names_up_to_three_islands_the_latest_first) {
  std::vector<FaultyRow> rows;
  for (int i = 0; i < 10; ++i)
    rows.push_back({true, i, std::string(1, static_cast<char>('a' + i)), i % 2 == 1 ? "lost" : ""});
  const Crafted crafted = craft(rows);
  EXPECT_TRUE(all_arrives(rows, crafted, std::chrono::microseconds{100}));
  std::size_t most = 0;
  for (const CollectedPacket& packet : crafted.packets) {
    const auto segment = read(packet);
    const auto options = TcpOptionsView::parse(segment->tcp.options());
    for (const TcpOption option : *options) {
      if (option.kind != TcpOptionKind::sack) continue;
      most = std::max(most, option.value.size() / 8);
      if (option.value.size() < 16) continue;
      EXPECT_GT(distance({load_be32(option.value, 8)}, {load_be32(option.value, 0)}), 0);
    }
  }
  EXPECT_EQ(most, 3u);
}

TEST(TcpRepair, opens_again_behind_a_reset) {
  const Crafted crafted = craft(talk("rst", 1));
  EXPECT_EQ(crafted.summary.conversations, 2u);
  EXPECT_EQ(crafted.summary.opened_again, 1u);
  const Crafted at_the_end = craft(talk("rst", 6));
  EXPECT_EQ(at_the_end.summary.conversations, 1u);
  EXPECT_EQ(at_the_end.summary.opened_again, 0u);
}

TEST(TcpRepair, counts_rows_with_nothing_to_change_places_with) {
  EXPECT_EQ(craft(talk("reorder", 1)).summary.not_reordered, 0u);
  EXPECT_EQ(craft(talk("reorder", 4)).summary.not_reordered, 1u);  // the answer waits for it
  EXPECT_EQ(craft(talk("reorder", 6)).summary.not_reordered, 1u);
}

TEST(TcpRepair, tells_of_copies_what_they_were_made_of) {
  using Part = std::tuple<std::uint64_t, std::uint64_t, std::uint32_t>;
  for (const char* fault : {"lost", "duplicate", "retransmit", "bad-checksum"}) {
    const Crafted crafted = craft(talk(fault, 1));
    EXPECT_EQ(crafted.seen.count(Part{2, 0, 7}), 2u) << fault;
    EXPECT_EQ(crafted.seen.count(Part{3, 0, 5}), 1u) << fault;
  }
  const Crafted overlap = craft(talk("overlap", 1));
  EXPECT_EQ(overlap.seen.count(Part{2, 0, 4}), 1u);
  EXPECT_EQ(overlap.seen.count(Part{2, 4, 3}), 1u);
  EXPECT_EQ(overlap.seen.count(Part{2, 0, 7}), 1u);
}

TEST(TcpRepair, fragments_with_dont_fragment_off) {
  const std::vector<FaultyRow> rows{{true, 0, std::string(100, 'x'), "fragment:64"}, {false, 5, "ok"}};
  const Crafted crafted = craft(rows);
  std::vector<std::size_t> sizes;
  for (const CollectedPacket& packet : crafted.packets) {
    const auto ip = Ipv4View::parse(Bytes{packet.bytes});
    ASSERT_TRUE(ip.has_value());
    if (ip->dont_fragment()) continue;
    sizes.push_back(ip->payload().size());
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{64, 64, 4}));
}

TEST(FaultRefusal, names_what_needs_a_connection) {
  using Mode = CraftOptions::Mode;
  for (const char* fault : {"lost", "lost:before", "duplicate", "reorder", "retransmit", "overlap", "bad-checksum",
                            "bad-ip-checksum", "rst", "zero-window", "fragment:8", "delay:5"}) {
    const std::string_view text{fault};
    const bool needs_tcp = text == "retransmit" || text == "overlap" || text == "rst" || text == "zero-window";
    for (const Transport transport : {Transport::tcp, Transport::udp}) {
      for (const Mode mode : {Mode::session, Mode::segments}) {
        CraftOptions options;
        options.mode = mode;
        const Crafted crafted = craft({{true, 0, "text", fault, transport}}, options);
        const bool refused = (needs_tcp && (transport == Transport::udp || mode == Mode::segments)) ||
                             (text == "reorder" && mode == Mode::segments);
        ASSERT_EQ(!crafted.errors.empty(), refused) << fault;
        if (!refused) continue;
        EXPECT_EQ(crafted.errors[0].find("t.csv:2: fault: \"" + std::string{fault} + "\": needs "), 0u)
            << crafted.errors[0];
      }
    }
  }
}

TEST(FaultRefusal, names_what_ipv6_has_not_and_what_cannot_be_cut) {
  PacketCollector nowhere;
  Crafter crafter{{}, nowhere};
  Message message;
  message.source = {"", IpAddress{Ipv6Address{}}, Port{1}};
  message.destination = {"", IpAddress{Ipv6Address{}}, Port{2}};
  message.payload = as_bytes(std::string_view{"x"});
  message.faults.add(Fault::bad_ip_checksum);
  const auto six = crafter.push(message);
  ASSERT_FALSE(six.has_value());
  EXPECT_NE(to_string(six.error()).find("IPv6 has no header checksum"), std::string::npos);
  message.faults = {};
  message.faults.add(Fault::overlap);
  const auto short_one = crafter.push(message);
  ASSERT_FALSE(short_one.has_value());
  EXPECT_NE(to_string(short_one.error()).find("two octets"), std::string::npos);
}

/// The datagrams in the order they pass, those with wrong checksums in brackets.
std::vector<std::string> datagrams(const std::vector<FaultyRow>& rows, CraftSummary* summary = nullptr) {
  const Crafted crafted = craft(rows);
  EXPECT_TRUE(crafted.errors.empty());
  if (summary != nullptr) *summary = crafted.summary;
  std::vector<std::string> texts;
  for (const CollectedPacket& packet : crafted.packets) {
    const auto ip = Ipv4View::parse(Bytes{packet.bytes});
    const auto udp = UdpView::parse(ip->payload());
    const PseudoHeader pseudo{ip->source(), ip->destination(), Protocol::udp,
                              static_cast<std::uint32_t>(ip->payload().size())};
    const bool right = Checksum{}.add(pseudo).add(ip->payload()).sum() == 0xffff;
    const bool header_right = Checksum{}.add(ip->header()).sum() == 0xffff;
    const std::string text{as_text(udp->payload())};
    texts.push_back(!right ? "[" + text + "]" : !header_right ? "(" + text + ")" : text);
  }
  return texts;
}

TEST(FaultyDatagrams, are_lost_doubled_late_or_spoiled) {
  constexpr Transport udp = Transport::udp;
  CraftSummary summary;
  using Texts = std::vector<std::string>;
  EXPECT_EQ(
      datagrams({{true, 0, "a", "lost", udp}, {true, 1, "b", "", udp}, {true, 2, "c", "lost:before", udp}}, &summary),
      Texts{"b"});
  EXPECT_EQ(summary.datagrams_lost, 2u);
  EXPECT_EQ(summary.messages, 1u);
  EXPECT_EQ(datagrams({{true, 0, "a", "duplicate", udp}, {true, 1, "b", "", udp}}), (Texts{"a", "a", "b"}));
  EXPECT_EQ(datagrams({{true, 0, "a", "bad-checksum", udp}, {true, 1, "b", "bad-ip-checksum", udp}}),
            (Texts{"[a]", "(b)"}));
  EXPECT_EQ(datagrams({{true, 0, "a", "delay:5", udp}, {true, 1, "b", "", udp}, {true, 9, "c", "", udp}}),
            (Texts{"b", "a", "c"}));
  EXPECT_EQ(datagrams({{true, 0, "a", "reorder", udp}, {false, 1, "b", "", udp}, {true, 2, "c", "", udp}}),
            (Texts{"b", "c", "a"}));
  EXPECT_EQ(datagrams({{true, 0, "a", "reorder", udp}, {true, 1, "b", "reorder", udp}, {true, 2, "c", "reorder", udp}},
                      &summary),
            (Texts{"b", "a", "c"}));
  EXPECT_EQ(summary.not_reordered, 1u);
}

std::vector<FaultyRow> random_rows(Random& random, std::size_t count, bool faults) {
  static constexpr std::array words{"lost",
                                    "lost:before",
                                    "duplicate",
                                    "reorder",
                                    "retransmit",
                                    "overlap",
                                    "rst",
                                    "bad-checksum",
                                    "zero-window",
                                    "fragment:512",
                                    "delay:40",
                                    "lost+retransmit",
                                    "reorder+duplicate",
                                    "bad-ip-checksum"};
  std::vector<FaultyRow> rows;
  int at = 0;
  for (std::size_t i = 0; i < count; ++i) {
    FaultyRow row;
    row.from_client = !random.one_in(3);
    row.client_port = static_cast<std::uint16_t>(50000 + random.below(3));
    if (!random.one_in(3)) at += static_cast<int>(random.below(60));
    row.at = at;
    const std::size_t size = 2 + (random.one_in(8) ? random.below(100'000) : random.below(300));
    const auto octets = random.octets(size);
    row.text = as_text(octets);
    if (faults && random.one_in(3)) row.fault = words[random.below(words.size())];
    // In pieces a segment is nothing that the listener puts together.
    if (row.fault.find("fragment") != std::string::npos && size > 400) row.fault.clear();
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(TcpRepairProperty, delivers_every_row) {
  check_property(150, [](Random& random) {
    CraftOptions options;
    options.seed = random.below(1000);
    static constexpr std::array trips{0, 200, 5'000, 90'000, 400'000};
    options.round_trip = std::chrono::microseconds{trips[random.below(trips.size())]};
    if (random.one_in(3)) options.mtu = static_cast<std::uint32_t>(600 + random.below(9000));
    if (random.one_in(4)) options.close = random.one_in(2) ? Close::rst : Close::none;
    if (random.one_in(2)) options.impair = *Impairment::parse("loss=5%,reorder=5%,duplicate=5%");
    const auto rows = random_rows(random, 1 + random.below(40), !random.one_in(4));
    const Crafted crafted = craft(rows, options);
    EXPECT_TRUE(crafted.errors.empty());
    EXPECT_EQ(crafted.summary.messages, rows.size());
    EXPECT_TRUE(all_arrives(rows, crafted, options.round_trip / 2));
    EXPECT_EQ(craft(rows, options).packets, crafted.packets);
  });
}

/// Without faults a connection that may have some is the one that has none, apart from the timestamps it echoes.
TEST(TcpRepairProperty, is_the_script_where_nothing_goes_wrong) {
  check_property(30, [](Random& random) {
    auto rows = random_rows(random, 1 + random.below(40), false);
    for (FaultyRow& row : rows) row.client_port = 50000;  // conversations that act at once have no order
    CraftOptions options;
    const Crafted clean = craft(rows, options);
    options.impair.loss = 1;  // of 2^32 segments
    const Crafted played = craft(rows, options);
    ASSERT_EQ(clean.packets.size(), played.packets.size());
    for (std::size_t i = 0; i < clean.packets.size(); ++i) {
      const auto one = read(clean.packets[i]);
      const auto other = read(played.packets[i]);
      ASSERT_TRUE(one && other);
      EXPECT_EQ(clean.packets[i].timestamp.nanoseconds, played.packets[i].timestamp.nanoseconds) << "frame " << i + 1;
      EXPECT_EQ(one->tcp.sequence_number(), other->tcp.sequence_number()) << "frame " << i + 1;
      EXPECT_EQ(one->tcp.acknowledgment_number(), other->tcp.acknowledgment_number()) << "frame " << i + 1;
      EXPECT_EQ(one->tcp.flags(), other->tcp.flags()) << "frame " << i + 1;
    }
  });
}

}  // namespace
}  // namespace encap::test
