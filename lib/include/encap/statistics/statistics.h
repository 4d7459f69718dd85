#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "encap/statistics/statistic.h"

namespace encap {

/// A statistic that may be asked for.
struct StatisticName {
  std::string_view name;       ///< such as "conv,tcp"
  std::string_view arguments;  ///< that may follow it, such as ",SECONDS[,FILTER]..."
  std::string_view help;       ///< a few words
};
/// All of them, in order of their names.
[[nodiscard]] std::vector<StatisticName> all_statistics();

/// The statistics of one run, asked for by name as by tshark's -z, all made in one pass over the packets.
///
///     Statistics statistics{compile};
///     statistics.add("conv,tcp");
///     Dissection dissection{statistics.detail(), true};
///     ... dissector.dissect(record, dissection); statistics.take(dissection); ...
///     statistics.append_text(out);
class Statistics {
 public:
  /// `tree_is_shown`: the packets' trees are printed too, which moves what is counted in them. Source: tshark.
  explicit Statistics(FilterCompiler compile, bool tree_is_shown = false)
      : compile_{std::move(compile)}, tree_is_shown_{tree_is_shown} {}

  /// Adds the statistic that `text` names, the same one again where it is there already. Errors: why there is none.
  [[nodiscard]] Result<void, std::string> add(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  /// How much of each packet they need, at least.
  [[nodiscard]] Detail detail() const noexcept;

  /// The next packet. Precondition: dissected with `detail()` or more, and with facts.
  void take(const Dissection& dissection);

  /// In the order tshark prints them: the one added last comes first. What is made passes through `sink` as it grows.
  /// Errors: those of `sink`, and of the temporary files of statistics that keep much.
  Result<void, IoError> append_text(std::string& out, const TextSink& sink = {}) const;
  /// The same numbers for programs. JSON: an array with an object for each statistic in the same order,
  /// `{"statistic": NAME, "rows": [{COLUMN: VALUE, ...}, ...]}`. CSV: a line of column names and one for each row, an
  /// empty line between statistics.
  Result<void, IoError> append_json(std::string& out, const TextSink& sink = {}) const;
  Result<void, IoError> append_csv(std::string& out, const TextSink& sink = {}) const;

 private:
  struct Asked {
    std::string text;
    std::unique_ptr<Statistic> statistic;
  };
  FilterCompiler compile_;
  bool tree_is_shown_;
  std::vector<Asked> all_;
};

}  // namespace encap
