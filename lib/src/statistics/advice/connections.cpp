#include <algorithm>
#include <tsl/robin_map.h>
#include <vector>

#include "statistics/advice/connection.h"

namespace encap::advice {
namespace {

// Bounded: 8192 connections, some 2 KiB each. Beyond that the half that was silent for longest is told as it stands and
// forgotten; a connection that begins afterwards without a SYN may be one of them, and is not said to begin in its
// middle.
class ConnectionFamily final : public Family {
 public:
  void take(const SeenPacket& p) override {
    if (!p.has_tcp) return;
    first_ = any_ ? first_ : p.time;
    last_ = std::max(any_ ? last_ : p.time, p.time);
    any_ = true;
    const auto [known, is_new] = by_stream_.try_emplace(p.stream);
    if (is_new) {
      known.value() = std::make_unique<Connection>();
      begin(*known.value(), p);
    }
    known.value()->take(p);
    if (by_stream_.size() > most) forget();
  }

  void report(const Capture& capture, Report& report) const override {
    report.add(told_);
    std::vector<const Connection*> all;
    for (const auto& [stream, connection] : by_stream_) all.push_back(connection.get());
    std::sort(all.begin(), all.end(), [](const Connection* a, const Connection* b) { return a->stream < b->stream; });
    for (const Connection* connection : all) report_connection(*connection, capture, report);
  }

 private:
  static constexpr std::size_t most = 8192;

  void begin(Connection& connection, const SeenPacket& p) const {
    connection.stream = p.stream;
    connection.first_frame = p.frame;
    connection.may_be_older = forgot_;
    connection.sides[0].address = p.source;
    connection.sides[0].port = p.source_port;
    connection.sides[1].address = p.destination;
    connection.sides[1].port = p.destination_port;
  }

  void forget() {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> by_age;
    for (const auto& [stream, connection] : by_stream_) by_age.emplace_back(connection->last_frame, stream);
    std::nth_element(by_age.begin(), by_age.begin() + most / 2, by_age.end());
    by_age.resize(most / 2);
    std::sort(by_age.begin(), by_age.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    for (const auto& [frame, stream] : by_age) {
      const auto old = by_stream_.find(stream);
      report_connection(*old->second, {0, first_, last_}, told_);
      by_stream_.erase(old);
    }
    forgot_ = true;
  }

  tsl::robin_map<std::uint32_t, std::unique_ptr<Connection>> by_stream_;
  Report told_;
  bool forgot_ = false;
  bool any_ = false;
  Timestamp first_{};
  Timestamp last_{};
};

}  // namespace

MadeFamily make_connection_family() { return std::make_unique<ConnectionFamily>(); }

}  // namespace encap::advice
