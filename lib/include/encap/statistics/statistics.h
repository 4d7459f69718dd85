#pragma once

#include <cstdint>
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

struct StatisticsOptions {
  bool tree_is_shown = false;  ///< the packets' trees are printed too, which moves what is counted. Source: tshark
  bool frames = false;         ///< whether notes name the frames that have them
};

/// What a report is taken as.
enum class StatisticsFormat : std::uint8_t {
  text,  ///< as tshark prints it
  json,  ///< an array with an object for each statistic, `{"statistic": NAME, "rows": [{COLUMN: VALUE, ...}, ...]}`
  csv    ///< a line of column names and one for each row, an empty line between statistics
};

/// The statistics of one run, asked for by name as by tshark's -z, all made in one pass over the packets.
///
///     Statistics statistics{compile};
///     statistics.add("conv,tcp");
///     Dissection dissection{statistics.detail(), true};
///     statistics.ask(dissection);
///     ... dissector.dissect(record, dissection); statistics.take(dissection); ...
///     statistics.append(out, StatisticsFormat::text);
class Statistics {
 public:
  explicit Statistics(FilterCompiler compile, StatisticsOptions options = {})
      : compile_{std::move(compile)}, options_{options} {}

  /// Adds the statistic that `text` names, the same one again where it is there already. Errors: why there is none.
  [[nodiscard]] Result<void, std::string> add(std::string_view text);

  /// Tells of a filter of the run that is no statistic's, such as that of the packets shown.
  void see_filter(std::string_view text);

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  /// How much of each packet they need, at least.
  [[nodiscard]] Detail detail() const noexcept;
  /// Which of its facts they read.
  [[nodiscard]] FactsRead reads() const noexcept;
  /// Sets what they need: facts, and as much of them as they read.
  void ask(Dissection& dissection) const noexcept;

  /// The next packet. Precondition: dissected with `detail()` or more, and with facts.
  void take(const Dissection& dissection);

  /// Whether the packets may be shared out among `another` of these, each in their order, that are absorbed in the end.
  [[nodiscard]] bool may_share() const noexcept;
  /// The same statistics, of no packets.
  [[nodiscard]] Statistics another() const;
  /// Adds what another one of these counted. Precondition: they may share.
  void absorb(Statistics& other);

  /// All of them in the order tshark prints them: the one added last comes first. Errors: those of the temporary files
  /// of statistics that keep much; the others are told all the same.
  Result<void, IoError> append(std::string& out, StatisticsFormat format, const RowAdded& row_added = {}) const;

 private:
  struct Asked {
    std::string text;
    std::unique_ptr<Statistic> statistic;
  };
  void tell_of_frame();
  void append_json(std::string& out, const RowAdded& row_added) const;
  void append_csv(std::string& out, const RowAdded& row_added) const;

  FilterCompiler compile_;
  StatisticsOptions options_;
  bool frame_is_named_ = false;
  std::vector<Asked> all_;
};

}  // namespace encap
