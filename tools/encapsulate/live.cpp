#include "live.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <utility>

#include "check.h"
#include "encap/capture/live_capture.h"
#include "encap/capture/open_capture_writer.h"
#include "encap/flow/packet_origin.h"
#include "encap/live/live_recorder.h"
#include "encap/live/live_sender.h"
#include "encap/live/pacer.h"
#include "encap/live/privileges.h"
#include "encap/trace/capture_check.h"
#include "encap/wire/ipv4.h"
#include "encap/wire/ipv6.h"
#include "interrupt.h"
#include "kept_input.h"
#include "notes.h"
#include "packet_store.h"
#include "table_run.h"

namespace {

using encap::IoError;
using encap::PacketRecord;
using encap::Result;
using encap::Via;
using Clock = std::chrono::steady_clock;

bool is_cancelled() { return interrupted_by() != 0; }

constexpr std::string_view name_of(Via via) {
  switch (via) {
    case Via::ip:
      return "ip";
    case Via::wire:
      return "wire";
    case Via::sockets:
      return "sockets";
  }
  return "";
}

/// Lets so many packets through, and none once a signal came.
class Gate final : public encap::PacketSink {
 public:
  /// `most`: 0 is any number. Lifetime: borrows `sink`.
  Gate(encap::PacketSink& sink, std::uint64_t most) : sink_{sink}, most_{most} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (is_cancelled() || (most_ != 0 && passed_ == most_)) {
      closed_ = true;
      return encap::unexpected(IoError{"send", "packet", ECANCELED, {}});
    }
    ++passed_;
    return sink_.write(record);
  }
  Result<void, IoError> flush() override { return sink_.flush(); }

  /// Whether it held a packet back. What is told of an error then is none.
  [[nodiscard]] bool closed() const noexcept { return closed_; }

 private:
  encap::PacketSink& sink_;
  std::uint64_t most_;
  std::uint64_t passed_ = 0;
  bool closed_ = false;
};

/// Looks at every packet that is going to be sent.
class Plan final : public encap::PacketSink {
 public:
  /// `check`: is told of the packets; may be null. Lifetime: borrows all of these.
  Plan(const encap::NetworkInterface& interface, const LiveRequest& live, PacketStore& store,
       encap::CaptureCheck* check)
      : interface_{interface},
        live_{live},
        store_{store},
        check_{check},
        stays_{live.via != Via::wire && interface.is_loopback()} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (stays_ && !has_both_ends(record)) {
      return encap::unexpected(IoError{"send", interface_.name, 0, "addresses of others"});
    }
    if (auto kept = store_.write(record); !kept || check_ == nullptr) return kept;
    PacketRecord planned = record;
    planned.timestamp = when(record);
    return check_->write(planned);
  }
  Result<void, IoError> flush() override { return {}; }

  /// Why a packet cannot be sent on this interface; empty while all can be.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

 private:
  [[nodiscard]] bool is_there(const encap::IpAddress& address) const {
    return address.is_loopback() ||
           std::any_of(interface_.addresses.begin(), interface_.addresses.end(),
                       [&address](const std::string& text) { return encap::IpAddress::parse(text) == address; });
  }

  /// The outermost addresses, which are what the kernel goes by.
  bool has_both_ends(const PacketRecord& record) {
    encap::IpAddress source;
    encap::IpAddress destination;
    if (const auto ipv4 = encap::Ipv4View::parse(record.bytes); record.link_type == encap::LinkType::raw && ipv4) {
      source = ipv4->source();
      destination = ipv4->destination();
    } else if (const auto ipv6 = encap::Ipv6View::parse(record.bytes);
               record.link_type == encap::LinkType::raw && ipv6) {
      source = ipv6->source();
      destination = ipv6->destination();
    } else if (record.origin != nullptr && record.origin->conversation != nullptr) {
      source = record.origin->conversation->route.source.address;
      destination = record.origin->conversation->route.destination.address;
    }
    if (is_there(source) && is_there(destination)) return true;
    const std::string_view there = source.is_ipv4() ? "127.0.0.0/8" : "::1";
    refusal_ = fmt::format(
        "a packet goes from {} to {}, and with --via {} only {} talks on {}: write such addresses in the table, or {} "
        "for all of it; or send with --via wire",
        to_string(source), to_string(destination), name_of(live_.via), there, interface_.name,
        source.is_ipv4() ? "--src-ip 127.0.0.1 --dst-ip 127.0.0.2" : "--src-ip ::1 --dst-ip ::1");
    return false;
  }

  /// At the pace asked for, from the first packet on.
  [[nodiscard]] encap::Timestamp when(const PacketRecord& record) {
    if (packets_++ == 0) first_ = record.timestamp;
    const encap::Pace& pace = live_.pace;
    if (pace.kind == encap::Pace::Kind::rate) return first_ + steps(static_cast<double>(packets_ - 1) * 1e9);
    if (pace.value == 1) return record.timestamp;
    return first_ + steps(static_cast<double>((record.timestamp - first_).count()));
  }
  [[nodiscard]] encap::Duration steps(double nanoseconds) const {
    constexpr double most = 4e18;
    return encap::Duration{static_cast<std::int64_t>(std::clamp(nanoseconds / live_.pace.value, -most, most))};
  }

  const encap::NetworkInterface& interface_;
  const LiveRequest& live_;
  PacketStore& store_;
  encap::CaptureCheck* check_;
  bool stays_;
  std::string refusal_;
  std::uint64_t packets_ = 0;
  encap::Timestamp first_{};
};

/// Tells the recorder of each packet before it leaves.
class Announcer final : public encap::PacketSink {
 public:
  /// `recorder` may be null. Lifetime: borrows both.
  Announcer(encap::PacketSink& sink, encap::LiveRecorder* recorder) : sink_{sink}, recorder_{recorder} {}

  Result<void, IoError> write(const PacketRecord& record) override {
    if (!first_) first_ = Clock::now();
    if (recorder_ != nullptr) {
      if (auto told = recorder_->expect(record); !told) return told;
    }
    return sink_.write(record);
  }
  Result<void, IoError> flush() override { return sink_.flush(); }

  /// When the first packet left; now, where none did.
  [[nodiscard]] Clock::time_point first() const { return first_.value_or(Clock::now()); }

 private:
  encap::PacketSink& sink_;
  encap::LiveRecorder* recorder_;
  std::optional<Clock::time_point> first_;
};

bool lacks_privilege(const IoError& error) { return error.code == EPERM || error.code == EACCES; }

ExitCode refused(const IoError& error, Via via) {
  if (!lacks_privilege(error)) return report(error);
  say(to_string(error));
  say("this gives the right to: " + encap::how_to_get_privileges({.ports_below_1024 = via == Via::sockets}));
  return ExitCode::privilege;
}

/// What was opened with privilege.
struct Line {
  encap::NetworkInterface interface;
  std::unique_ptr<encap::LiveSender> sender;
  std::optional<encap::LiveCapture> capture;  // where there is a file for it
};

/// Opens the line, and gives the privilege up that it took.
std::variant<Line, ExitCode> open_line(const CommandOptions& options) {
  const LiveRequest& live = options.live;
  auto interface = encap::find_network_interface(live.interface);
  if (!interface) return report(interface.error());
  if (!interface->is_loopback() && live.allowed_interface != interface->name) {
    say(
        fmt::format("{0} is no loopback interface: what is sent there leaves this machine; nothing was sent. "
                    "--allow-interface {0} says that this is meant",
                    interface->name));
    return ExitCode::usage;
  }
  auto sender = encap::open_live_sender(*interface, live.via);
  if (!sender) return refused(sender.error(), live.via);
  std::optional<encap::LiveCapture> capture;
  if (!options.output.empty()) {
    auto opened = encap::LiveCapture::open({.interface = interface->name});
    if (!opened) return refused(opened.error(), live.via);
    capture = std::move(*opened);
  }
  const encap::KeptPrivileges kept{.ports_below_1024 = live.via == Via::sockets, .file = options.output};
  if (auto dropped = encap::drop_privileges(kept); !dropped) return report(dropped.error());
  return Line{std::move(*interface), std::move(*sender), std::move(capture)};
}

/// A run, from the open line on.
class LiveRun {
 public:
  /// `first`: of `table`, which was opened while there were privileges. Lifetime: borrows the options and the table.
  LiveRun(const CommandOptions& options, Line line, TableInput& table, TableInput::Source first)
      : options_{options},
        live_{options.live},
        line_{std::move(line)},
        table_{table},
        first_reading_{std::move(first)} {
    craft_.link_type = line_.sender->link_type();
  }

  ExitCode operator()() {
    if (const auto fit = encap::check(craft_.outer, craft_.link_type); !fit) {
      say(fmt::format("--outer: \"{}\": {}, with --via {}", fit.error().excerpt, fit.error().reason,
                      name_of(live_.via)));
      return ExitCode::usage;
    }
    if (const auto ended = open_file()) return *ended;
    if (const auto ended = plan()) return *ended;
    return send();
  }

 private:
  using Ended = std::optional<ExitCode>;

  [[nodiscard]] bool has_file() const noexcept { return file_ != nullptr; }

  Ended open_file() {
    if (!line_.capture) return {};
    auto file = encap::open_capture_writer(options_.output, {.format = options_.capture_format,
                                                             .when = encap::Delivery::streamed,
                                                             .link_type = line_.capture->link_type(),
                                                             .nanoseconds = options_.nanoseconds,
                                                             .application = "encapsulate " ENCAP_VERSION});
    if (!file) return report(file.error());
    file_ = std::move(*file);
    // From here on what passes is read, so that nothing of others fills the kernel's memory meanwhile.
    recorder_.emplace(
        *line_.capture, [this] { line_.capture->stop(); }, *file_,
        encap::LiveRecorderOptions{.everything = live_.noise});
    return {};
  }

  /// Goes through the table without sending.
  Ended plan() {
    if (has_file() && options_.output != "-")
      check_.emplace(encap::CheckOptions{.tolerance = options_.check.tolerance, .rounds = live_.loops});
    Plan packets{line_.interface, live_, store_, check_ ? &*check_ : nullptr};
    Gate gate{packets, live_.count};
    encap::CraftOptions craft = craft_;
    craft.origins = true;
    auto opened = open_table(options_, std::move(first_reading_));
    if (const ExitCode* const ended = std::get_if<ExitCode>(&opened)) return *ended;
    TableRun::RowSeen row_seen;
    if (check_) row_seen = [this](const encap::Message& row) { check_->see(row); };
    TableRun run{options_, craft, std::get<encap::MessageReadAhead>(opened), gate, row_seen};
    const auto pushed = run.push_rows();
    run.print_notes();
    if (is_cancelled()) return interrupted();
    if (!packets.refusal().empty()) {
      say(fmt::format("{}: {}; nothing was sent", table_name(options_), packets.refusal()));
      return ExitCode::input_errors;
    }
    if (!pushed && !gate.closed()) return report(pushed.error());
    ends_early_ = gate.closed();
    if (ends_early_ && check_) check_->end_plan_early();
    if (!run.is_of_use("nothing was sent")) return ExitCode::input_errors;
    planned_ = run.summary();
    return {};
  }

  ExitCode send() {
    Announcer announcer{*line_.sender, recorder_ ? &*recorder_ : nullptr};
    encap::Pacer pacer{announcer, live_.pace, is_cancelled};
    Gate gate{pacer, live_.count};
    Result<void, IoError> done;
    for (std::uint64_t round = 0; done && !gate.closed() && round < live_.loops; ++round) {
      done = send_round(gate);
      pacer.restart();
    }
    if (gate.closed()) done = {};
    if (auto flushed = line_.sender->flush(); done && !flushed) done = std::move(flushed);
    const double seconds = std::chrono::duration<double>(Clock::now() - announcer.first()).count();
    if (done && !is_cancelled()) done = line_.sender->finish();
    ends_early_ = ends_early_ || gate.closed() || !done;
    return end(done, seconds);
  }

  Result<void, IoError> send_round(Gate& gate) {
    if (store_.is_complete()) return store_.replay(gate);
    auto opened = open_table(options_, table_.again());
    if (std::holds_alternative<ExitCode>(opened)) {
      return encap::unexpected(IoError{"read", table_name(options_), 0, "it cannot be read a second time"});
    }
    return TableRun{options_, craft_, std::get<encap::MessageReadAhead>(opened), gate, {}, TableRun::Says::nothing}
        .push_rows();
  }

  ExitCode end(const Result<void, IoError>& done, double seconds) {
    Result<void, IoError> kept;
    if (recorder_) {
      // Of `sockets` the kernel makes the packets, and may make fewer.
      kept = recorder_->finish(live_.via == Via::sockets ? 0 : line_.sender->counts().packets, is_cancelled);
      if (auto committed = file_->commit(); kept && !committed) kept = std::move(committed);
    }
    print_summary(seconds);
    if (!done) return refused(done.error(), live_.via);
    if (!kept) return report(kept.error());
    if (is_cancelled()) return interrupted();
    return check_ ? compare() : ExitCode::done;
  }

  /// Says whether the file holds the table.
  ExitCode compare() {
    std::error_code none;
    if (!std::filesystem::is_regular_file(options_.output, none)) return ExitCode::done;
    return compare_with(options_, options_.output, *check_, live_.pace.kind != encap::Pace::Kind::fastest);
  }

  void print_summary(double seconds) const {
    if (options_.quiet) return;
    const encap::LiveSenderCounts counts = line_.sender->counts();
    std::string line;
    if (!ends_early_) {
      line = counted(planned_.messages, "message");
      if (options_.craft.mode == encap::CraftOptions::Mode::session)
        line += " in " + counted(planned_.conversations, "conversation");
      if (live_.loops > 1) line += fmt::format(", {} times", live_.loops);
      line += ", ";
    }
    line += fmt::format("{}, {} sent on {} via {}", counted(counts.packets, "packet"), counted(counts.octets, "byte"),
                        line_.interface.name, name_of(live_.via));
    if (counts.passed_over != 0) line += fmt::format(", {} left to the kernel", counted(counts.passed_over, "packet"));
    if (counts.unheard != 0) line += fmt::format(", {} passed by the kernel unheard", counts.unheard);
    if (counts.to_other_programs != 0) line += fmt::format(", {} to other programs", counts.to_other_programs);
    // Of paced packets, the steps between them.
    const bool paced = live_.pace.kind != encap::Pace::Kind::fastest && counts.packets > 1;
    const double steps = static_cast<double>(counts.packets - (paced ? 1 : 0));
    line += fmt::format(", {:.3f} s, {}/s", seconds,
                        counted(static_cast<std::uint64_t>(steps / std::max(seconds, 1e-6) + 0.5), "packet"));
    if (has_file()) {
      const encap::LiveRecorderCounts heard = recorder_->counts();
      const encap::LiveCaptureCounts seen = line_.capture->counts();
      line += fmt::format("; {} heard, {} dropped, {}", counted(heard.heard, "packet"),
                          seen.dropped + seen.dropped_by_interface,
                          options_.output == "-" ? "to standard output" : options_.output);
      if (heard.others != 0) {
        line += fmt::format(", {} of others {}", counted(heard.others, "packet"), live_.noise ? "too" : "left out");
      }
    }
    say(line + (ends_early_ ? std::string{} : completed_text(planned_)));
  }

  const CommandOptions& options_;
  const LiveRequest& live_;
  encap::CraftOptions craft_ = options_.craft;
  Line line_;
  TableInput& table_;
  TableInput::Source first_reading_;
  PacketStore store_;
  encap::CraftSummary planned_{};
  bool ends_early_ = false;  // before the table does
  std::optional<encap::CaptureCheck> check_;
  std::unique_ptr<encap::CaptureFileWriter> file_;
  std::optional<encap::LiveRecorder> recorder_;  // ends before what it uses
};

}  // namespace

ExitCode send_live(const CommandOptions& options) {
  TableInput table{options.table};
  auto first = table.first();
  if (!first) return report(first.error());
  auto opened = open_line(options);
  if (const ExitCode* const ended = std::get_if<ExitCode>(&opened)) return *ended;
  return LiveRun{options, std::move(std::get<Line>(opened)), table, std::move(first)}();
}
