#include "encap/live/live_run.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"

namespace encap {
namespace {

using Clock = std::chrono::steady_clock;

bool is_cancelled(const LiveRunOptions& options) { return options.is_cancelled != nullptr && options.is_cancelled(); }

/// Lets so many packets through as the run has, and none once it is cancelled.
class Gate final : public PacketSink {
 public:
  /// Lifetime: borrows both.
  Gate(PacketSink& sink, const LiveRunOptions& options) : sink_{sink}, options_{options} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (is_cancelled(options_) || (options_.count != 0 && passed_ == options_.count)) {
      closed_ = true;
      return unexpected(IoError{"send", "packet", ECANCELED, {}});
    }
    ++passed_;
    return sink_.write(record);
  }
  Result<void, IoError> flush() override { return sink_.flush(); }

  /// Whether it held a packet back. What is told of an error then is none.
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  PacketSink& sink_;
  const LiveRunOptions& options_;
  std::uint64_t passed_ = 0;
  bool closed_ = false;
};

/// The outermost addresses, which are what the kernel goes by. Nothing where there are none: the sender refuses those.
std::optional<LivePlan::Ends> addresses_of(const PacketRecord& record) noexcept {
  const Bytes packet = record.bytes;
  if (record.link_type != LinkType::raw) return std::nullopt;
  const unsigned version = packet.empty() ? 0 : load_u8(packet, 0) >> 4;
  if (version == 4 && packet.size() >= Ipv4View::minimum_header_length) {
    return LivePlan::Ends{Ipv4Address{load_field<Ipv4Field::source>(packet)},
                          Ipv4Address{load_field<Ipv4Field::destination>(packet)}};
  }
  if (const auto ipv6 = Ipv6View::parse_captured(packet); version == 6 && ipv6)
    return LivePlan::Ends{ipv6->source(), ipv6->destination()};
  return std::nullopt;
}

/// Looks at every packet that is going to be sent.
class Plan final : public PacketSink {
 public:
  /// Lifetime: borrows all of these.
  Plan(const NetworkInterface& interface, const LiveRunOptions& options, PacketSink& packets, PacketSink* timed)
      : interface_{interface},
        pace_{options.pace},
        packets_{packets},
        timed_{timed},
        stays_{options.via != Via::wire && interface.is_loopback()} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (const auto ends = addresses_of(record);
        stays_ && ends && !(is_there(ends->source) && is_there(ends->destination))) {
      elsewhere_ = ends;
      return unexpected(IoError{"send", interface_.name, 0,
                                "a packet goes from " + to_string(ends->source) + " to " +
                                    to_string(ends->destination) + ", which are not both addresses of this machine"});
    }
    if (auto kept = packets_.write(record); !kept || timed_ == nullptr) return kept;
    PacketRecord planned = record;
    planned.timestamp = when(record);
    return timed_->write(planned);
  }
  Result<void, IoError> flush() override { return {}; }

  [[nodiscard]] const std::optional<LivePlan::Ends>& elsewhere() const noexcept { return elsewhere_; }

 private:
  [[nodiscard]] bool is_there(const IpAddress& address) const {
    return address.is_loopback() ||
           std::any_of(interface_.addresses.begin(), interface_.addresses.end(),
                       [&address](const std::string& text) { return IpAddress::parse(text) == address; });
  }

  /// At the pace asked for, from the first packet on.
  [[nodiscard]] Timestamp when(const PacketRecord& record) {
    if (count_++ == 0) first_ = record.timestamp;
    if (pace_.kind == Pace::Kind::rate) return first_ + steps(static_cast<double>(count_ - 1) * 1e9);
    if (pace_.value == 1) return record.timestamp;
    return first_ + steps(static_cast<double>((record.timestamp - first_).count()));
  }
  [[nodiscard]] Duration steps(double nanoseconds) const {
    constexpr double most = 4e18;
    return Duration{static_cast<std::int64_t>(std::clamp(nanoseconds / pace_.value, -most, most))};
  }

  const NetworkInterface& interface_;
  Pace pace_;
  PacketSink& packets_;
  PacketSink* timed_;
  bool stays_;
  std::optional<LivePlan::Ends> elsewhere_;
  std::uint64_t count_ = 0;
  Timestamp first_{};
};

/// Tells the recorder of each packet before it leaves.
class Announcer final : public PacketSink {
 public:
  /// `recorder` may be null. Lifetime: borrows both.
  Announcer(PacketSink& sink, LiveRecorder* recorder) : sink_{sink}, recorder_{recorder} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (!first_) first_ = Clock::now();
    if (recorder_ != nullptr) {
      if (auto told = recorder_->expect(record); !told) return told;
    }
    return sink_.write(record);
  }
  Result<void, IoError> flush() override { return sink_.flush(); }

  /// Since the first packet came; 0, where none did.
  [[nodiscard]] double seconds() const {
    return first_ ? std::chrono::duration<double>(Clock::now() - *first_).count() : 0;
  }

 private:
  PacketSink& sink_;
  LiveRecorder* recorder_;
  std::optional<Clock::time_point> first_;
};

}  // namespace

LivePlan plan_live_run(const NetworkInterface& interface, const LiveRunOptions& options, const LiveRound& round,
                       PacketSink& packets, PacketSink* timed) {
  Plan plan{interface, options, packets, timed};
  Gate gate{plan, options};
  Result<void, IoError> made = round(gate);
  if (gate.closed()) made = {};
  return {.made = std::move(made), .elsewhere = plan.elsewhere(), .ends_early = gate.closed()};
}

LiveOutcome send_live_run(const LiveRunOptions& options, const LiveRound& round, LiveSender& sender,
                          LiveRecorder* recorder) {
  Announcer announcer{sender, recorder};
  Pacer pacer{announcer, options.pace, options.is_cancelled};
  Gate gate{pacer, options};
  LiveOutcome outcome;
  Result<void, IoError>& sent = outcome.sent;
  for (std::uint64_t number = 0; sent && !gate.closed() && number < options.rounds; ++number) {
    sent = round(gate);
    pacer.restart();
  }
  if (gate.closed()) sent = {};
  if (auto flushed = sender.flush(); sent && !flushed) sent = std::move(flushed);
  outcome.seconds = announcer.seconds();
  if (sent && !is_cancelled(options)) sent = sender.finish();
  outcome.ended_early = gate.closed() || !sent;
  if (recorder != nullptr) {
    // Of `sockets` the kernel makes the packets, and may make fewer.
    outcome.kept = recorder->finish(options.via == Via::sockets ? 0 : sender.counts().packets, options.is_cancelled);
  }
  return outcome;
}

}  // namespace encap
