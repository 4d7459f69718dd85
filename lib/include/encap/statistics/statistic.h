#pragma once

#include <cstdint>
#include <functional>
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

/// Takes text that was made so far, and clears it where it likes, so that no more of it is held than has to be; null:
/// nobody does. Errors: those of the medium it goes to.
using TextSink = std::function<Result<void, IoError>(std::string& text)>;

/// What a statistic counted, for programs. Each statistic has its own columns, which do not depend on the packets.
struct StatisticTable {
  /// Nothing, a number, or a text in UTF-8, or what came in its place.
  using Value = std::variant<std::monostate, std::uint64_t, std::int64_t, double, std::string>;
  using Row = std::vector<Value>;  ///< as many as there are columns
  using TakeRow = std::function<Result<void, IoError>(const Row& row)>;
  std::string name;  ///< as on the command line: "conv,tcp"
  std::vector<std::string> columns;
  std::vector<Row> rows;
  /// Makes the rows behind these, one by one, where they may be more than memory holds; null: there are none.
  /// Lifetime: that of the statistic.
  std::function<Result<void, IoError>(const TakeRow& take)> more{};
};

/// Counts something in the packets of a capture, which it is given in their order.
class Statistic {
 public:
  Statistic() = default;
  Statistic(const Statistic&) = delete;
  Statistic& operator=(const Statistic&) = delete;
  virtual ~Statistic() = default;

  /// How much of a packet it reads. The dissection's facts are there in any case.
  [[nodiscard]] virtual Detail detail() const noexcept { return Detail::facts; }
  virtual void take(const Dissection& dissection) = 0;
  /// Appends what tshark prints.
  virtual void append_text(std::string& out) const = 0;
  /// The same, through `sink` where it is more than memory should hold.
  virtual Result<void, IoError> write_text(std::string& out, const TextSink& sink) const {
    append_text(out);
    return sink ? sink(out) : Result<void, IoError>{};
  }
  /// The same numbers; `name` is left to the caller.
  [[nodiscard]] virtual StatisticTable table() const = 0;
};

}  // namespace encap
