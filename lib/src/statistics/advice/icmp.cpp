#include "encap/wire/icmp.h"

#include <algorithm>
#include <deque>
#include <fmt/format.h>
#include <map>

#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "statistics/advice/family.h"

namespace encap::advice {
namespace {

constexpr Finding port_unreachable{
    "icmp.port-unreachable", Severity::warning, "nobody listens on the port",
    "The host answers with ICMP \"port unreachable\": it is there, but no program has that port open (or its firewall "
    "answers in this way). UDP has no handshake, so this message is the only sign. traceroute sends to ports where "
    "nobody listens on purpose, and "
    "knows by this answer that it is there.",
    "Start the program that listens, and check port and address. ss -ulnp (Linux) or netstat -ano (Windows) lists who "
    "listens; a server bound to 127.0.0.1 does not hear other hosts."};

constexpr Finding unreachable{
    "icmp.unreachable", Severity::warning, "hosts or networks cannot be reached",
    "A router or host says that it cannot deliver packets: no route to the network, no such host there, or a firewall "
    "that forbids it.",
    "Check the address and the route (ip route get ADDRESS, traceroute), and the firewall where the message says that "
    "it is forbidden."};

constexpr Finding too_big{
    "icmp.packet-too-big", Severity::note, "packets are too big for a link on their way",
    "A router cannot pass a packet on, since the next link has a smaller MTU and the packet must not be fragmented. It "
    "says which size would fit, and the sender is to send smaller ones: path MTU discovery at work. It is a fault only "
    "where the sender goes on with large packets, so that the connection opens and then hangs; a firewall that drops "
    "these messages does the same.",
    "Let ICMP type 3 code 4 (ICMPv6 type 2) through every firewall. On tunnels lower the MTU or clamp the MSS "
    "(iptables -t mangle ... -j TCPMSS --clamp-mss-to-pmtu)."};

constexpr Finding expired{
    "icmp.ttl-expired", Severity::note, "packets ran out of hops",
    "Time to Live (Hop Limit) came to 0 on the way, and a router dropped the packet. traceroute does this on purpose. "
    "Otherwise the packet was sent with a small value, or it goes round in a routing loop.",
    "Nothing, where traceroute runs. Else send with a Time to Live of 64 and look at the routes: traceroute shows a "
    "loop as the same routers over and over."};

constexpr Finding not_reassembled{
    "icmp.reassembly-timed-out", Severity::warning, "a host waited in vain for fragments",
    "The receiver got some fragments of a datagram and gave up waiting for the others: they were lost or are dropped "
    "by a firewall.",
    "Send datagrams that fit into the MTU, and let fragments through the firewall."};

constexpr Finding ping_unanswered{
    "icmp.ping-unanswered", Severity::warning, "a host does not answer to ping",
    "Echo requests went out, and no echo reply came back. The host is down or does not exist, a firewall drops ping "
    "(Windows does so unless told otherwise), or the answers take another way than the capture.",
    "Ask the host in another way, on a port that should be open, before you call it down; look into its neighbour "
    "(arp -n, ip neigh) where it is on the same network."};

struct Kind {
  std::uint8_t version;
  std::uint8_t type;
  std::uint8_t first_code;
  std::uint8_t last_code;
  const Finding* finding;
};
// The first that fits. Sources: RFC 792, RFC 4443 §3, and the IANA parameters of both.
constexpr Kind kinds[] = {{4, 3, 3, 3, &port_unreachable}, {4, 3, 4, 4, &too_big},
                          {4, 3, 0, 15, &unreachable},     {4, 11, 0, 0, &expired},
                          {4, 11, 1, 1, &not_reassembled}, {6, 1, 4, 4, &port_unreachable},
                          {6, 1, 0, 8, &unreachable},      {6, 2, 0, 255, &too_big},
                          {6, 3, 0, 0, &expired},          {6, 3, 1, 1, &not_reassembled}};

constexpr std::string_view unreachable_words[] = {"network unreachable",
                                                  "host unreachable",
                                                  "protocol unreachable",
                                                  "",
                                                  "",
                                                  "source route failed",
                                                  "network unknown",
                                                  "host unknown",
                                                  "source host isolated",
                                                  "network forbidden",
                                                  "host forbidden",
                                                  "network unreachable for this service",
                                                  "host unreachable for this service",
                                                  "forbidden by a firewall",
                                                  "precedence violation",
                                                  "precedence cut off"};
constexpr std::string_view unreachable_words_6[] = {"no route",
                                                    "forbidden by a firewall",
                                                    "beyond scope",
                                                    "address unreachable",
                                                    "",
                                                    "source address failed policy",
                                                    "route rejected",
                                                    "error in source routing header",
                                                    "headers too long"};

// The packet that an error quotes, so far as it is there.
struct Quoted {
  Address destination;
  std::uint8_t protocol = 0;
  bool has_port = false;
  std::uint16_t port = 0;
};

Quoted read_quoted(Bytes octets, unsigned version) {
  Quoted quoted;
  std::size_t header = Ipv6View::header_length;
  if (version == 4) {
    if (octets.size() < Ipv4View::minimum_header_length) return quoted;
    header = load_field<Ipv4Field::ihl>(octets) * std::size_t{4};
    quoted.protocol = load_field<Ipv4Field::protocol>(octets);
    quoted.destination = address_at(octets, Ipv4Field::destination, Address::Kind::ipv4);
  } else {
    if (octets.size() < header) return quoted;
    quoted.protocol = load_field<Ipv6Field::next_header>(octets);
    quoted.destination = address_at(octets, Ipv6Field::destination, Address::Kind::ipv6);
  }
  const bool has_ports = quoted.protocol == static_cast<std::uint8_t>(Protocol::udp) ||
                         quoted.protocol == static_cast<std::uint8_t>(Protocol::tcp);
  if (has_ports && header >= Ipv4View::minimum_header_length && octets.size() >= header + 4) {
    quoted.has_port = true;
    quoted.port = load_be16(octets, header + 2);
  }
  return quoted;
}

// Echo requests of one ping and their replies.
struct Ping {
  Address source;
  Address destination;
  std::uint16_t identifier = 0;
  Frames requests{};
  std::uint64_t replies = 0;
};

// Bounded: 512 things that are told, by who tells them and of what; those beyond are counted. 512 pings that wait for
// a reply; beyond that the first is counted.
class IcmpFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    const bool icmp = p.version == 4 && p.protocol == Protocol::icmp;
    const bool icmpv6 = p.version == 6 && p.protocol == Protocol::icmpv6;
    if ((!icmp && !icmpv6) || p.is_fragment || p.copy_of != 0 || p.body.size() < IcmpView::header_length) return;
    const std::uint8_t type = load_u8(p.body, 0);
    const std::uint8_t code = load_u8(p.body, 1);
    if (type == (icmp ? 8 : 128)) return take_ping(p, p.source, p.destination, true);
    if (type == (icmp ? 0 : 129)) return take_ping(p, p.destination, p.source, false);
    for (const Kind& kind : kinds) {
      if (kind.version != p.version || kind.type != type || code < kind.first_code || code > kind.last_code) continue;
      return add(p, *kind.finding, code);
    }
  }

  void report(const Capture&, Report& report) const override {
    for (const Row& row : rows_) {
      std::string sender;
      append_text(sender, row.sender);
      std::string of;
      append_text(of, row.about.destination);
      if (row.about.has_port) of = end_text(row.about.destination, row.about.port);
      const std::string_view protocol = row.about.protocol == 17 ? " (UDP)" : row.about.protocol == 6 ? " (TCP)" : "";
      report.add({row.finding,
                  fmt::format("{}{}", of, protocol),
                  {},
                  row.frames,
                  fmt::format("{} says so{} in {}.", sender, row.detail, row.frames.text()),
                  row.sender.kind == Address::Kind::ipv6 ? fmt::format("icmpv6 && ipv6.src == {}", sender)
                                                         : fmt::format("icmp && ip.src == {}", sender)});
    }
    for (const Ping& ping : pings_) {
      // Of a single request the reply may come after the capture; to a group of hosts none has to.
      if (ping.replies != 0 || ping.requests.count() < 2 || ip_address(ping.destination).is_multicast()) continue;
      std::string where;
      append_text(where, ping.source);
      where += " to ";
      append_text(where, ping.destination);
      const bool ipv6 = ping.source.kind == Address::Kind::ipv6;
      report.add({&ping_unanswered,
                  std::move(where),
                  {},
                  ping.requests,
                  fmt::format("{} with identifier {} and no reply: {}.",
                              count_text(ping.requests.count(), "echo request"), ping.identifier, ping.requests.text()),
                  fmt::format("{} == {}", ipv6 ? "icmpv6.echo.identifier" : "icmp.ident", ping.identifier)});
    }
    for (const auto& [finding, count] : beyond_) report.add_uncounted(*finding, count);
  }

 private:
  static constexpr std::size_t most_rows = 512;
  struct Row {
    const Finding* finding;
    Address sender;
    Quoted about;
    std::string detail;
    Frames frames;
  };

  void take_ping(const SeenPacket& p, const Address& source, const Address& destination, bool request) {
    const std::uint16_t identifier = load_be16(p.body, 4);
    auto ping = std::find_if(pings_.begin(), pings_.end(), [&](const Ping& known) {
      return known.identifier == identifier && known.source == source && known.destination == destination;
    });
    if (ping == pings_.end()) {
      if (pings_.size() == most_rows) forget_a_ping();
      ping = pings_.insert(pings_.end(), {source, destination, identifier});
    }
    if (request) {
      ping->requests.add(p.frame);
    } else {
      ++ping->replies;
    }
  }

  // One that was answered, or the first, which is counted then.
  void forget_a_ping() {
    const auto answered =
        std::find_if(pings_.begin(), pings_.end(), [](const Ping& known) { return known.replies != 0; });
    if (answered != pings_.end()) {
      pings_.erase(answered);
      return;
    }
    if (pings_.front().requests.count() >= 2) ++beyond_[&ping_unanswered];
    pings_.pop_front();
  }

  void add(const SeenPacket& p, const Finding& finding, std::uint8_t code) {
    const Quoted about = read_quoted(p.body.subspan(IcmpView::header_length), p.version);
    std::string detail;
    if (&finding == &too_big) {
      const std::uint32_t mtu = p.version == 4 ? load_be16(p.body, 6) : load_be32(p.body, 4);
      if (mtu != 0) detail = fmt::format(", the next link takes {} octets,", mtu);
    } else if (&finding == &unreachable) {
      const std::string_view words = p.version == 4 ? unreachable_words[code] : unreachable_words_6[code];
      if (!words.empty()) detail = fmt::format(" ({})", words);
    }
    for (Row& row : rows_) {
      if (row.finding == &finding && row.sender == p.source && row.about.destination == about.destination &&
          row.about.port == about.port && row.about.protocol == about.protocol && row.detail == detail) {
        return row.frames.add(p.frame);
      }
    }
    if (rows_.size() == most_rows) {
      ++beyond_[&finding];
      return;
    }
    rows_.push_back({&finding, p.source, about, std::move(detail), {}});
    rows_.back().frames.add(p.frame);
  }

  std::deque<Row> rows_;
  std::deque<Ping> pings_;
  std::map<const Finding*, std::uint64_t> beyond_;
};

}  // namespace

MadeFamily make_icmp_family() { return std::make_unique<IcmpFamily>(); }

}  // namespace encap::advice
