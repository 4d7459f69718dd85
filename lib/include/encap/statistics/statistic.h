#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "encap/base/io_error.h"
#include "encap/base/result.h"
#include "encap/dissect/dissection.h"

namespace encap {

/// Which packets a statistic counts.
struct PacketFilter {
  std::string text{};                                ///< as it was written
  std::function<bool(const Dissection&)> matches{};  ///< null: all packets; else read from Detail::fields

  [[nodiscard]] bool operator()(const Dissection& dissection) const { return !matches || matches(dissection); }
};
/// Makes a filter of a text, or says why it is none.
using FilterCompiler = std::function<Result<PacketFilter, std::string>(std::string_view text)>;

/// Which of a packet's facts are read.
struct FactsRead {
  bool ends = false;
  bool round_trips = false;  ///< these refer to ends
  bool layers = false;
  bool notes = false;

  static constexpr FactsRead all() noexcept { return {true, true, true, true}; }
  constexpr FactsRead& operator|=(const FactsRead& others) noexcept {
    ends |= others.ends;
    round_trips |= others.round_trips;
    layers |= others.layers;
    notes |= others.notes;
    return *this;
  }
  friend bool operator==(const FactsRead&, const FactsRead&) = default;
};

/// Nothing, a number, or a text in UTF-8, or what came in its place.
using StatisticValue = std::variant<std::monostate, std::uint64_t, std::int64_t, double, std::string>;

/// Called behind each of many rows of text, so that whoever owns the text may take what is there and clear it: a report
/// may be longer than what was counted takes memory. May be null.
using RowAdded = std::function<void()>;

/// Counts something in the packets of a capture, which it is given in their order.
class Statistic {
 public:
  /// Takes a row, of as many values as there are columns.
  using RowVisitor = std::function<void(std::span<const StatisticValue> row)>;

  Statistic() = default;
  Statistic(const Statistic&) = delete;
  Statistic& operator=(const Statistic&) = delete;
  virtual ~Statistic() = default;

  /// How much of a packet it reads. The dissection's facts are there in any case.
  [[nodiscard]] virtual Detail detail() const noexcept { return Detail::facts; }
  /// Which of those facts it reads.
  [[nodiscard]] virtual FactsRead reads() const noexcept { return FactsRead::all(); }
  /// Says that some filter of the run names the frame or one of its fields, which makes the frame a layer for tshark.
  virtual void frame_is_named() noexcept {}
  virtual void take(const Dissection& dissection) = 0;
  /// Counts what `take` put off until it is at hand. Called before what was counted is put together or told.
  virtual void settle() {}

  /// Whether two of it may count the packets of one capture, each some of them in their order, and be put together by
  /// `absorb`. What tells of `tcp.stream` is then numbered as the session does.
  [[nodiscard]] virtual bool may_share() const noexcept { return false; }
  /// Adds what `other` counted, which is left as it may be. Precondition: of the same kind with the same arguments, it
  /// may share, and both are settled.
  virtual void absorb(Statistic& other);

  /// Appends what tshark prints.
  virtual void append_text(std::string& out, const RowAdded& row_added) const = 0;
  /// The same numbers: durations and times in seconds, sizes in octets.
  [[nodiscard]] virtual std::vector<std::string> columns() const = 0;
  virtual void each_row(const RowVisitor& visit) const = 0;
  /// What kept it from counting all or from telling all, as of a temporary file; asked when it was told.
  [[nodiscard]] virtual std::optional<IoError> failure() const { return std::nullopt; }
};

}  // namespace encap
