#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/packet_sink.h"
#include "encap/base/result.h"
#include "encap/base/timestamp.h"
#include "encap/capture/capture_file_reader.h"
#include "encap/capture/packet_source.h"
#include "encap/flow/message.h"
#include "encap/wire/endpoint.h"

namespace encap {

/// How a capture is compared with a table.
struct CheckOptions {
  /// How far a row may be off its time, relative to the first row found; absent: times are not judged.
  std::optional<Duration> tolerance{};
  /// How often the plan was carried out. More than once: copies of rows are not judged.
  std::uint64_t rounds = 1;
  /// Octets that are held at most: the messages, and the payload of the conversations that may be the table's.
  std::uint64_t most_octets = std::uint64_t{1} << 30;
};

/// Something that is not as the table has it, or worth knowing. The names are stable, see `name_of`.
struct CheckFinding {
  enum class Kind : std::uint8_t {
    missing,              ///< a row is not in the capture
    cut,                  ///< octets of a row are missing
    differs,              ///< a row has other octets
    twice,                ///< a row, or octets of it, came more often than planned
    out_of_order,         ///< packets of rows changed places
    bad_checksum,         ///< of a packet of the table
    late,                 ///< a row came later than the tolerance allows
    early,                ///< or earlier
    overlap,              ///< a warning: segments of one place in the stream hold different rows
    other_endpoints,      ///< a warning: rows were found in a conversation between other ends
    offloaded_checksums,  ///< a warning: checksums were left to the network card
    other_data,           ///< a warning: the table's conversations carry octets of no row
    unfinished_fragments  ///< a warning: fragments that no datagram came of
  };
  Kind kind = Kind::missing;
  std::uint64_t row = 0;              ///< its number in the table, from 1; 0: of none
  std::vector<std::uint64_t> frames;  ///< that show it
  std::string text;                   ///< a sentence without a full stop, for people

  /// Whether the check fails for it.
  [[nodiscard]] bool is_error() const noexcept { return kind < Kind::overlap; }
};
/// `missing`, `out-of-order` ...
[[nodiscard]] std::string_view name_of(CheckFinding::Kind kind) noexcept;

/// What became of a row of the table.
struct CheckedRow {
  enum class State : std::uint8_t { missing, cut, differs, found };
  std::uint64_t number = 0;  ///< in the table, from 1
  std::uint64_t line = 0;    ///< of the file
  std::string id;            ///< `msg_id`
  State state = State::missing;
  bool as_in_table = false;  ///< found as the table has it, not as it would have been sent
  std::uint64_t octets = 0;  ///< as it would have been sent
  Route route{};             ///< as it would have been sent
  std::vector<std::uint64_t> frames{};
  std::optional<Duration> deviation{};  ///< from its time, relative to the first row found
};

/// A conversation of the table, as the capture has it.
struct CheckedConversation {
  Transport transport = Transport::tcp;
  Route route{};           ///< from the client to the server, in the capture
  bool is_planned = true;  ///< whether these are the ends that were expected
  std::uint64_t rows = 0;  ///< found in it
  std::uint64_t packets = 0;
  std::uint64_t with_data = 0;  ///< of the packets; the others are answers
  std::uint64_t resets = 0;
  std::uint64_t icmp = 0;  ///< packets of ICMP about it, counted beside its own
};

/// Packets that have nothing to do with the table.
struct OtherPackets {
  std::string between;  ///< `TCP 10.0.0.1:80 - 10.0.0.2:50000`, `arp 10.0.0.1 - 10.0.0.2`
  std::uint64_t packets = 0;
};

/// The outcome.
struct CheckReport {
  std::vector<CheckedRow> rows;  ///< those that a packet was planned for, in the order of the plan
  std::vector<CheckFinding> findings;
  std::vector<CheckedConversation> conversations;
  std::vector<OtherPackets> others;    ///< most packets first
  std::uint64_t others_uncounted = 0;  ///< packets of further conversations, beyond those that are told apart
  std::uint64_t packets = 0;           ///< in the capture
  std::uint64_t found = 0;             ///< rows that are there whole
  std::uint64_t rounds = 1;            ///< how often the plan was carried out
  std::optional<Duration> largest_deviation;
  std::uint64_t largest_deviation_row = 0;
  std::optional<IoError> damage;  ///< where the capture cannot be read any further

  /// Whether every row is there, once, whole, in order, with right checksums, and in time where that was asked for.
  [[nodiscard]] bool passed() const noexcept;
  /// `89 of 89 rows found, each once, whole and in order`
  [[nodiscard]] std::string verdict() const;
};

/// Appends a line for each finding (the first 20, and counts of the rest), what else is in the capture, and the
/// verdict.
void append_text(std::string& out, const CheckReport& report);
/// Appends one object, with the members `passed`, `verdict`, `rows`, `findings`, `conversations`, `others` and more.
void append_json(std::string& out, const CheckReport& report);

/// Compares a capture with what a table's packets would be.
///
///     CaptureCheck check{{}};
///     Crafter crafter{options, check};     // with options.origins
///     ... check.see(message); crafter.push(message); ...
///     crafter.finish();
///     const auto report = check.compare(file);
///
/// It takes the planned packets as a sink and keeps of them what is expected of each row. Then it reads the capture
/// and looks for the rows in the conversations of the table: those between the planned ends; where these are missing,
/// those with the planned server; where these are missing too, those that hold the octets of rows. Rows are found as
/// they would have been sent, or as the table has them. Over TCP they are looked for in the stream, or packet by
/// packet where segments of one place in the stream hold different octets.
///
/// Rows are expected in the order of the planned packets, or in that of the table. A row that came again is not
/// missed elsewhere: rows that are alike are matched one to one.
///
/// Memory: the messages and the payload of the conversations that may be the table's, `most_octets` in all, and once
/// more the payload of a conversation; about 400 octets for each row and 100 for each packet of the table's. What
/// others sent is only counted, 65,536 conversations apart and the rest together.
class CaptureCheck final : public PacketSink {
 public:
  explicit CaptureCheck(CheckOptions options);
  ~CaptureCheck() override;
  CaptureCheck(const CaptureCheck&) = delete;
  CaptureCheck& operator=(const CaptureCheck&) = delete;

  /// A row as the table has it; before the crafter gets it. The message is copied.
  void see(const Message& message);

  /// A planned packet with its origin. Errors: more octets than may be held.
  [[nodiscard]] Result<void, IoError> write(const PacketRecord& record) override;
  [[nodiscard]] Result<void, IoError> flush() override { return {}; }

  /// No packet is planned any more, though the table goes on: of a row that was begun, what was planned is expected.
  void end_plan_early();

  /// Reads the capture to its end and compares it. Once. Errors: more octets than may be held. A capture that breaks
  /// off is compared as far as it goes (`CheckReport::damage`).
  [[nodiscard]] Result<CheckReport, IoError> compare(CaptureFileReader& capture);
  /// The same for packets from anywhere.
  [[nodiscard]] Result<CheckReport, IoError> compare(PacketSource& capture);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace encap
