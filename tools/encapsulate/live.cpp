#include "live.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <utility>

#include "check.h"
#include "encap/capture/live_capture.h"
#include "encap/capture/open_capture_writer.h"
#include "encap/live/live_recorder.h"
#include "encap/live/live_run.h"
#include "encap/live/live_sender.h"
#include "encap/live/privileges.h"
#include "encap/trace/capture_check.h"
#include "interrupt.h"
#include "kept_input.h"
#include "notes.h"
#include "packet_store.h"
#include "table_run.h"

namespace {

using encap::IoError;
using encap::Result;
using encap::Via;

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

/// Why a packet between these cannot be sent.
std::string refusal(const encap::LivePlan::Ends& ends, std::string_view interface, Via via) {
  const std::string_view there = ends.source.is_ipv4() ? "127.0.0.0/8" : "::1";
  return fmt::format(
      "a packet goes from {} to {}, and with --via {} only {} talks on {}: write such addresses in the table, or {} "
      "for all of it; or send with --via wire",
      to_string(ends.source), to_string(ends.destination), name_of(via), there, interface,
      ends.source.is_ipv4() ? "--src-ip 127.0.0.1 --dst-ip 127.0.0.2" : "--src-ip ::1 --dst-ip ::1");
}

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
    encap::CraftOptions craft = craft_;
    craft.origins = true;
    auto opened = open_table(options_, std::move(first_reading_));
    if (const ExitCode* const ended = std::get_if<ExitCode>(&opened)) return *ended;
    TableRun::RowSeen row_seen;
    if (check_) row_seen = [this](const encap::Message& row) { check_->see(row); };
    std::optional<TableRun> run;
    const encap::LivePlan plan = encap::plan_live_run(
        line_.interface, how_,
        [&](encap::PacketSink& sink) {
          run.emplace(options_, craft, std::get<encap::MessageReadAhead>(opened), sink, row_seen);
          return run->push_rows();
        },
        store_, check_ ? &*check_ : nullptr);
    run->print_notes();
    if (is_cancelled()) return interrupted();
    if (plan.elsewhere) {
      say(fmt::format("{}: {}; nothing was sent", table_name(options_),
                      refusal(*plan.elsewhere, line_.interface.name, live_.via)));
      return ExitCode::input_errors;
    }
    if (!plan.made) return report(plan.made.error());
    ends_early_ = plan.ends_early;
    if (ends_early_ && check_) check_->end_plan_early();
    if (!run->is_of_use("nothing was sent")) return ExitCode::input_errors;
    planned_ = run->summary();
    return {};
  }

  ExitCode send() {
    const auto round = [this](encap::PacketSink& sink) { return send_round(sink); };
    encap::LiveOutcome outcome = encap::send_live_run(how_, round, *line_.sender, recorder_ ? &*recorder_ : nullptr);
    ends_early_ = ends_early_ || outcome.ended_early;
    if (file_) {
      if (auto committed = file_->commit(); outcome.kept && !committed) outcome.kept = std::move(committed);
    }
    print_summary(outcome.seconds);
    if (!outcome.sent) return refused(outcome.sent.error(), live_.via);
    if (!outcome.kept) return report(outcome.kept.error());
    if (is_cancelled()) return interrupted();
    return check_ ? compare() : ExitCode::done;
  }

  Result<void, IoError> send_round(encap::PacketSink& sink) {
    if (store_.is_complete()) return store_.replay(sink);
    auto opened = open_table(options_, table_.again());
    if (std::holds_alternative<ExitCode>(opened)) {
      return encap::unexpected(IoError{"read", table_name(options_), 0, "it cannot be read a second time"});
    }
    return TableRun{options_, craft_, std::get<encap::MessageReadAhead>(opened), sink, {}, TableRun::Says::nothing}
        .push_rows();
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
                        counted(static_cast<std::uint64_t>(std::llround(steps / std::max(seconds, 1e-6))), "packet"));
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
  encap::LiveRunOptions how_{
      .via = live_.via, .pace = live_.pace, .rounds = live_.loops, .count = live_.count, .is_cancelled = is_cancelled};
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
