#include <algorithm>
#include <cstring>
#include <deque>
#include <fmt/format.h>
#include <tsl/robin_map.h>

#include "statistics/advice/family.h"

namespace encap::advice {
namespace {

constexpr Finding no_such_name{
    "dns.no-such-name", Severity::note, "names do not exist",
    "The name server answered NXDOMAIN: nobody has registered that name. Either it is misspelt, or it is known only to "
    "another server (a company's own, /etc/hosts, mDNS for .local), or the system tried a search domain behind a "
    "shorter name, which is harmless.",
    "Check the spelling; ask the server itself with dig NAME; look whether the program goes on with another name."};

constexpr Finding server_failure{
    "dns.server-failure", Severity::warning, "a name server could not answer",
    "The name server answered SERVFAIL: it failed to find the answer, as when it cannot reach the servers of that "
    "domain, or when DNSSEC validation fails. The name itself may well exist.",
    "Ask again later or another server (dig @9.9.9.9 NAME); where only DNSSEC fails, dig +cd NAME answers."};

constexpr Finding refused{
    "dns.refused", Severity::warning, "a name server refused to answer",
    "The name server answered REFUSED: it does not answer this client, or not for that domain. So do servers that "
    "only answer for their own domains when they are asked for others.",
    "Use the name server of your network or provider: see /etc/resolv.conf or ipconfig /all."};

constexpr Finding unanswered{
    "dns.unanswered", Severity::warning, "name servers did not answer",
    "No answer to these queries is in the capture: the server is down or not there, a firewall drops the packets, or "
    "the capture does not see the way back. Programs wait for seconds here, and seem to hang.",
    "Check the server's address (/etc/resolv.conf, ipconfig /all) and whether it can be reached: dig @SERVER NAME."};

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t header_length = 12;
// A stub resolver asks again after this time at most: a query that is younger may still be answered.
constexpr Duration patience = std::chrono::seconds{5};

// The name in the first question, as it is written: labels with dots between them. Empty: there is none.
// Source: RFC 1035 §4.1.2.
std::string question(Bytes message) {
  std::string name;
  std::size_t at = header_length;
  while (at < message.size()) {
    const std::size_t length = load_u8(message, at);
    if (length == 0) return name.empty() ? "<Root>" : name;
    if (length > 63 || length > message.size() - at - 1 || name.size() + length > 255) return {};
    if (!name.empty()) name += '.';
    name += as_text(message.subspan(at + 1, length));
    at += length + 1;
  }
  return {};
}

// Bounded: 4096 queries that wait, beyond which the oldest are taken for unanswered where they are old enough and
// counted apart where not; 1024 names of each finding.
class NameFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    if (!p.has_udp || p.copy_of != 0 || p.payload.size() < header_length) return;
    if (ip_address(p.destination).is_multicast()) return;
    const bool to_server = p.destination_port == dns_port;
    const bool from_server = p.source_port == dns_port;
    if (!to_server && !from_server) return;
    const bool is_response = (load_u8(p.payload, 2) & 0x80) != 0;
    if (is_response && from_server) {
      take_response(p);
    } else if (!is_response && to_server && (load_u8(p.payload, 2) >> 3 & 15) == 0) {
      take_query(p);
    }
  }

  void report(const Capture& capture, Report& report) const override {
    Names late = unanswered_;
    for (const auto& [key, query] : waiting_) {
      if (capture.last - query.time >= patience) add(late, query.name, query.server, query.frame);
    }
    tell(report, no_such_name, no_such_name_, "NXDOMAIN (code 3)", "dns.flags.rcode == 3");
    tell(report, server_failure, failure_, "SERVFAIL (code 2)", "dns.flags.rcode == 2");
    tell(report, refused, refused_, "REFUSED (code 5)", "dns.flags.rcode == 5");
    tell(report, unanswered, late, "", "dns.flags.response == 0");
  }

 private:
  struct Query {
    std::uint64_t frame;
    Timestamp time;
    std::string name;
    Address server;
  };
  struct Key {
    std::array<std::uint64_t, 5> words{};
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    [[nodiscard]] std::size_t operator()(const Key& key) const noexcept {
      std::uint64_t hash = 0;
      for (const std::uint64_t word : key.words) hash = (hash ^ word) * 0xff51afd7ed558ccdu ^ hash >> 32;
      return static_cast<std::size_t>(hash ^ hash >> 29);
    }
  };
  struct Name {
    std::string name;
    Address server;
    Frames frames;
  };
  struct Names {
    std::deque<Name> rows;
    std::uint64_t beyond = 0;
  };
  static constexpr std::size_t most_waiting = 4096;
  static constexpr std::size_t most_names = 1024;

  static Key key_of(const SeenPacket& p, const Address& client, std::uint16_t port, const Address& server) {
    Key key;
    std::memcpy(key.words.data(), client.octets.data(), 16);
    std::memcpy(key.words.data() + 2, server.octets.data(), 16);
    key.words[4] = std::uint64_t{port} << 16 | load_be16(p.payload, 0);
    return key;
  }

  static void add(Names& names, const std::string& name, const Address& server, std::uint64_t frame) {
    for (Name& known : names.rows) {
      if (known.name == name && known.server == server) return known.frames.add(frame);
    }
    if (names.rows.size() == most_names) {
      ++names.beyond;
      return;
    }
    names.rows.push_back({name, server, {}});
    names.rows.back().frames.add(frame);
  }

  void take_query(const SeenPacket& p) {
    const Key key = key_of(p, p.source, p.source_port, p.destination);
    if (waiting_.try_emplace(key, Query{p.frame, p.time, question(p.payload), p.destination}).second) {
      order_.push_back(key);
    }
    while (order_.size() > most_waiting) {
      if (const auto oldest = waiting_.find(order_.front()); oldest != waiting_.end()) {
        const Query& query = oldest->second;
        if (p.time - query.time >= patience) {
          add(unanswered_, query.name, query.server, query.frame);
        } else {
          ++unanswered_.beyond;
        }
        waiting_.erase(oldest);
      }
      order_.pop_front();
    }
  }

  void take_response(const SeenPacket& p) {
    waiting_.erase(key_of(p, p.destination, p.destination_port, p.source));
    const unsigned code = load_u8(p.payload, 3) & 15u;
    Names* const names = code == 3 ? &no_such_name_ : code == 2 ? &failure_ : code == 5 ? &refused_ : nullptr;
    if (names != nullptr) add(*names, question(p.payload), p.source, p.frame);
  }

  // The name as a display filter can have it; left out where it cannot.
  static std::string filter_of(const std::string& name, std::string_view filter) {
    const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return c > ' ' && c < 0x7f && c != '"' && c != '\\';
    });
    return plain ? fmt::format("dns.qry.name == \"{}\" && {}", name, filter) : std::string{filter};
  }

  static void tell(Report& report, const Finding& finding, const Names& names, std::string_view answer,
                   std::string_view filter) {
    for (const Name& row : names.rows) {
      std::string server;
      append_text(server, row.server);
      const std::string name = row.name.empty() ? "a query without a name that can be read" : row.name;
      report.add({&finding,
                  name,
                  {},
                  row.frames,
                  answer.empty() ? fmt::format("asked of {}, and no answer came: {}.", server, row.frames.text())
                                 : fmt::format("{} answered {}: {}.", server, answer, row.frames.text()),
                  filter_of(row.name, filter)});
    }
    if (names.beyond != 0) report.add_uncounted(finding, names.beyond);
  }

  tsl::robin_map<Key, Query, KeyHash> waiting_;
  std::deque<Key> order_;  // of the queries; some of them answered
  Names no_such_name_;
  Names failure_;
  Names refused_;
  Names unanswered_;
};

}  // namespace

MadeFamily make_name_family() { return std::make_unique<NameFamily>(); }

}  // namespace encap::advice
