#include <algorithm>
#include <fmt/format.h>
#include <tsl/robin_map.h>
#include <utility>

#include "encap/dissect/field_table.h"
#include "statistics/ends.h"
#include "statistics/kind.h"

// Source: tshark's -z endpoints.

namespace encap {
namespace {

struct Endpoint {
  Address address;
  std::uint16_t port = 0;
  std::uint64_t first_seen_at = 0;
  std::uint64_t frames_sent = 0;
  std::uint64_t octets_sent = 0;
  std::uint64_t frames_received = 0;
  std::uint64_t octets_received = 0;

  [[nodiscard]] std::uint64_t frames() const noexcept { return frames_sent + frames_received; }
  [[nodiscard]] std::uint64_t octets() const noexcept { return octets_sent + octets_received; }
};

struct KeyHash {
  [[nodiscard]] std::size_t operator()(const EndKey& key) const noexcept { return hash_words(key.words); }
};

class Endpoints final : public Statistic {
 public:
  Endpoints(PacketFilter filter, EndsOf ends)
      : filter_{std::move(filter)}, layer_{ends_layer(ends)}, field_{find_field(layer_.name)->field} {}

  [[nodiscard]] Detail detail() const noexcept override { return filter_.matches ? Detail::fields : Detail::facts; }
  [[nodiscard]] FactsRead reads() const noexcept override { return {.ends = true}; }

  void take(const Dissection& dissection) override {
    if (!filter_(dissection)) return;
    const std::uint64_t octets = length_of(dissection);
    std::size_t place = 0;
    for (const LayerEnds& ends : dissection.facts.ends) {
      if (ends.layer != field_) continue;
      Endpoint& from = row(ends.source, ends.source_port, first_seen(dissection, place++));
      ++from.frames_sent;
      from.octets_sent += octets;
      Endpoint& to = row(ends.destination, ends.destination_port, first_seen(dissection, place++));
      ++to.frames_received;
      to.octets_received += octets;
    }
  }

  [[nodiscard]] bool may_share() const noexcept override { return !filter_.matches; }
  void absorb(Statistic& other) override {
    for (const Endpoint& theirs : static_cast<Endpoints&>(other).rows_) {
      Endpoint& ours = row(theirs.address, theirs.port, theirs.first_seen_at);
      ours.first_seen_at = std::min(ours.first_seen_at, theirs.first_seen_at);
      ours.frames_sent += theirs.frames_sent;
      ours.octets_sent += theirs.octets_sent;
      ours.frames_received += theirs.frames_received;
      ours.octets_received += theirs.octets_received;
    }
  }

  void append_text(std::string& out, const RowAdded& row_added) const override {
    const std::string line(80, '=');
    out += fmt::format(
        "{}\n{} Endpoints\nFilter:{}\n{:23}{}|  Packets  | |  Bytes  | | Tx Packets | | Tx Bytes | | Rx "
        "Packets | | Rx Bytes |\n",
        line, layer_.title, filter_.text.empty() ? "<No Filter>" : filter_.text, "",
        layer_.has_ports ? "|  Port  |" : "");
    for (const Endpoint* end : ordered()) {
      out += fmt::format("{:<20}      ", address_text(end->address));
      if (layer_.has_ports) out += fmt::format("{:5}     ", end->port);
      out += fmt::format("{:6}     {:9}     {:6}       {:9}      {:6}       {:9}   \n", end->frames(), end->octets(),
                         end->frames_sent, end->octets_sent, end->frames_received, end->octets_received);
      if (row_added) row_added();
    }
    out += line + '\n';
  }

  [[nodiscard]] std::vector<std::string> columns() const override {
    return {"address", "port", "frames", "bytes", "frames_sent", "bytes_sent", "frames_received", "bytes_received"};
  }
  void each_row(const RowVisitor& visit) const override {
    using Value = StatisticValue;
    for (const Endpoint* end : ordered()) {
      const Value values[] = {address_text(end->address),
                              layer_.has_ports ? Value{std::uint64_t{end->port}} : Value{},
                              end->frames(),
                              end->octets(),
                              end->frames_sent,
                              end->octets_sent,
                              end->frames_received,
                              end->octets_received};
      visit(values);
    }
  }

 private:
  [[nodiscard]] Endpoint& row(const Address& address, std::uint16_t port, std::uint64_t seen_at) {
    const auto [entry, is_new] = index_.try_emplace(EndKey{address, port}, static_cast<std::uint32_t>(rows_.size()));
    if (is_new) {
      Endpoint& added = rows_.emplace_back();
      added.address = address;
      added.port = port;
      added.first_seen_at = seen_at;
    }
    return rows_[entry->second];
  }

  // Most packets first; of those that have as many the one that was seen first.
  [[nodiscard]] std::vector<const Endpoint*> ordered() const {
    std::vector<const Endpoint*> rows;
    for (const Endpoint& row : rows_) rows.push_back(&row);
    std::stable_sort(rows.begin(), rows.end(), [](const Endpoint* a, const Endpoint* b) {
      return std::pair{b->frames(), a->first_seen_at} < std::pair{a->frames(), b->first_seen_at};
    });
    return rows;
  }

  PacketFilter filter_;
  const EndsLayer& layer_;
  const Field* field_;
  std::vector<Endpoint> rows_;
  tsl::robin_map<EndKey, std::uint32_t, KeyHash> index_;
};

constexpr StatisticKind kinds[] = {
    {"endpoints,eth", "[,FILTER]", "Ethernet addresses and what they sent and received",
     make_filtered<Endpoints, EndsOf::eth>},
    {"endpoints,ip", "[,FILTER]", "the same of IPv4 addresses", make_filtered<Endpoints, EndsOf::ip>},
    {"endpoints,ipv6", "[,FILTER]", "the same of IPv6 addresses", make_filtered<Endpoints, EndsOf::ipv6>},
    {"endpoints,tcp", "[,FILTER]", "the same of TCP ports", make_filtered<Endpoints, EndsOf::tcp>},
    {"endpoints,udp", "[,FILTER]", "the same of UDP ports", make_filtered<Endpoints, EndsOf::udp>}};

}  // namespace

extern const std::span<const StatisticKind> endpoints_statistics{kinds};

}  // namespace encap
