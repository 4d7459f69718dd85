#include "table_run.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <utility>

#include "interrupt.h"
#include "notes.h"

using encap::Failure;
using encap::InputError;
using encap::IoError;
using encap::Result;

namespace {
constexpr std::uint64_t errors_in_full = 20;
}  // namespace

void say(const std::string& line) { fmt::print(stderr, "encapsulate: {}\n", line); }

ExitCode report(const IoError& error) {
  if (error.code != EPIPE) say(to_string(error));
  return ExitCode::io;
}

ExitCode interrupted() { return interrupted_by() == SIGTERM ? ExitCode::terminated : ExitCode::interrupted; }

std::string table_name(const CommandOptions& options) {
  return options.table == "-" ? "standard input" : options.table;
}

std::variant<encap::MessageReadAhead, ExitCode> open_table(const CommandOptions& options,
                                                           Result<std::unique_ptr<encap::ByteSource>, IoError> source) {
  if (!source) return report(source.error());
  auto reader =
      encap::open_message_source(options.from, table_name(options), std::move(*source), {.escapes = options.escapes});
  if (reader) return encap::MessageReadAhead{std::move(*reader)};
  if (const auto* refused = std::get_if<IoError>(&reader.error())) return report(*refused);
  if (interrupted_by() != 0) return interrupted();
  fmt::print(stderr, "{}\n", to_string(reader.error()));
  return ExitCode::input_errors;
}

std::string completed_text(const encap::CraftSummary& made) {
  std::string text;
  if (made.http_completed != 0) text += fmt::format("; {} completed", counted(made.http_completed, "HTTP message"));
  if (made.rows_joined != 0) text += fmt::format(" ({} joined to the one before)", counted(made.rows_joined, "row"));
  if (made.lines_completed != 0) text += fmt::format("; {} ended with CRLF", counted(made.lines_completed, "line"));
  if (made.dns_completed != 0) text += fmt::format("; {} made from text", counted(made.dns_completed, "DNS message"));
  if (made.dhcp_completed != 0) {
    text += fmt::format("; {} made from text", counted(made.dhcp_completed, "DHCP message"));
  }
  return text;
}

TableRun::TableRun(const CommandOptions& options, const encap::CraftOptions& craft, encap::MessageReadAhead& reader,
                   encap::PacketSink& sink, RowSeen row_seen, Says says)
    : options_{options},
      reader_{reader},
      row_seen_{std::move(row_seen)},
      crafter_{craft, sink},
      progress_{{options.table, options.quiet || says == Says::nothing, options.progress}},
      says_{says} {}

Result<void, IoError> TableRun::push_rows() {
  const auto pushed = push_each_row();
  if (pushed && interrupted_by() == 0 && may_write()) return crafter_.finish();
  const auto drained = crafter_.drain();
  return pushed ? drained : pushed;
}

Result<void, IoError> TableRun::push_each_row() {
  for (;;) {
    if (interrupted_by() != 0) return {};
    const auto message = reader_.next();
    if (!message) {
      if (const auto stopped = take(message.error()); !stopped) return stopped;
      continue;
    }
    if (*message == nullptr) return {};
    if (row_seen_) row_seen_(**message);
    if (const auto pushed = crafter_.push(**message); !pushed) {
      if (const auto stopped = take(pushed.error()); !stopped) return stopped;
    }
    if (progress_.due()) progress_.draw(reader_.octets(), reader_.rows());
  }
}

Result<void, IoError> TableRun::take(const Failure& failure) {
  if (const auto* refused = std::get_if<IoError>(&failure)) return encap::unexpected(*refused);
  if (++bad_rows_ <= errors_in_full && says_ == Says::everything) {
    progress_.clear();
    fmt::print(stderr, "{}\n", to_string(std::get<InputError>(failure)));
  }
  return {};
}

void TableRun::print_notes() {
  progress_.clear();
  if (bad_rows_ > errors_in_full)
    say(fmt::format("and {} more that cannot be used", counted(bad_rows_ - errors_in_full, "row")));
  if (options_.quiet) return;
  for (const std::string& note : table_notes(reader_.notes())) say("note: " + note);
  for (const std::string& note : craft_notes(crafter_.summary())) say("note: " + note);
  if (bad_rows_ != 0 && options_.skip_errors) say(fmt::format("note: {} left out", counted(bad_rows_, "row")));
}

bool TableRun::is_of_use(const std::string& what) const {
  if (!may_write()) {
    say(fmt::format("{}: {} cannot be used, {}; --on-error skip leaves {} out", table_name(options_),
                    counted(bad_rows_, "row"), what, bad_rows_ == 1 ? "it" : "them"));
    return false;
  }
  if (summary().packets != 0) return true;
  say(fmt::format("{}: {}; {}", table_name(options_),
                  reader_.rows() != 0                          ? "no row holds a message to send"
                  : options_.from == encap::MessageFormat::csv ? "the table has a header and no rows"
                                                               : "there is no message in it",
                  what));
  return false;
}
