#include <algorithm>
#include <fmt/format.h>
#include <tsl/robin_map.h>
#include <vector>

#include "encap/wire/udp.h"
#include "statistics/advice/family.h"

namespace encap::advice {
namespace {

constexpr Finding other_programs{
    "capture.other-programs", Severity::note, "other programs speak in this capture too",
    "A capture holds what every program on the interface sends. Computers announce and look for services by "
    "themselves, and on Windows a program that waits for several things wakes itself through a pair of sockets, one "
    "octet at a time. None of it belongs to the conversation that was meant.",
    "Show only what was meant, with the display filter below, or capture it alone: a capture filter such as "
    "\"port 12345\"."};

// Protocols that computers speak by themselves. Source: the IANA "Service Name and Transport Protocol Port Number
// Registry", and what vendors say of theirs.
struct Background {
  std::uint16_t port;
  std::string_view name;
};
constexpr Background background_udp[] = {{67, "DHCP"},           {68, "DHCP"},      {123, "NTP"},      {137, "NetBIOS"},
                                         {138, "NetBIOS"},       {546, "DHCPv6"},   {547, "DHCPv6"},   {1900, "SSDP"},
                                         {3702, "WS-Discovery"}, {5351, "NAT-PMP"}, {5353, "mDNS"},    {5355, "LLMNR"},
                                         {17500, "Dropbox"},     {27036, "Steam"},  {57621, "Spotify"}};

std::string_view background_name(std::uint16_t port) noexcept {
  for (const Background& known : background_udp) {
    if (known.port == port) return known.name;
  }
  return {};
}

bool is_loopback(const Address& address) noexcept {
  return (address.kind == Address::Kind::ipv4 || address.kind == Address::Kind::ipv6) &&
         ip_address(address).is_loopback();
}

// What goes to and from one port of one host, or one background protocol.
struct Group {
  bool is_tcp = false;
  Address server{};
  std::uint16_t port = 0;
  std::string_view background{};
  std::uint64_t frames = 0;
  std::uint64_t octets = 0;    // of payload
  std::uint64_t messages = 0;  // segments and datagrams that carry something
  std::uint64_t longer = 0;    // of them, those of more than one octet
  std::uint64_t longest = 0;   // octets
  Frames of_group;
};

// The rule. What is told apart are services: a protocol, a host and its port. A service belongs to other programs when
// its protocol is one that computers speak by themselves, or when it is a pair of sockets on loopback that carries
// single octets, three of them at least, and hardly anything else. The rest is what was meant, where it carries
// anything. It is told where others have five frames and a twentieth of all.
//
// Bounded: 65536 connections and 4096 services; frames beyond are with neither side, and their number is told.
class OtherProgramFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    if (!p.has_tcp && !p.has_udp) return;
    Group* const group = p.has_tcp ? group_of_tcp(p) : group_of_udp(p);
    if (group == nullptr) {
      ++beyond_;
      return;
    }
    ++group->frames;
    group->of_group.add(p.frame);
    if (p.payload_length == 0) return;
    group->octets += p.payload_length;
    ++group->messages;
    if (p.payload_length > 1) ++group->longer;
    group->longest = std::max<std::uint64_t>(group->longest, p.payload_length);
  }

  void report(const Capture& capture, Report& report) const override {
    std::vector<std::pair<const Group*, std::string_view>> others;
    std::vector<const Group*> meant;
    std::uint64_t other_frames = 0;
    for (const Group& group : groups_) {
      const std::string_view why = why_other(group);
      if (why.empty()) {
        if (group.octets != 0) meant.push_back(&group);
        continue;
      }
      others.emplace_back(&group, why);
      other_frames += group.frames;
    }
    if (meant.empty() || other_frames < 5 || other_frames * 20 < capture.packets) return;
    std::stable_sort(meant.begin(), meant.end(), [](const Group* a, const Group* b) { return a->octets > b->octets; });
    std::stable_sort(others.begin(), others.end(),
                     [](const auto& a, const auto& b) { return a.first->frames > b.first->frames; });

    std::vector<std::string> meant_words;
    std::vector<std::string> filters;
    std::uint64_t meant_frames = 0;
    for (const Group* group : meant) {
      meant_frames += group->frames;
      if (meant_words.size() == most_told) continue;
      meant_words.push_back(fmt::format("{} {} ({}, {} of messages)", group->is_tcp ? "TCP" : "UDP",
                                        end_text(group->server, group->port), count_text(group->frames, "frame"),
                                        count_text(group->octets, "octet")));
      std::string filter = fmt::format("{}.port == {}", group->is_tcp ? "tcp" : "udp", group->port);
      if (std::find(filters.begin(), filters.end(), filter) == filters.end()) filters.push_back(std::move(filter));
    }
    std::vector<std::string> other_words;
    for (const auto& [group, why] : others) {
      if (other_words.size() == most_told) break;
      other_words.push_back(fmt::format(
          "{} ({}, {})",
          group->background.empty() ? "TCP " + end_text(group->server, group->port) : std::string{group->background},
          count_text(group->frames, "frame"), why));
    }
    if (beyond_ != 0)
      other_words.push_back(fmt::format("and {} were too many to tell apart", count_text(beyond_, "frame")));
    if (others.size() > most_told) other_words.push_back(fmt::format("and {} more", others.size() - most_told));
    if (meant.size() > most_told) meant_words.push_back(fmt::format("and {} more", meant.size() - most_told));
    report.add(
        {&other_programs,
         "",
         {},
         others.front().first->of_group,
         fmt::format("of {} frames {} ({:.0f} %) belong to {}; {} ({:.0f} %) belong to others: {}.", capture.packets,
                     meant_frames, share(meant_frames, capture.packets), fmt::join(meant_words, ", "), other_frames,
                     share(other_frames, capture.packets), fmt::join(other_words, ", ")),
         fmt::format("{}", fmt::join(filters, " || "))});
  }

 private:
  static constexpr std::size_t most_told = 5;
  static constexpr std::size_t most_connections = 65536;
  static constexpr std::size_t most_groups = 4096;

  struct Key {
    std::uint64_t high, low, port;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    [[nodiscard]] std::size_t operator()(const Key& key) const noexcept {
      std::uint64_t hash = key.high * 0xff51afd7ed558ccdu ^ key.low;
      hash = (hash ^ hash >> 32) * 0xff51afd7ed558ccdu ^ key.port;
      return static_cast<std::size_t>(hash ^ hash >> 29);
    }
  };

  static double share(std::uint64_t part, std::uint64_t all) noexcept {
    return all == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(all);
  }

  // Why a group belongs to other programs; empty: it does not.
  static std::string_view why_other(const Group& group) noexcept {
    if (!group.background.empty()) return "spoken by computers themselves";
    if (!group.is_tcp || !is_loopback(group.server)) return {};
    // Two octets at once now and then: somebody was slow to read.
    const bool wakes = group.messages >= 3 && group.longer * 10 <= group.messages && group.longest <= 8;
    return wakes ? "single octets, by which a program wakes itself" : "";
  }

  Group* group_at(bool is_tcp, const Address& server, std::uint16_t port, std::string_view background) {
    Key key{0, 0, std::uint64_t{is_tcp} << 32 | port};
    if (background.empty()) {
      std::memcpy(&key.high, server.octets.data(), 8);
      std::memcpy(&key.low, server.octets.data() + 8, 8);
    } else {
      key.low = std::hash<std::string_view>{}(background);
      key.port = std::uint64_t{1} << 40;
    }
    if (const auto found = by_key_.find(key); found != by_key_.end()) return &groups_[found->second];
    if (groups_.size() == most_groups) return nullptr;
    by_key_.emplace(key, groups_.size());
    Group& group = groups_.emplace_back();
    group.is_tcp = is_tcp;
    group.server = server;
    group.port = port;
    group.background = background;
    return &group;
  }

  Group* group_of_tcp(const SeenPacket& p) {
    if (const auto found = by_stream_.find(p.stream); found != by_stream_.end()) return &groups_[found->second];
    if (by_stream_.size() == most_connections) return nullptr;
    // Who was asked: the SYN says, or the lower port.
    const bool opens = p.has(TcpFlags::syn);
    const bool to_server = opens ? !p.has(TcpFlags::ack) : p.destination_port <= p.source_port;
    Group* const group =
        group_at(true, to_server ? p.destination : p.source, to_server ? p.destination_port : p.source_port, {});
    if (group == nullptr) return nullptr;
    by_stream_.emplace(p.stream, static_cast<std::uint32_t>(group - groups_.data()));
    return group;
  }

  Group* group_of_udp(const SeenPacket& p) {
    for (const std::uint16_t port : {p.destination_port, p.source_port}) {
      const std::string_view name = background_name(port);
      if (!name.empty()) return group_at(false, p.destination, port, name);
    }
    const bool to_server = p.destination_port <= p.source_port;
    return group_at(false, to_server ? p.destination : p.source, to_server ? p.destination_port : p.source_port, {});
  }

  std::vector<Group> groups_;
  tsl::robin_map<Key, std::size_t, KeyHash> by_key_;
  tsl::robin_map<std::uint32_t, std::uint32_t> by_stream_;
  std::uint64_t beyond_ = 0;  // frames of services and connections that are not remembered
};

}  // namespace

MadeFamily make_other_program_family() { return std::make_unique<OtherProgramFamily>(); }

}  // namespace encap::advice
