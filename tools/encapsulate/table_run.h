#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "encap/input/message_read_ahead.h"
#include "exit_code.h"
#include "options.h"
#include "progress.h"

/// A line on standard error.
void say(const std::string& line);
/// A refusal of the system. A file nobody reads any more ends the run without a word, as pipes do.
[[nodiscard]] ExitCode report(const encap::IoError& error);
/// How a run ends that a signal ended. Precondition: one did.
[[nodiscard]] ExitCode interrupted();
/// What messages call the table.
[[nodiscard]] std::string table_name(const CommandOptions& options);
/// Starts to read the table from `source`. Says what is wrong with its head and returns the exit code then.
[[nodiscard]] std::variant<encap::MessageReadAhead, ExitCode> open_table(
    const CommandOptions& options, encap::Result<std::unique_ptr<encap::ByteSource>, encap::IoError> source);
/// `; 3 HTTP messages completed`, and what else was done to the messages.
[[nodiscard]] std::string completed_text(const encap::CraftSummary& made);

/// Takes packets and keeps none: a dry run goes the whole way but the last step.
class NullSink final : public encap::PacketSink {
 public:
  encap::Result<void, encap::IoError> write(const encap::PacketRecord&) override { return {}; }
  encap::Result<void, encap::IoError> flush() override { return {}; }
};

/// One way of the command through the table, to packets.
class TableRun {
 public:
  using RowSeen = std::function<void(const encap::Message&)>;
  enum class Says : std::uint8_t { everything, nothing };  ///< of rows that cannot be used, and of progress

  /// `row_seen`: is shown each row as the table has it; may be null. Lifetime: borrows the first four.
  TableRun(const CommandOptions& options, const encap::CraftOptions& craft, encap::MessageReadAhead& reader,
           encap::PacketSink& sink, RowSeen row_seen, Says says = Says::everything);

  /// Every row of the table. The sink has all packets that were made then. Errors: what ends the run, as opposed to a
  /// row.
  [[nodiscard]] encap::Result<void, encap::IoError> push_rows();

  [[nodiscard]] std::uint64_t bad_rows() const noexcept { return bad_rows_; }
  [[nodiscard]] bool may_write() const noexcept { return bad_rows_ == 0 || options_.skip_errors; }
  [[nodiscard]] const encap::CraftSummary& summary() const { return crafter_.summary(); }
  [[nodiscard]] double seconds() const { return progress_.seconds(); }

  void print_notes();
  /// Says why nothing comes of the table, where that is so: `what` was not done, as in "nothing was written".
  [[nodiscard]] bool is_of_use(const std::string& what) const;

 private:
  encap::Result<void, encap::IoError> push_each_row();
  encap::Result<void, encap::IoError> take(const encap::Failure& failure);

  const CommandOptions& options_;
  encap::MessageReadAhead& reader_;
  RowSeen row_seen_;
  encap::Crafter crafter_;
  Progress progress_;
  Says says_;
  std::uint64_t bad_rows_ = 0;
};
